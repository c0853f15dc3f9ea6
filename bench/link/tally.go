package main

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"crosstalk/session/link"
)

const (
	users    = 5
	baseline = 2 * time.Minute // the guard's
)

// tally is what came of many runs of one scenario.
type tally struct {
	model, scenario, profile string
	runs                     int
	verdicts                 map[link.Kind]int
	toLinked, toAny          []float64 // seconds of the loaded part
	welch, square            int       // found by the naive methods
	refused                  int
	full, fullRuns           int // linked, and all, of the runs that kept their load and met no red
	lowered                  int // runs in which production's amber lowered the load
}

// one is one run: the check itself, and the two naive methods on the same noise.
type one struct {
	verdict       link.Verdict
	refused       bool
	welch, square bool
}

func runOne(m model, s *scenario, p link.Profile, seed uint64) one {
	r := rand.New(rand.NewPCG(seed, 1))
	quietHalves := int(p.Quiet / p.Half)
	ticks := int(math.Round((baseline+p.Quiet+time.Duration(2*p.MaxPairs)*p.Half).Seconds()/m.tick)) + 8
	w := m.make(s, r, ticks)
	d := newDriver(w, users)
	setup := link.Setup{Profile: p, Seed: seed, Users: users}
	d.quiet(int(baseline/p.Half), p)
	d.learn()
	c, err := link.New(setup, d.quiet(quietHalves, p))
	var out one
	start := d.at
	if err != nil {
		out.refused = true
		return out
	}
	for h, ok := c.Next(); ok; h, ok = c.Next() {
		if err := c.Observe(d.do(h)); err != nil {
			panic(err) // The driver does what it is told, or the bench is wrong.
		}
	}
	out.verdict, _ = c.Verdict()
	coins := c.Assignment()
	out.welch = welch(w, p, start, coins)
	strict := make(link.Assignment, len(coins))
	for i := range strict {
		strict[i] = true
	}
	out.square = squareWave(w, p, start, strict)
	return out
}

// runMany runs a scenario n times on all cores.
func runMany(m model, s *scenario, p link.Profile, n int) tally {
	t := tally{model: m.name, scenario: s.name, profile: p.Name, runs: n, verdicts: map[link.Kind]int{}}
	results := make([]one, n)
	each(n, func(i int) { results[i] = runOne(m, s, p, uint64(i)+1) })
	for _, o := range results {
		if o.refused {
			t.refused++
			continue
		}
		t.verdicts[o.verdict.Verdict]++
		v := o.verdict
		if v.Users == users && v.Verdict != link.Suspected && v.Why != "red without load" {
			t.fullRuns++
			t.full += count(v.Verdict == link.Linked)
		}
		t.toAny = append(t.toAny, o.verdict.Seconds)
		if o.verdict.Verdict == link.Linked {
			t.toLinked = append(t.toLinked, o.verdict.Seconds)
		}
		if o.verdict.Users < users {
			t.lowered++
		}
		t.welch += count(o.welch)
		t.square += count(o.square)
	}
	slices.Sort(t.toLinked)
	slices.Sort(t.toAny)
	return t
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// each calls f with 0 to n-1 on all cores.
func each(n int, f func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}

// halvesOf returns production's log latencies in the used parts of the halves,
// on and off by pair, as an order without early end or sham load would have met
// them.
func halvesOf(w *world, p link.Profile, start int, coins link.Assignment) (on, off [][]float64) {
	d := newDriver(w, users)
	d.at = start
	ticks := int(math.Round(p.Half.Seconds() / w.tick))
	for _, first := range coins {
		for h := range 2 {
			load := float64(count(first == (h == 0)))
			y := make([]float64, 0, ticks*w.servers)
			for i := range ticks {
				for s := range w.servers {
					if float64(i)*w.tick >= p.Discard.Seconds()-1e-9 {
						y = append(y, d.measured(s))
					}
				}
				d.advance(load, load)
			}
			if load > 0 {
				on = append(on, y)
			} else {
				off = append(off, y)
			}
		}
	}
	return on, off
}

// oneIn100 is the normal quantile of 0.99.
const oneIn100 = 2.326

// welch is what one would do first: compare all latencies with load to all
// without by Welch's t, at 1 %.
func welch(w *world, p link.Profile, start int, coins link.Assignment) bool {
	on, off := halvesOf(w, p, start, coins)
	m1, v1, n1 := moments(on)
	m0, v0, n0 := moments(off)
	return (m1-m0)/math.Sqrt(v1/n1+v0/n0) > oneIn100
}

func moments(halves [][]float64) (mean, variance, n float64) {
	for _, y := range halves {
		for _, v := range y {
			mean += v
			n++
		}
	}
	mean /= n
	for _, y := range halves {
		for _, v := range y {
			variance += (v - mean) * (v - mean)
		}
	}
	return mean, variance / (n - 1), n
}

// squareWave is load on and off in strict turns, with the same pairs and a
// paired test at 1 %.
func squareWave(w *world, p link.Profile, start int, coins link.Assignment) bool {
	on, off := halvesOf(w, p, start, coins)
	d := make([][]float64, 1)
	for k := range on {
		d[0] = append(d[0], trimmed(on[k])-trimmed(off[k]))
	}
	m, v, n := moments(d)
	return m/math.Sqrt(v/n) > oneIn100
}

func trimmed(y []float64) float64 {
	s := slices.Sorted(slices.Values(y))
	cut := len(s) / 10
	sum := 0.0
	for _, v := range s[cut : len(s)-cut] {
		sum += v
	}
	return sum / float64(len(s)-2*cut)
}
