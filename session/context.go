package session

import (
	"time"

	"crosstalk/notes"
)

// Context is what the panes show at now, as a note keeps it. What is not known
// is nil; what is older than two of its periods is marked stale.
func (s *State) Context(now time.Time) *notes.Context {
	ms := now.Sub(s.Began).Milliseconds()
	if s.Seq == 0 {
		ms = 0
	}
	c := &notes.Context{MS: ms, Asked: s.Dial.Asked, Running: s.Dial.Running, Guard: s.Guard.State, Driver: s.Start.As, Unit: unitOf(s.Unit()),
		Staging: s.seen("staging", ms), Production: s.seen("production", ms)}
	if w := s.window(); w.Requests > 0 {
		errors := float64(w.Errors) / float64(w.Requests)
		age := float64(max(0, ms-s.LoadMS)) / 1000
		c.Staging.P50, c.Staging.P95, c.Staging.Errors, c.Staging.Rate = w.P50, w.P95, &errors, &w.RPS
		c.Staging.Age, c.Staging.Stale = &age, age > 2
	}
	return c
}

// window is the newest ten seconds of load, else the newest second.
func (s *State) window() Window {
	if s.Load.Ten != nil {
		return *s.Load.Ten
	}
	return Window{Requests: s.Load.Requests, RPS: s.Load.RPS, Errors: s.Load.Errors, P50: s.Load.P50, P95: s.Load.P95, P99: s.Load.P99, Max: s.Load.Max}
}

// seen is an environment by its checks. The health tick comes once a second,
// so one that is two seconds old is stale whatever the checks' periods are.
func (s *State) seen(env string, ms int64) notes.Seen {
	e := s.Env(env)
	v := notes.Seen{State: e.State, Build: e.Build, Detail: e.Why}
	if e.State == "green" {
		v.Detail = ""
	}
	if e.Tick.Env == "" {
		return v
	}
	v.P50, v.P95 = e.Tick.P50, e.Tick.P95
	if e.Tick.Counted() {
		errors := e.Tick.Errors
		v.Errors = &errors
	}
	if e.Tick.Age != nil {
		age := *e.Tick.Age + float64(max(0, ms-e.At))/1000
		v.Age, v.Stale = &age, age > 2*max(1, e.slowest())
	}
	return v
}

// slowest is the longest period of an environment's fast checks, in seconds.
func (e *Env) slowest() float64 {
	var longest float64
	for _, t := range e.Tiles {
		if !t.Info.Slow {
			longest = max(longest, t.Info.Every)
		}
	}
	return longest
}
