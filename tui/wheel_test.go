package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"crosstalk/session"
)

// wheelOver turns the wheel over the middle of a part of the window.
func (m *Model) wheelOver(r rect, b tea.MouseButton) {
	_, cmd := m.Update(tea.MouseWheelMsg{Button: b, X: r.x + r.w/2, Y: r.y + r.h/2})
	m.run(cmd)
}

func TestTheWheelTurnsTheDialOverItsBoxAlone(t *testing.T) {
	t.Parallel()
	m, src := screen(busyStory(), 120, 36)
	for _, r := range []rect{m.layout.header, m.layout.staging, m.layout.production, m.layout.notes, m.layout.status} {
		m.wheelOver(r, tea.MouseWheelUp)
		m.wheelOver(r, tea.MouseWheelDown)
	}
	if did := src.done(); len(did) > 0 {
		t.Fatalf("beside its box the dial moved: %v", did)
	}
	m.wheelOver(m.layout.users, tea.MouseWheelDown)
	if did := src.done(); len(did) != 1 || did[0] != (session.MoveDial{By: -1}) {
		t.Errorf("over its box: %v", did)
	}
}

func TestTheWheelScrollsTheNotes(t *testing.T) {
	t.Parallel()
	tale := busyStory()
	for i := range 20 {
		tale.note("mel", "!", fmt.Sprintf("number %d", i))
	}
	m, src := screen(tale, 120, 36)
	over := func(b tea.MouseButton) { m.wheelOver(m.layout.notes, b) }
	over(tea.MouseWheelUp)
	over(tea.MouseWheelUp)
	f := m.text()
	if strings.Contains(f, "number 18") || !strings.Contains(f, "number 17") || !strings.Contains(f, "2 newer") {
		t.Errorf("after two notches:\n%s", f)
	}
	for range 50 {
		over(tea.MouseWheelUp)
	}
	oldest := m.text()
	if over(tea.MouseWheelDown); m.text() == oldest {
		t.Errorf("after the oldest the wheel winds on:\n%s", oldest)
	}
	for range 50 {
		over(tea.MouseWheelDown)
	}
	if f := m.text(); !strings.Contains(f, "number 19") || strings.Contains(f, "newer") {
		t.Errorf("back at the newest:\n%s", f)
	}
	m.pressAll("tab")
	was := m.sel
	if over(tea.MouseWheelUp); m.sel == was {
		t.Error("the selection does not move")
	}
	if len(src.done()) > 0 {
		t.Errorf("the dial moved: %v", src.done())
	}
}

func TestTheWheelScrollsWhatLiesOverThePanes(t *testing.T) {
	t.Parallel()
	for _, k := range []string{"?", "l", "e"} {
		m, _ := screen(redStory(), 80, 24)
		m.pressAll("s", "esc", k)
		for _, b := range []tea.MouseButton{tea.MouseWheelUp, tea.MouseWheelDown} {
			for range 60 { // as far as it goes
				m.wheelOver(m.layout.users, b)
			}
			end := m.text()
			back := tea.MouseWheelUp
			if b == back {
				back = tea.MouseWheelDown
			}
			s, _ := m.sheet()
			if s.n <= s.place().h-2 {
				continue // all of it is in sight
			}
			if m.wheelOver(m.layout.users, back); m.text() == end {
				t.Errorf("%s: past its end the wheel winds on:\n%s", k, end)
			}
		}
	}
	m, _ := screen(redStory(), 120, 36)
	m.pressAll("t")
	at := m.where()
	m.wheelOver(m.layout.users, tea.MouseWheelUp)
	if m.where() >= at {
		t.Error("the timeline's cursor does not go back")
	}
	m.wheelOver(m.layout.users, tea.MouseWheelDown)
	m.wheelOver(m.layout.users, tea.MouseWheelDown)
	if m.point.set {
		t.Error("the timeline's cursor does not come back to now")
	}
}

// The list of levels opens at its newest; the first notch moves it from there.
func TestTheWheelScrollsTheLevelsFromTheirEnd(t *testing.T) {
	t.Parallel()
	m, _ := screen(redStory(), 80, 24)
	for i := range 40 {
		m.s.Levels = append(m.s.Levels, session.Level{LevelTick: session.LevelTick{Asked: 1000 + i}})
	}
	m.pressAll("l")
	was := m.text()
	if m.wheelOver(m.layout.users, tea.MouseWheelUp); m.text() == was || m.scroll > 100 {
		t.Errorf("one notch leaves it at %d", m.scroll)
	}
}
