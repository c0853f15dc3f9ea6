package link

import "math"

// Tolerated is how much slower production may become before it counts as harm,
// in the reckoning of how far a check reaches.
const Tolerated = 0.25

// farthest is the largest step up from a checked level. One shared queue would
// allow more, but many parallel servers or a pool hide how near the edge is.
const farthest = 1.5

// Before is what earlier checks told of the level that a check goes on from; of a
// check from nothing it is nothing.
type Before struct {
	Bound float64 // by no more than this does production follow that level: 0.04 is +4 %
	Reach int     // users up to which those checks reach
}

// reach returns up to which level, in users, a check reaches that compared on with
// off users and found no more than bound (0.04: +4 %).
//
// With one queue that both share, response time grows as 1/(1-h) with h the share
// of the headroom eaten, and h grows with the load. What the steps before may have
// eaten is taken off what is tolerated, and what this step may have eaten is spread
// over the users that it was made of: one user more than before tells little of
// fifty more. Beyond 1.5 times the level nothing is concluded.
func (b Before) reach(off, on int, bound float64) int {
	share := func(slower float64) float64 { return slower / (1 + slower) }
	far := farthest * float64(on)
	left := (1+Tolerated)/(1+b.Bound) - 1
	if bound > 0 || left <= 0 {
		far = min(far, float64(off)+float64(on-off)*share(max(0, left))/share(max(bound, 1e-9)))
	}
	return max(b.Reach, int(math.Floor(far+1e-9)))
}
