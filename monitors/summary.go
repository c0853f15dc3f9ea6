package monitors

import (
	"fmt"
	"slices"
	"time"
)

// EnvHealth is the health of an environment at one moment. Latencies and shares
// are of all its fast checks that are neither muted nor set aside.
type EnvHealth struct {
	Env    string
	State  Health
	Why    string    // in words; empty when green
	Since  time.Time // of State
	Checks []CheckHealth

	P50, P95, Max      time.Duration // over the last 10 s; 0 when nothing was answered
	P50s1, P95s1, Max1 time.Duration // over the last 1 s
	Errors             float64       // share of failed probes over the last 10 s, 0 to 1
	Rate               float64       // probes a second configured
	N                  int           // verdicts in the last 10 s
	Timed, Timed1      int           // of those of the last 10 s, and of the last 1 s, with a latency that tells of the server
	Newest             time.Time     // of the newest verdict; zero when there is none
	LateTicks          int           // single bad probes since the board began: ticks, no state
	BadRecently        int           // bad probes in the last 2 s
	RedCount           int           // checks that are red and neither muted nor set aside
	GreenFor           time.Duration // how long green's conditions have held at every fast check that is not muted; 0 when they do not
	Waived             []string      // fast checks that are muted and not well: GreenFor says nothing of them
	WarnsOnly          bool          // amber for no other reason than checks that are muted, and others are seen well
	Pressing           bool          // a condition that enters amber or red holds now, other than a limiting server
	Limited            bool          // amber for no other reason than that our checks are limited
}

// CheckHealth is the health of a check at one moment.
type CheckHealth struct {
	Name     string
	Kind     string
	State    Health
	Since    time.Time     // of State
	Latency  time.Duration // of the newest verdict, or the age of a probe that is overdue
	P50      time.Duration // over the last 10 s; 0 when nothing was answered
	Reason   string        // in words; may be empty when green
	Newest   time.Time     // of the newest verdict; zero when there is none
	Every    time.Duration // period: a value older than two of them shows its age
	Late     bool          // one bad probe in the last 2 s and no state: a tick on its tile
	Slow     bool
	Muted    bool
	Aside    bool          // set aside: shown, and does not count
	Limited  bool          // the newest answer says that our checks are limited
	Cached   bool          // the newest answer came from a cache
	Expires  time.Time     // end of the TLS certificate; zero without TLS
	Amber    time.Duration // limits in use; 0 for a check whose latency does not matter
	Red      time.Duration
	Usual    time.Duration // p50 of the baseline; 0 when uncalibrated
	Vitals   *Vitals       // of a host check
	Measured bool          // Value is known
	Value    float64       // what the check measures besides latency
	Unit     string        // unit of Value; may be empty
}

// Env returns the health of an environment. One without checks is in no sight.
// It does not change states: Advance does.
func (b *Board) Env(env string, now time.Time) EnvHealth {
	h := EnvHealth{Env: env, Why: "no checks"}
	a := b.byEnv[env]
	if a == nil {
		return h
	}
	h.State, h.Since, h.LateTicks = a.announced, a.since, a.ticks
	h.BadRecently = a.badRecently(now)
	h.Why = a.why
	if h.State == Green {
		h.Why = ""
	}
	h.Limited, h.WarnsOnly = h.State == Amber, h.State == Amber
	h.GreenFor = -1
	var last10, last1 []time.Duration
	failed := 0
	for _, w := range a.watches {
		c := w.health(now)
		h.Checks = append(h.Checks, c)
		if w.check.Every > 0 && w.check.asks() {
			h.Rate += 1 / w.check.Every.Seconds()
		}
		if c.Newest.After(h.Newest) && !c.Slow {
			h.Newest = c.Newest
		}
		if w.aside {
			continue
		}
		green := w.greenFor(now)
		if w.muted {
			if !w.check.Slow && green == 0 {
				h.Waived = append(h.Waived, w.check.Name)
			}
			continue
		}
		if c.State != Green && (c.State != NoSight || !c.Slow) {
			h.WarnsOnly = false
		}
		if !w.check.Slow && (h.GreenFor < 0 || green < h.GreenFor) {
			h.GreenFor = green
		}
		if c.State == Red {
			h.RedCount++
		}
		// A red server that is tolerated holds and does not ease: fewer users would
		// not bring back what a rolling deploy has taken away.
		h.Pressing = h.Pressing || w.pressing && (c.State != Red || h.State == Red)
		if c.State == Amber && !w.limited || c.State == Red {
			h.Limited = false
		}
		if w.check.Slow {
			continue
		}
		for _, v := range w.since(now, kept) {
			h.N++
			if v.failed {
				failed++
			}
			if !v.tells() {
				continue
			}
			last10 = append(last10, v.latency)
			if now.Sub(v.at) <= time.Second {
				last1 = append(last1, v.latency)
			}
		}
	}
	h.WarnsOnly = h.WarnsOnly && h.GreenFor >= 0 // muted all, nothing is seen
	h.GreenFor = max(0, h.GreenFor)
	h.Timed, h.Timed1 = len(last10), len(last1)
	h.P50, h.P95, h.Max = spread(last10)
	h.P50s1, h.P95s1, h.Max1 = spread(last1)
	if h.N > 0 {
		h.Errors = float64(failed) / float64(h.N)
	}
	return h
}

