package monitors

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// MostPerSecond is the most probes a second sent to one environment.
	MostPerSecond = 100
	// longestPeriod bounds how far a limiting server slows its check, unless it
	// names a longer pause itself.
	longestPeriod = 30 * time.Second
	// patience is how long a sample waits for a reader before it is lost.
	patience = 10 * time.Millisecond
)

// Monitor sends the probes of checks on an open-loop schedule: due times are
// fixed, whatever the answers do, so a slow answer cannot hide by delaying the
// question after it.
type Monitor struct {
	checks  []Check
	stretch map[string]float64
	lost    atomic.Uint64
	pace    pace
}

// New makes a monitor of checks. Where the checks of an environment would send
// more than MostPerSecond probes a second, their periods are stretched, once:
// Checks shows the periods used. Names must be unique within an environment.
func New(checks []Check) (*Monitor, error) {
	m := &Monitor{checks: slices.Clone(checks), stretch: map[string]float64{}}
	type key struct{ env, name string }
	seen := map[key]bool{}
	for i := range m.checks {
		c := &m.checks[i]
		if err := c.complete(); err != nil {
			return nil, fmt.Errorf("set up checks: %w", err)
		}
		k := key{c.Env, c.Name}
		if seen[k] {
			return nil, fmt.Errorf("set up checks: %s has two checks named %q: give each its own name", c.Env, c.Name)
		}
		seen[k] = true
	}
	for i := range m.checks {
		env := m.checks[i].Env
		if m.stretch[env] == 0 {
			m.stretch[env] = max(1, m.Rate(env)/MostPerSecond)
		}
	}
	for i := range m.checks {
		c := &m.checks[i]
		if f := m.stretch[c.Env]; f > 1 && c.asks() {
			c.Every = time.Duration(float64(c.Every) * f)
		}
	}
	return m, nil
}

// Checks returns the checks with the periods used, in the order given to New.
func (m *Monitor) Checks() []Check { return slices.Clone(m.checks) }

// Rate returns the probes a second configured for an environment.
func (m *Monitor) Rate(env string) float64 { return rate(m.checks, env) }

// Stretched returns the factor by which the periods of an environment's checks
// were stretched; 1 when they were not.
func (m *Monitor) Stretched(env string) float64 { return max(1, m.stretch[env]) }

// Lost returns how many samples found no reader in time.
func (m *Monitor) Lost() uint64 { return m.lost.Load() }

func rate(checks []Check, env string) float64 {
	var sum float64
	for i := range checks {
		if checks[i].Env == env && checks[i].Every > 0 && checks[i].asks() {
			sum += 1 / checks[i].Every.Seconds()
		}
	}
	return sum
}

// Run sends probes until ctx ends and every probe in flight has returned. The
// samples of one check come in order. Run never closes out; a sample that finds
// no room is lost after a moment and counted.
func (m *Monitor) Run(ctx context.Context, out chan<- Sample) {
	start := time.Now()
	var wg sync.WaitGroup
	place := map[string]int{}
	count := map[string]int{}
	for i := range m.checks {
		count[m.checks[i].Env]++
	}
	for i := range m.checks {
		c := &m.checks[i]
		n := place[c.Env]
		place[c.Env]++
		s := &schedule{
			monitor: m, index: i, check: c, out: out, period: c.Every,
			due: start.Add(c.Every * time.Duration(n) / time.Duration(count[c.Env])),
			// The fresh connections of neighbours fall on different rounds.
			round: n, answers: make(chan answer, 1),
		}
		wg.Go(func() { s.run(ctx, &wg) })
	}
	wg.Wait()
	for i := range m.checks {
		if m.checks[i].Close != nil {
			m.checks[i].Close()
		}
	}
}

// answer is what a probe's goroutine hands back.
type answer struct {
	due    time.Time
	at     time.Time
	fresh  bool
	result Result
}

// schedule is the loop of one check. Its fields belong to the loop's goroutine;
// a probe's own goroutine only sends to answers, which has room for it.
type schedule struct {
	monitor  *Monitor
	index    int
	check    *Check
	out      chan<- Sample
	due      time.Time     // the next due time
	period   time.Duration // longer than the check's while the server limits us, shorter while it is hurried
	limited  bool          // the server limits us
	hurry    time.Duration // the pace; 0: none
	round    int
	inFlight bool
	answers  chan answer
}

