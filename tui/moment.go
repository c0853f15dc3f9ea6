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
		v.slots = ring.Range(v.axis.from, v.axis.until())
	}
	return v
}

// live are the newest slots that the axis reaches.
func (m *Model) live(v window) window {
	v.slots = m.s.Fine.Range(v.axis.from, math.MaxInt64)
	return v
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
	if v.axis.past {
		says := " not now · Esc: now "
		c.right(x+gutter+v.axis.cols, y, says, inkNotice)
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
	if v.axis.past {
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
