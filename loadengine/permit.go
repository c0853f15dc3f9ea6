package loadengine

import (
	"sync/atomic"
	"time"
)

// Clock reads both clocks at one moment: the wall, and a monotonic one whose
// zero is arbitrary.
type Clock func() (wall time.Time, mono time.Duration)

// SystemClock returns the clocks of this machine.
func SystemClock() Clock {
	began := time.Now()
	return func() (time.Time, time.Duration) {
		now := time.Now()
		// Round strips the monotonic reading: comparing two times that carry
		// one would never look at the wall.
		return now.Round(0), now.Sub(began)
	}
}

// Permit is the lease without which nothing is sent. Its deadline is on the
// wall clock and on the monotonic clock, and it has lapsed when either has
// passed: the monotonic clock stands still while a laptop sleeps, the wall can
// be set back. A permit that was once found lapsed stays so until Grant.
type Permit struct {
	clock Clock
	lease atomic.Pointer[lease]
}

type lease struct {
	wall time.Time
	mono time.Duration
}

// NewPermit returns a permit that is void until it is granted.
func NewPermit(c Clock) *Permit { return &Permit{clock: c} }

// Grant begins a new lease of length d, whatever was before. It is for the
// start and for after a person acted; everything else renews. A length that is
// not positive voids the permit.
func (p *Permit) Grant(d time.Duration) {
	if d <= 0 {
		p.Void()
		return
	}
	wall, mono := p.clock()
	p.lease.Store(&lease{wall: wall.Add(d), mono: mono + d})
}

// Renew makes the lease last d from now. It returns false, and changes nothing,
// when the permit is void or has lapsed.
func (p *Permit) Renew(d time.Duration) bool {
	for {
		old := p.holding()
		if old == nil {
			return false
		}
		wall, mono := p.clock()
		if p.lease.CompareAndSwap(old, &lease{wall: wall.Add(d), mono: mono + d}) {
			return true
		}
	}
}

// Void ends the lease at once.
func (p *Permit) Void() { p.lease.Store(nil) }

// Valid reports whether sending is permitted now. It takes no lock.
func (p *Permit) Valid() bool { return p.holding() != nil }

// holding returns the lease if it has not lapsed. A lapsed one is voided, so
// that a wall clock which jumped forwards and back cannot revive it.
func (p *Permit) holding() *lease {
	for {
		l := p.lease.Load()
		if l == nil {
			return nil
		}
		wall, mono := p.clock()
		if wall.Before(l.wall) && mono < l.mono {
			return l
		}
		if p.lease.CompareAndSwap(l, nil) {
			return nil
		}
	}
}
