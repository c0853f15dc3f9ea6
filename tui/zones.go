package tui

import (
	"fmt"
	"math"

	tea "charm.land/bubbletea/v2"

	"crosstalk/session"
)

// zoneCount is how many zones the dial's scale has.
const zoneCount = 100

// zones are what was learnt at each level: how the worse of both environments
// was while so many users ran. 0 is nothing, else one more than rank.
type zones struct {
	full int
	seen [zoneCount + 1]uint8
}

// learned reads the zones from what is kept of the session: single seconds for 15
// minutes, tens of them for 8 hours. On its way from one level to the next the
// dial learns what lies between.
func (m *Model) learned(full int) *zones {
	z := &m.zones
	if z.full == full && m.zonesAt == m.s.Last && m.s.Last > 0 {
		return z
	}
	*z = zones{full: full}
	m.zonesAt = m.s.Last
	if full <= 0 {
		return z
	}
	was := 0
	ring := &m.s.Fine
	if m.s.Coarse.Len() > 0 && (ring.Len() == 0 || m.s.Coarse.At(0).MS < ring.At(0).MS) {
		ring = &m.s.Coarse
	}
	m.tried = ring.AppendRange(m.tried[:0], 0, 1<<62) // not into slots, which the charts still hold
	for i := range m.tried {
		s := &m.tried[i]
		if !s.Told || s.Running == 0 {
			was = 0
			continue
		}
		worst := uint8(1 + max(rank(s.Staging.State), rank(s.Prod.State)))
		if s.Prod.State == "" && s.Staging.State == "" {
			was = s.Running
			continue
		}
		from, to := min(max(was, 0), s.Running), s.Running
		if was > s.Running { // downward it leaves levels behind
			from = s.Running
		}
		for k := z.index(from); k <= z.index(to); k++ {
			if k > z.index(from) || from == to || worst == 1 {
				z.seen[k] = max(z.seen[k], worst)
			}
		}
		was = s.Running
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
		code uint8
		mark string
		ink  ink
	}{{3, "▲", inkAmber}, {4, "■", inkRed}} {
		for i, s := range z.seen {
			if s == k.code {
				p = append(p, piece{" " + k.mark, k.ink}, piece{fmt.Sprintf(" from %d", max(1, i*z.full/zoneCount)), inkDim})
				break
			}
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