func (s *schedule) run(ctx context.Context, wg *sync.WaitGroup) {
	timer := time.NewTimer(time.Until(s.due))
	defer timer.Stop()
	var changed <-chan struct{}
	if s.check.Eager {
		changed = s.keepPace(time.Now())
		timer.Reset(time.Until(s.due))
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
			changed = s.keepPace(time.Now())
			timer.Reset(time.Until(s.due))
		case a := <-s.answers:
			if s.done(ctx, a) {
				timer.Reset(time.Until(s.due))
			}
		case <-timer.C:
			// An answer that is here already came before the due time.
			select {
			case a := <-s.answers:
				s.done(ctx, a)
			default:
			}
			if now := time.Now(); !now.Before(s.due) {
				s.turn(ctx, wg, now)
			}
			timer.Reset(time.Until(s.due))
		}
	}
}

// turn acts on a due time: it sends a probe, or tells that it could not.
func (s *schedule) turn(ctx context.Context, wg *sync.WaitGroup, now time.Time) {
	if skipped := int64(now.Sub(s.due) / s.period); skipped > 0 {
		// This program stood still. What was not asked then is not asked now:
		// a burst would only load the server, and none of it would be on time.
		s.missing(ctx, now, Result{Blind: true, Reason: fmt.Sprintf("this program did not run: %d probes were not sent", skipped)})
		s.due = s.due.Add(time.Duration(skipped) * s.period)
	}
	// The stamp is made from the clocks as they are now: after a sleep of the
	// machine, the due time's own wall clock would be behind.
	due := now.Add(-now.Sub(s.due))
	if s.inFlight {
		s.missing(ctx, now, Result{Reason: "the probe before is still unanswered"})
		s.due = s.due.Add(s.period)
		return
	}
	s.due = s.due.Add(s.period)
	probe, fresh := s.check.Probe, false
	if s.round++; s.round%freshEvery == 0 && s.check.Fresh != nil {
		probe, fresh = s.check.Fresh, true
	}
	s.inFlight = true
	s.emit(ctx, Sample{Phase: Sent, Due: due, At: now, Fresh: fresh})
	wg.Go(func() {
		result := ask(ctx, probe, s.check.Timeout)
		s.answers <- answer{due: due, at: time.Now(), fresh: fresh, result: result}
	})
}

// ask runs a probe with its timeout. A probe that panics has told nothing of
// the server, and must not take the program down with it.
func ask(ctx context.Context, probe Probe, timeout time.Duration) (r Result) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			r = Result{Blind: true, Reason: fmt.Sprintf("the check itself failed: %v", p)}
		}
	}()
	return probe(ctx)
}

// done takes an answer in and says whether the next due time has moved.
func (s *schedule) done(ctx context.Context, a answer) (moved bool) {
	s.inFlight = false
	if ctx.Err() != nil {
		// It was cancelled by us, which says nothing of the server.
		return false
	}
	switch {
	case a.result.Limited:
		s.limited = true
		s.period = min(2*s.period, max(longestPeriod, s.check.Every))
		s.due = a.at.Add(max(s.period, a.result.RetryAfter))
		moved = true
	case s.limited && !a.result.Blind:
		// Whatever else it answers, it no longer limits us.
		s.limited, s.period = false, s.check.Hurried(s.hurry)
		s.due = a.at.Add(s.period)
		moved = true
	}
	s.emit(ctx, Sample{
		Phase: Done, Due: a.due, At: a.at, Next: s.due, Latency: a.at.Sub(a.due),
		Result: a.result, Fresh: a.fresh, Vitals: a.result.Vitals,
	})
	return moved
}

func (s *schedule) missing(ctx context.Context, now time.Time, r Result) {
	s.emit(ctx, Sample{
		Phase: Missing, Due: now.Add(-now.Sub(s.due)), At: now, Next: s.due.Add(s.period),
		Latency: now.Sub(s.due), Result: r,
	})
}

// emit hands a sample over. A reader that is gone or stuck costs the schedule
// no more than a moment: its own watchdog is what must notice that.
func (s *schedule) emit(ctx context.Context, sample Sample) {
	sample.Check, sample.Env, sample.Name = s.index, s.check.Env, s.check.Name
	select {
	case s.out <- sample:
		return
	default:
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case s.out <- sample:
	case <-ctx.Done():
	case <-timer.C:
		s.monitor.lost.Add(1)
	}
}
