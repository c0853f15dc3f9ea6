package session

import (
	"time"

	"crosstalk/monitors"
)

// GuardState is a rung of the guard's ladder.
type GuardState string

// The rungs, gentlest first.
const (
	GuardRun     GuardState = "run"     // the dial is obeyed
	GuardHold    GuardState = "hold"    // users stay where they are; down is free
	GuardEase    GuardState = "ease"    // the ceiling halves while the cause lasts
	GuardCut     GuardState = "cut"     // nothing is sent; a person has to go on
	GuardLockout GuardState = "lockout" // the second cut for red: a reason is asked too
)

// Causes of what the guard does.
const (
	CauseRed     = "red"       // production is red
	CauseNoSight = "no sight"  // production can't be seen
	CauseAmber   = "amber"     // production is amber
	CauseSelf    = "self"      // our own machine
	CauseOurs    = "our side?" // production and the control environment are slow at once
	CausePermit  = "permit"    // the permit lapsed: the guard itself stood still
	CausePerson  = "person"    // a person went on
)

// none is the ceiling when there is none.
const none = -1

// GuardRules are the times of the ladder. See DefaultRules for their source.
type GuardRules struct {
	Off        bool          // --no-guard: no ladder but a hold where we ourselves are the limit; health is still shown
	Unguarded  bool          // no production checks: few users only
	Unleased   bool          // who sends the load does not let go by itself: few users only
	FewUsers   int           // how many then
	Unit       Unit          // of the dial, in what is said to people
	Attended   bool          // somebody is there to press a key: users do not rise again by themselves above where they were held
	EaseAfter  time.Duration // amber this long → ease
	EaseEvery  time.Duration // while easing, halve this often
	BlindEase  time.Duration // no sight this long → ease
	BlindCut   time.Duration // no sight this long → cut
	Pause      time.Duration // one late answer pauses rising this long
	GreenAfter time.Duration // production green this long after a cut for red before a person may go on
	SightAfter time.Duration // sight this long after our own trouble before load may rise
	Regain     time.Duration // after easing, a tenth of what was lost comes back this often
	ProveFor   time.Duration // after a cut, green this long with load running before more than half its level may be asked for
}

// DefaultRules returns the ladder's times: holding costs nothing, so it comes
// at once; a wrong cut costs a minute and a missed one an outage, so red cuts
// without waiting. Halving is the strongest back-off in common use (the floor
// of Netflix's Gradient2, TCP's multiplicative decrease).
func DefaultRules() GuardRules {
	return GuardRules{FewUsers: 5, EaseAfter: 2 * time.Second, EaseEvery: 2 * time.Second, BlindEase: 2 * time.Second, BlindCut: 5 * time.Second,
		Pause: 2 * time.Second, GreenAfter: time.Minute, SightAfter: 10 * time.Second, Regain: 5 * time.Second, ProveFor: 10 * time.Second}
}

// Reading is all that the guard looks at, at one moment.
type Reading struct {
	Now        time.Time
	Quiet      bool            // rehearsal or baseline: one user at most
	Unseen     bool            // the first probes are still on their way
	Production monitors.Health // worst fast check, hysteresis applied
	Why        string          // why it is not green
	Pressing   bool            // what made it amber or red still holds now, not only the wait to leave it
	GreenFor   time.Duration   // how long green's conditions have held at every fast check of production that is not muted
	Waived     []string        // fast checks of production that are muted and not well
	Limited    bool            // a fast check of production is limited: it tells less than it should
	Late       string          // a single late answer just now, in words; "" if none
	Self       monitors.Health // our own machine
	SelfWhy    string
	Controlled bool            // there is a control environment
	Control    monitors.Health // unrelated to both: when it suffers too, the cause is probably ours
	Sink       bool            // our own sink was late just now
	Lapsed     string          // the permit lapsed: why, as far as known; "" if it holds
	Running    int
}

// Verdict is what the guard wants now.
type Verdict struct {
	State   GuardState
	Cause   string
	Why     string
	Ceiling int  // users at most; -1: none
	Cut     bool // pull the brake now
	Renew   bool // the permit may be renewed
	Changed bool // State differs from the last verdict's
	From    GuardState
	OurSide bool    // our own side had trouble at the same moment
	Early   string  // production is red and no load has begun: why; "" otherwise
	Slew    float64 // how much of the guard's own limit of rising holds: 1, or less after a cut
	Level   int     // of a cut: users that ran when it came
}

