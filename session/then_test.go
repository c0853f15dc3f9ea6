package session

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"crosstalk/notes"
)

var thenBegan = time.Date(2026, 10, 17, 15, 30, 20, 0, time.UTC)

// tale is a journal written by hand.
type tale struct {
	events []Event
	ms     int64
}

func (t *tale) add(by, kind string, body any) {
	t.events = append(t.events, Event{V: Version, Seq: uint64(len(t.events) + 1), T: t.now(), MS: t.ms, By: by, Type: kind, Body: body})
}

func (t *tale) now() time.Time { return thenBegan.Add(time.Duration(t.ms) * time.Millisecond) }

// seconds lets time pass with so many users.
func (t *tale) seconds(n, users int) {
	for range n {
		t.ms += 1000
		t.add(ByEngine, TypeLoadTick, &LoadTick{Asked: users, Running: users, Ceiling: -1, Requests: 2, P50: new(0.01), P95: new(float64(users) / 100)})
		t.add(ByMonitors, TypeHealthTick, &HealthTick{Env: "production", State: "green", Now50: new(0.01), Now95: new(0.02)})
	}
}

func (t *tale) note(id string, happened time.Time) {
	c := Fold(t.events).Context(t.now())
	t.add("mel", TypeNoteAdd, &NoteAdd{ID: id, Kind: notes.Bug, Text: id, Typed: t.now(), Happened: &happened, Begun: c, Context: c})
}

