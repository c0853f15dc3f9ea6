package report

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"crosstalk/session"
)

// Noise differs when the usual latency of the quiet phases, or how far their
// slow answers lay above it, is apart by both of these.
const (
	noiseRatio = 2.0
	noiseLeast = 0.005 // seconds
)

// conditions tells what the two sessions have in common and what not. What a
// journal does not hold can't be called the same.
func (c *Comparison) conditions(a, b recorded) {
	ac, aerr := a.config()
	bc, berr := b.config()
	known := aerr == nil && berr == nil
	c.hold("journeys", known, journeysOf(ac), journeysOf(bc))
	c.hold("data", known, dataOf(ac), dataOf(bc))
	c.hold("machine", a.b.st.Start.Host != "" && b.b.st.Start.Host != "", a.b.st.Start.Host, b.b.st.Start.Host)
	c.hold("think time", known, thinkOf(ac), thinkOf(bc))
	as, bs := a.b.st.Start, b.b.st.Start
	if as.Demo != "" || bs.Demo != "" { // the embedded shop has another port each time
		c.hold("the demo's databases", true, demoOf(as), demoOf(bs))
	} else {
		c.hold("target", as.Target != "" && bs.Target != "", hidden(as.Target), hidden(bs.Target))
	}
	c.hold("production's checks", true, checksOf(as), checksOf(bs))
	if why, known := noise(a, b); !known {
		c.Differs = append(c.Differs, "noise is not known: "+why)
	} else if why != "" {
		c.Differs = append(c.Differs, "noise differs: "+why)
	} else {
		c.Same = append(c.Same, "noise")
	}
	c.aside("build", a.build(), b.build())
	c.aside("guard", guardOf(as), guardOf(bs))
	c.aside("glide", fmt.Sprintf("%g users a second", as.Limits.Glide), fmt.Sprintf("%g users a second", bs.Limits.Glide))
	c.aside("limit", fmt.Sprintf("%g requests a second", as.Limits.RPS), fmt.Sprintf("%g requests a second", bs.Limits.RPS))
	c.aside("program", as.Version, bs.Version)
}

func (c *Comparison) hold(what string, known bool, a, b string) {
	switch {
	case !known:
		c.Differs = append(c.Differs, what+" not known: the record does not hold it")
	case a != b:
		c.Differs = append(c.Differs, fmt.Sprintf("%s: %s against %s", what, cut(orNone(a), maxCell), cut(orNone(b), maxCell)))
	default:
		c.Same = append(c.Same, what)
	}
}

func (c *Comparison) aside(what, a, b string) {
	if a != b {
		c.Aside = append(c.Aside, fmt.Sprintf("%s differs: %s against %s", what, cut(orNone(a), maxCell), cut(orNone(b), maxCell)))
	}
}

// config is the compiled configuration of a session's last start.
func (r recorded) config() (*session.Config, error) {
	var c session.Config
	if len(r.b.st.Start.Config) == 0 {
		return &c, fmt.Errorf("no configuration is in the journal")
	}
	err := json.Unmarshal(r.b.st.Start.Config, &c)
	return &c, err
}

// journeysOf is what users do, in a form that equal journeys have in common.
// Think times are told apart, and hosts of the embedded shop change.
func journeysOf(c *session.Config) string {
	var out []string
	for _, j := range c.Staging.Journeys {
		words := []string{fmt.Sprintf("%s x%d:", j.Name, max(1, j.Weight))}
		for _, s := range j.Once {
			words = append(words, "once", stepOf(s))
		}
		for _, s := range j.Steps {
			words = append(words, stepOf(s))
		}
		out = append(out, strings.Join(words, " "))
	}
	return strings.Join(out, " | ")
}

// stepOf names a step, and what of it the name does not tell by a number that
// differs when it does.
func stepOf(s session.Step) string {
	s.Think = nil
	h := fnv.New32a()
	if b, err := json.Marshal(s); err == nil {
		_, _ = h.Write(b) // never fails
	}
	return fmt.Sprintf("%s %s (%08x)", s.Method, s.Path, h.Sum32())
}

func dataOf(c *session.Config) string {
	if c.Staging.Data == "" {
		return "none"
	}
	return c.Staging.Data
}

func thinkOf(c *session.Config) string {
	var out []string
	span := func(r session.Range) string {
		if r.Min == r.Max {
			return r.Min.String()
		}
		return fmt.Sprintf("%s..%s", r.Min, r.Max)
	}
	for _, j := range c.Staging.Journeys {
		words := []string{j.Name + " " + span(j.Think)}
		for _, s := range slices.Concat(j.Once, j.Steps) {
			if s.Think != nil {
				words = append(words, fmt.Sprintf("after %s %s", s.Name, span(*s.Think)))
			}
		}
		out = append(out, strings.Join(words, ", "))
	}
	return strings.Join(out, " | ")
}

func demoOf(s session.Start) string {
	if s.Demo == "" {
		return "real systems"
	}
	return s.Demo
}

func guardOf(s session.Start) string {
	if s.NoGuard != "" {
		return "off"
	}
	return "on"
}

// checksOf are production's checks: without the same ones its latencies are not
// of the same thing.
func checksOf(s session.Start) string {
	var out []string
	for _, c := range s.Checks {
		if c.Env == production && !c.Slow {
			out = append(out, fmt.Sprintf("%s %s every %s", c.Name, c.Kind, time.Duration(c.Every*float64(time.Second))))
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// noise compares what the quiet phases saw of the same checks, before any load:
// for each environment the median of its checks, because the slowest answer of
// one check in a short phase is chance. why is "" where they agree; where they
// can't be compared known is false.
func noise(a, b recorded) (why string, known bool) {
	usual, slow := map[string][2][]float64{}, map[string][2][]float64{}
	put := func(to map[string][2][]float64, env string, x, y float64) {
		v := to[env]
		to[env] = [2][]float64{append(v[0], x), append(v[1], y)}
	}
	for _, x := range a.m.Thresholds {
		for _, y := range b.m.Thresholds {
			if x.Env == y.Env && x.Check == y.Check && x.N > 0 && y.N > 0 {
				put(usual, x.Env, x.P50, y.P50)
				put(slow, x.Env, x.P99, y.P99)
			}
		}
	}
	for _, env := range sortedKeys(usual) {
		for _, v := range []struct {
			what string
			of   [2][]float64
		}{{"the usual answer", usual[env]}, {"the slowest of 100 answers", slow[env]}} {
			if x, y := central(v.of[0]), central(v.of[1]); apart(x, y) {
				return fmt.Sprintf("before any load %s of %s's checks took %s against %s", v.what, env, millis(x), millis(y)), true
			}
		}
	}
	if len(usual) == 0 {
		return "no check was learned in both quiet phases", false
	}
	return "", true
}

// central is the lower median.
func central(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[(len(v)-1)/2]
}

func apart(a, b float64) bool {
	return max(a, b) > noiseRatio*min(a, b) && max(a, b)-min(a, b) > noiseLeast
}
