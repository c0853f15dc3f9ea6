package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"time"

	"crosstalk/bench/fault"
	"crosstalk/bench/stand"
	"crosstalk/session"
)

// tries is how often a run is made again that says nothing.
const tries = 3

// errVoid is a run in which the guard acted before anything was wrong.
var errVoid = errors.New("the run says nothing")

// guard measures how soon production's refusal stops the load that the users send
// without a pause, staging being in a process of its own; a run that says nothing
// is made again.
func (s *settings) guard(ctx context.Context, dir string, viewers int, o *outcome) error {
	for try := 1; ; try++ {
		err := s.guardRun(ctx, filepath.Join(dir, fmt.Sprint(try)), viewers, o)
		if !errors.Is(err, errVoid) {
			return err
		}
		if try == tries {
			return fmt.Errorf("%w, %d times: use a quieter machine", err, tries)
		}
		o.void++
	}
}

func (s *settings) guardRun(ctx context.Context, dir string, viewers int, o *outcome) error {
	staging, err := fault.NewApart(s.answer, fault.Options{Body: 13})
	if err != nil {
		return err
	}
	defer staging.Close()
	production, check, err := watched()
	if err != nil {
		return err
	}
	defer production.Close()
	return s.live(ctx, dir, s.options(staging.URL(), check), viewers, o, func(f *stand.Follower, c *crowd) error {
		if err := s.load(ctx, f, c, session.SetDial{To: s.users, Spike: true}); err != nil {
			return err
		}
		return errors.Join(s.react(ctx, f, staging, production, o), staging.Err())
	})
}

// react lets production refuse, at any moment of the check's period, and measures
// how soon staging is left alone.
func (s *settings) react(ctx context.Context, f *stand.Follower, staging *fault.Apart, production *fault.Server, o *outcome) error {
	from, sent := time.Now(), staging.Arrived()
	if err := pause(ctx, 500*time.Millisecond+rand.N(500*time.Millisecond)); err != nil {
		return err
	}
	rps := float64(staging.Arrived()-sent) / time.Since(from).Seconds()
	if g := f.Session.Snapshot().Guard; g.State != string(session.GuardRun) {
		return fmt.Errorf("%w: before the fault the guard is at %s: %s", errVoid, g.State, g.Why)
	}
	production.Refuse()
	began := time.Now()
	if _, err := f.Until(ctx, func(e session.Event) bool { return e.Type == session.TypeStop && e.T.After(began) }); err != nil {
		return fmt.Errorf("wait for the load to stop: %w", err)
	}
	for still := staging.Arrived(); ; {
		if err := pause(ctx, 300*time.Millisecond); err != nil {
			return err
		}
		n := staging.Arrived()
		if n == still {
			break
		}
		still = n
	}
	o.react, o.guarded = staging.Last().Sub(began), rps
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// blocked waits until as many views wait for their lines as are stalled: only then
// is it measured what they do to the others.
func blocked(ctx context.Context, n int) error {
	b := make([]byte, 16<<20)
	for late := time.Now().Add(most); ; {
		if bytes.Count(b[:runtime.Stack(b, true)], []byte("tui.(*pace).clear(")) >= n {
			return nil
		}
		if time.Now().After(late) {
			return fmt.Errorf("the %d stalled views do not wait for their lines", n)
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}
