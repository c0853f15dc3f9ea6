package link

import "math"

// hugest is what a difference may be in shares of a tiny usual value: its square is a
// number still.
const hugest = 1e150

// work returns a counter's differences in the pairs in which it was measured, as
// shares of its usual value; as all Work they are of square roots, so that a rate
// that rises by r differs by √(1+r) - 1.
func (c *Check) work(channel int) ([]float64, scale) {
	usual := c.layout.channels[channel].usual
	var ds []float64
	for i := range c.pairs {
		if p := &c.pairs[i]; !p.lost && usable(p.d[channel]) {
			ds = append(ds, min(max(-hugest, p.d[channel]/usual), hugest))
		}
	}
	s := c.quietScales[channel]
	s.sum, s.floor = s.sum/usual, s.floor/usual
	return ds, s
}

// measured says whether a counter was there in nine of ten pairs, and before them.
// One that was not bounds nothing, however still it stood in the others.
func (c *Check) measured(channel int) bool {
	if c.layout.channels[channel].silent {
		return false
	}
	missing, there := 0, 0
	for i := range c.pairs {
		switch p := &c.pairs[i]; {
		case p.lost:
		case usable(p.d[channel]):
			there++
		default:
			missing++
		}
	}
	return there > 0 && missing <= max(1, len(c.pairs)/10)
}

// countsAlone says whether production counts by itself what it does.
func (c *Check) countsAlone() bool {
	for i, ch := range c.layout.channels {
		if ch.alone && c.measured(i) {
			return true
		}
	}
	return false
}

// workEvidence is what production's own counts add to the evidence. Nothing on our
// side makes a database do more, so that neither controls nor sham load need to
// agree; and as a part of the evidence it is as seldom wrong. A gauge may be of
// this very machine: it counts like an answer's latency.
func (c *Check) workEvidence() float64 {
	sum := 0.0
	for i, ch := range c.layout.channels {
		if ch.alone {
			sum += ch.weight * c.production.of(i)
		}
	}
	return sum
}

// workFollows is the exact test of what databases count, alone.
func (c *Check) workFollows(alpha float64) bool {
	rows := c.rows(func(p *pair) []float64 {
		var d []float64
		for i, ch := range c.layout.channels {
			if ch.alone {
				d = append(d, p.d[i])
			}
		}
		return d
	})
	if len(rows) == 0 {
		return false
	}
	p := exact(rows, c.setup.Seed+4)
	c.p.work = &p
	return p <= alpha
}

// workBound is the bound of a counter's relative rise; useless where it was not
// measured, or stood at 0.
func (c *Check) workBound(channel int) float64 {
	root := 1 + most
	if c.measured(channel) && c.layout.channels[channel].usual > 0 {
		ds, s := c.work(channel)
		root = 1 + c.upperOf(ds, s)
	}
	return root*root - 1
}

// workBounded says whether all counters are as well bounded as latency has to be.
// Of one that stood at 0 it has to be known to what it may have risen, and there is
// no usual noise to hold that against: one that was higher with load than ever
// without must not have risen by more on average than chance would have it.
func (c *Check) workBounded() bool {
	for i, ch := range c.layout.channels {
		if ch.kind == Work && !c.bounded(i) {
			return false
		}
	}
	return true
}

// bounded says it of one counter.
func (c *Check) bounded(channel int) bool {
	if c.layout.channels[channel].usual == 0 {
		r, ok := c.risen(channel)
		return ok && !(r.climbed && c.byChance(r) <= roseLine)
	}
	return c.workBound(channel) <= c.setup.Profile.UMax
}

// morePairs is how many more would bring every bound under UMax; 0 when that is not
// known.
func (c *Check) morePairs(v look) int {
	want := math.Log1p(c.setup.Profile.UMax)
	more := 0
	if v.bound > want {
		if more = morePairs(len(v.own), v.bound, mean(v.own), want); more == 0 {
			return 0
		}
	}
	want = math.Sqrt(1+c.setup.Profile.UMax) - 1
	for i, ch := range c.layout.channels {
		if ch.kind != Work || c.bounded(i) {
			continue
		}
		n := 0
		if c.measured(i) && ch.usual > 0 {
			ds, s := c.work(i)
			n = morePairs(len(ds), c.upperOf(ds, s), mean(ds), want)
		}
		if n == 0 {
			return 0
		}
		more = max(more, n)
	}
	return more
}
