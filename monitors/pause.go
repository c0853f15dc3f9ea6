package monitors

import (
	"math"
	"runtime/metrics"
	"time"
)

// pauses is the runtime's histogram of how long the garbage collector stopped
// this whole program.
const pauses = "/sched/pauses/total/gc:seconds"

// pauseGauge tells the longest pause since it was last asked.
type pauseGauge struct{ before []uint64 }

func (g *pauseGauge) longest() time.Duration {
	s := []metrics.Sample{{Name: pauses}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindFloat64Histogram {
		return 0 // this runtime does not tell
	}
	h := s[0].Value.Float64Histogram()
	first := len(g.before) != len(h.Counts)
	longest := 0.0
	for i, n := range h.Counts {
		if !first && n > g.before[i] {
			// The bucket's upper end, unless that is without end.
			if longest = h.Buckets[i+1]; math.IsInf(longest, 0) {
				longest = h.Buckets[i]
			}
		}
	}
	g.before = append(g.before[:0], h.Counts...)
	return time.Duration(longest * float64(time.Second))
}
