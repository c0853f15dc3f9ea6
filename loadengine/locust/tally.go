package locust

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"crosstalk/loadengine"
)

// Windows, in polls of a second. Workers hand their numbers in once a second,
// not in step with us: a rate over one poll alone would saw.
const (
	lastPolls = 2
	tenPolls  = 10
	maxKinds  = 64 // kinds of error in a tick; further ones are "other"
)

// poll is what ended between two answers of the master.
type poll struct {
	span             time.Duration
	all              uint64             // requests, which the rate is of
	requests, errors uint64             // in the sliding windows those of the present level alone, and so their times
	times            map[float64]uint64 // milliseconds: requests
}

func (p *poll) add(o poll) {
	p.span += o.span
	p.all += o.all
	p.requests += o.requests
	p.errors += o.errors
	for ms, n := range o.times {
		p.times[ms] += n
	}
}

// rowKey names a row of the master's.
type rowKey struct {
	level  int
	held   bool
	method string
	name   string
}

func (r row) key() rowKey { return rowKey{r.Level, r.Held, r.Method, r.Name} }

func (k rowKey) step() string { return strings.TrimSpace(k.method + " " + k.name) }

// tally turns the master's cumulative counts into ticks whose counts add up,
// and into levels. It is not safe for concurrent use.
type tally struct {
	at      time.Time
	since   uint64 // of the plug-in's rows: how far they are known
	rows    map[rowKey]row
	errors  map[string]uint64
	ran     bool // Locust's own counts are of the present run
	polls   []poll
	total   loadengine.Total
	backs   map[string]uint64 // worker: requests taken back in flight
	backed  uint64            // of these, not told in a tick yet
	levels  []*level          // oldest first; the last is the present one
	shown   *level            // that the windows are of: the newest that asks for anybody
	holding bool              // as many run as are asked for
	looked  time.Time
}

func newTally(now time.Time) *tally {
	return &tally{at: now, rows: map[rowKey]row{}, errors: map[string]uint64{}, backs: map[string]uint64{}, looked: now,
		levels: []*level{{number: 1, began: now}}}
}

// base takes Locust's own counts in without telling them.
func (t *tally) base(s *stats) {
	for _, r := range s.Rows {
		t.rows[r.key()] = r
	}
	for _, e := range s.Errors {
		t.errors[e.key()] = e.Count
	}
	t.ran = runs(s.State)
}

// cancelled takes in what workers took back in flight.
func (t *tally) cancelled(workers []worker) {
	for _, w := range workers {
		if was, known := t.backs[w.ID]; known {
			t.backed += grown(w.Cancelled, was)
		}
		t.backs[w.ID] = w.Cancelled
	}
}

