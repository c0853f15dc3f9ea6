package tui

import (
	"crosstalk/session"
	"crosstalk/session/link"
)

// lots are the link checks that the charts show a part of.
func (m *Model) lots(a axis) []*session.LinkRun {
	var out []*session.LinkRun
	for _, r := range m.s.Link.Past {
		if r.End > a.from && r.Began < a.now {
			out = append(out, r)
		}
	}
	if r := m.s.Link.Running; r != nil {
		out = append(out, r)
	}
	return out
}

// strip is the row over a chart that tells when a check had load on: the order that
// production follows, or does not. It has the chart's own time axis.
func (p pane) strip(c *canvas, x, y int, a axis, runs []*session.LinkRun) {
	c.right(x+gutter-1, y, "load on", inkDim)
	c.set(x+gutter-1, y, "│", inkFaint)
	for col := range a.cols {
		on, dots := 0, 0
		left := false
		var last link.Load
		for i := range a.per {
			ms := a.from + int64(col*a.per+i)*a.bucket
			if ms >= a.now {
				break
			}
			for _, r := range runs {
				load, ok := r.At(ms)
				if !ok {
					continue
				}
				dots++
				if last = load; load == link.On {
					on++
					left = left || i == 0
				}
			}
		}
		at := x + gutter + col
		switch {
		case dots == 0:
		case on == a.per:
			c.set(at, y, "█", inkStaging)
		case on > 0 && a.per > 1 && left:
			c.set(at, y, "▌", inkStaging)
		case on > 0 && a.per > 1:
			c.set(at, y, "▐", inkStaging)
		case on > 0:
			c.set(at, y, "█", inkStaging)
		case last == link.Sham:
			c.set(at, y, "▒", inkDim)
		default:
			c.set(at, y, "▁", inkFaint)
		}
	}
}
