package session

import (
	"strings"
	"testing"
	"time"
)

// frameOf folds the frame's events, each at its millisecond.
func frameOf(timebox float64, at map[int64]any) *State {
	s := NewState()
	seq := uint64(0)
	add := func(ms int64, kind string, body any) {
		seq++
		s.Apply(Event{V: 1, Seq: seq, T: time.UnixMilli(1_760_000_000_000 + ms), MS: ms, By: "mel", Type: kind, Body: body})
	}
	add(0, TypeStart, &Start{As: "mel", Timebox: timebox})
	for ms := range int64(10_000_000 / 1000) {
		switch b := at[ms*1000].(type) {
		case string:
			add(ms*1000, b, &Reason{})
		case *Extend:
			add(ms*1000, TypeExtend, b)
		case *Activity:
			add(ms*1000, TypeActivity, b)
		case *Gap:
			add(ms*1000, TypeGap, b)
		}
	}
	return s
}

func TestTimeboxIsComputed(t *testing.T) {
	t.Parallel()
	s := frameOf(3600, map[int64]any{
		600_000: TypePause, 660_000: TypePause, 900_000: TypeResume, // five minutes of pause; a second order is none
		1_200_000: &Gap{Seconds: 120},
		2_000_000: &Extend{Seconds: 900, Why: "a good trail"},
	})
	for _, c := range []struct {
		ms           int64
		worked, left time.Duration
	}{
		{ms: 2_400_000, worked: 33 * time.Minute, left: 42 * time.Minute},
		{ms: 5_000_000, worked: 5000*time.Second - 7*time.Minute, left: 4500*time.Second - 5000*time.Second + 7*time.Minute},
	} {
		if w, l := s.Worked(c.ms), s.Left(c.ms); w != c.worked || l != c.left {
			t.Errorf("at %d ms: worked %v, left %v; want %v, %v", c.ms, w, l, c.worked, c.left)
		}
	}
	paused := frameOf(3600, map[int64]any{600_000: TypePause})
	if w := paused.Worked(4_000_000); w != 10*time.Minute {
		t.Errorf("the clock went on to %v in a pause", w)
	}
}

func TestTimeAlert(t *testing.T) {
	t.Parallel()
	s := frameOf(3600, nil)
	for _, c := range []struct {
		at     time.Duration
		text   string
		urgent bool
	}{
		{29 * time.Minute, "", false},
		{30*time.Minute + 10*time.Second, "half of the time is over", false},
		{32 * time.Minute, "", false},
		{51*time.Minute + 30*time.Second, "9 min left: wrap up", false},
		{58*time.Minute + 30*time.Second, "1:30 left", true},
		{63*time.Minute + 5*time.Second, "time is up, +3:05", true},
	} {
		if text, urgent := s.TimeAlert(c.at.Milliseconds()); text != c.text || urgent != c.urgent {
			t.Errorf("at %v: %q (urgent %v), want %q (%v)", c.at, text, urgent, c.text, c.urgent)
		}
	}
	if text, _ := frameOf(0, nil).TimeAlert(5_000_000); text != "" {
		t.Errorf("no timebox, yet it says %q", text)
	}
}

func TestTimeSplit(t *testing.T) {
	t.Parallel()
	if _, ok := frameOf(3600, nil).SplitAt(1_000_000); ok {
		t.Error("a split that nobody measured is told")
	}
	s := frameOf(3600, map[int64]any{
		0:         &Activity{What: ActSetup},
		60_000:    &Activity{What: ActTest},
		120_000:   TypePause,
		300_000:   TypeResume,
		400_000:   &Activity{What: ActBug, Opportunity: true},
		1_000_000: &Activity{What: ActTest},
	})
	p, ok := s.SplitAt(1_100_000)
	want := Split{Setup: 60_000, Test: 60_000 + 100_000 + 100_000, Bug: 600_000, Opportunity: 600_000}
	if !ok || p != want {
		t.Errorf("split %+v, want %+v", p, want)
	}
}

// atWork is a session with five users and a timebox that is soon over.
func atWork(t *testing.T, end string) *started {
	w := newWorld(t)
	o := w.options(t)
	o.AtEnd, o.Start.Timebox = end, 1
	s := start(t, o)
	if _, err := s.Do(t.Context(), mel, SetDial{To: 5}); err != nil {
		t.Fatal(err)
	}
	return s
}

func byProgram(kind string) func(Event) bool {
	return func(e Event) bool { return e.Type == kind && e.By == BySession }
}

func TestTimeboxEndHoldsThenEases(t *testing.T) {
	t.Parallel()
	s := atWork(t, "")
	s.await("the announcement", byProgram(TypeNoteAdd))
	s.await("the hold", byProgram(TypeDialHold))
	ease := s.await("the ease", byProgram(TypeDialSet))
	if b := ease.Body.(*DialSet); b.To != 0 || b.From != 5 {
		t.Errorf("eased %d → %d", b.From, b.To)
	}
	s.finish()
	for _, e := range s.seen {
		if e.Type == TypeStop && e.Body.(*LoadStop).Reason != "quit" {
			t.Errorf("easing cancelled requests: %+v", e.Body)
		}
	}
}

