package link

import (
	"iter"
	"math"
)

// look is everything the decision rests on, worked out at one moment.
type look struct {
	own, plain []float64 // latency differences: all pairs, those without sham load
	bound      float64   // log; the larger of production's own and production less a control
	boundOwn   float64
	boundLess  float64
}

// rows returns the differences by channel, weighted with the amplitude.
func (c *Check) rows(of func(p *pair) []float64) [][]float64 {
	var rows [][]float64
	for i := range c.pairs {
		p := &c.pairs[i]
		if p.lost {
			continue
		}
		d := of(p)
		if d == nil {
			continue
		}
		row := make([]float64, len(d))
		for j := range d {
			if usable(d[j]) { // What was not measured speaks for neither sign.
				row[j] = p.amplitude * d[j]
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// latencies returns the latency differences of the pairs that keep wants, less
// those of a control when j is not negative.
func (c *Check) latencies(j int, keep func(p *pair) bool) []float64 {
	var ds []float64
	for i := range c.pairs {
		p := &c.pairs[i]
		if p.lost || !keep(p) || j >= 0 && p.controls[j] == nil {
			continue
		}
		d := p.d[0]
		if j >= 0 {
			d -= p.controls[j][0]
		}
		ds = append(ds, d)
	}
	return ds
}

// atFullLoad returns the latency differences of the pairs that keep wants, as the
// first amplitude would have made them: the pairs after production was amber are
// made with less load, and it is those that have the sham load.
func (c *Check) atFullLoad(keep func(p *pair) bool) []float64 {
	var ds []float64
	for i := range c.pairs {
		if p := &c.pairs[i]; !p.lost && keep(p) {
			ds = append(ds, p.d[0]/p.amplitude)
		}
	}
	return ds
}

func all(*pair) bool        { return true }
func plain(p *pair) bool    { return !p.sham }
func withSham(p *pair) bool { return p.sham }

// look works the bounds out. At the end, a bound from the normal distribution of
// the mean is added; until then only those hold that may be looked at any time.
func (c *Check) look() look {
	v := look{own: c.latencies(-1, all), plain: c.latencies(-1, plain)}
	v.boundOwn = c.upperOf(v.own, c.quietScales[0])
	if len(v.plain) < len(v.own) {
		// Where our own machine is to blame, the sham load hides it in the halves
		// without load: what those pairs show is no bound.
		v.boundOwn = max(v.boundOwn, c.upperOf(v.plain, c.quietScales[0]))
	}
	v.bound = v.boundOwn
	for j := range c.seen() {
		v.boundLess = max(v.boundLess, c.upperOf(c.latencies(j, all), c.controls[j].scale))
	}
	v.bound = max(v.bound, v.boundLess)
	return v
}

func (c *Check) upperOf(ds []float64, s scale) float64 {
	u := upper(ds, s, boundLine)
	if c.last && len(ds) >= c.setup.Profile.MinPairs {
		n := len(ds)
		u = min(u, mean(ds)+student(1.96, n)*deviation(ds)/math.Sqrt(float64(n)))
	}
	return min(max(u, 0), most)
}

// seen yields the controls that answered in nine of ten pairs: what was not there
// vouches for nothing, and stands in the way of nothing.
func (c *Check) seen() iter.Seq[int] {
	return func(yield func(int) bool) {
		for j := range c.controls {
			if c.unseen(j) {
				continue
			}
			if !yield(j) {
				return
			}
		}
	}
}

func (c *Check) unseen(j int) bool { return c.controls[j].lost > max(1, len(c.pairs)/10) }

// ruledOut says whether an effect of t or more is ruled out by all that bounds
// rest on, and in production's counters, without working the bounds out.
func (c *Check) ruledOut(t float64) bool {
	if against(t, 1, c.latencies(-1, all), c.quietScales[0]) < boundLine {
		return false
	}
	if c.shamPairs > 0 && against(t, 1, c.latencies(-1, plain), c.quietScales[0]) < boundLine {
		return false
	}
	for i, ch := range c.layout.channels {
		if ch.kind != Work {
			continue
		}
		if ch.usual == 0 {
			// To what it may have risen is soon known, and there is nothing to hold that
			// against: one that seems to have risen is looked at to the end, where the exact
			// test tells it from chance.
			if r, ok := c.risen(i); !ok || r.climbed || r.more {
				return false
			}
			continue
		}
		if ds, s := c.work(i); !c.measured(i) || against(math.Exp(t/2)-1, 1, ds, s) < boundLine {
			return false
		}
	}
	for j := range c.seen() {
		if against(t, 1, c.latencies(j, all), c.controls[j].scale) < boundLine {
			return false
		}
	}
	return true
}

// decide ends the check when there is enough, or when all pairs are made.
func (c *Check) decide() {
	p := c.setup.Profile
	n := len(c.pairs)
	if n < p.MinPairs && n < p.MaxPairs {
		return
	}
	if why := c.notReceived(); why != "" {
		c.end(Void, why)
		return
	}
	if 10*c.lost > n && (c.lost > 2 || n >= p.MaxPairs) {
		c.end(Void, "probes lost")
		return
	}
	switch {
	case c.workEvidence() >= p.line():
		c.end(Linked, "evidence")
	case c.production.highest >= p.line() && c.apart() && c.shamPassed():
		switch {
		case !c.starved() || !c.countsAlone():
			c.follows("evidence")
		case n >= p.MaxPairs: // what it counts may take longer to say it, and holds
			c.final()
		}
	case n >= p.MaxPairs:
		c.final()
	case c.gone():
		c.end(OwnMachine, "sham load")
	case !c.starved() && c.production.highest < noLinkBelow && c.ruledOut(math.Log1p(p.UMax/2)):
		c.end(NoLinkSeen, "bound")
	}
}

// follows ends the check where production's answers clearly follow the load.
func (c *Check) follows(why string) {
	if c.starved() {
		c.end(OwnMachine, starvedWhy)
		return
	}
	c.end(Linked, why)
}

// apart says whether production moved more than each of the controls did.
func (c *Check) apart() bool {
	for j := range c.seen() {
		if c.controls[j].difference.highest < controlLine {
			return false
		}
	}
	return true
}

func (c *Check) shamPassed() bool {
	return c.setup.Profile.ShamFrom == 0 || c.shamBest >= shamLine
}

// gone says that production clearly followed without the sham load, and no more
// with it: what is left is under a third, and the difference no chance (one-sided
// 5 %; the answer is about our own machine, and not LINKED in either case).
func (c *Check) gone() bool {
	if c.bestBare < bareLine || c.shamBest >= controlLine || c.shamPairs < manySham {
		return false
	}
	bare, sham := c.atFullLoad(plain), c.atFullLoad(withSham)
	lost := mean(bare) - mean(sham)
	spread := math.Hypot(deviation(bare)/math.Sqrt(float64(len(bare))), deviation(sham)/math.Sqrt(float64(len(sham))))
	return mean(sham) < mean(bare)/3 && lost > 1.645*spread
}

// final is the look when all pairs are made: the exact test joins in.
func (c *Check) final() {
	p := c.setup.Profile
	half := p.Alpha / 2
	c.last = true
	own := exact(c.rows(func(p *pair) []float64 { return p.d }), c.setup.Seed)
	c.p.own = &own
	follows := c.production.highest >= p.line() || own <= half
	moved, apart := c.moved(), c.apart()
	switch {
	case follows:
		if !apart {
			apart = true
			for j := range c.seen() {
				less := c.controls[j].difference.highest >= controlLine || c.pLess(j) <= 0.01
				apart = apart && less
			}
		}
		sham := c.shamPassed() || c.pSham() <= half
		switch {
		case c.workFollows(half):
			c.end(Linked, "all pairs")
		case apart && sham:
			c.follows("all pairs")
		case (moved && !apart) || (!sham && c.gone()):
			c.end(OwnMachine, "follows, and so do we")
		default:
			c.end(Inconclusive, "not told apart")
		}
	case moved:
		c.end(OwnMachine, "control moved")
	case c.look().bound > math.Log1p(p.UMax):
		c.end(Inconclusive, "bound")
	case !c.workBounded():
		c.end(Inconclusive, "counter")
	case c.starved(): // beside a long wait of our own a slower production is hardly slower
		c.end(Inconclusive, starvedWhy)
	default:
		c.end(NoLinkSeen, "bound")
	}
}

// pLess is the exact test of production less a control.
func (c *Check) pLess(j int) float64 {
	p := exact(c.rows(func(p *pair) []float64 {
		if p.controls[j] == nil {
			return nil
		}
		return minus(p.d, p.controls[j])
	}), c.setup.Seed+1)
	c.controls[j].pLess = &p
	return p
}

// pSham is the exact test of the pairs with sham load.
func (c *Check) pSham() float64 {
	p := exact(c.rows(func(p *pair) []float64 {
		if p.sham {
			return p.d
		}
		return nil
	}), c.setup.Seed+2)
	c.p.sham = &p
	return p
}

// moved says whether a control followed the load by as much as matters.
func (c *Check) moved() bool {
	for j := range c.seen() {
		if c.movedBy(j) {
			return true
		}
	}
	return false
}

// movedBy says it of one control: a third of what production did, and 2 % of
// production's latency. A sink is so steady that less than that would show.
func (c *Check) movedBy(j int) bool {
	if mean(c.controlLatencies(j)) < max(0.02, mean(c.latencies(-1, plain))/3) {
		return false
	}
	p := exact(c.rows(func(p *pair) []float64 {
		if p.sham || p.controls[j] == nil {
			return nil
		}
		return p.controls[j][:1]
	}), c.setup.Seed+3)
	c.controls[j].pItself = &p
	return p <= 0.01/float64(len(c.controls))
}

// controlLatencies returns the latency differences of a control in the pairs
// without sham load.
func (c *Check) controlLatencies(j int) []float64 {
	var ds []float64
	for i := range c.pairs {
		if p := &c.pairs[i]; !p.lost && !p.sham && p.controls[j] != nil {
			ds = append(ds, p.controls[j][0])
		}
	}
	return ds
}

// stopped gives the verdict of a check that somebody stopped.
func (c *Check) stopped(why string) {
	p := c.setup.Profile
	enough := len(c.pairs) >= p.MinPairs && c.notReceived() == "" && 10*c.lost <= len(c.pairs)
	if enough && !c.starved() && c.production.highest < noLinkBelow && c.ruledOut(math.Log1p(p.UMax)) {
		c.end(NoLinkSeen, "stopped: "+why)
		return
	}
	c.end(Inconclusive, "stopped: "+why)
}
