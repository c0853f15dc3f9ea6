package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"crosstalk/bench/fault"
	"crosstalk/bench/stand"
	"crosstalk/loadengine"
	"crosstalk/monitors"
	"crosstalk/session"
)

// load is what staging gets, and from where.
type load struct {
	users int
	think loadengine.Think
	usual time.Duration // of staging's answers
	apart string        // the program of a staging in a process of its own; "" for this one
	spike bool          // all users at once
}

// people think; at full speed nobody does, and staging answers at once.
func (s *settings) people() load {
	return load{users: s.users, think: loadengine.Think{Min: 20 * time.Millisecond, Max: 60 * time.Millisecond}, usual: 5 * time.Millisecond}
}

// target is a staging that counts what arrives.
type target interface {
	URL() string
	Arrived() int64
	Last() time.Time
	Close()
}

// rig is one run's servers, and the way to stop its guard.
type rig struct {
	staging    target
	production []*fault.Server
	names      *fault.Names
	name       string        // that production's checks go by
	line       *fault.Uplink // to production, for who goes over it
	wall       atomic.Int64  // how far the permit's wall clock is ahead

	dying  atomic.Bool
	died   atomic.Pointer[time.Time]
	revive chan struct{}
}

// servers is how many production has.
const servers = 4

// rigs counts them: each has a name of its own.
var rigs atomic.Int64

func newRig(k kind, l load, names *fault.Names) (*rig, error) {
	r := &rig{names: names, name: fmt.Sprintf("production-%d.test.", rigs.Add(1)), revive: make(chan struct{}), line: fault.NewUplink(lineRate)}
	if err := r.open(l); err != nil {
		return nil, err
	}
	for range servers {
		p, err := fault.NewServer(fault.Options{Usual: k.usual, Body: 100, Brief: k.byName()})
		if err != nil {
			r.close()
			return nil, err
		}
		r.production = append(r.production, p)
	}
	return r, nil
}

// open starts staging.
func (r *rig) open(l load) error {
	o := fault.Options{Usual: l.usual, Body: 1000}
	if l.apart != "" {
		a, err := fault.NewApart(l.apart, o)
		if err != nil {
			return err
		}
		r.staging = a
		return nil
	}
	own, err := fault.NewServer(o)
	if err != nil {
		return err
	}
	r.staging = own
	return nil
}

func (r *rig) close() {
	r.line.Close()
	r.staging.Close()
	for _, p := range r.production {
		p.Close()
	}
}

func (r *rig) refuse(which ...*fault.Server) {
	for _, p := range which {
		p.Refuse()
	}
}

func (r *rig) become(w fault.Way) {
	for _, p := range r.production {
		p.Become(w)
	}
}

// kill makes the guard's goroutine stand still at its next look at the clock.
func (r *rig) kill() { r.dying.Store(true) }

// now is the session's clock. It is the one thing that the guard asks of its
// surroundings, so it is the way to get at its goroutine from outside.
func (r *rig) now() time.Time {
	if r.dying.Load() && onGuard() {
		at := time.Now()
		if r.died.CompareAndSwap(nil, &at) {
			<-r.revive
		}
	}
	return time.Now()
}

// clock is the permit's: this machine's, whose wall clock may jump.
func (r *rig) clock() loadengine.Clock {
	machine := loadengine.SystemClock()
	return func() (time.Time, time.Duration) {
		wall, mono := machine()
		return wall.Add(time.Duration(r.wall.Load())), mono
	}
}

// onGuard tells whether the caller is the guard's own goroutine.
func onGuard() bool {
	var at [32]uintptr
	frames := runtime.CallersFrames(at[:runtime.Callers(3, at[:])])
	for {
		f, more := frames.Next()
		if strings.HasSuffix(f.Function, "session.(*watch).run") {
			return true
		}
		if !more {
			return false
		}
	}
}

// options of a session on the rig, as the program itself would make them.
func (r *rig) options(s *settings, l load, k kind, rate int, dir string) (session.Options, error) {
	o := session.Options{Dir: dir, Rules: session.DefaultRules(), Baseline: s.baseline, Now: r.now, Clock: r.clock(),
		Plan: loadengine.Plan{Base: r.staging.URL(), Version: "bench", MaxUsers: l.users,
			Journeys: []loadengine.Journey{{Name: "visit", Think: l.think, Steps: []loadengine.Step{{URL: "/"}}}}},
		Start: session.Start{ID: "bench", As: "bench"}}
	for i, p := range r.production {
		url := p.URL()
		if k.byName() {
			_, port, err := net.SplitHostPort(p.Address())
			if err != nil {
				return o, fmt.Errorf("read the address %s: %w", p.Address(), err)
			}
			url = "http://" + r.name + ":" + port + "/"
		}
		if k.byLine() {
			address, err := r.line.To(p.Address())
			if err != nil {
				return o, err
			}
			url = "http://" + address + "/"
		}
		c, err := monitors.HTTP(monitors.HTTPOptions{Env: monitors.Production, Name: fmt.Sprintf("web-%d", i+1), URL: url,
			Every: time.Second / time.Duration(rate)})
		if err != nil {
			return o, err
		}
		o.Checks = append(o.Checks, c)
	}
	return o, nil
}

