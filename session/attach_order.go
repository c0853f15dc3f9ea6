package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"crosstalk/notes"
)

// attachWait is how long a session may take to copy in what came with an order.
const attachWait = time.Minute

// Staged is a file that was laid into the session's folder for an order to name.
type Staged struct {
	File string `json:"file"` // its name in the folder attachments; nothing but a name
	Name string `json:"name"`
	From string `json:"from"` // file or stdin
}

// stagedName is what a staged file is called; an order can name nothing else.
var stagedName = regexp.MustCompile(`^\.incoming-[0-9]+$`)

// Stage lays content into the folder of a session for an order to name. It is
// refused above notes.MaxAttachment, and when there is none.
func Stage(ctx context.Context, dir, name, from string, content io.Reader) (staged Staged, err error) {
	folder := filepath.Join(dir, AttachmentsName)
	if err := makeDir(folder); err != nil {
		return staged, fmt.Errorf("attach %s: %w", name, err)
	}
	tmp, err := os.CreateTemp(folder, incoming+"*")
	if err != nil {
		return staged, fmt.Errorf("attach %s: %w", name, err)
	}
	staged = Staged{File: filepath.Base(tmp.Name()), Name: name, From: from}
	a := Attach{Name: name, Content: content}
	_, err = pour(ctx, tmp, a, &AttachAdd{Name: name})
	if err = errors.Join(err, tmp.Close()); err != nil {
		staged.Discard(dir)
		if no, ok := errors.AsType[*Refusal](err); ok {
			return Staged{}, no
		}
		return Staged{}, fmt.Errorf("attach %s: %w", name, err)
	}
	return staged, nil
}

// Discard removes a staged file that no order took.
func (s Staged) Discard(dir string) {
	if stagedName.MatchString(s.File) {
		_ = os.Remove(filepath.Join(dir, AttachmentsName, s.File))
	}
}

// attachOrdered attaches what came with an order to the note it made, and tells
// in words what became of that.
func (s *Session) attachOrdered(ctx context.Context, who Person, id string, o Order) (text string, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, attachWait)
	defer cancel()
	var said []string
	ok = true
	put := func(r Reply, err error) {
		if err != nil {
			said, ok = append(said, "not attached: "+err.Error()), false
			return
		}
		said = append(said, r.Text)
	}
	for _, st := range o.Attach {
		put(s.attachStaged(ctx, who, id, st))
	}
	if o.Samples > 0 {
		put(s.Do(ctx, who, s.SamplesOf(id, time.Duration(o.Samples*float64(time.Second)))))
	}
	return strings.Join(said, "\n"), ok
}

// attachStaged takes one staged file over. Whatever comes of it, the staged one
// is gone afterwards.
func (s *Session) attachStaged(ctx context.Context, who Person, id string, st Staged) (Reply, error) {
	if !stagedName.MatchString(st.File) || st.From != notes.FromFile && st.From != notes.FromStdin {
		return Reply{}, &Refusal{Cmd: "attach", Why: "an order names a file that was laid into the session's folder"}
	}
	// A Root follows no link out of the folder.
	root, err := os.OpenRoot(filepath.Join(s.o.Dir, AttachmentsName))
	if err != nil {
		return Reply{}, fmt.Errorf("attach %s: %w", st.Name, err)
	}
	defer root.Close()
	defer func() { _ = root.Remove(st.File) }()
	if info, err := root.Lstat(st.File); err != nil || !info.Mode().IsRegular() {
		return Reply{}, &Refusal{Cmd: "attach", Why: st.Name + " is not in the session's folder"}
	}
	f, err := root.Open(st.File)
	if err != nil {
		return Reply{}, fmt.Errorf("attach %s: %w", st.Name, err)
	}
	defer f.Close()
	return s.Do(ctx, who, Attach{Note: id, Name: st.Name, From: st.From, Content: f})
}
