package tui

import (
	"fmt"
	"math"
	"time"

	"crosstalk/session"
)

// window is what the charts of both panes show: one stretch of time and one
// scale, so that what moves together stands together.
type window struct {
	axis  axis
	scale scale
	most  int    // users at the top of their area
	unit  string // of the dial
	slots []session.Second
	fine  int64 // from here on slots are single seconds; before, tens of them
}

// cover is how many dots a slot stands for.
func (v window) cover(s *session.Second) int {
	return int(max(1, (v.step(s)+v.axis.bucket-1)/v.axis.bucket))
}

// step is how many milliseconds a slot stands for.
func (v window) step(s *session.Second) int64 {
	if s.MS < v.fine {
		return coarseSlots
	}
	return 1000
}

// past is how far back the charts reach. A young session has nothing to show
// of five minutes: it begins with the last one, twice widened as it grows.
func past(age time.Duration) time.Duration {
	for _, d := range []time.Duration{time.Minute, 2 * time.Minute} {
		if age <= d {
			return d
		}
	}
	return 5 * time.Minute
}

// axis is the time axis: columns of dots, each a stretch of time that begins
// at a multiple of itself, so that a picture moves but what it shows of a moment
// stays the same.
type axis struct {
	cols   int
	per    int    // dots in a column
	bucket int64  // milliseconds of a dot
	from   int64  // where the first dot begins
	now    int64  // where it ends
	past   bool   // it ends before the present
	gap    int    // dots that a curve may leave out and go on; 0: one
	fine   int64  // milliseconds; before, what was measured is kept in tens of seconds
	wide   int    // and there so many dots may be left out
	name   string // of where it ends; "" is now
}

// newAxis is an axis that ends now and reaches so far back; 0 is as far as
// suits the session's age, and everything is all of it.
func newAxis(cols, per int, now int64, reach time.Duration) axis {
	a := axis{cols: max(0, cols), per: per, now: now, bucket: 1000}
	age := time.Duration(now) * time.Millisecond
	chosen := reach != 0
	switch reach {
	case 0:
		reach = past(age)
	case everything:
		reach = max(time.Minute, age)
	}
	dots := int64(a.cols * per)
	if dots == 0 {
		return a
	}
	if chosen { // just as far as its name says
		a.bucket = (reach.Milliseconds() + dots - 1) / max(1, dots-1)
	} else { // a second is what is measured: finer dots only spread it
		a.bucket = max(1000, reach.Milliseconds()/max(1, dots-2)+1)
	}
	last := now / a.bucket
	a.from = (last - dots + 1) * a.bucket
	return a
}

// everything reaches back to the start.
const everything time.Duration = -1

// coarseSlots are the milliseconds in which is kept what is older than 15 minutes.
const coarseSlots = 10_000

// reaches are what the charts may reach back, the automatic one first.
var reaches = []time.Duration{0, time.Minute, 5 * time.Minute, 15 * time.Minute, everything}

// reachName is how far the charts reach back, in words.
func (m *Model) reachName() string {
	if m.reach == everything {
		return "all"
	}
	a, reach := m.view.axis, m.reach
	if reach == 0 {
		reach = past(m.elapsed())
	}
	spans := time.Duration(a.until()-a.from) * time.Millisecond
	if (spans - reach).Abs() > max(2*time.Duration(a.bucket)*time.Millisecond, reach/50) { // nobody sees less
		reach = spans
	}
	return span(reach)
}

// stretch makes the charts reach further back, or less far.
func (m *Model) stretch(by int) {
	at := 0
	for i, r := range reaches {
		if r == m.reach {
			at = i
		}
	}
	if at == 0 { // the nearest that is longer, or shorter, than what is shown
		for i, r := range reaches {
			if r > 0 && r <= past(m.elapsed()) {
				at = i
			}
		}
	}
	m.reach = reaches[min(max(1, at+by), len(reaches)-1)]
}

// bridges is how many dots a curve may leave out after one of them.
func (a axis) bridges(dot int) int {
	if a.from+int64(dot)*a.bucket < a.fine {
		return max(a.gap, a.wide)
	}
	return a.gap
}

// dot is the dot of a moment; it may lie outside.
func (a axis) dot(ms int64) int {
	d := ms - a.from
	if d < 0 {
		return -1
	}
	return int(d / a.bucket)
}

// col is the column of a moment.
func (a axis) col(ms int64) int {
	d := a.dot(ms)
	if d < 0 {
		return -1
	}
	return d / a.per
}

// tick is the milliseconds between two labels: about five to an axis.
func (a axis) tick() int64 {
	whole := a.bucket * int64(a.cols*a.per)
	const minute = 60_000
	ticks := []int64{minute / 4, minute / 2, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute, 60 * minute, 120 * minute}
	for _, t := range ticks {
		if whole <= 7*t {
			return t
		}
	}
	return ticks[len(ticks)-1]
}

