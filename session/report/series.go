package report

import (
	"cmp"

	"crosstalk/session"
)

// maxColumns is how many columns a Series has at most; a session that needs
// more gets longer columns.
const maxColumns = 960

// Series is the session on a time axis. Every column shows its worst second,
// and null where nothing was told: a gap is never joined and never zero.
type Series struct {
	Step             float64    `json:"step"` // seconds a column; the first begins at 0
	Asked            []*int     `json:"asked"`
	Running          []*int     `json:"running"`
	RPS              []*float64 `json:"rps"`
	StagingP50       []*float64 `json:"staging_p50"` // the users' own requests
	StagingP95       []*float64 `json:"staging_p95"`
	StagingMax       []*float64 `json:"staging_max"`
	StagingErrors    []*float64 `json:"staging_errors"` // share of requests
	ProductionP50    []*float64 `json:"production_p50"` // production's checks
	ProductionP95    []*float64 `json:"production_p95"`
	ProductionMax    []*float64 `json:"production_max"`
	ProductionErrors []*float64 `json:"production_errors"` // share of checks, last 10 s
	ProductionState  []*string  `json:"production_state"`
	ProductionRate   []*float64 `json:"production_rate"` // checks a second
	Low              *Low       `json:"low,omitempty"`   // null where a column is one second

	failing []bool // columns in which production's checks failed and none of 10 s has a latency
}

// Low is the other end of columns that hold more than a second: the least
// second of each, and of the errors the worst, which a share of the whole
// column hides.
type Low struct {
	Running       []*int     `json:"running"`
	RPS           []*float64 `json:"rps"`
	StagingP50    []*float64 `json:"staging_p50"`
	StagingP95    []*float64 `json:"staging_p95"`
	ProductionP50 []*float64 `json:"production_p50"`
	ProductionP95 []*float64 `json:"production_p95"`
	ErrorsWorst   []*float64 `json:"staging_errors_worst_second"`
}

// column is the worst of a column's seconds.
type column struct {
	asked, running     *int
	rps                *float64
	p50, p95, max      *float64
	requests, failed   uint64
	prod50, prod95     *float64
	prodMax, prodError *float64
	prodRate           *float64
	failing            bool // production's checks failed, and none of 10 s has a latency
	state              string
	low                low
}

// low are a column's least seconds, and its worst share of errors.
type low struct {
	running        *int
	rps, p50, p95  *float64
	prod50, prod95 *float64
	failed         *float64
}

// failed is the share of requests that failed: of the worst second of each column,
// down to that of the column as a whole.
func (s Series) failed() values {
	if s.Low == nil {
		return values{high: s.StagingErrors}
	}
	return values{high: s.Low.ErrorsWorst, low: s.StagingErrors}
}

type series struct {
	step int64 // milliseconds
	cols []column
}

func newSeries() series { return series{step: 1000} }

func (s *series) load(from, ms int64, t *session.LoadTick) {
	c := column{asked: &t.Asked, running: &t.Running, rps: &t.RPS, p50: t.P50, p95: t.P95, max: t.Max, requests: t.Requests, failed: t.Errors,
		low: low{running: &t.Running, rps: &t.RPS, p50: t.P50, p95: t.P95}}
	if t.Requests > 0 {
		share := round(float64(t.Errors)/float64(t.Requests), 4)
		c.low.failed = &share
	}
	s.put(from, ms, c)
}

func (s *series) health(from, ms int64, t *session.HealthTick) {
	if t.Env != production {
		return
	}
	c := column{prod50: t.Now50, prod95: t.Now95, prodMax: t.Max, state: t.State, prodRate: &t.Rate, low: low{prod50: t.Now50, prod95: t.Now95}}
	if t.Counted() {
		c.prodError = &t.Errors
	}
	// Of a second without a latency nothing is known: a check may be rarer.
	c.failing = t.P50 == nil && t.Errors > 0
	s.put(from, ms, c)
}

// reach is how far back a tick may be drawn: one that comes a little late must
// not leave a hole where nothing was missed.
const reach = 1500 // milliseconds

