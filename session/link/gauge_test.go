package link

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// gauge makes the plant's counter a gauge of the size of usual that rises with load
// on staging.
func gauge(seed uint64, usual, noise, rise float64) *plant {
	p := newPlant(seed)
	p.noise, p.counter, p.gauge = 0.02, 0, true
	p.also = func(h Half, o *Observation) {
		o.Counters[0].Rate = usual * (1 + noise*p.r.NormFloat64())
		if h.Load == On {
			o.Counters[0].Rate *= 1 + rise
		}
	}
	return p
}

// A gauge of shares of one is bounded as a share of its own, not of 1.
func TestASmallGaugeIsBoundedAsItself(t *testing.T) {
	t.Parallel()
	open := 0
	for seed := range uint64(20) {
		s := standardSetup()
		s.Seed = seed
		v := gauge(seed, 0.01, 0.4, 0).run(t, s)
		r := counterOf(t, v)
		if v.Verdict == NoLinkSeen && (r.Bound == nil || *r.Bound > v.UMax) {
			t.Errorf("seed %d: %s with a gauge that may have risen by %v", seed, v.Verdict, r.Bound)
		}
		if v.Verdict == Inconclusive && v.Why == "counter" && r.Bound != nil && *r.Bound > v.UMax {
			open++
		}
	}
	if open < 10 {
		t.Errorf("%d of 20 were left open by a gauge of 0.01 with 40 %% of noise", open)
	}
}

// In what unit a gauge is measured changes nothing.
func TestAGaugeHasNoUnit(t *testing.T) {
	t.Parallel()
	want := counterOf(t, gauge(5, 1, 0.1, 0).run(t, standardSetup()))
	for _, unit := range []float64{1e-9, 5e-4, 1e6} {
		got := counterOf(t, gauge(5, unit, 0.1, 0).run(t, standardSetup()))
		if got.Bound == nil || want.Bound == nil || math.Abs(*got.Bound-*want.Bound) > 1e-4 || math.Abs(got.Evidence-want.Evidence) > 1e-3 {
			t.Errorf("in units of %v: %+v, want %+v", unit, got, want)
		}
	}
	v := gauge(5, 5e-4, 0.1, 2).run(t, standardSetup())
	if r := counterOf(t, v); v.Verdict != Linked || r.Estimate < 1.5 || r.Bound == nil || *r.Bound < 1.5 {
		t.Errorf("a gauge that trebles: %s, %+v: %s", v.Verdict, r, v.Words())
	}
}

// Of a gauge that stood at 0 there is no share: it is said to what it may have risen.
func TestAGaugeAtZeroHasNoShare(t *testing.T) {
	t.Parallel()
	p := gauge(6, 0, 0, 0)
	q := p.quiet(Standard(), 12)
	if f, err := NewForecast(standardSetup(), q); err != nil || len(f.Counters) != 0 {
		t.Errorf("foretold %+v, %v", f.Counters, err)
	}
	v := p.run(t, standardSetup())
	r := counterOf(t, v)
	if v.Verdict != NoLinkSeen || r.Bound != nil || r.RoseTo == nil || *r.RoseTo != 0 || !strings.Contains(v.Words(), "Production's commits stood at 0, with load as without.") {
		t.Errorf("always 0: %s, %+v: %s", v.Verdict, r, v.Words())
	}

	p = gauge(6, 0, 0, 0)
	p.also = func(h Half, o *Observation) {
		o.Counters[0].Rate = 0
		if h.Index%12 == 5 { // now and then, whatever the load
			o.Counters[0].Rate = 0.002
		}
	}
	v = p.run(t, standardSetup())
	r = counterOf(t, v)
	if r.Bound != nil || r.RoseTo == nil || !(*r.RoseTo > 0 && *r.RoseTo < 0.01) || !strings.Contains(v.Words(), "stood at 0") || !strings.Contains(v.Words(), "rose to no more than 0.00") {
		t.Errorf("now and then over 0: %s, %+v: %s", v.Verdict, r, v.Words())
	}

	p = gauge(6, 0, 0, 0)
	p.also = func(h Half, o *Observation) {
		o.Counters[0].Rate = 0
		if h.Load == On {
			o.Counters[0].Rate = 30
		}
	}
	v = p.run(t, standardSetup())
	if w := v.Words(); v.Verdict != Linked || !strings.Contains(w, "production's commits went up from 0") {
		t.Errorf("up from 0: %s: %s", v.Verdict, w)
	}
	for _, x := range []float64{v.Evidence, v.WithSham, v.Bare} {
		if !usable(x) {
			t.Errorf("evidence %v", x)
		}
	}
}

// Every number of a verdict is finite, whatever a page says.
func TestAWildGaugeGivesNumbers(t *testing.T) {
	t.Parallel()
	for name, rate := range map[string]func(h Half) float64{
		"tiny, then huge": func(h Half) float64 { return map[bool]float64{true: math.MaxFloat64, false: 1e-320}[h.Index > 20] },
		"0, then huge": func(h Half) float64 {
			return map[bool]float64{true: math.MaxFloat64, false: 0}[h.Load == On && h.Index > 20]
		},
		"below 0": func(h Half) float64 { return -5 - float64(h.Index%3) },
	} {
		p := gauge(6, 0, 0, 0)
		p.also = func(h Half, o *Observation) { o.Counters[0].Rate = rate(h) }
		v := p.run(t, standardSetup())
		if _, err := json.Marshal(v); err != nil {
			t.Errorf("%s: %v: %+v", name, err, counterOf(t, v))
		}
	}
}

func TestFigures(t *testing.T) {
	for x, want := range map[float64]string{0.00301: "0.003", 0.00349: "0.0035", 9.96: "10", 121: "120", 4.04: "4"} {
		if got := about(x); got != want {
			t.Errorf("about %v is written %s, want %s", x, got, want)
		}
	}
	for x, want := range map[float64]string{0.003: "0.003", 0.00301: "0.0031", 1: "1", 12.1: "13", 121: "130", 0.5: "0.5", 2.41: "2.5"} {
		if got := figure(x); got != want {
			t.Errorf("%v is written %s, want %s", x, got, want)
		}
	}
}
