package link

import (
	"math"
	"time"
)

// Kind is what a check ended with.
type Kind string

// The verdicts.
const (
	Linked       Kind = "linked"       // production follows staging's load
	Suspected    Kind = "suspected"    // production turned red under load; outside the error rate
	NoLinkSeen   Kind = "no_link_seen" // and the bound is small enough to be worth saying
	Inconclusive Kind = "inconclusive"
	OwnMachine   Kind = "own_machine" // probably our own machine or path moves with the load
	Void         Kind = "void"        // staging did not get the load, or probes were lost
)

// Effect is a relative change with its interval: 0.18 is +18 %. Of errors and
// the tail it is the change of their share of probes.
type Effect struct {
	Estimate float64 `json:"estimate"`
	Low      float64 `json:"low"`  // 95 %, valid at whatever moment one looks
	High     float64 `json:"high"` // 10 and more: not ruled out
}

// ChannelResult is one channel of production at the end.
type ChannelResult struct {
	Kind     ChannelKind `json:"kind"`
	Name     string      `json:"name,omitempty"`
	Estimate float64     `json:"estimate"` // as in Effect
	// Bound is by no more than what a counter rose, with 95 %; null of all else.
	Bound    *float64 `json:"bound,omitempty"`
	Evidence float64  `json:"evidence"`
}

// ControlResult is what was found with a control.
type ControlResult struct {
	Env Env `json:"env"`
	// Effect of the load on it, as a share of production's latency, in the pairs
	// without sham load.
	Effect
	Evidence float64 `json:"evidence"` // that it moves with the load
	Apart    float64 `json:"apart"`    // evidence that production moves more
	Moved    bool    `json:"moved"`
	Seen     bool    `json:"seen"` // in nine of ten pairs; else it says nothing
}

// Verdict is the end of a check with every number it rests on. All numbers are
// finite.
type Verdict struct {
	Verdict Kind   `json:"verdict"`
	Why     string `json:"why"` // which rule ended it, in few fixed words
	Profile string `json:"profile"`
	Mix     string `json:"mix,omitempty"`

	Users     int `json:"users"` // the least of the upper levels used: what was checked
	FirstUser int `json:"users_at_start"`
	OffUsers  int `json:"users_off"`
	Reach     int `json:"reach"` // users up to which "no link seen" reaches; else 0

	Pairs        int     `json:"pairs"`
	MaxPairs     int     `json:"max_pairs"`
	ShamPairs    int     `json:"sham_pairs"`
	LostPairs    int     `json:"lost_pairs"`
	AmberPairs   int     `json:"amber_pairs"` // production was over its amber limits in one of the halves
	Seconds      float64 `json:"seconds"`     // of the loaded part
	HalfSeconds  float64 `json:"half_seconds"`
	UsedSeconds  float64 `json:"used_seconds"` // of each half: slower couplings do not show
	QuietSeconds float64 `json:"quiet_seconds"`

	Effect                    // on production's latency
	Bound             float64 `json:"bound"` // 95 %: by no more than this did production follow; the larger of the next two
	BoundOwn          float64 `json:"bound_own"`
	BoundLessControls float64 `json:"bound_less_controls"`
	UMax              float64 `json:"u_max"`
	SD                float64 `json:"sd"`         // of a pair's difference, log latency
	MDE               float64 `json:"mde"`        // smallest effect that these pairs find with 90 % probability
	MDEBefore         float64 `json:"mde_before"` // forecast for all pairs
	MorePairs         int     `json:"more_pairs"` // that would bring the bound under UMax; 0 when unknown

	Alpha       float64   `json:"alpha"`
	Evidence    float64   `json:"evidence"` // highest reached
	Line        float64   `json:"line"`     // that is enough
	P           *float64  `json:"p"`        // exact, of all pairs; only when all were made
	WithSham    float64   `json:"evidence_with_sham"`
	ShamLine    float64   `json:"sham_line"`
	ShamTo      string    `json:"sham_to,omitempty"`
	ShamEffect  *float64  `json:"sham_effect,omitempty"` // what was left of the effect against the sham load
	Seed        uint64    `json:"seed"`
	Assignment  string    `json:"assignment"` // of the pairs made: + is load first
	Differences []float64 `json:"differences"`

	Channels []ChannelResult `json:"channels"`
	Controls []ControlResult `json:"controls"`

	SentOn  int     `json:"sent_on"`
	SentOff int     `json:"sent_off"`
	Success float64 `json:"success"` // share of SentOn

	Here bool    `json:"here"` // production answered from this machine
	Busy float64 `json:"busy"` // mean share of this machine's processors in use with load
}

// end gives the verdict; endWith the same with the p-value of the last look.
func (c *Check) end(k Kind, why string)                { c.conclude(k, why, nil) }
func (c *Check) endWith(k Kind, why string, p float64) { c.conclude(k, why, &p) }

