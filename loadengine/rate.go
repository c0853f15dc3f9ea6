package loadengine

import (
	"math"
	"sync/atomic"
	"time"
)

// Modes of a Plan: what the dial counts.
const (
	ModeUsers = "users" // users, each with at most one request in flight: the server sets the pace
	ModeRate  = "rate"  // requests a second, whatever the server does
)

// maxRate is the most that a dial of requests a second may go to: at more, two
// sends would be less than a microsecond apart, which no clock here can keep.
const maxRate = 1_000_000

// DefaultRate caps the dial of requests a second where nothing else does.
const DefaultRate = 1000

// DialMax is the most that the dial may ask for, in its unit.
func (p Plan) DialMax() int {
	if p.Mode != ModeRate {
		return p.MaxUsers
	}
	if p.MaxRPS > 0 {
		return int(min(p.MaxRPS, maxRate))
	}
	return DefaultRate
}

// lateBy is how late a send may be and still be made: as long as a goroutine now
// and then waits for its turn. After a longer standstill all that was due
// meanwhile is dropped, so that a stall is never followed by a burst; a shorter
// one is followed by no more than this much of the dial's own pace.
const lateBy = 10 * time.Millisecond

// open is the open model's part of the schedule: sends that are due by the
// clock alone, each by the user that has waited longest for its next step, or by
// a new one. All of it but late is under the schedule's lock.
type open struct {
	on      bool
	rate    int   // running: requests a second
	at      int64 // when the next send is due; MaxInt64 with nothing to send
	last    int64 // when the newest was
	late    atomic.Uint64
	missed  atomic.Uint64 // of late, because we stood still
	crowded atomic.Bool   // a send was dropped because every user was busy
	capped  atomic.Bool   // a send was dropped because redirects that are followed had its place under MaxRPS
}

// nextOpen returns the user whose send is due, or nil and when to look again.
// Sends that can't be made in time are dropped and counted; none is caught up.
func (s *schedule) nextOpen(now int64) (*user, int64) {
	o := &s.open
	for o.at <= now {
		interval := int64(time.Second) / int64(o.rate)
		if behind := now - o.at; behind > max(interval, int64(lateBy)) {
			missed := behind / interval
			s.drop(missed)
			o.missed.Add(uint64(missed))
			o.at += missed * interval
		}
		o.last = o.at
		o.at += interval
		if s.full(now) {
			o.capped.Store(true)
			s.drop(1)
			continue
		}
		if u := s.idle(now); u != nil {
			s.space(now)
			u.due = o.last
			return u, o.at
		}
		o.crowded.Store(true)
		s.drop(1)
	}
	return nil, o.at
}

// drop counts sends that we did not make in time.
func (s *schedule) drop(n int64) {
	s.open.late.Add(uint64(n))
	s.level.Load().late.Add(n)
}

// idle returns a user that has nothing in flight and does not think: the one
// that has waited longest, else a new one, else nil.
func (s *schedule) idle(now int64) *user {
	if len(s.waiting) > 0 && s.waiting[0].due <= now {
		return s.waiting.pop()
	}
	if len(s.free) == 0 {
		return nil
	}
	u := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	s.serial++
	u.join(s.program, s.seed, s.serial)
	s.active = append(s.active, u)
	s.live.users.Store(int64(len(s.active)))
	return u
}

// setRate changes running. The next send keeps its distance from the last one,
// as the new rate has it. Without any rate, users finish what they do and go.
func (s *schedule) setRate(n int) {
	o, was := &s.open, s.open.rate
	if n == was {
		return
	}
	o.rate = n
	if n == 0 {
		o.at = math.MaxInt64
		s.shrink(len(s.active))
		return
	}
	now := s.now()
	o.at = now
	if was > 0 {
		o.at = max(now, o.last+int64(time.Second)/int64(n))
	}
	s.look(o.at)
}

// running is what follows asked, in the dial's unit.
func (s *schedule) running() int {
	if s.open.on {
		return s.open.rate
	}
	return len(s.active)
}

// raise and lower move running by n.
func (s *schedule) raise(n int) {
	if s.open.on {
		s.setRate(s.open.rate + n)
		return
	}
	s.grow(n)
}

func (s *schedule) lower(n int) {
	if s.open.on {
		s.setRate(s.open.rate - n)
		return
	}
	s.shrink(n)
}

// late returns the sends dropped since it was last asked, and how many of them
// because we stood still.
func (s *schedule) late() (dropped, missed uint64) {
	missed = s.open.missed.Swap(0) // first: it is counted last
	return s.open.late.Swap(0), missed
}
