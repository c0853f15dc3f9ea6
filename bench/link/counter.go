package main

import (
	"math"
	"math/rand/v2"

	"crosstalk/session/link"
)

// counter is what production's database counts of its own work, whatever latency
// does.
type counter struct {
	rise    float64                                         // with all of our load: 0.2 is +20 %
	ours    float64                                         // with any load of ours: it is a gauge of our own machine
	share   bool                                            // it is a gauge of production, of a share about usualShare
	disturb func(r *rand.Rand) func(second float64) float64 // factor of what production does on its own account; nil: none
}

const (
	workRate  = 200.0 // a second
	workFano  = 3.0   // variance over mean of what is counted: requests make bundles of it
	workSwing = 0.10  // SD of customers coming and going, within
	workFor   = 2.0   // seconds

	usualShare = 0.01
)

// work fills what is counted in each tick without any load of ours.
func (c *counter) work(w *world, r *rand.Rand, n int) {
	factor := func(float64) float64 { return 1 }
	if c.disturb != nil {
		factor = c.disturb(r)
	}
	swing := make([]float64, n)
	autoregressive(r, swing, math.Exp(-w.tick/workFor), workSwing)
	w.work = make([]float64, n)
	for i := range w.work {
		mean := workRate * w.tick * math.Exp(swing[i]) * factor(float64(i)*w.tick)
		w.work[i] = max(0, mean+math.Sqrt(workFano*mean)*r.NormFloat64())
	}
}

// counted is the rate of a half, its start left out.
func (d *driver) counted(sum float64, seconds float64) []link.Counter {
	if d.w.work == nil || seconds <= 0 {
		return nil
	}
	c := d.w.scenario.counter
	if c.share {
		return []link.Counter{{Name: "share", Rate: usualShare * sum / seconds / workRate}}
	}
	return []link.Counter{{Name: "transactions", Rate: sum / seconds, Counted: c.ours == 0}}
}

// jobWork raises what is counted for on seconds in every period.
func jobWork(period, on, height float64) func(*rand.Rand) func(float64) float64 {
	return func(r *rand.Rand) func(float64) float64 {
		phase := period * r.Float64()
		return func(t float64) float64 {
			if math.Mod(t+phase, period) < on {
				return 1 + height
			}
			return 1
		}
	}
}

func trendWork(r *rand.Rand) func(float64) float64 {
	slope, phase := (r.Float64()-0.5)*1.2/600, 2*math.Pi*r.Float64()
	return func(t float64) float64 { return math.Exp(slope*t + 0.2*math.Sin(phase+2*math.Pi*t/90)) }
}
