package main

import (
	"fmt"
	"math"
	"slices"
	"time"

	"crosstalk/session/link"
)

// driver plays the part of the session's runner: it turns what is to be done
// into what would have been measured.
type driver struct {
	w              *world
	at             int     // next tick
	reached        float64 // share of the full load that production feels
	ours           float64 // the same of our own machine
	guard          guard
	samples        []link.Sample
	names          []string
	level          int     // users of the full effect
	keep, keepOurs float64 // shares of reached and ours that a tick leaves
}

func newDriver(w *world, level int) *driver {
	d := &driver{w: w, level: level, guard: guard{never: true}}
	tau := w.scenario.tau
	if tau == 0 {
		tau = 0.5
	}
	d.keep, d.keepOurs = math.Exp(-w.tick/tau), math.Exp(-w.tick/0.1)
	for s := range w.y {
		d.names = append(d.names, fmt.Sprintf("web-%d", s+1))
	}
	return d
}

func (d *driver) env(series int) link.Env {
	switch {
	case series < d.w.servers:
		return link.Production
	case d.w.control && series == d.w.servers:
		return link.Control
	default:
		return link.Self
	}
}

// measured returns the log latency of a series at the present tick.
func (d *driver) measured(series int) float64 {
	y, sc := d.w.y[series][d.at], d.w.scenario
	if series < d.w.servers && sc.effect != 0 {
		y += math.Log1p(sc.effect * d.reached)
	}
	if series < d.w.servers && sc.wait != nil {
		y = math.Log(math.Exp(y) + sc.wait(float64(d.at)*d.w.tick, d.reached))
	}
	if sc.ours != 0 && d.ours > 1e-3 && (series < d.w.servers || !sc.hidden) {
		y = math.Log(math.Exp(y) + sc.ours*d.ours*d.w.base[0])
	}
	return y
}

// advance goes on to the next tick, with so much of the full load on staging and
// so much as a whole; our own machine feels it within a tenth of a second.
func (d *driver) advance(load, whole float64) {
	d.at++
	d.reached = load + (d.reached-load)*d.keep
	d.ours = whole + (d.ours-whole)*d.keepOurs
}

// do plays a half. Users on staging reach production; users and sham load are
// both felt by our own machine.
func (d *driver) do(h link.Half) link.Observation {
	o := link.Observation{Half: h.Index}
	ticks := int(math.Round(h.Length.Seconds() / d.w.tick))
	load := float64(h.Users) / float64(d.level)
	whole := load + float64(h.Sham)/float64(d.level)
	d.samples = d.samples[:0]
	for i := range ticks {
		for s := range d.w.y {
			y := d.measured(s)
			if s < d.w.servers && d.guard.limits != nil {
				d.guard.see(s, y)
			}
			d.samples = append(d.samples, link.Sample{
				Env: d.env(s), Check: d.names[s], Due: time.Duration(float64(i)*d.w.tick*1e9 + 1),
				Latency: time.Duration(math.Exp(y) * 1e9),
			})
		}
		d.advance(load, whole)
		amber, red := d.guard.state()
		o.Amber = o.Amber || amber
		if red && !o.Red {
			o.Red, o.RedAt = true, time.Duration(float64(i)*d.w.tick*1e9)
		}
		o.AmberAtEnd = d.guard.held(amber, d.w.tick)
	}
	o.Samples = d.samples
	o.Sent = int(40 * h.Length.Seconds() * load)
	o.Succeeded = o.Sent
	o.Sham = int(h.ShamRate * h.Length.Seconds())
	return o
}

// quiet plays n halves without load.
func (d *driver) quiet(n int, length time.Duration) []link.Observation {
	var all []link.Observation
	for range n {
		o := d.do(link.Half{Length: length})
		o.Samples = slices.Clone(o.Samples)
		all = append(all, o)
	}
	return all
}

// learn teaches the guard what was usual so far.
func (d *driver) learn() { d.guard.learn(d.w, 0, d.at) }

// guard is the ladder's amber and red in short: the median of the last two
// seconds, and three of five probes.
type guard struct {
	last   [][]float64 // by server, the last 20
	limits []limits
	calm   float64 // seconds since it was last amber
	never  bool    // it was not amber yet
}

// held is amber with its hysteresis: it is left after 10 s without.
func (g *guard) held(amber bool, tick float64) bool {
	g.calm += tick
	if amber {
		g.calm, g.never = 0, false
	}
	return !g.never && g.calm < 10
}

type limits struct{ amber, red float64 } // log seconds

func (g *guard) see(server int, y float64) {
	for len(g.last) <= server {
		g.last = append(g.last, nil)
	}
	l := g.last[server]
	if len(l) < 20 {
		g.last[server] = append(l, y)
		return
	}
	copy(l, l[1:])
	l[len(l)-1] = y
}

func (g *guard) learn(w *world, from, to int) {
	for s := range w.servers {
		y := w.y[s][from:to]
		sorted := slices.Sorted(slices.Values(y))
		p50, worst3, worstMedian := math.Exp(sorted[len(sorted)/2]), 0.0, 0.0
		for i := 20; i <= len(y); i += 2 {
			worst3 = max(worst3, math.Exp(third(y[i-5:i])))
			worstMedian = max(worstMedian, math.Exp(median(y[i-20:i])))
		}
		g.limits = append(g.limits, limits{
			amber: math.Log(max(1.5*p50, 1.1*worstMedian, p50+0.025)),
			red:   math.Log(max(4*p50, 2*worst3, p50+0.1)),
		})
	}
}

func (g *guard) state() (amber, red bool) {
	for s, l := range g.limits {
		y := g.last[s]
		late := 0
		for _, v := range y[max(0, len(y)-5):] {
			if v > l.red {
				late++
			}
		}
		red = red || late >= 3
		above := 0
		for _, v := range y {
			if v > l.amber {
				above++
			}
		}
		amber = amber || 2*above > len(y)
	}
	return amber, red
}

// third is the third largest of five, median the middle of twenty.
func third(y []float64) float64  { return nth(y, len(y)-3) }
func median(y []float64) float64 { return nth(y, len(y)/2) }

func nth(y []float64, n int) float64 {
	var room [20]float64
	sorted := append(room[:0], y...)
	slices.Sort(sorted)
	return sorted[n]
}
