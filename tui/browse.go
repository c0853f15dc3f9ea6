package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// through are the keys that banner and status line name. From a card or list, too,
// they do what they always do, and it closes: who needs them has no time to close
// it first.
var through = strings.Split("space 0 1 2 3 4 5 6 7 8 9 b n y N u U c T A", " ")

// browse handles a key while something lies over the panes.
func (m *Model) browse(key string) tea.Cmd {
	if m.replay == nil && slices.Contains(through, key) && !m.taken(key) {
		was := m.overlay
		m.overlay = overlayNone
		cmd := m.does(key)
		if m.overlay == was {
			m.overlay = overlayNone // the same key closes it
		}
		return cmd
	}
	if m.overlay == overlayTimeline && m.alongTime(key) {
		return nil
	}
	page := max(1, m.h-8)
	m.scroll = m.clampScroll(m.scroll)
	switch key {
	case "esc", "q", "enter":
		m.overlay = overlayNone
	case "up", "k":
		m.scroll--
	case "down", "j":
		m.scroll++
	case "pgup":
		m.scroll -= page
	case "pgdown", "space": // in a replay nothing is to be held
		m.scroll += page
	case "home":
		m.scroll = 0
	case "end":
		m.scroll = 1 << 30
	case "y":
		if m.overlay == overlayCard {
			return m.copyCard()
		}
	case "?", "e", "l", "t", "w":
		was := m.overlay
		cmd := m.bound(key).act(m, key)
		if m.overlay == was {
			m.overlay = overlayNone // the same key closes it
		}
		return cmd
	}
	m.scroll = m.clampScroll(m.scroll)
	return nil
}

// taken tells whether a key of the banner means something else where the
// keyboard is: in a card or list that lies over the panes, or in what has the focus.
func (m *Model) taken(key string) bool {
	switch {
	case m.replay != nil || m.mode != modeMain || m.overlay == overlayPreflight:
		return false
	case m.overlay == overlayNone:
		return m.sel != "" && (key == "up" || key == "u") || m.tile.env != "" && key == "up"
	}
	return key == "up" || m.overlay == overlayCard && key == "y" || m.overlay == overlayAgain && key == "c"
}

// named is what a key does, for the banner: with what comes first where the key
// means something else.
func (m *Model) named(key, does string) string {
	if m.taken(key) {
		return "Esc, then " + key + " " + does
	}
	return key + " " + does
}

// startsAgain names the keys that move the dial after a stop.
func (m *Model) startsAgain() string {
	if m.taken("up") {
		return "a number starts again"
	}
	return "↑ or a number starts again"
}
