package report

import (
	"cmp"
	"maps"
	"slices"

	"crosstalk/session"
)

// Level is a span in which asked did not change. Statistics never mix levels: a
// second in which the dial moved counts for no level's latencies, and its
// requests count for the level that had the larger part of it, so that the
// levels' requests add up to the session's. Percentiles are those of single
// seconds, never averaged: the median of the seconds' values and the worst
// second's. Where users reached what was asked, only those seconds are
// measured; else all whole seconds.
type Level struct {
	Moment                   // when it began
	Asked           int      `json:"asked"`
	Reached         int      `json:"reached"` // most running in it
	Seconds         float64  `json:"seconds"` // how long it was asked for
	Held            float64  `json:"held"`    // of these, with running as asked
	Requests        uint64   `json:"requests"`
	RPS             *float64 `json:"rps"` // requests over the seconds they were counted in
	Errors          uint64   `json:"errors"`
	Kinds           []Kind   `json:"error_kinds"`
	Load            Seconds  `json:"staging"`    // the users' own requests
	Whole           *Whole   `json:"whole"`      // of all of them at once; null where the engine kept no histogram of it
	Production      Seconds  `json:"production"` // production's checks
	ProductionError *float64 `json:"production_errors_worst_10s"`
	ProductionState string   `json:"production_worst_state"`
	LastGood        bool     `json:"last_good"`
	Cut             bool     `json:"cut_short"` // by the guard
}

// Seconds are percentiles over whole seconds.
type Seconds struct {
	Measured int      `json:"seconds"` // that had an answer
	Basis    string   `json:"basis"`   // "held" or "all"
	P50      *float64 `json:"p50_median_second"`
	P95      *float64 `json:"p95_median_second"`
	P99      *float64 `json:"p99_median_second"`
	P50Worst *float64 `json:"p50_worst_second"`
	P95Worst *float64 `json:"p95_worst_second"`
	P99Worst *float64 `json:"p99_worst_second"`
	Max      *float64 `json:"max"`
}

// percentiles are those of the users' own requests by which a level is told: of all
// of them at once, else the medians of its seconds.
func (l Level) percentiles() (p50, p95, p99 *float64) {
	if w := l.Whole; w != nil {
		return w.P50, w.P95, w.P99
	}
	return l.Load.P50, l.Load.P95, l.Load.P99
}

// Whole are percentiles of a level's requests, out of one histogram of the
// engine's. A request belongs to the level in which it was sent.
type Whole struct {
	Measured uint64   `json:"requests"` // that the percentiles are of
	Basis    string   `json:"basis"`    // "held": sent while running was as asked; or "all"
	RPS      float64  `json:"rps"`
	P50      *float64 `json:"p50"`
	P95      *float64 `json:"p95"`
	P99      *float64 `json:"p99"`
	Max      *float64 `json:"max"`
}

// What a level's seconds were.
const (
	basisHeld = "held"
	basisAll  = "all"
)

// second is one second's percentiles; nil where there is none.
type second struct {
	p50, p95, p99, max, rps *float64
	ours                    bool // we ourselves were the limit
}

// level gathers a Level.
type level struct {
	from, to     int64
	asked        int
	reached      int
	held         int64
	requests     uint64
	counted      int64 // milliseconds that requests were counted over
	errors       uint64
	kinds        map[string]uint64
	all, full    []second // the users' seconds; those with running as asked
	prod         []second
	prodErrors   *float64
	errorsBefore float64 // production's share when the level began
	worst        string
	broken       bool // the program went away in it
	cut          bool // the guard cut it short
}

// state takes a state of production that was seen in the level.
func (l *level) state(s string) {
	if graver(s, l.worst) {
		l.worst = s
	}
}

// levels are a session's in order; the last one is open.
type levels struct {
	list  []*level
	best  int                          // the last good level so far
	good  *level                       // that earned it
	run   int                          // how often the session was taken up again
	whole map[[2]int]session.LevelTick // the newest of each level of the engine's, by run and number
}

// told keeps what the engine tells of its levels.
func (l *levels) told(list []session.LevelTick) {
	if l.whole == nil {
		l.whole = map[[2]int]session.LevelTick{}
	}
	for _, t := range list {
		l.whole[[2]int{l.run, t.N}] = t
	}
}

// sameLevel is how far apart, in milliseconds, the engine's and the dial's word
// of a level's beginning may lie.
const sameLevel = 2000

