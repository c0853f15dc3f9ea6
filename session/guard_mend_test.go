package session

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"crosstalk/monitors"
)

// cutAt goes on after a cut for red at so many users, with half of them proved.
func cutAt(t *testing.T, users int) *drill {
	t.Helper()
	d := newDrill(nil)
	d.r.Running = users
	d.lasts(time.Second).sees(monitors.Red).lasts(wakeEvery).sees(monitors.Green).lasts(61 * time.Second)
	if err := d.g.GoOn(d.now, false); err != nil {
		t.Fatal(err)
	}
	d.r.Running = max(1, users/2)
	d.lasts(11 * time.Second)
	return d
}

func TestTheCapAfterACutIsLifted(t *testing.T) {
	t.Parallel()
	d := cutAt(t, 40)
	d.g.Press() // before it has stood: lifts nothing
	d.r.Running = 32
	if d.lasts(59 * time.Second); d.v.Ceiling != 32 {
		t.Fatalf("ceiling %d, want 32", d.v.Ceiling)
	}
	if most, why := d.g.First(d.now); most != 32 || !strings.Contains(why, ": 1 s to go") && !strings.Contains(why, ": 2 s to go") {
		t.Errorf("just before: %d %q", most, why)
	}
	if d.lasts(2 * time.Second); d.v.Ceiling != 32 {
		t.Errorf("lifted by itself: %d", d.v.Ceiling)
	}
	if most, why := d.g.First(d.now); most != none || why != "" {
		t.Errorf("proved, and still %d %q", most, why)
	}
	d.g.Press()
	if d.lasts(wakeEvery); d.v.Ceiling != none {
		t.Errorf("pressed up, and still %d", d.v.Ceiling)
	}

	d = cutAt(t, 40)
	d.r.Running = 32
	d.lasts(61 * time.Second).sees(monitors.Amber).lasts(wakeEvery).sees(monitors.Green).lasts(wakeEvery)
	d.g.Press()
	if d.lasts(wakeEvery); d.v.Ceiling != 32 {
		t.Errorf("amber after it had stood: ceiling %d, want 32", d.v.Ceiling)
	}
}

func TestACutAtAFewUsersCapsAtAFew(t *testing.T) {
	t.Parallel()
	for _, users := range []int{1, 2, 5} {
		d := cutAt(t, users)
		if d.v.Ceiling != 5 {
			t.Errorf("cut at %d: ceiling %d, want 5", users, d.v.Ceiling)
		}
	}
}

// Whoever notices first that the permit lapsed lets go of the users: the level is
// what ran before, and says nothing about what may run.
func TestAPermitCutKnowsItsUsersAndCapsNothing(t *testing.T) {
	t.Parallel()
	d := newDrill(nil)
	d.lasts(time.Second).sees(monitors.Amber).lasts(time.Second).sees(monitors.Green).lasts(time.Second)
	d.r.Running, d.r.Lapsed = 0, "lapsed"
	if d.lasts(wakeEvery); d.v.State != GuardCut || d.v.Cause != CausePermit || d.v.Level != 40 {
		t.Fatalf("%+v, want a cut at 40", d.v)
	}
	d.r.Lapsed = ""
	d.lasts(11 * time.Second)
	if err := d.g.GoOn(d.now, false); err != nil {
		t.Fatal(err)
	}
	if d.lasts(wakeEvery); d.v.Ceiling != none || d.v.Slew != 1 {
		t.Errorf("ceiling %d at slew %v, want none at 1", d.v.Ceiling, d.v.Slew)
	}

	d = cutAt(t, 40) // what a red cut left stays
	d.r.Running, d.r.Lapsed = 0, "lapsed"
	d.lasts(wakeEvery)
	d.r.Lapsed = ""
	d.lasts(11 * time.Second)
	if err := d.g.GoOn(d.now, false); err != nil {
		t.Fatal(err)
	}
	if d.lasts(wakeEvery); d.v.Ceiling != 32 {
		t.Errorf("ceiling %d, want 32 of the red before", d.v.Ceiling)
	}
}

func TestAWaitBeginsWithTheCut(t *testing.T) {
	t.Parallel()
	d := newDrill(nil)
	d.sees(monitors.Red).lasts(wakeEvery)
	d.r.Production, d.r.GreenFor = monitors.Amber, time.Hour // as slow evidence, or a check muted since, may make it
	d.r.Now = d.now.Add(wakeEvery)
	d.g.Step(d.r)
	if m := d.g.Missing(d.r.Now, true); m != "production is amber now and must answer as usual for 60 s: 60 s to go" {
		t.Errorf("green for an hour before the cut: %q", m)
	}
}

func TestALimitedCheckHoldsThoughAmberOnlyWarns(t *testing.T) {
	t.Parallel()
	d := newDrill(nil)
	d.r.Limited = true
	d.g.Warn(d.now.Add(WarnFor))
	d.sees(monitors.Amber).lasts(time.Minute).want(t, GuardHold, 40, "run>hold amber")
	d.g.Warn(d.now.Add(WarnFor))
	d.lasts(time.Minute).want(t, GuardHold, 40, "run>hold amber")
	d.r.Limited = false
	d.lasts(time.Second).want(t, GuardRun, none, "run>hold amber, hold>run person")
}