// scale maps latencies to heights.
type scale struct {
	lo, hi float64 // seconds
	linear bool
}

// decades returns a logarithmic scale around the values, at least from 10 ms to
// 1 s: upward by whole decades and downward by 1, 2, 5, so that it changes
// seldom.
func decades(lo, hi float64) scale {
	s := scale{lo: 0.01, hi: 1}
	for i := 0; s.lo > lo && i < 6; i++ {
		s.lo = []float64{0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001}[i+1]
	}
	for s.hi < hi && s.hi < 1000 {
		s.hi *= 10
	}
	return s
}

// flat returns a linear scale from 0.
func flat(hi float64) scale { return scale{hi: nice(max(hi, 0.05)), linear: true} }

// scaling is how latencies become heights.
type scaling int

const (
	scaleLog    scaling = iota
	scaleLinear         // from 0 to what the charts hold
	scaleFixed          // from 0 to twice production's red limit, whatever the charts hold
	scaleCount
)

// fixedTop is the top of the fixed scale: what is higher is drawn at the top.
func (m *Model) fixedTop() float64 {
	red := 0.0
	for _, t := range m.s.Baseline.Thresholds {
		if t.Env == "production" && t.Red > 0 && (red == 0 || t.Red < red) {
			red = t.Red
		}
	}
	if red == 0 {
		return 1
	}
	return nice(2 * red)
}

// scaleName is the scale in words: "log", "linear", "0 to 500 ms".
func (m *Model) scaleName() string {
	switch m.scale {
	case scaleLinear:
		return "linear"
	case scaleFixed:
		return "0 to " + millis(m.fixedTop())
	}
	return "log"
}

// nice is the next of 1, 2, 5 times a power of ten.
func nice(v float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, f := range []float64{1, 2, 5, 10} {
		if f*p >= v*0.999999 {
			return f * p
		}
	}
	return 10 * p
}

// at is the height of v among n dots, from 0 below to n-1.
func (s scale) at(v float64, n int) int {
	var f float64
	if s.linear {
		f = v / s.hi
	} else {
		f = math.Log(max(v, s.lo)/s.lo) / math.Log(s.hi/s.lo)
	}
	return min(max(int(math.Round(f*float64(n-1))), 0), n-1)
}

// ticks are the values that get a label.
func (s scale) ticks() []float64 {
	if s.linear {
		return []float64{0, s.hi / 4, s.hi / 2, s.hi * 3 / 4, s.hi}
	}
	t := []float64{s.lo}
	for v := 0.0001; v < s.hi*1.5; v *= 10 {
		if v > s.lo*1.5 {
			t = append(t, v)
		}
	}
	return t
}

// name labels a tick.
func (s scale) name(v float64) string {
	if v == 0 {
		return "0"
	}
	if v >= 0.9995 {
		return fmt.Sprintf("%.3g s", v)
	}
	return fmt.Sprintf("%.3g ms", v*1000)
}

// look works out what the charts show now.
func (m *Model) look() window {
	l := m.layout
	w := min(max(l.staging.w, l.production.w), max(1, l.w/2))
	if m.zoom.wide() || m.overlay == overlayTimeline {
		w = l.w
	}
	per := 2
	if m.st.blocks {
		per = 1
	}
	v := window{unit: m.s.Unit().Word(), axis: newAxis(w-2-gutter, per, m.shownTo(), m.reach)}
	if v.axis.cols == 0 {
		return v
	}
	if m.replay != nil && !m.replay.following {
		v.axis.name = short(m.elapsed())
	}
	switch {
	case m.overlay == overlayTimeline:
		v.axis = m.point.frame(v.axis, m.shownTo())
		v.axis.past = v.axis.past || m.still.on
		v = m.measured(v)
	case m.still.on:
		v.axis.past = true
		v = m.measured(v)
	default:
		v = m.backTo(m.measured(v))
	}
	lo, hi, most := math.Inf(1), 0.0, 0
	for _, s := range v.slots {
		for _, c := range []session.Curve{s.Load, s.Staging, s.Prod} {
			if c.OK {
				lo, hi = min(lo, c.P50), max(hi, c.P95)
			}
		}
		most = max(most, s.Asked, s.Running)
	}
	for _, t := range m.s.Baseline.Thresholds {
		hi = max(hi, t.Red)
	}
	switch m.scale {
	case scaleLinear:
		v.scale = flat(hi * 1.1)
	case scaleFixed:
		v.scale = scale{hi: m.fixedTop(), linear: true}
	default:
		v.scale = decades(lo, hi)
	}
	v.most = int(nice(float64(max(10, most))))
	return v
}
