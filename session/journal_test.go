package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crosstalk/notes"
)

// written makes a journal of a few events and returns its folder and bytes.
func written(t *testing.T) (string, []byte) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "s")
	j, state, _, err := OpenJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	l := NewLog(state, j.Read)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = j.follow(context.Background(), l, func(err error) { t.Error(err) })
	}()
	at := time.Date(2026, 10, 17, 15, 36, 19, 880e6, time.UTC)
	for i := range int64(40) {
		p := 0.0123
		l.append(at.Add(time.Duration(i)*time.Second), i*1000, ByEngine, TypeLoadTick, &LoadTick{Asked: 3, Running: 3, Ceiling: -1, Requests: 7, P50: &p})
		l.append(at.Add(time.Duration(i)*time.Second), i*1000, "mel", TypeNoteAdd, &NoteAdd{ID: "n" + string(rune('a'+i)), Kind: notes.Bug, Text: "ümlaut <script> \"quoted\" \u2028 line"})
	}
	l.close()
	<-done
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, JournalName))
	if err != nil {
		t.Fatal(err)
	}
	return dir, b
}

// Power can go at any byte: every whole line before it is read, the rest is
// said, and the next writer sets it aside and goes on without a gap.
func TestJournalCutAtEveryByte(t *testing.T) {
	t.Parallel()
	_, whole := written(t)
	dir := t.TempDir()
	path := filepath.Join(dir, JournalName)
	for n := range whole {
		if n%7 != 0 && n < len(whole)-400 { // every byte of the last lines, every seventh before
			continue
		}
		if err := os.WriteFile(path, whole[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		lines := bytes.Count(whole[:n], []byte("\n"))
		events, rest, err := ReadJournal(dir)
		if err != nil || len(events) != lines || rest.Whole+rest.Torn != int64(n) {
			t.Fatalf("cut at %d: %d of %d lines, %+v, %v", n, len(events), lines, rest, err)
		}
		if (rest.Torn > 0) != (rest.Why != "") {
			t.Fatalf("cut at %d: %+v", n, rest)
		}
	}
	cut := len(whole) - 30
	if err := os.WriteFile(path, whole[:cut], 0o644); err != nil {
		t.Fatal(err)
	}
	j, state, torn, err := OpenJournal(dir)
	if err != nil || torn == 0 || state.Seq != 79 {
		t.Fatalf("opened at seq %d with %d torn: %v", state.Seq, torn, err)
	}
	aside, err := os.ReadFile(filepath.Join(dir, TornName))
	if err != nil || int64(len(aside)) != torn {
		t.Errorf("the torn line was not kept: %d bytes, %v", len(aside), err)
	}
	if err := j.write([]Event{{V: 1, Seq: 80, T: time.Now(), By: "mel", Type: TypeDebrief, Body: &Debrief{Text: "on"}}}); err != nil {
		t.Fatal(err)
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	if events, rest, err := ReadJournal(dir); err != nil || rest.Torn != 0 || len(events) != 80 {
		t.Errorf("after going on: %d events, %+v, %v", len(events), rest, err)
	}
}

func TestJournalBrokenInTheMiddle(t *testing.T) {
	t.Parallel()
	_, whole := written(t)
	dir := t.TempDir()
	for _, n := range []int{0, 10, len(whole) / 2, len(whole) - 2} {
		b := bytes.Clone(whole)
		b[n] ^= 0x55
		if err := os.WriteFile(filepath.Join(dir, JournalName), b, 0o644); err != nil {
			t.Fatal(err)
		}
		before := bytes.Count(whole[:n], []byte("\n"))
		events, _, err := ReadJournal(dir)
		if err != nil || len(events) < before {
			t.Errorf("broken at %d: %d events of at least %d, %v", n, len(events), before, err)
		}
	}
}

func TestASecondWriterIsRefused(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "s")
	j, _, _, err := OpenJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !Running(dir) {
		t.Error("a held session does not count as running")
	}
	if _, _, _, err := OpenJournal(dir); !errors.Is(err, ErrInUse) {
		t.Errorf("a second writer got in: %v", err)
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	if Running(dir) {
		t.Error("a closed session counts as running")
	}
}

func TestUnknownTypesAndFieldsAreKept(t *testing.T) {
	t.Parallel()
	const text = `{"v":1,"seq":7,"t":"2026-10-17T15:36:19.880Z","ms":5,"by":"mel","type":"tea.poured","body":{"cups":2,"who":["a"]}}`
	var e Event
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		t.Fatal(err)
	}
	got, err := e.MarshalJSON()
	if err != nil || string(got) != text {
		t.Errorf("%s, %v", got, err)
	}
	Fold([]Event{e})
}

func TestLogServesWhatLeftItsWindowFromTheJournal(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "s")
	j, state, _, err := OpenJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	l := NewLog(state, j.Read)
	done := make(chan struct{})
	go func() { defer close(done); _ = j.follow(context.Background(), l, func(err error) { t.Error(err) }) }()
	at := time.Date(2026, 10, 17, 15, 0, 0, 0, time.UTC)
	const n = 3000
	for i := range int64(n) { // two seconds apart: most are older than the window
		e := l.append(at.Add(time.Duration(2*i)*time.Second), 2000*i, "mel", TypeDebrief, &Debrief{Question: "q", Text: strings.Repeat("x", 10)})
		if i%500 == 499 {
			if err := l.WaitDurable(t.Context(), e.Seq); err != nil {
				t.Fatal(err)
			}
		}
	}
	if l.first == 1 {
		t.Fatal("the window keeps everything")
	}
	var last uint64
	for last < n {
		events, err := l.Since(t.Context(), last)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Seq != last+1 {
				t.Fatalf("seq %d follows %d", e.Seq, last)
			}
			last = e.Seq
		}
	}
	l.close()
	<-done
	if _, err := l.Since(t.Context(), n); !errors.Is(err, ErrEnded) {
		t.Errorf("after the end: %v", err)
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
}

// A disk that stays dead does not keep a session from ending, and whoever waits
// for it is told.
func TestADeadDiskLetsTheSessionEnd(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "s")
	j, state, _, err := OpenJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	l := NewLog(state, j.Read)
	good := j.file
	broken, err := os.Open(filepath.Join(dir, JournalName)) // read only: every write fails
	if err != nil {
		t.Fatal(err)
	}
	j.file = broken
	done := make(chan error, 1)
	go func() { done <- j.follow(context.Background(), l, func(error) {}) }()
	e := l.append(time.Now(), 1, "mel", TypeDebrief, &Debrief{Text: "lost"})
	waited := make(chan error, 1)
	go func() { waited <- l.WaitDurable(context.Background(), e.Seq) }()
	l.close()
	if err := <-done; err == nil {
		t.Error("the journal ended without an error")
	}
	if err := <-waited; err == nil {
		t.Error("what is lost was called durable")
	}
	broken.Close()
	j.file = good
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
}