// Guard is the policy: a state machine without clock, lock or IO. One goroutine
// owns it.
type Guard struct {
	rules   GuardRules
	state   GuardState
	cause   string
	why     string
	since   time.Time
	ceiling int       // of hold and ease
	level   int       // users when the trouble began
	next    time.Time // when ease halves again, or gives some back
	calm    time.Time // since when production has been seen and not red, and we ourselves are well
	pressed time.Time // when slow evidence made production red last
	late    time.Time // newest single late answer
	atLate  int       // users then
	stay    int       // attended: not above this until a key is pressed; -1 none
	reds    int       // cuts for production's red
	limit   int       // after a cut, 80 % of its level; -1 none
	top     int       // that level
	half    int       // after a cut, half its level until that has proved well; -1 none
	proof   time.Time // since when users have run at no more than that and production was green
	proved  bool      // users have stood at limit for long: a press up lifts it
	slow    bool      // the climb after a cut: at half the slew
	stood   time.Time // since when that climb has stood at its limit and production was green
	begun   bool      // more than the one user of the quiet phase has run
	warn    time.Time // until then amber only warns
	last    Reading

	well     time.Time // without a guard: since when our own machine is well
	insisted bool      // and somebody moved the dial up while it was not

	checking bool      // a link check runs: hold and ease are suspended
	before   rung      // where it began
	owed     bool      // it began in a lockout, which its verdict has to lift
	blind    time.Time // since when production is out of sight while it runs
}

// NewGuard returns a guard that runs.
func NewGuard(rules GuardRules) *Guard {
	return &Guard{rules: rules, state: GuardRun, ceiling: none, stay: none, limit: none, half: none}
}

// Step takes one reading and says what is to be done. It is called at every
// change and every 50 ms; only the reading's own time counts.
func (g *Guard) Step(r Reading) Verdict {
	from, ran := g.state, max(r.Running, g.last.Running)
	g.last = r
	g.begun = g.begun || r.Running > 1 || r.Running > 0 && !r.Quiet
	bad, cause, why := g.trouble(r)
	if bad == monitors.Green || cause == CauseAmber {
		if g.calm.IsZero() {
			g.calm = r.Now
		}
	} else {
		g.calm = time.Time{}
	}
	if r.Pressing && r.Production == monitors.Red {
		g.pressed = r.Now
	}
	if r.Late != "" {
		g.late, g.atLate = r.Now, r.Running
	}
	if g.rules.Off {
		g.alone(r)
	} else {
		g.climb(r, bad, cause, why)
		g.prove(r)
	}
	v := Verdict{State: g.state, Cause: g.cause, Why: g.why, Ceiling: g.allowed(r), From: from, Changed: g.state != from}
	v.Cut = v.Changed && (g.state == GuardCut || g.state == GuardLockout)
	v.Renew = !g.latched()
	switch {
	case v.Cut && g.cause == CausePermit: // whoever noticed first has let go of them already
		v.Level = ran
	case v.Cut:
		v.Level = r.Running
	}
	v.OurSide = g.state != GuardRun && ours(g.cause, r)
	if g.rules.Attended && g.early(r) {
		v.Early = r.Why
	}
	v.Slew = 1
	if g.slow {
		v.Slew = slowSlew
	}
	return v
}

// latched tells whether nothing may be sent until a person goes on.
func (g *Guard) latched() bool { return g.state == GuardCut || g.state == GuardLockout }

// trouble names the worst of what speaks against load. Red outranks no sight:
// what is known to fail is not excused by what is not seen.
func (g *Guard) trouble(r Reading) (monitors.Health, string, string) {
	switch {
	case g.rules.Unguarded:
	case r.Production == monitors.Red:
		return monitors.Red, CauseRed, r.beside(CauseRed)
	case r.Production == monitors.NoSight && !r.Unseen && (!r.Quiet || r.Running > 0):
		return monitors.NoSight, CauseNoSight, r.beside(CauseNoSight)
	case r.Production == monitors.Amber && r.Controlled && (r.Control == monitors.Amber || r.Control == monitors.Red):
		return monitors.Amber, CauseOurs, r.beside(CauseOurs)
	case r.Production == monitors.Amber:
		return monitors.Amber, CauseAmber, r.beside(CauseAmber)
	}
	if ourTrouble(r) {
		return monitors.Amber, CauseSelf, r.SelfWhy
	}
	return monitors.Green, "", ""
}

