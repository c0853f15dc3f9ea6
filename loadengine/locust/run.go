package locust

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"crosstalk/loadengine"
)

// Run drives the fleet until ctx ends, and gives it back then: nobody runs, and
// the plug-in lets Locust be. It may be called once.
func (f *Fleet) Run(ctx context.Context) error {
	if !f.started.CompareAndSwap(false, true) {
		return errors.New("run the fleet: it runs only once")
	}
	detach := f.brake.Attach(func() (int, int) { return int(f.running.Load()), int(f.inFlight.Load()) })
	defer detach()
	f.mu.Lock()
	f.beaten = time.Now()
	f.mu.Unlock()
	// Stopping goes on when ctx has ended: leaving must not leave load behind.
	stopping, stopped := context.WithCancel(context.WithoutCancel(ctx))
	var all, last sync.WaitGroup
	all.Go(func() { f.drive(ctx) })
	all.Go(func() { f.watch(ctx) })
	last.Go(func() { f.brakes(stopping) })
	<-ctx.Done()
	all.Wait()
	f.asked.Store(0)
	if f.busy() {
		f.letGo(stopping, "the session ended", nil)
	}
	stopped()
	last.Wait()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), askFor)
	defer cancel()
	f.poll(end, true)
	if f.leased {
		// Best effort: what is not given back lapses.
		_, _ = f.client.post(end, "release", struct{}{})
	}
	f.client.http.CloseIdleConnections()
	return nil
}

// busy tells whether anything may still run.
func (f *Fleet) busy() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.order > 0 || f.running.Load() > 0
}

// drive renews the permit and sets the users, one question after the other.
func (f *Fleet) drive(ctx context.Context) {
	tick := time.NewTicker(turnEvery)
	defer tick.Stop()
	ramp := ramp{at: time.Now()}
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.change:
		case <-tick.C:
		}
		f.turn(ctx, &ramp)
	}
}

// ramp is how far a climb has come.
type ramp struct {
	at   time.Time
	part float64 // of a user
}

func (f *Fleet) turn(ctx context.Context, r *ramp) {
	now := time.Now()
	if _, latched := f.brake.Latched(); latched {
		r.at, r.part = now, 0
		return
	}
	f.begin(now)
	if !f.permit.Valid() {
		if f.asked.Load() > 0 || f.busy() {
			f.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonPermit, By: "engine"})
		}
		return
	}
	// Whatever is on its way when the brake is pulled is not waited for.
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	defer context.AfterFunc(f.brake.Context(), cancel)()

	next := f.next(now, r)
	f.mu.Lock()
	was := f.order
	due := now.Sub(f.beaten) >= beatEvery
	f.mu.Unlock()
	if next < was {
		f.swarm(ctx, next)
	}
	permitted := !f.leased
	if f.leased && (due || next > was) {
		permitted = f.beat(ctx, next)
	}
	if next > was && permitted {
		f.swarm(ctx, next)
	}
}

// begin starts a new epoch after a release of the brake: a permit that was
// stopped or has lapsed is never renewed.
func (f *Fleet) begin(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.shut {
		f.shut = false
		f.epoch = max(f.epoch+1, now.UnixMicro())
		f.beaten = now
	}
}

// next is how many users the master is to have now: down at once, up by glide
// and slew, a step at a time, so that no order is ever above what is allowed at
// this moment.
func (f *Fleet) next(now time.Time, r *ramp) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	want := int(f.asked.Load())
	if c := int(f.ceiling.Load()); c >= 0 {
		want = min(want, c)
	}
	if f.yielded > 0 && f.yieldedAt == want {
		want = min(want, f.yielded-1)
	} else {
		f.yielded = 0
	}
	elapsed := now.Sub(r.at).Seconds()
	if want <= f.order {
		r.at, r.part = now, 0
		return want
	}
	rate := f.glide
	if f.slew {
		limit := max(2, 0.1*float64(f.order)) * f.slewFactor
		if rate == 0 || limit < rate {
			rate = limit
		}
	}
	if rate == 0 || f.order == 0 && want == 1 {
		r.at, r.part = now, 0
		return want
	}
	r.at = now
	r.part += rate * min(elapsed, 1)
	// Each order makes the master plan anew: not more often than twice a second.
	if now.Sub(f.orderedAt) < stepEvery && int(r.part) < want-f.order {
		return f.order
	}
	step := int(r.part)
	r.part -= float64(step)
	return min(want, f.order+step)
}

const stepEvery = 500 * time.Millisecond

