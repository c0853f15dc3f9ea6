package link

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// plant is a production to be checked: what its probes show in a half.
type plant struct {
	r       *rand.Rand
	noise   float64 // SD of log latency
	effect  float64 // of the load on staging
	ours    float64 // of any load of ours on all probes, as a share of production's latency
	hidden  bool    // the controls do not see it
	errors  float64 // share of probes that fail under load
	counter float64 // rise of a counter under load; NaN: there is no counter
	gauge   bool    // the counter is no database's own
	silent  bool    // production is not probed at all
	staging func(h Half, o *Observation)
	also    func(h Half, o *Observation)
}

func newPlant(seed uint64) *plant {
	return &plant{r: rand.New(rand.NewPCG(seed, 77)), noise: 0.1, counter: math.NaN()}
}

func (p *plant) half(h Half) Observation {
	o := Observation{Half: h.Index, Sham: int(h.ShamRate * h.Length.Seconds())}
	on := 0.0
	if h.Users > 0 {
		on = 1
		o.Sent, o.Succeeded = 200, 199
	}
	busy := max(on, float64(min(1, h.Sham)))
	for at := time.Duration(0); at < h.Length; at += 250 * time.Millisecond {
		for i, env := range []Env{Production, Production, Control, Self} {
			base := []float64{0.040, 0.025, 0.030, 0.0003}[i]
			sec := base * math.Exp(p.noise*p.r.NormFloat64())
			outcome := OK
			if env == Production {
				if p.silent {
					continue
				}
				sec *= 1 + p.effect*on
				if p.r.Float64() < p.errors*on {
					outcome = Failed
				}
			}
			if env == Production || !p.hidden {
				sec += p.ours * busy * 0.03
			}
			o.Samples = append(o.Samples, Sample{
				Env: env, Check: fmt.Sprint(env, i), Due: at, Latency: time.Duration(sec * 1e9), Outcome: outcome,
			})
		}
	}
	if !math.IsNaN(p.counter) {
		o.Counters = []Counter{{"commits", (200 + 10*p.r.NormFloat64()) * (1 + p.counter*on), !p.gauge}}
	}
	if p.staging != nil {
		p.staging(h, &o)
	}
	if p.also != nil {
		p.also(h, &o)
	}
	return o
}

// lingering is a staging that has not answered all of a load when the next half counts.
func lingering(h Half, o *Observation) {
	o.Flying, o.InFlight, o.Left = 5, 2, 4
	if h.Load == On {
		o.InFlight = 5
	}
}

func (p *plant) quiet(profile Profile, n int) []Observation {
	var q []Observation
	for range n {
		q = append(q, p.half(Half{Length: profile.Half, Load: Off}))
	}
	return q
}

func (p *plant) run(t *testing.T, s Setup) Verdict {
	t.Helper()
	return finish(t, p.begin(t, s), p)
}

func (p *plant) begin(t *testing.T, s Setup) *Check {
	t.Helper()
	c, err := New(s, p.quiet(s.Profile, 12))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func finish(t *testing.T, c *Check, p *plant) Verdict {
	t.Helper()
	for h, ok := c.Next(); ok; h, ok = c.Next() {
		if err := c.Observe(p.half(h)); err != nil {
			t.Fatal(err)
		}
	}
	v, ok := c.Verdict()
	if !ok {
		t.Fatal("there is no next half and no verdict")
	}
	return v
}
