package link

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// rate is what a counter counts for. A database's own never falls below 0. A gauge that
// does has neither root nor share: in such a half it is not measured.
func (c Counter) rate() float64 {
	if c.Counted {
		return max(0, c.Rate)
	}
	return c.Rate
}

// below says whether a counter was ever below 0.
func (c *Check) below(channel int) bool {
	ch := c.layout.channels[channel]
	counter, _ := slices.BinarySearch(c.layout.counters, ch.name)
	return ch.below || slices.ContainsFunc(c.pairs, func(p pair) bool {
		return p.rates[counter][0] < 0 || p.rates[counter][1] < 0
	})
}

// belowWords says which counters can't be weighed.
func (f Forecast) belowWords() string {
	if len(f.Below) == 0 {
		return ""
	}
	return fmt.Sprintf(" %s was below 0 in the quiet phase, which a check can't weigh: as long as it is below 0 there is no \"no link seen\". Ask for what stays above 0 and rises with work, or take it out.", strings.Join(f.Below, ", "))
}

// rise is how a gauge that stood at 0 in the quiet phase went in the pairs. Of nothing
// there is no share: all is as the gauge measures it.
type rise struct {
	off     float64   // mean without load
	to      float64   // no more than this on average with load, with 95 %
	more    bool      // the mean with load is more than that without
	climbed bool      // with load it was higher than it ever was without
	ds      []float64 // its differences, as shares of the most that was seen
}

// roseLine is how seldom chance alone lets a gauge that stood at 0 seem to rise as much as
// one that leaves a check open: of ten gauges that have no part in the load, nine do not.
const roseLine = 0.1

// byChance is the exact test of such a gauge, alone.
func (c *Check) byChance(r rise) float64 {
	rows := make([][]float64, len(r.ds))
	for i, d := range r.ds {
		rows[i] = []float64{d}
	}
	return exact(rows, c.setup.Seed+5)
}

// risen looks at a gauge that stood at 0; ok is false where it is not known how far it
// rose. Such a gauge moves now and then, so that square roots would make little of it:
// it is taken as it is.
func (c *Check) risen(channel int) (r rise, ok bool) {
	if !c.measured(channel) {
		return rise{}, false
	}
	ch := c.layout.channels[channel]
	counter, _ := slices.BinarySearch(c.layout.counters, ch.name)
	var offs, ons []float64
	for i := range c.pairs {
		if p := &c.pairs[i]; !p.lost && usable(p.d[channel]) {
			offs, ons = append(offs, p.rates[counter][0]), append(ons, p.rates[counter][1])
		}
	}
	without, with := slices.Max(offs), slices.Max(ons)
	unit := max(without, with) // the most that was seen: a bound is not looked for far beyond it
	if unit == 0 {
		return rise{}, true
	}
	ds := make([]float64, len(ons))
	for i := range ds {
		offs[i] /= unit
		ds[i] = ons[i]/unit - offs[i]
	}
	u := c.upperOf(ds, scale{floor: 1e-3})
	off := mean(offs)
	return rise{
		off: min(off*unit, math.MaxFloat64), to: min((off+max(u, 1e-3))*unit, math.MaxFloat64),
		more: mean(ds) > 0, climbed: with > max(without, ch.highest), ds: ds,
	}, u < most
}

// zeroWords says how a gauge went that stood at 0.
func (r ChannelResult) zeroWords() string {
	stood := "stood at 0"
	if *r.StoodAt > 0 {
		stood = fmt.Sprintf("mostly stood at 0 (on average at %s without load)", about(*r.StoodAt))
	}
	switch {
	case r.RoseTo == nil:
		return fmt.Sprintf("Production's %s %s: to what it rose can't be told. ", r.Name, stood)
	case *r.RoseTo == 0:
		return fmt.Sprintf("Production's %s stood at 0, with load as without. ", r.Name)
	case r.Climbed:
		stood += ", was higher with load than ever without"
	}
	return fmt.Sprintf("Production's %s %s, and rose to no more than %s on average. ", r.Name, stood, figure(*r.RoseTo))
}
