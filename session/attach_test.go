package session

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crosstalk/notes"
)

// endless is content of any length.
type endless struct{ left int64 }

func (e *endless) Read(b []byte) (int, error) {
	n := min(int64(len(b)), e.left)
	if e.left -= n; n == 0 {
		return 0, io.EOF
	}
	return int(n), nil
}

func TestAttachments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := start(t, w.options(t))
	r.await("the rehearsal", ofType(TypeBrakeTest))
	r.do(AddNote{Draft: notes.Parse("! slow")})
	r.do(AddNote{Draft: notes.Parse("gone")})
	r.do(RetractNote{ID: "n2"})

	png := "\x89PNG\r\n\x1a\n and so on"
	r.do(Attach{Note: "n1", Name: "../sh ot.png", From: notes.FromFile, Content: strings.NewReader(png)})
	r.do(Attach{Note: "n1", Name: "sh ot.png", From: notes.FromFile, Content: strings.NewReader("another")})
	r.do(Attach{Note: "n1", Name: "no extension", From: notes.FromClipboard, Content: strings.NewReader("plain text")})
	st := r.Snapshot()
	n, _ := st.Notes.Get("n1")
	want := []notes.Attachment{
		{Name: "../sh ot.png", File: "n1-sh-ot.png", Media: "image/png", From: "file", Size: int64(len(png))},
		{Name: "sh ot.png", File: "n1-sh-ot-2.png", Media: "image/png", From: "file", Size: 7},
		{Name: "no extension", File: "n1-no-extension", Media: "text/plain", From: "clipboard", Size: 10},
	}
	if len(n.Attachments) != len(want) {
		t.Fatalf("%+v", n.Attachments)
	}
	for i, a := range n.Attachments {
		b, err := os.ReadFile(filepath.Join(r.Dir(), AttachmentsName, a.File))
		sum := sha256.Sum256(b)
		if err != nil || a.SHA256 != hex.EncodeToString(sum[:]) || a.Size != int64(len(b)) || a.By != "mel" || a.At.IsZero() {
			t.Errorf("%d: %+v: %v", i, a, err)
		}
		if a.Name != want[i].Name || a.File != want[i].File || a.Media != want[i].Media || a.From != want[i].From || a.Size != want[i].Size {
			t.Errorf("%d: %+v, want %+v", i, a, want[i])
		}
	}

	for _, c := range []struct {
		a   Attach
		say string
	}{
		{Attach{Note: "n9", Name: "x", Content: strings.NewReader("x")}, "no note"},
		{Attach{Note: "n2", Name: "x", Content: strings.NewReader("x")}, "taken back"},
		{Attach{Note: "n1", Name: "huge.log", Content: &endless{notes.MaxAttachment + 1}}, "huge.log is larger than 50 MB"},
		{Attach{Note: "n1", Name: "nothing", Content: strings.NewReader("")}, "is empty"},
	} {
		_, err := r.Do(t.Context(), mel, c.a)
		if no, ok := errors.AsType[*Refusal](err); !ok || !strings.Contains(no.Why, c.say) {
			t.Errorf("%s to %s: %v", c.a.Name, c.a.Note, err)
		}
	}
	if _, err := r.Do(t.Context(), mel, Attach{Note: "n1", Name: "x", Content: io.MultiReader(strings.NewReader("x"), broken{})}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a reader that breaks off: %v", err)
	}
	entries, err := os.ReadDir(filepath.Join(r.Dir(), AttachmentsName))
	if err != nil || len(entries) != len(want) {
		t.Errorf("%d files are left, want %d: %v %v", len(entries), len(want), entries, err)
	}
	events := r.finish()
	if got := Fold(events); len(got.Notes.Notes[0].Attachments) != len(want) {
		t.Errorf("read again: %+v", got.Notes.Notes[0].Attachments)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// A file that takes its time, or stands still, holds nothing up but its own
// attachment.
func TestAttachingHoldsNothingUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := start(t, w.options(t))
	r.await("the rehearsal", ofType(TypeBrakeTest))
	r.do(AddNote{Draft: notes.Parse("! slow")})
	pr, pw := io.Pipe()
	answer := make(chan error, 1)
	go func() {
		_, err := r.Do(t.Context(), mel, Attach{Note: "n1", Name: "pipe", Content: pr})
		answer <- err
	}()
	if _, err := pw.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	r.do(AddNote{Draft: notes.Parse("meanwhile")})
	r.do(StopAll{})
	select {
	case err := <-answer:
		t.Fatalf("attached half a file: %v", err)
	default:
	}
	pw.Close()
	if err := <-answer; err != nil {
		t.Error(err)
	}
	if n, _ := r.Snapshot().Notes.Get("n1"); len(n.Attachments) != 1 || n.Attachments[0].Size != 4 {
		t.Errorf("%+v", n)
	}
	r.finish()
}

