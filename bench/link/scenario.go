package main

import (
	"math"
	"math/rand/v2"
)

// scenario is what goes on besides the noise.
type scenario struct {
	name    string
	disturb func(w *world, r *rand.Rand) // what production does on its own account
	effect  float64                      // of staging's load on production: 0.2 is +20 %
	// wait is added to production's latency, in seconds, at a moment and a share of
	// the load that production feels; nil for nothing.
	wait    func(second, reached float64) float64
	tau     float64  // seconds that the effect needs to show (first order); 0: 0.5
	ours    float64  // of any load of ours on the measurement, as a share of production's latency
	hidden  bool     // our controls do not see it
	counter *counter // of production's database; nil: none is asked
	own     bool     // the right answer is "our own machine"
}

// production applies f to each tick of all servers alike.
func production(w *world, f func(second float64) float64) {
	for i := range w.y[0] {
		x := f(float64(i) * w.tick)
		for s := range w.servers {
			w.y[s][i] += x
		}
	}
}

// job raises production for on seconds in every period, from a random moment on.
func job(period, on, height float64) func(*world, *rand.Rand) {
	return func(w *world, r *rand.Rand) {
		phase := period * r.Float64()
		production(w, func(t float64) float64 {
			if math.Mod(t+phase, period) < on {
				return math.Log1p(height)
			}
			return 0
		})
	}
}

func trend(w *world, r *rand.Rand) {
	slope, phase := (r.Float64()-0.5)*1.2/600, 2*math.Pi*r.Float64()
	production(w, func(t float64) float64 { return slope*t + 0.2*math.Sin(phase+2*math.Pi*t/90) })
}

func storms(w *world, r *rand.Rand) {
	y := make([]float64, len(w.y[0]))
	bursts(r, y, w.tick, 8, 4)
	for s := range w.servers {
		for i := range y {
			w.y[s][i] += y[i]
		}
	}
}

var scenarios = []scenario{
	{name: "no effect"},
	{name: "job every 10 s, 5 s, +20 %", disturb: job(10, 5, 0.2)},
	{name: "job every 5 s, 2.5 s, +20 %", disturb: job(5, 2.5, 0.2)},
	{name: "job every 60 s, 10 s, +60 %", disturb: job(60, 10, 0.6)},
	{name: "drift", disturb: trend},
	{name: "bursts of up to 4 s", disturb: storms},
	{name: "our machine +10 %", ours: 0.1, own: true},
	{name: "our machine +20 %", ours: 0.2, own: true},
	{name: "our machine +20 %, unseen by controls", ours: 0.2, hidden: true, own: true},
	{name: "+8 %", effect: 0.08},
	{name: "+12 %", effect: 0.12},
	{name: "+20 %", effect: 0.20},
	{name: "+40 %", effect: 0.40},
	{name: "+20 % and our machine +10 %", effect: 0.20, ours: 0.1},
	{name: "a counter, no effect", counter: &counter{}},
	{name: "a counter, job every 10 s, 5 s, +60 % of it", counter: &counter{disturb: jobWork(10, 5, 0.6)}},
	{name: "a counter, drift of it", counter: &counter{disturb: trendWork}},
	{name: "a gauge of our machine, +50 % with any load", counter: &counter{ours: 0.5}, own: true},
	{name: "a counter +8 %, latency still", counter: &counter{rise: 0.08}},
	{name: "a counter +12 %, latency still", counter: &counter{rise: 0.12}},
	{name: "a counter +20 %, latency still", counter: &counter{rise: 0.20}},
	{name: "a counter +40 %, latency still", counter: &counter{rise: 0.40}},
	{name: "a gauge of a share, no effect", counter: &counter{share: true}},
	{name: "a gauge of a share, job every 10 s, 5 s, +60 % of it", counter: &counter{share: true, disturb: jobWork(10, 5, 0.6)}},
	{name: "a gauge of a share +40 %, latency still", counter: &counter{share: true, rise: 0.40}},
}
