// Package link finds out whether load on staging reaches production.
//
// It switches a gentle load on and off in an order drawn by lot before the
// start, and asks whether production's latency, errors and work counters follow
// that order. Whatever production does on its own account (drift, cron jobs,
// deploys, customers) was not told the order, so nothing about production has to
// be assumed: under "no link" each pair of halves is as likely to differ one way
// as the other, and that alone gives the error rates.
//
// The package is pure: no clock, no IO, no goroutines. [Check] and [Dips] say
// what to do next ([Half]) and are told what came of it ([Observation]);
// somebody else drives the load and the checks of production. Neither type is
// safe for use by several goroutines at once.
package link

import (
	"fmt"
	"time"
)

// Profile is how a check is done. A pair is two halves, one with the load and
// one without.
type Profile struct {
	Name    string        `json:"name"`
	Half    time.Duration `json:"half"`    // length of a half
	Discard time.Duration `json:"discard"` // start of each half that is not used: the switch is still under way
	Quiet   time.Duration `json:"quiet"`   // length of the quiet phase before it, without load
	// MinPairs is the fewest after which a verdict may be given, MaxPairs the most
	// that are made; MaxPairs is at most 64.
	MinPairs int `json:"min_pairs"`
	MaxPairs int `json:"max_pairs"`
	// Alpha bounds the chance of a wrong LINKED when production does not follow
	// staging. Half of it is for stopping early, half for the look at the end.
	Alpha float64 `json:"alpha"`
	// UMax is the largest bound (0.10: +10 %) with which "no link seen" is said.
	UMax float64 `json:"u_max"`
	// MDEMax is the largest smallest effect (0.25: +25 %) with which a check is
	// begun: production that is noisier tells nothing.
	MDEMax float64 `json:"mde_max"`
	// ShamFrom is the evidence from which the halves without load get a sham load
	// that goes elsewhere; 0 for never. The pairs with it go on counting as evidence,
	// so that beginning early costs no time, and what it has to show needs most of
	// the pairs: with 20 the median to LINKED in the bursty noise was 210 s, and
	// 90 % of +20 % were found; with 10, 190 s and 92 %; with 2, 160 s and 96 %.
	ShamFrom float64 `json:"sham_from"`
	// Zero is how long dips stay at zero when they found nothing; 0 for a check.
	Zero time.Duration `json:"zero,omitempty"`
}

// Standard takes at most 8 minutes and sees couplings faster than 4 s.
func Standard() Profile {
	return Profile{
		Name: "standard", Half: 5 * time.Second, Discard: time.Second, Quiet: time.Minute,
		MinPairs: 8, MaxPairs: 48, Alpha: 0.01, UMax: 0.10, MDEMax: 0.25, ShamFrom: 2,
	}
}

// Quick takes at most 145 s with its quiet phase, for couplings that are fast
// and strong. Its bound is weaker.
func Quick() Profile {
	return Profile{
		Name: "quick", Half: 2500 * time.Millisecond, Discard: 500 * time.Millisecond, Quiet: 25 * time.Second,
		MinPairs: 8, MaxPairs: 24, Alpha: 0.01, UMax: 0.20, MDEMax: 0.40, ShamFrom: 2,
	}
}

// Slow takes at most 20 minutes after a quiet phase of 6, for couplings through
// queues, caches and replication that need up to 25 s to show.
func Slow() Profile {
	return Profile{
		Name: "slow", Half: 30 * time.Second, Discard: 5 * time.Second, Quiet: 6 * time.Minute,
		MinPairs: 8, MaxPairs: 20, Alpha: 0.01, UMax: 0.10, MDEMax: 0.25, ShamFrom: 2,
	}
}

// IsItMe is the profile of [Dips]: at most 72 s of dips from the present level,
// and a minute at zero when they told nothing.
func IsItMe() Profile {
	return Profile{
		Name: "is it me?", Half: 3 * time.Second, Discard: time.Second, Quiet: 18 * time.Second,
		MinPairs: 5, MaxPairs: 12, Alpha: 0.01, UMax: 0.10, MDEMax: 1, Zero: time.Minute,
	}
}

// longestDip bounds how long a half of dips may be: half a minute of a slow staging
// at zero is still "at once" for whoever looks at a wallboard.
const longestDip = 15 * time.Second

// DipsFor is [IsItMe] for a staging whose 95th percentile is p95: as the start of a
// half does not count until three times that has passed, slow ones get longer halves.
func DipsFor(p95 time.Duration) Profile {
	p := IsItMe()
	if half := (6*p95 + 500*time.Millisecond - 1).Truncate(500 * time.Millisecond); half > p.Half {
		p.Half = min(half, longestDip)
		p.Quiet = 6 * p.Half
	}
	return p
}

// Named returns the profile of a name: standard, quick or slow; an empty name
// is standard.
func Named(name string) (Profile, error) {
	switch name {
	case "", "standard":
		return Standard(), nil
	case "quick":
		return Quick(), nil
	case "slow":
		return Slow(), nil
	}
	return Profile{}, fmt.Errorf("unknown link check profile %q: use quick, standard or slow", name)
}

// TooSlow says why a staging whose 95th percentile is p95 is too slow for the profile,
// and what helps; empty where it is not.
func (p Profile) TooSlow(p95 time.Duration) string {
	if max(p.Discard, 3*p95) <= p.Half/2 {
		return ""
	}
	way := slower(p.Half, p95)
	if p.Zero > 0 {
		way = easeFirst
	}
	return fmt.Sprintf("staging answers in %v, too slow for halves of %v: %s", p95.Round(10*time.Millisecond), p.Half, way)
}

// slower is what helps where a staging whose 95th percentile is p95 is too slow for halves
// of a check.
func slower(half, p95 time.Duration) string {
	for _, p := range []Profile{Standard(), Slow()} {
		if p.Half > half && 3*p95 <= p.Half/2 {
			return "use the " + p.Name + " profile"
		}
	}
	return noSlower
}

const (
	noSlower  = "no profile is slow enough for that"
	easeFirst = "ease the load first, then ask again" // dips have no profile to choose
)

// Longest is how long the check takes at most, quiet phase, sham load and time
// at zero included.
func (p Profile) Longest() time.Duration {
	return p.Quiet + time.Duration(p.MaxPairs)*2*p.Half + p.Zero
}

// line is the evidence that is enough to stop early: 1/(Alpha/2) by Ville's
// inequality.
func (p Profile) line() float64 { return 2 / p.Alpha }

func (p Profile) validate() error {
	switch {
	case p.Half <= 0 || p.Discard < 0 || p.Discard > p.Half/2:
		return fmt.Errorf("profile %s: halves of %v with %v discarded leave too little", p.Name, p.Half, p.Discard)
	case p.MinPairs < 1 || p.MaxPairs < p.MinPairs || p.MaxPairs > 64:
		return fmt.Errorf("profile %s: %d to %d pairs are not within 1 to 64", p.Name, p.MinPairs, p.MaxPairs)
	case !(p.Alpha > 0 && p.Alpha < 1) || !(p.UMax > 0) || !(p.MDEMax > 0) || !(p.ShamFrom >= 0):
		return fmt.Errorf("profile %s: alpha, bounds and sham level must be positive numbers", p.Name)
	}
	return nil
}
