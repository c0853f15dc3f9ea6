package session

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"crosstalk/loadengine"
	"crosstalk/monitors"
)

// The short way's times. The lease is three missed renewals and a half.
const (
	lease      = 750 * time.Millisecond
	renewEvery = 100 * time.Millisecond
	wakeEvery  = 50 * time.Millisecond
)

// watch is the short way for safety: samples in, ceiling, permit and brake
// out, with no disk, no viewer and no writer on it. One goroutine runs it.
type watch struct {
	unit    Unit // of the dial
	guard   *Guard
	board   *monitors.Board
	engine  Engine
	ceiling *ceiling
	brake   *loadengine.Brake
	permit  *loadengine.Permit
	lease   time.Duration // of a fleet; 0: our own engine
	samples <-chan monitors.Sample
	orders  chan func(now time.Time)
	after   []func() // answers to orders; they never wait
	facts   *outbox
	envs    []string
	now     func() time.Time
	tap     func(monitors.Sample) // every sample in passing; it never waits
	status  atomic.Pointer[guardStatus]

	quiet    bool
	renewed  time.Time
	ticked   time.Time
	told     map[string]tileTold
	evidence []Sample
	late     int       // late ticks of production seen
	seen     bool      // production has been seen once
	born     time.Time // of the first step
	cutAt    time.Time // of a cut whose recovery is not known yet
	cutLevel int
	kept     *Promise  // as it was told last
	slew     float64   // how much of the guard's limit of rising the engine was told
	heldAt   time.Time // of the newest hold
	limited  time.Time // since when we are the limit; zero: we are not
	ourHold  bool      // that hold is said to be ours

	earlier     []monitors.Threshold // of an earlier session
	earlierFrom string
	fitAfter    time.Duration // quiet time before they are compared
	fit         time.Time     // when they are compared next; zero: not
	offered     bool
}

// guardStatus is what the writer and the screens may know without asking.
type guardStatus struct {
	state   GuardState
	cause   string
	missing string    // what has to be before a person may go on; "" if nothing
	asked   bool      // only a typed reason is missing
	dead    string    // why the guard no longer runs; "" while it does
	at      time.Time // of the guard's last step
	early   string    // production is red before any load: why; "" if not
	most    int       // users on the first climb after a cut; 0: no such limit
	mostWhy string    // and what lifts that
	after   int       // users at most on the whole climb after a cut; -1: no such limit
	begun   bool      // more than the one user of the quiet phase has run

	production monitors.Health
	pressing   bool // what made it amber or red holds now
}

// run watches until ctx is done. A panic stops the load and ends the guard: a
// guard that went on after one could not be trusted. Its goroutine may end in
// no other way, and if it does, that is the same.
func (w *watch) run(ctx context.Context) {
	defer func() {
		if p := recover(); p != nil {
			w.died(fmt.Sprintf("the guard failed (%v): start the session again", p))
		} else if ctx.Err() == nil {
			w.died("the guard's goroutine ended: start the session again")
		}
	}()
	tick := time.NewTicker(wakeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-w.samples:
			// A sample that changes nothing leaves the policy to the next wake: what
			// it might add is known within 50 ms.
			if w.observe(s) {
				w.drain() // whether our own sink was late as well may wait there
				w.step(w.now())
			}
			continue
		case order := <-w.orders:
			order(w.now())
		case <-tick.C:
		}
		w.drain()
		w.step(w.now())
		for _, tell := range w.after { // what was decided is in force
			tell()
		}
		w.after = w.after[:0]
	}
}

// drain takes in what waits, so that an answer which is here already does not
// look overdue.
func (w *watch) drain() {
	for {
		select {
		case s := <-w.samples:
			w.observe(s)
		default:
			return
		}
	}
}

func (w *watch) observe(s monitors.Sample) bool {
	if w.tap != nil {
		w.tap(s)
	}
	changes := w.board.Observe(s)
	w.changes(changes)
	return len(changes) > 0
}

