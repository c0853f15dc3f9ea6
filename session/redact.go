package session

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofrs/flock"
)

// TypeRedacted says that a text was taken out of a session's folder.
const TypeRedacted = "redacted"

// Redaction is the body of TypeRedacted. What was taken out is not in it.
type Redaction struct {
	By      string   `json:"by"`
	Why     string   `json:"why,omitempty"`
	Count   int      `json:"count"`             // places
	Files   []string `json:"files"`             // in the session's folder
	Dropped int64    `json:"dropped,omitempty"` // bytes of a torn last line, moved aside
}

// markFile is what stands in a binary file's place. It is the same every time:
// a run that was interrupted and repeated makes the same hash.
const markFile = Redacted + "\nA file that was no text stood here. It held a text that was taken out of this session.\n"

// Redactor takes one text out of one session's folder. It holds the journal's
// lock from OpenRedactor to Close: nobody can take the session up meanwhile.
type Redactor struct {
	Dir     string
	Files   []RedactFile // where the text stands, in order of path
	Kept    int          // places that are words of the journal's own format, and stay
	Opaque  []string     // binary files without the text: compressed inside, it could not be seen
	Skipped []string     // links and the like, which lead elsewhere
	Names   []string     // folders and links in it whose own names hold the text, and keep it
	InName  bool         // the folder's own name holds the text

	p     *pattern
	lock  *flock.Flock
	plans []plan
	moved map[string]string // names that two files would have got, by the name before
	head  Event             // the journal's last event
	torn  []byte
	began time.Time
}

// RedactFile is one file that holds the text.
type RedactFile struct {
	Path    string // in the session's folder, the text in its name taken out
	From    string // in the session's folder as it is called now: not to be shown
	Count   int    // places, its name included
	Binary  bool   // no text: it is replaced as a whole by a mark
	Renamed bool   // its name holds the text
}

// plan is a file as it will be.
type plan struct {
	from, to string // full paths
	content  []byte
	mode     fs.FileMode
}

// OpenRedactor looks for a text in everything a session's folder holds, and
// changes nothing. ErrInUse if the session is running.
func OpenRedactor(dir, text string) (*Redactor, error) {
	p, err := newPattern(text)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, JournalName)); err != nil {
		return nil, fmt.Errorf("open session %s: %w", dir, err)
	}
	r := &Redactor{Dir: dir, p: p, moved: map[string]string{}, lock: flock.New(filepath.Join(dir, lockName), flock.SetPermissions(0o644))}
	patient, cancel := context.WithTimeout(context.Background(), commitEvery)
	defer cancel()
	ok, err := r.lock.TryLockContext(patient, 10*time.Millisecond)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("lock session folder %s: %w", dir, err)
	}
	if !ok {
		return nil, fmt.Errorf("open session %s: %w", dir, ErrInUse)
	}
	if err := r.look(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Close lets go of the session.
func (r *Redactor) Close() error { return r.lock.Unlock() }

// Count is how many places hold the text.
func (r *Redactor) Count() int {
	n := 0
	for _, f := range r.Files {
		n += f.Count
	}
	return n
}

// look makes the plan.
func (r *Redactor) look() error {
	if abs, err := filepath.Abs(r.Dir); err == nil {
		r.InName = r.p.in(filepath.Base(abs))
	}
	hashes := map[string]attached{} // by the hash before
	err := filepath.WalkDir(r.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("look through session folder: %w", err)
		}
		rel, err := filepath.Rel(r.Dir, path)
		if err != nil {
			return fmt.Errorf("look through session folder: %w", err)
		}
		if (d.IsDir() && rel != "." || !d.IsDir() && !d.Type().IsRegular()) && r.p.in(filepath.Base(rel)) {
			r.Names = append(r.Names, rel)
		}
		switch {
		case d.IsDir(), rel == lockName, rel == controlName, rel == elsewhere, rel == JournalName:
			return nil
		case !d.Type().IsRegular():
			r.Skipped = append(r.Skipped, rel)
			return nil
		}
		return r.lookAt(path, rel, d, hashes)
	})
	if err != nil {
		return err
	}
	if err := r.lookAtJournal(hashes); err != nil {
		return err
	}
	slices.SortFunc(r.Files, func(a, b RedactFile) int { return strings.Compare(a.Path, b.Path) })
	return nil
}

// attached is what becomes of a file whose hash the journal holds.
type attached struct {
	hash       string
	size, from int
}

