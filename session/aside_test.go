package session

import (
	"slices"
	"strings"
	"testing"
	"time"

	"crosstalk/monitors"
	"crosstalk/notes"
)

// A server that is red at the start: no load, until it is set aside with a
// reason; it counts again when a person says so.
func TestAServerRedAtTheStartIsSetAside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.options(t)
	o.Rules.Attended = true
	bad, other := fake(monitors.Production, "web-2", -1), fake(monitors.Production, "web-3", -1)
	slow := bad.check()
	slow.Every = 400 * time.Millisecond
	o.Checks = append(o.Checks, slow, other.check())
	r := start(t, o)
	hold := r.await("the hold", guardTo("hold")).Body.(*GuardChange)
	if hold.Cause != CauseRed || hold.Ceiling != 0 || !strings.Contains(hold.Why, "red before any load") {
		t.Errorf("held %+v", hold)
	}
	r.await("both red", func(e Event) bool {
		b, ok := e.Body.(*HealthTick)
		return ok && b.Env == monitors.Production && len(b.Checks) >= 2 && redTile(b, "web-2") && redTile(b, "web-3")
	})
	if why := r.refused(SetDial{To: 1}); !strings.Contains(why, "red before any load") || !strings.Contains(why, "set the check aside with a reason") {
		t.Errorf("refused: %q", why)
	}
	for c, want := range map[SetAside]string{
		{Env: "production", Check: "web-9", Why: "x"}:   "has no check",
		{Env: "nowhere", Check: "web-2", Why: "x"}:      "has no check",
		{Env: "production", Check: "web-2"}:             "typed reason",
		{Env: "production", Check: "web-1", Why: "x"}:   "web-1 is green",
		{Env: "production", Check: "web-2", Undo: true}: "not set aside",
	} {
		if why := r.refused(c); !strings.Contains(why, want) {
			t.Errorf("%+v: %q, want %q", c, why, want)
		}
	}
	if why := r.refusedTo(Person{Name: "obs", Role: Observer}, SetAside{Env: "production", Check: "web-2", Why: "x"}); !strings.Contains(why, "holds the dial") {
		t.Errorf("an observer: %q", why)
	}
	before := r.Snapshot().Guard.Promise
	r.do(SetAside{Env: "production", Check: "web-2", Why: "in the workshop\x1b[0m"})
	e := r.await("set aside", ofType(TypeCheckAside))
	b := e.Body.(*CheckAside)
	if e.By != "mel" || b.Check != "web-2" || b.Undo || b.Promise == nil || before == nil || b.Promise.Hangs >= before.Hangs {
		t.Errorf("%+v by %s, promise %+v and before %+v", b, e.By, b.Promise, before)
	}
	n := r.await("its note", func(e Event) bool { n, ok := e.Body.(*NoteAdd); return ok && n.Kind == notes.Decision })
	if n.By != "mel" || !strings.Contains(n.Body.(*NoteAdd).Text, "web-2 of production is set aside and does not count: in the workshop") {
		t.Errorf("note %+v by %s", n.Body, n.By)
	}
	if why := r.refused(SetDial{To: 5}); !strings.Contains(why, "web-3") {
		t.Errorf("the other one is red as well: %q", why)
	}
	r.do(SetAside{Env: "production", Check: "web-3", Why: "too"})
	r.await("running", guardTo("run"))
	r.await("a tile", func(e Event) bool {
		b, ok := e.Body.(*HealthTick)
		return ok && b.Env == monitors.Production && b.State == "green" && redTile(b, "web-2") && asideTile(b, "web-2")
	})
	r.do(SetDial{To: 5})
	r.await("five users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 5 })
	other.takes.Store(int64(time.Millisecond))
	if why := r.refused(SetAside{Env: "production", Check: "web-1", Why: "x"}); !strings.Contains(why, "only before the load rises") {
		t.Errorf("after the load has risen: %q", why)
	}
	if st := r.Snapshot(); st.Guard.Holds != 0 || st.Guard.Cuts != 0 {
		t.Errorf("%d holds and %d cuts of users, of which there were none", st.Guard.Holds, st.Guard.Cuts)
	}
	r.do(SetAside{Env: "production", Check: "web-2", Undo: true})
	if c := r.await("the cut", guardTo("cut")).Body.(*GuardChange); c.Cause != CauseRed || !strings.Contains(c.Why, "web-2") {
		t.Errorf("cut %+v", c)
	}
	st := Fold(r.finish())
	for _, tile := range st.Env("production").Tiles {
		if tile.Now.Aside != (tile.Info.Name == "web-3") {
			t.Errorf("%s: aside %v", tile.Info.Name, tile.Now.Aside)
		}
	}
}

