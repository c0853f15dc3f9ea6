package session

import (
	"fmt"
	"strings"
	"time"

	"crosstalk/monitors"
)

// slowSlew is how fast users rise after a cut, of the guard's own limit.
const slowSlew = 0.5

// early tells whether production is red before any load has begun: there is
// nothing to cut, and nothing of ours that could have caused it. The one user of
// the rehearsal and of the quiet phase is let go of and counts for nothing. A
// session that nobody attends has no one to set the server aside: there, red is
// red as soon as the limits are learned.
func (g *Guard) early(r Reading) bool {
	if !g.rules.Attended && !r.Quiet {
		return false
	}
	return r.Production == monitors.Red && !g.begun && !g.rules.Off && !g.rules.Unguarded
}

// slowness tells whether a cause is production's amber, whoever is behind it.
func slowness(cause string) bool { return cause == CauseAmber || cause == CauseOurs }

// Press says that a person moved the dial up: they have seen the hold, and that
// the level after a cut has stood well.
func (g *Guard) Press() {
	g.stay = none
	if g.proved {
		g.limit, g.proved = none, false
	}
}

// Warn makes amber only a warning until a time; red and no sight are as ever.
func (g *Guard) Warn(until time.Time) { g.warn = until }

// warns tells whether a cause may not hold the dial now. A check that is limited
// is half blind: what it does not see can't be waved through.
func (g *Guard) warns(r Reading, cause string) bool {
	return slowness(cause) && r.Now.Before(g.warn) && !r.Limited
}

// Missing tells what has to be before a person may go on after a cut, and what
// is now; "" when nothing is missing. Seconds to go are told only while they
// run. Reason tells whether the person gave one.
func (g *Guard) Missing(now time.Time, reason bool) string {
	if !g.latched() || g.rules.Off || g.rules.Unguarded {
		return ""
	}
	why := g.unseen(now)
	if g.cause == CauseRed {
		why = g.unwell(now, reason)
	}
	if why != "" {
		return why
	}
	if w := g.last.Waived; g.cause == CauseRed && len(w) > 0 && !reason {
		// Muted before the cut, which only a person can do: never in one.
		return fmt.Sprintf("%s is muted and not well: type a reason to go on", strings.Join(w, ", "))
	}
	if g.state == GuardLockout && !reason {
		return fmt.Sprintf("%d cuts for production's red: type a reason to go on", g.reds)
	}
	return ""
}

// unwell tells what is missing after a cut for red: production green, and for
// long, or, where slow evidence keeps it amber for longer than that, a reason:
// while the load is cut no check can be muted, and load comes back held. The wait counts from the first answers as usual, while the state itself
// is left later, and from the newest slow evidence that made it red; amber, as by a
// question that nobody answers, has only to be over.
func (g *Guard) unwell(now time.Time, reason bool) string {
	state, need := g.last.Production, g.rules.GreenAfter
	had := min(g.last.GreenFor, now.Sub(g.since), now.Sub(g.pressed))
	switch left := ceilSeconds(need - had); {
	case left <= 0 && (state == monitors.Green || state == monitors.Amber && reason):
		return ""
	case left <= 0 && state == monitors.Amber:
		return fmt.Sprintf("production is %s now (%s): type a reason to go on", seen(state), g.last.Why)
	case left <= 0:
		return fmt.Sprintf("production is %s now (%s): it must be green first", seen(state), g.last.Why)
	case state == monitors.Green:
		return fmt.Sprintf("production must stay green for %d s: %d s to go", ceilSeconds(need), left)
	case had > 0 && (state == monitors.Amber || !g.last.Pressing):
		return fmt.Sprintf("production is %s now and must answer as usual for %d s: %d s to go", seen(state), ceilSeconds(need), left)
	}
	return fmt.Sprintf("production is %s now and must answer as usual for %d s first", seen(state), ceilSeconds(need))
}

// unseen tells what is missing after a cut for no sight or for our own standing
// still: that production is seen and not red, and that our own side is well.
func (g *Guard) unseen(now time.Time) string {
	need := ceilSeconds(g.rules.SightAfter)
	if !g.calm.IsZero() {
		if left := ceilSeconds(g.rules.SightAfter - now.Sub(g.calm)); left > 0 {
			return fmt.Sprintf("production must be seen and not red for %d s: %d s to go", need, left)
		}
		return ""
	}
	switch _, cause, why := g.trouble(g.last); {
	case cause == CauseSelf:
		return fmt.Sprintf("our own machine is in trouble now (%s): it must be well for %d s first", why, need)
	case cause == CauseOurs:
		return fmt.Sprintf("production and the control environment are slow now: one must be well for %d s first", need)
	}
	return fmt.Sprintf("production is %s now and must be seen and not red for %d s first", seen(g.last.Production), need)
}

// seen is a state of production's behind the word is.
func seen(h monitors.Health) string {
	if h == monitors.NoSight {
		return "out of sight"
	}
	return h.String()
}

