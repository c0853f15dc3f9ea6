package locust

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"crosstalk/loadengine"
)

// Windows, in polls of a second. Workers report twice a second, not in step
// with us: a rate over one poll alone would saw.
const (
	lastPolls = 2
	tenPolls  = 10
	maxKinds  = 64 // kinds of error in a tick; further ones are "other"
)

// poll is what ended between two answers of the master.
type poll struct {
	span             time.Duration
	requests, errors uint64
	times            map[float64]uint64 // milliseconds: requests
}

func (p *poll) add(o poll) {
	p.span += o.span
	p.requests += o.requests
	p.errors += o.errors
	for ms, n := range o.times {
		p.times[ms] += n
	}
}

// tally turns the master's cumulative counts into ticks whose counts add up.
type tally struct {
	at     time.Time
	rows   map[string]row
	errors map[string]uint64
	polls  []poll
	total  loadengine.Total
}

func newTally(now time.Time) *tally {
	return &tally{at: now, rows: map[string]row{}, errors: map[string]uint64{}}
}

// take compares with the answer before. A count that went down began again: the
// master clears its statistics at every new run.
func (t *tally) take(s *stats, now time.Time) loadengine.Tick {
	span := now.Sub(t.at)
	t.at = now
	tick := loadengine.Tick{At: now, Kinds: map[string]uint64{}}
	sum := poll{span: span, times: map[float64]uint64{}}
	seen := map[string]row{}
	for _, r := range s.Rows {
		key := r.Method + " " + r.Name
		was := t.rows[key]
		if r.Requests < was.Requests {
			was = row{}
		}
		seen[key] = r
		one := poll{span: span, requests: r.Requests - was.Requests, errors: grown(r.Failures, was.Failures), times: map[float64]uint64{}}
		if one.requests == 0 {
			continue
		}
		for ms, n := range r.Times {
			if more := grown(n, was.Times[ms]); more > 0 {
				one.times[milliseconds(ms)] += more
			}
		}
		sum.add(poll{requests: one.requests, errors: one.errors, times: one.times})
		step := loadengine.StepTick{Journey: "fleet", Name: strings.TrimSpace(key), Requests: one.requests, Errors: one.errors, Window: one.window()}
		tick.Steps = append(tick.Steps, step)
	}
	t.rows = seen
	t.fail(s.Errors, &tick)
	slices.SortFunc(tick.Steps, func(a, b loadengine.StepTick) int { return cmp.Compare(a.Name, b.Name) })
	tick.Requests, tick.Errors = sum.requests, sum.errors
	t.total.Requests += sum.requests
	t.total.Errors += sum.errors
	t.polls = append(t.polls, sum)
	t.polls = t.polls[max(0, len(t.polls)-tenPolls):]
	tick.Last, tick.Ten = t.window(lastPolls), t.window(tenPolls)
	if len(sum.times) == 0 && tick.Ten.P50 == 0 && tick.Ten.Requests > 0 {
		// A master without the plug-in tells two percentiles of about 10 s.
		for _, w := range []*loadengine.Window{&tick.Last, &tick.Ten} {
			w.RPS, w.P50, w.P95 = s.RPS, ofMS(s.P50), ofMS(s.P95)
		}
	}
	return tick
}

func (t *tally) fail(errors []failure, tick *loadengine.Tick) {
	seen := map[string]uint64{}
	for _, e := range errors {
		key := e.Method + " " + e.Name + " " + e.Error
		seen[key] = e.Count
		more := grown(e.Count, t.errors[key])
		if more == 0 {
			continue
		}
		kind := kindOf(e.Error)
		if _, known := tick.Kinds[kind]; !known && len(tick.Kinds) >= maxKinds {
			kind = "other"
		}
		tick.Kinds[kind] += more
		for i := range tick.Steps {
			if st := &tick.Steps[i]; st.Name == strings.TrimSpace(e.Method+" "+e.Name) {
				if st.Kinds == nil {
					st.Kinds = map[string]uint64{}
				}
				st.Kinds[kind] += more
			}
		}
	}
	t.errors = seen
}

// grown is by how much a count grew; one that went down began again.
func grown(now, was uint64) uint64 {
	if now < was {
		return now
	}
	return now - was
}

func (t *tally) window(polls int) loadengine.Window {
	sum := poll{times: map[float64]uint64{}}
	for _, p := range t.polls[max(0, len(t.polls)-polls):] {
		sum.add(p)
	}
	return sum.window()
}

// window sums a span up. Percentiles are by the nearest rank, of values that
// Locust rounds to two digits.
func (p poll) window() loadengine.Window {
	w := loadengine.Window{Span: p.span, Requests: p.requests, Errors: p.errors}
	if p.span > 0 {
		w.RPS = float64(p.requests) / p.span.Seconds()
	}
	if len(p.times) == 0 {
		return w
	}
	keys := slices.Sorted(maps.Keys(p.times))
	var all uint64
	for _, n := range p.times {
		all += n
	}
	at := func(q float64) time.Duration {
		rank := uint64(q*float64(all) + 0.5)
		var sum uint64
		for _, ms := range keys {
			if sum += p.times[ms]; sum >= max(rank, 1) {
				return ofMS(ms)
			}
		}
		return ofMS(keys[len(keys)-1])
	}
	w.P50, w.P95, w.P99, w.Max = at(0.5), at(0.95), at(0.99), ofMS(keys[len(keys)-1])
	return w
}

func ofMS(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }
