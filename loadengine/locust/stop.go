package locust

import (
	"context"
	"errors"
	"net/http"
	"time"

	"crosstalk/loadengine"
)

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
		f.ask(0)
		f.letGo(ctx, "", f.brake.Take())
	}
}

// Times of a stop.
const (
	patience  = 10 * time.Second // until it is reported as not drained
	zeroEvery = 20 * time.Millisecond
	// Locust's own statistics are kept for two seconds: an answer within them may
	// be of before the stop.
	cached = 2200 * time.Millisecond
)

// letGo stops the fleet, waits until it is at zero, and reports the orders. It
// tries again while the master does not answer: the workers' own lease has
// ended the load by then, but a master that is back must know. It tells whether
// the fleet was seen at zero.
func (f *Fleet) letGo(ctx context.Context, why string, orders []loadengine.Order) bool {
	if len(orders) > 0 {
		why = orders[len(orders)-1].Reason
	} else if why == "" {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	f.mu.Lock()
	f.shut, f.order = true, 0
	h := halt{Session: f.o.Session, Epoch: f.epoch, Why: why}
	f.mu.Unlock()
	last, zero := f.toZero(ctx, h)
	orders = append(orders, f.brake.Take()...)
	for _, o := range orders {
		if f.hooks.Stopped != nil {
			f.hooks.Stopped(loadengine.StopReport{Stop: o.Stop, Running: o.Running, InFlight: o.InFlight,
				Zero: max(last.Sub(o.Pulled), least), Drained: zero})
		}
	}
	if f.leased && zero {
		// The workers have handed their last numbers in, and the next session, which
		// may have the fleet from now on, begins with its own.
		ask, cancel := context.WithTimeout(ctx, askFor)
		defer cancel()
		f.poll(ask, false)
	}
	return zero
}

// least is told where nothing was sent after an order.
const least = 10 * time.Microsecond

// toZero stops the fleet and looks until nothing runs and nothing is in flight.
// It tells when the last request or user ended, and whether that was seen.
func (f *Fleet) toZero(ctx context.Context, h halt) (last time.Time, zero bool) {
	stop := f.unleasedStop
	if f.leased {
		stop = f.leasedStop(h)
	}
	for {
		s, zero, err := stop(ctx)
		now := time.Now()
		var other *taken
		switch {
		case errors.As(err, &other): // it got the fleet when ours was at zero
			f.running.Store(0)
			f.inFlight.Store(0)
			return now, true
		case err == nil:
			f.running.Store(int64(s.Users))
			f.inFlight.Store(int64(s.InFlight))
			f.mu.Lock()
			f.tally.cancelled(s.Workers)
			f.seen.Epoch, f.seen.Shut = max(f.seen.Epoch, s.Epoch), max(f.seen.Shut, s.Shut)
			f.mu.Unlock()
			if zero {
				return now.Add(-s.idle()), true
			}
		case ctx.Err() == nil:
			f.say("stop", err.Error())
		}
		select {
		case <-ctx.Done():
			return now, false
		case <-time.After(zeroEvery):
		}
	}
}

// idle is how long nothing has been sent and nothing has ended, as the workers
// say by their own clocks; 0 where one cannot say.
func (s *state) idle() time.Duration {
	if s.Protocol != protocol || len(s.Workers) == 0 {
		return 0
	}
	idle := time.Hour.Seconds()
	for _, w := range s.Workers {
		switch {
		case w.State == "gone", !w.Guarded && w.Users == 0:
		case !w.Guarded:
			return 0
		default:
			idle = min(idle, max(w.Idle, 0))
		}
	}
	return time.Duration(idle * float64(time.Second))
}

// drained tells whether every worker has confirmed that an epoch is over, and
// has nothing left. What was reported before it heard of the stop says nothing.
func (s *state) drained(epoch int64) bool {
	if s.Epoch > epoch {
		return true // somebody has had the fleet since: ours ended before
	}
	for _, w := range s.Workers {
		if w.Guarded && w.State != "gone" && w.Shut < epoch {
			return false
		}
	}
	return s.Users == 0 && s.InFlight == 0
}

// leasedStop orders the stop, and again twice a second: a message may be lost.
// In between it only looks.
func (f *Fleet) leasedStop(h halt) func(context.Context) (*state, bool, error) {
	var ordered time.Time
	return func(ctx context.Context) (*state, bool, error) {
		ctx, cancel := context.WithTimeout(ctx, askFor)
		defer cancel()
		s := &state{}
		var err error
		if time.Since(ordered) < stepEvery {
			err = f.client.call(ctx, http.MethodGet, "/crosstalk/state", "", nil, s)
		} else if s, err = f.client.post(ctx, "stop", h); err == nil {
			ordered = time.Now()
		}
		var other *taken
		if err != nil && !errors.As(err, &other) {
			// Where the order cannot be given, the lease ends: the workers tell that, too.
			s = &state{}
			if f.client.call(ctx, http.MethodGet, "/crosstalk/state", "", nil, s) == nil && s.drained(h.Epoch) {
				f.say("stop", err.Error())
				return s, true, nil
			}
		}
		if err != nil {
			return nil, false, err
		}
		return s, s.drained(h.Epoch), nil
	}
}

// unleasedStop is Locust's own. It answers at once where workers have not told
// of their users yet, so that it counts only when Locust says that the run is
// over, in an answer that is younger than the stop.
func (f *Fleet) unleasedStop(ctx context.Context) (*state, bool, error) {
	if err := f.client.stop(ctx); err != nil {
		return nil, false, err
	}
	at := time.Now()
	for {
		s, err := f.stand(ctx)
		switch {
		case err != nil:
			return nil, false, err
		case time.Since(at) < cached:
		case s.Users > 0 || runs(s.State):
			return s, false, nil // in the midst of spawning, a worker may not have heard it
		default:
			return s, true, nil
		}
		select {
		case <-ctx.Done():
			return s, false, nil
		case <-time.After(10 * zeroEvery):
		}
	}
}

// stand is how a fleet without the lease stands.
func (f *Fleet) stand(ctx context.Context) (*state, error) {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	if f.plugged {
		s := &state{}
		return s, f.client.call(ctx, http.MethodGet, "/crosstalk/state", "", nil, s)
	}
	p, err := f.client.plain(ctx)
	if err != nil {
		return nil, err
	}
	return p.state(), nil
}