// GoOn lets a person go on after a cut, if nothing is missing. Load comes back
// at zero and at half the guard's slew: first up to half the level of the cut,
// then, once that has proved well, up to 80 % of it, until that has stood well for
// long and a person presses up. A cut for our own standing still says nothing
// about a level.
func (g *Guard) GoOn(now time.Time, reason bool) error {
	if m := g.Missing(now, reason); m != "" {
		return &Refusal{Cmd: Hold{}.command(), Why: m}
	}
	if (g.cause == CauseRed || g.cause == CauseNoSight) && g.limit >= 0 {
		g.half, g.slow = min(g.limit, max(1, g.top/2)), true
	}
	g.proof, g.stood, g.proved = time.Time{}, time.Time{}, false
	g.state, g.cause, g.why, g.since = GuardRun, CausePerson, "a person went on", now
	g.ceiling, g.stay, g.level = none, none, 0
	g.late = time.Time{}
	return nil
}

// prove watches the climb after a cut: half its level holds until production has
// been green for ProveFor with load running, and the slow pace until users have
// stood at 80 % of it as long.
func (g *Guard) prove(r Reading) {
	well := r.Production == monitors.Green && r.Running > 0
	switch {
	case g.half >= 0:
		if heldFor(&g.proof, well, r.Now) >= g.rules.ProveFor && well {
			g.half = none
		}
	case g.limit >= 0:
		stood := heldFor(&g.stood, well && r.Running >= g.limit, r.Now)
		g.slow = g.slow && stood < g.rules.ProveFor
		g.proved = !g.stood.IsZero() && stood >= g.rules.GreenAfter
	}
}

// cap keeps users to 80 % of the level of a cut, and never under the few that a
// session without any check of production may run.
func (g *Guard) cap(level int) {
	g.limit, g.half, g.slow, g.top = none, none, false, level
	if level > 0 {
		g.limit = max(1, g.rules.FewUsers, level*8/10)
	}
}

// heldFor is how long a condition has held, remembered in since.
func heldFor(since *time.Time, holds bool, now time.Time) time.Duration {
	switch {
	case !holds:
		*since = time.Time{}
		return 0
	case since.IsZero():
		*since = now
	}
	return now.Sub(*since)
}

// First tells how many users may be asked for on the climb after a cut, and what
// lifts that; -1 and "" when nothing limits it.
func (g *Guard) First(now time.Time) (most int, why string) {
	if g.latched() || g.rules.Off || g.limit < 0 && g.half < 0 {
		return none, ""
	}
	if g.half >= 0 {
		return g.half, fmt.Sprintf("after the cut, at most %s (half its level) until production has been green for %d s with load running: %d s to go",
			g.rules.Unit.Of(g.half), ceilSeconds(g.rules.ProveFor), ceilSeconds(left(g.rules.ProveFor, g.proof, now)))
	}
	if g.proved {
		return none, ""
	}
	return g.limit, fmt.Sprintf("at most %s since the cut at %d: once %d have run for %d s with production green, the next press up lifts that: %d s to go",
		g.rules.Unit.Of(g.limit), g.top, g.limit, ceilSeconds(g.rules.GreenAfter), ceilSeconds(left(g.rules.GreenAfter, g.stood, now)))
}

// left is what remains of a wait that began at since, if it has.
func left(wait time.Duration, since, now time.Time) time.Duration {
	if since.IsZero() {
		return wait
	}
	return max(0, wait-now.Sub(since))
}

// after is the ceiling of the climb after a cut; -1 if there is none.
func (g *Guard) after() int {
	if g.half >= 0 {
		return g.half
	}
	return g.limit
}

// ceilSeconds rounds a wait up: nobody is told 0 s while there is one.
func ceilSeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// ours tells whether our own side had trouble at the same moment as a cause.
func ours(cause string, r Reading) bool {
	switch cause {
	case CauseSelf, CauseOurs, CausePermit:
		return true
	case CauseRed, CauseAmber, CauseNoSight:
		return r.company(cause) != ""
	}
	return false
}

// beside is production's reason, with what else had trouble at the same moment.
func (r Reading) beside(cause string) string {
	also := r.company(cause)
	switch {
	case also == "":
		return r.Why
	case r.Why == "":
		return also
	}
	return r.Why + "; " + also
}

// company words what of our own side had trouble at the same moment as
// production; "" if nothing had.
func (r Reading) company(cause string) string {
	switch {
	case r.Controlled && r.Control == monitors.Amber:
		return "our side or both: the control environment is slow too"
	case r.Controlled && r.Control == monitors.Red:
		return "our side or both: the control environment is failing too"
	case r.Controlled && r.Control == monitors.NoSight && cause == CauseNoSight:
		return "our side or both: the control environment can't be seen either"
	}
	var what string
	switch {
	case r.Sink:
		what = "our own sink was late at the same moment"
	case r.Self == monitors.Amber || r.Self == monitors.Red:
		what = "our own machine was in trouble at the same moment"
	default:
		return ""
	}
	if cause == CauseRed {
		return "our side or both: " + what
	}
	return what + ": probably our own machine"
}
