package link

import (
	"math"
	"strings"
	"testing"
	"time"
)

// A program that hardly has a processor measures itself: whatever its answers show is no
// link, and what a database counts is.
func TestAStarvedProgramFindsNoLinkByItsAnswers(t *testing.T) {
	second := time.Second
	for _, c := range []struct {
		name          string
		on, off       [2]time.Duration // had, waited
		counter       float64
		verdict       Kind
		words, dipped string
	}{
		{"with load", [2]time.Duration{second, 9 * second}, [2]time.Duration{second, 0}, math.NaN(), OwnMachine, "waited for a processor in 90 % of the time", "Probably our own machine. This program itself waited"},
		{"without", [2]time.Duration{second, second}, [2]time.Duration{second, 9 * second}, math.NaN(), Linked, "slowed", "it follows us"},
		{"with load, and a database counts more", [2]time.Duration{second, 9 * second}, [2]time.Duration{second, 0}, 2, Linked, "slowed", "it follows us"},
		{"with load, and a database counts little more", [2]time.Duration{second, 9 * second}, [2]time.Duration{second, 0}, 0.04, Linked, "slowed", "it follows us"},
		{"of a thread that ended", [2]time.Duration{-second, second}, [2]time.Duration{}, math.NaN(), Linked, "slowed", "it follows us"},
		{"not known", [2]time.Duration{}, [2]time.Duration{}, math.NaN(), Linked, "slowed", "it follows us"},
	} {
		p := newPlant(3)
		p.effect, p.counter = 0.3, c.counter
		p.also = func(h Half, o *Observation) {
			if o.Had, o.Waited = c.off[0], c.off[1]; h.Load == On {
				o.Had, o.Waited = c.on[0], c.on[1]
			}
		}
		v := p.run(t, standardSetup())
		if v.Verdict != c.verdict || !strings.Contains(v.Words(), c.words) || v.Verdict == OwnMachine && (v.Why != starvedWhy || v.Evidence < v.Line) {
			t.Errorf("%s: %s, %s: %s", c.name, v.Verdict, v.Why, v.Words())
		}
		suspected := v
		suspected.Verdict, suspected.Why = Suspected, "red under load"
		if got := strings.Contains(suspected.Words(), "This program itself waited"); got != (c.on[0] > 0 && c.on[1] >= 4*c.on[0]) {
			t.Errorf("%s: %s", c.name, suspected.Words())
		}
		r := DipsResult{Answer: FollowsUs, Check: v}
		if v.Verdict == OwnMachine {
			r.Answer = OurMachine
		}
		if !strings.Contains(r.Words(), c.dipped) {
			t.Errorf("%s: %s", c.name, r.Words())
		}
	}
}

// Nor does such a program see that there is none: what it waits is in each answer, and
// beside that a slower production is hardly slower.
func TestAStarvedProgramRulesNothingOut(t *testing.T) {
	begin := func(waited time.Duration) (*plant, *Check) {
		p := newPlant(3)
		p.noise = 0.02
		p.also = func(h Half, o *Observation) {
			if h.Load == On {
				o.Had, o.Waited = time.Second, waited
			}
		}
		return p, p.begin(t, standardSetup())
	}
	for waited, want := range map[time.Duration]Kind{9 * time.Second: Inconclusive, time.Second: NoLinkSeen} {
		p, c := begin(waited)
		if v := finish(t, c, p); v.Verdict != want || (v.Why == starvedWhy) != (want == Inconclusive) ||
			want == Inconclusive && (!strings.HasPrefix(v.Words(), "Cannot tell. This program itself waited for a processor in 90 % of the time") || !strings.HasSuffix(v.Words(), starvedHelp)) {
			t.Errorf("%v waited: %s, %s: %s", waited, v.Verdict, v.Why, v.Words())
		}
		p, c = begin(waited)
		for h, ok := c.Next(); ok && h.Pair < c.setup.Profile.MinPairs-1; h, ok = c.Next() {
			if err := c.Observe(p.half(h)); err != nil {
				t.Fatal(err)
			}
		}
		c.Stop("mel")
		if v, _ := c.Verdict(); v.Verdict == NoLinkSeen && want == Inconclusive {
			t.Errorf("%v waited, stopped: %s, %s", waited, v.Verdict, v.Why)
		}
	}
}