func (c *Check) conclude(k Kind, why string, p *float64) {
	s := c.setup
	look := c.look(p != nil)
	v := &Verdict{
		Verdict: k, Why: why, Profile: s.Profile.Name, Mix: s.Mix,
		Users: c.users, FirstUser: s.Users, OffUsers: s.OffUsers,
		Pairs: len(c.pairs), MaxPairs: s.Profile.MaxPairs, ShamPairs: c.shamPairs, LostPairs: c.lost,
		Seconds:     (time.Duration(c.halves[0]+c.halves[1]) * s.Profile.Half).Seconds(),
		HalfSeconds: s.Profile.Half.Seconds(), UsedSeconds: (s.Profile.Half - c.discard).Seconds(),
		QuietSeconds: s.Profile.Quiet.Seconds(),
		Effect:       c.effect(look.own, c.quietScales[0], p != nil),
		Bound:        math.Expm1(look.bound), BoundOwn: math.Expm1(look.boundOwn), BoundLessControls: math.Expm1(look.boundLess),
		UMax: s.Profile.UMax, SD: c.forecast.SD, MDEBefore: c.forecast.MDE,
		Alpha: s.Profile.Alpha, Evidence: c.production.highest, Line: s.Profile.line(), P: p,
		WithSham: c.shamBest, ShamLine: shamLine, ShamTo: s.ShamTo, Seed: s.Seed,
		Assignment: c.coins[:len(c.pairs)].String(), Differences: append([]float64{}, look.own...),
		SentOn: c.sent[1], SentOff: c.sent[0],
	}
	if len(look.own) >= s.Profile.MinPairs {
		v.SD = deviation(look.own)
	}
	for i := range c.pairs {
		if c.pairs[i].amber {
			v.AmberPairs++
		}
	}
	v.MDE = mde(v.SD, len(look.own))
	if c.sent[1] > 0 {
		v.Success = float64(c.success) / float64(c.sent[1])
	}
	v.Here, v.Busy = s.Here, c.busy/float64(max(1, c.halves[1]))
	if k == NoLinkSeen {
		v.Reach = Reach(c.users, v.Bound)
	}
	if k == Inconclusive {
		v.MorePairs = morePairs(len(look.own), look.bound, mean(look.own), math.Log1p(v.UMax))
	}
	if c.shamPairs > 0 {
		left := math.Expm1(mean(c.latencies(-1, withSham)))
		v.ShamEffect = &left
	}
	c.channelResults(v, p != nil)
	c.verdict = v
}

// morePairs extrapolates: the distance of a bound from the mean shrinks with the
// root of the number of pairs.
func morePairs(n int, bound, mean, want float64) int {
	if n == 0 || mean >= want || bound >= most || bound <= want {
		return 0
	}
	ratio := (bound - mean) / (want - mean)
	return int(min(1e4, math.Ceil(float64(n)*(ratio*ratio-1))))
}

// effect is the mean difference with an interval of 95 %.
func (c *Check) effect(ds []float64, s scale, final bool) Effect {
	lo, hi := lower(ds, s, intervalLine), upper(ds, s, intervalLine)
	m := mean(ds)
	if n := len(ds); final && n >= c.setup.Profile.MinPairs {
		half := student(2.2414, n) * deviation(ds) / math.Sqrt(float64(n))
		lo, hi = max(lo, m-half), min(hi, m+half)
	}
	return Effect{Estimate: math.Expm1(m), Low: math.Expm1(min(lo, m)), High: math.Expm1(max(hi, m))}
}

func (c *Check) channelResults(v *Verdict, final bool) {
	counter := 0
	for i, ch := range c.layout.channels {
		r := ChannelResult{Kind: ch.kind, Name: ch.name, Evidence: c.production.of(i)}
		sum, n := 0.0, 0
		off, on := 0.0, 0.0
		for j := range c.pairs {
			p := &c.pairs[j]
			if p.lost {
				continue
			}
			sum += p.d[i]
			n++
			if ch.kind == Work && usable(p.rates[counter][0]) && usable(p.rates[counter][1]) {
				off += p.rates[counter][0]
				on += p.rates[counter][1]
			}
		}
		switch ch.kind {
		case Work:
			counter++
			if off > 0 && usable(on/off) {
				r.Estimate = on/off - 1
			}
			bound := c.workBound(i, final)
			r.Bound = &bound
		case Errors, Tail:
			r.Estimate = sum / float64(max(1, n))
		default:
			r.Estimate = math.Expm1(sum / float64(max(1, n)))
		}
		v.Channels = append(v.Channels, r)
	}
	for j := range c.controls {
		g := &c.controls[j]
		v.Controls = append(v.Controls, ControlResult{
			Env: g.env, Effect: c.effect(c.controlLatencies(j), g.own, false),
			Evidence: g.itself.highest, Apart: g.difference.highest, Moved: !c.unseen(j) && c.movedBy(j), Seen: !c.unseen(j),
		})
	}
}

// Verdict returns the end of the check; ok is false while it runs.
func (c *Check) Verdict() (v Verdict, ok bool) {
	if c.verdict == nil {
		return Verdict{}, false
	}
	return *c.verdict, true
}
