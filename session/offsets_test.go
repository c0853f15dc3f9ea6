package session

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"crosstalk/notes"
)

// short is the journal of a small session: every byte of it can be tried.
func short(t *testing.T) []byte {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "s")
	p := 0.0123
	recordedIn(t, dir, &Start{ID: "s", As: "mel", Charter: "explore"}, &DialSet{To: 3},
		&LoadTick{Asked: 3, Running: 3, Ceiling: -1, Requests: 7, P50: &p},
		&NoteAdd{ID: "n1", Kind: notes.Bug, Text: "ümlaut \"quoted\" \u2028 line"}, &NoteAdd{ID: "n2", Kind: notes.Plain, Text: "two"}, &End{Reason: "quit"})
	b, err := os.ReadFile(filepath.Join(dir, JournalName))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// linesOf are the events of a journal as lines.
func linesOf(t *testing.T, events []Event) []byte {
	t.Helper()
	var buf bytes.Buffer
	for _, e := range events {
		b, err := e.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		buf.Write(append(b, '\n'))
	}
	return buf.Bytes()
}

// Power can go at any byte. Every whole line before it is read, by readers and by
// the next writer; what was dropped is said, kept, and in the way of nothing.
func TestJournalSurvivesACutAtEveryOffset(t *testing.T) {
	t.Parallel()
	whole := short(t)
	for n := range len(whole) + 1 {
		dir := t.TempDir()
		path := filepath.Join(dir, JournalName)
		if err := os.WriteFile(path, whole[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		end := bytes.LastIndexByte(whole[:n], '\n') + 1
		events, rest, err := ReadJournal(dir)
		if err != nil || !bytes.Equal(linesOf(t, events), whole[:end]) || rest.Whole != int64(end) || rest.Torn != int64(n-end) || (rest.Torn > 0) != (rest.Why != "") {
			t.Fatalf("cut at %d: %d events, %+v, %v", n, len(events), rest, err)
		}
		st, skimmed, err := ReadNoted(dir)
		if err != nil || skimmed.Whole != rest.Whole || skimmed.Torn != rest.Torn || len(st.Notes.Notes) != len(Fold(events).Notes.Notes) {
			t.Fatalf("cut at %d: searched %+v, %v", n, skimmed, err)
		}
		if n%11 != 0 && n < len(whole)-40 { // opening commits to the disk: every byte of the last line, fewer before
			continue
		}
		j, state, torn, err := OpenJournal(dir)
		if err != nil || torn != int64(n-end) || state.Seq != uint64(len(events)) {
			t.Fatalf("cut at %d: opened at seq %d with %d torn: %v", n, state.Seq, torn, err)
		}
		if err := j.write([]Event{{V: Version, Seq: state.Seq + 1, T: state.T, MS: state.MS, By: BySession, Type: TypeRecovered, Body: &Recovered{Dropped: torn}}}); err != nil {
			t.Fatal(err)
		}
		if err := j.close(); err != nil {
			t.Fatal(err)
		}
		aside, err := os.ReadFile(filepath.Join(dir, TornName))
		if torn > 0 && (err != nil || !bytes.Equal(aside, whole[end:n])) {
			t.Fatalf("cut at %d: set aside %q, %v", n, aside, err)
		}
		if again, rest, err := ReadJournal(dir); err != nil || rest.Torn != 0 || len(again) != len(events)+1 {
			t.Fatalf("cut at %d: after going on %d events, %+v, %v", n, len(again), rest, err)
		}
	}
}

// A byte may also be wrong. Every line before it is read as it was, nothing that
// is read is out of order, and every byte that is not read is counted.
func TestJournalSurvivesAWrongByteAtEveryOffset(t *testing.T) {
	t.Parallel()
	whole := short(t)
	for n := range whole {
		for _, flip := range []byte{0x01, 0x80} { // another character, and no UTF-8
			b := bytes.Clone(whole)
			b[n] ^= flip
			before := bytes.LastIndexByte(whole[:n], '\n') + 1
			var got bytes.Buffer
			var last uint64
			rest, err := scan(bytes.NewReader(b), func(e Event, offset int64) error {
				if last != 0 && e.Seq != last+1 {
					return fmt.Errorf("seq %d follows %d", e.Seq, last)
				}
				last = e.Seq
				if offset < int64(before) {
					got.Write(linesOf(t, []Event{e}))
				}
				return nil
			})
			if err != nil || !bytes.Equal(got.Bytes(), whole[:before]) || rest.Whole+rest.Torn != int64(len(b)) || (rest.Torn > 0) != (rest.Why != "") {
				t.Fatalf("byte %d ^ %#x: %+v, %v", n, flip, rest, err)
			}
			st := NewState()
			skimmed, err := skim(bytes.NewReader(b), st)
			if err != nil || skimmed.Whole < int64(before) || skimmed.Whole+skimmed.Torn != int64(len(b)) {
				t.Fatalf("byte %d ^ %#x: searched %+v, %v", n, flip, skimmed, err)
			}
		}
	}
}

// A search passes over what was measured, and reads the same notes.
func TestReadNotedReadsWhatFoldDoes(t *testing.T) {
	t.Parallel()
	dir, whole := written(t)
	all, _, err := ReadJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := Fold(all)
	got, rest, err := ReadNoted(dir)
	if err != nil || rest.Lines != len(all) || rest.Whole != int64(len(whole)) {
		t.Fatalf("%+v, %v", rest, err)
	}
	if got.Requests == want.Requests {
		t.Error("the measurements were decoded")
	}
	if len(got.Notes.Notes) != len(want.Notes.Notes) || !got.Began.Equal(want.Began) {
		t.Fatalf("%d notes since %v, want %d since %v", len(got.Notes.Notes), got.Began, len(want.Notes.Notes), want.Began)
	}
	for i, n := range want.Notes.Notes {
		if g := got.Notes.Notes[i]; g.ID != n.ID || g.Text != n.Text || g.MS != n.MS {
			t.Errorf("note %d is %+v", i, g)
		}
	}
}

func FuzzReadNoted(f *testing.F) {
	f.Add([]byte(`{"v":1,"seq":1,"t":"2026-10-17T15:36:19.880Z","ms":1,"by":"mel","type":"note.add","body":{"id":"n1"}}` + "\n"))
	f.Add([]byte(`{"v":1,"seq":2,"t":"2026-10-17T15:36:19.880Z","ms":1,"by":"mel","type":"load.tick","body":{"asked":1}}` + "\n{"))
	f.Fuzz(func(t *testing.T, b []byte) {
		st := NewState()
		rest, err := skim(bytes.NewReader(b), st)
		if err != nil || rest.Whole+rest.Torn != int64(len(b)) {
			t.Fatalf("%d bytes: %+v, %v", len(b), rest, err)
		}
		full, ferr := scan(bytes.NewReader(b), func(Event, int64) error { return nil })
		if ferr != nil || rest.Whole < full.Whole {
			t.Fatalf("a search reads %d bytes where others read %d: %v", rest.Whole, full.Whole, ferr)
		}
	})
}
