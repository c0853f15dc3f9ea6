package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"crosstalk/notes"
)

// DraftsName is the folder of what people have begun to type, in a session's
// folder.
const DraftsName = "drafts"

// maxDraft is the most bytes that a draft's file is read of: two texts of the
// longest note in the worst JSON escape, and their contexts.
const maxDraft = 2 << 20

// Line is a text that somebody typed and did not save.
type Line struct {
	Text   string         `json:"text"`
	Pasted bool           `json:"pasted,omitempty"` // it began with a paste: it sets no kind
	Typed  time.Time      `json:"typed"`            // typing began
	Begun  *notes.Context `json:"begun,omitempty"`  // what was shown then
	ID     string         `json:"id,omitempty"`     // of the note whose text it is to be
}

// Unfinished is what one person typed and did not save: at most a new note and
// a change of an earlier one. It is no part of the record.
type Unfinished struct {
	V      int       `json:"v"`
	By     string    `json:"by"`
	At     time.Time `json:"at"` // when it was kept
	Note   *Line     `json:"note,omitempty"`
	Change *Line     `json:"change,omitempty"`
}

// Empty tells whether nothing was left unfinished.
func (u Unfinished) Empty() bool { return u.Note == nil && u.Change == nil }

// KeepUnfinished puts what a person has not finished on the disk; nothing
// unfinished leaves no file. It takes as long as the disk does, and may be
// called from any goroutine.
func (s *Session) KeepUnfinished(u Unfinished) error {
	u.At = s.now().UTC()
	return writeUnfinished(s.o.Dir, u)
}

// Unfinished returns what a person had not finished when the session was last
// left or killed. What was saved after all is not among it.
func (s *Session) Unfinished(who string) (Unfinished, error) {
	u, err := readUnfinished(s.o.Dir, who)
	if u.Note != nil {
		s.log.read(func(st *State) {
			for i := range st.Notes.Notes {
				// Killed between the note's line and the end of its draft.
				if n := &st.Notes.Notes[i]; n.By == who && n.Typed.Equal(u.Note.Typed.UTC().Round(time.Millisecond)) {
					u.Note = nil
					return
				}
			}
		})
	}
	if u.Change != nil {
		s.log.read(func(st *State) {
			if n, ok := st.Notes.Get(u.Change.ID); !ok || n.By != who || n.Gone != nil {
				u.Change = nil
			}
		})
	}
	return u, err
}

func writeUnfinished(dir string, u Unfinished) error {
	folder := filepath.Join(dir, DraftsName)
	path := filepath.Join(folder, draftName(u.By))
	if u.Empty() {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove the unfinished note: %w", err)
		}
		return nil
	}
	u.V = 1
	b, err := marshal(u)
	if err != nil {
		return fmt.Errorf("keep the unfinished note: %w", err)
	}
	if err := makeDir(folder); err != nil {
		return fmt.Errorf("keep the unfinished note: %w", err)
	}
	// Only its author's: it may hold what its author will think better of.
	tmp, err := os.CreateTemp(folder, ".new-*")
	if err != nil {
		return fmt.Errorf("keep the unfinished note: %w", err)
	}
	_, err = tmp.Write(append(b, '\n'))
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err == nil {
		err = syncDir(folder)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return fmt.Errorf("keep the unfinished note: %w", err)
	}
	return nil
}

func readUnfinished(dir, who string) (Unfinished, error) {
	f, err := os.Open(filepath.Join(dir, DraftsName, draftName(who)))
	if errors.Is(err, fs.ErrNotExist) {
		return Unfinished{}, nil
	}
	if err != nil {
		return Unfinished{}, fmt.Errorf("read the unfinished note: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxDraft))
	if err != nil {
		return Unfinished{}, fmt.Errorf("read the unfinished note: %w", err)
	}
	return decodeUnfinished(b, who)
}

// decodeUnfinished reads a draft's file. Whatever stands in it, its texts are
// fit for a screen, and somebody else's are not returned.
func decodeUnfinished(b []byte, who string) (Unfinished, error) {
	var u Unfinished
	if err := json.Unmarshal(b, &u); err != nil {
		return Unfinished{}, fmt.Errorf("read the unfinished note: %w", err)
	}
	if u.V != 1 || u.By != who {
		return Unfinished{}, nil
	}
	for _, l := range []**Line{&u.Note, &u.Change} {
		if *l == nil {
			continue
		}
		(*l).Text = notes.Clean((*l).Text)
		if strings.TrimSpace((*l).Text) == "" {
			*l = nil
		}
	}
	if u.Change != nil && u.Change.ID == "" {
		u.Change = nil
	}
	return u, nil
}

// draftName is a person's file. Every name has one of its own, also where a
// file system takes capitals for small letters.
func draftName(who string) string {
	var b strings.Builder
	for i := range len(who) {
		switch c := who[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return b.String() + ".json"
}
