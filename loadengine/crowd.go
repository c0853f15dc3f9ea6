package loadengine

import (
	"math"
	"time"
)

func (s *schedule) unleave(u *user) {
	last := s.leaving[len(s.leaving)-1]
	s.leaving[u.leaveAt] = last
	last.leaveAt = u.leaveAt
	s.leaving = s.leaving[:len(s.leaving)-1]
	u.leaveAt = -1
}

func (s *schedule) release(u *user) {
	u.leave()
	s.free = append(s.free, u)
}

// grow adds n users. Leaving ones come back first, so that active and leaving
// together never pass the cap, whatever the dial does while a server hangs.
func (s *schedule) grow(n int) {
	for range n {
		if k := len(s.leaving); k > 0 {
			u := s.leaving[k-1]
			s.leaving = s.leaving[:k-1]
			u.leaveAt = -1
			u.gone.Store(false)
			s.active = append(s.active, u)
			continue
		}
		u := s.free[len(s.free)-1]
		s.free = s.free[:len(s.free)-1]
		s.serial++
		u.join(s.program, s.seed, s.serial)
		s.active = append(s.active, u)
		s.park(u, s.now())
	}
}

// shrink removes n users, the last that joined first. Who waits is gone at
// once; who has a request in flight finishes it and sends no more.
func (s *schedule) shrink(n int) {
	for range n {
		u := s.active[len(s.active)-1]
		s.active = s.active[:len(s.active)-1]
		u.gone.Store(true)
		if u.flying {
			u.leaveAt = int32(len(s.leaving))
			s.leaving = append(s.leaving, u)
			continue
		}
		s.waiting.remove(u)
		s.release(u)
	}
}

// target is where running goes.
func (s *schedule) target() int {
	if s.stopped {
		return 0
	}
	t := min(s.asked, s.most)
	if s.ceiling >= 0 {
		t = min(t, s.ceiling)
	}
	return t
}

// pace is how many users a second may be added now.
func (s *schedule) pace() float64 {
	rate := math.Inf(1)
	if s.glide > 0 {
		rate = s.glide
	}
	if s.slew {
		rate = min(rate, s.slewFactor*max(slewLeast, slewShare*float64(s.running())))
	}
	return rate
}

// adjust moves running towards its target by the time that has passed.
func (s *schedule) adjust() {
	s.countHeld()
	now := s.now()
	passed := min(time.Duration(now-s.moved), controlLag).Seconds()
	s.moved = now
	missing := s.target() - s.running()
	switch rate := s.pace(); {
	case missing <= 0:
		s.credit = 0
		s.lower(-missing)
	case math.IsInf(rate, 1):
		s.credit = 0
		s.raise(missing)
	default:
		s.credit += rate * passed
		// Sums of tenths fall short of the whole number by a rounding error.
		n := min(int(s.credit+1e-9), missing)
		s.credit -= float64(n)
		s.raise(n)
	}
	s.settled = s.running() == s.asked && s.asked > 0
	s.live.asked.Store(int64(s.asked))
	s.live.ceiling.Store(int64(s.ceiling))
	s.live.running.Store(int64(s.running()))
	s.live.users.Store(int64(len(s.active)))
}

// people counts who has a slot, and so a row of the data: those who run and those
// who still finish a request.
func (s *schedule) people() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.active) + len(s.leaving)
}
