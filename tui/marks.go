package tui

import (
	"fmt"
	"strings"

	"crosstalk/session"
)

// sign is how a moment stands on the time axis.
type sign struct {
	text string
	ink  ink
	rank int // of two in one column the higher is shown
}

// signOf returns a mark's sign; false for what has no place on the axis.
func (m *Model) signOf(k session.Mark) (sign, bool) {
	switch k.Type {
	case session.TypeDialSet:
		var from, to int
		if _, err := fmt.Sscanf(k.Text, "dial %d → %d", &from, &to); err == nil && to < from {
			return sign{"↓", inkStaging, 1}, true
		}
		return sign{"↑", inkStaging, 1}, true
	case session.TypeDialHold:
		return sign{"=", inkStaging, 2}, true
	case session.TypeNoteAdd:
		n, _ := m.s.Notes.Get(k.ID)
		if n.System {
			return sign{"·", inkDim, 0}, true
		}
		if mark := n.Kind.Info().Mark; mark != "" {
			return sign{mark, inkStrong, 3}, true
		}
		return sign{"n", inkStrong, 3}, true
	case session.TypeGuardState:
		word := strings.TrimPrefix(k.Text, "guard ")
		switch {
		case strings.HasPrefix(word, "hold"):
			return sign{"H", inkAmber, 4}, true
		case strings.HasPrefix(word, "ease"):
			return sign{"E", inkAmber, 5}, true
		case strings.HasPrefix(word, "cut"), strings.HasPrefix(word, "lockout"):
			return sign{"C", inkRed, 7}, true
		}
		return sign{}, false
	case session.TypeGuardRecov:
		return sign{"R", inkGreen, 4}, true
	case session.TypeStop:
		return sign{"X", inkStrong, 6}, true
	}
	return sign{}, false
}

// limitSigns mark where we ourselves were the limit, from B on.
func (m *Model) limitSigns(best []sign, v window) {
	for _, l := range m.s.Limits {
		to := l.To
		if to < 0 {
			to = m.s.MS
		}
		from, end := v.axis.col(l.From), v.axis.col(to)
		if end < 0 || from >= len(best) || to < v.axis.from {
			continue
		}
		for col := max(0, from); col <= min(end, len(best)-1); col++ {
			best[col] = sign{"~", inkAmber, 0}
		}
		if from >= 0 {
			best[from] = sign{"B", inkAmber, 5}
		}
	}
}

// since returns the marks from a moment on; the list is in order of time but
// for notes that say when they happened.
func (m *Model) since(ms int64) []session.Mark {
	all := m.s.Marks
	for m.still.on && len(all) > 0 && all[len(all)-1].MS > m.still.at { // after the picture
		all = all[:len(all)-1]
	}
	i := len(all)
	for i > 0 && (all[i-1].MS >= ms || all[i-1].Type == session.TypeNoteAdd) {
		i--
	}
	return all[i:]
}

// marks draws the signs in the row above the axis.
func (p pane) marks(c *canvas, x, y int, v window) {
	best := make([]sign, v.axis.cols)
	p.m.limitSigns(best, v)
	for _, k := range p.m.since(v.axis.from) {
		col := v.axis.col(k.MS)
		if k.MS < 0 || col < 0 || col >= v.axis.cols { // a young session's axis begins before it
			continue
		}
		if s, ok := p.m.signOf(k); ok && (best[col].text == "" || s.rank >= best[col].rank) {
			best[col] = s
		}
	}
	for col, s := range best {
		if s.text != "" {
			c.set(x+gutter+col, y, s.text, s.ink)
		}
	}
}

// moments draws a faint upright line through the chart where load was cut or
// stopped: there everything before and after is to be told apart.
func (p pane) moments(c *canvas, x, y, h int, v window) {
	for _, k := range p.m.since(v.axis.from) {
		s, ok := p.m.signOf(k)
		col := v.axis.col(k.MS)
		if !ok || s.rank < 6 || col < 0 || col >= v.axis.cols {
			continue
		}
		for r := range h {
			if t := c.at(x+gutter+col, y+r); t == " " || t == "·" || t == "." {
				c.set(x+gutter+col, y+r, "┊", s.ink)
			}
		}
	}
}
