package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"crosstalk/notes"
	"crosstalk/session"
)

// binding is one entry of the key map. The help, the status line and what a
// key does are all made from it.
type binding struct {
	id    string
	keys  []string // as a key press names itself
	show  string   // as a person reads it
	does  string
	hint  string // on the status line; "" is not shown there
	group string
	cmd   session.Command // asked whether it would be refused now
	act   func(m *Model, key string) tea.Cmd
}

// The groups of the help, in order. Keys of the last four work only there.
const (
	groupUsers   = "Users on staging"
	groupStop    = "Stopping"
	groupNotes   = "Notes"
	groupLook    = "Looking"
	groupSession = "Session"
	groupList    = "In the list of notes (after Tab)"
	groupTiles   = "On the tiles of a pane (Tab again)"
	groupWriting = "While writing"
	groupOverlay = "In a card or list"
)

var groups = []string{groupPlay, groupJump, groupStop, groupUsers, groupNotes, groupLook, groupSession, groupTime, groupList, groupNote, groupTiles, groupWriting, groupFind, groupOverlay}

// keyMap returns every key there is.
func keyMap() []binding {
	move := session.MoveDial{By: 1}
	aNote := session.AddNote{Draft: notes.Draft{Text: "any"}}
	up := func(by int) func(*Model, string) tea.Cmd {
		return func(m *Model, _ string) tea.Cmd { return m.moveDial(by) }
	}
	show := func(o overlay) func(*Model, string) tea.Cmd {
		return func(m *Model, _ string) tea.Cmd { m.open(o); return nil }
	}
	return append([]binding{
		{id: "stop", keys: []string{"ctrl+x"}, show: "ctrl+x", does: "stop all load, in every mode, anyone", hint: "stop all", group: groupStop, cmd: session.StopAll{},
			act: func(m *Model, _ string) tea.Cmd { return m.stopAll() }},
		{id: "interrupt", keys: []string{"ctrl+c"}, show: "ctrl+c", does: "stop all load and stay; again: leave", group: groupStop,
			act: func(m *Model, _ string) tea.Cmd { return m.interrupt() }},
		{id: "hold", keys: []string{"space"}, show: "space", does: "hold users, or go on (after a cut, too)", hint: "hold", group: groupStop, cmd: session.Hold{},
			act: func(m *Model, _ string) tea.Cmd { return m.hold() }},
		{id: "zero", keys: []string{"0"}, show: "0", does: "ease to nothing: users finish and go", group: groupStop, cmd: session.EaseOff{},
			act: func(m *Model, _ string) tea.Cmd { return m.setDial(session.EaseOff{}) }},

		{id: "warn", keys: []string{"G"}, show: "G", does: "guard only warns for 5 min; red still cuts", group: groupStop, cmd: session.WarnOnly{Why: "any"},
			act: func(m *Model, _ string) tea.Cmd { m.warning(); return nil }},

		{id: "up", keys: []string{"up"}, show: "↑", does: "one user more (wheel here: 5 a second)", group: groupUsers, cmd: move, act: up(1)},
		{id: "down", keys: []string{"down"}, show: "↓", does: "one user fewer (wheel here: freely)", group: groupUsers, cmd: session.MoveDial{By: -1}, act: up(-1)},
		{id: "right", keys: []string{"right"}, show: "→", does: "10 users more", group: groupUsers, cmd: move, act: up(10)},
		{id: "left", keys: []string{"left"}, show: "←", does: "10 users fewer", group: groupUsers, cmd: session.MoveDial{By: -1}, act: up(-10)},
		{id: "number", keys: strings.Split("123456789", ""), show: "1…9", does: "type a number of users, then Enter", group: groupUsers, cmd: move,
			act: func(m *Model, key string) tea.Cmd { m.mode, m.number, m.spike = modeNumber, key, false; return nil }},
		{id: "good", keys: []string{"b"}, show: "b", does: "back to the last good level", hint: "back", group: groupUsers, cmd: session.BackToGood{},
			act: func(m *Model, _ string) tea.Cmd { return m.setDial(session.BackToGood{}) }},
		{id: "slower", keys: []string{"["}, show: "[", does: "glide slower: users follow more gently", group: groupUsers, cmd: session.SetGlide{To: 1},
			act: func(m *Model, _ string) tea.Cmd { return m.glide(false) }},
		{id: "faster", keys: []string{"]"}, show: "]", does: "glide faster", group: groupUsers, cmd: session.SetGlide{To: 1},
			act: func(m *Model, _ string) tea.Cmd { return m.glide(true) }},
		{id: "spike", keys: []string{"S"}, show: "S", does: "spike: type a number, reached at once", group: groupUsers, cmd: move,
			act: func(m *Model, _ string) tea.Cmd { m.mode, m.number, m.spike = modeNumber, "", true; return nil }},

		{id: "note", keys: []string{"n"}, show: "n", does: "write a note; Esc keeps what was typed", hint: "note", group: groupNotes, cmd: aNote,
			act: func(m *Model, _ string) tea.Cmd { m.write(""); return nil }},
		{id: "kind", keys: []string{"!", "|", "*", "+", "~", ">", "=", ":"}, show: "! | * + …", does: "write a note of that kind: see signs", group: groupNotes, cmd: aNote,
			act: func(m *Model, key string) tea.Cmd { m.write(key); return nil }},
		{id: "errors", keys: []string{"e"}, show: "e", does: "errors by kind and every step", group: groupLook, act: show(overlayErrors)},
		{id: "levels", keys: []string{"l"}, show: "l", does: "levels: what each number of users brought", group: groupLook, act: show(overlayLevels)},
		{id: "timeline", keys: []string{"t"}, show: "t", does: "timeline: every value at any moment", group: groupLook, act: show(overlayTimeline)},
		{id: "card", keys: []string{"w"}, show: "w", does: "what are we doing: a card for anyone", group: groupLook, act: show(overlayCard)},
		{id: "focus", keys: []string{"tab", "shift+tab"}, show: "Tab", does: "notes, staging's tiles, production's, back", group: groupLook,
			act: func(m *Model, key string) tea.Cmd { m.focus(key == "shift+tab"); return nil }},
		{id: "zoom", keys: []string{"z"}, show: "z", does: "zoom: staging, production, notes, all", group: groupLook,
			act: func(m *Model, _ string) tea.Cmd { m.nextZoom(); return nil }},
		{id: "theme", keys: []string{"B"}, show: "B", does: "ground: light, dark, as the terminal says", group: groupLook,
			act: func(m *Model, _ string) tea.Cmd { m.nextGround(); return nil }},
		{id: "palette", keys: []string{"H"}, show: "H", does: "hues of green, amber, red: three palettes", group: groupLook,
			act: func(m *Model, _ string) tea.Cmd { m.nextPalette(); return nil }},
		{id: "still", keys: []string{"Z"}, show: "Z", does: "pause the picture; the session goes on", group: groupLook,
			act: func(m *Model, _ string) tea.Cmd { m.pausePicture(); return nil }},
		{id: "calm", keys: []string{"M"}, show: "M", does: "reduced motion: two pictures a second", group: groupLook,
			act: func(m *Model, _ string) tea.Cmd { m.nextMotion(); return nil }},
		{id: "scale", keys: []string{"v"}, show: "v", does: "latency scale: log, linear, fixed", group: groupLook,
			act: func(m *Model, _ string) tea.Cmd { m.scale = (m.scale + 1) % scaleCount; return nil }},
		{id: "stretch", keys: []string{",", "."}, show: ", .", does: "charts show 1, 5, 15 minutes or all", group: groupLook,
			act: func(m *Model, key string) tea.Cmd { m.stretch(map[string]int{",": -1, ".": 1}[key]); return nil }},

		{id: "help", keys: []string{"?"}, show: "?", does: "this help", hint: "help", group: groupSession, act: show(overlayHelp)},
		{id: "quit", keys: []string{"q"}, show: "q", does: "leave: stops load, asks what you learned", hint: "leave", group: groupSession,
			act: func(m *Model, _ string) tea.Cmd { return m.quit() }},

		{id: "tile", show: "← → ↑ ↓", does: "select a tile: its reason in full", group: groupTiles},
		{id: "setaside", show: "a", does: "before load: set a red server aside", group: groupTiles},
		{id: "mute", show: "m", does: "it only warns until it is green (asks why)", group: groupTiles},

		{id: "scroll", show: "↑ ↓ Page", does: "scroll", group: groupOverlay},
		{id: "close", show: "Esc", does: "close", group: groupOverlay},
		{id: "through", show: "space n y b", does: "close, and do what they do without it", group: groupOverlay},
	}, slices.Concat(rampKeys(), frameKeys(), askedKeys(), pairKeys(), againKeys(), linkKeys(), preflightKeys(), noteKeys(), timelineKeys())...)
}