// A disk that fails stops nothing that is in memory, and what could not be
// written is written when it can be.
func TestAFailedWriteIsTriedAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "s")
	j, state, _, err := OpenJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	l := NewLog(state, j.Read)
	good := j.file
	broken, err := os.Open(filepath.Join(dir, JournalName)) // read only: every write fails
	if err != nil {
		t.Fatal(err)
	}
	j.file = broken
	failed := make(chan error, 16)
	done := make(chan struct{})
	mended := make(chan struct{})
	go func() {
		defer close(done)
		_ = j.follow(context.Background(), l, func(err error) {
			select {
			case failed <- err:
				<-mended
				j.file = good
			default:
			}
		})
	}()
	e := l.append(time.Now(), 1, "mel", TypeDebrief, &Debrief{Text: "kept"})
	if err := <-failed; err == nil {
		t.Fatal("no error")
	}
	if l.Durable() != 0 {
		t.Fatal("durable without a disk")
	}
	close(mended)
	if err := l.WaitDurable(t.Context(), e.Seq); err != nil {
		t.Fatal(err)
	}
	l.close()
	<-done
	broken.Close()
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	if events, _, err := ReadJournal(dir); err != nil || len(events) != 1 {
		t.Errorf("%d events, %v", len(events), err)
	}
}

func FuzzJournal(f *testing.F) {
	f.Add([]byte(`{"v":1,"seq":1,"t":"2026-10-17T15:36:19.880Z","ms":1,"by":"mel","type":"note.add","body":{"id":"n1"}}` + "\n"))
	f.Add([]byte(`{"v":1,"seq":1,"t":"2026-10-17T15:36:19.880Z","ms":1,"by":"mel","type":"load.tick","body":{"asked":1,"by_step":[{}]}}` + "\n{"))
	f.Add([]byte("\n\n{}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		st := NewState()
		rest, err := scan(bytes.NewReader(b), func(e Event, _ int64) error {
			st.Apply(e)
			return nil
		})
		if err != nil || rest.Whole+rest.Torn != int64(len(b)) {
			t.Fatalf("%d bytes: %+v, %v", len(b), rest, err)
		}
		st.Clone().Context(st.T)
	})
}
