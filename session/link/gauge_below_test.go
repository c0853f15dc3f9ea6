package link

import (
	"slices"
	"strings"
	"testing"
)

// A gauge below 0 has neither root nor share. It is no gauge that stands at 0: it leaves
// the check open, and that is said before the first pair and at the end.
func TestAGaugeBelowZeroIsNotWeighed(t *testing.T) {
	t.Parallel()
	loaded := func(on, off float64) func(h Half) float64 {
		return func(h Half) float64 {
			if h.Load == On {
				return on
			}
			return off
		}
	}
	for _, c := range []struct {
		name        string
		quiet       float64
		rate        func(h Half) float64
		silent      bool
		says        string
		saysAtStart bool
		later       bool
	}{
		{"used - limit", -500, loaded(-10, -500), true, "was below 0 in the quiet phase", true, false},
		{"up from below", -500, loaded(20, -500), true, "was below 0 in the quiet phase", true, false},
		{"all above, later", -500, loaded(20, 10), true, "was below 0 in the quiet phase", true, true},
		{"down from above", 500, loaded(-10, 500), false, "was below 0, which a check can't weigh, or not seen in more than one pair of ten", false, false},
		{"from 0", 0, loaded(0, -1), false, "was below 0, which a check can't weigh, or not seen in more than one pair of ten", false, false},
	} {
		p := gauge(6, 0, 0, 0)
		p.also = func(_ Half, o *Observation) { o.Counters[0].Rate = c.quiet }
		check := p.begin(t, standardSetup())
		f := check.Forecast()
		if slices.Contains(f.Below, "commits") != c.saysAtStart || len(f.Silent) > 0 || strings.Contains(f.Words(), "commits was below 0 in the quiet phase") != c.saysAtStart {
			t.Errorf("%s: foretold %+v: %s", c.name, f, f.Words())
		}
		p.also = func(h Half, o *Observation) { o.Counters[0].Rate = c.rate(h) }
		v := finish(t, check, p)
		r := counterOf(t, v)
		if v.Verdict == NoLinkSeen || r.Seen == nil || *r.Seen || !r.Below || r.Silent != c.silent || r.Bound != nil || r.RoseTo != nil || r.StoodAt != nil {
			t.Errorf("%s: %s (%s), %+v", c.name, v.Verdict, v.Why, r)
		}
		if !c.later && (v.Verdict != Inconclusive || v.Why != "counter" || r.Pairs != 0 || r.Evidence != 1) {
			t.Errorf("%s: %s (%s), measured in %d pairs, evidence %v", c.name, v.Verdict, v.Why, r.Pairs, r.Evidence)
		}
		if w := v.Words(); v.Verdict == Inconclusive && (!strings.Contains(w, c.says) || strings.Contains(w, "stood at 0")) {
			t.Errorf("%s: %s", c.name, w)
		}
	}
}

// One half in fifty below 0 costs its pair, and nothing else.
func TestAGaugeMayOnceBeBelowZero(t *testing.T) {
	t.Parallel()
	p := gauge(6, 100, 0.02, 0)
	c := p.begin(t, standardSetup())
	still := p.also
	p.also = func(h Half, o *Observation) {
		if still(h, o); h.Index == 7 {
			o.Counters[0].Rate = -3
		}
	}
	v := finish(t, c, p)
	r := counterOf(t, v)
	if v.Verdict != NoLinkSeen || !r.Below || r.Silent || r.Pairs != v.Pairs-1 || r.Bound == nil || *r.Bound > v.UMax || strings.Contains(v.Words(), "below 0") {
		t.Errorf("%s (%s), %+v: %s", v.Verdict, v.Why, r, v.Words())
	}
}

// A database's own count never falls below 0: what says so is as much as nothing.
func TestADatabaseIsNeverBelowZero(t *testing.T) {
	t.Parallel()
	p := newPlant(4)
	p.noise, p.counter = 0.02, 0
	p.also = func(_ Half, o *Observation) { o.Counters[0].Rate = -1 }
	if r := counterOf(t, p.run(t, standardSetup())); r.Below || r.Silent || r.Bound == nil || !r.Alone {
		t.Errorf("%+v", r)
	}
}
