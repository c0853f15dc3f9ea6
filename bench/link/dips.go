package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"crosstalk/session/link"
)

// trouble is why production is amber when somebody asks "is it me?".
type trouble struct {
	name   string
	height float64 // of production's latency, in amber limits
	tau    float64 // seconds that our load needs to build it up, and it to drain; 0: it is not ours
	until  float64 // seconds after which it passes by itself; 0: never
	job    float64 // height of a job on top, every 6 s for 3 s; 0: none
}

var troubles = []trouble{
	{name: "ours, at once, 1.1 x the amber limit", height: 1.1, tau: 0.5},
	{name: "ours, at once, 1.3 x", height: 1.3, tau: 0.5},
	{name: "ours, backlog of 5 s, 1.3 x", height: 1.3, tau: 5},
	{name: "ours, backlog of 20 s, 1.3 x", height: 1.3, tau: 20},
	{name: "ours, backlog of 120 s, 1.3 x", height: 1.3, tau: 120},
	{name: "not ours, 1.3 x", height: 1.3},
	{name: "not ours, 1.3 x, and a job every 6 s for 3 s, +30 %", height: 1.3, job: 0.3},
	{name: "not ours, 1.3 x, passes after 100 s", height: 1.3, until: 100},
}

// scenario makes it for a model, as a wait before production's own work. What is
// not ours is there from the first dip on.
func (t *trouble) scenario(m *model, seed uint64) *scenario {
	base := productionBase
	if m.base != nil {
		base = m.base[0]
	}
	over := t.height*max(1.5*base, base+0.025) - base
	if t.tau > 0 {
		return &scenario{tau: t.tau, wait: func(_, reached float64) float64 { return over * reached }}
	}
	from, phase := (baseline + link.IsItMe().Quiet).Seconds(), 6*rand.New(rand.NewPCG(seed, 3)).Float64()
	return &scenario{wait: func(at, _ float64) float64 {
		at -= from
		switch {
		case at < 0 || (t.until > 0 && at > t.until):
			return 0
		case math.Mod(at+phase, 6) < 3:
			return over + t.job*(base+over)
		}
		return over
	}}
}

// dipsTally is what came of many runs of one trouble.
type dipsTally struct {
	model, trouble string
	runs           int
	answers        map[link.Answer]int
	took           []float64 // seconds
}

const level = 120

func runDips(m model, t *trouble, seed uint64) (link.DipsResult, float64) {
	p := link.IsItMe()
	r := rand.New(rand.NewPCG(seed, 2))
	ticks := int(math.Round((baseline+p.Quiet+time.Duration(2*p.MaxPairs)*p.Half+p.Zero).Seconds()/m.tick)) + 8
	w := m.make(t.scenario(&m, seed), r, ticks)
	d := newDriver(w, level)
	d.quiet(int(baseline/p.Half), p)
	d.learn()
	c, err := link.NewDips(link.Setup{Profile: p, Seed: seed, Users: level}, d.quiet(int(p.Quiet/p.Half), p))
	if err != nil {
		return link.DipsResult{Answer: link.CannotTell}, 0
	}
	d.reached = 1 // The level has been held for long.
	seconds := 0.0
	for h, ok := c.Next(); ok; h, ok = c.Next() {
		seconds += h.Length.Seconds()
		if err := c.Observe(d.do(h)); err != nil {
			panic(err) // The driver does what it is told, or the bench is wrong.
		}
	}
	result, _ := c.Result()
	return result, seconds
}

func runManyDips(m model, t *trouble, n int) dipsTally {
	out := dipsTally{model: m.name, trouble: t.name, runs: n, answers: map[link.Answer]int{}}
	results, took := make([]link.DipsResult, n), make([]float64, n)
	each(n, func(i int) { results[i], took[i] = runDips(m, t, uint64(i)+1) })
	for _, r := range results {
		out.answers[r.Answer]++
	}
	slices.Sort(took)
	out.took = took
	return out
}
