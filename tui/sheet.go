package tui

import (
	"fmt"
	"strings"
)

// sheet is a card or list that lies over the panes. Its lines are made when
// they are drawn, so a long list costs what is seen of it.
type sheet struct {
	m     *Model
	title string
	about string
	foot  string // what else may be pressed
	w     int    // columns it wants
	n     int    // lines
	line  func(i int) []piece
}

// render draws the lines from the scroll position on.
func (s sheet) render(w, h int) string {
	c := newCanvas(s.m.st, w, h)
	c.box(inkDim)
	x := c.text(1, 0, " "+s.title+" ", inkStrong)
	c.clip(x, 0, w-2, s.about, inkDim)
	from := s.m.scroll
	if most := max(0, s.n-(h-2)); from > most {
		from = most
	}
	from = max(0, from)
	for i := 0; i < h-2 && from+i < s.n; i++ {
		at := 2
		for _, p := range s.line(from + i) {
			at = c.clip(at, 1+i, w-2, p.text, p.ink)
		}
	}
	foot := " Esc closes "
	switch {
	case s.m.pictured():
		foot = " what " + s.m.pair.follow + " looks at · Esc gives your own view "
	case s.m.overlay == overlayPreflight:
		foot = " Enter goes on "
	case s.foot != "":
		foot = " " + s.foot + " · Esc closes "
	}
	if s.n > h-2 {
		foot = fmt.Sprintf(" ↑ ↓ scroll · %d to %d of %d ·%s", from+1, min(s.n, from+h-2), s.n, foot)
		if s.m.pictured() {
			foot = strings.Replace(foot, "↑ ↓ scroll", "Page scrolls", 1)
		}
	}
	c.right(w-2, h-1, foot, inkDim)
	return c.String()
}

// place is where the sheet lies: between the banner and the status line, so
// that neither is ever hidden.
func (s sheet) place() rect {
	l := s.m.layout
	top := l.banner.y + l.banner.h
	room := l.status.y - l.bar.h - top
	if s.m.overlay == overlayPreflight { // dial and notes stay in sight
		room = l.users.y - top
	}
	w := min(l.w, s.w+4)
	h := min(room, s.n+2)
	return rect{(l.w - w) / 2, top + (room-h)/2, w, h}
}

func (m *Model) clampScroll(n int) int {
	s, ok := m.sheet()
	if !ok || m.layout.small {
		return 0
	}
	return min(max(0, n), max(0, s.n-(s.place().h-2)))
}

// sheet returns what lies over the panes now.
func (m *Model) sheet() (sheet, bool) {
	switch m.overlay {
	case overlayHelp:
		return m.help(), true
	case overlayErrors:
		return m.errorsSheet(), true
	case overlayLevels:
		return m.levelsSheet(), true
	case overlayCard:
		return m.card(), true
	case overlayAgain:
		return m.againSheet(), true
	case overlayLink:
		return m.linkSheet(), true
	case overlayPreflight:
		return m.preflightSheet(), true
	case overlayShare:
		return m.shareSheet(), true
	}
	return sheet{}, false
}

func fixed(lines [][]piece) func(int) []piece {
	return func(i int) []piece { return lines[i] }
}
