package monitors

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// limiting answers with 429, and its check is not asked again for a pause.
func (w *limitedWorld) limits(i int, at, pause time.Duration) {
	c := w.checks[i]
	s := Sample{Check: i, Env: c.Env, Name: c.Name, Due: epoch.Add(at), At: epoch.Add(at)}
	w.Observe(s)
	s.Phase, s.At, s.Next = Done, s.At.Add(5*ms), s.At.Add(pause)
	s.Result = Result{Limited: true, Reason: "limits our checks (429)", RetryAfter: pause}
	w.Observe(s)
}

type limitedWorld struct {
	*Board
	checks []Check
}

func newLimitedWorld(names ...string) *limitedWorld {
	w := &limitedWorld{}
	for _, n := range names {
		w.checks = append(w.checks, Check{Env: Production, Name: n, Kind: kindHTTP, Every: 100 * ms})
	}
	w.Board = NewBoard(w.checks, nil)
	return w
}

// until lets time pass; the checks named answer every 100 ms.
func (w *limitedWorld) until(from, to time.Duration, answering ...int) EnvHealth {
	for d := from; d <= to; d += 50 * ms {
		if d%(100*ms) == 0 {
			for _, i := range answering {
				s := Sample{Check: i, Env: w.checks[i].Env, Name: w.checks[i].Name, Due: epoch.Add(d), At: epoch.Add(d), Next: epoch.Add(d + 100*ms)}
				w.Observe(s)
				s.Phase, s.Latency, s.Result = Done, ms, Result{OK: true}
				w.Observe(s)
			}
		}
		w.Advance(epoch.Add(d))
	}
	return w.Env(Production, epoch.Add(to))
}

// A pause that the server asks for is sight for five seconds, and not for the
// hour it asked for.
func TestALimitedServerIsSightForAMoment(t *testing.T) {
	w := newLimitedWorld("web-1")
	w.limits(0, 0, time.Hour)
	if e := w.until(0, 5*time.Second); e.State != Amber || !e.Limited || e.Pressing || e.BadRecently != 0 || !e.Checks[0].Limited {
		t.Errorf("%v, limited %v, pressing %v, bad %d; want amber, true, false, 0", e.State, e.Limited, e.Pressing, e.BadRecently)
	}
	if e := w.until(5050*ms, 5100*ms); e.State != NoSight || !strings.Contains(e.Why, "every check of it is limited: web-1 limits our checks (429)") {
		t.Errorf("after five seconds: %v %q, want no sight", e.State, e.Why)
	}
	if e := w.until(5150*ms, time.Minute); e.State != NoSight {
		t.Errorf("a minute into the pause: %v", e.State)
	}
	if e := w.until(time.Minute+50*ms, time.Minute+time.Second, 0); e.State != Amber || e.Limited && e.Checks[0].Limited {
		t.Errorf("answers again: %v, limited %v; want amber until its time is over", e.State, e.Checks[0].Limited)
	}
}

// Asked again and limited again is no sight either.
func TestLimitedAgainAndAgainIsNoSight(t *testing.T) {
	w := newLimitedWorld("web-1")
	for at := time.Duration(0); at < 8*time.Second; at += 500 * ms {
		w.limits(0, at, 500*ms)
		w.until(at+50*ms, at+450*ms)
	}
	if e := w.Env(Production, epoch.Add(8*time.Second)); e.State != NoSight {
		t.Errorf("limited for 8 s: %v, want no sight", e.State)
	}
}

func TestALimitedServerBesideOthersIsAmber(t *testing.T) {
	w := newLimitedWorld("web-1", "web-2")
	w.until(0, 2*time.Second, 0, 1)
	before, _, _ := w.Promise(Production)
	w.limits(0, 2*time.Second, time.Hour)
	if e := w.until(2050*ms, 20*time.Second, 1); e.State != Amber || !e.Limited {
		t.Errorf("beside one that answers: %v %q, limited %v; want amber", e.State, e.Why, e.Limited)
	}
	refuses, hangs, unseen := w.Promise(Production)
	if before != 200*ms || refuses < time.Hour || hangs < time.Hour || unseen < time.Hour {
		t.Errorf("promised %v, then %v, %v and %v; want the real pause", before, refuses, hangs, unseen)
	}
	// Who mutes the one that answers sees nothing any more: it would cut nothing.
	w.refuse(1, 20*time.Second)
	w.refuse(1, 20*time.Second+100*ms)
	if e := w.Env(Production, epoch.Add(20*time.Second+100*ms)); e.State != Red {
		t.Fatalf("refusing: %v, want red", e.State)
	}
	w.Mute(Production, "web-2", true)
	if e := w.until(20*time.Second+150*ms, 20*time.Second+200*ms); e.State != NoSight {
		t.Errorf("the others are limited and this one is muted: %v, want no sight", e.State)
	}
}

func (w *limitedWorld) refuse(i int, at time.Duration) {
	s := Sample{Check: i, Env: w.checks[i].Env, Name: w.checks[i].Name, Due: epoch.Add(at), At: epoch.Add(at), Next: epoch.Add(at + 100*ms)}
	w.Observe(s)
	s.Phase, s.Latency, s.Result = Done, ms, Result{Hard: true, Refused: true, Reason: "refused the connection"}
	w.Observe(s)
}

// Muting makes nothing green: what is muted is named, and if nothing else is left
// nothing counts as well.
func TestMutingMakesNothingWell(t *testing.T) {
	w := newWorld(100*ms, Limits{}, steady(10*ms), refusing)
	w.run(10 * time.Second)
	if !w.board.Mute(Production, "web-2", true) {
		t.Fatal("not muted")
	}
	w.run(20 * time.Second)
	if e := w.env(t); e.State != Amber || e.GreenFor < 19*time.Second || !slices.Equal(e.Waived, []string{"web-2"}) || !e.WarnsOnly {
		t.Errorf("muted and refusing: %v, green for %v, waived %v, warns only %v", e.State, e.GreenFor, e.Waived, e.WarnsOnly)
	}

	w = newWorld(100*ms, Limits{}, refusing, refusing)
	w.run(10 * time.Second)
	w.board.Mute(Production, "web-1", true)
	if w.run(time.Second); w.env(t).WarnsOnly {
		t.Error("web-2 is red and not muted, and production only warns")
	}
	w.board.Mute(Production, "web-2", true)
	w.run(20 * time.Second)
	if e := w.env(t); e.State != Amber || e.GreenFor != 0 || len(e.Waived) != 2 || e.WarnsOnly {
		t.Errorf("all muted: %v, green for %v, waived %v, warns only %v", e.State, e.GreenFor, e.Waived, e.WarnsOnly)
	}
}
