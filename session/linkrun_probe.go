package session

import (
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"crosstalk/monitors"
	"crosstalk/session/link"
)

// Bounds of the probes that are remembered.
const (
	probeRoom   = 4096             // on their way from the guard
	rememberFor = 11 * time.Minute // longer than any profile's quiet phase and first pairs
	rememberMax = 1 << 16
)

// probe is one moment of one probe, as a check needs it.
type probe struct {
	check    int
	sent     bool // only sent so far
	due      time.Time
	latency  time.Duration
	outcome  link.Outcome
	value    float64   // measured, or of a check that counts: counted since ever
	counted  time.Time // of a check that counts: when it told, which is before the rest of its answer
	measured bool
	behind   bool // not sent: the one before was still out
	total    bool // the value only grows: of a half it tells nothing
}

// answered is when the whole answer was there; on a new connection that is much later than due.
func (q probe) answered() time.Time { return q.due.Add(q.latency) }

// probes remembers what production, control and our own sink answered. The
// guard gives them on without ever waiting; one goroutine reads them.
type probes struct {
	checks []monitors.Check
	use    []probeUse
	missed []Uncounted   // should have been among the checks
	pace   time.Duration // the checks are hurried to that also when no check runs; 0: not
	in     chan probe
	lost   atomic.Uint64 // no room: the check sees that they are missing

	past   []probe
	totals map[int]bool      // checks whose number only grows
	told   map[int]bool      // checks of databases that once told what they did
	open   map[int]time.Time // sent and not answered, by check: there is one at a time
}

// probeUse says what of a check counts: its latency, the number that it measures,
// the work that it counts, or how busy this machine's processors are.
type probeUse struct{ latency, counter, work, busy bool }

// works are what a database counts as work, by kind of check.
var works = map[string]string{"postgres": "transactions", "mysql": "questions", "redis": "commands"}

func newProbes(checks []monitors.Check) *probes {
	p := &probes{checks: checks, in: make(chan probe, probeRoom), open: map[int]time.Time{}, totals: map[int]bool{}, told: map[int]bool{}}
	for _, c := range checks {
		p.use = append(p.use, useOf(c))
	}
	return p
}

// useOf chooses what a check tells of a link. What asks a person, and pages that
// are read every few seconds, have no latency of interest.
func useOf(c monitors.Check) probeUse {
	var u probeUse
	switch c.Kind {
	case "http", "tcp", "dns", "postgres", "mysql", "redis":
		u.latency = !c.Slow && (c.Env == monitors.Production || c.Env == monitors.Control)
	}
	if c.Env == monitors.Self {
		u.latency, u.busy = c.Name == monitors.SinkName, c.Name == monitors.HostName
	}
	switch c.Kind {
	case "metrics", "prometheus", "grafana":
		u.counter = c.Env == monitors.Production
	}
	u.work = works[c.Kind] != "" && c.Env == monitors.Production
	return u
}

// offer takes a sample in passing. It never waits.
func (p *probes) offer(s monitors.Sample) {
	if s.Check < 0 || s.Check >= len(p.use) {
		return
	}
	u := p.use[s.Check]
	if u == (probeUse{}) {
		return
	}
	q := probe{check: s.Check, due: s.Due, latency: s.Latency, sent: s.Phase == monitors.Sent}
	switch {
	case s.Phase == monitors.Missing || s.Result.Blind:
		q.outcome, q.behind = link.Missing, !s.Result.Blind
	case s.Phase == monitors.Done && !s.Result.OK:
		q.outcome = link.Failed
	}
	if u.counter && s.Phase == monitors.Done && s.Result.Measured {
		q.value, q.measured, q.total = s.Result.Value, !s.Result.Total, s.Result.Total
		if !s.Result.OK && s.Result.Status == 0 {
			q.outcome = link.OK // the value is over its limit: the server did answer
		}
	}
	if u.work && s.Phase == monitors.Done && s.Result.Worked {
		q.value, q.counted, q.measured = s.Result.Work, s.Result.WorkedAt, true
	}
	if v := s.Result.Vitals; u.busy && v != nil {
		q.value, q.measured = v.CPU/100, true
	}
	select {
	case p.in <- q:
	default:
		p.lost.Add(1)
	}
}

func (p *probes) keep(q probe) {
	if q.sent {
		p.open[q.check] = q.due
		return
	}
	if due, ok := p.open[q.check]; ok && due.Equal(q.due) {
		delete(p.open, q.check)
	}
	if q.total {
		p.totals[q.check] = true
	}
	if q.measured && p.use[q.check].work {
		p.told[q.check] = true
	}
	if !q.behind && q.outcome != link.Missing {
		p.catchUp(q)
	}
	p.past = append(p.past, q)
}

