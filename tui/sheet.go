package tui

import (
	"fmt"
	"slices"
	"strings"

	"crosstalk/session"
)

// sheet is a card or list that lies over the panes. Its lines are made when
// they are drawn, so a long list costs what is seen of it.
type sheet struct {
	m     *Model
	title string
	about string
	w     int // columns it wants
	n     int // lines
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
	if s.n > h-2 {
		foot = fmt.Sprintf(" ↑ ↓ scroll · %d to %d of %d · Esc closes ", from+1, min(s.n, from+h-2), s.n)
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
	case overlayTimeline:
		return m.timeline(), true
	case overlayCard:
		return m.card(), true
	case overlayAgain:
		return m.againSheet(), true
	case overlayLink:
		return m.linkSheet(), true
	}
	return sheet{}, false
}

func fixed(lines [][]piece) func(int) []piece {
	return func(i int) []piece { return lines[i] }
}

// timeline lists everything that happened, newest last.
func (m *Model) timeline() sheet {
	all := m.s.Marks
	zone := m.now.Location()
	line := func(i int) []piece {
		k := all[i]
		text, ink := k.Text, inkText
		if n, ok := m.s.Notes.Get(k.ID); ok && k.ID != "" {
			text = strings.TrimSpace(n.Kind.Info().Mark + " " + n.Text)
			if n.System {
				ink = inkSystem
			}
			if n.Gone != nil {
				text, ink = "(note taken back)", inkSystem
			}
		}
		mark := sign{" ", inkDim, 0}
		if s, ok := m.signOf(k); ok {
			mark = s
		}
		return []piece{
			{fmt.Sprintf("%-8s", since(k.MS)), inkText}, {k.T.In(zone).Format("15:04:05") + "  ", inkDim},
			{mark.text + " ", mark.ink}, {fmt.Sprintf("%-10s", cut(k.By, 9)), inkDim}, {strings.Join(strings.Fields(text), " "), ink},
		}
	}
	if len(all) == 0 {
		return sheet{m: m, title: "TIMELINE", w: 60, n: 1, line: fixed([][]piece{{{"nothing has happened yet", inkDim}}})}
	}
	return sheet{m: m, title: "TIMELINE", about: "session time, clock, who, what ", w: max(76, m.w-12), n: len(all), line: line}
}

// errorsSheet lists errors by kind and every step.
func (m *Model) errorsSheet() sheet {
	s := m.s
	var l [][]piece
	add := func(p ...piece) { l = append(l, p) }
	all := 0.0
	if s.Requests > 0 {
		all = float64(s.Errors) / float64(s.Requests)
	}
	add(piece{fmt.Sprintf("%d", s.Requests), inkText}, piece{" requests since the start, ", inkDim}, piece{fmt.Sprintf("%d", s.Errors), inkText},
		piece{" of them errors (", inkDim}, piece{share(all), inkText}, piece{")", inkDim})
	add()
	l = append(l, m.machineLines()...)
	add(piece{"ERRORS BY KIND", inkStrong})
	kinds := make([]string, 0, len(s.Kinds))
	for k := range s.Kinds {
		kinds = append(kinds, k)
	}
	slices.SortFunc(kinds, func(a, b string) int {
		if s.Kinds[a] != s.Kinds[b] {
			return int(int64(s.Kinds[b]) - int64(s.Kinds[a]))
		}
		return strings.Compare(a, b)
	})
	for _, k := range kinds {
		add(piece{fmt.Sprintf("%9d  ", s.Kinds[k]), inkText}, piece{k, inkText})
	}
	if len(kinds) == 0 {
		add(piece{"    none so far", inkDim})
	}
	add()
	add(piece{"STEPS", inkStrong}, piece{"  counts since the start, latency of the newest second", inkDim})
	name := 20
	steps := make([]*session.StepTotal, 0, len(s.Steps))
	for _, t := range s.Steps {
		steps = append(steps, t)
		name = max(name, width(t.Journey+" "+t.Step))
	}
	name = min(name, 40)
	slices.SortFunc(steps, func(a, b *session.StepTotal) int {
		return strings.Compare(a.Journey+"\x00"+a.Step, b.Journey+"\x00"+b.Step)
	})
	add(piece{fmt.Sprintf("%-*s %9s %8s %8s %7s %7s %7s", name, "journey and step", "requests", "errors", "share", "p50", "p95", "max"), inkDim})
	for _, t := range steps {
		e := 0.0
		if t.Requests > 0 {
			e = float64(t.Errors) / float64(t.Requests)
		}
		label := cut(t.Journey+" "+t.Step, name)
		k := inkText
		if t.Errors > 0 {
			k = inkStrong
		}
		add(piece{label + strings.Repeat(" ", name-width(label)+1), inkText}, piece{fmt.Sprintf("%9d ", t.Requests), inkText},
			piece{fmt.Sprintf("%8d %8s ", t.Errors, share(e)), k}, piece{fmt.Sprintf("%7s %7s %7s", orDash(t.P50), orDash(t.P95), orDash(t.Max)), inkText})
	}
	if len(steps) == 0 {
		add(piece{"no request yet", inkDim})
	}
	return sheet{m: m, title: "ERRORS AND STEPS", w: name + 54, n: len(l), line: fixed(l)}
}

func orDash(p *float64) string {
	if p == nil {
		return "–"
	}
	return millis(*p)
}
