package session

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"crosstalk/notes"
)

// Apply takes the text out and writes down that it did. Every file is written
// whole beside its place and committed before the first one takes it: the
// journal first, so that a run that is interrupted can be repeated and ends in
// the same. Apply may be called once.
func (r *Redactor) Apply(by, why string, now time.Time) (Event, error) {
	if err := CheckName(by); err != nil {
		return Event{}, fmt.Errorf("sign the redaction: %w", err)
	}
	body := &Redaction{By: r.shown(by), Why: r.shown(notes.Clean(why)), Count: r.Count(), Files: []string{}, Dropped: int64(len(r.torn))}
	for _, f := range r.Files {
		body.Files = append(body.Files, filepath.ToSlash(r.shown(f.Path)))
	}
	// The session's own clock stands still after its end: nobody worked at it.
	e := Event{V: Version, Seq: r.head.Seq + 1, T: now.UTC(), MS: r.head.MS, By: body.By, Type: TypeRedacted, Body: body}
	line, err := e.MarshalJSON()
	if err != nil {
		return Event{}, err
	}
	journal := &r.plans[0]
	journal.content = append(append(bytes.Clone(journal.content), line...), '\n')
	if len(r.torn) > 0 {
		if err := appendFile(filepath.Join(r.Dir, TornName), r.torn); err != nil {
			return Event{}, fmt.Errorf("set torn line aside: %w", err)
		}
		r.replan()
	}
	temps := make([]string, 0, len(r.plans))
	clean := func(err error) (Event, error) {
		for _, t := range temps {
			if rerr := os.Remove(t); !errors.Is(rerr, fs.ErrNotExist) { // the one that could not be made is not there
				err = errors.Join(err, rerr)
			}
		}
		return Event{}, err
	}
	for i, p := range r.plans {
		temp := filepath.Join(filepath.Dir(p.to), fmt.Sprintf(".redact-%d-%d.part", os.Getpid(), i))
		temps = append(temps, temp)
		if err := writeSynced(temp, p.content, p.mode); err != nil {
			return clean(fmt.Errorf("write %s anew: %w", r.shown(p.to), err))
		}
	}
	dirs := map[string]bool{}
	for i, p := range r.plans {
		if err := os.Rename(temps[0], p.to); err != nil {
			return clean(fmt.Errorf("replace %s (%d of %d files are done: run it again): %w", r.shown(p.to), i, len(r.plans), err))
		}
		temps = temps[1:]
		if p.from != p.to {
			if err := os.Remove(p.from); err != nil {
				return clean(fmt.Errorf("remove %s under its old name: %w", r.shown(p.to), err))
			}
		}
		dirs[filepath.Dir(p.to)] = true
	}
	for dir := range dirs {
		if err := syncDir(dir); err != nil {
			return Event{}, err
		}
	}
	return e, nil
}

// replan puts the torn file's plan, if there is one, after what was set aside
// just now.
func (r *Redactor) replan() {
	path := filepath.Join(r.Dir, TornName)
	for i := range r.plans {
		if r.plans[i].from == path {
			r.plans[i].content = append(bytes.Clone(r.plans[i].content), r.torn...)
		}
	}
}

// writeSynced writes a new file and commits it.
func writeSynced(path string, b []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}