// died leaves the load stopped for good.
func (w *watch) died(why string) {
	w.brake.Pull(loadengine.Stop{Reason: "guard", By: ByGuard, At: w.now()})
	w.permit.Void()
	w.status.Store(&guardStatus{state: GuardCut, cause: CausePermit, missing: why, dead: why})
	w.facts.put(fact{by: ByGuard, kind: TypeGuardState, body: &GuardChange{From: string(w.guard.state), To: string(GuardCut), Why: why, Cause: CausePermit, Ceiling: 0}})
}

// step looks, decides and acts. Everything that protects comes before
// everything that tells.
func (w *watch) step(now time.Time) {
	w.changes(w.board.Advance(now))
	production := w.board.Env(monitors.Production, now)
	self := w.board.Env(monitors.Self, now)
	r := w.reading(now, production, self)
	v := w.guard.Step(r)
	if v.Cut {
		// By the engine if it was the permit: that stop has its order already.
		if v.Cause != CausePermit {
			w.brake.Pull(loadengine.Stop{Reason: "guard", By: ByGuard, At: now})
		}
		w.permit.Void()
	}
	w.ceiling.set(&w.ceiling.guard, v.Ceiling)
	if v.Slew != w.slew {
		w.slew = v.Slew
		w.engine.SetSlewFactor(v.Slew)
	}
	if v.Renew && now.Sub(w.renewed) >= renewEvery {
		w.permit.Renew(lease) // fails once it has lapsed: the next reading sees it
		w.renewed = now
	}
	missing := w.guard.Missing(now, false)
	most, mostWhy := w.guard.First(now)
	w.status.Store(&guardStatus{at: now, state: v.State, cause: v.Cause, missing: missing,
		asked: missing != "" && w.guard.Missing(now, true) == "", early: v.Early, most: max(0, most), mostWhy: mostWhy,
		after: w.guard.after(), begun: w.guard.begun, production: production.State, pressing: production.Pressing})
	switch {
	case v.Changed:
		w.tell(v, r, now)
	case v.State == GuardHold:
		w.tellOurs(v, r, now)
	}
	w.bottleneck(now, self, r.Running)
	w.recovery(now, production)
	if now.Sub(w.ticked) >= time.Second {
		w.ticked = now
		for _, env := range w.envs {
			tick := w.healthTick(w.board.Env(env, now), now)
			tick.Promise = w.promised(env)
			w.facts.put(fact{by: ByMonitors, kind: TypeHealthTick, body: tick})
		}
		w.offerEarlier(now)
	}
}

func (w *watch) reading(now time.Time, production, self monitors.EnvHealth) Reading {
	r := Reading{Now: now, Quiet: w.quiet, Production: production.State, Why: production.Why,
		Pressing: production.Pressing, GreenFor: production.GreenFor, Waived: production.Waived,
		Self: self.State, SelfWhy: self.Why, Sink: sinkLate(self), Running: w.engine.Live().Running}
	if production.WarnsOnly { // what a person muted is shown, and neither holds nor eases
		r.Production, r.Why = monitors.Green, ""
	}
	r.Limited = slices.ContainsFunc(production.Checks, func(c monitors.CheckHealth) bool { return c.Limited && !c.Slow && !c.Muted && !c.Aside })
	if r.Controlled = slices.Contains(w.envs, monitors.Control); r.Controlled {
		r.Control = w.board.Env(monitors.Control, now).State
	}
	if w.born.IsZero() {
		w.born = now
	}
	w.seen = w.seen || production.State != monitors.NoSight
	if !w.seen && now.Sub(w.born) < firstSight {
		r.Unseen = true // the first probes are on their way
	}
	if n := production.LateTicks; n > w.late {
		w.late = n
		r.Late = "one late answer"
	}
	// While the guard lives and has not cut, the permit is valid or something
	// stood still: whoever else pulled the brake meanwhile does not excuse it.
	if !w.cut() && !w.permit.Valid() {
		r.Lapsed = "the permit lapsed: this program stood still or the clock jumped"
		if stop, ok := w.brake.Latched(); !ok || stop.Reason != loadengine.ReasonPermit {
			w.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonPermit, By: ByGuard, At: now})
		}
	}
	return r
}

