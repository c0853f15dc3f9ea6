package link

import (
	"math"
	"math/rand/v2"
	"testing"
)

var oneChannel = []channel{{kind: Latency, weight: 1, floor: 0.005}}

// Under a fair coin the mean of the evidence over all orders is 1, whatever the
// sizes of the differences are: gone through completely, not simulated.
func TestEvidenceHasMeanOneOverAllOrders(t *testing.T) {
	sizes := []float64{0.1, 3, 0.01, 0, 0.2, 0.5, 0.02, 1e6, 0.3, 0.1}
	two := []channel{{kind: Latency, weight: 0.7, floor: 0.005}, {kind: Errors, weight: 0.3, floor: 0.1}}
	sum := 0.0
	for order := range 1 << len(sizes) {
		e := newEvidence(two, [][]float64{{0.1, 0}, {0.2, 0.05}})
		for i, size := range sizes {
			d := []float64{size, size / 2}
			if order>>i&1 == 1 {
				d = []float64{-size, -size / 2}
			}
			e.add(d, 1/float64(1+i%2))
		}
		sum += e.value
	}
	if mean := sum / float64(int(1)<<len(sizes)); math.Abs(mean-1) > 1e-9 {
		t.Errorf("mean evidence over all orders is %v, want 1", mean)
	}
}

// The choice of pairs may depend on all that came before them: their factors
// alone still have mean 1.
func TestFactorsOfChosenPairsHaveMeanOne(t *testing.T) {
	sizes := []float64{0.1, 0.4, 0.2, 0.3, 0.1, 0.5, 0.2, 0.6, 0.1, 0.3}
	sum := 0.0
	for order := range 1 << len(sizes) {
		e := newEvidence(oneChannel, [][]float64{{0.2}})
		chosen := 1.0
		for i, size := range sizes {
			choose := e.value > 1.5
			d := size
			if order>>i&1 == 1 {
				d = -size
			}
			if factor := e.add([]float64{d}, 1); choose {
				chosen *= factor
			}
		}
		sum += chosen
	}
	if mean := sum / float64(int(1)<<len(sizes)); math.Abs(mean-1) > 1e-9 {
		t.Errorf("mean of the chosen factors is %v, want 1", mean)
	}
}

// Ville: the share of orders whose evidence ever passes a line is at most one
// over the line.
func TestEvidenceRarelyPassesALine(t *testing.T) {
	const n = 14
	r := rand.New(rand.NewPCG(1, 1))
	sizes := make([]float64, n)
	for i := range sizes {
		sizes[i] = math.Abs(r.NormFloat64()) * math.Exp(r.NormFloat64())
	}
	passed := map[float64]int{5: 0, 20: 0, 200: 0}
	for order := range 1 << n {
		e := newEvidence(oneChannel, [][]float64{{1}})
		for i, size := range sizes {
			d := size
			if order>>i&1 == 1 {
				d = -size
			}
			e.add([]float64{d}, 1)
		}
		for line := range passed {
			if e.highest >= line {
				passed[line]++
			}
		}
	}
	for line, k := range passed {
		if share := float64(k) / (1 << n); share > 1/line {
			t.Errorf("evidence passes %v in %v of the orders, at most %v is allowed", line, share, 1/line)
		}
	}
	if passed[5] == 0 {
		t.Error("evidence never passes 5: it can find nothing")
	}
}

func TestFirstPairWithoutAScaleSaysNothing(t *testing.T) {
	e := newEvidence(oneChannel, nil)
	if f := e.add([]float64{5}, 1); f != 1 {
		t.Errorf("a pair without a scale changed the evidence by %v", f)
	}
}

func TestBoundsHoldTheMean(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	var ds []float64
	s := scale{floor: 0.005}
	for range 20 {
		s.add(0.15 * r.NormFloat64())
	}
	width := math.Inf(1)
	for range 4 {
		for range 12 {
			ds = append(ds, 0.1+0.15*r.NormFloat64())
		}
		lo, hi := lower(ds, s, boundLine), upper(ds, s, boundLine)
		if lo > mean(ds) || hi < mean(ds) {
			t.Errorf("mean %v is not within %v to %v", mean(ds), lo, hi)
		}
		if against(hi+0.01, 1, ds, s) < boundLine || against(hi-0.01, 1, ds, s) >= boundLine {
			t.Errorf("%v is not where the evidence against it passes the line", hi)
		}
		if hi-lo > width {
			t.Errorf("the interval grew to %v with more pairs", hi-lo)
		}
		width = hi - lo
	}
	if hi := upper(nil, s, boundLine); hi != most {
		t.Errorf("without pairs the bound is %v, want %v", hi, most)
	}
}

// The p-values of all orders of the same differences are spread evenly: at most
// a share x of them is x or less.
func TestExactIsUniformOverAllOrders(t *testing.T) {
	const n = 9
	r := rand.New(rand.NewPCG(3, 3))
	rows := make([][]float64, n)
	for i := range rows {
		x := r.NormFloat64()
		rows[i] = []float64{x, x + 0.3*r.NormFloat64(), 0, r.NormFloat64()}
	}
	var ps []float64
	for order := range uint64(1) << n {
		turned := make([][]float64, n)
		for i := range rows {
			turned[i] = make([]float64, len(rows[i]))
			for c, v := range rows[i] {
				if order>>uint(i)&1 == 1 {
					v = -v
				}
				turned[i][c] = v
			}
		}
		ps = append(ps, exact(turned, 1))
	}
	for _, x := range []float64{0.005, 0.01, 0.05, 0.2, 0.5, 0.9} {
		k := 0
		for _, p := range ps {
			if p <= x {
				k++
			}
		}
		got := float64(k) / float64(len(ps))
		if got > x || got < x-2.0/(1<<n) {
			t.Errorf("%v of the orders have p <= %v", got, x)
		}
	}
}

func TestExactByDrawingAgreesWithGoingThroughAll(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	rows := make([][]float64, 13)
	for i := range rows {
		rows[i] = []float64{0.3 + r.NormFloat64()}
	}
	all := exact(rows, 1)
	// One more pair, which adds nothing, makes it draw.
	drawn := exact(append(rows, []float64{0}), 1)
	if math.Abs(all-drawn) > 0.02 {
		t.Errorf("p is %v by all orders and %v by drawn ones", all, drawn)
	}
}

func TestExactOfNothing(t *testing.T) {
	for name, rows := range map[string][][]float64{"no pairs": nil, "no differences": {{0, 0}, {0, 0}}, "too many": make([][]float64, 65)} {
		if p := exact(rows, 1); p != 1 {
			t.Errorf("%s: p is %v, want 1", name, p)
		}
	}
}