var bench = session.Person{Name: "bench", Role: session.Driver}

// most bounds a wait for what should come within seconds.
const most = 30 * time.Second

// measure makes one run: load, fault, and the time until staging is left alone.
func (s *settings) measure(ctx context.Context, l load, k kind, rate int, names *fault.Names) (out outcome, err error) {
	r, err := newRig(k, l, names)
	if err != nil {
		return out, err
	}
	defer r.close()
	dir, err := os.MkdirTemp("", "crosstalk-bench-")
	if err != nil {
		return out, fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	o, err := r.options(s, l, k, rate, filepath.Join(dir, "session"))
	if err != nil {
		return out, err
	}
	live, err := session.New(o)
	if err != nil {
		return out, err
	}
	ended := make(chan error, 1)
	go func() { ended <- live.Run(ctx) }()
	out, err = s.trial(ctx, l, k, r, &stand.Follower{Session: live})
	close(r.revive)
	// Who ends a session that is gone already is told so, and that is all right.
	_, _ = live.Do(ctx, bench, session.Finish{Reason: "plan"})
	err = errors.Join(err, <-ended)
	if a, ok := r.staging.(*fault.Apart); ok {
		err = errors.Join(err, a.Err())
	}
	return out, err
}

// trial brings the load up, breaks what is to be broken, and waits.
func (s *settings) trial(ctx context.Context, l load, k kind, r *rig, f *stand.Follower) (out outcome, err error) {
	e, err := f.Until(ctx, func(e session.Event) bool { return e.Type == session.TypeBaselineEnd })
	if err != nil {
		return out, fmt.Errorf("wait for the limits: %w", err)
	}
	for _, t := range e.Body.(*session.BaselineEnd).Thresholds {
		out.limit = max(out.limit, time.Duration(t.Red*float64(time.Second)))
	}
	if _, err := f.Session.Do(ctx, bench, session.SetDial{To: l.users, Spike: l.spike}); err != nil {
		out.void = "the dial was refused: " + err.Error()
		return out, nil
	}
	if _, err := f.Until(ctx, func(e session.Event) bool { b, ok := e.Body.(*session.LoadTick); return ok && b.Running == l.users }); err != nil {
		out.void = "the users did not come"
		return out, ctx.Err()
	}
	// At any moment of the checks' periods.
	from, sent := time.Now(), r.staging.Arrived()
	pause := time.NewTimer(500*time.Millisecond + rand.N(time.Second))
	defer pause.Stop()
	select {
	case <-pause.C:
	case <-ctx.Done():
		return out, ctx.Err()
	}
	out.rate = float64(r.staging.Arrived()-sent) / time.Since(from).Seconds()
	if g := f.Session.Snapshot().Guard; g.State != string(session.GuardRun) {
		out.void = fmt.Sprintf("before the fault the guard is at %s: %s", g.State, g.Why)
		return out, nil
	}
	began := time.Now()
	k.inject(r)
	var stop *session.LoadStop
	_, err = f.Until(ctx, func(e session.Event) bool {
		switch b := e.Body.(type) {
		case *session.GuardChange:
			if b.To == string(session.GuardCut) && out.decided == 0 {
				out.decided = e.T.Sub(began)
			}
		case *session.LoadStop:
			stop = b
		}
		// The guard pulls the brake before it tells: the stop may be written first.
		return stop != nil && (out.decided != 0 || stop.Reason != loadengine.ReasonGuard)
	})
	if err != nil {
		return out, fmt.Errorf("wait for the load to stop after production %s: %w", k.name, err)
	}
	zero := time.Now()
	inFlight := int64(stop.InFlight)
	if at := r.died.Load(); at != nil {
		began = *at
	}
	arrived := r.staging.Arrived()
	if err := r.quiet(ctx); err != nil {
		return out, err
	}
	// What was in flight at the order may be on its way still.
	out.after = max(0, r.staging.Arrived()-arrived-inFlight)
	if f := r.staging.Last(); f.After(began) {
		out.last = f.Sub(began)
	}
	if out.last > zero.Sub(began)+most {
		return out, errors.New("requests still arrive long after the load was stopped")
	}
	if stop.Reason == loadengine.ReasonPermit && !k.byPermit() {
		out.void = "this program stood still, and the permit stopped the load before the guard did"
	}
	return out, nil
}

// quiet waits until staging has got nothing for half a second.
func (r *rig) quiet(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	from := time.Now()
	for {
		select {
		case now := <-tick.C:
			since := now.Sub(from)
			if last := r.staging.Last(); last.After(from) {
				since = now.Sub(last)
			}
			if since >= 500*time.Millisecond {
				return nil
			}
			if now.Sub(from) > most {
				return errors.New("wait for quiet: requests keep arriving")
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
