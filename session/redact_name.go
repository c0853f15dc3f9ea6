package session

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"crosstalk/notes"
)

// free is the path a file gets when the text is taken out of its name. Two
// names that differ only in what was taken out must not become one: the later
// file would take the earlier one's place. What a run that was interrupted left
// there already is no other file.
func (r *Redactor) free(rel string, content []byte) string {
	end := filepath.Ext(rel)
	stem := strings.TrimSuffix(rel, end)
	for i, name := 2, rel; ; i, name = i+1, fmt.Sprintf("%s-%d%s", stem, i, end) {
		to := filepath.Join(r.Dir, name)
		if slices.ContainsFunc(r.plans, func(p plan) bool { return p.to == to }) {
			continue
		}
		there, err := os.ReadFile(to)
		if os.IsNotExist(err) || err == nil && bytes.Equal(there, content) {
			return name
		}
	}
}

// readdress has a journal line name the files that could not get the name they
// would have got by its redaction alone.
func (r *Redactor) readdress(line []byte) ([]byte, int, error) {
	n := 0
	for was, is := range r.moved {
		from, err := marshal(was)
		if err != nil {
			return nil, 0, fmt.Errorf("name a file: %w", err)
		}
		to, err := marshal(is)
		if err != nil {
			return nil, 0, fmt.Errorf("name a file: %w", err)
		}
		from, to = append([]byte(`"file":`), from...), append([]byte(`"file":`), to...)
		if c := bytes.Count(line, from); c > 0 {
			line, n = bytes.ReplaceAll(line, from, to), n+c
		}
	}
	return line, n, nil
}

// cutTags takes out of a note what its tags tell of the text beyond what the
// search finds: #Hunter2.x has the tag hunter2, which is not all of it.
func cutTags(line []byte, before, now Event) ([]byte, int, error) {
	was, isNote := before.Body.(*NoteAdd)
	is, stays := now.Body.(*NoteAdd)
	if !isNote || !stays || was.Text == is.Text {
		return line, 0, nil
	}
	n, told, stand := 0, notes.Tags(was.Text), notes.Tags(is.Text)
	tags := slices.Clone(is.Tags)
	for i, t := range tags {
		if slices.Contains(told, t) && !slices.Contains(stand, t) {
			tags[i], n = Redacted, n+1
		}
	}
	if n == 0 {
		return line, 0, nil
	}
	from, err := marshal(is.Tags)
	if err != nil {
		return nil, 0, fmt.Errorf("write tags: %w", err)
	}
	to, err := marshal(tags)
	if err != nil {
		return nil, 0, fmt.Errorf("write tags: %w", err)
	}
	from, to = append([]byte(`"tags":`), from...), append([]byte(`"tags":`), to...)
	if bytes.Contains(line, from) {
		return bytes.Replace(line, from, to, 1), n, nil
	}
	is.Tags = tags
	line, err = now.MarshalJSON()
	return append(line, '\n'), n, err
}
