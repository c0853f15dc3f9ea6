package link

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// ChannelKind is what a channel measures.
type ChannelKind string

// The kinds of channels.
const (
	Latency ChannelKind = "latency" // trimmed mean of log latency over all servers, each against its own usual
	Server  ChannelKind = "server"  // the same of one server
	Errors  ChannelKind = "errors"  // share of probes that were not answered as expected
	Tail    ChannelKind = "tail"    // share of probes slower than nine in ten of the quiet phase
	Work    ChannelKind = "work"    // square root of a counter's rate, which evens out its noise
)

// weightOf shares the stake of the evidence among the kinds of channels before
// anything is seen. A weighted mean of evidence is evidence under any dependence
// (Vovk and Wang 2021).
var weightOf = map[ChannelKind]float64{Latency: 0.5, Server: 0.15, Errors: 0.1, Tail: 0.1, Work: 0.25}

type channel struct {
	kind   ChannelKind
	name   string
	weight float64
	floor  float64 // differences are not measured in finer steps than this
	usual  float64 // of Work: in the quiet phase, as square root of a rate; of a gauge that stood at 0 it is 0
	alone  bool    // of Work: it is enough for LINKED by itself
	silent bool    // of Work: it gave no number in the quiet phase that could be weighed
	below  bool    // of Work: a number of the quiet phase was below 0
	// highest is, of Work, the most of the quiet phase, as a rate.
	highest float64
}

// probe is a check as the quiet phase knew it.
type probe struct {
	env    Env
	name   string
	centre float64 // median of log latency
	p90    float64
	expect int // samples in a half
}

// layout is what is watched, fixed before the start.
type layout struct {
	probes   []probe
	index    map[probeKey]int
	counters []string
	counted  map[string]bool // of the counters: by a database itself
	below    map[string]bool // of the counters: below 0 in the quiet phase
	controls []Env
	channels []channel
	timeout  float64 // seconds
	servers  int
}

const (
	shortestLatency = 1e-6 // seconds; below it a logarithm would say more than a clock can
	trimmed         = 0.1  // share cut off at each end of a trimmed mean
)

// probeKey names a check.
type probeKey struct {
	env  Env
	name string
}

// learn fixes the layout from the halves of the quiet phase, and the counters that
// were asked for in it.
func learn(quiet []Observation, asked []Counter, from, to time.Duration, timeout time.Duration) *layout {
	l := &layout{index: map[probeKey]int{}, counted: map[string]bool{}, below: map[string]bool{}, timeout: timeout.Seconds()}
	ys := map[probeKey][]float64{}
	counts := map[string][]float64{}
	for i := range quiet {
		for _, s := range quiet[i].Samples {
			if s.Due < from || s.Due >= to || (s.Env != Production && s.Env != Control && s.Env != Self) {
				continue
			}
			k := probeKey{s.Env, s.Check}
			if _, ok := l.index[k]; !ok {
				l.index[k] = len(l.probes)
				l.probes = append(l.probes, probe{env: s.Env, name: s.Check})
			}
			ys[k] = append(ys[k], l.log(s))
		}
		for _, c := range quiet[i].Counters {
			switch rate := c.rate(); {
			case rate < 0:
				l.below[c.Name] = true
			case usable(rate):
				counts[c.Name] = append(counts[c.Name], rate)
				l.counted[c.Name] = c.Counted
			}
		}
	}
	for name := range l.below {
		asked = append(slices.Clip(asked), Counter{Name: name}) // It is missed like one that gave no number.
	}
	for _, c := range asked {
		if _, ok := counts[c.Name]; !ok {
			counts[c.Name], l.counted[c.Name] = nil, c.Counted
		}
	}
	slices.SortFunc(l.probes, func(a, b probe) int {
		return cmp.Or(cmp.Compare(a.env, b.env), cmp.Compare(a.name, b.name))
	})
	for i := range l.probes {
		p := &l.probes[i]
		k := probeKey{p.env, p.name}
		l.index[k] = i
		y := ys[k]
		slices.Sort(y)
		p.centre, p.p90 = quantile(y, 0.5), quantile(y, 0.9)
		p.expect = int(math.Round(float64(len(y)) / float64(len(quiet))))
		if p.env == Production {
			l.servers++
		} else if !slices.Contains(l.controls, p.env) {
			l.controls = append(l.controls, p.env)
		}
	}
	for name := range counts {
		l.counters = append(l.counters, name)
	}
	slices.Sort(l.counters)
	l.build(counts)
	return l
}

