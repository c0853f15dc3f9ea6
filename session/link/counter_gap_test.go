package link

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// absent takes the counter out of the halves that gone names.
func absent(gone func(h Half) bool) func(Half, *Observation) {
	return func(h Half, o *Observation) {
		if gone(h) {
			o.Counters = nil
		}
	}
}

func counterOf(t *testing.T, v Verdict) ChannelResult {
	t.Helper()
	for _, c := range v.Channels {
		if c.Kind == Work {
			return c
		}
	}
	t.Fatalf("no counter among %+v", v.Channels)
	return ChannelResult{}
}

// A counter that never has a value in both halves of a pair was not compared: it is
// no counter that stood still.
func TestACounterThatIsNeverThereBoundsNothing(t *testing.T) {
	t.Parallel()
	for name, gone := range map[string]func(h Half) bool{
		"every other half": func(h Half) bool { return h.Index%2 == 0 },
		"after the quiet":  func(Half) bool { return true },
		"three in ten":     func(h Half) bool { return h.Pair%10 < 3 && h.Load == On },
	} {
		p := newPlant(4)
		p.noise, p.counter = 0.02, 0
		c := p.begin(t, standardSetup())
		p.counter = 0.5 // it did rise
		if name == "three in ten" {
			p.counter = 0
		}
		p.also = absent(gone)
		v := finish(t, c, p)
		r := counterOf(t, v)
		if v.Verdict != Inconclusive || v.Why != "counter" || v.Pairs != v.MaxPairs || r.Bound != nil || r.Seen == nil || *r.Seen {
			t.Errorf("%s: %s (%s) after %d pairs, %+v: %s", name, v.Verdict, v.Why, v.Pairs, r, v.Words())
		}
		if name != "three in ten" && (r.Pairs != 0 || r.Evidence != 1) {
			t.Errorf("%s: measured in %d pairs, evidence %v", name, r.Pairs, r.Evidence)
		}
		if w := v.Words(); !strings.Contains(w, "Production's commits was not seen in nine of ten pairs") || strings.Contains(w, "rose by no more") {
			t.Errorf("%s: %s", name, w)
		}
	}
}

// One pair in twenty without the counter costs that pair, and nothing else.
func TestACounterMayMissAPair(t *testing.T) {
	t.Parallel()
	for _, rise := range []float64{0, 0.3} {
		p := newPlant(4)
		p.noise, p.counter = 0.02, 0
		c := p.begin(t, standardSetup())
		p.counter = rise
		p.also = absent(func(h Half) bool { return h.Pair%20 == 3 })
		v := finish(t, c, p)
		r := counterOf(t, v)
		want := map[float64]Kind{0: NoLinkSeen, 0.3: Linked}[rise]
		if v.Verdict != want || r.Seen == nil || !*r.Seen || r.Pairs >= v.Pairs || r.Bound == nil {
			t.Errorf("+%v: %s: %+v: %s", rise, v.Verdict, r, v.Words())
		}
		for _, x := range []float64{v.Evidence, r.Evidence, r.Estimate, *r.Bound} {
			if !usable(x) {
				t.Errorf("+%v: %+v", rise, r)
			}
		}
	}
}

// A counter whose noise leaves a doubling open is no "no link seen", whatever the
// answers say.
func TestACounterThatIsNotBoundedLeavesItOpen(t *testing.T) {
	t.Parallel()
	open := 0
	for seed := range uint64(20) {
		p := newPlant(seed)
		p.noise, p.counter = 0.02, 0
		p.also = func(_ Half, o *Observation) {
			if len(o.Counters) > 0 {
				o.Counters[0].Rate *= math.Exp(1.5 * p.r.NormFloat64())
			}
		}
		s := standardSetup()
		s.Seed = seed
		v := p.run(t, s)
		r := counterOf(t, v)
		if v.Verdict == NoLinkSeen && (r.Bound == nil || *r.Bound > v.UMax) {
			t.Errorf("seed %d: %s with a counter that may have risen by %v", seed, v.Verdict, r.Bound)
		}
		if v.Verdict == Inconclusive && v.Why == "counter" {
			open++
			if w := v.Words(); !strings.Contains(w, "what it counts may have risen by more") || !strings.Contains(w, "commits") {
				t.Error(w)
			}
		}
	}
	if open < 15 {
		t.Errorf("%d of 20 were left open by the counter", open)
	}
}

// A gauge may be of this very machine: it follows the sham load, too, and is no link.
func TestAGaugeOfOurOwnMachineIsNoLink(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		p := newPlant(seed)
		p.noise, p.counter, p.gauge = 0.02, 0, true
		c := p.begin(t, standardSetup())
		p.also = func(h Half, o *Observation) {
			if h.Load != Off && len(o.Counters) > 0 {
				o.Counters[0].Rate *= 1.5 // load and sham load alike
			}
		}
		v := finish(t, c, p)
		if r := counterOf(t, v); r.Alone || v.WorkAlone != 0 || v.Verdict == Linked || v.Verdict == NoLinkSeen {
			t.Errorf("seed %d: %s (%s): %+v: %s", seed, v.Verdict, v.Why, r, v.Words())
		}
	}
}