func TestACheckGivesBackTheHoldItBeganIn(t *testing.T) {
	t.Parallel()
	g := newCheckingGuard(t)
	g.rules.Attended = true
	g.pass(time.Second, calm)
	g.pass(time.Second, amber)
	g.begin(ModeDips)
	g.pass(time.Second, calm)
	g.EndCheck(false)
	if v := g.pass(0, amber); v.State != GuardHold || v.Ceiling != 3 {
		t.Errorf("after dips: %+v, want the hold at 3", v)
	}
	if v := g.pass(time.Second, calm); v.State != GuardRun || v.Ceiling != 3 {
		t.Errorf("green again: %+v, want run, and nobody above 3 until a press", v)
	}
	g.begin(ModeDips)
	if v := g.pass(time.Second, calm); v.Ceiling != none {
		t.Errorf("in dips: %+v", v)
	}
	g.EndCheck(false)
	if v := g.pass(0, calm); v.Ceiling != 3 {
		t.Errorf("after dips: %+v, want at most 3 until a press", v)
	}
}

// An event from a rung to itself says more, and is no step.
func TestNoStepChangesNoStep(t *testing.T) {
	t.Parallel()
	st := NewState()
	for i, c := range []GuardChange{{From: "run", To: "cut", Why: "web-1 refused", Cause: CauseRed, Running: 9},
		{From: "cut", To: "cut", Why: "amber only warns: x", Cause: CausePerson, Warn: 300, Ceiling: none}} {
		st.Apply(Event{Seq: uint64(2*i + 1), MS: int64(i+1) * 1000, Type: TypeGuardState, Body: &c})
		if i == 0 {
			st.Apply(Event{Seq: 2, MS: 1500, Type: TypeGuardRecov, Body: &GuardRecovered{Seconds: 3}})
		}
	}
	if g := st.Guard; g.State != "cut" || g.Why != "web-1 refused" || g.Cause != CauseRed || g.Since != 1000 || g.Recov == nil || g.Ceiling != 0 || g.Cuts != 1 || g.Warn != 302_000 {
		t.Errorf("folded to %+v", g)
	}
	if len(st.Marks) != 2 {
		t.Errorf("marks %+v", st.Marks)
	}
}