func (t *tale) dir(tb testing.TB) string {
	tb.Helper()
	var buf bytes.Buffer
	for _, e := range t.events {
		b, err := e.MarshalJSON()
		if err != nil {
			tb.Fatal(err)
		}
		buf.Write(append(b, '\n'))
	}
	dir := tb.TempDir()
	if err := os.WriteFile(filepath.Join(dir, JournalName), buf.Bytes(), 0o600); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// A note of an earlier moment keeps what was measured then, where that is kept.
func TestNotesOfEarlierMoments(t *testing.T) {
	t.Parallel()
	p := &tale{}
	p.add(BySession, TypeStart, &Start{ID: "s", As: "mel"})
	p.seconds(30, 5)
	p.ms += 60_000 // nobody told anything
	p.seconds(30, 9)
	p.seconds(5, 0)
	p.note("ago", p.now().Add(-10*time.Second))
	p.note("long ago", thenBegan.Add(15*time.Second))
	p.note("gap", thenBegan.Add(55*time.Second))
	p.note("before", thenBegan.Add(-2*time.Hour))
	p.note("first minute", thenBegan.Truncate(time.Minute))
	st := Fold(p.events)
	for id, want := range map[string]struct {
		users  int // -1: not known
		ms     int64
		before bool
	}{
		"ago": {9, 115_000, false}, "long ago": {5, 15_000, false}, "gap": {-1, 55_000, false},
		"before": {-1, -7_200_000, true}, "first minute": {-1, 0, false},
	} {
		n, ok := st.Notes.Get(id)
		if !ok || n.MS != want.ms || n.Before() != want.before {
			t.Errorf("%s: at %d, before %v; want %+v", id, n.MS, n.Before(), want)
		}
		c := n.Panes()
		if (c == nil) != (want.users < 0) || c != nil && (c.Running != want.users || c.MS != want.ms || c.Staging.P95 == nil || *c.Staging.P95 != float64(want.users)/100 || c.Production.State != "green") {
			t.Errorf("%s: %+v", id, c)
		}
		said := receipt(n, "")
		switch {
		case want.before != strings.Contains(said, "before the session began"),
			want.users >= 0 && !strings.Contains(said, " users · staging p95 "),
			want.users < 0 && strings.Contains(said, " users · "):
			t.Errorf("%s: %s", id, said)
		}
	}
	// Not typed before the session: a clock that lags is no statement.
	p.add("mel", TypeNoteAdd, &NoteAdd{ID: "lag", Typed: thenBegan.Add(-time.Second)})
	if n, _ := Fold(p.events).Notes.Get("lag"); n.Before() || n.MS != 0 {
		t.Errorf("a typist's clock: %d", n.MS)
	}
	// Rings that go on do not change what the note keeps; they forget themselves.
	p.seconds(20*60, 3)
	if n, _ := Fold(p.events).Notes.Get("long ago"); n.Then == nil || n.Then.Running != 5 {
		t.Errorf("later: %+v", n.Then)
	}
	late := Fold(p.events)
	if c := late.ContextAt(15_000); c == nil || c.Running != 5 {
		t.Errorf("of the coarse ring: %+v", c)
	}
	for ms, want := range map[int64][2]int64{15_000: {10_000, 10_000}, 1_300_400: {1_300_000, 1000}, late.MS + 900: {late.MS, 1000}} {
		if slot, step, ok := late.SlotAt(ms); !ok || slot.MS != want[0] || step != want[1] {
			t.Errorf("the slot of %d begins at %d and is %d long (%v), want %v", ms, slot.MS, step, ok, want)
		}
	}
	if c := NewState().ContextAt(0); c != nil {
		t.Errorf("of an empty session %+v", c)
	}
}

// What repeats a session takes the load away where it went away.
func TestMovesOfABrokenSession(t *testing.T) {
	t.Parallel()
	begin := func() *tale {
		p := &tale{}
		p.add(BySession, TypeStart, &Start{ID: "s", As: "mel"})
		p.seconds(2, 0)
		p.add("mel", TypeDialSet, &DialSet{To: 5})
		p.seconds(4, 5)
		return p
	}
	up := Move{2 * time.Second, SetDial{To: 5}}
	down := Move{6 * time.Second, SetDial{}}
	for name, c := range map[string]struct {
		lose func(*tale)
		want []Move
	}{
		"killed": {func(p *tale) {
			p.ms += 90_000
			p.add(BySession, TypeRecovered, &Recovered{Away: 90})
		}, []Move{up, down}},
		"killed while held": {func(p *tale) {
			p.add("mel", TypeDialHold, &DialHold{At: 5})
			p.add(BySession, TypeRecovered, &Recovered{})
		}, []Move{up, {6 * time.Second, Hold{Only: true}}, down, {6 * time.Second, Hold{}}}},
		"journal": {func(p *tale) { p.add(BySession, TypeStop, &LoadStop{Reason: "journal", By: BySession}) }, []Move{up, down}},
		"permit":  {func(p *tale) { p.add(ByGuard, TypeStop, &LoadStop{Reason: "permit", By: ByGuard}) }, []Move{up, down}},
		"quit":    {func(p *tale) { p.add("mel", TypeStop, &LoadStop{Reason: "quit", By: "mel"}) }, []Move{up, down}},
		"ended": {func(p *tale) {
			p.add("mel", TypeStop, &LoadStop{Reason: "quit", By: "mel"})
			p.ms += 40
			p.add(BySession, TypeEnd, &End{Reason: "quit"})
		}, []Move{up, {6040 * time.Millisecond, SetDial{}}}},
		"timebox stopped, then ended": {func(p *tale) {
			p.add(BySession, TypeStop, &LoadStop{Reason: "plan", By: BySession})
			p.add(BySession, TypeDialSet, &DialSet{From: 5})
			p.seconds(3, 0)
			p.add("mel", TypeStop, &LoadStop{Reason: "quit", By: "mel"})
			p.add(BySession, TypeEnd, &End{Reason: "quit"})
		}, []Move{up, down, down}},
		"ended without a stop": {func(p *tale) {
			p.seconds(3, 5)
			p.add(BySession, TypeEnd, &End{Reason: "failed"})
		}, []Move{up}},
		"timebox": {func(p *tale) { p.add(BySession, TypeDialSet, &DialSet{From: 5}) }, []Move{up, down}},
		"guard":   {func(p *tale) { p.add(ByGuard, TypeStop, &LoadStop{Reason: "guard", By: ByGuard}) }, []Move{up}},
		"person, then killed": {func(p *tale) {
			p.add("mel", TypeStop, &LoadStop{Reason: "operator", By: "mel"})
			p.add("mel", TypeDialSet, &DialSet{From: 5})
			p.add(BySession, TypeRecovered, &Recovered{})
		}, []Move{up, down}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := begin()
			c.lose(p)
			e, err := ReadEarlier(p.dir(t))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(e.Moves, c.want) {
				t.Errorf("%+v, want %+v", e.Moves, c.want)
			}
		})
	}
}
