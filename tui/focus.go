package tui

import (
	"slices"

	"crosstalk/session"
)

// focus goes on from the dial to the list of notes, staging's tiles,
// production's tiles and back to the dial, or the other way round. What is
// empty or not shown is left out.
func (m *Model) focus(back bool) {
	m.overlay = overlayNone
	stops := []string{""}
	if len(m.s.Notes.Notes) > 0 {
		stops = append(stops, "notes")
	}
	for _, env := range m.panes() {
		if len(m.s.Env(env).Tiles) > 0 {
			stops = append(stops, env)
		}
	}
	if len(stops) == 1 {
		m.say("there is no note yet: n writes one", false)
		return
	}
	now := m.tile.env
	if m.sel != "" {
		now = "notes"
	}
	step := 1
	if back {
		step = len(stops) - 1
	}
	m.sel, m.tile, m.desk.open, m.desk.back = "", tileKey{}, false, 0
	switch next := stops[(max(0, slices.Index(stops, now))+step)%len(stops)]; next {
	case "":
	case "notes":
		m.sel = m.s.Notes.Notes[len(m.s.Notes.Notes)-1].ID
	default:
		// What asks most for attention is what one goes there for.
		all := m.s.Env(next).Tiles
		pick := slices.MaxFunc(all, func(a, b session.Tile) int { return rank(a.Now.State) - rank(b.Now.State) })
		m.tile = tileKey{next, pick.Info.Name}
	}
}

// selected returns the selected tile, if a pane has the focus.
func (m *Model) selected() (session.Tile, bool) {
	if m.tile.env == "" || !slices.Contains(m.panes(), m.tile.env) {
		return session.Tile{}, false
	}
	all := m.s.Env(m.tile.env).Tiles
	i := slices.IndexFunc(all, func(t session.Tile) bool { return t.Info.Name == m.tile.name })
	if i < 0 {
		return session.Tile{}, false
	}
	return all[i], true
}

// wall handles a key while a pane's tiles have the focus and tells whether it
// was its own.
func (m *Model) wall(key string) bool {
	env := m.tile.env
	p := m.heads.plans[env]
	all := m.tiles(env).order(p)
	i := slices.IndexFunc(all, func(t session.Tile) bool { return t.Info.Name == m.tile.name })
	if i < 0 || p.cols == 0 {
		m.tile = tileKey{}
		return false
	}
	var to int
	switch key {
	case "left":
		to = i - 1
	case "right":
		to = i + 1
	case "up", "k":
		to = i - p.cols
	case "down", "j":
		to = i + p.cols
	case "home":
		to = 0
	case "end":
		to = len(all) - 1
	case "esc":
		m.tile = tileKey{}
		return true
	case "m":
		m.muting(all[i])
		return true
	case "a":
		m.setAside(all[i])
		return true
	default:
		return false
	}
	if to >= 0 && to < len(all) {
		m.tile.name = all[to].Info.Name
	}
	return true
}

// muting asks why a check may only warn, unless it would be refused.
func (m *Model) muting(t session.Tile) {
	if t.Now.Muted {
		m.say(t.Info.Name+" only warns already, until it is green", false)
		return
	}
	if err := m.src.May(m.o.Who, session.Mute{Env: t.Info.Env, Check: t.Info.Name, Why: "any"}); err != nil {
		m.say(err.Error(), true)
		return
	}
	m.mode, m.editor = modeEdit, editor{purpose: editMute, id: t.Info.Name, env: t.Info.Env}
}

// warning asks why amber may only warn for a while, unless it would be refused.
func (m *Model) warning() {
	if err := m.refused["warn"]; err != nil {
		m.say(err.Error(), true)
		return
	}
	m.mode, m.editor = modeEdit, editor{purpose: editWarn}
}