// take compares with the answer before. A count that went down began again: the
// master clears its statistics at every new run.
func (t *tally) take(s *stats, now time.Time, final bool) loadengine.Tick {
	span := now.Sub(t.at)
	t.at = now
	tick := loadengine.Tick{At: now, Kinds: map[string]uint64{}, Cancelled: t.backed}
	t.backed = 0
	t.anew(s)
	present := poll{span: span, times: map[float64]uint64{}}
	steps := map[string]*part{}
	seen := t.rows
	if s.Session == "" { // all rows, not only those with news
		seen = map[rowKey]row{}
	}
	for _, r := range s.Rows {
		key := r.key()
		was := t.rows[key]
		d := r.since(was)
		seen[key] = r
		if d.requests == 0 {
			continue
		}
		d.kinds = kindsOf(r.Errors, was.Errors)
		tick.Requests += d.requests
		tick.Errors += d.errors
		l := t.levelOf(r, now)
		if s.Session == "" || l == t.shown {
			present.add(poll{requests: d.requests, errors: d.errors, times: d.times})
		}
		l.record(key, d, now)
		st := steps[key.step()]
		if st == nil {
			st = newPart()
			steps[key.step()] = st
		}
		st.add(d)
	}
	t.keep(s, seen)
	for name, st := range steps {
		w := poll{span: span, all: st.requests, requests: st.requests, errors: st.errors, times: st.times}
		tick.Steps = append(tick.Steps, loadengine.StepTick{Journey: "fleet", Name: name, Requests: st.requests, Errors: st.errors, Kinds: st.kinds, Window: w.window()})
		for kind, n := range st.kinds {
			count(tick.Kinds, kind, n)
		}
	}
	t.fail(s.Errors, &tick, now)
	slices.SortFunc(tick.Steps, func(a, b loadengine.StepTick) int { return cmp.Compare(a.Name, b.Name) })
	t.total.Requests += tick.Requests
	t.total.Errors += tick.Errors
	present.all = tick.Requests
	t.polls = append(t.polls, present)
	t.polls = t.polls[max(0, len(t.polls)-tenPolls):]
	tick.Last, tick.Ten = t.window(lastPolls), t.window(tenPolls)
	if s.Session == "" && len(present.times) == 0 && tick.Ten.P50 == 0 && tick.Ten.Requests > 0 {
		// A master without the plug-in tells two percentiles of about 10 s.
		for _, w := range []*loadengine.Window{&tick.Last, &tick.Ten} {
			w.RPS, w.P50, w.P95 = s.RPS, ofMS(s.P50), ofMS(s.P95)
		}
	}
	tick.Levels = t.tellLevels(now, final)
	return tick
}

// anew forgets what was counted before the master's counts began again.
func (t *tally) anew(s *stats) {
	if s.Session != "" {
		if s.Seq < t.since { // the master itself began again
			clear(t.rows)
		}
		return
	}
	if s.State == "" {
		return
	}
	// Locust clears its counts when a run begins, and in no other moment by itself.
	if now := runs(s.State); now != t.ran {
		if t.ran = now; now {
			clear(t.rows)
			clear(t.errors)
		}
	}
}

func (t *tally) keep(s *stats, seen map[rowKey]row) {
	t.rows = seen
	if s.Session == "" {
		return
	}
	t.since = s.Seq
	if len(t.rows) > 1000 { // old levels, of which nothing comes any more
		maps.DeleteFunc(t.rows, func(k rowKey, _ row) bool { return k.level < t.newest().number-2*oldLevels })
	}
}

// oldLevels is for how many levels back the plug-in keeps its rows.
const oldLevels = 50

// since is what came to a row.
func (r row) since(was row) part {
	if r.Requests < was.Requests {
		was = row{}
	}
	d := part{requests: r.Requests - was.Requests, errors: grown(r.Failures, was.Failures), times: map[float64]uint64{}}
	for ms, n := range r.Times {
		if more := grown(n, was.Times[ms]); more > 0 {
			d.times[milliseconds(ms)] += more
		}
	}
	return d
}

// fail counts the errors that a master without the plug-in lists by themselves.
func (t *tally) fail(errors []failure, tick *loadengine.Tick, now time.Time) {
	if errors == nil {
		return
	}
	seen := map[string]uint64{}
	for _, e := range errors {
		seen[e.key()] = e.Count
		more := grown(e.Count, t.errors[e.key()])
		if more == 0 {
			continue
		}
		kind := kindOf(e.Error)
		count(tick.Kinds, kind, more)
		key := rowKey{method: e.Method, name: e.Name}
		t.levelOf(row{}, now).fail(key, kind, more, now)
		for i := range tick.Steps {
			if st := &tick.Steps[i]; st.Name == key.step() {
				if st.Kinds == nil {
					st.Kinds = map[string]uint64{}
				}
				count(st.Kinds, kind, more)
			}
		}
	}
	t.errors = seen
}

func (f failure) key() string { return f.Method + " " + f.Name + " " + f.Error }

func count(kinds map[string]uint64, kind string, n uint64) {
	if _, known := kinds[kind]; !known && len(kinds) >= maxKinds {
		kind = "other"
	}
	kinds[kind] += n
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
		w.RPS = float64(p.all) / p.span.Seconds()
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