// leftIn writes the journal of a session that was left.
func leftIn(t *testing.T, dir string, bodies ...any) {
	t.Helper()
	var b []byte
	for i, body := range bodies {
		e := Event{V: Version, Seq: uint64(i + 1), T: time.Now().Add(-time.Minute), MS: int64(i), By: ByGuard, Body: body}
		switch body.(type) {
		case *Start:
			e.Type = TypeStart
		case *LoadTick:
			e.Type = TypeLoadTick
		case *GuardChange:
			e.Type = TypeGuardState
		case *End:
			e.Type = TypeEnd
		}
		line, err := e.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		b = append(append(b, line...), '\n')
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, JournalName), b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Leaving and coming back is no way around a cut, nor around the second one.
func TestACutOutlivesItsProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.options(t)
	o.Dir = filepath.Join(t.TempDir(), "left")
	leftIn(t, o.Dir, &Start{ID: "s", As: "mel"}, &LoadTick{Running: 10, Asked: 10, Ceiling: none},
		&GuardChange{From: "run", To: "cut", Cause: CauseRed, Why: "web-1 refused", Running: 10}, &End{Reason: "quit"})
	r := start(t, o)
	r.await("the start", ofType(TypeBaselineEnd))
	if st := r.Snapshot(); st.Guard.State != "cut" || st.Guard.Cuts != 1 || st.Brake != nil {
		t.Errorf("taken up with %+v, rehearsed %+v", st.Guard, st.Brake)
	}
	if why := r.refused(SetDial{To: 3}); !strings.Contains(why, "the load was cut") {
		t.Errorf("refused: %q", why)
	}
	r.await("green for long enough", func(Event) bool {
		_, err := r.Do(t.Context(), mel, Hold{})
		return err == nil
	})
	r.await("going on", guardTo("run"))
	if why := r.refused(SetDial{To: 9}); !strings.Contains(why, "at most 5 users") {
		t.Errorf("above half the level of the cut: %q", why)
	}
	r.do(SetDial{To: 5})
	r.await("five users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 5 })
	w.sick.Store(true)
	r.await("the lockout", guardTo("lockout"))
	events := r.finish()
	for _, e := range events {
		if b, ok := e.Body.(*LoadTick); ok && e.Seq > 4 && b.Running > 5 {
			t.Errorf("%d users ran", b.Running)
		}
	}

	r = start(t, o)
	r.await("the limits", ofType(TypeBaselineEnd))
	if why := r.refused(Hold{}); !strings.Contains(why, "must answer as usual") {
		t.Errorf("locked out: %q", why)
	}
	w.sick.Store(false)
	r.await("nothing but a reason missing", func(Event) bool {
		_, err := r.Do(t.Context(), mel, Hold{Why: "the shop is closed"})
		return err == nil
	})
	if c := r.await("going on", guardTo("run")).Body.(*GuardChange); c.From != "lockout" {
		t.Errorf("went on from %q", c.From)
	}
	r.finish()
}

// limiting is a check that can be made to say 429 with an hour's pause.
func limiting(name string, limited *atomic.Bool) monitors.Check {
	return monitors.Check{Env: monitors.Production, Name: name, Kind: "http", Every: 50 * time.Millisecond, Probe: func(context.Context) monitors.Result {
		if limited.Load() {
			return monitors.Result{Limited: true, RetryAfter: time.Hour, Reason: "limits our checks (429)"}
		}
		return monitors.Result{OK: true}
	}}
}

func TestLimitedChecksHoldAndDoNotBlind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.options(t)
	o.Rules.BlindEase, o.Rules.BlindCut = 200*time.Millisecond, 600*time.Millisecond
	var one, two atomic.Bool
	o.Checks = []monitors.Check{limiting("web-1", &one), limiting("web-2", &two)}
	r := start(t, o)
	r.await("the rehearsal", ofType(TypeBrakeTest))
	r.do(SetDial{To: 6})
	r.await("six users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 6 })
	one.Store(true)
	hold := r.await("the hold", guardTo("hold")).Body.(*GuardChange)
	if hold.Cause != CauseAmber || hold.Ceiling != 6 {
		t.Errorf("held %+v", hold)
	}
	r.await("the promise", func(e Event) bool { b, ok := e.Body.(*HealthTick); return ok && b.Promise != nil })
	if p := r.Snapshot().Guard.Promise; p == nil || p.Hangs < 3600 || p.Refuses < 3600 {
		t.Errorf("promised %+v, while nobody asks for an hour", p)
	}
	r.do(WarnOnly{Why: "we know"})
	r.await("warning only", func(e Event) bool { b, ok := e.Body.(*GuardChange); return ok && b.Warn > 0 })
	r.do(SetDial{To: 12})
	two.Store(true)
	cut := r.await("the cut", guardTo("cut")).Body.(*GuardChange)
	if cut.Cause != CauseNoSight || !strings.Contains(cut.Why, "every check of it is limited") {
		t.Errorf("cut %+v", cut)
	}
	for _, e := range r.finish() {
		if b, ok := e.Body.(*LoadTick); ok && b.Running > 6 {
			t.Fatalf("%d users ran half blind", b.Running)
		}
	}
}

// Dips go from the users that run, and back to as many: never to those who were
// asked for and held back.
func TestDipsGoBackToTheUsersThatRan(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 0)
	var warn atomic.Bool
	r := startTwins(t, w, func(o *Options) {
		o.Rules.Attended, o.Rules.EaseAfter = true, time.Minute
		o.Checks = append(o.Checks, monitors.Check{Env: monitors.Production, Name: "queue", Kind: "metrics", Slow: true, Every: 20 * time.Millisecond,
			Probe: func(context.Context) monitors.Result {
				return monitors.Result{OK: true, Warn: warn.Load(), Reason: "long"}
			}})
	})
	r.do(SetDial{To: 4})
	r.await("four users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 4 })
	warn.Store(true)
	r.await("the hold", guardTo("hold"))
	r.do(SetDial{To: 12})
	r.await("twelve asked for", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Asked == 12 && b.Running == 4 })
	r.do(StartDips{Seed: 3})
	r.await("the dips", ofType(TypeLinkQuiet))
	warn.Store(false)
	r.await("green", func(e Event) bool {
		b, ok := e.Body.(*HealthState)
		return ok && b.Env == monitors.Production && b.Check == "" && b.To == "green"
	})
	r.await("a pair", ofType(TypeLinkPair))
	r.do(StopCheck{})
	v := r.verdict()
	r.await("the load after it", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Asked == 4 && b.Running == 4 })
	if !strings.Contains(v.Words, "goes back to 4 users") {
		t.Errorf("words %q", v.Words)
	}
	r.await("a moment more", ofType(TypeLoadTick))
	st := r.Snapshot()
	for _, e := range r.finish() {
		if b, ok := e.Body.(*LoadTick); ok && b.Running > 4 {
			t.Errorf("%d users ran: nobody asked for more than the 4 that were held", b.Running)
		}
	}
	if st.Dial.Asked != 4 {
		t.Errorf("the record says that %d are asked for", st.Dial.Asked)
	}
}

func TestNothingIsSetAsideAfterACut(t *testing.T) {
	t.Parallel()
	st := NewState()
	st.Apply(Event{Seq: 1, Type: TypeStart, Body: &Start{Checks: []CheckInfo{{Env: "production", Name: "web-1"}, {Env: "production", Name: "web-2"}}}})
	c := SetAside{Env: "production", Check: "web-1", Why: "x"}
	if why := refusedAside(st, c); why != "" {
		t.Fatalf("before any load: %q", why)
	}
	st.Apply(Event{Seq: 2, Type: TypeGuardState, Body: &GuardChange{From: "run", To: "cut", Cause: CauseRed, Why: "x"}})
	if why := refusedAside(st, c); why != noAsideCut {
		t.Errorf("in a cut that no tick has told of: %q", why)
	}
}
