package stand

import (
	"context"
	"time"

	"crosstalk/session"
)

// wait bounds a wait for what should come within seconds.
const wait = 30 * time.Second

// Follower reads a session's events in their order.
type Follower struct {
	Session *session.Session
	seq     uint64
	waiting []session.Event
}

// Skip leaves out what has happened until now: what comes next is new.
func (f *Follower) Skip() { f.waiting, f.seq = nil, f.Session.Snapshot().Seq }

// Until returns the next event like this, if it comes within half a minute.
func (f *Follower) Until(ctx context.Context, is func(session.Event) bool) (session.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for {
		for len(f.waiting) > 0 {
			e := f.waiting[0]
			f.waiting, f.seq = f.waiting[1:], e.Seq
			if is(e) {
				return e, nil
			}
		}
		events, err := f.Session.Since(ctx, f.seq)
		if err != nil {
			return session.Event{}, err
		}
		f.waiting = events
	}
}
