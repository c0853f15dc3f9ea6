package link

import (
	"math"
	"slices"
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
	// Bound is by no more than what a counter rose, with 95 %; null of all else, and
	// of a counter that was not seen or that stood at 0.
	Bound *float64 `json:"bound,omitempty"`
	// StoodAt is the mean without load of a gauge that stood at 0 in the quiet phase, and
	// RoseTo to no more than what it came on average with load, with 95 %; null of all
	// else, and where they are not known.
	StoodAt *float64 `json:"stood_at,omitempty"`
	RoseTo  *float64 `json:"rose_to,omitempty"`
	// Climbed says that such a gauge was higher with load than it ever was without.
	Climbed bool `json:"climbed,omitempty"`
	// PRose is the exact test of one that was: how often chance would let it seem to rise as
	// much on average; null of all else.
	PRose    *float64 `json:"p_rose,omitempty"`
	Evidence float64  `json:"evidence"`
	Weight   float64  `json:"weight"` // of it in the evidence of the whole
	Pairs    int      `json:"pairs"`  // in which it was measured
	// Seen says of a counter whether that is nine of ten; null of all else.
	Seen *bool `json:"seen,omitempty"`
	// Silent says that a counter gave no number in the quiet phase that could be weighed: it
	// counts as not seen.
	Silent bool `json:"silent,omitempty"`
	// Below says that a gauge was below 0 at some time: it counts as not seen in such halves.
	Below bool `json:"below_zero,omitempty"`
	// Alone says that a database counts it: it is enough for LINKED without the sham load.
	Alone bool `json:"alone,omitempty"`
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
	// P and PApart are the exact tests that it moves and that production moves more,
	// where the verdict rests on them.
	P      *float64 `json:"p,omitempty"`
	PApart *float64 `json:"p_apart,omitempty"`
	// Differences are its own, by pair, as production's are; null where it did not answer.
	Differences []*float64 `json:"differences"`
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
	// Unit is what these count, such as req/s; empty: users.
	Unit string `json:"unit,omitempty"`
	// Whole is by no more than this that production followed Users against nothing:
	// the bound of this check and of those that cleared OffUsers, one after the other.
	Whole float64 `json:"bound_whole"`

	Pairs        int     `json:"pairs"`
	MaxPairs     int     `json:"max_pairs"`
	ShamPairs    int     `json:"sham_pairs"`
	LostPairs    int     `json:"lost_pairs"`
	SkippedPairs int     `json:"skipped_pairs"` // of the order, before it was known how slow staging is
	AmberPairs   int     `json:"amber_pairs"`   // production was over its amber limits in one of the halves; those that did not count among them
	Seconds      float64 `json:"seconds"`       // of the loaded part
	HalfSeconds  float64 `json:"half_seconds"`
	UsedSeconds  float64 `json:"used_seconds"`  // of each half: slower couplings do not show
	QuietSeconds float64 `json:"quiet_seconds"` // that were looked at before the first pair

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
	Evidence    float64   `json:"evidence"`              // highest reached
	Line        float64   `json:"line"`                  // that is enough
	P           *float64  `json:"p"`                     // exact, of all pairs; only when all were made
	PWithSham   *float64  `json:"p_with_sham,omitempty"` // of the pairs with sham load, where the verdict rests on it
	PWork       *float64  `json:"p_work,omitempty"`      // of what databases count, where the verdict rests on it
	WorkAlone   float64   `json:"evidence_work"`         // of what databases count
	Bare        float64   `json:"evidence_bare"`         // of the pairs without sham load, highest reached
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
	// Left is how much of the load was still under way in what counts of the halves without.
	Left float64 `json:"load_left"`
	// StagingP95 is staging's 95th percentile in seconds that decided how much of a half
	// counts, or that ended the check as too slow; 0 where none did.
	StagingP95 float64 `json:"staging_p95"`

	Here  bool    `json:"here"`            // production answered from this machine
	Proxy string  `json:"proxy,omitempty"` // through which both load and production's checks went
	Busy  float64 `json:"busy"`            // mean share of this machine's processors in use with load
	// Waiting is the share of the time in which this program could have run with load that
	// it waited for a processor; 0 where that is not known.
	Waiting float64 `json:"waiting"`
}

