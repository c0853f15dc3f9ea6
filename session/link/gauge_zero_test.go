package link

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// atZero checks a production whose gauge stands at 0 in the quiet phase, and then at
// what rate says of a half.
func atZero(t *testing.T, seed uint64, rate func(h Half) float64) (Verdict, ChannelResult) {
	t.Helper()
	p := gauge(seed, 0, 0, 0)
	s := standardSetup()
	s.Seed = seed
	c := p.begin(t, s)
	p.also = func(h Half, o *Observation) { o.Counters[0].Rate = rate(h) }
	v := finish(t, c, p)
	return v, counterOf(t, v)
}

// A gauge that stood at 0 in most of the quiet phase need not stand there in the pairs:
// what it rose to lies above what it is without load.
func TestAGaugeThatMostlyStoodAtZeroIsToldWithItsMean(t *testing.T) {
	t.Parallel()
	v, r := atZero(t, 6, func(h Half) float64 {
		if h.Pair%5 < 2 { // load or not
			return 10
		}
		return 0
	})
	want := 0.0
	for i := range v.Pairs {
		if i%5 < 2 {
			want += 10 / float64(v.Pairs)
		}
	}
	if r.StoodAt == nil || math.Abs(*r.StoodAt-want) > 1e-9 || r.RoseTo == nil || !(*r.RoseTo > want && *r.RoseTo < want+1) || r.Climbed {
		t.Fatalf("a gauge of %v on average: %s, %+v", want, v.Verdict, r)
	}
	if w := v.Words(); v.Verdict != NoLinkSeen || !strings.Contains(w, "mostly stood at 0 (on average at "+about(*r.StoodAt)+" without load), and rose to no more than "+figure(*r.RoseTo)+" on average") {
		t.Errorf("%s: %s", v.Verdict, w)
	}
}

// A queue that is there with load alone is no clean check, however still the answers
// are and however soon.
func TestAQueueThatIsThereWithLoadAloneIsNoCleanCheck(t *testing.T) {
	t.Parallel()
	got := map[Kind]int{}
	for seed := range uint64(20) {
		v, r := atZero(t, seed, func(h Half) float64 {
			if h.Load == On && h.Pair%5 < 2 {
				return 5
			}
			return 0
		})
		got[v.Verdict]++
		if v.Verdict == NoLinkSeen {
			t.Errorf("seed %d: after %d pairs: %+v: %s", seed, v.Pairs, r, v.Words())
		}
	}
	if got[Linked] < 15 {
		t.Errorf("%v of 20", got)
	}
}

// Where a gauge was higher with load than ever without, all pairs are made, and in the
// end it may have risen by no more than chance would have it.
func TestAGaugeThatClimbedIsLookedAtToTheEnd(t *testing.T) {
	t.Parallel()
	in := func(n int, load Load, rate float64) func(h Half) float64 {
		return func(h Half) float64 {
			if h.Pair >= 5 && h.Pair < 5+n && (h.Load == On) == (load == On) {
				return rate
			}
			return 0
		}
	}
	for _, c := range []struct {
		name    string
		rate    func(h Half) float64
		want    Kind
		climbed bool
		all     bool
	}{
		{"once, with load", in(1, On, 3), NoLinkSeen, true, true},
		{"three times, with load", in(3, On, 3), NoLinkSeen, true, true},
		{"four times, with load", in(4, On, 3), Inconclusive, true, true},
		{"once, without", in(1, Off, 3), NoLinkSeen, false, false},
		{"once with load, and often without", func(h Half) float64 {
			if h.Load != On && h.Pair > 5 && h.Pair < 10 {
				return 2
			}
			return in(1, On, 3)(h)
		}, NoLinkSeen, true, true},
	} {
		v, r := atZero(t, 6, c.rate)
		if v.Verdict != c.want || r.Climbed != c.climbed || (v.Pairs == v.MaxPairs) != c.all {
			t.Errorf("%s: %s (%s) after %d pairs, %+v", c.name, v.Verdict, v.Why, v.Pairs, r)
		}
		w := v.Words()
		if strings.Contains(w, "was higher with load than ever without, and rose to no more than ") != c.climbed {
			t.Errorf("%s: %s", c.name, w)
		}
		if c.want == Inconclusive && (v.Why != "counter" || v.MorePairs != 0) {
			t.Errorf("%s: %s, %d more pairs", c.name, v.Why, v.MorePairs)
		}
		if (r.PRose != nil) != c.climbed || r.PRose != nil && (*r.PRose <= roseLine) != (c.want == Inconclusive) {
			t.Errorf("%s: %s with a chance of %v", c.name, v.Verdict, r.PRose)
		}
	}
	// Stopped before the end, it is as open.
	p := gauge(6, 0, 0, 0)
	check := p.begin(t, standardSetup())
	p.also = func(h Half, o *Observation) { o.Counters[0].Rate = in(1, On, 3)(h) }
	for range 60 {
		h, ok := check.Next()
		if !ok {
			t.Fatal("it ended before it was stopped")
		}
		if err := check.Observe(p.half(h)); err != nil {
			t.Fatal(err)
		}
	}
	check.Stop("ended by mel")
	if v, _ := check.Verdict(); v.Verdict != Inconclusive {
		t.Errorf("stopped: %s: %s", v.Verdict, v.Words())
	}
}

// What the quiet phase had may come again: it is no climb.
func TestAGaugeMayBeAsHighAsInTheQuiet(t *testing.T) {
	t.Parallel()
	for _, highest := range []float64{0.3, 5, 7} { // roots of these are no round numbers
		p := gauge(6, 0, 0, 0)
		s := standardSetup()
		q := p.quiet(s.Profile, 12)
		for i := range q[:3] {
			q[i].Counters[0].Rate = highest
		}
		c, err := New(s, q)
		if err != nil {
			t.Fatal(err)
		}
		p.also = func(h Half, o *Observation) {
			o.Counters[0].Rate = 0
			if h.Load == On && h.Pair == 5 {
				o.Counters[0].Rate = highest
			}
		}
		v := finish(t, c, p)
		if r := counterOf(t, v); r.Climbed || v.Verdict != NoLinkSeen || r.StoodAt == nil || *r.StoodAt != 0 {
			t.Errorf("as high as %v before: %s (%s), %+v", highest, v.Verdict, v.Why, r)
		}
	}
}

// A gauge that has no part in the load, and is now and then above 0, seldom leaves a check
// open: its highest value falls into a half with load as often as not.
func TestAGaugeThatIsNowAndThenAboveZeroSeldomLeavesItOpen(t *testing.T) {
	t.Parallel()
	got := map[Kind]int{}
	open := 0
	for _, share := range []float64{0.03, 0.1, 0.3} {
		for seed := range uint64(40) {
			r := rand.New(rand.NewPCG(seed, 5))
			v, _ := atZero(t, seed, func(Half) float64 {
				if r.Float64() >= share {
					return 0
				}
				return 1 + 4*r.Float64()
			})
			got[v.Verdict]++
			if v.Verdict == Inconclusive && v.Why == "counter" {
				open++
			}
		}
	}
	if open > 15 || got[NoLinkSeen] < 100 {
		t.Errorf("%d of 120 are left open by it: %v", open, got)
	}
}
