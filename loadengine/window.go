package loadengine

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	slotLength = 250 * time.Millisecond
	lastSlots  = 4  // of the window of about 1 s
	tenSlots   = 40 // of the window of about 10 s

	// Latencies are kept in microseconds up to 5 minutes. Three digits cost
	// 160 KiB a histogram, two 22 KiB: three for the short window, of which
	// there is one, two wherever there are many.
	longest    = int64(5 * time.Minute / time.Microsecond)
	fineDigits = 3
	roughDigit = 2
)

// Window sums up the requests of a span of time. A sliding one is of one level,
// but for RPS, which is of all that ended in it. Percentiles and Max are of
// latency, over responses and timeouts: a refused connection fails at once, and
// would make a dead server look fast.
type Window struct {
	Span               time.Duration
	Requests, Errors   uint64
	RPS                float64
	P50, P95, P99, Max time.Duration
	Cached, Logins     uint64 // of the requests: out of a cache, and at a login page
}

// tally counts requests and keeps their latencies.
type tally struct {
	hist             *hdrhistogram.Histogram
	requests, errors uint64
	cached, logins   uint64
	longest          time.Duration
}

func newTally(digits int) tally {
	return tally{hist: hdrhistogram.New(1, longest, digits)}
}

func (t *tally) record(o outcome) {
	t.requests++
	if o.kind != "" {
		t.errors++
	}
	if o.cached {
		t.cached++
	}
	if o.login {
		t.logins++
	}
	if o.fate != fateAnswered && o.fate != fateTimeout {
		return
	}
	t.longest = max(t.longest, o.latency)
	us := min(max(int64(o.latency/time.Microsecond), 1), longest)
	// The value is within the range, so that recording cannot fail.
	_ = t.hist.RecordValue(us)
}

func (t *tally) reset() {
	if t.requests > 0 {
		t.hist.Reset()
	}
	t.requests, t.errors, t.cached, t.logins, t.longest = 0, 0, 0, 0, 0
}

func (t *tally) add(o *tally) {
	if o.requests == 0 {
		return
	}
	t.hist.Merge(o.hist)
	t.requests += o.requests
	t.errors += o.errors
	t.cached += o.cached
	t.logins += o.logins
	t.longest = max(t.longest, o.longest)
}

func (t *tally) window(span time.Duration) Window {
	w := Window{Span: span, Requests: t.requests, Errors: t.errors, Max: t.longest, Cached: t.cached, Logins: t.logins}
	if span > 0 {
		w.RPS = float64(t.requests) / span.Seconds()
	}
	if t.hist.TotalCount() > 0 {
		// A bucket's upper end may lie above what was measured.
		at := func(q float64) time.Duration {
			return min(time.Duration(t.hist.ValueAtQuantile(q))*time.Microsecond, t.longest)
		}
		w.P50, w.P95, w.P99 = at(50), at(95), at(99)
	}
	return w
}

// ring is a sliding window: tallies of 250 ms, the present one included. The
// tallies are of one level; what ended, whatever its level, is counted beside
// them, so that the rate does not stumble where the dial moves.
type ring struct {
	slots []tally
	ended []uint64
	sum   tally
	at    int64 // number of the present slot since the beginning
}

func newRing(slots, digits int) *ring {
	r := &ring{sum: newTally(digits), ended: make([]uint64, slots+1)}
	for range slots + 1 {
		r.slots = append(r.slots, newTally(digits))
	}
	return r
}

// advance empties the slots that time has entered since the last call.
func (r *ring) advance(now time.Duration) {
	to := int64(now / slotLength)
	for n := int64(len(r.slots)); r.at < to && n > 0; n-- {
		r.at++
		i := r.at % int64(len(r.slots))
		r.slots[i].reset()
		r.ended[i] = 0
	}
	r.at = max(r.at, to)
}

// record counts what ended now; present tells whether it is of the window's level.
func (r *ring) record(now time.Duration, o outcome, present bool) {
	r.advance(now)
	i := r.at % int64(len(r.slots))
	r.ended[i]++
	if present {
		r.slots[i].record(o)
	}
}

// restart empties the window for a new level; what ended goes on to count.
func (r *ring) restart() {
	for i := range r.slots {
		r.slots[i].reset()
	}
}

// window sums up the present slot and all whole ones before it.
func (r *ring) window(now time.Duration) Window {
	r.advance(now)
	r.sum.reset()
	var ended uint64
	for i := range r.slots {
		r.sum.add(&r.slots[i])
		ended += r.ended[i]
	}
	whole := min(r.at, int64(len(r.slots)-1))
	w := r.sum.window(time.Duration(whole)*slotLength + now - time.Duration(r.at)*slotLength)
	if w.Span > 0 {
		w.RPS = float64(ended) / w.Span.Seconds()
	}
	return w
}
