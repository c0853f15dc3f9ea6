package session

import (
	"fmt"
	"slices"
	"time"

	"crosstalk/notes"
)

// ContextAt is what was measured at ms since the session's start, for a note
// that tells of an earlier time: the panes of the present tell nothing of it. It
// is nil where no load was told of or the rings no longer reach. An environment
// that nobody looked at has no state. Of the guard and the builds nothing is
// known.
func (s *State) ContextAt(ms int64) *notes.Context {
	slot, _, ok := s.SlotAt(ms)
	if !ok {
		return nil
	}
	return &notes.Context{MS: ms, Asked: slot.Asked, Running: slot.Running,
		Staging: slot.Load.seen(slot.Staging.State), Production: slot.Prod.seen(slot.Prod.State)}
}

// SlotAt is the slot of a moment, and how many milliseconds it tells of, if it was
// told how many users ran. A second's own tick may not have come yet: then it is
// the second before.
func (s *State) SlotAt(ms int64) (slot Second, step int64, ok bool) {
	if ms < 0 {
		return Second{}, 0, false
	}
	r, back := &s.Fine, s.Fine.Step()
	if r.Len() == r.size && ms < r.At(0).MS { // forgotten
		r, back = &s.Coarse, 0
	}
	begin := ms - ms%r.Step()
	for _, slot := range slices.Backward(r.Range(begin-back, begin+1)) {
		if slot.Told {
			return slot, r.Step(), true
		}
	}
	return Second{}, 0, false
}

// seen is a line's values in a slot as a pane would have shown them.
func (c Curve) seen(state string) notes.Seen {
	v := notes.Seen{State: state}
	if c.OK {
		v.P50, v.P95 = &c.P50, &c.P95
	}
	if c.Counted {
		v.Errors = &c.Errors
	}
	return v
}

// offset is where a note's moment lies, in milliseconds since the start. It is
// negative only if its author said so: a typist's clock may be behind. A clock's
// time is given to the minute; the minute that the session began in is its start.
func (s *State) offset(n notes.Note) int64 {
	ms := n.Moment().Sub(s.Began).Milliseconds()
	if n.Happened == nil || n.Happened.Equal(s.Began.Truncate(time.Minute)) {
		return max(0, ms)
	}
	return ms
}

// receipt is the line that tells a note's author what was kept with it.
func receipt(n notes.Note, unclear string) string {
	head := fmt.Sprintf("%s %s saved %s", n.ID, n.Kind, n.Saved.Local().Format("15:04:05"))
	if unclear != "" {
		head += " · " + unclear
	}
	c := n.Panes()
	switch {
	case n.Before():
		return head + " · it happened before the session began: users and latencies are not known"
	case n.Happened != nil && c == nil:
		return head + " · users and latencies of when it happened are not kept"
	case c == nil:
		return head
	}
	if n.Happened != nil {
		head += " · happened " + n.Happened.Local().Format("15:04:05")
	} else if n.Context != nil {
		c = n.Context // what its author has on the screen now
	}
	return fmt.Sprintf("%s · %s · staging p95 %s · production p95 %s", head, c.Load(), millis(c.Staging.P95), millis(c.Production.P95))
}

func millis(p *float64) string {
	if p == nil {
		return "not known"
	}
	return fmt.Sprintf("%.0f ms", *p*1000)
}
