package report

import "slices"

// How long production may be out of sight under load and still be called
// untouched: this share of the loaded time, and never more than the seconds
// after which the guard itself would cut.
const (
	blindShare = 0.01
	blindSpan  = 5000 // milliseconds
)

// blind tells whether production was out of sight for too long under load. A
// gap in what was told counts like no sight.
func (b *builder) blind() bool {
	e := b.envs[production]
	var dark int64
	if t := e.time[noSight]; t != nil {
		dark = t.loaded
	}
	for _, g := range b.m.Sure.Gaps {
		if !slices.Contains(g.What, production) {
			continue
		}
		for _, l := range b.levels.list {
			if l.reached > 0 {
				dark += max(0, min(l.to, int64(g.To*1000))-max(l.from, int64(g.From*1000)))
			}
		}
	}
	return e.blind > blindSpan || float64(dark) > blindShare*float64(b.loaded)
}
