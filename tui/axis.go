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
	name   string // of where it ends; "" is now
}

func newAxis(cols, per int, now int64) axis {
	a := axis{cols: max(0, cols), per: per, now: now, bucket: 1000}
	dots := int64(a.cols * per)
	if dots == 0 {
		return a
	}
	a.bucket = max(1000, past(time.Duration(now)*time.Millisecond).Milliseconds()/max(1, dots-2)+1)
	last := now / a.bucket
	a.from = (last - dots + 1) * a.bucket
	return a
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
	for _, t := range []int64{15_000, 30_000, 60_000} {
		if whole <= 7*t {
			return t
		}
	}
	return 60_000
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
	if m.zoom != zoomNone {
		w = l.w
	}
	per := 2
	if m.st.blocks {
		per = 1
	}
	v := window{unit: m.s.Unit().Word(), axis: newAxis(w-2-gutter, per, m.elapsed().Milliseconds())}
	if v.axis.cols == 0 {
		return v
	}
	if m.replay != nil && !m.replay.following {
		v.axis.name = short(m.elapsed())
	}
	v = m.backTo(m.live(v))
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
	if m.linear {
		v.scale = flat(hi * 1.1)
	} else {
		v.scale = decades(lo, hi)
	}
	v.most = int(nice(float64(max(10, most))))
	return v
}
