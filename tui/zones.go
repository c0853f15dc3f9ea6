package tui

import (
	"fmt"
	"math"

	tea "charm.land/bubbletea/v2"

	"crosstalk/session"
)

// zoneCount is how many zones the dial's scale has.
const zoneCount = 100

// zones are what was learnt at each level: the worst that both environments were
// while it was held, or turned to in passing. 0 is nothing, else one more than rank.
type zones struct {
	full       int
	seen       [zoneCount + 1]uint8
	amber, red int // the lowest levels that were so; 0: none
}

// learned reads the zones from what the session has learnt. A level's zone is
// drawn a little wider than it is, where no other level has that place.
func (m *Model) learned(full int) *zones {
	z := &m.zones
	if z.full == full && m.zonesAt == m.s.Seq && m.s.Seq > 0 {
		return z
	}
	*z = zones{full: full}
	m.zonesAt = m.s.Seq
	if full <= 0 {
		return z
	}
	least := func(at *int, level int) {
		if *at == 0 || level < *at {
			*at = level
		}
	}
	for level, state := range m.s.Learnt {
		k := z.index(level)
		z.seen[k] = max(z.seen[k], uint8(1+rank(state)))
		switch state {
		case "amber":
			least(&z.amber, level)
		case "red":
			least(&z.red, level)
		}
	}
	own := z.seen
	for k, code := range own {
		if code != 0 {
			continue
		}
		if k > 0 {
			z.seen[k] = own[k-1]
		}
		if k < zoneCount {
			z.seen[k] = max(z.seen[k], own[k+1])
		}
	}
	return z
}

func (z *zones) index(users int) int { return min(max(0, users*zoneCount/max(1, z.full)), zoneCount) }

// at is the ink of a place on the scale, 0 to 1; plain where nothing is known.
func (z *zones) at(share float64) ink {
	switch z.seen[min(max(0, int(share*zoneCount)), zoneCount)] {
	case 1:
		return inkGreen
	case 2:
		return inkNoSight
	case 3:
		return inkAmber
	case 4:
		return inkRed
	}
	return inkPlain
}

// words say what the colours say: from which level on it was worse.
func (z *zones) words() []piece {
	var p []piece
	for _, k := range []struct {
		level int
		mark  string
		ink   ink
	}{{z.amber, "▲", inkAmber}, {z.red, "■", inkRed}} {
		if k.level > 0 {
			p = append(p, piece{" " + k.mark, k.ink}, piece{fmt.Sprintf(" from %d", k.level), inkDim})
		}
	}
	return p
}

// sayZones writes what was learnt into the lower border.
func (g gauge) sayZones(c *canvas) {
	p := g.m.learned(g.full()).words()
	if len(p) == 0 {
		return
	}
	p = append(p, piece{" ", inkDim})
	n := total([][]piece{p})
	if n+3 > c.w {
		return
	}
	x := c.w - 1 - n
	for _, k := range p {
		x = c.text(x, c.h-1, k.text, k.ink)
	}
}

// click puts the dial where the gauge was clicked: downward at once, upward as a
// typed number that waits for Enter, because a hand slips.
func (m *Model) click(msg tea.MouseClickMsg) tea.Cmd {
	l := m.layout
	if msg.Button != tea.MouseLeft || l.small || m.leaving || m.replay != nil || m.pictured() {
		return nil
	}
	if m.overlay == overlayTimeline && m.mode == modeMain {
		if col := msg.X - 1 - gutter; col >= 0 && col < m.view.axis.cols {
			m.toMoment(m.view.axis.from + int64(col*m.view.axis.per)*m.view.axis.bucket)
		}
		return nil
	}
	if m.overlay != overlayNone || m.mode != modeMain && m.mode != modeNumber {
		return nil
	}
	to, ok := (gauge{m}).pointed(msg.X-l.users.x, msg.Y-l.users.y, l.users.w, l.users.h)
	if !ok {
		return nil
	}
	m.guideHears("number")
	if to <= m.s.Dial.Asked {
		m.mode = modeMain
		return m.setDial(setTo(to))
	}
	m.mode, m.number, m.spike = modeNumber, fmt.Sprint(to), false
	return nil
}

func setTo(n int) session.Command {
	if n == 0 {
		return session.EaseOff{}
	}
	return session.SetDial{To: n}
}

// pointed is the level at a place of the box; false beside the gauge.
func (g gauge) pointed(px, py, w, h int) (int, bool) {
	iw := w - 4
	arc := h - 3 - len(g.lines(iw, h))
	x, y := px-2, py-1
	if x < 0 || x >= iw || y < 0 || y >= max(1, arc) {
		return 0, false
	}
	full := g.full()
	if arc < 3 {
		return (x*full + iw/2) / max(1, iw-1), true
	}
	// A cell is twice as high as wide.
	ex, ey := float64(x)+0.5-float64(iw)/2, 2*(float64(arc-y)-0.5)
	r := 2 * float64(arc)
	if d := math.Hypot(ex, ey); d < 0.55*r || d > 1.35*r {
		return 0, false
	}
	share := 1 - math.Atan2(ey, ex)/math.Pi
	return min(max(0, int(math.Round(share*float64(full)))), full), true
}
