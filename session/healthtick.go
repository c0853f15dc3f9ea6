package session

import (
	"math"
	"time"

	"crosstalk/monitors"
)

// tellAll is how often every check is told, changed or not.
const tellAll = 10 * time.Second

// tileTold is what was last told of a check.
type tileTold struct {
	state   monitors.Health
	latency time.Duration
	late    bool
	at      time.Time
}

// healthTick is an environment's second. It names the checks that changed since
// they were last told, all that are not green, and every one each ten seconds:
// an eight-hour journal stays small and a reader is never far from the truth.
func (w *watch) healthTick(h monitors.EnvHealth, now time.Time) *HealthTick {
	t := &HealthTick{Env: h.Env, State: h.State.String(), Errors: round(h.Errors, 4), Rate: round(h.Rate, 2), Probes: h.N, Checks: []CheckState{}}
	if h.State != monitors.Green {
		t.Why = h.Why
	}
	// A refusal is no latency: production that refuses everything has none.
	if h.Timed > 0 {
		t.P50, t.P95 = span(h.P50), span(h.P95)
	}
	if h.Timed1 > 0 {
		t.Now50, t.Now95, t.Max = span(h.P50s1), span(h.P95s1), span(h.Max1)
	}
	if !h.Newest.IsZero() {
		age := round(now.Sub(h.Newest).Seconds(), 2)
		t.Age = &age
	}
	for _, c := range h.Checks {
		if c.Vitals != nil {
			t.Vitals = c.Vitals
		}
		key := h.Env + "\x00" + c.Name
		was, known := w.told[key]
		if known && c.State == monitors.Green && was.state == c.State && was.late == c.Late && !moved(was.latency, c.Latency) && now.Sub(was.at) < tellAll {
			continue
		}
		w.told[key] = tileTold{state: c.State, latency: c.Latency, late: c.Late, at: now}
		t.Checks = append(t.Checks, checkState(c, now))
	}
	return t
}

func checkState(c monitors.CheckHealth, now time.Time) CheckState {
	s := CheckState{Name: c.Name, State: c.State.String(), Late: c.Late, Reason: c.Reason, Amber: seconds(c.Amber), Red: seconds(c.Red), Muted: c.Muted, Aside: c.Aside}
	if !c.Newest.IsZero() {
		age := round(now.Sub(c.Newest).Seconds(), 2)
		s.Age, s.Latency = &age, span(c.Latency)
	}
	if c.P50 > 0 {
		s.P50 = span(c.P50)
	}
	if !c.Expires.IsZero() {
		days := round(c.Expires.Sub(now).Hours()/24, 1)
		s.TLSDays = &days
	}
	return s
}

// moved tells whether a latency differs enough for a tile to show it: by a
// fifth and by 2 ms.
func moved(a, b time.Duration) bool {
	d := (a - b).Abs()
	return d > 2*time.Millisecond && d > max(a, b)/5
}

// span is a latency in seconds, to 0.1 ms.
func span(d time.Duration) *float64 {
	s := round(d.Seconds(), 4)
	return &s
}

func round(f float64, places int) float64 {
	p := math.Pow10(places)
	return math.Round(f*p) / p
}
