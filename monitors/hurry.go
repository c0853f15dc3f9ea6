package monitors

import (
	"sync"
	"time"
)

// pace is how often the eager checks ask for now.
type pace struct {
	mu      sync.Mutex
	every   time.Duration // 0: as often as each of them says
	changed chan struct{} // closed when it changes; nil before anybody waits
}

// Hurry makes the eager checks ask at least once in every, until it is called with
// 0: what is read once in 5 s tells nothing of load that comes and goes sooner. A
// server that limits us is not hurried.
func (m *Monitor) Hurry(every time.Duration) {
	p := &m.pace
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.every == every {
		return
	}
	p.every = every
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// now returns the pace and what is closed when it is another one.
func (p *pace) now() (every time.Duration, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changed == nil {
		p.changed = make(chan struct{})
	}
	return p.every, p.changed
}

// Hurried returns the check's period while it is hurried to every; 0: not at all. One
// that counts needs two answers for a number and is hurried to half of that.
func (c *Check) Hurried(every time.Duration) time.Duration {
	if !c.Eager || every <= 0 {
		return c.Every
	}
	if c.Counts {
		every /= 2
	}
	return min(c.Every, every)
}

// Counted returns how often a check that counts tells what was done while it is hurried
// to every: not with every answer where it asks more often than twice a second.
func (c *Check) Counted(every time.Duration) time.Duration {
	p := max(c.Hurried(every), shortestPeriod)
	return (workEvery + p - 1) / p * p
}

// keepPace takes the pace in as it is now. A due time that is near by then stays.
func (s *schedule) keepPace(now time.Time) (changed <-chan struct{}) {
	s.hurry, changed = s.monitor.pace.now()
	if s.limited {
		return changed
	}
	s.period = s.check.Hurried(s.hurry)
	if next := now.Add(s.period); next.Before(s.due) {
		s.due = next
	}
	return changed
}
