package monitors

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever samples come, and in whatever order: nothing panics, the environment
// is never better than its worst fast check that counts, red outranks, every
// change has a reason and follows the one before.
func TestBoardHoldsUnderAnySamples(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checks := []Check{
			{Env: Production, Name: "a", Kind: kindHTTP, Every: 100 * ms},
			{Env: Production, Name: "b", Kind: kindTCP, Every: time.Second},
			{Env: Production, Name: "c", Kind: "metrics", Every: 5 * time.Second, Slow: true},
			{Env: Self, Name: "sink", Kind: kindHTTP, Every: 200 * ms},
		}
		limits := Limits{
			SLO:    rapid.SampledFrom([]time.Duration{0, 50 * ms, time.Second}).Draw(t, "slo"),
			Errors: rapid.SampledFrom([]float64{0, 0.01}).Draw(t, "errors"),
		}
		b := NewBoard(checks, map[string]Limits{Production: limits})
		now := epoch
		state := map[[2]string]Health{}
		see := func(changes []Change) {
			for _, c := range changes {
				key := [2]string{c.Env, c.Check}
				if c.From != state[key] || c.From == c.To || c.Why == "" {
					t.Fatalf("change %v>%v of %v after %v: %q", c.From, c.To, key, state[key], c.Why)
				}
				state[key] = c.To
			}
		}
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 20, 100, 400, 3000, -50}).Draw(t, "wait")) * ms)
			switch rapid.IntRange(0, 12).Draw(t, "what") {
			case 0:
				b.StartBaseline(now)
			case 1:
				b.EndBaseline(now)
				see(b.Advance(now))
			case 2:
				b.Aside(Production, rapid.SampledFrom([]string{"a", "b", "x"}).Draw(t, "aside"), rapid.Bool().Draw(t, "aside on"))
				b.Mute(Production, rapid.SampledFrom([]string{"a", "b", "x"}).Draw(t, "mute"), rapid.Bool().Draw(t, "on"))
				see(b.Advance(now))
			case 3, 4, 5:
				see(b.Advance(now))
			default:
				i := rapid.IntRange(0, len(checks)-1).Draw(t, "check")
				latency := time.Duration(rapid.SampledFrom([]int{1, 40, 300, 3000}).Draw(t, "latency")) * ms
				see(b.Observe(Sample{
					Check: rapid.SampledFrom([]int{i, -1, 99}).Draw(t, "index"), Env: checks[i].Env, Name: checks[i].Name,
					Due: now.Add(-latency), At: now, Latency: latency, Next: now.Add(checks[i].Every),
					Phase: Phase(rapid.IntRange(0, 2).Draw(t, "phase")), Fresh: rapid.Bool().Draw(t, "fresh"),
					Result: rapid.SampledFrom([]Result{
						{OK: true}, {OK: true}, {OK: true}, {Hard: true, Reason: "answered 503"},
						{Hard: true, Refused: true, Reason: "refused the connection"}, {Limited: true, Reason: "limits our checks (429)"},
						{Blind: true, Reason: "name lookup failed"}, {OK: true, Warn: true, Reason: "lag"}, {Reason: "no"},
					}).Draw(t, "result"),
				}))
			}
			for _, env := range []string{Production, Self} {
				h := b.Env(env, now)
				worst := Green
				red := 0
				for _, c := range h.Checks {
					if !c.Slow && !c.Muted && !c.Aside {
						worst = Worse(worst, c.State)
					}
					if c.State == Red && !c.Muted && !c.Aside {
						red++
					}
				}
				if Worse(h.State, worst) != h.State {
					t.Fatalf("%s is %v, its worst fast check %v", env, h.State, worst)
				}
				if red != h.RedCount || env == Self && h.State == Red || h.GreenFor < 0 || h.BadRecently < 0 || h.Errors > 1 {
					t.Fatalf("%s: %+v", env, h)
				}
			}
		}
		for _, x := range b.Thresholds() {
			if x.Amber >= x.Red || x.Red <= 0 {
				t.Fatalf("amber %v, red %v", x.Amber, x.Red)
			}
		}
	})
}
