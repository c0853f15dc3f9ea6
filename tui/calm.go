package tui

import "crosstalk/session"

// nextMotion switches between the usual motion and less of it.
func (m *Model) nextMotion() {
	m.calm = !m.calm
	text := "motion as usual"
	if m.calm {
		text = "reduced motion: two pictures a second, nothing blinks"
	}
	m.say(text, false)
}

// urgent tells whether something of these is to be seen at once, whatever the
// motion.
func urgent(events []session.Event) bool {
	for _, e := range events {
		switch e.Type {
		case session.TypeStop, session.TypeGuardState, session.TypeHealthState, session.TypeDialHold:
			return true
		}
	}
	return false
}

// nextZoom gives the next pane the room: first the one that has the focus.
func (m *Model) nextZoom() {
	if m.zoom == zoomNone {
		switch {
		case m.sel != "":
			m.zoom = zoomNotes
			return
		case m.tile.env == "production":
			m.zoom = zoomProduction
			return
		}
	}
	m.zoom = (m.zoom + 1) % zoomCount
}