// changes passes changes of health on and keeps production's samples as
// evidence for what the guard does about them.
func (w *watch) changes(changes []monitors.Change) {
	for _, c := range changes {
		w.facts.put(fact{by: ByMonitors, kind: TypeHealthState, body: &HealthState{Env: c.Env, Check: c.Check,
			From: c.From.String(), To: c.To.String(), Why: c.Why}})
		if c.Env != monitors.Production || c.Aside || len(c.Samples) == 0 {
			continue
		}
		w.evidence = w.evidence[:0]
		for _, s := range c.Samples {
			w.evidence = append(w.evidence, Sample{Env: s.Env, Check: s.Name, Due: s.Due.UTC().Round(time.Millisecond), Latency: seconds(s.Latency),
				OK: s.Phase == monitors.Done && s.Result.OK, Reason: s.Result.Reason})
		}
	}
}

// firstSight is how long the first probes may take before not seeing production
// counts as no sight.
const firstSight = 3 * time.Second

// order lets the guard's goroutine do something at its next turn. It reports
// false, and does nothing, if the guard is too far behind to take it.
func (w *watch) order(f func(now time.Time)) bool {
	select {
	case w.orders <- f:
		return true
	default:
		return false
	}
}

// beginBaseline starts to learn.
func (w *watch) beginBaseline(now time.Time) {
	w.board.StartBaseline(now)
	w.fit = now.Add(w.fitAfter)
}

// uncalibrated tells the limits of a session that learns nothing first.
func (w *watch) uncalibrated(now time.Time) {
	ts := w.board.Thresholds()
	w.loud(now, ts, noteOf(ts))
}

// endBaseline tells the thresholds; the writer opens the dial when it hears.
func (w *watch) endBaseline(now time.Time) {
	if w.quiet { // nobody ended it before
		ts := w.board.EndBaseline(now)
		w.loud(now, ts, noteOf(ts))
	}
}

func (w *watch) limits(ts []monitors.Threshold, note string) {
	body := &BaselineEnd{Thresholds: []Threshold{}, Note: note}
	for _, t := range ts {
		body.Thresholds = append(body.Thresholds, Threshold{Env: t.Env, Check: t.Check, N: t.N, P50: seconds(t.P50), P99: seconds(t.P99),
			Amber: seconds(t.Amber), Red: seconds(t.Red), Fresh: seconds(t.Fresh), Note: t.Note})
	}
	body.Promise = w.promise()
	w.facts.put(fact{by: ByMonitors, kind: TypeBaselineEnd, body: body})
}

// promise computes what the guard can keep; nil without production's checks.
func (w *watch) promise() *Promise {
	refuses, hangs, unseen := w.board.Promise(monitors.Production)
	if refuses == 0 && hangs == 0 {
		return nil
	}
	// The guard wakes every 50 ms; the brake itself takes no time worth telling,
	// but an order to a fleet may be lost, and then its lease has to end.
	late := wakeEvery + w.lease
	w.kept = &Promise{Refuses: seconds(refuses + late), Hangs: seconds(hangs + late), NoSight: seconds(unseen + w.guard.rules.BlindCut + late), Lease: seconds(w.lease)}
	return w.kept
}

// promised is the promise where it is another than was told last: a server that
// limits its check makes that slower. Nil where it is the same, in the quiet
// phase, and for other environments.
func (w *watch) promised(env string) *Promise {
	was := w.kept
	if env != monitors.Production || w.quiet || was == nil {
		return nil
	}
	if now := w.promise(); now != nil && *now != *was {
		return now
	}
	return nil
}

// cut tells whether nothing may be sent. The writer reads it from the status.
func (w *watch) cut() bool {
	st := w.status.Load().state
	return st == GuardCut || st == GuardLockout
}
