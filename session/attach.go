package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"crosstalk/notes"
)

// AttachmentsName is the folder of what is attached, in a session's folder.
const AttachmentsName = "attachments"

// What is being copied in has a name that begins so; it is no attachment yet.
const (
	incoming    = ".incoming-"
	forgotten   = time.Hour // after that a copy that was never finished is removed
	copyAtATime = 256 << 10
)

// Attach keeps a copy of a file with a note. The copying is done by who calls
// Do, so that the session's writer waits for no disk. The answer comes when
// file and event are on the disk.
type Attach struct {
	Note    string    // the note's id
	Name    string    // as its author calls it
	Media   string    // its media type; found out if empty
	From    string    // one of notes.From
	Content io.Reader // at most notes.MaxAttachment bytes, not none
}

// keep is an Attach whose copy stands in the folder already.
type keep struct{ attachment *AttachAdd }

func (Attach) command() string { return "attach" }
func (keep) command() string   { return "attach" }

// AttachAdd is one file kept with a note.
type AttachAdd struct {
	Note   string `json:"note"`
	Name   string `json:"name"` // as its author called it
	File   string `json:"file"` // in the folder attachments
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
	Media  string `json:"media"`
	From   string `json:"from"` // file, stdin, clipboard, folder, panes or samples
}

// attach copies a file in and has it written down.
func (s *Session) attach(ctx context.Context, who Person, a Attach) (Reply, error) {
	if err := s.May(who, a); err != nil {
		return Reply{}, err
	}
	kept, err := store(ctx, filepath.Join(s.o.Dir, AttachmentsName), a)
	if err != nil {
		return Reply{}, err
	}
	reply, err := s.Do(ctx, who, keep{kept})
	if _, no := errors.AsType[*Refusal](err); no {
		_ = os.Remove(filepath.Join(s.o.Dir, AttachmentsName, kept.File)) // nothing tells of it
	}
	return reply, err
}

func refusedAttach(st *State, id string) string {
	n, ok := st.Notes.Get(id)
	switch {
	case !ok:
		return fmt.Sprintf("there is no note %q to attach to", id)
	case n.Gone != nil:
		return id + " was taken back: bring it back first"
	}
	return ""
}

func (s *Session) keepAttachment(who string, a *AttachAdd) Reply {
	e := s.add(who, TypeAttach, a)
	return Reply{Text: fmt.Sprintf("%s (%s) is attached to %s", a.Name, Bytes(a.Size), a.Note), Seq: e.Seq, Note: a.Note}
}

func (s *State) attach(e Event, b *AttachAdd) {
	s.Notes.Attach(b.Note, notes.Attachment{Name: b.Name, File: b.File, Size: b.Size, SHA256: b.SHA256, Media: b.Media, From: b.From, At: e.T, By: e.By})
	s.mark(e, fmt.Sprintf("%s attached to %s", b.Name, b.Note))
}

// Bytes writes a size as people do: "12 KB".
func Bytes(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1000<<10:
		return fmt.Sprintf("%d KB", max(1, (n+512)>>10))
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}

// store copies content into dir under a name that nothing there has, and
// returns what the journal will say of it. The file is whole and on the disk
// before it has that name.
func store(ctx context.Context, dir string, a Attach) (kept *AttachAdd, err error) {
	fail := func(err error) error { return fmt.Errorf("attach %s: %w", a.Name, err) }
	if err := makeDir(dir); err != nil {
		return nil, fail(err)
	}
	sweep(dir, time.Now())
	tmp, err := os.CreateTemp(dir, incoming+"*")
	if err != nil {
		return nil, fail(err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name())
		}
	}()
	name := strings.TrimSpace(strings.Join(strings.Fields(notes.Clean(a.Name)), " "))
	if name == "" {
		name = "file"
	}
	kept = &AttachAdd{Note: a.Note, Name: name, Media: a.Media, From: a.From}
	head, err := pour(ctx, tmp, a, kept)
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Sync(), tmp.Close())
	if _, no := errors.AsType[*Refusal](err); no {
		return nil, err
	}
	if err != nil {
		return nil, fail(err)
	}
	if kept.Media == "" {
		kept.Media = mediaOf(name, head)
	}
	kept.File, err = settleName(dir, tmp.Name(), notes.SafeName(a.Note+"-"+notes.SafeName(name)))
	if err != nil {
		return nil, fail(err)
	}
	return kept, nil
}

// pour copies and counts and hashes what it copies. It returns the first bytes.
func pour(ctx context.Context, to io.Writer, a Attach, kept *AttachAdd) (head []byte, err error) {
	hash := sha256.New()
	buf := make([]byte, copyAtATime)
	for {
		n, rerr := a.Content.Read(buf)
		if kept.Size += int64(n); kept.Size > notes.MaxAttachment {
			return nil, &Refusal{Cmd: a.command(), Why: fmt.Sprintf("%s is larger than %d MB: attach the part that matters", kept.Name, notes.MaxAttachment>>20)}
		}
		if more := 512 - len(head); more > 0 {
			head = append(head, buf[:min(n, more)]...)
		}
		hash.Write(buf[:n])
		if _, err := to.Write(buf[:n]); err != nil {
			return nil, err
		}
		switch {
		case errors.Is(rerr, io.EOF):
			if kept.Size == 0 {
				return nil, &Refusal{Cmd: a.command(), Why: kept.Name + " is empty: there is nothing to attach"}
			}
			kept.SHA256 = hex.EncodeToString(hash.Sum(nil))
			return head, nil
		case rerr != nil:
			return nil, rerr
		case ctx.Err() != nil:
			return nil, ctx.Err()
		}
	}
}

// settleName gives a finished copy the name, or the first of name-2, name-3, …
// that nothing has, and returns it.
func settleName(dir, from, name string) (string, error) {
	stem, ext := notes.SplitName(name)
	for n := 1; ; n++ {
		if n > 1 {
			name = fmt.Sprintf("%s-%d%s", stem, n, ext)
		}
		// Reserved first: a rename would silently replace what has the name.
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		if err := errors.Join(f.Close(), os.Rename(from, filepath.Join(dir, name)), syncDir(dir)); err != nil {
			return "", err
		}
		return name, nil
	}
}

// makeDir makes a folder of a session's, and sees to it that its name is on the
// disk as well.
func makeDir(dir string) error {
	err := os.Mkdir(dir, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

// sweep removes what a killed process left half copied.
func sweep(dir string, now time.Time) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), incoming) {
			continue
		}
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > forgotten {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// media are the types of what testers attach, by extension: a table of the
// machine's own would make the journal differ from machine to machine.
var media = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".svg": "image/svg+xml",
	".txt": "text/plain", ".log": "text/plain", ".md": "text/markdown", ".csv": "text/csv", ".html": "text/html", ".json": "application/json",
	".har": "application/json", ".yaml": "application/yaml", ".yml": "application/yaml", ".xml": "application/xml", ".pdf": "application/pdf",
	".gz": "application/gzip", ".zip": "application/zip", ".mp4": "video/mp4", ".webm": "video/webm",
}

// mediaOf tells what a file is by its name, else by its first bytes.
func mediaOf(name string, head []byte) string {
	if m, ok := media[strings.ToLower(filepath.Ext(name))]; ok {
		return m
	}
	m, _, _ := strings.Cut(http.DetectContentType(head), ";")
	return m
}