func TestTimeboxEndStops(t *testing.T) {
	t.Parallel()
	s := atWork(t, EndStop)
	s.await("the stop", func(e Event) bool { b, ok := e.Body.(*LoadStop); return ok && b.Reason == "plan" })
	s.finish()
}

// Who extends the timebox keeps the load.
func TestExtendingKeepsTheLoad(t *testing.T) {
	t.Parallel()
	s := atWork(t, "")
	s.await("the hold", byProgram(TypeDialHold))
	if _, err := s.Do(t.Context(), mel, ExtendTime{By: time.Hour}); err == nil {
		t.Error("extended without a reason")
	}
	if _, err := s.Do(t.Context(), mel, ExtendTime{By: time.Hour, Why: "a good trail"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Do(t.Context(), mel, Hold{}); err != nil { // goes on
		t.Fatal(err)
	}
	s.await("eight seconds", func(e Event) bool { return e.MS > 8000 })
	for _, e := range s.finish() {
		if byProgram(TypeDialSet)(e) {
			t.Errorf("eased though the timebox was extended: %+v", e.Body)
		}
	}
}

func TestPauseEasesAndStopsTheClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := start(t, w.options(t))
	if _, err := s.Do(t.Context(), mel, SetDial{To: 3}); err != nil {
		t.Fatal(err)
	}
	s.await("load", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 3 })
	if _, err := s.Do(t.Context(), mel, Resume{}); err == nil {
		t.Error("went on without a pause")
	}
	if _, err := s.Do(t.Context(), mel, Pause{Why: "lunch"}); err != nil {
		t.Fatal(err)
	}
	s.await("no users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 0 })
	if _, err := s.Do(t.Context(), Person{Name: "tim", Role: Observer}, Resume{}); err == nil {
		t.Error("an observer ended the pause")
	}
	if _, err := s.Do(t.Context(), mel, Resume{}); err != nil {
		t.Fatal(err)
	}
	events := s.finish()
	st := Fold(events)
	if st.Paused || st.Idle <= 0 {
		t.Errorf("paused %v, idle %d ms", st.Paused, st.Idle)
	}
}

// A wall clock that goes on without the monotonic one is a sleep: it is said,
// does not count as work, and the session's own clock follows the wall's.
func TestSleepIsAGap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name            string
		wall, monotonic time.Duration
		gap             float64 // seconds; 0: none
		follows         int64   // milliseconds the session's clock is moved by
	}{
		{"an ordinary turn", 50 * time.Millisecond, 50 * time.Millisecond, 0, 0},
		{"sleep", 10 * time.Minute, 50 * time.Millisecond, 600, 599_950},
		{"stopped", time.Minute, time.Minute, 60, 0},
		{"the clock was set back", -time.Hour, 50 * time.Millisecond, 0, 0},
		{"stopped, and the clock was set back", -time.Hour, time.Minute, 60, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := New(newWorld(t).options(t))
			if err != nil {
				t.Fatal(err)
			}
			defer s.journal.close()
			s.began = s.now()
			s.stood(c.wall, c.monotonic)
			st := s.Snapshot()
			if got := float64(st.Idle) / 1000; got != c.gap || s.base != c.follows {
				t.Errorf("gap %g s, clock moved by %d ms; want %g, %d", got, s.base, c.gap, c.follows)
			}
			if said := len(st.Notes.Notes) > 0; said != (c.gap > 0) {
				t.Errorf("said: %v", said)
			}
		})
	}
}

// What makes load by lot ends with the timebox, in its quiet phase and in a half
// without load, too: nobody may be there to see what it does.
func TestTheTimeboxEndsAChecksLoad(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		users int
		cmd   Command
		says  string
		held  int // -1: not
	}{
		"a link check": {0, StartCheck{}, "the timebox is over: the link check ends, and no load runs.", -1},
		"is it me?":    {3, StartDips{}, "the timebox is over: \"is it me?\" ends, and the load is held at 3 users.", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTwins(t, 0)
			s := startTwins(t, w, nil)
			if c.users > 0 {
				if _, err := s.Do(t.Context(), mel, SetDial{To: c.users}); err != nil {
					t.Fatal(err)
				}
				s.await("the users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == c.users })
			}
			if _, err := s.Do(t.Context(), mel, c.cmd); err != nil {
				t.Fatal(err)
			}
			before := w.hits.Load()
			s.log.read(func(st *State) { st.Timebox = time.Millisecond })
			says := s.await("the announcement", byProgram(TypeNoteAdd)).Body.(*NoteAdd).Text
			if !strings.HasPrefix(says, c.says) {
				t.Errorf("it says %q, want %q", says, c.says)
			}
			if b := s.await("the end", ofType(TypeLinkVerdict)).Body.(*LinkVerdict); b.Words != "Stopped before the first pair: the timebox is over." {
				t.Errorf("the check says %q", b.Words)
			}
			held := -1
			for _, e := range s.finish() {
				if b, ok := e.Body.(*DialHold); ok && e.Type == TypeDialHold {
					held = b.At
				}
			}
			if held != c.held {
				t.Errorf("held at %d, want %d", held, c.held)
			}
			if hits := w.hits.Load() - before; c.users == 0 && hits > 0 {
				t.Errorf("staging got %d requests after the timebox", hits)
			}
		})
	}
}
