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
	gauge  atomic.Pointer[func() (running, inFlight int)]
	wake   chan struct{}
}

// epoch is the time from one Release to the next. It is latched from its first
// Pull on, and stop is its newest order: who lets go has to have judged that one.
type epoch struct {
	ctx    context.Context
	cancel context.CancelFunc
	stop   atomic.Pointer[Stop]
	next   atomic.Pointer[epoch] // made before stop becomes released
}

// released takes the place of an epoch's newest order when it is over. It counts
// as latched: a request that still looks at the old epoch is not sent.
var released = &Stop{Reason: "released"}

// order is one call of Pull, waiting for the engine to report it.
type order struct {
	stop     Stop
	pulled   time.Time // on our own clock: stop.At may come from another one
	running  int
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
		o.running, o.inFlight = (*g)()
	}
	var latched bool
	for {
		e := b.epoch.Load()
		was := e.stop.Load()
		if was == released {
			// A Release is under way. Help it along, so that this order latches the
			// epoch that comes: none may be lost to that race.
			b.epoch.CompareAndSwap(e, e.next.Load())
			continue
		}
		if e.stop.CompareAndSwap(was, &s) {
			e.cancel()
			latched = was == nil
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

// Latched returns the newest order since the last Release, and whether there is
// one.
func (b *Brake) Latched() (Stop, bool) {
	for {
		e := b.epoch.Load()
		switch s := e.stop.Load(); s {
		case nil:
			return Stop{}, false
		case released:
			b.epoch.CompareAndSwap(e, e.next.Load())
		default:
			return *s, true
		}
	}
}

// Context returns the context of the present epoch. Pull cancels it; Release
// begins a new one.
func (b *Brake) Context() context.Context { return b.epoch.Load().ctx }

// Release begins a new epoch, if seen is still the newest order: one that came
// after it was judged keeps the brake latched. It returns false if nothing was
// released. Only the session calls it, and only after a person acted.
func (b *Brake) Release(seen Stop) bool {
	e := b.epoch.Load()
	s := e.stop.Load()
	if s == nil || s == released || *s != seen {
		return false
	}
	e.next.CompareAndSwap(nil, newEpoch())
	if !e.stop.CompareAndSwap(s, released) {
		return false
	}
	b.epoch.CompareAndSwap(e, e.next.Load())
	return true
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