// catchUp lets the probes that were due while q was out count like q: they would
// have waited as long. A server that takes longer than its period would else
// look as if it never answered every other time.
func (p *probes) catchUp(q probe) {
	for i := len(p.past) - 1; i >= 0 && p.past[i].due.After(q.due); i-- {
		if b := &p.past[i]; b.check == q.check && b.behind {
			b.latency, b.outcome, b.behind = q.latency, q.outcome, false
		}
	}
}

// drain takes in what waits.
func (p *probes) drain() {
	for {
		select {
		case q := <-p.in:
			p.keep(q)
		default:
			return
		}
	}
}

// forget drops what no check will ask for again.
func (p *probes) forget(now time.Time) {
	n := max(0, len(p.past)-rememberMax)
	for n < len(p.past) && now.Sub(p.past[n].due) > rememberFor {
		n++
	}
	// Half of it at a time, so that moving what stays is spread over many probes.
	if n > len(p.past)/2 || len(p.past) > rememberMax {
		p.past = slices.Clone(p.past[n:])
	}
}

// halfSpan is a half's place in time, and how much of its end is left out so that
// what was asked in it has time to be answered.
type halfSpan struct {
	from   time.Time
	length time.Duration
	grace  time.Duration
}

// samples returns the probes that were due in a half. What was not answered when
// the half ended is overdue, also when an answer is known by now: the halves of
// the quiet phase are read like all others.
func (p *probes) samples(h halfSpan) []link.Sample {
	var out []link.Sample
	end := h.from.Add(h.length)
	last := end.Add(-h.grace)
	inside := func(due time.Time) bool { return !due.Before(h.from) && due.Before(last) }
	for _, q := range p.past {
		if !p.use[q.check].latency || !inside(q.due) {
			continue
		}
		s := p.sample(q.check, q.due.Sub(h.from))
		s.Latency, s.Outcome = q.latency, q.outcome
		if q.outcome != link.Missing && q.due.Add(q.latency).After(end) {
			s.Outcome = link.Overdue
		}
		out = append(out, s)
	}
	for check, due := range p.open {
		if p.use[check].latency && inside(due) {
			s := p.sample(check, due.Sub(h.from))
			s.Outcome = link.Overdue
			out = append(out, s)
		}
	}
	return out
}

func (p *probes) sample(check int, due time.Duration) link.Sample {
	c := p.checks[check]
	return link.Sample{Env: link.Env(c.Env), Check: c.Name, Due: due}
}

// busy returns the share of this machine's processors that were in use in a half; 0
// where it is not known.
func (p *probes) busy(h halfSpan) float64 {
	sum, n := 0.0, 0
	for _, q := range p.past {
		if d := q.due.Sub(h.from); q.measured && p.use[q.check].busy && d > 0 && d <= h.length {
			sum += q.value
			n++
		}
	}
	return sum / float64(max(1, n))
}

// here tells whether all of production that is timed answers from this machine.
func (p *probes) here() bool {
	found := false
	for i, c := range p.checks {
		if c.Env != monitors.Production || !p.use[i].latency {
			continue
		}
		host, _, err := net.SplitHostPort(c.Address)
		ip, _ := netip.ParseAddr(host)
		if err != nil || !ip.Unmap().IsLoopback() && host != "localhost" {
			return false
		}
		found = true
	}
	return found
}

// patience is how long most of production's answers take, with room: a half
// leaves out as much of its end.
func (p *probes) patience(since time.Time, half time.Duration) time.Duration {
	var took []time.Duration
	for _, q := range p.past {
		if p.use[q.check].latency && p.checks[q.check].Env == monitors.Production && q.outcome == link.OK && q.due.After(since) {
			took = append(took, q.latency)
		}
	}
	return roomFor(took, half)
}

// answers is patience with one check.
func (p *probes) answers(check int, half time.Duration) time.Duration {
	var took []time.Duration
	for _, q := range p.past {
		if q.check == check && q.outcome == link.OK {
			took = append(took, q.latency)
		}
	}
	return roomFor(took, half)
}

// roomFor is how long most of what took so long takes, with room; at most a quarter of a
// half. Nothing is known of what never was.
func roomFor(took []time.Duration, half time.Duration) time.Duration {
	if len(took) == 0 {
		return half / 20
	}
	slices.Sort(took)
	return min(took[len(took)*95/100]*3/2+10*time.Millisecond, half/4)
}
