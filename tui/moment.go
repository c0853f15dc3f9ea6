package tui

import (
	"math"
	"time"
)

// goTo moves the axis to a moment that it does not reach: the moment stands in
// its middle. Live, it stays where it is.
func (a axis) goTo(ms, step int64) axis {
	if a.col(ms) >= 0 && ms <= a.now || a.cols == 0 {
		return a
	}
	a.bucket = max(a.bucket, step)
	dots := int64(a.cols * a.per)
	end := min(a.now, ms+dots/2*a.bucket)
	a.now = end
	a.from = (end/a.bucket - dots + 1) * a.bucket
	a.past = true
	return a
}

// until is where the axis ends.
func (a axis) until() int64 { return a.from + int64(a.cols*a.per)*a.bucket }

// backTo moves the charts to the opened note, if it lies before what they show,
// and gives them what was measured then.
func (m *Model) backTo(v window) window {
	n, ok := m.opened()
	if !ok || n.Before() {
		return v
	}
	ring := &m.s.Fine
	if ring.Len() == 0 || n.MS < ring.At(0).MS {
		ring = &m.s.Coarse
	}
	v.axis = v.axis.goTo(n.MS, ring.Step())
	if v.axis.past {
		v = m.measured(v)
	}
	return v
}

// measured gives the axis what was measured then: single seconds as far as they
// are kept, before them tens of seconds.
func (m *Model) measured(v window) window {
	to := v.axis.until()
	switch {
	case m.still.on: // its last dot reaches further
		to = min(to, m.still.at+1)
	case !v.axis.past:
		to = math.MaxInt64
	}
	from := v.axis.from
	m.slots = m.slots[:0]
	if fine := &m.s.Fine; fine.Len() == 0 || fine.At(0).MS > from {
		edge := to
		if fine.Len() > 0 {
			edge = min(to, fine.At(0).MS)
		}
		m.slots = m.s.Coarse.AppendRange(m.slots, from, edge)
		if len(m.slots) > 0 && v.axis.bucket < m.s.Coarse.Step() {
			v.axis.wide = int(m.s.Coarse.Step()/v.axis.bucket) + 1
		}
		from = max(from, edge)
		v.fine, v.axis.fine = edge, edge
	}
	if v.axis.bucket < 1000 {
		v.axis.gap = max(v.axis.gap, int(2000/v.axis.bucket))
	}
	m.slots = m.s.Fine.AppendRange(m.slots, from, to)
	v.slots = m.slots
	return v
}

// still is a picture that stands while the session goes on.
type stillness struct {
	on bool
	at int64 // milliseconds; where it ends
}

// pausePicture lets the picture stand, or go on. The session never waits.
func (m *Model) pausePicture() {
	if m.still.on {
		m.still = stillness{}
		return
	}
	m.still = stillness{on: true, at: m.elapsed().Milliseconds()}
}

// shownTo is where the charts end.
func (m *Model) shownTo() int64 {
	if m.still.on {
		return min(m.still.at, m.elapsed().Milliseconds())
	}
	return m.elapsed().Milliseconds()
}

// firstTick is how far before its end the axis has its newest tick: live axes
// tell how long ago it was, others the session's time, in whole ticks.
func (a axis) firstTick() int64 {
	if a.past {
		return a.now % a.tick()
	}
	return 0
}

// pointAt marks the opened note's moment: an upright line with its number, over
// whatever is drawn there.
func (p pane) pointAt(c *canvas, x, y, h int, v window) {
	n, ok := p.m.opened()
	if !ok {
		return
	}
	col := v.axis.col(n.MS)
	if n.Before() || col < 0 || col >= v.axis.cols {
		return
	}
	for r := range h {
		c.set(x+gutter+col, y+r, "┃", inkStrong)
	}
	label := " " + n.ID + " "
	at := min(col+1, v.axis.cols-width(label))
	if at <= col { // no room on its right
		at = max(0, col-width(label))
	}
	row := y
	if v.axis.past && h > 1 {
		row = y + 1
	}
	c.text(x+gutter+at, row, label, inkSelect)
}

// sayPast says over a chart that it is not of now.
func (p pane) sayPast(c *canvas, x, y int, v window) {
	switch {
	case p.m.overlay == overlayTimeline:
	case p.m.still.on:
		c.right(x+gutter+v.axis.cols, y, " picture paused · Z: now ", inkNotice)
	case v.axis.past:
		c.right(x+gutter+v.axis.cols, y, " not now · Esc: now ", inkNotice)
	}
}

// momentText tells which stretch of time the charts show while a note is opened.
func (m *Model) momentText() string {
	a := m.view.axis
	if !a.past {
		return ""
	}
	from, to := time.Duration(max(0, a.from))*time.Millisecond, time.Duration(a.until())*time.Millisecond
	return "charts show " + short(from) + " to " + short(to) + "; all else is live"
}