// greenFor is how long green's conditions have held; 0 when they do not.
func (w *watch) greenFor(now time.Time) time.Duration {
	if w.goodSince.IsZero() {
		return 0
	}
	return max(0, now.Sub(w.goodSince))
}

// Envs returns the roles on the board, in the order of their first checks.
func (b *Board) Envs() []string {
	out := make([]string, len(b.areas))
	for i, a := range b.areas {
		out[i] = a.env
	}
	return out
}

func (w *watch) health(now time.Time) CheckHealth {
	c := CheckHealth{
		Name: w.check.Name, Kind: w.check.Kind, State: w.announced, Since: w.changed, Every: w.check.Every,
		Slow: w.check.Slow, Muted: w.muted, Aside: w.aside, Newest: w.sight,
	}
	if w.check.timed() {
		c.Amber, c.Red, c.Usual = w.threshold.Amber, w.threshold.Red, w.threshold.P50
	}
	var in []time.Duration
	var tick *verdict
	for _, v := range w.since(now, kept) {
		if v.tells() {
			in = append(in, v.latency)
		}
		if v.bad() && now.Sub(v.at) <= window {
			tick = v
		}
	}
	c.P50, _, _ = spread(in)
	if w.last != nil {
		r := w.last.sample.Result
		c.Latency, c.Reason = w.last.sample.Latency, r.Reason
		c.Limited, c.Cached, c.Expires = r.Limited, r.Cached, r.Expires
		c.Vitals, c.Measured, c.Value, c.Unit = w.last.sample.Vitals, r.Measured, r.Value, r.Unit
	}
	switch {
	case c.State == NoSight:
		// Why may have become known since sight was lost.
		c.Reason = w.unseen()
	case c.State != Green:
		c.Reason = w.said
	case tick != nil && !c.Slow:
		c.Late, c.Reason = true, tick.tick()
	case c.Reason == "" && !c.Expires.IsZero() && c.Expires.Sub(now) < expiresSoon:
		// No state: nobody is hurt yet, and load has nothing to do with it.
		c.Reason = "its certificate ends in " + days(c.Expires.Sub(now))
	}
	return c
}

// expiresSoon is when the end of a certificate is said.
const expiresSoon = 14 * 24 * time.Hour

// days words a time to come: "9 days", "20 h".
func days(d time.Duration) string {
	if d < 48*time.Hour {
		return fmt.Sprintf("%d h", max(0, int(d.Hours())))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// since returns the verdicts of the last d.
func (w *watch) since(now time.Time, d time.Duration) []*verdict {
	i := len(w.seen)
	for i > 0 && now.Sub(w.seen[i-1].at) <= d {
		i--
	}
	return w.seen[i:]
}

// spread sorts d and returns its median, 95th percentile and largest.
func spread(d []time.Duration) (p50, p95, most time.Duration) {
	if len(d) == 0 {
		return 0, 0, 0
	}
	slices.Sort(d)
	return quantile(d, 0.5), quantile(d, 0.95), d[len(d)-1]
}
