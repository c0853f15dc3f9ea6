package monitors

import (
	"strings"
	"testing"
	"time"
)

// What is set aside is asked and shown, and says nothing of its environment
// until it is taken back, green or not.
func TestAsideDoesNotCount(t *testing.T) {
	const at = 20 * time.Second
	w := newWorld(100*ms, Limits{Errors: 0.01}, steady(44*ms).from(at, refusing).from(at+60*time.Second, steady(44*ms)).from(at+120*time.Second, refusing), steady(44*ms))
	w.baseline(10 * time.Second)
	if w.board.Aside(Production, "none", true) {
		t.Error("set a check aside that is not there")
	}
	w.run(at + time.Second)
	if e := w.env(t); e.State != Red {
		t.Fatalf("refusing: %v", e.State)
	}
	if !w.board.Aside(Production, "web-1", true) {
		t.Fatal("a red check could not be set aside")
	}
	before := w.env(t).LateTicks
	w.run(at + 15*time.Second)
	if e := w.env(t); e.State != Green || e.Checks[0].State != Red || !e.Checks[0].Aside || e.RedCount != 0 || e.BadRecently != 0 || e.Errors != 0 || e.Pressing || e.GreenFor < 10*time.Second || e.LateTicks != before {
		t.Errorf("set aside: %+v", e)
	}
	for _, c := range w.changes {
		if c.Check == "web-1" && c.At.Sub(epoch) > at+time.Second && !c.Aside {
			t.Errorf("a change that does not say that its check is set aside: %+v", c)
		}
	}
	w.run(at + 110*time.Second)
	if e := w.env(t); e.Checks[0].State != Green || !e.Checks[0].Aside {
		t.Errorf("green again: %v, aside %v; it stays so until it is taken back", e.Checks[0].State, e.Checks[0].Aside)
	}
	w.run(at + 121*time.Second)
	if e := w.env(t); e.State != Green {
		t.Errorf("refusing again: %v %q", e.State, e.Why)
	}
	if !w.board.Aside(Production, "web-1", false) {
		t.Fatal("could not be taken back")
	}
	w.run(at + 122*time.Second)
	if e := w.env(t); e.State != Red {
		t.Errorf("taken back: %v", e.State)
	}
}

func TestAllAsideIsNoSight(t *testing.T) {
	w := newWorld(100*ms, Limits{}, refusing)
	w.run(5 * time.Second)
	if !w.board.Aside(Production, "web-1", true) {
		t.Fatal("not set aside")
	}
	w.run(6 * time.Second)
	if e := w.env(t); e.State != NoSight || e.GreenFor != 0 {
		t.Errorf("nothing left to see by: %v, green for %v", e.State, e.GreenFor)
	}
	if refused, hangs, unseen := w.board.Promise(Production); refused != 0 || hangs != 0 || unseen != 0 {
		t.Errorf("promises %v and %v by a check that does not count", refused, hangs)
	}
}

// A server that hung through the quiet phase teaches nothing, and does not keep
// an earlier baseline from fitting, once it is set aside.
func TestAsideTeachesNothing(t *testing.T) {
	w := newWorld(100*ms, Limits{}, steady(44*ms), steady(44*ms))
	earlier := w.baseline(10 * time.Second)
	w = newWorld(100*ms, Limits{}, steady(44*ms), failing)
	w.run(2 * time.Second)
	w.board.StartBaseline(w.now)
	w.run(12 * time.Second)
	if w.board.Fits(earlier) {
		t.Error("fits with a server that fails")
	}
	w.board.Aside(Production, "web-2", true)
	if !w.board.Fits(earlier) {
		t.Error("does not fit without the one set aside")
	}
	if ts := w.board.EndBaseline(w.now); len(ts) != 1 || ts[0].Check != "web-1" {
		t.Errorf("learned %+v", ts)
	}
}

// What is tolerated is a server that restarts; a person speaks for all of them.
func TestAPersonsNoIsNotTolerated(t *testing.T) {
	no := func(time.Duration) (time.Duration, Result) { return 0, Result{Reason: "mel says no"} }
	w := &world{now: epoch, advance: epoch}
	w.checks = []Check{
		{Env: Production, Name: "web", Kind: kindHTTP, Every: 250 * ms, Timeout: DefaultTimeout, Probe: noProbe},
		{Env: Production, Name: "wall", Kind: kindPerson, Every: personEvery, Timeout: DefaultTimeout, Slow: true, Probe: noProbe},
	}
	w.build(map[string]Limits{Production: {Tolerate: 1}}, steady(10*ms), no)
	w.run(6 * time.Second)
	if e := w.env(t); e.State != Red || !strings.Contains(e.Why, "mel says no") {
		t.Errorf("%v %q", e.State, e.Why)
	}
}

// A tolerated server that is gone does not press for fewer users; one that is
// slow beside it, or a second that is gone, does.
func TestWhatIsToleratedDoesNotPress(t *testing.T) {
	const at = 20 * time.Second
	for name, c := range map[string]struct {
		other   reply
		state   Health
		presses bool
	}{
		"alone":                {steady(10 * ms), Amber, false},
		"with a slow one":      {steady(10*ms).during(at, time.Minute, steady(60*ms)), Amber, true},
		"with a second failed": {steady(10*ms).during(at, time.Minute, refusing), Red, true},
	} {
		w := newWorld(250*ms, Limits{Tolerate: 1}, steady(10*ms).during(at, time.Minute, refusing), c.other, steady(10*ms))
		w.baseline(10 * time.Second)
		w.run(at + 5*time.Second)
		if e := w.env(t); e.State != c.state || e.Pressing != c.presses {
			t.Errorf("%s: %v (%s), pressing %v", name, e.State, e.Why, e.Pressing)
		}
	}
}

func TestCertificateThatEndsSoonIsSaid(t *testing.T) {
	for left, want := range map[time.Duration]string{
		30 * 24 * time.Hour:                "",
		9*24*time.Hour + 12*time.Hour:      "its certificate ends in 9 days",
		20*time.Hour + 30*time.Minute:      "its certificate ends in 20 h",
		14*24*time.Hour + 10*time.Second:   "",
		14*24*time.Hour - 10*time.Second:   "its certificate ends in 13 days",
		-24 * time.Hour:                    "its certificate ends in 0 h",
		2*24*time.Hour + 60*time.Second:    "its certificate ends in 2 days",
		47*time.Hour + 59*time.Minute + ms: "its certificate ends in 47 h",
	} {
		ends := epoch.Add(time.Second + left)
		w := newWorld(100*ms, Limits{}, func(time.Duration) (time.Duration, Result) { return 10 * ms, Result{OK: true, Expires: ends} })
		w.run(time.Second)
		c := w.board.Env(Production, epoch.Add(time.Second)).Checks[0]
		if c.State != Green || c.Reason != want || !c.Expires.Equal(ends) {
			t.Errorf("%v left: %v %q, want green and %q", left, c.State, c.Reason, want)
		}
	}
}
