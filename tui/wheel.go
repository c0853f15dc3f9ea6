package tui

import (
	tea "charm.land/bubbletea/v2"

	"crosstalk/notes"
)

// sheetLines is how far one notch of the wheel scrolls a card or list.
const sheetLines = 3

func (r rect) holds(x, y int) bool { return x >= r.x && x < r.x+r.w && y >= r.y && y < r.y+r.h }

// turn is the wheel: it scrolls what it points at, and turns the dial over the box
// of users alone.
func (m *Model) turn(msg tea.MouseWheelMsg) tea.Cmd {
	by := map[tea.MouseButton]int{tea.MouseWheelUp: -1, tea.MouseWheelDown: 1}[msg.Button]
	l := m.layout
	switch {
	case by == 0 || m.pictured() || m.leaving || l.small:
	case m.overlay == overlayTimeline:
		m.alongTime(map[int]string{-1: "shift+left", 1: "shift+right"}[by])
	case m.overlay != overlayNone:
		m.scroll = m.clampScroll(m.clampScroll(m.scroll) + by*sheetLines)
	case m.replay != nil || m.mode == modeForm:
	case l.notes.holds(msg.X, msg.Y):
		m.turnNotes(by)
	case l.users.holds(msg.X, msg.Y) && m.mode == modeMain:
		return m.turnDial(by)
	}
	return nil
}

// turnDial goes down freely and up slowly, because a wheel turns by accident.
func (m *Model) turnDial(by int) tea.Cmd {
	m.guideHears("up")
	if by < 0 {
		if m.now.Sub(m.wheel) < wheelEvery {
			return nil
		}
		m.wheel = m.now
	}
	return m.moveDial(-by)
}

// turnNotes scrolls the opened note, or the list: what is selected there moves
// with it, and without a selection the list goes back from the newest.
func (m *Model) turnNotes(by int) {
	key := map[int]string{-1: "up", 1: "down"}[by]
	n, ok := m.s.Notes.Get(m.sel)
	switch {
	case m.mode != modeMain && m.sel != "": // it is being changed
	case ok && m.desk.open:
		m.onCard(key, n)
	case ok:
		m.step(key)
	default:
		b, all := noteBox{m}, m.listed()
		w, h := b.room()
		oldest := b.firstFull(all, w, h)
		m.desk.back = min(max(0, min(m.desk.back, len(all)-1-oldest)-by), max(0, len(all)-1-oldest))
	}
}

// room is what the list of notes has: columns and rows.
func (b noteBox) room() (w, h int) {
	r := b.m.layout.notes
	line := r.h - 1
	if b.m.replay == nil {
		line = b.input(newCanvas(b.m.st, r.w, r.h), 2, r.w-4, r.h)
	}
	return r.w - 4, line - 1
}

// firstFull is the oldest note that may stand at the bottom: those before it fill
// the list.
func (b noteBox) firstFull(all []*notes.Note, w, h int) int {
	used := 0
	for i, n := range all {
		if used += len(b.rows(n, w)); used >= h {
			return i
		}
	}
	return max(0, len(all)-1)
}

// scrolled is the note at the bottom of a list without a selection.
func (b noteBox) scrolled(all []*notes.Note, w, h int) int {
	if b.m.desk.back == 0 {
		return len(all) - 1
	}
	return max(b.firstFull(all, w, h), len(all)-1-b.m.desk.back)
}
