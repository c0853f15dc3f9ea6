package locust

import (
	"context"
	"errors"
	"fmt"
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
	f.ask(0)
	stopped()
	last.Wait()
	at := true
	if f.mayRun() {
		// Also where nobody runs any more: the workers hand their last numbers in.
		at = f.letGo(context.WithoutCancel(ctx), "the session ended", nil)
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), askFor)
	defer cancel()
	f.poll(end, true)
	if f.leased && at {
		// Best effort: what is not given back lapses. A fleet that was not seen at
		// zero stays shut.
		f.mu.Lock()
		h := halt{Session: f.o.Session, Epoch: f.epoch}
		f.mu.Unlock()
		_, _ = f.client.post(end, "release", h)
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

// mayRun tells whether the fleet has to be told to stop at the end.
func (f *Fleet) mayRun() bool {
	busy := f.busy()
	f.mu.Lock()
	defer f.mu.Unlock()
	return busy || f.leased && !f.shut
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
	due := !now.Before(f.dueAt)
	insist := f.insist
	f.mu.Unlock()
	if next < was || insist && next == was {
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
// stopped or has lapsed is never renewed. Where a worker's own has lapsed, a new
// one begins when a person moves the dial.
func (f *Fleet) begin(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	moved := f.apart && int(f.asked.Load()) != f.apartAt
	if f.shut || moved {
		// Another session may have had the fleet meanwhile, and another clock.
		f.epoch = max(f.epoch+1, now.UnixMicro(), f.seen.Epoch+1, f.seen.Shut+1)
		f.apart = false
	}
	if f.shut {
		f.shut = false
		f.beaten = now // nobody was to answer before
		f.surplusAt, f.insisted, f.insist = time.Time{}, false, false
	}
}

// next is how many users the master is to have now: down at once, up by glide
// and slew, a step at a time, so that no order is ever above what is allowed at
// this moment.
func (f *Fleet) next(now time.Time, r *ramp) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	want := f.want()
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

// want is how many may run: what the dial asks, below the ceiling, and below
// what somebody or a loss has left until the dial moves. The lock is held.
func (f *Fleet) want() int {
	asked := int(f.asked.Load())
	if f.yieldedAt != asked {
		f.yielded = 0
	}
	want := asked
	if c := int(f.ceiling.Load()); c >= 0 {
		want = min(want, c)
	}
	if f.yielded > 0 {
		want = min(want, f.yielded-1)
	}
	return want
}

const stepEvery = 500 * time.Millisecond

// swarm orders a number of users.
func (f *Fleet) swarm(ctx context.Context, users int) {
	// Locust takes users away no faster than it spawns them: what falls, falls at
	// once.
	f.mu.Lock()
	rate := max(atOnce, f.order, int(f.running.Load()))
	if users > f.order {
		rate = atOnce
	}
	f.mu.Unlock()
	if err := f.client.swarm(ctx, users, float64(rate), f.o.Host); err != nil {
		switch {
		case errors.Is(err, errShape): // asking has started it
			f.pull(err.Error())
		case errors.Is(err, errSomebody): // the next permit's answer tells what they did
			f.mu.Lock()
			f.dueAt = time.Time{}
			f.mu.Unlock()
		case ctx.Err() == nil:
			f.say("swarm", err.Error())
		}
		return
	}
	f.mu.Lock()
	now := time.Now()
	if f.order == 0 {
		f.rose = now
	}
	f.order, f.orderedAt, f.insist = users, now, false
	f.mu.Unlock()
	f.forget("swarm")
}

// beat renews the permit of the whole fleet, and tells whether that is done, and
// whether the fleet still does what it was told.
func (f *Fleet) beat(ctx context.Context, order int) bool {
	f.mu.Lock()
	asked := int(f.asked.Load())
	p := permit{Session: f.o.Session, Epoch: f.epoch, TTL: Lease.Seconds(), Order: order, Users: f.o.MaxUsers, RPS: f.o.MaxRPS,
		Hosts: append([]string{}, f.o.Hosts...), Forbidden: append([]string{}, f.o.Forbidden...), // never null
		Level: f.tally.newest().number, Held: asked > 0 && int(f.running.Load()) == asked}
	f.mu.Unlock()
	s, err := f.client.post(ctx, "permit", p)
	now := time.Now()
	f.mu.Lock()
	silent := now.Sub(f.beaten)
	if err == nil {
		f.beaten, f.dueAt = now, now.Add(beatEvery)
	}
	f.mu.Unlock()
	switch {
	case err == nil && s.Shape:
		f.pull(errShape.Error())
	case err == nil && s.Shut >= p.Epoch:
		f.pull("the fleet let go by itself: " + lapseWords(s.Why))
	case err == nil:
		f.forget("beat")
		return f.took(s, now)
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
		f.tell(why)
	}
}