// swarm orders a number of users.
func (f *Fleet) swarm(ctx context.Context, users int) {
	if err := f.client.swarm(ctx, users, atOnce, f.o.Host); err != nil {
		switch {
		case errors.Is(err, errShape): // asking has started it
			f.pull(err.Error())
		case ctx.Err() == nil:
			f.say("swarm", err.Error())
		}
		return
	}
	f.mu.Lock()
	f.order, f.orderedAt = users, time.Now()
	f.mu.Unlock()
	f.forget("swarm")
}

// beat renews the permit of the whole fleet, and tells whether that is done.
func (f *Fleet) beat(ctx context.Context, order int) bool {
	f.mu.Lock()
	p := permit{Session: f.o.Session, Epoch: f.epoch, TTL: Lease.Seconds(), Order: order, Users: f.o.MaxUsers, RPS: f.o.MaxRPS,
		Hosts: append([]string{}, f.o.Hosts...), Forbidden: append([]string{}, f.o.Forbidden...)} // never null
	f.mu.Unlock()
	s, err := f.client.post(ctx, "permit", p)
	now := time.Now()
	f.mu.Lock()
	silent := now.Sub(f.beaten)
	if err == nil {
		f.beaten = now
	}
	f.mu.Unlock()
	switch {
	case err == nil && s.Shut >= p.Epoch:
		f.pull("the fleet let go by itself: " + lapseWords(s.Why))
	case err == nil:
		f.forget("beat")
		f.took(s, now)
		return true
	case ctx.Err() != nil && f.brake.Context().Err() != nil:
	default:
		f.say("beat", err.Error())
		if silent > Lease && f.busy() {
			f.pull(fmt.Sprintf("the fleet could not be reached for %.1f s", silent.Seconds()))
		}
	}
	return false
}

func lapseWords(why string) string {
	if why == "lapsed" {
		return "no permit came to it in time"
	}
	return why
}

// pull stops the load for a lapsed permit, and says why.
func (f *Fleet) pull(why string) {
	if f.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonPermit, By: "engine"}) {
		f.say("lapse "+time.Now().String(), why)
	}
}

// brakes obeys the brake: every order is passed on at once and reported when
// nobody runs any more.
func (f *Fleet) brakes(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			f.letGo(context.WithoutCancel(ctx), "", f.brake.Take())
			return
		case <-f.brake.Wake():
		}
		f.asked.Store(0)
		f.letGo(ctx, "", f.brake.Take())
	}
}

// patience is how long a stop may take before it is reported as not drained.
const patience = 10 * time.Second

// letGo stops the fleet, waits until it is at zero, and reports the orders. It
// tries again while the master does not answer: the workers' own lease has
// ended the load by then, but a master that is back must know.
func (f *Fleet) letGo(ctx context.Context, why string, orders []loadengine.Order) {
	if len(orders) > 0 {
		why = orders[len(orders)-1].Reason
	} else if why == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	f.mu.Lock()
	f.shut, f.order = true, 0
	epoch := f.epoch
	f.mu.Unlock()
	zero := f.toZero(ctx, halt{Epoch: epoch, Why: why})
	orders = append(orders, f.brake.Take()...)
	for _, o := range orders {
		if f.hooks.Stopped != nil {
			f.hooks.Stopped(loadengine.StopReport{Stop: o.Stop, Running: o.Running, InFlight: o.InFlight,
				Zero: time.Since(o.Pulled), Drained: zero})
		}
	}
}

// toZero stops the fleet and looks until nothing runs and nothing is in flight.
func (f *Fleet) toZero(ctx context.Context, h halt) bool {
	var ordered time.Time
	for {
		s, err := f.stopped(ctx, h, &ordered)
		switch {
		case err == nil:
			f.running.Store(int64(s.Users))
			f.inFlight.Store(int64(s.InFlight))
			if s.Users == 0 && s.InFlight == 0 {
				return true
			}
		case ctx.Err() == nil:
			f.say("stop", err.Error())
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(zeroEvery):
		}
	}
}

// stopped orders the stop, and again twice a second: a message may be lost. In
// between it only looks.
func (f *Fleet) stopped(ctx context.Context, h halt, ordered *time.Time) (*state, error) {
	if !f.leased {
		return &state{}, f.client.stop(ctx) // it answers when no worker reports a user
	}
	if time.Since(*ordered) < stepEvery {
		var s state
		return &s, f.client.call(ctx, http.MethodGet, "/crosstalk/state", "", nil, &s)
	}
	s, err := f.client.post(ctx, "stop", h)
	if err == nil {
		*ordered = time.Now()
	}
	return s, err
}

const zeroEvery = 50 * time.Millisecond