// press handles a key. The keys that stop come first, in every mode.
func (m *Model) press(msg tea.KeyPressMsg) tea.Cmd {
	key := msg.String()
	switch stopLetter(msg.Code, msg.BaseCode, msg.Mod.Contains(tea.ModCtrl)) {
	case 'x':
		m.armed = false
		m.guideStopped()
		return m.stopAll()
	case 'c':
		return m.interrupt()
	}
	m.armed = false
	if m.leaving {
		return nil
	}
	return m.byHand("pressed a key", func() tea.Cmd { return m.typed(msg, key) })
}

// typed handles a key that stops nothing.
func (m *Model) typed(msg tea.KeyPressMsg, key string) tea.Cmd {
	if m.blind(key) {
		return nil
	}
	switch m.mode {
	case modeAsk:
		return m.decide(key)
	case modeNumber:
		return m.typeNumber(key)
	case modeEdit:
		return m.edit(msg)
	case modeForm:
		return m.fill(msg)
	}
	if cmd, ok := m.answerPair(key); ok {
		return cmd
	}
	if m.pair.follow != "" {
		return m.whileFollowing(key)
	}
	return m.onMain(key)
}

// onMain handles a key while nothing is typed.
func (m *Model) onMain(key string) tea.Cmd {
	if cmd, ok := m.onSheet(key); ok {
		return cmd
	}
	if m.overlay != overlayNone {
		return m.browse(key)
	}
	if cmd, ok := m.waiting(key); ok {
		return cmd
	}
	if m.sel != "" {
		if cmd, ok := m.list(key); ok {
			return cmd
		}
	}
	if m.tile.env != "" && m.wall(key) {
		return nil
	}
	if cmd, ok := m.guideKey(key); ok {
		return cmd
	}
	return m.does(key)
}

