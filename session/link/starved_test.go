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
// beside that a slower production is hardly slower. It says so, whatever ended the check.
func TestAStarvedProgramRulesNothingOut(t *testing.T) {
	for _, c := range []struct {
		name  string
		noise float64
		stop  int // pairs; 0: none
		calm  Kind
	}{{"to its end", 0.02, 0, NoLinkSeen}, {"stopped", 0.15, 20, NoLinkSeen}, {"in noise", 1.2, 0, Inconclusive}} {
		for _, waited := range []time.Duration{time.Second, 9 * time.Second} {
			p := newPlant(4)
			p.noise = c.noise
			p.also = func(h Half, o *Observation) {
				if h.Load == On {
					o.Had, o.Waited = time.Second, waited
				}
			}
			check := p.begin(t, standardSetup())
			for h, ok := check.Next(); ok && (c.stop == 0 || h.Pair < c.stop); h, ok = check.Next() {
				if err := check.Observe(p.half(h)); err != nil {
					t.Fatal(err)
				}
			}
			check.Stop("mel")
			v, _ := check.Verdict()
			want, starved := c.calm, waited > 4*time.Second
			if starved {
				want = Inconclusive
			}
			words := v.Words()
			if v.Verdict != want || strings.Contains(words, "This program itself waited for a processor in 90 % of the time") != starved || strings.HasSuffix(words, starvedHelp) != starved {
				t.Errorf("%s, %v waited: %s, %s: %s", c.name, waited, v.Verdict, v.Why, words)
			}
			if starved && (v.MorePairs != 0 || strings.Contains(words, "ruled out")) {
				t.Errorf("%s, %v waited: more pairs would help: %s", c.name, waited, words)
			}
		}
	}
}