// end gives the verdict.
func (c *Check) end(k Kind, why string) {
	s := c.setup
	look := c.look()
	if !c.dips && c.left() > mostLeft && (k == NoLinkSeen || k == Inconclusive && (why == "bound" || why == "counter" || why == starvedWhy)) {
		k, why = Void, "load left" // half of an effect is in both halves, and the bound is of the other half
	}
	v := &Verdict{
		Verdict: k, Why: why, Profile: s.Profile.Name, Mix: s.Mix,
		Users: c.users, FirstUser: s.Users, OffUsers: s.OffUsers, Unit: s.Unit,
		Pairs: len(c.pairs), MaxPairs: s.Profile.MaxPairs, ShamPairs: c.shamPairs, LostPairs: c.lost,
		Seconds:     (time.Duration(c.halves[0]+c.halves[1]) * s.Profile.Half).Seconds(),
		HalfSeconds: s.Profile.Half.Seconds(), UsedSeconds: (s.Profile.Half - c.discard).Seconds(),
		QuietSeconds: c.quietFor.Seconds(),
		Effect:       c.effect(look.own, c.quietScales[0]),
		Bound:        math.Expm1(look.bound), BoundOwn: math.Expm1(look.boundOwn), BoundLessControls: math.Expm1(look.boundLess),
		UMax: s.Profile.UMax, SD: c.forecast.SD, MDEBefore: c.forecast.MDE,
		Alpha: s.Profile.Alpha, Evidence: c.production.highest, Line: s.Profile.line(), P: c.p.own,
		PWithSham: c.p.sham, PWork: c.p.work, WorkAlone: c.workEvidence(), Bare: c.bestBare,
		WithSham: c.shamBest, ShamLine: shamLine, ShamTo: s.ShamTo, Seed: s.Seed,
		Assignment: c.coins[:len(c.pairs)].String(), Differences: append([]float64{}, look.own...),
		SentOn: c.sent[1], SentOff: c.sent[0], Left: c.left(), SkippedPairs: s.skip, StagingP95: s.StagingP95.Seconds(),
	}
	if len(look.own) >= s.Profile.MinPairs {
		v.SD = deviation(look.own)
	}
	for _, p := range slices.Concat(c.skipped, c.pairs) {
		if p.amber {
			v.AmberPairs++
		}
	}
	v.MDE = mde(v.SD, len(look.own))
	if c.sent[1] > 0 {
		v.Success = float64(c.success) / float64(c.sent[1])
	}
	v.Here, v.Proxy, v.Busy = s.Here, s.Proxy, c.busy/float64(max(1, c.halves[1]))
	v.Waiting = c.waiting()
	v.Whole = (1+s.Before.Bound)*(1+v.Bound) - 1
	if k == NoLinkSeen {
		v.Reach = s.Before.reach(s.OffUsers, c.users, v.Bound)
	}
	if k == Inconclusive && v.Left <= mostLeft && !c.starved() { // more of the same would be as starved
		v.MorePairs = c.morePairs(look)
	}
	if c.shamPairs > 0 {
		left := math.Expm1(mean(c.latencies(-1, withSham)))
		v.ShamEffect = &left
	}
	c.channelResults(v)
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
func (c *Check) effect(ds []float64, s scale) Effect {
	lo, hi := lower(ds, s, intervalLine), upper(ds, s, intervalLine)
	m := mean(ds)
	if n := len(ds); c.last && n >= c.setup.Profile.MinPairs {
		half := student(2.2414, n) * deviation(ds) / math.Sqrt(float64(n))
		lo, hi = max(lo, m-half), min(hi, m+half)
	}
	return Effect{Estimate: math.Expm1(m), Low: math.Expm1(min(lo, m)), High: math.Expm1(max(hi, m))}
}

func (c *Check) channelResults(v *Verdict) {
	counter := 0
	for i, ch := range c.layout.channels {
		r := ChannelResult{Kind: ch.kind, Name: ch.name, Evidence: c.production.of(i), Weight: ch.weight, Alone: ch.alone, Silent: ch.silent}
		sum, n := 0.0, 0
		off, on := 0.0, 0.0
		for j := range c.pairs {
			p := &c.pairs[j]
			if p.lost || !usable(p.d[i]) {
				continue
			}
			sum += p.d[i]
			n++
			if ch.kind == Work {
				off += p.rates[counter][0]
				on += p.rates[counter][1]
			}
		}
		r.Pairs = n
		switch ch.kind {
		case Work:
			counter++
			if off > 0 && usable(on/off) {
				r.Estimate = on/off - 1
			}
			seen := c.measured(i)
			r.Seen, r.Below = &seen, c.below(i)
			if seen && ch.usual > 0 {
				bound := c.workBound(i)
				r.Bound = &bound
			} else if seen {
				rose, ok := c.risen(i)
				r.StoodAt, r.Climbed = &rose.off, rose.climbed
				if rose.climbed {
					p := c.byChance(rose)
					r.PRose = &p
				}
				if ok {
					r.RoseTo = &rose.to
				}
			}
		case Errors, Tail:
			r.Estimate = sum / float64(max(1, n))
		default:
			r.Estimate = math.Expm1(sum / float64(max(1, n)))
		}
		v.Channels = append(v.Channels, r)
	}
	for j := range c.controls {
		g := &c.controls[j]
		r := ControlResult{
			Env: g.env, Effect: c.effect(c.controlLatencies(j), g.own),
			Evidence: g.itself.highest, Apart: g.difference.highest, Moved: !c.unseen(j) && c.movedBy(j), Seen: !c.unseen(j),
			PApart: g.pLess, Differences: []*float64{},
		}
		r.P = g.pItself
		for i := range c.pairs {
			switch p := &c.pairs[i]; {
			case p.lost: // as in production's
			case p.controls[j] == nil:
				r.Differences = append(r.Differences, nil)
			default:
				r.Differences = append(r.Differences, &p.controls[j][0])
			}
		}
		v.Controls = append(v.Controls, r)
	}
}

// Verdict returns the end of the check; ok is false while it runs.
func (c *Check) Verdict() (v Verdict, ok bool) {
	if c.verdict == nil {
		return Verdict{}, false
	}
	return *c.verdict, true
}
