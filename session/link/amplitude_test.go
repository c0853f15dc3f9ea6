package link

import (
	"slices"
	"testing"
)

// amberUnderLoad makes production amber in every half.
func amberUnderLoad(_ Half, o *Observation) { o.Amber = true }

// Whoever counts on a load that leaves production green can see whether it did.
func TestAVerdictCountsAmberPairs(t *testing.T) {
	p := newPlant(2)
	c := p.begin(t, standardSetup())
	p.also = func(h Half, o *Observation) { o.Amber = h.Index == 5 || h.Index == 12 || h.Index == 13 }
	if v := finish(t, c, p); v.AmberPairs != 2 {
		t.Errorf("%d amber pairs of %d, want 2", v.AmberPairs, v.Pairs)
	}
}

// Half of five is three: with two, an effect of 20 % would shrink to 8 %.
func TestAmberHalvesTheLoadRoundedUp(t *testing.T) {
	p := newPlant(2)
	p.also = amberUnderLoad
	c := p.begin(t, standardSetup())
	var levels []int
	for h, ok := c.Next(); ok && h.Pair < 14; h, ok = c.Next() {
		if h.Load == On && !slices.Contains(levels, h.Users) {
			levels = append(levels, h.Users)
		}
		if err := c.Observe(p.half(h)); err != nil {
			t.Fatal(err)
		}
	}
	if want := []int{5, 3, 2, 1}; !slices.Equal(levels, want) {
		t.Errorf("levels %v, want %v", levels, want)
	}
}

// The pairs with sham load are often those after the load was lowered: an effect
// that shrank with the load has not gone.
func TestALoweredEffectHasNotGone(t *testing.T) {
	c := &Check{setup: standardSetup(), bestBare: 1000, shamBest: 2, shamPairs: 12}
	for i := range 24 {
		q := pair{amplitude: 1, d: []float64{0.20 + 0.01*float64(i%2)}}
		if i >= 12 {
			q = pair{amplitude: 0.2, sham: true, d: []float64{0.04 + 0.01*float64(i%2)}}
		}
		c.pairs = append(c.pairs, q)
	}
	if c.gone() {
		t.Error("a fifth of the effect at a fifth of the load counts as gone")
	}
	for i := 12; i < 24; i++ {
		c.pairs[i].d[0] -= 0.04
	}
	if !c.gone() {
		t.Error("an effect that the sham load took away does not count as gone")
	}
}
