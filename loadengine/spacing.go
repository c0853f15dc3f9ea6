package loadengine

import "time"

// space books a place under MaxRPS for a redirect that is followed, which is a
// request as any other, and waits for it. The wait is ours and not the server's:
// it is no part of the latency, and the step has its whole timeout all the same.
func (g *gate) space(t *turn) error {
	if g.schedule == nil || g.schedule.spacing == 0 {
		return nil
	}
	wait := g.schedule.book()
	if wait <= 0 {
		return nil
	}
	clock := time.NewTimer(wait)
	defer clock.Stop()
	began := time.Now()
	select {
	case <-clock.C:
	case <-t.s.ctx.Done():
		return errLatched
	}
	wait = time.Since(began)
	t.waited += wait
	t.until = t.until.Add(wait)
	if t.cancel != nil { // the answer before was read to its end
		t.cancel()
		t.ctx, t.cancel = nil, nil
	}
	return nil
}

// book takes the next place under MaxRPS and returns how long it is until then.
func (s *schedule) book() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.space(now)
	return time.Duration(s.nextSend - s.spacing - s.ahead() - now)
}

// ahead is how far places may be booked ahead before a send has to wait. The open
// model's sends keep their own distance, and may be late by lateBy: under a dial
// that is as high as MaxRPS no place is left between them.
func (s *schedule) ahead() int64 {
	if s.open.on {
		return int64(lateBy) + 2*s.spacing
	}
	return 0
}

// full tells whether redirects that were followed have taken the place of a send
// of the open model: it is dropped by us.
func (s *schedule) full(now int64) bool {
	return s.spacing > 0 && s.nextSend-now > s.ahead()
}
