package tui

import "crosstalk/session"

// stripLen is how many seconds of a check are remembered.
const stripLen = 60

// tileKey names one check.
type tileKey struct{ env, name string }

// strip is the last minute of one check, one mark a second.
type strip struct {
	last  int64 // the newest second
	marks [stripLen]mark
}

// mark is what a second of a check was like, gentlest first.
type mark uint8

const (
	markNothing mark = iota
	markGreen
	markLate
	markNoSight
	markAmber
	markRed
)

func markOf(c session.CheckState) mark {
	switch {
	case c.State == "red":
		return markRed
	case c.State == "amber":
		return markAmber
	case c.State != "green":
		return markNoSight
	case c.Late:
		return markLate
	}
	return markGreen
}

// sign is how a mark stands in a strip.
func (k mark) sign() (string, ink) {
	switch k {
	case markGreen:
		return "·", inkDim
	case markLate:
		return "'", inkText
	case markNoSight:
		return "◦", inkNoSight
	case markAmber:
		return "▴", inkAmber
	case markRed:
		return "▪", inkRed
	}
	return " ", inkPlain
}

// write notes what a second was like; of several the worst counts. Ticks come
// about once a second: one that comes a little late leaves no gap.
func (s *strip) write(second int64, k mark) {
	switch gap := second - s.last; {
	case gap < 0:
		return
	case gap == 0:
		s.marks[second%stripLen] = max(s.marks[second%stripLen], k)
		return
	case gap == 2 && s.last > 0:
		s.marks[(second-1)%stripLen] = s.marks[s.last%stripLen]
	default:
		for i := s.last + 1; i < second && i <= s.last+stripLen; i++ {
			s.marks[i%stripLen] = markNothing
		}
	}
	s.marks[second%stripLen] = k
	s.last = second
}

// at is the second, or nothing when it was not told or is forgotten.
func (s *strip) at(second int64) mark {
	if second < 0 || second > s.last || second <= s.last-stripLen {
		return markNothing
	}
	return s.marks[second%stripLen]
}

// draw writes the last minute into so many cells, the newest at the right.
func (s *strip) draw(c *canvas, x, y, cells int, now int64) {
	if s == nil {
		return
	}
	end := now / 1000
	if end-s.last <= 2 {
		end = s.last // the next tick is on its way
	}
	// A cell is always the same seconds, so that a strip moves and does not flicker.
	per := int64(stripLen / cells)
	for i := range cells {
		from := (end/per - int64(cells-1-i)) * per
		worst := markNothing
		for sec := from; sec < from+per; sec++ {
			worst = max(worst, s.at(sec))
		}
		if text, k := worst.sign(); worst != markNothing {
			c.set(x+i, y, text, k)
		}
	}
}

// remember keeps what an event tells of single checks.
func (m *Model) remember(e session.Event) {
	switch b := e.Body.(type) {
	case *session.Start:
		m.past = map[tileKey]*strip{}
	case *session.HealthTick:
		for _, t := range m.s.Env(b.Env).Tiles {
			m.strip(tileKey{b.Env, t.Info.Name}).write(e.MS/1000, markOf(t.Now))
		}
		if b.Env == "self" {
			m.machine = readMachine(b.Vitals)
		}
	case *session.HealthState:
		if b.Check != "" {
			m.strip(tileKey{b.Env, b.Check}).write(e.MS/1000, markOf(session.CheckState{State: b.To}))
		}
	}
}

// maxStrips bounds what foreign check names can make the screen remember.
const maxStrips = 4096

func (m *Model) strip(k tileKey) *strip {
	s, ok := m.past[k]
	if !ok {
		if s = (&strip{}); len(m.past) < maxStrips {
			m.past[k] = s
		}
	}
	return s
}