// build lists the channels and shares the stake among them.
func (l *layout) build(counts map[string][]float64) {
	inHalf := 0
	for _, p := range l.probes {
		if p.env == Production {
			inHalf += p.expect
		}
	}
	one := 1 / float64(max(1, inHalf)) // one probe
	l.channels = append(l.channels, channel{kind: Latency, floor: 0.005})
	if l.servers > 1 {
		for _, p := range l.probes {
			if p.env == Production {
				l.channels = append(l.channels, channel{kind: Server, name: p.name, floor: 0.005, weight: 1 / float64(l.servers)})
			}
		}
	}
	l.channels = append(l.channels, channel{kind: Errors, floor: one}, channel{kind: Tail, floor: one})
	for _, name := range l.counters {
		slices.Sort(counts[name])
		c := channel{kind: Work, name: name, weight: 1 / float64(len(l.counters)), alone: l.counted[name], silent: len(counts[name]) == 0, below: l.below[name]}
		c.highest = quantile(counts[name], 1)
		for i, rate := range counts[name] {
			counts[name][i] = math.Sqrt(rate)
		}
		c.usual = quantile(counts[name], 0.5)
		if c.alone { // A database that does less than one thing a second is as good as idle.
			c.usual = max(1, c.usual)
			c.floor = max(1e-3, 1e-3*c.usual)
		} else { // A gauge may be of anything, and be as small as it likes.
			c.floor = max(math.SmallestNonzeroFloat64, 1e-3*c.usual)
		}
		l.channels = append(l.channels, c)
	}
	sum := 0.0
	for i := range l.channels {
		c := &l.channels[i]
		if c.weight == 0 {
			c.weight = 1
		}
		c.weight *= weightOf[c.kind]
		sum += c.weight
	}
	for i := range l.channels {
		l.channels[i].weight /= sum
	}
}

// log is the logarithm of a sample's latency in seconds; whatever was not
// answered as expected counts as answered at the timeout.
func (l *layout) log(s Sample) float64 {
	sec := s.Latency.Seconds()
	if s.Outcome != OK || sec > l.timeout {
		sec = l.timeout
	}
	return math.Log(max(sec, shortestLatency))
}

// watched is what one environment showed in a half.
type watched struct {
	ok                  bool // there was at least one sample
	latency, errs, tail float64
	servers             []float64 // of a control: its latency as each of production's servers would show it
}

// answered tells whether a control was there to move: one that mostly fails looks
// as still as one that has no part in anything.
func (w watched) answered() bool { return w.ok && w.errs < 0.5 }

// summary is what a half comes down to.
type summary struct {
	production watched
	servers    []float64 // trimmed means of production's checks, in the order of the layout
	controls   []watched
	counters   []float64 // square roots of rates; NaN where there was none, or one below 0
	rates      []float64
}

// sum reduces a half to the values of its channels. Probes that the quiet phase
// led to expect and that nobody reported count as late.
func (l *layout) sum(o *Observation, from, to time.Duration) summary {
	perProbe := make([][]float64, len(l.probes))
	errs := make([]int, len(l.probes))
	for _, s := range o.Samples {
		i, ok := l.index[probeKey{s.Env, s.Check}]
		if !ok || s.Due < from || s.Due >= to {
			continue
		}
		perProbe[i] = append(perProbe[i], l.log(s))
		if s.Outcome != OK {
			errs[i]++
		}
	}
	var r summary
	r.production = l.watch(Production, perProbe, errs)
	for _, env := range l.controls {
		r.controls = append(r.controls, l.watch(env, perProbe, errs))
	}
	for i, p := range l.probes {
		if p.env == Production {
			y := slices.Clone(perProbe[i])
			for j := range y {
				y[j] -= p.centre
			}
			r.servers = append(r.servers, trimmedMean(y))
		}
	}
	r.counters = make([]float64, len(l.counters))
	r.rates = make([]float64, len(l.counters))
	for i := range r.counters {
		r.counters[i], r.rates[i] = math.NaN(), math.NaN()
	}
	for _, c := range o.Counters {
		if i, ok := slices.BinarySearch(l.counters, c.Name); ok && usable(c.Rate) {
			r.counters[i], r.rates[i] = math.Sqrt(c.rate()), c.rate() // of less than 0 there is no root
		}
	}
	return r
}

