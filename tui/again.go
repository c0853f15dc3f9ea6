package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"crosstalk/session"
)

// againKeys open the list of what an earlier session left open.
func againKeys() []binding {
	return []binding{
		{id: "again", keys: []string{"L"}, show: "L", does: "what the earlier session left open", group: groupNotes,
			act: func(m *Model, _ string) tea.Cmd { m.openAgain(); return nil }},
		{id: "ticked", show: "s g c", does: "in that list: still there, gone, changed", group: groupNotes},
	}
}

func (m *Model) openAgain() {
	if len(m.s.Items) == 0 {
		m.say("this session is like no other: run --like DIR brings what an earlier one left open", false)
		return
	}
	m.open(overlayAgain)
	// The first that nobody looked at is what one comes for.
	m.item = max(0, slices.IndexFunc(m.s.Items, func(i session.Item) bool { return i.Outcome == "" }))
	m.showItem()
}

// onSheet handles the keys that one sheet alone has.
func (m *Model) onSheet(key string) (tea.Cmd, bool) {
	switch m.overlay {
	case overlayAgain:
		return m.tickItem(key)
	case overlayLink:
		return m.checkKey(key)
	case overlayLevels:
		if key == "s" {
			m.levelSteps = !m.levelSteps
			return nil, true
		}
	case overlayPreflight:
		return m.onPreflight(key)
	case overlayShare:
		return m.shareKey(key)
	}
	return nil, false
}

// tickItem handles a key in the list of items and tells whether it was its own.
func (m *Model) tickItem(key string) (tea.Cmd, bool) {
	last := len(m.s.Items) - 1
	outcome := map[string]string{"s": session.Still, "g": session.Gone, "c": session.Changed}[key]
	switch {
	case last < 0:
		return nil, false
	case outcome != "":
		cmd := m.do(session.TickItem{ID: m.s.Items[m.item].ID, Outcome: outcome})
		m.item = min(last, m.item+1)
		m.showItem()
		return cmd, true
	case key == "up" || key == "k":
		m.item = max(0, m.item-1)
	case key == "down" || key == "j":
		m.item = min(last, m.item+1)
	default:
		return nil, false
	}
	m.showItem()
	return nil, true
}

// showItem scrolls so that the selected item is seen.
func (m *Model) showItem() {
	s, ok := m.sheet()
	if !ok || m.layout.small {
		return
	}
	rows := s.place().h - 2
	m.scroll = min(max(m.scroll, m.item+itemHead-rows+1), m.item)
}

// itemHead is how many lines stand above the items.
const itemHead = 2

func (m *Model) againSheet() sheet {
	const w = 100
	lines := [][]piece{{{"of " + m.s.Items[0].From + ": s still there · g gone · c changed · ↑ ↓ select", inkDim}}, nil}
	if why := m.s.Taken; why != "" {
		lines[1] = []piece{{"its moves are not made any more: " + why, inkDim}}
	}
	for i, it := range m.s.Items {
		mark, k := "  ", inkText
		if i == m.item {
			mark, k = "▸ ", inkStrong
		}
		outcome, ink := "not looked at", inkFaint
		switch it.Outcome {
		case session.Still:
			outcome, ink = "still there", inkAmber
		case session.Gone:
			outcome, ink = "gone", inkGreen
		case session.Changed:
			outcome, ink = "changed", inkStaging
		}
		text := strings.Join(strings.Fields(it.Text), " ")
		lines = append(lines, []piece{{mark, inkStrong}, {fmt.Sprintf("%-14s", outcome), ink}, {fmt.Sprintf("%-5s %-9s", it.Note, it.Kind), inkDim}, {text, k}})
	}
	return sheet{m: m, title: "AGAIN", about: "what the earlier session left open ", w: w, n: len(lines), line: fixed(lines)}
}
