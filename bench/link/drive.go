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
	asked          []inFlight
}

// inFlight is the last probe of a series. There is one at a time, as in a
// session: what is due before it is answered is not asked.
type inFlight struct {
	y     float64 // log latency
	until float64 // second at which it is answered
}

func newDriver(w *world, level int) *driver {
	d := &driver{w: w, level: level, guard: newGuard(w.servers)}
	tau := w.scenario.tau
	if tau == 0 {
		tau = 0.5
	}
	d.keep, d.keepOurs = math.Exp(-w.tick/tau), math.Exp(-w.tick/0.1)
	for s := range w.y {
		d.names = append(d.names, fmt.Sprintf("web-%d", s+1))
	}
	d.asked = make([]inFlight, len(w.y))
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

// now is the present tick's second.
func (d *driver) now() float64 { return float64(d.at) * d.w.tick }

// ask sends the probe of a series that is due, if the one before is answered,
// and returns its log latency. What can't be asked counts like the probe that is
// still out, as in a session.
func (d *driver) ask(series int) float64 {
	p, now := &d.asked[series], d.now()
	if now < p.until {
		if series < d.w.servers {
			d.guard.missed(series, now)
		}
		return p.y
	}
	p.y = d.measured(series)
	p.until = now + math.Exp(p.y)
	if series < d.w.servers {
		d.guard.see(series, now, p.until-now)
	}
	return p.y
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
	sum, used := 0.0, 0.0
	for i := range ticks {
		for s := range d.w.y {
			y := d.ask(s)
			d.samples = append(d.samples, link.Sample{
				Env: d.env(s), Check: d.names[s], Due: time.Duration(float64(i)*d.w.tick*1e9 + 1),
				Latency: time.Duration(math.Exp(y) * 1e9),
			})
		}
		if d.w.work != nil && float64(i)*d.w.tick >= h.Discard.Seconds()-1e-9 {
			c := d.w.scenario.counter
			sum += d.w.work[d.at] * (1 + c.rise*d.reached) * (1 + c.ours*d.ours)
			used += d.w.tick
		}
		d.advance(load, whole)
		amber, red := d.guard.state(d.now())
		o.Amber = o.Amber || amber
		if red && !o.Red {
			o.Red, o.RedAt = true, time.Duration(float64(i)*d.w.tick*1e9)
		}
		o.AmberAtEnd = d.guard.held(amber, d.w.tick)
	}
	o.Samples, o.Counters = d.samples, d.counted(sum, used)
	o.Sent = int(40 * h.Length.Seconds() * load)
	o.Succeeded = o.Sent
	o.Sham = int(h.ShamRate * h.Length.Seconds())
	return o
}

// quiet plays n halves without load.
func (d *driver) quiet(n int, p link.Profile) []link.Observation {
	var all []link.Observation
	for range n {
		o := d.do(link.Half{Length: p.Half, Discard: p.Discard})
		o.Samples = slices.Clone(o.Samples)
		all = append(all, o)
	}
	return all
}

// learn teaches the guard what was usual so far.
func (d *driver) learn() { d.guard.learn() }
