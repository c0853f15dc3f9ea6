package session

import "slices"

// Second is one slot of the charts' time axis: the worst of what was told in
// it. Values that nobody told are absent, never zero.
type Second struct {
	MS      int64 // where the slot begins
	Asked   int
	Running int
	Load    Curve // the users' own requests
	Staging Curve // staging's checks
	Prod    Curve // production's checks
	RPS     float64
	Told    bool // load was told in this slot
}

// Curve is one line's values in a slot, in seconds.
type Curve struct {
	P50, P95, Max float64
	Errors        float64 // share
	State         string  // the environment's health
	OK            bool    // there are latencies
	Counted       bool    // Errors is a share of something
}

// worse merges a later value into a slot. Percentiles are not averaged: a
// longer slot shows its worst.
func (c *Curve) worse(o Curve) {
	state := c.State
	if rankOf(o.State) > rankOf(state) || state == "" {
		state = o.State
	}
	c.State = state
	if o.OK { // without a value they are 0
		c.P50, c.P95, c.Max = max(c.P50, o.P50), max(c.P95, o.P95), max(c.Max, o.Max)
		c.OK = true
	}
	if o.Counted {
		c.Errors, c.Counted = max(c.Errors, o.Errors), true
	}
}

// Join merges a later slot into an earlier one, as a longer slot would have
// told it: users and rate are the newest, but for the most that ran at once, and
// every line shows its worst.
func (s *Second) Join(o Second) {
	if o.Told {
		s.Asked, s.RPS, s.Told = o.Asked, o.RPS, true
		s.Running = max(s.Running, o.Running)
	}
	s.Load.worse(o.Load)
	s.Staging.worse(o.Staging)
	s.Prod.worse(o.Prod)
}

// rankOf orders states by how much they ask for attention.
func rankOf(state string) int {
	return slices.Index([]string{"green", "no sight", "amber", "red"}, state)
}

// Ring keeps the newest slots of a fixed length in time order, so that memory
// is flat however long a session lasts. A slot nobody wrote is a gap.
type Ring struct {
	step  int64
	size  int
	slots []Second // in order of MS; once full, head is the oldest
	head  int
}

// NewRing returns a ring of size slots of step milliseconds.
func NewRing(step int64, size int) Ring { return Ring{step: step, size: size} }

// Step is the length of a slot in milliseconds.
func (r *Ring) Step() int64 { return r.step }

// Len is the number of slots kept.
func (r *Ring) Len() int { return len(r.slots) }

// At returns slot i, 0 being the oldest.
func (r *Ring) At(i int) Second { return r.slots[(r.head+i)%len(r.slots)] }

// Range returns the slots that begin in [from, to), oldest first.
func (r *Ring) Range(from, to int64) []Second { return r.AppendRange(nil, from, to) }

// AppendRange is Range into a slice that is used again.
func (r *Ring) AppendRange(out []Second, from, to int64) []Second {
	for i := r.search(from); i < len(r.slots); i++ {
		s := &r.slots[(r.head+i)%len(r.slots)]
		if s.MS >= to {
			break
		}
		out = append(out, *s)
	}
	return out
}

func (r *Ring) search(ms int64) int {
	lo, hi := 0, len(r.slots)
	for lo < hi {
		mid := (lo + hi) / 2
		if r.slots[(r.head+mid)%len(r.slots)].MS < ms {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// slot returns the slot of a moment, making it if it is newer than all.
// A moment older than the newest slot is written into the newest: a session's
// milliseconds never decrease, so this is only a late tick of the same second.
func (r *Ring) slot(ms int64) *Second {
	begin := ms - ms%r.step
	n := len(r.slots)
	if n > 0 {
		newest := &r.slots[(r.head+n-1)%n]
		if newest.MS >= begin {
			return newest
		}
	}
	if n < r.size {
		r.slots = append(r.slots, Second{MS: begin})
		return &r.slots[n]
	}
	oldest := &r.slots[r.head]
	*oldest = Second{MS: begin}
	r.head = (r.head + 1) % n
	return oldest
}

// write puts what was told at now into its slot. Tellings come a slot apart but
// not to the millisecond: if the one before, at before, fell two slots back,
// what was told now covers the slot between them as well.
func (r *Ring) write(before, now int64, f func(*Second)) {
	between := now - now%r.step - r.step
	if before > 0 && before-before%r.step == between-r.step {
		if i := r.search(between); i == len(r.slots) {
			f(r.slot(between))
		} else if r.At(i).MS == between {
			f(&r.slots[(r.head+i)%len(r.slots)])
		}
	}
	f(r.slot(now))
}

func (r *Ring) clone() Ring {
	c := *r
	c.slots = slices.Clone(r.slots)
	return c
}