func (g *Guard) climb(r Reading, bad monitors.Health, cause, why string) {
	if g.latched() {
		return
	}
	switch {
	case r.Lapsed != "":
		g.to(GuardCut, CausePermit, r.Lapsed, r)
		return
	case bad == monitors.Red:
		if !g.early(r) {
			g.to(GuardCut, CauseRed, why, r)
			return
		}
		g.level, g.ceiling = 0, 0
		if !r.Quiet { // before the limits are learned, red says little
			g.to(GuardHold, CauseRed, "production is red before any load: "+why, r)
		}
		return
	}
	if g.checking {
		g.checked(r, bad, cause, why)
		return
	}
	switch g.state {
	case GuardRun:
		if bad != monitors.Green && !g.warns(r, cause) {
			g.level, g.ceiling = r.Running, r.Running
			g.to(GuardHold, cause, why, r)
		}
	case GuardHold, GuardEase:
		g.held(r, bad, cause, why)
	}
}

// held decides on the rungs between run and cut.
func (g *Guard) held(r Reading, bad monitors.Health, cause, why string) {
	if g.cause == CauseRed && bad == monitors.Green {
		// There was no load that could have caused it, so there is none to prove.
		g.ceiling = none
		g.to(GuardRun, CauseRed, "production is not red any more", r)
		return
	}
	if g.warns(r, cause) {
		g.ceiling, g.stay = none, none
		g.to(GuardRun, CausePerson, "amber only warns now", r)
		return
	}
	if bad == monitors.Green {
		g.regain(r)
		return
	}
	if cause != g.cause && (!slowness(cause) || !slowness(g.cause)) {
		g.since = r.Now // each cause has its own patience
	}
	g.cause, g.why = cause, why
	lasted := r.Now.Sub(g.since)
	switch {
	case cause == CauseNoSight && lasted >= g.rules.BlindCut:
		g.to(GuardCut, CauseNoSight, why, r)
	case cause == CauseSelf || slowness(cause) && (!r.Pressing || r.Now.Before(g.warn)):
		// Our own machine is short of breath, amber is only waiting to be left, or
		// only warns beside a check that is limited: fewer users would change nothing.
	case g.state == GuardHold && lasted >= g.easeAfter(cause):
		since := g.since
		g.to(GuardEase, cause, why, r)
		g.since = since // no sight counts from its beginning
		g.halve(r)
	case g.state == GuardEase && !r.Now.Before(g.next):
		g.halve(r)
	}
}

func (g *Guard) easeAfter(cause string) time.Duration {
	if cause == CauseNoSight {
		return g.rules.BlindEase
	}
	return g.rules.EaseAfter
}

func (g *Guard) halve(r Reading) {
	g.ceiling = min(g.ceiling, r.Running) / 2
	g.next = r.Now.Add(g.rules.EaseEvery)
}

// regain gives back what was taken. Production's own amber has hysteresis
// already; our own trouble must stay away for SightAfter first.
func (g *Guard) regain(r Reading) {
	if g.cause != CauseAmber && r.Now.Sub(g.calm) < g.rules.SightAfter {
		return
	}
	if g.state == GuardEase && g.ceiling < g.level {
		if r.Now.Before(g.next) {
			return
		}
		g.ceiling = min(g.level, g.ceiling+max(1, g.level/10))
		g.next = r.Now.Add(g.rules.Regain)
		if g.ceiling < g.level {
			return
		}
	}
	if g.rules.Attended {
		g.stay = g.level
	}
	g.ceiling = none
	g.to(GuardRun, g.cause, "production is green again", r)
}

func (g *Guard) to(s GuardState, cause, why string, r Reading) {
	if s == GuardCut {
		if g.state == GuardRun || g.level == 0 {
			g.level = r.Running
		}
		g.proof, g.stood, g.proved = time.Time{}, time.Time{}, false
		if cause != CausePermit { // our own standing still says nothing about a level
			g.cap(g.level)
		}
		if cause == CauseRed {
			if g.reds++; g.reds >= 2 {
				s = GuardLockout
			}
		}
	}
	g.state, g.cause, g.why, g.since = s, cause, why, r.Now
}

// allowed is the ceiling of this moment.
func (g *Guard) allowed(r Reading) int {
	least := none
	lower := func(n int) {
		if n >= 0 && (least < 0 || n < least) {
			least = n
		}
	}
	if r.Quiet {
		lower(1)
	}
	if g.latched() || g.early(r) {
		return 0
	}
	if g.rules.Off || g.checking {
		if g.rules.Off && g.state == GuardHold {
			lower(g.ceiling)
		}
		return least
	}
	if g.rules.Unguarded || g.rules.Unleased {
		lower(g.rules.FewUsers)
	}
	lower(g.limit)
	lower(g.half)
	switch g.state {
	case GuardHold, GuardEase:
		lower(g.ceiling)
	case GuardRun:
		lower(g.stay)
		if !g.late.IsZero() && r.Now.Sub(g.late) < g.rules.Pause {
			lower(g.atLate)
		}
	}
	return least
}
