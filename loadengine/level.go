package loadengine

import (
	"slices"
	"sync/atomic"
	"time"
)

// Bases of a Sum's rate and latencies.
const (
	BasisHeld = "held" // requests that were sent while running was as asked
	BasisAll  = "all"  // all requests: running never was as asked
)

// LevelTick is what a level has come to until now, from its beginning on. A
// request belongs to the level in which it was sent, however late its answer:
// no window and no percentile mixes two levels.
type LevelTick struct {
	Number int           // in the order of the run, from 1; levels without a request are not told
	Asked  int           // on the dial
	Began  time.Time     // when it was asked for
	Span   time.Duration // until now, or until the dial moved on
	Held   time.Duration // of these, with running as asked
	Over   bool          // the dial has moved on; requests in flight may still come
	Late   uint64        // sends that we did not make in time, in ModeRate
	Sum    Sum
	Steps  []StepSum // those with requests, in the plan's order; told now and then, and when it is over
}

// StepSum is one step's share of a level.
type StepSum struct {
	Journey, Name string
	Sum           Sum
}

// Sum counts requests and sums up their latencies. Rate and latencies are of
// those that Basis says, Measured of them.
type Sum struct {
	Requests, Errors   uint64
	Basis              string
	Measured           uint64
	RPS                float64
	P50, P95, P99, Max time.Duration
	Kinds              []KindSeen // most frequent first
}

// KindSeen is a kind of error: how often, and when first and last.
type KindSeen struct {
	Kind        string
	Count       uint64
	First, Last time.Time
}

// stepsEvery is how often an open level's steps are told: they are many, and
// every tick goes into a journal.
const stepsEvery = 5 * time.Second

// level gathers what was sent in one span of the dial.
type level struct {
	number  int
	asked   int
	began   time.Time
	held    atomic.Int64 // nanoseconds
	late    atomic.Int64 // sends dropped
	ended   atomic.Int64 // nanoseconds since it began; 0 while it is the newest
	stepsAt time.Time    // when its steps were told

	kept atomic.Pointer[kept] // exemplars

	// Under the lock of stats.
	listed bool // among those that have something to tell
	cells  []cell
}

// cell is a step's part of a level: what was sent while running was not as
// asked, and while it was.
type cell struct {
	rising, held tally
	kinds        map[string]*KindSeen
}

func (l *level) record(st *step, o outcome, held bool, steps int, now time.Time) {
	if l.cells == nil {
		l.cells = make([]cell, steps)
	}
	c := &l.cells[st.index]
	t := &c.rising
	if held {
		t = &c.held
	}
	if t.hist == nil { // most plans name steps that are never reached
		*t = newTally(roughDigit)
	}
	t.record(o)
	if o.kind == "" {
		return
	}
	if c.kinds == nil {
		c.kinds = map[string]*KindSeen{}
	}
	sight(c.kinds, KindSeen{Kind: o.kind, Count: 1, First: now, Last: now})
}

// sight adds what was seen of one kind; kinds beyond the bound are "other".
func sight(kinds map[string]*KindSeen, n KindSeen) {
	if kinds[n.Kind] == nil && len(kinds) >= maxKinds {
		n.Kind = "other"
	}
	k := kinds[n.Kind]
	if k == nil {
		kinds[n.Kind] = &n
		return
	}
	k.Count += n.Count
	if n.First.Before(k.First) {
		k.First = n.First
	}
	if n.Last.After(k.Last) {
		k.Last = n.Last
	}
}

// tick sums the level up. whole adds the steps whatever the time.
func (l *level) tick(steps []*step, now time.Time, whole bool) LevelTick {
	t := LevelTick{Number: l.number, Asked: l.asked, Began: l.began, Span: now.Sub(l.began), Held: time.Duration(l.held.Load()), Late: uint64(l.late.Load())}
	if end := l.ended.Load(); end > 0 {
		t.Over, t.Span = true, time.Duration(end)
	}
	t.Held = min(t.Held, t.Span)
	whole = whole || t.Over || now.Sub(l.stepsAt) >= stepsEvery
	all := cell{rising: newTally(roughDigit), held: newTally(roughDigit), kinds: map[string]*KindSeen{}}
	for i := range l.cells {
		c := &l.cells[i]
		if c.rising.requests+c.held.requests == 0 {
			continue
		}
		all.rising.add(&c.rising)
		all.held.add(&c.held)
		for _, k := range c.kinds {
			sight(all.kinds, *k)
		}
		if whole {
			t.Steps = append(t.Steps, StepSum{Journey: steps[i].journey, Name: steps[i].name, Sum: c.sum(t.Span, t.Held)})
		}
	}
	if whole {
		l.stepsAt = now
	}
	t.Sum = all.sum(t.Span, t.Held)
	return t
}

func (c *cell) sum(span, held time.Duration) Sum {
	s := Sum{Requests: c.rising.requests + c.held.requests, Errors: c.rising.errors + c.held.errors, Basis: BasisHeld}
	w := c.held.windowOf(held)
	if c.held.requests == 0 {
		s.Basis, w = BasisAll, c.rising.windowOf(span)
	}
	s.Measured, s.RPS, s.P50, s.P95, s.P99, s.Max = w.Requests, w.RPS, w.P50, w.P95, w.P99, w.Max
	for _, k := range c.kinds {
		s.Kinds = append(s.Kinds, *k)
	}
	slices.SortFunc(s.Kinds, func(a, b KindSeen) int {
		switch {
		case a.Count > b.Count:
			return -1
		case a.Count < b.Count:
			return 1
		case a.Kind < b.Kind:
			return -1
		}
		return 1
	})
	return s
}

// windowOf is the window of a tally that may never have been used.
func (t *tally) windowOf(span time.Duration) Window {
	if t.hist == nil {
		return Window{}
	}
	return t.window(span)
}

// toAsk moves the dial, which begins a level.
func (s *schedule) toAsk(n int) {
	if n == s.asked {
		return
	}
	s.asked = n
	s.beginLevel()
}

func (s *schedule) beginLevel() {
	now := time.Now()
	number := 1
	if l := s.level.Load(); l != nil {
		number = l.number + 1
		s.countHeld()
		l.ended.Store(max(1, int64(now.Sub(l.began))))
	}
	s.settled = false
	s.level.Store(&level{number: number, asked: s.asked, began: now})
}

// countHeld gives the level the time since the last look, if running was as
// asked over it.
func (s *schedule) countHeld() {
	now := s.now()
	if s.settled {
		s.level.Load().held.Add(now - s.heldAt)
	}
	s.heldAt = now
}
