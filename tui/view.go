package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// View draws the frame.
func (m *Model) View() tea.View {
	v := tea.NewView(m.frame())
	v.AltScreen = true
	v.MouseMode = tea.MouseModeCellMotion
	v.WindowTitle = m.windowTitle()
	v.ProgressBar = m.progress()
	if v.Cursor = m.cursor(); v.Cursor != nil && m.calm {
		v.Cursor.Blink = false
	}
	return v
}

// frame is exactly as tall and wide as the window.
func (m *Model) frame() string {
	l := m.layout
	if l.w <= 0 || l.h <= 0 {
		return ""
	}
	if l.small {
		return m.tooSmall()
	}
	lines := make([]string, 0, l.h)
	put := func(s string) { lines = append(lines, strings.Split(s, "\n")...) }
	put(header{m}.render(l.w, 1))
	if l.banner.h > 0 {
		put(banner{m}.render(l.banner.w, l.banner.h))
	}
	staging, production := pane{m, "staging"}, pane{m, "production"}
	switch {
	case m.overlay == overlayTimeline: // it has the room of all panes
		r := m.timelineRect()
		put(timeline{m}.render(r.w, r.h))
	case m.zoom == zoomStaging:
		put(staging.render(l.staging.w, l.staging.h))
	case m.zoom == zoomProduction:
		put(production.render(l.production.w, l.production.h))
	default:
		put(beside(staging.render(l.staging.w, l.staging.h), production.render(l.production.w, l.production.h)))
	}
	if m.overlay != overlayTimeline {
		put(beside(gauge{m}.render(l.users.w, l.users.h), noteBox{m}.render(l.notes.w, l.notes.h)))
	}
	if l.bar.h > 0 {
		put(m.replay.bar(l.bar.w))
	}
	put(status{m}.render(l.w, 1))
	if s, ok := m.sheet(); ok {
		r := s.place()
		paste(lines, s.render(r.w, r.h), r.x, r.y, r.w)
	}
	if told := (said{m}).lines(); len(told) > 0 {
		r := said{m}.place(len(told))
		paste(lines, said{m}.render(told), r.x, r.y, r.w)
	}
	if m.mode == modeForm {
		r := m.formRect()
		paste(lines, sheetForm{m}.render(r.w, r.h), r.x, r.y, r.w)
	}
	if m.mode == modeEdit && m.editor.purpose == editLearned {
		r := farewellRect(l)
		paste(lines, farewell{m}.render(r.w, r.h), r.x, r.y, r.w)
	}
	return strings.Join(lines, "\n")
}

// beside joins two blocks of the same height.
func beside(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range as {
		as[i] += bs[i]
	}
	return strings.Join(as, "\n")
}

// cursor is the terminal's own, where text is typed.
func (m *Model) cursor() *tea.Cursor {
	if m.mode == modeForm && !m.layout.small && m.layout.w > 0 {
		r := m.formRect()
		x, y := sheetForm{m}.cursor(r.w, r.h)
		return tea.NewCursor(r.x+x, r.y+y)
	}
	if m.mode != modeEdit || m.layout.small || m.layout.w == 0 {
		return nil
	}
	if m.editor.purpose == editLearned {
		r := farewellRect(m.layout)
		x, y := farewell{m}.cursor(r.w)
		return tea.NewCursor(r.x+x, r.y+y)
	}
	if m.overlay != overlayNone {
		return nil
	}
	r := m.layout.notes
	x, y := noteBox{m}.cursor(r.w, r.h)
	return tea.NewCursor(r.x+x, r.y+y)
}

// farewell asks for the one sentence that will head the report.
type farewell struct{ m *Model }

func farewellRect(l layout) rect {
	w := min(76, l.w-4)
	top := l.banner.y + l.banner.h
	return rect{(l.w - w) / 2, top + 2, w, 9}
}

func (f farewell) render(w, h int) string {
	c := newCanvas(f.m.st, w, h)
	c.box(inkStaging)
	c.text(1, 0, " BEFORE YOU GO ", inkStrong)
	c.text(3, 2, "All load is stopped. What did you learn, in one sentence?", inkText)
	lines, _, cy := f.m.editor.wrap(w - 8)
	from := max(0, cy-1)
	for i := 0; i < 2 && from+i < len(lines); i++ {
		if i == 0 {
			c.text(3, 4, ">", inkStrong)
		}
		c.clip(5, 4+i, w-3, lines[from+i], inkInput)
	}
	x := c.text(3, 7, "Enter", inkKey)
	x = c.text(x, 7, " leaves; the sentence heads the report, none is fine   ", inkDim)
	x = c.text(x, 7, "Esc", inkKey)
	c.clip(x, 7, w-2, " stays", inkDim)
	return c.String()
}

func (f farewell) cursor(w int) (x, y int) {
	_, cx, cy := f.m.editor.wrap(w - 8)
	return 5 + cx, 4 + cy - max(0, cy-1)
}
