package main

import (
	"bufio"
	"embed"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// A world is what the checks of one run would have measured had there been no
// load at all: log latency in seconds, by series and tick.
type world struct {
	tick     float64 // seconds between probes
	servers  int     // production's are the first series, then the control if any, then our own sink
	control  bool
	y        [][]float64
	base     []float64 // usual latency in seconds, by series
	work     []float64 // what a database counts in each tick; nil: none is asked
	scenario *scenario
}

// model makes the noise of a world.
type model struct {
	name    string
	about   string
	tick    float64
	servers int
	control bool
	base    []float64 // usual latency in seconds, by series; nil: the one below
	fill    func(w *world, r *rand.Rand, n int)
}

// autoregressive fills y with noise of which each value keeps rho of the one
// before, with standard deviation sd.
func autoregressive(r *rand.Rand, y []float64, rho, sd float64) {
	fresh := sd * math.Sqrt(1-rho*rho)
	x := sd * r.NormFloat64()
	for i := range y {
		y[i] += x
		x = rho*x + fresh*r.NormFloat64()
	}
}

// bursts adds plateaus of 0.3 to 1 s (times long), up to +1.0 log, on average
// one in every `every` seconds.
func bursts(r *rand.Rand, y []float64, tick, every, long float64) {
	for at := r.ExpFloat64() * every; ; at += r.ExpFloat64() * every {
		i := int(at / tick)
		if i >= len(y) {
			return
		}
		height := r.Float64()
		for end := min(len(y), i+int(long*(0.3+0.7*r.Float64())/tick)); i < end; i++ {
			y[i] += height
		}
	}
}

// drift adds a slow swing of ±height with a period of 5 minutes.
func drift(r *rand.Rand, y []float64, tick, height float64) {
	phase := 2 * math.Pi * r.Float64()
	for i := range y {
		y[i] += height * math.Sin(phase+2*math.Pi*float64(i)*tick/300)
	}
}

// bursty is the noise model of the design: one front door at 10 probes a second.
var bursty = model{
	name: "bursty", tick: 0.1, servers: 1, control: true,
	about: "one front door, 10 probes/s, log latency with lag-1 correlation 0.7 and SD 0.30, bursts of 0.3 to 1 s up to x2.7 every 20 s, drift of 10 % over 5 min",
	fill: func(w *world, r *rand.Rand, _ int) {
		p := w.y[0]
		autoregressive(r, p, 0.7, 0.30)
		bursts(r, p, w.tick, 20, 1)
		drift(r, p, w.tick, 0.1)
		ours(w, r, 1, 0.15)
	},
}

// longest is how late, in log latency, the latest answers of the heavy-tailed
// noise are: 0.3 s. Those that take much longer are a server that hangs:
// the guard cuts, by design, and no check comes to an end in such a production.
const longest = 2.0

// heavy has most answers close together and a few very late ones, from four
// servers that share half of their noise, at 4 probes a second each.
var heavy = model{
	name: "heavy-tailed", tick: 0.25, servers: 4, control: true,
	about: "four servers, 4 probes/s each, lognormal with one answer in ten far off and one in a hundred Pareto (exponent 1.1, at most x7), a shared slow part (lag-1 correlation 0.9, SD 0.12)",
	fill: func(w *world, r *rand.Rand, n int) {
		shared := make([]float64, n)
		autoregressive(r, shared, 0.9, 0.12)
		for s := range w.servers {
			for i := range w.y[s] {
				x := 0.15 * r.NormFloat64()
				switch u := r.Float64(); {
				case u < 0.01:
					x += min(longest, r.ExpFloat64()/1.1)
				case u < 0.10:
					x += 0.4 + 0.4*r.NormFloat64()
				}
				w.y[s][i] += shared[i] + x
			}
		}
		ours(w, r, w.servers, 0.15)
	},
}

// ours is the noise of the control and the sink.
func ours(w *world, r *rand.Rand, from int, sd float64) {
	for s := from; s < len(w.y); s++ {
		autoregressive(r, w.y[s], 0.5, sd)
		bursts(r, w.y[s], w.tick, 40, 1)
	}
}

//go:embed testdata/lab-quiet.csv
var recordings embed.FS

// recorded replays the lab's own latencies from a random place on, round and
// round.
func recorded() (model, error) {
	series, usual, err := readRecording("testdata/lab-quiet.csv")
	if err != nil {
		return model{}, err
	}
	return model{
		name: "recorded", base: usual, tick: probeEvery.Seconds(), servers: len(series) - 1,
		about: fmt.Sprintf("the lab's four production servers and a sink of ours as recorded in quiet, 10 probes/s each, %d s from a random place on", int(float64(len(series[0]))*probeEvery.Seconds())),
		fill: func(w *world, r *rand.Rand, _ int) {
			at := r.IntN(len(series[0]))
			for s := range w.y {
				for i := range w.y[s] {
					w.y[s][i] += series[s][(at+i)%len(series[s])]
				}
			}
		},
	}, nil
}

// failed stands for a probe that was not answered.
const failed = 2.0 // seconds

// notSent stands for a probe that could not be sent when it was due.
const notSent = 1 // microseconds: nothing is answered in less

var notSentLog = math.Log(notSent * 1e-6)

// readRecording returns log latencies by series, each less its usual one, and
// the usual ones in seconds.
func readRecording(path string) (series [][]float64, usual []float64, err error) {
	data, err := recordings.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read the recording: %w", err)
	}
	lines := bufio.NewScanner(strings.NewReader(string(data)))
	lines.Scan()
	series = make([][]float64, 1+strings.Count(lines.Text(), ","))
	for lines.Scan() {
		for i, f := range strings.Split(lines.Text(), ",") {
			if i >= len(series) {
				break
			}
			us, err := strconv.ParseInt(f, 10, 64)
			switch {
			case f == "":
				us = notSent
			case err != nil || us <= 0:
				us = failed * 1e6
			}
			series[i] = append(series[i], math.Log(float64(us)*1e-6))
		}
	}
	for _, y := range series {
		// What could not be sent would have waited about as long as the next one did.
		for i := len(y) - 2; i >= 0; i-- {
			if y[i] == notSentLog {
				y[i] = y[i+1]
			}
		}
	}
	for _, y := range series {
		sorted := slices.Clone(y)
		slices.Sort(sorted)
		middle := sorted[len(sorted)/2]
		usual = append(usual, math.Exp(middle))
		for i := range y {
			y[i] -= middle
		}
	}
	return series, usual, lines.Err()
}

const (
	productionBase = 0.040
	controlBase    = 0.030
	sinkBase       = 0.0003
)

// make draws a world of n ticks.
func (m model) make(s *scenario, r *rand.Rand, n int) *world {
	w := &world{tick: m.tick, servers: m.servers, control: m.control, scenario: s}
	for range m.servers {
		w.base = append(w.base, productionBase)
	}
	if m.control {
		w.base = append(w.base, controlBase)
	}
	w.base = append(w.base, sinkBase)
	if m.base != nil {
		w.base = m.base
	}
	w.y = make([][]float64, len(w.base))
	flat := make([]float64, n*len(w.base))
	for i := range w.y {
		w.y[i] = flat[i*n : (i+1)*n]
	}
	m.fill(w, r, n)
	if s.disturb != nil {
		s.disturb(w, r)
	}
	if s.counter != nil {
		s.counter.work(w, r, n)
	}
	for i := range w.y {
		b := math.Log(w.base[i])
		for j := range w.y[i] {
			w.y[i][j] += b
		}
	}
	return w
}