// lookAt plans one file beside the journal.
func (r *Redactor) lookAt(path, rel string, d fs.DirEntry, hashes map[string]attached) error {
	info, err := d.Info()
	if err != nil {
		return fmt.Errorf("look at %s: %w", r.shown(rel), err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("look at %s: %w", r.shown(rel), err)
	}
	base, n := r.p.cut(filepath.Base(rel))
	f := RedactFile{Path: rel, From: rel, Count: n, Renamed: n > 0}
	after, n, kept, binary := r.cutFile(rel, before)
	if f.Count += n; f.Count == 0 {
		if r.Kept += kept; binary {
			r.Opaque = append(r.Opaque, rel)
		}
		return nil
	}
	if f.Binary = binary && n > 0; f.Renamed {
		wanted := filepath.Join(filepath.Dir(rel), base)
		if f.Path = r.free(wanted, after); f.Path != wanted {
			r.moved[filepath.Base(rel)] = filepath.Base(f.Path)
		}
	}
	r.Kept += kept
	r.Files = append(r.Files, f)
	r.plans = append(r.plans, plan{from: path, to: filepath.Join(r.Dir, f.Path), content: after, mode: info.Mode().Perm()})
	hashes[hashOf(before)] = attached{hash: hashOf(after), size: len(after), from: len(before)}
	return nil
}

// cutFile takes the text out of a file's content.
func (r *Redactor) cutFile(name string, b []byte) (after []byte, n, kept int, binary bool) {
	if bytes.IndexByte(b, 0) >= 0 || !utf8.Valid(b) {
		if n = r.p.countIn(b); n > 0 {
			mark, _ := r.p.cut(markFile)
			return []byte(mark), n, 0, true
		}
		return b, 0, 0, true
	}
	words := journalWords()
	if out, n, kept, ok := r.p.cutJSON(b, words); ok {
		return out, n, kept, false
	}
	switch filepath.Ext(name) {
	case ".jsonl", ".ndjson", ".cast", ".torn":
		var all bytes.Buffer
		for line := range bytes.Lines(b) {
			out, c, k, ok := r.p.cutJSON(line, words)
			if !ok {
				var s string
				s, c = r.p.cut(string(line))
				out = []byte(s)
			}
			all.Write(out)
			n, kept = n+c, kept+k
		}
		return all.Bytes(), n, kept, false
	}
	s, n := r.p.cut(string(b))
	return []byte(s), n, 0, false
}

// lookAtJournal plans the journal: every line stays a line of the same number,
// time and type.
func (r *Redactor) lookAtJournal(hashes map[string]attached) error {
	path := filepath.Join(r.Dir, JournalName)
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	var out bytes.Buffer
	places, at := 0, 0
	rest, err := scan(bytes.NewReader(b), func(e Event, offset int64) error {
		if r.began.IsZero() {
			r.began = e.T.Add(-time.Duration(e.MS) * time.Millisecond)
		}
		r.head = e
		at = int(offset)
		end := at + bytes.IndexByte(b[at:], '\n') + 1
		line, n, err := r.cutLine(b[at:end], e)
		if err != nil {
			return err
		}
		at = end
		places += n
		out.Write(rehash(line, hashes))
		return nil
	})
	if err != nil {
		return fmt.Errorf("take the text out of the journal: %w", err)
	}
	torn, n := r.p.cut(string(b[rest.Whole:]))
	r.torn, places = []byte(torn), places+n
	if places > 0 {
		r.Files = append(r.Files, RedactFile{Path: JournalName, From: JournalName, Count: places})
	}
	// Always written, and first: it gets the mark that says what was done.
	r.plans = slices.Insert(r.plans, 0, plan{from: path, to: path, content: out.Bytes(), mode: info.Mode().Perm()})
	return nil
}

// cutLine takes the text out of one journal line.
func (r *Redactor) cutLine(line []byte, e Event) ([]byte, int, error) {
	line, named, err := r.readdress(line)
	if err != nil {
		return nil, 0, err
	}
	// Without an escape of any kind in it, a line holds the text as it is or not at all.
	if r.p.plain && !bytes.ContainsAny(line, `\%&`) && !bytes.Contains(line, []byte("\u2060")) && !bytes.Contains(foldLine(line), []byte(string(r.p.folded))) {
		return line, named, nil
	}
	out, n, kept, ok := r.p.cutJSON(line, journalWords())
	if !ok {
		return nil, 0, fmt.Errorf("line %d: %w", e.Seq, errNotEvent)
	}
	r.Kept += kept
	if n += named; n == 0 {
		return line, 0, nil
	}
	var now Event
	if err := now.UnmarshalJSON(out); err != nil || now.Seq != e.Seq || now.MS != e.MS || now.Type != e.Type || !now.T.Equal(e.T) {
		return nil, 0, fmt.Errorf("line %d (%s) could not be read any more without it: nothing was changed", e.Seq, e.Type)
	}
	out, tags, err := cutTags(out, e, now)
	if err != nil {
		return nil, 0, fmt.Errorf("line %d: %w", e.Seq, err)
	}
	return out, n + tags, nil
}

// rehash gives a line that names a changed file its new hash and size.
func rehash(line []byte, hashes map[string]attached) []byte {
	for before, now := range hashes {
		if !bytes.Contains(line, []byte(`"`+before+`"`)) {
			continue
		}
		line = bytes.ReplaceAll(line, []byte(`"`+before+`"`), []byte(`"`+now.hash+`"`))
		for _, key := range []string{"size", "bytes"} {
			for _, end := range []string{",", "}"} {
				line = bytes.ReplaceAll(line, fmt.Appendf(nil, `"%s":%d%s`, key, now.from, end), fmt.Appendf(nil, `"%s":%d%s`, key, now.size, end))
			}
		}
	}
	return line
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// shown is a path as it may be told: not with the text in it.
func (r *Redactor) shown(path string) string {
	s, _ := r.p.cut(path)
	return s
}

// Shown is any text with the secret taken out, for whoever prints what the
// folder holds.
func (r *Redactor) Shown(text string) string { return r.shown(text) }
