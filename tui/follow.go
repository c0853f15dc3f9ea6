package tui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"crosstalk/session"
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

// theDriver is whom a screen follows that follows whoever holds the dial.
const theDriver = "the driver"

// screen is the number of the view that somebody sits at: all at the host's own
// terminal sit at one.
func (s seat) screen() uint64 {
	if s.host || s.viewer.Desk {
		return 0
	}
	return s.viewer.ID
}

// pursue makes this screen show what one of the others does.
func (m *Model) pursue(s seat) {
	if s.name == "" || s.screen() == m.o.Viewer {
		m.say("choose somebody else to follow (↑ ↓)", false)
		return
	}
	m.startFollowing(pursuit{screen: s.screen(), name: s.name})
}

// followsDriver makes this screen show what the holder's of the dial does, whoever
// that is at the time.
func (m *Model) followsDriver() {
	at, ok := m.driversScreen()
	if ok && at == m.o.Viewer {
		m.say("the dial is held at this screen: there is nobody to follow", false)
		return
	}
	m.startFollowing(pursuit{screen: at, name: theDriver, driver: true})
}

// pursuit is whose screen this one takes over. A screen is known by its number:
// the name of who sits at it may change.
type pursuit struct {
	screen uint64
	driver bool // it is whoever's who holds the dial
	name   string
}

// driversScreen is where the dial is held; the one that is followed already, if
// the holder looks on from several.
func (m *Model) driversScreen() (at uint64, ok bool) {
	holder := m.s.Pair.Holder
	if m.s.AtDesk(holder) {
		return 0, true
	}
	for _, v := range m.s.Pair.Here {
		if v.Name == holder && v.Role != session.Observer {
			if at, ok = v.ID, true; v.ID == m.pair.at.screen {
				break
			}
		}
	}
	return at, ok
}

// startFollowing makes this screen show what another one does.
func (m *Model) startFollowing(p pursuit) {
	m.overlay = overlayNone
	if m.pair.follow == "" {
		m.pair.own = m.looks()
	}
	m.pair.at, m.pair.follow, m.pair.taken, m.pair.mine = p, p.name, m.looks(), false
	m.say("your screen shows what "+p.name+" looks at; Esc or s ends it", false)
}

// ownView ends following.
func (m *Model) ownView(why string) {
	m.lookLike(m.pair.own)
	m.pair.at, m.pair.follow, m.pair.mine = pursuit{}, "", false
	m.say(why+"your own view again", false)
}

// pursued looks whose screen is followed now. It reports false when nobody's is.
func (m *Model) pursued() bool {
	at := &m.pair.at
	if !at.driver {
		if slices.ContainsFunc(m.seats(), func(s seat) bool { return s.screen() == at.screen }) {
			return true
		}
		m.ownView(m.pair.follow + " is not here any more: ")
		return false
	}
	screen, ok := m.driversScreen()
	switch {
	case !ok: // until somebody takes the dial, what was looked at last stays
		m.pair.follow = theDriver + " (not here)"
		return false
	case screen == m.o.Viewer:
		m.ownView("the dial is held at this screen now: ")
		return false
	}
	at.screen, m.pair.follow = screen, theDriver+", "+m.s.Pair.Holder
	return true
}

// following takes over what the followed screen shows, when that changes. What
// is begun or opened here is not torn away: a key must not mean another thing
// because somebody else closed a card.
func (m *Model) following() {
	if m.pair.follow == "" || m.mode != modeMain || !m.pursued() {
		return
	}
	for _, p := range m.pair.shown {
		l, ok := p.Look.(look)
		if p.Viewer != m.pair.at.screen || !ok {
			continue
		}
		if !m.pair.at.driver {
			m.pair.follow = p.Name // who writes at that desk now
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
