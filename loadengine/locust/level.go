package locust

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"crosstalk/loadengine"
)

// part is what came to a step, or to a share of it.
type part struct {
	requests, errors uint64
	times            map[float64]uint64 // milliseconds: requests
	kinds            map[string]uint64
}

func newPart() *part { return &part{times: map[float64]uint64{}, kinds: map[string]uint64{}} }

func (p *part) add(o part) {
	p.requests += o.requests
	p.errors += o.errors
	for ms, n := range o.times {
		p.times[ms] += n
	}
	for kind, n := range o.kinds {
		count(p.kinds, kind, n)
	}
}

// kindsOf names what came to a row's errors.
func kindsOf(now, was map[string]uint64) map[string]uint64 {
	kinds := map[string]uint64{}
	for text, n := range now {
		if more := grown(n, was[text]); more > 0 {
			count(kinds, kindOf(text), more)
		}
	}
	return kinds
}

// level is one span of the dial. A request belongs to the one that its worker
// knew of when it was sent, however late the worker tells of it.
type level struct {
	number  int
	asked   int
	began   time.Time
	ended   time.Time // zero while it is the newest
	held    time.Duration
	listed  bool // there is news of it
	stepsAt time.Time
	cells   map[string]*cell
}

// cell is a step's part of a level.
type cell struct {
	rising, held *part // what was sent while running was not as asked, and while it was
	kinds        map[string]*loadengine.KindSeen
}

// stepsEvery is how often an open level's steps are told: every tick goes into a
// journal.
const stepsEvery = 5 * time.Second

// behind is how old Locust's own numbers are, which do not tell of what level
// they are: workers without the plug-in report every three seconds.
const behind = 3 * time.Second

// begin moves the dial to another number of users.
func (t *tally) begin(asked int, now time.Time) {
	t.hold(false, now)
	t.newest().ended = now
	t.levels = append(t.levels, &level{number: t.newest().number + 1, asked: asked, began: now})
	if n := len(t.levels) - oldLevels; n > 0 && !t.levels[0].listed {
		t.levels = slices.Delete(t.levels, 0, 1)
	}
	if asked > 0 { // the windows' latencies are of one level alone
		t.shown = t.newest()
		for i := range t.polls {
			t.polls[i].requests, t.polls[i].errors, t.polls[i].times = 0, 0, nil
		}
	}
}

func (t *tally) newest() *level { return t.levels[len(t.levels)-1] }

// hold counts the time since the last look as held, if running was as asked
// over it.
func (t *tally) hold(is bool, now time.Time) {
	if t.holding {
		t.newest().held += now.Sub(t.looked)
	}
	t.holding, t.looked = is, now
}

// levelOf is the level that a row belongs to.
func (t *tally) levelOf(r row, now time.Time) *level {
	for _, l := range slices.Backward(t.levels) {
		if r.Level == l.number || r.Level == 0 && !l.began.After(now.Add(-behind)) {
			return l
		}
	}
	return t.levels[0]
}

// record counts what came to a step.
func (l *level) record(k rowKey, d part, now time.Time) {
	l.listed = true
	c := l.cell(k)
	p := c.rising
	if k.held {
		p = c.held
	}
	p.add(d)
	for kind, n := range d.kinds {
		c.see(kind, n, now)
	}
}

// fail counts errors of requests that are counted already.
func (l *level) fail(k rowKey, kind string, n uint64, now time.Time) {
	l.listed = true
	l.cell(k).see(kind, n, now)
}

func (l *level) cell(k rowKey) *cell {
	if l.cells == nil {
		l.cells = map[string]*cell{}
	}
	c := l.cells[k.step()]
	if c == nil {
		c = newCell()
		l.cells[k.step()] = c
	}
	return c
}

func newCell() *cell {
	return &cell{rising: newPart(), held: newPart(), kinds: map[string]*loadengine.KindSeen{}}
}

func (c *cell) see(kind string, n uint64, now time.Time) {
	if c.kinds[kind] == nil && len(c.kinds) >= maxKinds {
		kind = "other"
	}
	k := c.kinds[kind]
	if k == nil {
		k = &loadengine.KindSeen{Kind: kind, First: now}
		c.kinds[kind] = k
	}
	k.Count += n
	k.Last = now
}

// tellLevels returns those of which there is news. One that is over stays no
// longer than it takes to say so; late numbers bring it back.
func (t *tally) tellLevels(now time.Time, whole bool) []loadengine.LevelTick {
	var out []loadengine.LevelTick
	for _, l := range t.levels {
		if l.listed {
			k := l.tick(now, whole)
			out = append(out, k)
			l.listed = !k.Over
		}
	}
	return out
}

// tick sums the level up. whole adds the steps whatever the time.
func (l *level) tick(now time.Time, whole bool) loadengine.LevelTick {
	t := loadengine.LevelTick{Number: l.number, Asked: l.asked, Began: l.began, Span: now.Sub(l.began)}
	if !l.ended.IsZero() {
		t.Over, t.Span = true, l.ended.Sub(l.began)
	}
	t.Held = min(l.held, t.Span)
	whole = whole || t.Over || now.Sub(l.stepsAt) >= stepsEvery
	if whole {
		l.stepsAt = now
	}
	all := newCell()
	for _, name := range slices.Sorted(maps.Keys(l.cells)) {
		c := l.cells[name]
		all.rising.add(*c.rising)
		all.held.add(*c.held)
		for _, k := range c.kinds {
			all.see(k.Kind, k.Count, k.Last)
			all.kinds[k.Kind].First = earlier(all.kinds[k.Kind].First, k.First)
		}
		if whole {
			t.Steps = append(t.Steps, loadengine.StepSum{Journey: "fleet", Name: name, Sum: c.sum(t.Span, t.Held)})
		}
	}
	t.Sum = all.sum(t.Span, t.Held)
	return t
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (c *cell) sum(span, held time.Duration) loadengine.Sum {
	s := loadengine.Sum{Requests: c.rising.requests + c.held.requests, Errors: c.rising.errors + c.held.errors, Basis: loadengine.BasisHeld}
	w := c.held.window(held)
	if c.held.requests == 0 {
		s.Basis, w = loadengine.BasisAll, c.rising.window(span)
	}
	s.Measured, s.RPS, s.P50, s.P95, s.P99, s.Max = w.Requests, w.RPS, w.P50, w.P95, w.P99, w.Max
	for _, k := range c.kinds {
		s.Kinds = append(s.Kinds, *k)
	}
	slices.SortFunc(s.Kinds, func(a, b loadengine.KindSeen) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Kind, b.Kind))
	})
	return s
}

func (p *part) window(span time.Duration) loadengine.Window {
	return poll{span: span, all: p.requests, requests: p.requests, errors: p.errors, times: p.times}.window()
}
