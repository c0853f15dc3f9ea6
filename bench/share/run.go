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

// speed measures a run at full speed with the guard's ladder off, as long as it is
// watched.
func (s *settings) speed(ctx context.Context, dir string, viewers int, o *outcome) error {
	staging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer staging.Close()
	production, check, err := watched()
	if err != nil {
		return err
	}
	defer production.Close()
	options := s.options(staging.URL, check)
	options.Rules.Off = true
	options.Start.NoGuard = "a benchmark at full speed"
	return s.live(ctx, dir, options, viewers, o, func(f *stand.Follower, c *crowd) error {
		if err := s.load(ctx, f, c, session.SetDial{To: s.users}); err != nil {
			return err
		}
		return s.watch(ctx, f, c, o)
	})
}

// watched is a production of one server, which a session asks ten times a second.
func watched() (*fault.Server, monitors.Check, error) {
	production, err := fault.NewServer(fault.Options{Usual: 2 * time.Millisecond, Body: 100})
	if err != nil {
		return nil, monitors.Check{}, err
	}
	check, err := monitors.HTTP(monitors.HTTPOptions{Env: monitors.Production, Name: "web-1", URL: production.URL(), Every: 100 * time.Millisecond})
	if err != nil {
		production.Close()
		return nil, check, err
	}
	return production, check, nil
}

// options are those of a session whose users send to staging without a pause.
func (s *settings) options(staging string, check monitors.Check) session.Options {
	visit := loadengine.Journey{Name: "visit", Steps: []loadengine.Step{{URL: "/"}}}
	return session.Options{Rules: session.DefaultRules(), Checks: []monitors.Check{check}, Baseline: 3 * time.Second,
		Plan:  loadengine.Plan{Base: staging, Version: "bench", MaxUsers: s.users, Journeys: []loadengine.Journey{visit}},
		Start: session.Start{ID: "bench", As: who.Name}}
}

// live runs a session from its quiet phase to its end, with viewers, and adds to
// what is known.
func (s *settings) live(ctx context.Context, dir string, options session.Options, viewers int, o *outcome, measure func(*stand.Follower, *crowd) error) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	options.Dir = filepath.Join(dir, "session")
	live, err := session.New(options)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- live.Run(ctx) }()
	err = s.visited(ctx, &stand.Follower{Session: live}, dir, viewers, measure)
	_, _ = live.Do(ctx, who, session.Finish{Reason: "plan"})
	if err = errors.Join(err, <-ended); err != nil {
		return err
	}
	lost, err := missing(filepath.Join(options.Dir, "events.jsonl"))
	o.lost += lost
	return err
}

// visited lets viewers in when the limits are known, and measures.
func (s *settings) visited(ctx context.Context, f *stand.Follower, dir string, viewers int, measure func(*stand.Follower, *crowd) error) error {
	if _, err := f.Until(ctx, func(e session.Event) bool { return e.Type == session.TypeBaselineEnd }); err != nil {
		return fmt.Errorf("wait for the limits: %w", err)
	}
	if viewers == 0 {
		return measure(f, nil)
	}
	c, err := gather(ctx, f.Session, dir, viewers)
	if err != nil {
		return err
	}
	defer c.leave()
	return measure(f, c)
}

// load brings all users up; then the stalled views are stalled, and wait for their
// lines.
func (s *settings) load(ctx context.Context, f *stand.Follower, c *crowd, dial session.SetDial) error {
	if _, err := f.Session.Do(ctx, who, dial); err != nil {
		return fmt.Errorf("turn the dial: %w", err)
	}
	late, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	if _, err := f.Until(late, func(e session.Event) bool { b, ok := e.Body.(*session.LoadTick); return ok && b.Running >= s.users }); err != nil {
		if ctx.Err() == nil {
			return fmt.Errorf("%w: the %d users did not come: %s", errVoid, s.users, f.Session.Snapshot().Guard.Why)
		}
		return fmt.Errorf("wait for %d users: %w", s.users, err)
	}
	if c == nil {
		return nil
	}
	c.stall(s.stalled)
	return blocked(ctx, s.stalled)
}

// watch follows the ticks for as long as a run is measured.
func (s *settings) watch(ctx context.Context, f *stand.Follower, c *crowd, o *outcome) error {
	began, last := time.Now(), time.Time{}
	requests, from := int64(0), int64(0)
	f.Skip() // the stalled views were waited for
	if c != nil {
		from = c.taken(s.stalled)
		c.anew(s.stalled)
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
		o.waited = c.waited(s.stalled)
	}
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
