package session

import (
	"strings"
	"testing"
	"time"

	"crosstalk/loadengine"
	"crosstalk/monitors"
)

// checkingGuard is a guard under a link check, with a clock that the test moves.
type checkingGuard struct {
	*Guard
	t   *testing.T
	now time.Time
}

func newCheckingGuard(t *testing.T) *checkingGuard {
	return &checkingGuard{Guard: NewGuard(DefaultRules()), t: t, now: time.Unix(1_700_000_000, 0)}
}

// pass lets a span go by with the same reading, step by step.
func (g *checkingGuard) pass(d time.Duration, r Reading) (v Verdict) {
	for end := g.now.Add(d); ; g.now = g.now.Add(wakeEvery) {
		r.Now = g.now
		v = g.Step(r)
		if !g.now.Before(end) {
			return v
		}
	}
}

func (g *checkingGuard) begin(mode string) {
	g.t.Helper()
	if no := g.BeginCheck(g.now, mode); no != "" {
		g.t.Fatalf("the check may not begin: %s", no)
	}
}

var (
	calm  = Reading{Production: monitors.Green, GreenFor: time.Hour, Running: 3}
	amber = Reading{Production: monitors.Amber, Pressing: true, Why: "slow", Running: 3}
	red   = Reading{Production: monitors.Red, Pressing: true, Why: "web-1 refused", Running: 3}
	blind = Reading{Production: monitors.NoSight, Why: "no answers", Running: 3}
)

// The coin alone decides whether load runs: neither amber nor a late answer nor
// our own machine may lower it.
func TestHoldAndEaseAreSuspendedUnderACheck(t *testing.T) {
	self := calm
	self.Self, self.SelfWhy = monitors.Amber, "this machine is short of breath"
	late := calm
	late.Late = "one late answer"
	for _, c := range []struct {
		name string
		r    Reading
	}{{"amber", amber}, {"our own machine", self}, {"one late answer", late}} {
		g := newCheckingGuard(t)
		g.pass(time.Second, calm)
		g.begin(ModeCheck)
		if v := g.pass(time.Minute, c.r); v.State != GuardRun || v.Ceiling != none || v.Cut || !v.Renew {
			t.Errorf("%s: %+v", c.name, v)
		}
		g.EndCheck(false)
		if c.name != "one late answer" {
			if v := g.pass(wakeEvery, c.r); v.State != GuardHold {
				t.Errorf("%s, after the check: %+v", c.name, v)
			}
		}
	}
}

func TestDipsMayBeginUnderHold(t *testing.T) {
	g := newCheckingGuard(t)
	g.pass(time.Second, calm)
	if v := g.pass(3*time.Second, amber); v.State != GuardEase {
		t.Fatalf("amber led to %+v", v)
	}
	g.begin(ModeDips)
	if v := g.pass(time.Minute, amber); v.State != GuardRun || v.Ceiling != none {
		t.Errorf("under dips: %+v", v)
	}
}

func TestRedAndNoSightCutUnderACheck(t *testing.T) {
	g := newCheckingGuard(t)
	g.pass(time.Second, calm)
	g.begin(ModeCheck)
	if v := g.pass(0, red); !v.Cut || v.Cause != CauseRed || v.Ceiling != 0 || v.Renew {
		t.Errorf("red: %+v", v)
	}

	g = newCheckingGuard(t)
	g.pass(time.Second, calm)
	g.begin(ModeCheck)
	if v := g.pass(g.rules.BlindCut-wakeEvery, blind); v.State != GuardRun {
		t.Errorf("a moment without sight: %+v", v)
	}
	g.pass(wakeEvery, calm)
	if v := g.pass(g.rules.BlindCut-wakeEvery, blind); v.State != GuardRun {
		t.Errorf("another moment without sight: %+v", v)
	}
	if v := g.pass(2*wakeEvery, blind); v.State != GuardCut || v.Cause != CauseNoSight {
		t.Errorf("no sight for long: %+v", v)
	}
}

// lockedOut is a guard after two cuts for red, with production green for long.
func lockedOut(t *testing.T) *checkingGuard {
	t.Helper()
	g := newCheckingGuard(t)
	for range 2 {
		g.pass(time.Second, calm)
		g.pass(wakeEvery, red)
		g.pass(g.rules.GreenAfter, calm)
		if g.state == GuardCut {
			if err := g.GoOn(g.now, false); err != nil {
				t.Fatal(err)
			}
		}
	}
	if g.state != GuardLockout {
		t.Fatalf("two cuts led to %s", g.state)
	}
	return g
}

func TestALinkCheckLiftsALockout(t *testing.T) {
	g := lockedOut(t)
	if no := g.BeginCheck(g.now, ModeDips); no == "" {
		t.Error("dips began in a lockout")
	}
	g.begin(ModeCheck)
	if v := g.pass(time.Second, calm); v.State != GuardRun {
		t.Errorf("the check can't load: %+v", v)
	}
	if g.EndCheck(true) || g.state != GuardRun {
		t.Errorf("after a verdict: %s", g.state)
	}
	if v := g.pass(wakeEvery, red); v.State != GuardCut {
		t.Errorf("the next red: %+v", v)
	}
}

// still is an engine without users.
type still struct{ Engine }

func (still) Live() loadengine.Live { return loadengine.Live{} }

// Whoever pressed stop in a lockout, and starts a check later, means the check.
func TestALinkCheckInALockoutLetsGoOfEarlierStops(t *testing.T) {
	for _, c := range []struct {
		name  string
		after time.Duration // the order to stop, after the one to check
		holds bool
	}{{"stopped before", -time.Second, false}, {"stopped after", time.Second, true}} {
		g := lockedOut(t)
		w := &watch{guard: g.Guard, brake: loadengine.NewBrake(), permit: loadengine.NewPermit(loadengine.SystemClock()), facts: newOutbox(), engine: still{}}
		w.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonGuard, By: ByGuard, At: g.now.Add(-time.Minute)})
		w.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonOperator, By: "mel", At: g.now.Add(c.after)})
		if no := w.beginCheck(g.now, ModeCheck, g.now); no != "" {
			t.Fatalf("%s: %s", c.name, no)
		}
		if stop, holds := w.brake.Latched(); holds != c.holds {
			t.Errorf("%s: the brake holds: %t, %+v", c.name, holds, stop)
		}
	}
}

func TestACheckThatTellsNothingLeavesTheLockout(t *testing.T) {
	g := lockedOut(t)
	g.begin(ModeCheck)
	if !g.EndCheck(false) || g.state != GuardLockout {
		t.Errorf("after no verdict: %s", g.state)
	}

	g = lockedOut(t)
	g.begin(ModeCheck)
	g.pass(time.Second, calm)
	g.pass(wakeEvery, red)
	if g.EndCheck(true) || g.state != GuardLockout {
		t.Errorf("after red under the check: %s", g.state)
	}
}

func TestNoCheckBeginsInACut(t *testing.T) {
	g := newCheckingGuard(t)
	g.pass(time.Second, calm)
	g.pass(wakeEvery, red)
	if no := g.BeginCheck(g.now, ModeCheck); !strings.Contains(no, "cut") {
		t.Errorf("after a cut: %q", no)
	}
	early := lockedOut(t)
	early.last.GreenFor = 0
	if no := early.BeginCheck(early.now, ModeCheck); !strings.Contains(no, "must stay green") {
		t.Errorf("in a lockout, not green for long: %q", no)
	}
}
