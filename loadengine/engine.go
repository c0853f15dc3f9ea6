package loadengine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Hooks are called from the engine's own goroutines and must not block. Nil
// ones are left out.
type Hooks struct {
	// Tick is called every second, every 250 ms while running or a drain
	// moves, and with Final as the last thing of a run.
	Tick func(Tick)
	// Stopped is called once for every order to the brake, also with nobody
	// running and when the brake was latched before.
	Stopped func(StopReport)
	// Finding is called once for each kind and host.
	Finding func(Finding)
	// Exemplar is called for every exchange that is kept as an example.
	Exemplar func(Exemplar)
	// Result is called for every request that has ended, as they end.
	Result func(Result)
}

// StopReport is what became of one order to the brake.
type StopReport struct {
	Stop
	Running  int           // when the order came
	InFlight int           // when the order came
	Zero     time.Duration // from the order until none was in flight and nothing more was sent
	Drained  bool          // false: after Zero there still were requests in flight
}

// Live is how things stand now, Asked, Running and Ceiling in the dial's unit.
type Live struct{ Asked, Running, InFlight, Ceiling int }

// Engine sends the load of one plan. It is good for one Run.
type Engine struct {
	permit   *Permit
	brake    *Brake
	hooks    Hooks
	program  *program
	schedule *schedule
	gate     *gate
	stats    *stats
	findings *findings
	started  atomic.Bool
	telling  sync.Mutex // one result at a time

	// Of the control goroutine alone.
	pending  []*order // not reported yet
	slot     int64    // of 250 ms, of the last look at the clock
	lastLive Live
	wrapped  bool
	crowded  bool
	capped   bool
}

// options are what tests put in place of the network.
type options struct{ base http.RoundTripper }

// New makes an engine with nobody running. A plan with problems is an error
// that joins them all; Plan.Validate returns them one by one. The permit and
// the brake stay the caller's.
func New(p Plan, permit *Permit, brake *Brake, h Hooks) (*Engine, error) {
	return newEngine(p, permit, brake, h, options{})
}

func newEngine(p Plan, permit *Permit, brake *Brake, h Hooks, o options) (*Engine, error) {
	prog, errs := compile(p)
	if len(errs) > 0 {
		return nil, fmt.Errorf("compile the plan: %w", errors.Join(errs...))
	}
	e := &Engine{permit: permit, brake: brake, hooks: h, program: prog}
	e.findings = &findings{tell: h.Finding}
	e.stats = newStats(prog.steps)
	e.schedule = newSchedule(p, prog, brake)
	e.gate = newGate(brake, permit, prog, e.schedule.users, e.findings, o.base)
	e.gate.servedBy, e.gate.schedule = p.ServedBy, e.schedule
	if h.Exemplar != nil {
		e.gate.evidence = newEvidence(h.Exemplar, len(prog.steps))
	}
	if h.Result != nil {
		e.gate.sequence = new(sequence)
	}
	e.lastLive = e.Live()
	return e, nil
}

// Run sends until ctx ends, then cancels what is in flight and returns when
// nothing is any more; the final tick has been given by then. The end of ctx is
// not an error. It may be called once.
func (e *Engine) Run(ctx context.Context) error {
	if !e.started.CompareAndSwap(false, true) {
		return errors.New("run the load engine: it runs only once")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	e.gate.run = ctx
	gauge := func() (int, int) {
		return int(e.schedule.live.running.Load()), int(e.schedule.live.inFlight.Load())
	}
	e.brake.gauge.Store(&gauge)

	crew := newCrew(e)
	done := make(chan struct{})
	go func() {
		defer close(done)
		crew.run()
	}()
	e.control(ctx, crew)

	e.schedule.close()
	cancel()
	<-done
	e.schedule.ground()
	e.brake.gauge.CompareAndSwap(&gauge, nil)
	e.report(time.Now())
	e.tick(true)
	if t, ok := e.gate.base.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
	return nil
}

// SetAsked sets the dial, clamped to 0 and the plan's DialMax. While the brake
// is latched it stays 0, and must be set again after its release.
func (e *Engine) SetAsked(n int) { e.schedule.ask(n) }

// SetCeiling sets the most that may run; below 0 is no ceiling.
func (e *Engine) SetCeiling(n int) {
	e.schedule.set(func() { e.schedule.ceiling = max(n, -1) })
}

// SetGlide sets by how much a second running may rise, in the dial's unit; 0 follows at once.
func (e *Engine) SetGlide(perSecond float64) {
	e.schedule.set(func() { e.schedule.glide = max(perSecond, 0) })
}

// SetSlew turns the guard's limit of max(2, 10 % of running) users a second
// upward on or off. It is on from the start.
func (e *Engine) SetSlew(on bool) {
	e.schedule.set(func() { e.schedule.slew = on })
}

// SetSlewFactor scales the guard's limit of rising: 1, as from the start, is
// all of it, 0.5 half as fast. It says nothing while the limit is off. What is
// not above 0 is taken as 1: standing still is the ceiling's business.
func (e *Engine) SetSlewFactor(f float64) {
	if !(f > 0) {
		f = 1
	}
	e.schedule.set(func() { e.schedule.slewFactor = f })
}

// Live returns how things stand, without a lock.
func (e *Engine) Live() Live {
	l := &e.schedule.live
	return Live{
		Asked: int(l.asked.Load()), Running: int(l.running.Load()),
		InFlight: int(l.inFlight.Load()), Ceiling: int(l.ceiling.Load()),
	}
}

// Findings returns what was found until now, with counts, in order of first
// sight.
func (e *Engine) Findings() []Finding { return e.findings.list() }
