package link

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// ErrNoisy is what New returns when production is too noisy to tell anything.
var ErrNoisy = errors.New("production is too noisy")

const (
	defaultTimeout = 2 * time.Second
	leastQuiet     = 6   // halves of the quiet phase that a check needs
	shamLine       = 34  // evidence of the pairs with sham load that is enough: a machine no control sees passes in under 3 %
	bareLine       = 100 // evidence of the pairs without sham load that "our own machine" needs
	controlLine    = 20  // evidence of production less a control that is enough
	noLinkBelow    = 20  // evidence from which "no link seen" waits for the last pair
	boundLine      = 40  // one-sided 97.5 %; the other 2.5 % are for the end
	intervalLine   = 80  // two-sided 97.5 %
	amberWindow    = 6   // pairs
	amberMost      = 3   // amber pairs among them halve what is to come
	fewestSham     = 4   // pairs with sham load before they count
	manySham       = 8   // after which they should have shown something
	wantedRatio    = 10  // requests to staging, on over off
	wantedSuccess  = 0.95
	mostLeft       = 0.1 // of the load, in what counts of the halves without
)

// Check is a running check. Ask Next what to do, do it, and tell Observe, until
// Next has no more. It may be stopped at any moment: what was learned stays valid.
type Check struct {
	setup    Setup
	discard  time.Duration
	coins    Assignment
	layout   *layout
	forecast Forecast

	dips  bool // the level is a tester's own: it is not halved, and may fail
	users int  // in halves that are on, now
	sham  bool
	first summary // of the half before, when half is odd
	obs   Observation
	half  int // that comes next
	pairs []pair

	skipped []pair // made before it: of these only amber counts
	afterOn bool   // the last of them ended with load

	production  *evidence
	controls    []judged
	quietScales []scale // production's, by channel
	quietFor    time.Duration
	withSham    float64 // evidence of the pairs with sham load
	shamBest    float64
	without     float64 // of the pairs without
	bestBare    float64
	shamPairs   int
	lost        int

	sent   [2]int // off, on
	halves [2]int
	told   [2]float64 // halves that sent is the count of
	busy   float64    // sum over the halves that are on
	had    time.Duration
	waited time.Duration // both in the halves that are on
	flying [2]float64    // off, on: sums over the halves of the requests under way
	// Where a half without load came after one with: how many requests were under way when
	// it began, and how many of them still were when it began to count.
	before, lingers int
	success         int
	rateOn          rate

	last    bool // all pairs are made: the exact tests and their bounds hold
	p       pValues
	verdict *Verdict
}

// pValues are the exact tests that a verdict rests on, as far as they were made.
type pValues struct{ own, sham, work *float64 }

// judged is a control and what was found with it.
type judged struct {
	env        Env
	itself     *evidence // that it moves with the load, on pairs without sham load
	difference *evidence // that production moves more
	scale      scale     // of production less control, in quiet
	own        scale     // of the control itself, in quiet
	lost       int       // pairs in which it did not answer
	pItself    *float64  // exact test that it moves, if that was made
	pLess      *float64  // exact test that production moves more, if that was made
}

type rate struct {
	requests int
	halves   int
}

type pair struct {
	onFirst   bool
	sham      bool
	lost      bool
	amber     bool
	amplitude float64 // relative to the first
	users     int
	d         []float64
	controls  [][]float64
	rates     [][2]float64 // of the counters, off and on
}

// New begins a check from the halves of a quiet phase: without load, one after
// the other without gaps, each as long as the profile's. It fails with ErrNoisy
// when production is too noisy for a check to tell anything; the forecast says
// how noisy.
func New(s Setup, quiet []Observation) (*Check, error) {
	c, err := prepare(s, quiet, leastQuiet)
	if err != nil {
		return nil, err
	}
	if c.forecast.Refused {
		return nil, fmt.Errorf("begin the link check: %w: %s", ErrNoisy, c.forecast.Words())
	}
	return c, nil
}

