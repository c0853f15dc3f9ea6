package monitors

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// ms makes durations readable in tables.
const ms = time.Millisecond

// epoch is where the time of simulated worlds begins.
var epoch = time.Date(2026, 10, 17, 12, 0, 0, 0, time.UTC)

// reply is what a simulated server does with a probe that is due at a time
// since the world began.
type reply func(at time.Duration) (time.Duration, Result)

func steady(latency time.Duration) reply {
	return func(time.Duration) (time.Duration, Result) { return latency, Result{OK: true} }
}

// from changes the reply at a time.
func (r reply) from(at time.Duration, to reply) reply {
	return func(t time.Duration) (time.Duration, Result) {
		if t >= at {
			return to(t)
		}
		return r(t)
	}
}

// at replaces the reply to the probes due in [at, at+length).
func (r reply) during(at, length time.Duration, to reply) reply {
	return r.from(at, to).from(at+length, r)
}

func refusing(time.Duration) (time.Duration, Result) {
	return ms, Result{Hard: true, Refused: true, Reason: "refused the connection"}
}

func hanging(time.Duration) (time.Duration, Result) {
	return DefaultTimeout, Result{Hard: true, Reason: "no answer within 3s"}
}

func failing(time.Duration) (time.Duration, Result) {
	return 5 * ms, Result{Hard: true, Status: 503, Reason: "answered 503"}
}

// simulated is one server with the schedule of its check.
type simulated struct {
	reply  reply
	due    time.Time
	sent   *Sample
	doneAt time.Time
	result Result
	dead   time.Time // from here on no samples come; zero: never
}

// world drives a board by the rules of Monitor, without waiting.
type world struct {
	board   *Board
	checks  []Check
	servers []*simulated
	now     time.Time
	advance time.Time
	changes []Change
	each    func(now time.Time) // after every advance; may be nil
}

func noProbe(context.Context) Result { return Result{OK: true} }

// newWorld has one fast check a reply, in production, unless env says else.
func newWorld(every time.Duration, limits Limits, replies ...reply) *world {
	w := &world{now: epoch, advance: epoch}
	for i := range replies {
		w.checks = append(w.checks, Check{
			Env: Production, Name: fmt.Sprintf("web-%d", i+1), Kind: kindHTTP,
			Every: every, Timeout: DefaultTimeout, Probe: noProbe,
		})
	}
	w.build(map[string]Limits{Production: limits}, replies...)
	return w
}

func (w *world) build(limits map[string]Limits, replies ...reply) {
	w.board = NewBoard(w.checks, limits)
	w.servers = nil
	for i, r := range replies {
		w.servers = append(w.servers, &simulated{
			reply: r, due: epoch.Add(w.checks[i].Every * time.Duration(i) / time.Duration(len(replies))),
		})
	}
}

// run lets the world go on until a time since it began.
func (w *world) run(until time.Duration) {
	end := epoch.Add(until)
	for {
		next, which := w.advance, -1
		for i, s := range w.servers {
			if t := s.next(); t.Before(next) {
				next, which = t, i
			}
		}
		if next.After(end) {
			return
		}
		w.now = next
		if which < 0 {
			w.changes = append(w.changes, w.board.Advance(next)...)
			w.advance = next.Add(50 * ms)
			if w.each != nil {
				w.each(next)
			}
			continue
		}
		w.step(which)
	}
}

func (s *simulated) next() time.Time {
	if s.sent != nil && s.doneAt.Before(s.due) {
		return s.doneAt
	}
	return s.due
}

func (w *world) step(i int) {
	s, c := w.servers[i], w.checks[i]
	sample := Sample{Check: i, Env: c.Env, Name: c.Name, At: w.now, Due: w.now, Next: s.due.Add(c.Every)}
	switch {
	case s.sent != nil && !s.doneAt.After(w.now):
		sample.Phase, sample.Due, sample.Latency = Done, s.sent.Due, w.now.Sub(s.sent.Due)
		sample.Result, sample.Next = s.result, s.due
		s.sent = nil
	case s.sent != nil:
		sample.Phase = Missing
		s.due = s.due.Add(c.Every)
	default:
		latency, result := s.reply(w.now.Sub(epoch))
		sample.Phase = Sent
		s.sent, s.doneAt, s.result = &sample, w.now.Add(latency), result
		s.due = s.due.Add(c.Every)
	}
	if s.dead.IsZero() || w.now.Before(s.dead) {
		w.changes = append(w.changes, w.board.Observe(sample)...)
	}
}

// baseline runs a quiet phase of a length and then forgets what changed.
func (w *world) baseline(length time.Duration) []Threshold {
	from := w.now.Sub(epoch)
	w.board.StartBaseline(w.now)
	w.run(from + length)
	ts := w.board.EndBaseline(epoch.Add(from + length))
	w.changes = append(w.changes, w.board.Advance(epoch.Add(from+length))...)
	return ts
}

// states lists the changes of an environment, or of a check of it, as
// "from>to" with the time since a moment.
func (w *world) states(env, check string) []string {
	var out []string
	for _, c := range w.changes {
		if c.Env == env && c.Check == check {
			out = append(out, c.From.String()+">"+c.To.String())
		}
	}
	return out
}

// first returns when a state was first entered, since a moment; ok is false
// when it never was.
func (w *world) first(env, check string, to Health, since time.Duration) (time.Duration, Change, bool) {
	for _, c := range w.changes {
		if at := c.At.Sub(epoch); c.Env == env && c.Check == check && c.To == to && at >= since {
			return at - since, c, true
		}
	}
	return 0, Change{}, false
}

func (w *world) env(t *testing.T) EnvHealth {
	t.Helper()
	return w.board.Env(Production, w.now)
}
