package loadengine

import (
	"context"
	"sync/atomic"
	"time"
)

// Reasons of a Stop, as the journal spells them.
const (
	ReasonOperator = "operator" // a person asked
	ReasonGuard    = "guard"    // another environment's health
	ReasonPermit   = "permit"   // nobody renewed the lease
	ReasonQuit     = "quit"     // the session is being left
	ReasonPlan     = "plan"     // a rehearsal or a planned end
	ReasonJournal  = "journal"  // facts could not be made durable
)

// Stop is one order to let go of all load.
type Stop struct {
	Reason string    // operator, guard, permit, quit, plan or journal
	By     string    // who ordered it
	At     time.Time // when, on the caller's clock; filled in by Pull if zero
}

// Brake is the one atomic stop. Pulling it latches, and cancels the context
// under which every request is sent. It takes no lock of ours and does no IO,
// so that a key, a signal handler, the guard and the lapsed permit can all pull
// it from any goroutine. The zero Brake is not usable; call NewBrake.
type Brake struct {
	epoch  atomic.Pointer[epoch]
	orders atomic.Pointer[order]
	gauge  atomic.Pointer[func() int]
	wake   chan struct{}
}

// epoch is the time from one Release to the Pull that ends it.
type epoch struct {
	ctx    context.Context
	cancel context.CancelFunc
	stop   atomic.Pointer[Stop]
}

// order is one call of Pull, waiting for the engine to report it.
type order struct {
	stop     Stop
	pulled   time.Time // on our own clock: stop.At may come from another one
	inFlight int
	depth    int
	next     *order
}

// maxOrders bounds what is kept while no engine runs that could report it.
const maxOrders = 1024

// NewBrake returns a brake that is not latched.
func NewBrake() *Brake {
	b := &Brake{wake: make(chan struct{}, 1)}
	b.epoch.Store(newEpoch())
	return b
}

func newEpoch() *epoch {
	ctx, cancel := context.WithCancel(context.Background())
	return &epoch{ctx: ctx, cancel: cancel}
}

// Pull stops all load and keeps it stopped until Release. It returns true if
// this call latched the brake, false if it was latched before; every call is an
// order of its own that a running engine reports through Hooks.Stopped.
func (b *Brake) Pull(s Stop) bool {
	now := time.Now()
	if s.At.IsZero() {
		s.At = now
	}
	o := &order{stop: s, pulled: now}
	if g := b.gauge.Load(); g != nil {
		o.inFlight = (*g)()
	}
	latched := false
	for {
		e := b.epoch.Load()
		latched = e.stop.CompareAndSwap(nil, &s) || latched
		e.cancel()
		// A Release may have swapped the epoch since it was loaded. An order
		// must never be lost to that race: latch the new epoch as well.
		if b.epoch.Load() == e {
			break
		}
	}
	b.push(o)
	select {
	case b.wake <- struct{}{}:
	default:
	}
	return latched
}

// Latched returns the order that latched the brake, and whether it is latched.
func (b *Brake) Latched() (Stop, bool) {
	if s := b.epoch.Load().stop.Load(); s != nil {
		return *s, true
	}
	return Stop{}, false
}

// Context returns the context of the present epoch. Pull cancels it; Release
// begins a new one.
func (b *Brake) Context() context.Context { return b.epoch.Load().ctx }

// Release begins a new epoch. It returns false if the brake was not latched.
// Only the session calls it, and only after a person acted.
func (b *Brake) Release() bool {
	e := b.epoch.Load()
	if e.stop.Load() == nil {
		return false
	}
	return b.epoch.CompareAndSwap(e, newEpoch())
}

// latched is Latched without the copy, for the way of every request.
func (e *epoch) latched() bool { return e.stop.Load() != nil }

// push puts an order on the stack of unreported ones.
func (b *Brake) push(o *order) {
	for {
		o.next = b.orders.Load()
		o.depth = 1
		if o.next != nil {
			o.depth = o.next.depth + 1
		}
		if o.depth > maxOrders {
			return
		}
		if b.orders.CompareAndSwap(o.next, o) {
			return
		}
	}
}

// take empties the stack and returns the orders, oldest first.
func (b *Brake) take() []*order {
	top := b.orders.Swap(nil)
	if top == nil {
		return nil
	}
	all := make([]*order, top.depth)
	for o := top; o != nil; o = o.next {
		all[o.depth-1] = o
	}
	return all
}
