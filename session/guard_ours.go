package session

import (
	"time"

	"crosstalk/monitors"
)

// alone holds the dial of a session without a guard where this machine becomes
// the limit while load runs: whatever more is asked for would measure us. That
// lasts until it has been well for as long as after any trouble of our own, or
// until somebody moves the dial up all the same: they have seen it.
func (g *Guard) alone(r Reading) {
	short := !r.Quiet && ourTrouble(r)
	well := heldFor(&g.well, !short, r.Now) >= g.rules.SightAfter && !short
	g.insisted = g.insisted && !well
	switch {
	case g.latched():
	case r.Lapsed != "":
		g.to(GuardCut, CausePermit, r.Lapsed, r)
	case g.state == GuardRun && short && r.Running > 0 && !g.insisted:
		g.level, g.ceiling = r.Running, r.Running
		g.to(GuardHold, CauseSelf, r.SelfWhy, r)
	case g.state == GuardHold && g.insisted:
		g.ceiling = none
		g.to(GuardRun, CausePerson, "somebody moved the dial up all the same", r)
	case g.state == GuardHold && well:
		g.ceiling = none
		g.to(GuardRun, CauseSelf, "this machine is well again", r)
	case g.state == GuardHold && short:
		g.why = r.SelfWhy
	}
}

// ourTrouble tells whether our own machine is short of something.
func ourTrouble(r Reading) bool { return r.Self == monitors.Amber || r.Self == monitors.Red }

// Insist notes that a person moves the dial up, or lets it go on, in a session
// without a guard: where we are the limit already, it is meant. A script has
// seen nothing.
func (g *Guard) Insist() {
	if g.rules.Off && g.rules.Attended && (g.state == GuardHold || ourTrouble(g.last)) {
		g.insisted, g.well = true, time.Time{}
	}
}
