package tui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
)

// look is what a screen shows of all it could show.
type look struct {
	zoom    zoom
	overlay overlay
	scroll  int
	item    int
	steps   bool
	scale   scaling
	reach   time.Duration
	point   moment
	sel     string
	open    bool
	tile    tileKey
}

func (m *Model) looks() look {
	return look{m.zoom, m.overlay, m.scroll, m.item, m.levelSteps, m.scale, m.reach, m.point, m.sel, m.desk.open, m.tile}
}

func (m *Model) lookLike(l look) {
	m.zoom, m.overlay, m.scroll, m.item, m.levelSteps = l.zoom, l.overlay, l.scroll, l.item, l.steps
	m.scale, m.reach, m.point = l.scale, l.reach, l.point
	m.sel, m.desk.open, m.tile = l.sel, l.open, l.tile
}

// busy tells whether a card or a list lies there that takes keys.
func (l look) busy() bool { return l.overlay != overlayNone || l.sel != "" || l.tile.env != "" }

// withoutCards is the look with nothing on it that takes keys.
func (l look) withoutCards() look {
	return look{zoom: l.zoom, steps: l.steps, scale: l.scale, reach: l.reach}
}

// startFollowing makes this screen show what somebody else's does.
func (m *Model) startFollowing(name string) {
	m.overlay = overlayNone
	if m.pair.follow == "" {
		m.pair.own = m.looks()
	}
	m.pair.follow, m.pair.taken, m.pair.mine = name, m.looks(), false
	m.say("your screen shows what "+name+" looks at; Esc or s ends it", false)
}

// ownView ends following.
func (m *Model) ownView(why string) {
	m.lookLike(m.pair.own)
	m.pair.follow, m.pair.mine = "", false
	m.say(why+"your own view again", false)
}

// following takes over what the followed screen shows, when that changes. What
// is begun or opened here is not torn away: a key must not mean another thing
// because somebody else closed a card.
func (m *Model) following() {
	name := m.pair.follow
	if name == "" || m.mode != modeMain {
		return
	}
	if !slices.ContainsFunc(m.seats(), func(s seat) bool { return s.name == name }) {
		m.ownView(name + " is not here any more: ")
		return
	}
	for _, p := range m.pair.shown {
		l, ok := p.Look.(look)
		if p.Name != name || p.Viewer == m.o.Viewer || !ok {
			continue
		}
		if l != m.pair.taken && !m.pair.mine {
			m.pair.taken = l
			m.lookLike(l)
		}
		return
	}
}

// alongside are the keys that a screen which follows another has, by binding.
// They stop, hold, ease, write and look: none of them raises load or is a card's
// own, so none depends on what the other one shows at that moment.
var alongside = map[string]bool{"hold": true, "zero": true, "note": true, "kind": true, "take": true, "errors": true, "levels": true, "timeline": true,
	"card": true, "help": true, "focus": true, "zoom": true, "theme": true, "palette": true, "still": true, "calm": true, "scale": true, "stretch": true}

// whileFollowing handles a key of a screen that follows another. What the other
// one opened is a picture here and takes no key.
func (m *Model) whileFollowing(key string) tea.Cmd {
	if key == "esc" || key == "s" || !m.pair.mine && (key == "q" || key == "enter") {
		m.ownView("")
		return nil
	}
	if m.pair.mine {
		cmd := m.onMain(key)
		m.mineStill()
		return cmd
	}
	b := m.bound(key)
	switch {
	case b == nil:
		switch key {
		case "pgup", "pgdown", "home", "end": // of a window that is smaller
			return m.browse(key)
		}
		return nil
	case !alongside[b.id]:
		m.say("following "+m.pair.follow+": Esc gives your own view, and its keys", false)
		return nil
	case b.id == "hold" && (m.s.Dial.Held || m.s.Guard.Latched()):
		m.say("following "+m.pair.follow+": Esc first, then space goes on", false)
		return nil
	}
	theirs := m.looks()
	m.lookLike(theirs.withoutCards())
	cmd := m.onMain(key)
	if m.mineStill(); !m.pair.mine && m.mode == modeMain {
		now := m.looks()
		theirs.zoom, theirs.scale, theirs.reach = now.zoom, now.scale, now.reach
		m.lookLike(theirs)
	}
	return cmd
}

// mineStill keeps whether what lies there was opened here. When it no longer
// does, the other one's look is taken over anew.
func (m *Model) mineStill() {
	m.pair.mine = m.looks().busy()
	if m.pair.follow != "" && !m.pair.mine {
		m.pair.taken = look{scroll: -1} // no screen's
	}
}

// pictured tells whether what lies over the panes is somebody else's.
func (m *Model) pictured() bool { return m.pair.follow != "" && !m.pair.mine }