// put draws what is known of (from, ms] into the column of ms, and into the one
// before if nothing else fell into it.
func (s *series) put(from, ms int64, c column) {
	s.at(ms)
	last := int(max(0, ms-1) / s.step)
	first := int(max(0, from, ms-reach) / s.step)
	for i := first; i < last; i++ {
		hole := &s.cols[i]
		if c.running != nil && hole.running == nil || c.state != "" && hole.state == "" {
			was := c
			was.requests, was.failed = 0, 0 // counted once
			hole.merge(was)
		}
	}
	s.cols[last].merge(c)
}

// at returns the column of the second that ended at ms.
func (s *series) at(ms int64) *column {
	begin := max(0, ms-1)
	for begin/s.step >= maxColumns {
		s.halve()
	}
	i := int(begin / s.step)
	for len(s.cols) <= i {
		s.cols = append(s.cols, column{})
	}
	return &s.cols[i]
}

// halve makes one column of two.
func (s *series) halve() {
	n := (len(s.cols) + 1) / 2
	for i := range n {
		c := s.cols[2*i]
		if 2*i+1 < len(s.cols) {
			c.merge(s.cols[2*i+1])
		}
		s.cols[i] = c
	}
	clear(s.cols[n:])
	s.cols = s.cols[:n]
	s.step *= 2
}

func (c *column) merge(o column) {
	c.asked, c.running = greater(c.asked, o.asked), greater(c.running, o.running)
	c.rps = greater(c.rps, o.rps)
	c.p50, c.p95, c.max = greater(c.p50, o.p50), greater(c.p95, o.p95), greater(c.max, o.max)
	c.requests, c.failed = c.requests+o.requests, c.failed+o.failed
	c.prod50, c.prod95, c.prodMax = greater(c.prod50, o.prod50), greater(c.prod95, o.prod95), greater(c.prodMax, o.prodMax)
	c.prodError = greater(c.prodError, o.prodError)
	c.prodRate = greater(c.prodRate, o.prodRate)
	c.failing = c.failing || o.failing
	c.low.merge(o.low)
	if graver(o.state, c.state) {
		c.state = o.state
	}
}

func (l *low) merge(o low) {
	l.running, l.rps = lesser(l.running, o.running), lesser(l.rps, o.rps)
	l.p50, l.p95 = lesser(l.p50, o.p50), lesser(l.p95, o.p95)
	l.prod50, l.prod95 = lesser(l.prod50, o.prod50), lesser(l.prod95, o.prod95)
	l.failed = greater(l.failed, o.failed)
}

func lesser[N cmp.Ordered](a, b *N) *N {
	if a == nil || b != nil && *b < *a {
		return b
	}
	return a
}

func greater[N cmp.Ordered](a, b *N) *N {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}

func (s *series) model() Series {
	v := Series{Step: secs(s.step)}
	if s.step > 1000 {
		v.Low = &Low{}
	}
	for i := range s.cols {
		c := &s.cols[i]
		var failed *float64
		if c.requests > 0 {
			share := round(float64(c.failed)/float64(c.requests), 4)
			failed = &share
		}
		var state *string
		if c.state != "" {
			state = &c.state
		}
		v.Asked, v.Running, v.RPS = append(v.Asked, c.asked), append(v.Running, c.running), append(v.RPS, c.rps)
		v.StagingP50, v.StagingP95, v.StagingMax = append(v.StagingP50, c.p50), append(v.StagingP95, c.p95), append(v.StagingMax, c.max)
		v.StagingErrors = append(v.StagingErrors, failed)
		v.ProductionP50, v.ProductionP95, v.ProductionMax = append(v.ProductionP50, c.prod50), append(v.ProductionP95, c.prod95), append(v.ProductionMax, c.prodMax)
		v.ProductionErrors, v.ProductionState = append(v.ProductionErrors, c.prodError), append(v.ProductionState, state)
		v.ProductionRate, v.failing = append(v.ProductionRate, c.prodRate), append(v.failing, c.failing)
		if l := v.Low; l != nil {
			l.Running, l.RPS = append(l.Running, c.low.running), append(l.RPS, c.low.rps)
			l.StagingP50, l.StagingP95 = append(l.StagingP50, c.low.p50), append(l.StagingP95, c.low.p95)
			l.ProductionP50, l.ProductionP95 = append(l.ProductionP50, c.low.prod50), append(l.ProductionP95, c.low.prod95)
			l.ErrorsWorst = append(l.ErrorsWorst, c.low.failed)
		}
	}
	return v
}
