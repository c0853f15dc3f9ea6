package link

import (
	"fmt"
	"math"
	"slices"
	"strings"
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
	Refused bool          `json:"refused"` // MDE is above the profile's MDEMax, and that of every counter: no check is begun
	// Counters are the same of production's counters, each seen in most of the quiet phase.
	Counters []CounterForecast `json:"counters,omitempty"`
	// Silent are counters that gave no number in the quiet phase. Of these Databases are
	// those that a database counts and that are asked, and Unasked those that nobody asks.
	Silent    []string `json:"silent,omitempty"`
	Databases []string `json:"silent_databases,omitempty"`
	Unasked   []string `json:"unasked,omitempty"`
	// Below are counters that were below 0 in it.
	Below []string `json:"below_zero,omitempty"`
	// Reach is how many users a check that finds nothing will most likely reach to,
	// and ReachBefore to how many those before it do.
	Reach       int `json:"reach"`
	ReachBefore int `json:"reach_before,omitempty"`
	// Unit is what Reach counts; empty: users.
	Unit string `json:"unit,omitempty"`
}

// CounterForecast is what a check will be able to see of a counter.
type CounterForecast struct {
	Name string  `json:"name"`
	MDE  float64 `json:"mde"` // smallest rise (0.09: +9 %) that would be found with 90 % probability
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
	p, s := c.setup.Profile, c.setup
	sd, _ := spread(quiet, 0)
	f := Forecast{Profile: p.Name, SD: sd, Longest: p.Longest() - p.Quiet, ReachBefore: s.Before.Reach, Unit: s.Unit}
	f.MDE = mde(f.SD, p.MaxPairs)
	f.Refused = f.MDE > p.MDEMax
	f.Reach = s.Before.reach(s.OffUsers, s.Users, math.Expm1(min(most, 1.96*f.SD/math.Sqrt(float64(p.MaxPairs)))))
	for i, ch := range c.layout.channels {
		if ch.kind != Work {
			continue
		}
		switch {
		case ch.below:
			f.Below = append(f.Below, ch.name)
			continue
		case ch.silent:
			f.Silent = append(f.Silent, ch.name)
			switch {
			case slices.Contains(s.Unasked, ch.name):
				f.Unasked = append(f.Unasked, ch.name)
			case ch.alone:
				f.Databases = append(f.Databases, ch.name)
			}
		}
		sd, n := spread(quiet, i)
		if n < len(quiet)/2 || n < 2 || ch.usual == 0 { // of nothing there is no share
			continue
		}
		// Of square roots, and seen as well as the number of pairs allows.
		root := 1 + detectable*max(sd, ch.floor)/ch.usual/math.Sqrt(float64(p.MaxPairs))
		rise := min(root*root-1, math.Expm1(most))
		f.Counters = append(f.Counters, CounterForecast{Name: ch.name, MDE: rise})
		f.Refused = f.Refused && rise > p.MDEMax
	}
	return f
}

// spread is the standard deviation of a channel in the quiet phase, about zero, and
// in how many differences it was measured.
func spread(quiet [][]float64, channel int) (sd float64, n int) {
	squares := 0.0
	for _, d := range quiet {
		if usable(d[channel]) {
			squares += d[channel] * d[channel]
			n++
		}
	}
	return math.Sqrt(squares / float64(max(1, n))), n
}

// best returns the counter that shows the least.
func (f Forecast) best() (b CounterForecast, ok bool) {
	for _, c := range f.Counters {
		if !ok || c.MDE < b.MDE {
			b, ok = c, true
		}
	}
	return b, ok
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
	counter, counted := f.best()
	if f.Refused {
		remedy := "Watch a counter of its database, or try at another time."
		if counted {
			remedy = fmt.Sprintf("Of its counters %s shows the least, a rise of %s. Watch one that is steadier, or try at another time.", counter.Name, percent(counter.MDE))
		}
		return fmt.Sprintf("Production is too noisy to check now: in %s only a change of %s or more could be seen. %s%s", clock(f.Longest), percent(f.MDE), remedy, f.silentWords()+f.belowWords())
	}
	b := fmt.Sprintf("With this noise a check of at most %s sees a change of about %s or more", clock(f.Longest), percent(f.MDE))
	if counted {
		b += fmt.Sprintf(", and a rise of %s of %s", counter.Name, percent(counter.MDE))
	}
	b += "." + f.silentWords() + f.belowWords()
	if f.ReachBefore > 0 && f.Reach <= f.ReachBefore {
		b += fmt.Sprintf(" The step up is small for that: a clean check would most likely reach no further than before (to %s). Go up more first, within what was checked.", level(f.ReachBefore, f.Unit))
	}
	return b
}

// silentWords says which counters are missed, and what lets databases tell: the check of
// one that only keeps its counts to itself says nothing. A gauge may have any name.
func (f Forecast) silentWords() string {
	var b strings.Builder
	if len(f.Unasked) > 0 {
		fmt.Fprintf(&b, " %s gave no number in the quiet phase, as nobody asks it: there is no \"no link seen\".", strings.Join(f.Unasked, ", "))
	}
	asked := slices.DeleteFunc(slices.Clone(f.Silent), func(name string) bool { return slices.Contains(f.Unasked, name) })
	if len(asked) == 0 {
		return b.String()
	}
	fmt.Fprintf(&b, " %s gave no number in the quiet phase: as long as it gives none there is no \"no link seen\". See what its check says, or take it out.", strings.Join(asked, ", "))
	said := map[string]bool{}
	for _, name := range f.Databases {
		if g := Grant(name); g != "" && !said[g] {
			said[g] = true
			fmt.Fprintf(&b, " Where that is green, %s.", g)
		}
	}
	return b.String()
}

// grants are what databases have to let a user do so that they tell, by the last word of
// their counters' names.
var grants = map[string]string{
	"transactions": "PostgreSQL has to let the check's user read pg_stat_database",
	"questions":    "MySQL has to let the check's user SHOW GLOBAL STATUS",
	"commands":     "Redis has to let the check's user send INFO (+info)",
}

// Grant is what a database has to allow so that it tells a counter of its own of this name;
// empty where it is not known what that counts.
func Grant(counter string) string { return grants[counter[strings.LastIndexByte(counter, ' ')+1:]] }
