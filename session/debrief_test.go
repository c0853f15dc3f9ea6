package session

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crosstalk/notes"
)

func TestLateAnswersStandBeforeTheEnd(t *testing.T) {
	t.Parallel()
	o := newWorld(t).options(t)
	s := start(t, o)
	if _, err := s.Do(t.Context(), mel, AddNote{Draft: notes.Parse("! two orders")}); err != nil {
		t.Fatal(err)
	}
	answer := []Late{{"tim", TypeDebrief, &Debrief{Question: "results", Text: "a bug"}}, {"tim", TypeDebrief, &Debrief{Question: "learned", Text: "they share"}}}
	if _, err := AddLate(o.Dir, time.Now(), answer); !errors.Is(err, ErrInUse) {
		t.Errorf("added to a running session: %v", err)
	}
	before := s.finish()
	st, err := AddLate(o.Dir, time.Now().Add(24*time.Hour), answer)
	if err != nil {
		t.Fatal(err)
	}
	if st.Learned != "they share" || len(st.Unanswered()) != len(Questions())-2 || st.Ended == nil || st.Ended.Reason != "quit" {
		t.Errorf("learned %q, ended %+v", st.Learned, st.Ended)
	}
	events, rest, err := ReadJournal(o.Dir)
	if err != nil || rest.Torn > 0 {
		t.Fatal(err, rest)
	}
	last := events[len(events)-1]
	if len(events) != len(before)+3 || last.Type != TypeEnd || last.MS != before[len(before)-1].MS {
		t.Errorf("%d events after %d, the last %s at %d ms", len(events), len(before), last.Type, last.MS)
	}
	for i, e := range events {
		if e.Seq != uint64(i+1) {
			t.Fatalf("event %d has seq %d", i+1, e.Seq)
		}
	}
	if p := st.Prefill("results"); !strings.Contains(p, "n1 two orders") {
		t.Errorf("proposes %q", p)
	}
}

// A session that broke off gets an end that says so, after its late answers.
func TestLateAnswersOfALostSession(t *testing.T) {
	t.Parallel()
	o := newWorld(t).options(t)
	s := start(t, o)
	events := s.finish()
	var whole []byte
	for _, e := range events[:len(events)-1] {
		b, err := e.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		whole = append(append(whole, b...), '\n')
	}
	if err := os.WriteFile(filepath.Join(o.Dir, JournalName), append(whole, `{"v":1,"seq"`...), 0o644); err != nil {
		t.Fatal(err)
	}
	st, err := AddLate(o.Dir, time.Now(), []Late{{"mel", TypeDebrief, &Debrief{Question: "past", Text: "it broke off"}}})
	if err != nil || st.Ended == nil || st.Ended.Reason != "lost" {
		t.Fatalf("%v, ended %+v", err, st.Ended)
	}
	if st.Ended.Dropped != int64(len(`{"v":1,"seq"`)) {
		t.Errorf("%d bytes are told to be set aside", st.Ended.Dropped)
	}
	again, err := AddLate(o.Dir, time.Now(), []Late{{"mel", TypeDebrief, &Debrief{Question: "past", Text: "it broke off at once"}}})
	if err != nil || !again.Ended.Lost() || again.Ended.Dropped != 0 { // each end tells of its own
		t.Errorf("%v, ended %+v", err, again.Ended)
	}
	if b, err := os.ReadFile(filepath.Join(o.Dir, TornName)); err != nil || string(b) != `{"v":1,"seq"` {
		t.Errorf("torn line: %q, %v", b, err)
	}
	if _, err := AddLate(t.TempDir(), time.Now(), nil); err == nil {
		t.Error("a folder without a session takes answers")
	}
}

func TestPrefillNamesOnlyWhatHolds(t *testing.T) {
	t.Parallel()
	s := NewState()
	seq := uint64(0)
	add := func(by, kind string, body any) {
		seq++
		s.Apply(Event{V: 1, Seq: seq, T: time.Now(), By: by, Type: kind, Body: body})
	}
	add("mel", TypeStart, &Start{As: "mel"})
	add("mel", TypeNoteAdd, &NoteAdd{ID: "n1", Kind: notes.Bug, Text: "two orders\nsecond line"})
	add("mel", TypeNoteAdd, &NoteAdd{ID: "n2", Kind: notes.Bug, Text: "gone"})
	add("mel", TypeNoteRetract, &NoteMark{ID: "n2"})
	add(ByGuard, TypeNoteAdd, &NoteAdd{ID: "n3", Kind: notes.Bug, Text: "the program's"})
	add("mel", TypeNoteAdd, &NoteAdd{ID: "n4", Kind: notes.Question, Text: "by design?"})
	if got := s.Prefill("results"); got != "n1 two orders" {
		t.Errorf("results: %q", got)
	}
	if got := s.Prefill("outlook"); got != "n4 by design?" {
		t.Errorf("outlook: %q", got)
	}
	add("mel", TypeNoteResolve, &NoteMark{ID: "n4"})
	if got := s.Prefill("outlook"); got != "" {
		t.Errorf("outlook after it was resolved: %q", got)
	}
}