func prepare(s Setup, quiet []Observation, least int) (*Check, error) {
	s.Profile.MaxPairs -= s.skip
	if err := s.Profile.validate(); err != nil {
		return nil, err
	}
	if s.Timeout <= 0 {
		s.Timeout = defaultTimeout
	}
	if s.OffUsers < 0 || s.Users <= s.OffUsers {
		return nil, fmt.Errorf("begin the link check: %s with load is no more than the %d of the halves without", level(s.Users, s.Unit), s.OffUsers)
	}
	if len(quiet) < least {
		return nil, fmt.Errorf("begin the link check: %d halves of quiet are too few, it needs %d", len(quiet), least)
	}
	c := &Check{setup: s, discard: max(s.Profile.Discard, 3*s.StagingP95), users: s.Users, withSham: 1, shamBest: 1, without: 1, bestBare: 1}
	if why := s.Profile.TooSlow(s.StagingP95); why != "" {
		return nil, errors.New("begin the link check: " + why)
	}
	c.coins = Assign(s.Seed, s.Profile.MaxPairs+s.skip)[s.skip:]
	c.layout = learn(quiet, s.Asked, c.discard, s.Profile.Half, s.Timeout)
	if c.layout.servers == 0 {
		return nil, errors.New("begin the link check: no check of production was seen in the quiet phase")
	}
	c.start(quiet)
	return c, nil
}

// Anew is the check for the rest of its order, with a new setup: the pairs made so far do
// not count. What they did to production does: its load is not raised again, and what
// ran last before it is known.
func (c *Check) Anew(s Setup, quiet []Observation) (*Check, error) {
	s.skip = c.setup.skip + len(c.pairs)
	n, err := New(s, quiet)
	if err != nil {
		return nil, err
	}
	n.users, n.skipped = c.users, append(slices.Clone(c.skipped), c.pairs...)
	n.afterOn = c.wasOn(c.half - 1)
	return n, nil
}

// Slow ends the check, as staging's 95th percentile leaves nothing of its halves: a bound
// would be of half the load against the other half.
func (c *Check) Slow(p95 time.Duration) {
	if c.verdict == nil {
		c.setup.StagingP95 = p95
		c.end(Void, "too slow")
	}
}

// start takes the scales from the differences of neighbouring quiet halves.
func (c *Check) start(quiet []Observation) {
	l := c.layout
	var own [][]float64
	controls := make([][][]float64, len(l.controls))
	less := make([][][]float64, len(l.controls))
	before := l.sum(&quiet[0], c.discard, c.setup.Profile.Half)
	for i := 1; i < len(quiet); i++ {
		now := l.sum(&quiet[i], c.discard, c.setup.Profile.Half)
		if d, ctl, ok := l.differences(now, before); ok {
			own = append(own, d)
			for j := range ctl {
				if ctl[j] != nil {
					controls[j] = append(controls[j], ctl[j])
					less[j] = append(less[j], minus(d, ctl[j]))
				}
			}
		}
		before = now
	}
	c.production = newEvidence(l.channels, own)
	c.quietScales = slices.Clone(c.production.scales)
	for j, env := range l.controls {
		g := judged{env: env, itself: newEvidence(l.channels, controls[j]), difference: newEvidence(l.channels, less[j])}
		g.scale, g.own = g.difference.scales[0], g.itself.scales[0]
		c.controls = append(c.controls, g)
	}
	c.forecast = c.foretell(own)
	c.quietFor = time.Duration(len(quiet)) * c.setup.Profile.Half
}

func minus(a, b []float64) []float64 {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	return d
}

// Forecast returns what the check will be able to see.
func (c *Check) Forecast() Forecast { return c.forecast }

// Assignment returns the order that was drawn before the start.
func (c *Check) Assignment() Assignment { return slices.Clone(c.coins) }

// Next returns the half to do now, and false when the check has ended.
func (c *Check) Next() (Half, bool) {
	if c.verdict != nil {
		return Half{}, false
	}
	n := c.half / 2
	h := Half{
		Index: c.half, Pair: n, Load: Off, Users: c.setup.OffUsers,
		Length: c.setup.Profile.Half, Discard: c.discard,
	}
	switch {
	case c.coins[n] == (c.half%2 == 0):
		h.Load, h.Users = On, c.users
	case c.sham:
		h.Load, h.Sham, h.ShamRate = Sham, c.users-c.setup.OffUsers, c.shamRate()
	}
	return h, true
}

// Observe takes what came of the half that Next gave. It fails when the check
// has ended or the observation is of another half.
func (c *Check) Observe(o Observation) error {
	h, ok := c.Next()
	if !ok {
		return errors.New("observe a half: the check has ended")
	}
	if o.Half != h.Index {
		return fmt.Errorf("observe half %d: half %d was to be done", o.Half, h.Index)
	}
	c.count(h, o)
	if o.Red || o.NoSight {
		c.cut(h, o)
		return nil
	}
	s := c.layout.sum(&o, c.discard, c.setup.Profile.Half)
	c.half++
	if h.Index%2 == 0 {
		c.first, c.obs = s, o
		return nil
	}
	c.pair(h, s, o)
	c.decide()
	return nil
}

