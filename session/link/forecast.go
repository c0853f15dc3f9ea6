package link

import (
	"fmt"
	"math"
	"time"
)

// Forecast is what a check will be able to see, told before it starts.
type Forecast struct {
	Profile string `json:"profile"`
	// SD is the standard deviation of the difference of two halves in the quiet
	// phase, in log latency.
	SD float64 `json:"sd"`
	// MDE is the smallest effect (0.09: +9 %) that would be found with 90 %
	// probability if all pairs are made: exp(3.86·SD/√N) - 1.
	MDE     float64       `json:"mde"`
	Longest time.Duration `json:"longest"` // of the loaded part
	Refused bool          `json:"refused"` // MDE is above the profile's MDEMax: no check is begun
}

// NewForecast reckons from the halves of the quiet phase, which follow each
// other without gaps and are as long as those of the check.
func NewForecast(s Setup, quiet []Observation) (Forecast, error) {
	c, err := prepare(s, quiet, leastQuiet)
	if err != nil {
		return Forecast{}, err
	}
	return c.forecast, nil
}

// detectable is the sum of the normal quantiles of 0.995 and 0.90.
const detectable = 2.576 + 1.282

// mde returns the smallest effect found with 90 % probability in n pairs.
func mde(sd float64, n int) float64 {
	if n == 0 {
		return math.Expm1(most)
	}
	return math.Expm1(min(most, detectable*sd/math.Sqrt(float64(n))))
}

func (c *Check) foretell(quiet [][]float64) Forecast {
	squares := 0.0
	for _, d := range quiet {
		squares += d[0] * d[0]
	}
	p := c.setup.Profile
	f := Forecast{Profile: p.Name, SD: math.Sqrt(squares / float64(max(1, len(quiet)))), Longest: p.Longest() - p.Quiet}
	f.MDE = mde(f.SD, p.MaxPairs)
	f.Refused = f.MDE > p.MDEMax
	return f
}

// Needed returns how long the loaded part would have to be to see an effect
// (0.04: +4 %) with 90 % probability.
func (f Forecast) Needed(p Profile, effect float64) time.Duration {
	if !(effect > 0) {
		return 0
	}
	n := math.Ceil(math.Pow(detectable*f.SD/math.Log1p(effect), 2))
	return time.Duration(min(n, 1e6)) * 2 * p.Half
}

// Words says it to a person.
func (f Forecast) Words() string {
	if f.Refused {
		return fmt.Sprintf("Production is too noisy to check now: in %s only a change of %s or more could be seen. Watch a counter of its database, or try at another time.",
			clock(f.Longest), percent(f.MDE))
	}
	return fmt.Sprintf("With this noise a check of at most %s sees a change of about %s or more.", clock(f.Longest), percent(f.MDE))
}

// Tolerated is how much slower production may become before it counts as harm,
// in the reckoning of Reach.
const Tolerated = 0.25

// farthest is the largest step up from a checked level. One shared queue would
// allow more, but many parallel servers or a pool hide how near the edge is.
const farthest = 1.5

// Reach returns up to which level, in users, a check reaches that was made at
// level and found no more than bound (0.04: +4 %). With one queue that both
// share, response time grows as 1/(1-h) with h the share of the headroom eaten,
// and h grows with the load; beyond 1.5 times the level nothing is concluded.
func Reach(level int, bound float64) int {
	k := farthest
	if bound > 0 {
		k = min(k, (Tolerated/(1+Tolerated))/(bound/(1+bound)))
	}
	return int(math.Floor(float64(level) * max(1, k)))
}
