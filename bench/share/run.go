package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"crosstalk/bench/fault"
	"crosstalk/bench/stand"
	"crosstalk/loadengine"
	"crosstalk/monitors"
	"crosstalk/session"
)

// session runs one from its quiet phase to its end and adds to what is known.
func (s *settings) session(ctx context.Context, dir string, viewers int, speed bool, o *outcome) error {
	staging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer staging.Close()
	production, err := fault.NewServer(fault.Options{Usual: 2 * time.Millisecond, Body: 100})
	if err != nil {
		return err
	}
	defer production.Close()
	check, err := monitors.HTTP(monitors.HTTPOptions{Env: monitors.Production, Name: "web-1", URL: production.URL(), Every: 100 * time.Millisecond})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	visit := loadengine.Journey{Name: "visit", Steps: []loadengine.Step{{URL: "/"}}}
	start := session.Start{ID: "bench", As: who.Name, NoGuard: "a benchmark at full speed"}
	if !speed {
		start.NoGuard = ""
		visit.Think = loadengine.Think{Min: 50 * time.Millisecond, Max: 150 * time.Millisecond}
	}
	rules := session.DefaultRules()
	rules.Off = speed
	live, err := session.New(session.Options{Dir: filepath.Join(dir, "session"), Rules: rules, Checks: []monitors.Check{check}, Baseline: 3 * time.Second,
		Plan: loadengine.Plan{Base: staging.URL, Version: "bench", MaxUsers: s.users, Journeys: []loadengine.Journey{visit}}, Start: start})
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- live.Run(ctx) }()
	err = s.measure(ctx, &stand.Follower{Session: live}, production, dir, viewers, speed, o)
	_, _ = live.Do(ctx, who, session.Finish{Reason: "plan"})
	if err = errors.Join(err, <-ended); err != nil {
		return err
	}
	lost, err := missing(filepath.Join(dir, "session", "events.jsonl"))
	o.lost += lost
	return err
}

// measure lets viewers in, brings the load up, and looks.
func (s *settings) measure(ctx context.Context, f *stand.Follower, production *fault.Server, dir string, viewers int, speed bool, o *outcome) error {
	live := f.Session
	if _, err := f.Until(ctx, func(e session.Event) bool { return e.Type == session.TypeBaselineEnd }); err != nil {
		return fmt.Errorf("wait for the limits: %w", err)
	}
	var c *crowd
	if viewers > 0 {
		var err error
		if c, err = gather(ctx, live, dir, viewers); err != nil {
			return err
		}
		defer c.leave()
	}
	if _, err := live.Do(ctx, who, session.SetDial{To: s.users}); err != nil {
		return fmt.Errorf("turn the dial: %w", err)
	}
	least := s.users
	if !speed {
		least = 1 // the guard lets users rise slowly, and any load can be cut
	}
	if _, err := f.Until(ctx, func(e session.Event) bool { b, ok := e.Body.(*session.LoadTick); return ok && b.Running >= least }); err != nil {
		return fmt.Errorf("wait for %d users: %w", least, err)
	}
	if c != nil {
		c.stall(s.stalled)
	}
	if !speed {
		return react(ctx, f, production, o)
	}
	return s.watch(ctx, f, c, o)
}

// watch follows the ticks for as long as a run is measured.
func (s *settings) watch(ctx context.Context, f *stand.Follower, c *crowd, o *outcome) error {
	began, last := time.Now(), time.Time{}
	requests, from := int64(0), int64(0)
	if c != nil {
		from = c.taken(s.stalled)
	}
	for time.Since(began) < s.length {
		e, err := f.Until(ctx, func(e session.Event) bool { return e.Type == session.TypeLoadTick })
		if err != nil {
			return fmt.Errorf("wait for a tick: %w", err)
		}
		if !last.IsZero() {
			o.gap = max(o.gap, e.T.Sub(last))
			requests += int64(e.Body.(*session.LoadTick).Requests)
		} else {
			began = e.T
		}
		last = e.T
		if err := disk(ctx, f, e.Seq); err != nil {
			return err
		}
		o.behind = max(o.behind, time.Since(e.T))
	}
	o.rps = float64(requests) / last.Sub(began).Seconds()
	if c != nil {
		o.drawn = float64(c.taken(s.stalled)-from) / time.Since(began).Seconds() / float64(len(c.viewers)-s.stalled)
		o.staying = c.here(s.stalled)
	}
	return nil
}

// react lets production refuse and measures how soon all load is stopped.
func react(ctx context.Context, f *stand.Follower, production *fault.Server, o *outcome) error {
	if g := f.Session.Snapshot().Guard; g.State == string(session.GuardCut) || g.State == string(session.GuardLockout) {
		return fmt.Errorf("the guard stopped the load before anything was wrong: %s: use a quieter machine", g.Why)
	}
	production.Refuse()
	began := time.Now()
	e, err := f.Until(ctx, func(e session.Event) bool { return e.Type == session.TypeStop && e.T.After(began) })
	if err != nil {
		return fmt.Errorf("wait for the load to stop: %w", err)
	}
	o.react = e.T.Sub(began)
	return nil
}

// disk waits until an event is on the disk.
func disk(ctx context.Context, f *stand.Follower, seq uint64) error {
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for f.Session.Durable() < seq {
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// missing counts the numbers that a journal has left out.
func missing(path string) (n int, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("read the journal: %w", err)
	}
	next := uint64(1)
	for line := range bytes.Lines(b) {
		var e struct {
			Seq uint64 `json:"seq"`
		}
		if err := json.Unmarshal(line, &e); err != nil {
			return 0, fmt.Errorf("read the journal %s: %w", path, err)
		}
		if e.Seq != next {
			n++
		}
		next = e.Seq + 1
	}
	return n, nil
}
