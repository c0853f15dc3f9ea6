package session

import (
	"context"
	"fmt"
	"time"

	"crosstalk/loadengine"
	"crosstalk/monitors"
	"crosstalk/session/link"
)

// BeginCheck suspends hold and ease while a link check or dips run: whether load
// runs must depend on the coin alone. Red and no sight cut as ever. It returns
// what is missing, or "". A check may begin in a lockout, when nothing but a
// reason is missing: its verdict may be that reason.
func (g *Guard) BeginCheck(now time.Time, mode string) string {
	switch {
	case g.rules.Off || g.rules.Unguarded:
		return unguarded
	case g.state == GuardLockout && mode == ModeCheck:
		if m := g.Missing(now, true); m != "" {
			return m
		}
		g.owed = true
	case g.state == GuardCut || g.state == GuardLockout:
		return "the load is cut: press space to go on first"
	}
	g.before = rung{g.state, g.cause, g.why, g.since, g.ceiling, g.stay}
	g.checking, g.blind = true, time.Time{}
	g.state, g.cause, g.why, g.since = GuardRun, CausePerson, "hold and ease are suspended while a check runs", now
	g.ceiling, g.stay, g.late = none, none, time.Time{}
	return ""
}

// rung is where a check began, and where the guard is again after it.
type rung struct {
	state         GuardState
	cause, why    string
	since         time.Time
	ceiling, stay int
}

// EndCheck puts hold and ease back, and the dial under the ceiling it was under.
// Lifts tells whether the verdict lifts a lockout that the check began in; it
// returns whether that holds on.
func (g *Guard) EndCheck(lifts bool) (locked bool) {
	owed := g.owed && !g.latched()
	was := g.checking && !g.latched()
	g.checking, g.owed = false, false
	if was {
		g.stay = g.before.stay
		if g.before.state == GuardHold || g.before.state == GuardEase {
			now := g.last.Now
			g.state, g.cause, g.why, g.ceiling = g.before.state, g.before.cause, g.before.why, g.before.ceiling
			g.since, g.next = now, now.Add(g.rules.EaseEvery)
		}
	}
	if !owed {
		return false
	}
	if lifts {
		g.reds, g.limit, g.half, g.slow = 0, none, none, false
		return false
	}
	g.state, g.cause, g.why, g.since = GuardLockout, CauseRed, "the link check did not tell: the lockout stays", g.before.since
	return true
}

// checked is the ladder while a check runs: no rung between run and cut.
func (g *Guard) checked(r Reading, bad monitors.Health, cause, why string) {
	blind := bad == monitors.NoSight
	if heldFor(&g.blind, blind, r.Now) >= g.rules.BlindCut && blind {
		g.to(GuardCut, cause, why, r)
	}
}

// unguarded is why there is no link check without a guard.
const unguarded = "a link check needs the guard and checks of production (--watch URL, or production.checks): there is nothing to see a link with"

// beginCheck asks the guard, in its goroutine, and lets go of a lockout's brake: of
// every order that whoever asked for the check could have seen.
func (w *watch) beginCheck(now time.Time, mode string, asked time.Time) string {
	from := w.guard.state
	if no := w.guard.BeginCheck(now, mode); no != "" {
		return no
	}
	if from == GuardLockout {
		w.permit.Grant(lease)
		w.renewed = now
		if stop, ok := w.brake.Latched(); ok && !stop.At.After(asked) {
			w.brake.Release(stop)
		}
	}
	if from != GuardRun {
		w.toldChange(from, CausePerson)
	}
	return ""
}

func (w *watch) endCheck(now time.Time, lifts bool) {
	from := w.guard.state
	if !w.guard.EndCheck(lifts) {
		if w.guard.state != from {
			w.toldChange(from, CausePerson)
		}
		return
	}
	w.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonGuard, By: ByGuard, At: now})
	w.permit.Void()
	w.toldChange(GuardRun, CausePerson)
}

// toldChange writes down a step that a person's order brought.
func (w *watch) toldChange(from GuardState, cause string) {
	g := w.guard
	ceiling := g.after()
	switch g.state {
	case GuardHold, GuardEase:
		ceiling = g.ceiling
	case GuardLockout:
		ceiling = 0
	}
	w.facts.put(fact{by: ByGuard, kind: TypeGuardState, body: &GuardChange{From: string(from), To: string(g.state), Why: g.why, Cause: cause,
		Running: w.engine.Live().Running, Ceiling: ceiling}})
}

// orderAndWait lets the guard's goroutine do something and waits until it has,
// but no longer than its turn can take. It reports whether it did.
func (w *watch) orderAndWait(ctx context.Context, f func(now time.Time)) bool {
	done := make(chan struct{})
	if !w.order(func(now time.Time) { f(now); close(done) }) {
		return false
	}
	timer := time.NewTimer(guardTurn)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// guardTurn is far more than a turn of the guard takes.
const guardTurn = 2 * time.Second

// earlyRed ends a check before it had any load.
func earlyRed(g *guardStatus) end { return end("production is red before any load: " + g.early) }

// guarded tells what the guard did meanwhile: red and no sight are facts of the
// half, everything else that stopped the load ends the check.
func (t *trial) guarded(seen *link.Observation, g *guardStatus, at time.Time) end {
	stop, latched := t.brake.Latched()
	switch {
	case g.early != "":
		return earlyRed(g) // nothing ran, and nothing may
	case !latched:
		return ""
	case stop.Reason != loadengine.ReasonGuard:
		return end(fmt.Sprintf("all load was stopped (%s, %s)", stop.Reason, stop.By))
	case g.state != GuardCut && g.state != GuardLockout && time.Since(stop.At) < guardWord:
		return "" // the brake comes before the words
	case g.cause == CauseRed:
		seen.Red, seen.RedAt = true, max(0, stop.At.Sub(at))
	case g.cause == CauseNoSight:
		seen.NoSight = true
	}
	return end("the guard cut the load: " + g.cause)
}