func redTile(b *HealthTick, check string) bool {
	return slices.ContainsFunc(b.Checks, func(c CheckState) bool { return c.Name == check && c.State == "red" })
}

func asideTile(b *HealthTick, check string) bool {
	return slices.ContainsFunc(b.Checks, func(c CheckState) bool { return c.Name == check && c.Aside })
}

func TestTheLastSightIsNotSetAside(t *testing.T) {
	t.Parallel()
	st := NewState()
	st.Apply(Event{Seq: 1, Type: TypeStart, Body: &Start{Checks: []CheckInfo{{Env: "production", Name: "web-1"}, {Env: "production", Name: "wall", Slow: true}, {Env: "production", Name: "web-2"}}}})
	last := SetAside{Env: "production", Check: "web-1", Why: "x"}
	if why := refusedAside(st, last); why != "" {
		t.Errorf("another is left, and refused: %q", why)
	}
	st.Apply(Event{Seq: 2, Type: TypeCheckAside, Body: &CheckAside{Env: "production", Check: "web-2", Why: "x"}})
	if why := refusedAside(st, last); !strings.Contains(why, "last check that shows") {
		t.Errorf("the last one: %q", why)
	}
	if why := refusedAside(st, SetAside{Env: "production", Check: "wall", Why: "x"}); why != "" {
		t.Errorf("slow evidence: %q", why)
	}
	if why := refusedAside(st, SetAside{Env: "production", Check: "web-2", Why: "x"}); !strings.Contains(why, "already") {
		t.Errorf("twice: %q", why)
	}
	st.Apply(Event{Seq: 3, Type: TypeLoadTick, Body: &LoadTick{Running: 2}})
	if why := refusedAside(st, SetAside{Env: "production", Check: "wall", Why: "x"}); !strings.Contains(why, "before the load rises") {
		t.Errorf("after the load has risen: %q", why)
	}
}

// What ran before the session was taken up again is no load that has risen; a
// cut of it is not forgotten, and the refusal says that it is what stands against it.
func TestAServerIsSetAsideAgainAfterResume(t *testing.T) {
	t.Parallel()
	web := SetAside{Env: "production", Check: "web-1", Why: "x"}
	for _, cut := range []bool{false, true} {
		st := NewState()
		begin := &Start{Checks: []CheckInfo{{Env: "production", Name: "web-1"}, {Env: "production", Name: "web-2"}}}
		events := []Event{{Type: TypeStart, Body: begin}, {Type: TypeDialSet, Body: &DialSet{To: 40}}, {Type: TypeLoadTick, Body: &LoadTick{Asked: 40, Running: 40}}}
		if cut {
			events = append(events, Event{Type: TypeGuardState, Body: &GuardChange{From: "run", To: "cut", Cause: CauseRed, Running: 40}},
				Event{Type: TypeGuardState, Body: &GuardChange{From: "cut", To: "run", Cause: CausePerson}})
		}
		for i, e := range append(events, Event{Type: TypeRecovered, Body: &Recovered{}}, Event{Type: TypeStart, Body: begin}) {
			e.Seq = uint64(i + 1)
			st.Apply(e)
		}
		why := refusedAside(st, web)
		if cut != strings.Contains(why, "the load of this session was cut") || !cut && why != "" {
			t.Errorf("cut before %v: %q", cut, why)
		}
	}
}