func TestAttachFromOutside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := start(t, w.options(t))
	r.await("the rehearsal", ofType(TypeBrakeTest))
	r.await("a tick", ofType(TypeHealthTick))
	stage := func(name, content string) Staged {
		t.Helper()
		s, err := Stage(t.Context(), r.Dir(), name, notes.FromStdin, strings.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	o := Order{Cmd: "note", By: "dana", Text: "! see the log", Attach: []Staged{stage("pod.log", "panic"), stage("x.txt", "more")}, Samples: 60}
	out, err := o.Send(t.Context(), r.Dir())
	if err != nil || !out.OK || !strings.Contains(out.Text, "n1 bug saved") || !strings.Contains(out.Text, "pod.log (5 bytes) is attached to n1") || !strings.Contains(out.Text, ".csv") {
		t.Errorf("%+v, %v", out, err)
	}
	n, _ := r.Snapshot().Notes.Get("n1")
	if len(n.Attachments) != 3 || n.Attachments[0].From != "stdin" || n.Attachments[2].From != "samples" || n.Attachments[0].By != "dana" {
		t.Errorf("%+v", n.Attachments)
	}

	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(r.Dir(), AttachmentsName)
	if err := os.Symlink(secret, filepath.Join(folder, ".incoming-1")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, ".incoming-2"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"../events.jsonl", "events.jsonl", secret, ".incoming-1", ".incoming-2", ".incoming-3", "", ".", ".incoming-1/../../events.jsonl", n.Attachments[0].File} {
		out, err := Order{Cmd: "note", By: "dana", Text: "x", Attach: []Staged{{File: file, Name: "x", From: notes.FromFile}}}.Send(t.Context(), r.Dir())
		if err != nil || out.OK || !strings.Contains(out.Text, "not attached") {
			t.Errorf("%q: %+v, %v", file, out, err)
		}
	}
	for _, name := range []string{"../" + JournalName, n.Attachments[0].File} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			t.Errorf("an order removed what it must not: %v", err)
		}
	}
	if _, err := os.Stat(secret); err != nil {
		t.Error(err)
	}
	for _, n := range r.Snapshot().Notes.Notes[1:] {
		if len(n.Attachments) > 0 {
			t.Errorf("attached %+v", n.Attachments)
		}
	}
	if _, err := Stage(t.Context(), r.Dir(), "huge", notes.FromStdin, &endless{notes.MaxAttachment + 1}); err == nil || !strings.Contains(err.Error(), "larger than 50 MB") {
		t.Errorf("staging too much: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(folder, incoming+"[0-9]*"))
	if err != nil || len(left) > 1 { // the folder that was called so
		t.Errorf("left behind: %v %v", left, err)
	}
	r.finish()
}

func TestHalfCopiesAreSweptInTime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old, young, kept := filepath.Join(dir, ".incoming-1"), filepath.Join(dir, ".incoming-2"), filepath.Join(dir, "n1-a.png")
	for _, p := range []string{old, young, kept} {
		if err := os.WriteFile(p, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	for _, p := range []string{old, kept} {
		if err := os.Chtimes(p, now, now.Add(-2*forgotten)); err != nil {
			t.Fatal(err)
		}
	}
	sweep(dir, now)
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 2 || left[0] != young || left[1] != kept {
		t.Errorf("left %v: %v", left, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store(ctx, dir, Attach{Note: "n1", Name: "a", Content: &endless{1 << 30}}); !errors.Is(err, context.Canceled) {
		t.Errorf("a copy that nobody waits for any more: %v", err)
	}
}

func TestSamples(t *testing.T) {
	t.Parallel()
	s := NewState()
	at := time.Date(2026, 10, 17, 15, 0, 0, 0, time.UTC)
	seq := uint64(0)
	apply := func(ms int64, kind string, body any) {
		seq++
		s.Apply(Event{V: 1, Seq: seq, T: at.Add(time.Duration(ms) * time.Millisecond), MS: ms, Type: kind, Body: body})
	}
	p50, p95 := 0.0125, 0.04
	apply(0, TypeStart, &Start{})
	apply(1000, TypeLoadTick, &LoadTick{Asked: 5, Running: 4, Requests: 10, RPS: 10, P50: &p50, P95: &p95, Errors: 1})
	apply(1000, TypeHealthTick, &HealthTick{Env: "production", State: "green", Now50: &p50, Now95: &p95})
	apply(5000, TypeHealthTick, &HealthTick{Env: "production", State: "no sight"})
	var b bytes.Buffer
	if err := s.WriteSamples(&b, 0, 60_000); err != nil {
		t.Fatal(err)
	}
	want := `time,elapsed_s,asked,running,requests_a_second,users_p50_s,users_p95_s,users_errors,staging_p50_s,staging_p95_s,staging_errors,production_p50_s,production_p95_s,production_errors,staging_state,production_state
2026-10-17T15:00:01.000Z,1,5,4,10,0.0125,0.04,0.1,,,,0.0125,0.04,0,,green
2026-10-17T15:00:05.000Z,5,,,,,,,,,,,,,,no sight
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	a := s.Samples("n1", 0, 60_000)
	if a.Name != "samples-00m01s-00m05s.csv" || a.From != notes.FromSamples || a.Note != "n1" {
		t.Errorf("%+v", a)
	}
}
