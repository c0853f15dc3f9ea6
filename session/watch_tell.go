package session

import (
	"fmt"
	"slices"
	"time"

	"crosstalk/monitors"
	"crosstalk/notes"
)

// tell puts a change of the ladder, and the note it writes by itself, into the
// journal's way.
func (w *watch) tell(v Verdict, r Reading, now time.Time) {
	c := &GuardChange{From: string(v.From), To: string(v.State), Why: v.Why, Cause: v.Cause, Running: r.Running, Ceiling: v.Ceiling, OurSide: v.OurSide}
	if v.Cut {
		c.Running = v.Level
	}
	if v.Cause != CauseSelf && v.State != GuardRun {
		c.Samples = append([]Sample(nil), w.evidence...)
	}
	w.facts.put(fact{by: ByGuard, kind: TypeGuardState, body: c})
	if w.guard.rules.Off && v.State == GuardHold {
		w.heldAt, w.ourHold = now, true
		return // the span of ours is told already, and no guard speaks
	}
	var text string
	switch v.State {
	case GuardHold:
		w.heldAt, w.ourHold = now, v.OurSide
		text = fmt.Sprintf("%s: %s.%s", w.held(r.Running), v.Why, whose(v, " Not known whether it is you."))
		if v.Cause == CauseRed {
			text = v.Why + ". No load until it is not, or until somebody sets the check aside with a reason."
		}
	case GuardCut, GuardLockout:
		text = fmt.Sprintf("%s: %s.%s", w.unit.CutAt(v.Level), v.Why, whose(v, " Not known whether it was you."))
		w.cutAt, w.cutLevel = time.Time{}, v.Level
		if v.Cause == CauseRed || v.Cause == CauseNoSight {
			w.cutAt = now
		}
	default:
		return
	}
	w.facts.put(fact{by: ByGuard, kind: TypeNoteAdd, body: &NoteAdd{Kind: notes.Plain, Text: text, Typed: now, Context: &notes.Context{Running: c.Running}}})
}

// whose adds that nobody is accused, where production had the trouble.
func whose(v Verdict, unknown string) string {
	switch {
	case v.Cause == CauseSelf || v.Cause == CausePermit:
		return " Our own side, not production."
	case v.OurSide:
		return "" // the reason says so
	}
	return unknown
}

// tellOurs says of a hold that has just begun that our own side had trouble at
// the same moment, where that became known only after it.
func (w *watch) tellOurs(v Verdict, r Reading, now time.Time) {
	if w.ourHold || !v.OurSide || v.Cause == CauseRed || now.Sub(w.heldAt) > sameMoment {
		return
	}
	w.ourHold = true
	w.facts.put(fact{by: ByGuard, kind: TypeGuardState, body: &GuardChange{From: string(v.State), To: string(v.State), Why: v.Why, Cause: v.Cause,
		Running: r.Running, Ceiling: v.Ceiling, OurSide: true}})
}

// sameMoment is how long after the beginning of a hold our own trouble still
// belongs to it: as long as a late answer is shown.
const sameMoment = 2 * time.Second

// sinkSlow is what the sink, which does nothing, can only need when this machine
// is short of breath: as much as counts as harm anywhere.
const sinkSlow = 25 * time.Millisecond

// sinkLate tells whether the server in this very process, which does nothing,
// answered late just now.
func sinkLate(self monitors.EnvHealth) bool {
	if self.Max1 > sinkSlow { // of the last second; the sink is the only timed check of ours
		return true
	}
	return slices.ContainsFunc(self.Checks, func(c monitors.CheckHealth) bool {
		return c.Name == monitors.SinkName && (c.Late || c.State == monitors.Amber || c.State == monitors.Red)
	})
}

// wellFor is how long green's conditions must hold to count as recovered.
const wellFor = 2 * time.Second

// recovery tells when production was well again after a cut: the first moment
// from which green's conditions held for two seconds.
func (w *watch) recovery(now time.Time, production monitors.EnvHealth) {
	if w.cutAt.IsZero() {
		return
	}
	well := min(production.GreenFor, now.Sub(w.cutAt)) // before the cut nothing recovered
	if well < wellFor {
		return
	}
	from := now.Add(-well)
	took := seconds(from.Sub(w.cutAt))
	w.cutAt = time.Time{}
	w.facts.put(fact{by: ByGuard, kind: TypeGuardRecov, body: &GuardRecovered{Seconds: took, Level: w.cutLevel}})
	w.facts.put(fact{by: ByGuard, kind: TypeNoteAdd, body: &NoteAdd{Kind: notes.Plain, Typed: now,
		Text: fmt.Sprintf("production recovered %.1f s after %s.", took, w.unit.TheCut(w.cutLevel))}})
}

// held begins the note of a hold.
func (w *watch) held(running int) string {
	if running == 0 {
		return "no load runs, and none may begin"
	}
	return "held at " + w.unit.Of(running)
}