// A production whose answers are too noisy is still checked where a counter tells.
func TestANoisyProductionIsCheckedByItsCounter(t *testing.T) {
	t.Parallel()
	p := newPlant(8)
	p.noise, p.counter = 5, 0
	q := p.quiet(Standard(), 12)
	f, err := NewForecast(standardSetup(), q)
	if err != nil || f.Refused || len(f.Counters) != 1 || f.Counters[0].MDE > 0.1 || f.MDE < 0.25 {
		t.Fatalf("%+v, %v", f, err)
	}
	if w := f.Words(); !strings.Contains(w, "a rise of commits of ") {
		t.Error(w)
	}
	if _, err := New(standardSetup(), q); err != nil {
		t.Error(err)
	}
	for i := range q { // as unsteady as the answers
		q[i].Counters[0].Rate *= float64(1 + 40*(i%2))
	}
	if _, err := New(standardSetup(), q); !errors.Is(err, ErrNoisy) || !strings.Contains(err.Error(), "Of its counters commits shows the least") {
		t.Errorf("with an unsteady counter: %v", err)
	}
	for i := range q { // hardly ever there
		q[i].Counters[0].Rate = 200
		if i > 2 {
			q[i].Counters = nil
		}
	}
	if _, err := New(standardSetup(), q); !errors.Is(err, ErrNoisy) {
		t.Errorf("with a counter that was hardly there: %v", err)
	}
}

// Who stops a check while it is tried whether it is our own machine has seen
// something: it is said, with what it rests on.
func TestAStoppedCheckShowsWhatItSaw(t *testing.T) {
	t.Parallel()
	p := newPlant(3)
	c := p.begin(t, standardSetup())
	p.effect = 0.4
	for h, ok := c.Next(); ok; h, ok = c.Next() {
		if c.production.highest >= noLinkBelow && h.Index%2 == 0 {
			break
		}
		if err := c.Observe(p.half(h)); err != nil {
			t.Fatal(err)
		}
	}
	c.Stop("ended by mel")
	v, _ := c.Verdict()
	w := v.Words()
	if v.Verdict != Inconclusive || v.Evidence < noLinkBelow || !strings.Contains(w, "Production slowed when staging had load: +") ||
		!strings.Contains(w, "not yet told apart from our own machine") || !strings.Contains(w, "Treat the two as linked") || strings.Contains(w, "more pairs") {
		t.Errorf("%s with evidence %v: %s", v.Verdict, v.Evidence, w)
	}
}

// Every number that decides is in the verdict.
func TestAVerdictHasWhatItRestsOn(t *testing.T) {
	t.Parallel()
	p := newPlant(4)
	p.counter = 0
	v := p.run(t, standardSetup())
	sum := 0.0
	for _, c := range v.Channels {
		sum += c.Weight
		if c.Pairs != v.Pairs-v.LostPairs {
			t.Errorf("%+v measured in %d pairs of %d", c, c.Pairs, v.Pairs)
		}
	}
	if math.Abs(sum-1) > 1e-9 || v.Bare < 1 || v.WorkAlone <= 0 || v.UsedSeconds != 4 {
		t.Errorf("weights add up to %v, evidence without sham load %v, of counters %v", sum, v.Bare, v.WorkAlone)
	}
	for _, r := range v.Controls {
		if len(r.Differences) != len(v.Differences) || r.Differences[0] == nil {
			t.Errorf("%s has %d differences, production %d", r.Env, len(r.Differences), len(v.Differences))
		}
	}
	if !strings.Contains(v.Words(), "Only what shows within 4 s") {
		t.Error(v.Words())
	}

	// An effect that only the last look finds rests on the exact tests.
	found := false
	for seed := range uint64(40) {
		p := newPlant(seed)
		p.noise = 0.3 // a pair's SD is 0.075
		s := standardSetup()
		s.Seed = seed
		c := p.begin(t, s)
		p.effect = 0.035
		v := finish(t, c, p)
		if v.P == nil || *v.P > v.Alpha/2 || v.Evidence >= v.Line {
			continue
		}
		found = true
		for _, r := range v.Controls {
			if r.Apart < controlLine && r.PApart == nil {
				t.Errorf("%s apart with %v and no test", r.Env, r.Apart)
			}
		}
		if v.WithSham < v.ShamLine && v.PWithSham == nil {
			t.Errorf("evidence %v with sham load and no test", v.WithSham)
		}
	}
	if !found {
		t.Error("no run came to the last look with an effect")
	}
}

// A counter that was to be read and gave no number in the quiet phase is missed, also
// when it gives some later: a typo in its name must not make a check clean.
func TestACounterThatIsSilentInTheQuietIsMissed(t *testing.T) {
	t.Parallel()
	for _, later := range []float64{math.NaN(), 0} {
		p := newPlant(4)
		p.noise = 0.02
		s := standardSetup()
		s.Asked = []Counter{{Name: "commits", Counted: true}}
		c := p.begin(t, s)
		if f := c.Forecast(); !slices.Equal(f.Silent, []string{"commits"}) || !strings.Contains(f.Words(), "commits gave no number in the quiet phase") {
			t.Errorf("%+v: %s", f, f.Words())
		}
		p.counter = later
		v := finish(t, c, p)
		r := counterOf(t, v)
		if v.Verdict != Inconclusive || v.Why != "counter" || r.Bound != nil || r.RoseTo != nil || !r.Silent || r.Seen == nil || *r.Seen {
			t.Errorf("later %v: %s (%s), %+v", later, v.Verdict, v.Why, r)
		}
		if w := v.Words(); !strings.Contains(w, "Production's commits gave no number in the quiet phase") {
			t.Error(w)
		}
	}
	p := newPlant(4)
	p.noise, p.counter = 0.02, 0
	s := standardSetup()
	s.Asked = []Counter{{Name: "commits", Counted: true}}
	if v := p.run(t, s); v.Verdict != NoLinkSeen || counterOf(t, v).Silent {
		t.Errorf("one that was there: %s: %s", v.Verdict, v.Words())
	}
}