// wholes finds the engine's histograms of the levels: of those with as many
// users asked for the one that began nearest.
func (l *levels) wholes() map[*level]*Whole {
	out, near := map[*level]*Whole{}, map[*level]int64{}
	keys := slices.SortedFunc(maps.Keys(l.whole), func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	for _, k := range keys {
		t := l.whole[k]
		var best *level
		apart := int64(sameLevel) + 1
		for _, c := range l.list {
			if d := max(c.from-t.From, t.From-c.from); c.asked == t.Asked && d < apart {
				best, apart = c, d
			}
		}
		if best == nil || t.Measured == 0 || out[best] != nil && near[best] <= apart {
			continue
		}
		near[best] = apart
		out[best] = &Whole{Measured: t.Measured, Basis: t.Basis, RPS: t.RPS, P50: t.P50, P95: t.P95, P99: t.P99, Max: t.Max}
	}
	return out
}

func (l *levels) open(ms int64, asked int) {
	if n := len(l.list); n > 0 && !l.list[n-1].broken {
		l.list[n-1].to = ms
	}
	l.list = append(l.list, &level{from: ms, to: ms, asked: asked, kinds: map[string]uint64{}})
}

// breakOff ends the open level at the last that was heard of it.
func (l *levels) breakOff(ms int64) {
	if len(l.list) > 0 {
		l.current().to, l.current().broken = ms, true
	}
}

func (l *levels) current() *level { return l.list[len(l.list)-1] }

func (l *levels) asked() int { return l.current().asked }

// pass lets time go by in the open level.
func (l *levels) pass(ms, span int64, running int) {
	if len(l.list) == 0 {
		return
	}
	c := l.current()
	c.to = max(c.to, ms)
	if running == c.asked {
		c.held += span
	}
}

// load takes a tick that tells of (from, to], in which we ourselves were the limit
// or were not.
func (l *levels) load(from, to int64, t *session.LoadTick, ours bool) {
	c := l.current()
	owner := c
	// The newest level that began before the middle of the tick.
	for i := len(l.list) - 1; i > 0 && owner.from > from+(to-from)/2; i-- {
		owner = l.list[i-1]
	}
	owner.requests += t.Requests
	owner.counted += to - from
	owner.errors += t.Errors
	for k, n := range t.Kinds {
		owner.kinds[k] += n
	}
	c.reached = max(c.reached, min(t.Running, max(c.asked, t.Asked)))
	if whole := to-1000 >= c.from; whole && t.P50 != nil {
		s := second{t.P50, t.P95, t.P99, t.Max, &t.RPS, ours}
		c.all = append(c.all, s)
		if t.Running == c.asked {
			c.full = append(c.full, s)
		}
	}
}

// health takes production's tick.
func (l *levels) health(ms int64, t *session.HealthTick) {
	c := l.current()
	if ms-1000 >= c.from && t.Now50 != nil {
		c.prod = append(c.prod, second{p50: t.Now50, p95: t.Now95, max: t.Max})
	}
	// The share is over ten seconds: it is this level's own if the ten seconds
	// are, or if there was no error when the level began.
	if !t.Counted() || ms-10_000 < c.from && c.errorsBefore > 0 {
		return
	}
	if c.prodErrors == nil || t.Errors > *c.prodErrors {
		share := t.Errors
		c.prodErrors = &share
	}
}

// earned notes what is the last good level now: the newest with as many users
// asked for has made it so. Another with as many adds nothing to it.
func (l *levels) earned(lastGood int) {
	if lastGood <= l.best {
		return
	}
	l.best = lastGood
	for _, c := range slices.Backward(l.list) {
		if c.asked == lastGood {
			l.good = c
			return
		}
	}
}

func (l *levels) model(at func(int64) Moment) []Level {
	out := []Level{}
	wholes := l.wholes()
	for _, c := range l.list {
		v := Level{Whole: wholes[c], Moment: at(c.from), Asked: c.asked, Reached: c.reached, Seconds: secs(c.to - c.from), Held: secs(c.held),
			Requests: c.requests, Errors: c.errors, Kinds: kinds(c.kinds), ProductionError: c.prodErrors, ProductionState: c.worst,
			LastGood: c == l.good, Cut: c.cut}
		if c.counted > 0 {
			rps := round(float64(c.requests)/secs(c.counted), 2)
			v.RPS = &rps
		}
		if v.ProductionState == "" {
			v.ProductionState = NotKnown
		}
		v.Load = gather(c.all, basisAll)
		if len(c.full) > 0 {
			v.Load = gather(c.full, basisHeld)
		}
		v.Production = gather(c.prod, basisAll)
		out = append(out, v)
	}
	return out
}

func gather(list []second, basis string) Seconds {
	s := Seconds{Measured: len(list), Basis: basis}
	s.P50, s.P50Worst = middle(list, func(s second) *float64 { return s.p50 })
	s.P95, s.P95Worst = middle(list, func(s second) *float64 { return s.p95 })
	s.P99, s.P99Worst = middle(list, func(s second) *float64 { return s.p99 })
	_, s.Max = middle(list, func(s second) *float64 { return s.max })
	return s
}

// middle returns the median and the greatest of one value of the seconds, nil
// if no second has it. Of an even number the median is the lower of the middle
// two, so that it is a value that was measured.
func middle(list []second, of func(second) *float64) (median, worst *float64) {
	var v []float64
	for _, s := range list {
		if p := of(s); p != nil {
			v = append(v, *p)
		}
	}
	if len(v) == 0 {
		return nil, nil
	}
	slices.Sort(v)
	return &v[(len(v)-1)/2], &v[len(v)-1]
}

// stepSeconds gathers one step's ticks.
type stepSeconds struct {
	requests, errors uint64
	list             []second
}

func (s *stepSeconds) add(t session.StepTick) {
	s.requests += t.Requests
	s.errors += t.Errors
	if t.P50 != nil {
		s.list = append(s.list, second{p50: t.P50, p95: t.P95, max: t.Max})
	}
}

func (b *builder) stepModel() []Step {
	out := []Step{}
	for _, key := range b.order {
		s := b.steps[key]
		v := gather(s.list, basisAll)
		out = append(out, Step{Journey: key[0], Step: key[1], Requests: s.requests, Errors: s.errors, P50: v.P50, P95: v.P95, P95Worst: v.P95Worst, Max: v.Max})
	}
	return out
}
