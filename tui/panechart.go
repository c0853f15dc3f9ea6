package tui

import (
	"fmt"
	"time"

	"crosstalk/session"
)

// limits are where the environment's checks turn amber and red. Staging's
// chart shows above all what users get, to which its checks' limits do not
// apply, so it has none.
func (p pane) limits() []limit {
	if p.name != "production" {
		return nil
	}
	amber, red := 0.0, 0.0
	least := func(at *float64, v float64) {
		if v > 0 && (*at == 0 || v < *at) {
			*at = v
		}
	}
	for _, t := range p.m.s.Baseline.Thresholds {
		if t.Env == p.name {
			least(&amber, t.Amber)
			least(&red, t.Red)
		}
	}
	return []limit{{"■", red, inkRedSoft}, {"▲", amber, inkAmberSoft}}
}

// chart draws latency, users, states and time, in h rows.
func (p pane) chart(c *canvas, x, y, h int) {
	v := p.m.view
	v.axis.cols = min(v.axis.cols, c.w-x-gutter-1)
	if v.axis.cols < 4 || h < 5 {
		return
	}
	if runs := p.m.lots(v.axis); len(runs) > 0 && h > 5 {
		p.strip(c, x, y, v.axis, runs)
		y, h = y+1, h-1
	}
	people, marksRow := 2, 0
	switch {
	case h < 8:
		people = 1
	case h >= 26:
		people, marksRow = 5, 1
	case h >= 12:
		people, marksRow = 3, 1
	}
	ph := h - people - marksRow - 2
	if ph < 2 {
		people, ph = 1, h-3
	}
	pl := newPlot(p.m.st, v.axis.cols, ph)
	grid(c, x, y, ph, v, pl.dy, p.limits())
	p.moments(c, x, y, ph, v)
	p.curves(pl, v)
	pl.draw(c, x+gutter, y)
	area(c, x, y+ph, people, v, p.m.st)
	p.pointAt(c, x, y, ph+people, v)
	p.sayPast(c, x, y, v)
	row := y + ph + people
	p.ribbon(c, x, row+marksRow, v)
	p.marks(c, x, row, v)
	timeLabels(c, x, row+marksRow+1, v.axis)
}

func (p pane) curves(pl *plot, v window) {
	a, s, slots := v.axis, v.scale, v.slots
	if p.name == "production" {
		pl.line(a, s, slots, func(s *session.Second) (float64, bool) { return s.Prod.P50, s.Prod.OK }, inkProdSoft, true)
		pl.line(a, s, slots, func(s *session.Second) (float64, bool) { return s.Prod.P95, s.Prod.OK }, inkProd, false)
		return
	}
	pl.line(a, s, slots, func(s *session.Second) (float64, bool) { return s.Staging.P95, s.Staging.OK }, inkDim, true)
	pl.line(a, s, slots, func(s *session.Second) (float64, bool) { return s.Load.P50, s.Load.OK }, inkStagingSoft, true)
	pl.line(a, s, slots, func(s *session.Second) (float64, bool) { return s.Load.P95, s.Load.OK }, inkStaging, false)
}

// ribbon is the axis itself, which tells the environment's state over time.
func (p pane) ribbon(c *canvas, x, y int, v window) {
	a := v.axis
	c.set(x+gutter-1, y, "╰", inkFaint)
	for i := range a.cols {
		c.set(x+gutter+i, y, "─", inkFaint)
	}
	for back := a.firstTick(); a.col(a.now-back) >= 0; back += a.tick() {
		if col := a.col(a.now - back); col < a.cols {
			c.set(x+gutter+col, y, "┴", inkFaint)
		}
	}
	worst := make([]int, a.cols)
	for i := range v.slots {
		s := &v.slots[i]
		cur := s.Staging
		if p.name == "production" {
			cur = s.Prod
		}
		d := a.dot(s.MS)
		if d < 0 {
			continue
		}
		for col := d / a.per; col < min(a.cols, (d+v.cover(s)-1)/a.per+1); col++ {
			worst[col] = max(worst[col], rank(cur.State))
		}
	}
	for col, r := range worst {
		switch r {
		case 1:
			c.set(x+gutter+col, y, "◦", inkNoSight)
		case 2:
			c.set(x+gutter+col, y, "▴", inkAmber)
		case 3:
			c.set(x+gutter+col, y, "▪", inkRed)
		}
	}
}

// rank orders states by how much they ask for attention.
func rank(state string) int {
	switch state {
	case "no sight":
		return 1
	case "amber":
		return 2
	case "red":
		return 3
	}
	return 0
}

func timeLabels(c *canvas, x, y int, a axis) {
	end := "now"
	if a.name != "" {
		end = a.name
	}
	if a.past {
		end = short(time.Duration(a.now) * time.Millisecond)
	}
	c.right(x+gutter+a.cols, y, end, inkDim)
	last := x + gutter + a.cols - len(end)
	back := a.firstTick()
	if !a.past {
		back = a.tick()
	}
	for ; ; back += a.tick() {
		col := a.col(a.now - back)
		if col < 0 || a.past && a.now < back {
			return
		}
		s := backward(back, a.tick())
		if a.past {
			s = short(time.Duration(a.now-back) * time.Millisecond)
		}
		at := x + gutter + col - len(s)/2
		if at < x || at+len(s) >= last {
			continue
		}
		c.text(at, y, s, inkDim)
		last = at
	}
}

// backward names a moment so many milliseconds ago: "-3m", and "-1:30" on an
// axis finer than minutes.
func backward(ms, tick int64) string {
	switch {
	case ms >= 3_600_000 && ms%3_600_000 == 0:
		return fmt.Sprintf("-%dh", ms/3_600_000)
	case ms >= 3_600_000:
		return fmt.Sprintf("-%dh%02d", ms/3_600_000, ms/60_000%60)
	case tick >= 60_000:
		return fmt.Sprintf("-%dm", ms/60_000)
	}
	return fmt.Sprintf("-%d:%02d", ms/60_000, ms/1000%60)
}