// pair bets on a pair that is whole, and chooses how the next one is done.
func (c *Check) pair(h Half, second summary, o Observation) {
	on, off, offSeen := c.first, second, o
	if h.Load == On {
		on, off, offSeen = second, c.first, c.obs
	}
	p := pair{onFirst: c.coins[h.Pair], users: c.users, amber: o.Amber || c.obs.Amber}
	p.amplitude = float64(c.users-c.setup.OffUsers) / float64(c.setup.Users-c.setup.OffUsers)
	var seen bool
	p.d, p.controls, seen = c.layout.differences(on, off)
	p.lost = !seen
	for i := range off.rates {
		p.rates = append(p.rates, [2]float64{off.rates[i], on.rates[i]})
	}
	// A sham load that did not run is no sham load.
	p.sham = c.sham && offSeen.Sham > 0 && float64(offSeen.Sham) >= 0.5*c.shamRate()*c.setup.Profile.Half.Seconds()
	c.pairs = append(c.pairs, p)
	c.first, c.obs = summary{}, Observation{}
	if p.lost {
		c.lost++
		return
	}
	factor := c.production.add(p.d, p.amplitude)
	if p.sham {
		c.shamPairs++
		c.withSham *= factor
		if c.shamPairs >= fewestSham {
			c.shamBest = max(c.shamBest, c.withSham)
		}
	} else {
		c.without *= factor
		c.bestBare = max(c.bestBare, c.without)
	}
	for j := range c.controls {
		if p.controls[j] == nil {
			c.controls[j].lost++
			continue
		}
		c.controls[j].difference.add(minus(p.d, p.controls[j]), p.amplitude)
		if !p.sham {
			c.controls[j].itself.add(p.controls[j], p.amplitude)
		}
	}
	c.chooseSham()
	c.halve()
}

// chooseSham fills the halves without load once there is evidence, until it has
// gone again. When production does not follow against the sham load, every other
// pair goes without it, to learn whether it still follows then. Late in the check
// little evidence is enough, so that what only shows in the last look has been
// put to this test, too.
func (c *Check) chooseSham() {
	p := c.setup.Profile
	if p.ShamFrom == 0 {
		return
	}
	e, from := c.production.value, p.ShamFrom
	if len(c.pairs) >= p.MaxPairs*2/3 {
		from = min(from, 2)
	}
	vanishes := c.shamPairs >= manySham && c.withSham < 2
	c.sham = (e >= from || (c.sham && e >= from/4)) && !(vanishes && c.pairs[len(c.pairs)-1].sham)
}

// halve takes back half of the load for the pairs to come when production was
// amber in three of the last six. Half of 5 users is 3: with 2 an effect of 20 %
// would shrink to 8 %, too little for the pairs that are left.
func (c *Check) halve() {
	amber := 0
	made := append(slices.Clone(c.skipped), c.pairs...)
	for _, p := range made[max(0, len(made)-amberWindow):] {
		if p.amber && p.users == c.users {
			amber++
		}
	}
	if amber < amberMost || c.dips {
		return
	}
	over := c.users - c.setup.OffUsers
	half := (over + 1) / 2
	c.users = c.setup.OffUsers + half
	c.rateOn = rate{requests: int(math.Round(c.rateOn.perHalf() * float64(half) / float64(over))), halves: 1}
}

// cut ends the check because the guard has cut the load.
func (c *Check) cut(h Half, o Observation) {
	// What turns red just after the load has gone was under load a moment before:
	// it takes some probes to see it.
	afterOn := h.Load != On && c.wasOn(h.Index-1) && o.RedAt < min(c.discard+time.Second, h.Length/2)
	switch {
	case o.Red && (h.Load == On || afterOn):
		c.end(Suspected, "red under load")
	case o.Red:
		c.end(Inconclusive, "red without load")
	default:
		c.end(Inconclusive, "no sight")
	}
}

// wasOn tells whether a half had the load.
func (c *Check) wasOn(index int) bool {
	if index < 0 {
		return c.afterOn
	}
	return c.coins[index/2] == (index%2 == 0)
}

// Stop ends the check on somebody's order, with the verdict that what was
// learned so far allows. why is for the record.
func (c *Check) Stop(why string) {
	if c.verdict == nil {
		c.stopped(why)
	}
}

// Done says whether the check has ended.
func (c *Check) Done() bool { return c.verdict != nil }