// watch pools an environment's checks, each against its own usual latency.
//
// A control's time over its usual is added to the usual time of each of
// production's servers before the logarithm is taken: a delay on our side adds the same time to both, however
// different the two are. A sink that rises from 0.2 to 0.3 ms explains 1 % of a
// production of 10 ms, not half of it.
func (l *layout) watch(env Env, perProbe [][]float64, errs []int) watched {
	var w watched
	for i, p := range l.probes {
		w.ok = w.ok || (p.env == env && len(perProbe[i]) > 0)
	}
	if !w.ok {
		return w
	}
	var pool []float64 // of a control, seconds over its usual
	n, late, failed := 0, 0, 0
	for i, p := range l.probes {
		if p.env != env {
			continue
		}
		// One probe more or less is the schedule's phase, not a loss.
		for missing := p.expect - len(perProbe[i]); missing > 1 && len(perProbe[i]) < p.expect; {
			perProbe[i] = append(perProbe[i], math.Log(l.timeout))
			errs[i]++
		}
		for _, y := range perProbe[i] {
			if y > p.p90 {
				late++
			}
			if env == Production {
				pool = append(pool, y-p.centre)
			} else {
				pool = append(pool, math.Exp(y)-math.Exp(p.centre))
			}
		}
		n += len(perProbe[i])
		failed += errs[i]
	}
	if env == Production {
		w.latency = trimmedMean(pool)
	} else {
		w.servers = l.onServers(pool)
		w.latency = mean(w.servers)
	}
	w.errs = float64(failed) / float64(n)
	w.tail = float64(late) / float64(n)
	return w
}

// onServers returns what seconds over the usual would do to the log latency of
// each of production's servers.
func (l *layout) onServers(over []float64) []float64 {
	slices.Sort(over) // The tenths that are cut off are the same for all.
	var ys []float64
	y := make([]float64, len(over))
	for _, p := range l.probes {
		if p.env != Production {
			continue
		}
		for i, sec := range over {
			y[i] = math.Log(max(0.05, 1+sec/math.Exp(p.centre)))
		}
		ys = append(ys, trimmedMean(y))
	}
	return ys
}

// differences returns on minus off for each channel of production, and the same
// of each control in the channels it has a say in; nil of one that did not answer in
// both halves. A counter that had no value in one of them differs by NaN. ok is
// false when production was not seen at all in one of them.
func (l *layout) differences(on, off summary) (d []float64, controls [][]float64, ok bool) {
	d = make([]float64, len(l.channels))
	controls = make([][]float64, len(l.controls))
	for j := range controls {
		if on.controls[j].answered() && off.controls[j].answered() {
			controls[j] = make([]float64, len(l.channels))
		}
	}
	if !on.production.ok || !off.production.ok {
		return d, controls, false
	}
	server, counter := 0, 0
	for i, c := range l.channels {
		var of func(watched) float64
		switch c.kind {
		case Latency:
			of = func(w watched) float64 { return w.latency }
			d[i] = on.production.latency - off.production.latency
		case Server:
			s := server
			of = func(w watched) float64 { return w.servers[s] }
			d[i] = on.servers[s] - off.servers[s]
			server++
		case Errors:
			of = func(w watched) float64 { return w.errs }
			d[i] = on.production.errs - off.production.errs
		case Tail:
			of = func(w watched) float64 { return w.tail }
			d[i] = on.production.tail - off.production.tail
		case Work: // Nothing on our side moves production's own counts.
			d[i] = on.counters[counter] - off.counters[counter]
			counter++
		}
		if !usable(d[i]) && c.kind != Work {
			d[i] = 0
		}
		for j := range controls {
			if of != nil && controls[j] != nil {
				controls[j][i] = of(on.controls[j]) - of(off.controls[j])
			}
		}
	}
	return d, controls, true
}

func usable(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// trimmedMean is the mean without the highest and lowest tenth. It reorders y;
// of nothing it is NaN.
func trimmedMean(y []float64) float64 {
	slices.Sort(y)
	cut := int(trimmed * float64(len(y)))
	y = y[cut : len(y)-cut]
	sum := 0.0
	for _, v := range y {
		sum += v
	}
	return sum / float64(len(y))
}

// quantile returns the q-quantile of sorted values, interpolated; 0 of none.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
