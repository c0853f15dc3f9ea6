package notes

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Query is what somebody looks for among notes. All of it must hold; the zero
// Query is met by every note.
type Query struct {
	Words []string // somewhere in the text, an earlier text, an attachment's name or the number
	Kinds []Kind   // one of them
	Tags  []string // all of them; a begun tag is enough
	By    []string // one of them; a begun name is enough
	Open  bool     // still waits to be resolved
	Done  bool     // was resolved
	Gone  bool     // was taken back
	Files bool     // something is attached
}

// ParseQuery reads what is typed into a search: words, "words in quotes",
// kind:bug, tag:checkout or #checkout, by:mel, and open, resolved, gone or
// files. A kind may be begun only; one that no kind begins with is an error,
// which is returned with the rest of the query.
func ParseQuery(text string) (Query, error) {
	var q Query
	var wrong error
	for _, w := range fields(Clean(text)) {
		if w.quoted {
			q.Words = append(q.Words, w.text)
			continue
		}
		name, value, _ := strings.Cut(w.text, ":")
		switch {
		case strings.HasPrefix(w.text, "#"):
			q.tag(w.text[1:])
		case name == "kind" && w.text != name:
			if kinds := begins(value); len(kinds) > 0 {
				q.Kinds = append(q.Kinds, kinds...)
			} else {
				wrong = fmt.Errorf("no kind of note begins with %q", value)
			}
		case name == "tag" && w.text != name:
			q.tag(value)
		case name == "by" && w.text != name:
			if value != "" {
				q.By = append(q.By, value)
			}
		case w.text == "open":
			q.Open = true
		case w.text == "resolved":
			q.Done = true
		case w.text == "gone":
			q.Gone = true
		case w.text == "files":
			q.Files = true
		default:
			q.Words = append(q.Words, w.text)
		}
	}
	return q, wrong
}

func (q *Query) tag(s string) {
	if s = strings.TrimPrefix(s, "#"); s != "" {
		q.Tags = append(q.Tags, s)
	}
}

// begins returns the kinds that a begun name may become.
func begins(name string) []Kind {
	if k, err := ParseKind(name); err == nil {
		return []Kind{k}
	}
	var out []Kind
	for _, i := range kinds {
		if strings.HasPrefix(string(i.Kind), name) {
			out = append(out, i.Kind)
		}
	}
	return out
}

type word struct {
	text   string
	quoted bool
}

// fields parts a query into lower-case words. A quote without an end reaches to
// the query's.
func fields(s string) []word {
	var out []word
	for s = strings.ToLower(s); ; {
		s = strings.TrimLeftFunc(s, unicode.IsSpace)
		if s == "" {
			return out
		}
		if s[0] == '"' {
			text, rest, _ := strings.Cut(s[1:], `"`)
			if text != "" {
				out = append(out, word{text, true})
			}
			s = rest
			continue
		}
		end := strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '"' })
		if end < 0 {
			end = len(s)
		}
		out = append(out, word{s[:end], false})
		s = s[end:]
	}
}

// Empty tells whether a query asks for nothing.
func (q Query) Empty() bool {
	return len(q.Words)+len(q.Kinds)+len(q.Tags)+len(q.By) == 0 && !q.Open && !q.Done && !q.Gone && !q.Files
}

// Match tells whether a note is what the query looks for.
func (q Query) Match(n Note) bool {
	switch {
	case q.Open && !n.Open(),
		q.Done && n.Resolved == nil,
		q.Gone && n.Gone == nil,
		q.Files && len(n.Attachments) == 0,
		len(q.Kinds) > 0 && !slices.Contains(q.Kinds, n.Kind),
		len(q.By) > 0 && !slices.ContainsFunc(q.By, func(by string) bool { return strings.HasPrefix(strings.ToLower(n.By), by) }):
		return false
	}
	for _, t := range q.Tags {
		if !slices.ContainsFunc(n.Tags, func(tag string) bool { return strings.HasPrefix(tag, t) }) {
			return false
		}
	}
	for _, w := range q.Words {
		if !says(n, w) {
			return false
		}
	}
	return true
}

// says tells whether a note has a lower-case word in anything that was written
// with it.
func says(n Note, w string) bool {
	has := func(s string) bool { return strings.Contains(strings.ToLower(s), w) }
	return strings.ToLower(n.ID) == w || has(n.Text) ||
		slices.ContainsFunc(n.Edits, func(e Edit) bool { return has(e.Text) }) ||
		slices.ContainsFunc(n.Attachments, func(a Attachment) bool { return has(a.Name) })
}