// does is what a key does by the key map.
func (m *Model) does(key string) tea.Cmd {
	b := m.bound(key)
	if b == nil {
		return nil
	}
	if m.guide != nil {
		m.guide.pressed(m, b)
	}
	return b.act(m, key)
}

func (m *Model) bound(key string) *binding {
	for i := range m.keys {
		if slices.Contains(m.keys[i].keys, key) {
			return &m.keys[i]
		}
	}
	return nil
}

// interrupt is ctrl+c: the first stops all load and stays, a second one leaves while
// the first is still on the screen: half an hour later it is a first one again.
func (m *Model) interrupt() tea.Cmd {
	switch {
	case !m.o.Host, m.leaving:
		return tea.Quit
	case m.armed && m.now.Before(m.until):
		return m.leave("")
	}
	m.armed, m.until = true, m.now.Add(messageFor)
	m.guideStopped()
	m.say("stopping all load; ctrl+c again leaves", false)
	return m.stopAll()
}

func (m *Model) hold() tea.Cmd {
	if m.holding {
		return nil // a repeated key must not hold and let go in turn
	}
	if m.wantsReason {
		m.mode, m.editor = modeEdit, editor{purpose: editGoOn}
		return nil
	}
	m.holding = true
	return m.do(session.Hold{})
}

// asking puts one question; only y says yes.
func (m *Model) asking(text string, yes func(*Model) tea.Cmd) {
	m.mode, m.ask = modeAsk, question{text: text, yes: yes}
}

func (m *Model) decide(key string) tea.Cmd {
	m.mode = modeMain
	if key == "space" {
		return m.does(key) // whatever is asked, it holds
	}
	if key == "y" || key == "Y" {
		return m.ask.yes(m)
	}
	if (key == "n" || key == "N") && m.ask.no != nil {
		return m.ask.no(m)
	}
	m.say("left as it was", false)
	return nil
}

// quit leaves: a guest only his view; the host the session, after a question
// while load runs.
func (m *Model) quit() tea.Cmd {
	if !m.o.Host {
		return tea.Quit
	}
	if n := max(m.s.Dial.Asked, m.s.Dial.Running); n > 0 {
		m.asking("Load is running: "+m.amount(n)+". Stop it and leave?", (*Model).depart)
		return nil
	}
	return m.depart()
}

// depart stops all load and asks for the one sentence.
func (m *Model) depart() tea.Cmd {
	m.overlay = overlayNone
	m.mode, m.editor = modeEdit, editor{purpose: editLearned}
	return m.stopAll()
}

func (m *Model) open(o overlay) {
	m.overlay, m.scroll = o, 0
	if o == overlayLevels {
		m.scroll = 1 << 30 // the newest; drawing clamps it
	}
	m.point = moment{}
}
