package loadengine

import "time"

// Order is one call of Brake.Pull that an engine has to report.
type Order struct {
	Stop
	Pulled            time.Time // on this process's own clock: Stop.At may come from another one
	Running, InFlight int       // when it came
}

// Attach makes an engine that is not of this package the one that a brake
// stops: gauge tells how much runs, and is asked at every order, from any
// goroutine. A brake has one engine at a time. The returned function ends that.
func (b *Brake) Attach(gauge func() (running, inFlight int)) (detach func()) {
	b.gauge.Store(&gauge)
	return func() { b.gauge.CompareAndSwap(&gauge, nil) }
}

// Wake gets a value when there are orders to take.
func (b *Brake) Wake() <-chan struct{} { return b.wake }

// Take returns the orders that nobody has taken yet, oldest first. Only the
// attached engine calls it, and reports each through Hooks.Stopped.
func (b *Brake) Take() []Order {
	var all []Order
	for _, o := range b.take() {
		all = append(all, Order{Stop: o.stop, Pulled: o.pulled, Running: o.running, InFlight: o.inFlight})
	}
	return all
}

// Nodes is what an engine on several machines tells of them in a Tick.
type Nodes struct {
	Workers int     // connected now
	Lost    int     // since the start
	CPU     float64 // of the busiest worker, in percent of one core
	Leased  bool    // all of them let go by themselves when nobody renews the permit
}
