package loadengine

import (
	"sync"
	"time"
)

// Result is one request that has ended, in the terms of vegeta's results. Its
// URL is the step's as it was written, {{names}} included: what users fill in
// may be secret, and would make thousands of URLs of one.
type Result struct {
	Seq          uint64    // in the order of sending, from 0 without gaps
	Sent         time.Time // never before that of an earlier Seq
	Latency      time.Duration
	Code         int    // 0: no answer
	Kind         string // of error; "cancelled" if a stop took it back; empty for a good answer
	In, Out      int64  // bytes of the bodies
	User         int    // from 1
	Method, URL  string
	Journey      string
	Step         string
	StepNumber   int // in the plan's order, from 0
	FollowedHops int // redirects that were followed
}

// sequence numbers requests as they are sent. The stamp is taken with the
// number, so that their orders agree; it goes by the monotonic clock, so that a
// clock that is set meanwhile does not turn them round.
type sequence struct {
	mu   sync.Mutex
	next uint64
	zero time.Time
}

func (q *sequence) take() (uint64, time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := q.next
	q.next++
	if n == 0 {
		q.zero = time.Now()
		return n, q.zero
	}
	return n, q.zero.Round(0).Add(time.Since(q.zero))
}

// ticket is a request's place in the sequence; the zero ticket has none yet.
type ticket struct {
	has bool
	seq uint64
	at  time.Time
}

// tell hands over the result of a turn, if somebody wants them. Turns that were
// never sent have none.
func (e *Engine) tell(u *user, o outcome) {
	if e.hooks.Result == nil || o.fate == fateUnsent {
		return
	}
	if !u.ticket.has { // refused or not built: it counts as a request, and was not on the wire
		u.ticket.seq, u.ticket.at = e.gate.sequence.take()
	}
	e.telling.Lock()
	defer e.telling.Unlock()
	s := u.step
	kind := o.kind
	if o.fate == fateCancelled {
		kind = "cancelled"
	}
	e.hooks.Result(Result{Seq: u.ticket.seq, Sent: u.ticket.at, Latency: o.latency, Code: o.code, Kind: kind, In: o.in, Out: o.out, FollowedHops: o.hops,
		User: int(u.slot) + 1, Method: s.method, URL: s.written, Journey: s.journey, Step: s.name, StepNumber: s.index})
}
