package link

import (
	"strings"
	"testing"
)

// A counter is there to see what latency does not: a latency that is quickly seen
// to stand still must not end a check in which the counter has only begun to show.
func TestACounterOutlastsAStillLatency(t *testing.T) {
	t.Parallel()
	const runs = 100
	got, early := map[Kind]int{}, 0
	for seed := range uint64(runs) {
		p := newPlant(seed)
		p.noise, p.counter = 0.02, 0.05 // 0.7 standard deviations of a pair
		s := standardSetup()
		s.Seed = seed
		v := p.run(t, s)
		got[v.Verdict]++
		if v.Verdict == NoLinkSeen && v.Pairs < s.Profile.MaxPairs {
			early++ // its own bound may be wrong in one of forty
		}
	}
	if early > runs/20 || got[Linked] < runs*9/10 {
		t.Errorf("%v of %d runs, %d ended early without a link", got, runs, early)
	}
}

func TestCountersAreBounded(t *testing.T) {
	t.Parallel()
	p := newPlant(4)
	p.noise, p.counter = 0.02, 0
	v := p.run(t, standardSetup())
	if v.Verdict != NoLinkSeen {
		t.Fatalf("%s: %s", v.Verdict, v.Words())
	}
	for _, c := range v.Channels {
		if (c.Bound != nil) != (c.Kind == Work) {
			t.Errorf("%s has the bound %v", c.Kind, c.Bound)
		}
		if c.Bound != nil && (*c.Bound < c.Estimate || *c.Bound < 0 || *c.Bound > 0.1) {
			t.Errorf("a still counter rose by no more than %v, estimate %v", *c.Bound, c.Estimate)
		}
	}
	if w := v.Words(); !strings.Contains(w, "production's answers followed") || !strings.Contains(w, "Production's commits rose by no more than") {
		t.Error(w)
	}
}

// A control that does not answer is as still as one that has no part in anything:
// it must not vouch for production.
func TestADeadControlVouchesForNothing(t *testing.T) {
	t.Parallel()
	for name, gone := range map[string]func(s Sample) (Sample, bool){
		"fails":  func(s Sample) (Sample, bool) { s.Outcome = Failed; return s, true },
		"absent": func(s Sample) (Sample, bool) { return s, false },
	} {
		p := newPlant(3)
		p.effect = 0.3
		c := p.begin(t, standardSetup())
		p.also = func(_ Half, o *Observation) {
			var kept []Sample
			for _, s := range o.Samples {
				there := true
				if s.Env == Control {
					s, there = gone(s)
				}
				if there {
					kept = append(kept, s)
				}
			}
			o.Samples = kept
		}
		v := finish(t, c, p)
		if v.Verdict != Linked { // by our own sink, and against the sham load
			t.Errorf("%s: %s: %s", name, v.Verdict, v.Words())
		}
		for _, r := range v.Controls {
			if r.Seen != (r.Env == Self) || r.Moved {
				t.Errorf("%s: %+v", name, r)
			}
		}
		if w := v.Words(); !strings.Contains(w, "The control was not seen") || !strings.Contains(w, "Our own sink did not move") {
			t.Errorf("%s: %s", name, w)
		}
	}
}
