package link

import (
	"fmt"
	"math"
	"time"
)

// Progress is a running check in numbers, for the screen.
type Progress struct {
	Pairs    int  `json:"pairs"`
	MaxPairs int  `json:"max_pairs"`
	Sham     bool `json:"sham"` // the halves without load have the sham load now
	Users    int  `json:"users"`

	Effect           // so far, on production's latency
	Evidence float64 `json:"evidence"`
	Line     float64 `json:"line"`   // that the evidence is on its way to
	Toward   float64 `json:"toward"` // share of that way, 0 to 1, in logarithms

	Done   time.Duration `json:"done"`
	Most   time.Duration `json:"most"`   // that is left
	Likely time.Duration `json:"likely"` // that is left when the evidence grows on as so far; else as Most

	Strip []Strip `json:"strip"` // the pairs made
}

// Strip is one pair of the ON/OFF strip.
type Strip struct {
	OnFirst    bool    `json:"on_first"`
	Sham       bool    `json:"sham,omitempty"`
	Amber      bool    `json:"amber,omitempty"`
	Lost       bool    `json:"lost,omitempty"`
	Difference float64 `json:"difference"` // of production's latency, on over off: 0.1 is +10 %
}

// Progress returns how far the check is.
func (c *Check) Progress() Progress {
	profile := c.setup.Profile
	pair := 2 * profile.Half
	p := Progress{
		Pairs: len(c.pairs), MaxPairs: profile.MaxPairs, Sham: c.sham, Users: c.users,
		Effect:   c.effect(c.latencies(-1, all), c.quietScales[0]),
		Evidence: c.production.value, Line: profile.line(),
		Done: time.Duration(c.half) * profile.Half,
		Most: time.Duration(2*profile.MaxPairs-c.half) * profile.Half,
	}
	if c.verdict != nil {
		p.Most = 0
	}
	// What is missing with the sham load may be more than the line itself.
	if c.shamPairs > 0 && c.shamBest < shamLine {
		p.Line = max(p.Line, c.production.value*shamLine/c.withSham)
	}
	if p.Evidence > 1 {
		p.Toward = min(1, math.Log(p.Evidence)/math.Log(p.Line))
	}
	p.Likely = p.Most
	if n := len(c.pairs); n >= 3 && p.Evidence > 1 && p.Evidence < p.Line {
		more := math.Ceil(float64(n) * (math.Log(p.Line)/math.Log(p.Evidence) - 1))
		more = max(more, float64(profile.MinPairs-n))
		p.Likely = min(p.Most, time.Duration(min(more, 64))*pair)
	}
	for i := range c.pairs {
		q := &c.pairs[i]
		p.Strip = append(p.Strip, Strip{
			OnFirst: q.onFirst, Sham: q.sham, Amber: q.amber, Lost: q.lost, Difference: math.Expm1(min(most, q.d[0])),
		})
	}
	return p
}

// Words says in one line how far the check is.
func (p Progress) Words() string {
	switch {
	case p.Pairs == 0:
		return fmt.Sprintf("load goes on and off in a random order; at most %s", clock(p.Most))
	case p.Sham:
		return fmt.Sprintf("pair %d of %d: production seems to follow (%s); now trying whether it is our own machine", p.Pairs, p.MaxPairs, signedPercent(p.Estimate))
	}
	return fmt.Sprintf("pair %d of %d: production with load %s, somewhere in %s to %s", p.Pairs, p.MaxPairs,
		signedPercent(p.Estimate), signedPercent(p.Low), signedPercent(p.High))
}
