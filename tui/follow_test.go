package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"crosstalk/session"
)

// shows makes ann's screen show a look, and mel's take it over.
func shows(m *Model, src *seatSource, l look) {
	src.Show(session.Presence{Viewer: seatOf(m, "ann").viewer.ID, Name: "ann", Look: l})
	m.present()
}

// What the followed one opens is a picture: whatever it is, and whenever it comes
// or goes, no key of who follows does what it shows.
func TestAFollowedCardTakesNoKeys(t *testing.T) {
	looks := map[string]look{"nothing": {}, "errors": {overlay: overlayErrors}, "levels": {overlay: overlayLevels}, "timeline": {overlay: overlayTimeline},
		"card": {overlay: overlayCard}, "again": {overlay: overlayAgain}, "link": {overlay: overlayLink}, "preflight": {overlay: overlayPreflight},
		"share": {overlay: overlayShare, item: 1}, "help": {overlay: overlayHelp}, "notes": {sel: "n1"}, "a note": {sel: "n1", open: true}, "a tile": {tile: tileKey{"production", "web-1"}}}
	var keys []string
	for c := rune('!'); c <= '~'; c++ {
		keys = append(keys, string(c))
	}
	keys = append(keys, "esc", "enter", "space", "up", "down", "left", "right", "pgup", "pgdown", "home", "end", "tab", "backspace", "delete")
	for name, l := range looks {
		m, _, src := twoScreens(120, 36)
		m.s.Items = []session.Item{{LikeItem: session.LikeItem{ID: "i1", Note: "n1", Text: "slow"}}}
		m.s.Dial.Held = true
		before := 0
		for _, key := range keys {
			m.mode = modeMain
			m.pursue(seatOf(m, "ann"))
			shows(m, src, look{scroll: 1}) // so that what comes next is a change
			shows(m, src, l)
			if got := m.looks(); got != l {
				t.Fatalf("mel sees %+v of ann's %+v", got, l)
			}
			m.pressAll(key)
			for _, cmd := range src.done()[before:] {
				before++
				switch cmd.(type) {
				case session.AskDial, session.EaseOff: // T and 0, which do so everywhere
				default:
					t.Errorf("%s with ann's %s: %T%+v", key, name, cmd, cmd)
				}
			}
			if m.mode == modeAsk || m.mode == modeNumber || m.mode == modeForm {
				t.Errorf("%s with ann's %s asks something: %v %q", key, name, m.mode, m.ask.text)
			}
			if over := m.pair.follow == ""; over != (key == "esc" || key == "s" || key == "q" || key == "enter") {
				t.Errorf("%s with ann's %s: over %t", key, name, over)
			}
		}
	}
}

// What is a person's own goes on: to stop, to hold, to write, to look; and what
// was opened here is not torn away under the next key.
func TestWhoFollowsStopsHoldsAndWrites(t *testing.T) {
	m, _, src := twoScreens(120, 36)
	m.pursue(seatOf(m, "ann"))
	shows(m, src, look{overlay: overlayLink})
	frame := ansi.Strip(m.View().Content)
	for _, say := range []string{"what ann looks at · Esc gives your own view", "following ann, Esc ends it", "Esc or s ends it"} {
		if !strings.Contains(frame, say) {
			t.Errorf("it does not say %q:\n%s", say, frame)
		}
	}
	m.message = message{}
	if frame = ansi.Strip(m.View().Content); !strings.Contains(frame, "Esc your own view") {
		t.Errorf("the last line does not say how it ends:\n%s", frame)
	}
	m.pressAll("space")
	m.pressAll("0")
	m.pressAll("ctrl+x")
	did := src.done()
	if len(did) != 3 || did[0] != (session.Command)(session.Hold{}) || did[1] != (session.Command)(session.EaseOff{}) || did[2] != (session.Command)(session.StopAll{}) {
		t.Errorf("mel gave %v", did)
	}
	if m.overlay != overlayLink || m.pair.follow != "ann" {
		t.Errorf("mel follows %q and sees %v", m.pair.follow, m.overlay)
	}
	m.pressAll("up")
	if !strings.Contains(m.message.text, "Esc gives your own view") {
		t.Errorf("a key that does nothing is not explained: %q", m.message.text)
	}
	m.pressAll("n")
	m.typeText("+ works")
	m.pressAll("enter")
	if n, ok := src.newest().(session.AddNote); !ok || n.Draft.Text != "works" {
		t.Errorf("mel wrote %v", src.newest())
	}
	m.pressAll("?", "down")
	shows(m, src, look{})
	m.pressAll("up")
	if m.overlay != overlayHelp {
		t.Errorf("mel's own card gave way to %v", m.overlay)
	}
	if got, ok := src.newest().(session.MoveDial); ok {
		t.Errorf("a key of mel's card turned the dial: %v", got)
	}
	m.pressAll("q")
	shows(m, src, look{overlay: overlayErrors})
	m.Update(tea.MouseWheelMsg{Button: tea.MouseWheelUp})
	shows(m, src, look{})
	m.Update(tea.MouseWheelMsg{Button: tea.MouseWheelUp})
	if got, ok := src.newest().(session.MoveDial); ok {
		t.Errorf("the wheel turned the dial: %v", got)
	}
}

// Whose screen is followed and who leaves is followed no more.
func TestNobodyFollowsWhoIsGone(t *testing.T) {
	m, _, src := twoScreens(120, 36)
	m.pursue(seatOf(m, "ann"))
	shows(m, src, look{overlay: overlayErrors})
	for _, v := range m.s.Pair.Here {
		if v.Name == "ann" {
			m.s.Apply(session.Event{Seq: m.s.Seq + 1, By: "ann", Type: session.TypeViewerGone, Body: &session.ViewerGone{Viewer: v.ID, Name: "ann"}})
		}
	}
	m.present()
	if m.pair.follow != "" || m.overlay != overlayNone || !strings.Contains(m.message.text, "ann is not here any more") {
		t.Errorf("mel follows %q, sees %v: %s", m.pair.follow, m.overlay, m.message.text)
	}
}

// Two sit at the followed desk: the screen is followed, whoever writes there.
func TestADeskIsFollowedWhoeverWritesThere(t *testing.T) {
	m, j, _ := twoScreens(120, 36)
	add := func(kind string, body any) {
		m.s.Apply(session.Event{Seq: m.s.Seq + 1, By: "kim", Type: kind, Body: body})
		j.s = m.s
	}
	add(session.TypeViewerJoin, &session.ViewerJoin{Name: "kim", Role: session.Navigator, Desk: true})
	m.pair.names = []string{"kim"}
	meet(m, j)
	j.pressAll("s", "f")
	m.pressAll("W", "e") // kim writes now, and looks at errors
	meet(m, j)
	if m.o.Who.Name != "kim" || j.overlay != overlayErrors || j.pair.follow != "kim" {
		t.Errorf("%s writes; jon follows %q and sees %v", m.o.Who.Name, j.pair.follow, j.overlay)
	}
	m.pressAll("esc", "W", "l")
	meet(m, j)
	if j.overlay != overlayLevels || j.pair.follow != "mel" {
		t.Errorf("jon follows %q and sees %v", j.pair.follow, j.overlay)
	}
	j.pressAll("esc")
	j.pursue(seatOf(j, "kim")) // who shares a desk has its screen
	meet(m, j)
	if j.overlay != overlayLevels {
		t.Errorf("jon follows %q and sees %v", j.pair.follow, j.overlay)
	}
}

// Who follows the driver sees what the holder of the dial looks at, and goes on
// with the next one when the dial has passed on.
func TestTheDriverIsFollowedFromOneToAnother(t *testing.T) {
	m, j, src := twoScreens(120, 36)
	ann := New(src, Options{Who: session.Person{Name: "ann", Role: session.Observer}, Viewer: seatOf(m, "ann").viewer.ID, Now: m.o.Now})
	ann.Update(tea.WindowSizeMsg{Width: 120, Height: 36})
	all := []*Model{m, j, ann}
	add := func(by, kind string, body any) {
		m.s.Apply(session.Event{Seq: m.s.Seq + 1, By: by, Type: kind, Body: body})
		for _, s := range all {
			s.s = m.s
		}
	}
	m.pressAll("e")
	meet(all...)
	ann.pressAll("s", "F")
	meet(all...)
	if ann.overlay != overlayErrors || !strings.Contains(ansi.Strip(ann.View().Content), "driver mel +2: jon, ann · following, Esc ends it") {
		t.Fatalf("ann sees %v and follows %q", ann.overlay, ann.pair.follow)
	}
	add("mel", session.TypeRoleGive, &session.RoleChange{From: "mel", To: "jon"})
	j.pressAll("l")
	meet(all...)
	if ann.overlay != overlayLevels || ann.pair.follow != "the driver, jon" {
		t.Errorf("the dial is jon's: ann sees %v and follows %q", ann.overlay, ann.pair.follow)
	}
	m.pressAll("esc", "t")
	meet(all...)
	if ann.overlay != overlayLevels {
		t.Errorf("ann still sees what mel looks at: %v", ann.overlay)
	}
	id := seatOf(j, "jon").viewer.ID
	add("jon", session.TypeViewerGone, &session.ViewerGone{Viewer: id, Name: "jon"})
	meet(m, ann)
	if ann.overlay != overlayLevels || ann.pair.follow != "the driver (not here)" {
		t.Errorf("jon is gone: ann sees %v and follows %q", ann.overlay, ann.pair.follow)
	}
	add("mel", session.TypeRoleTake, &session.RoleChange{From: "jon", To: "mel"})
	meet(m, ann)
	if ann.overlay != overlayTimeline || ann.pair.follow != "the driver, mel" {
		t.Errorf("mel took it: mel sees %v, ann %v, who follows %q", m.overlay, ann.overlay, ann.pair.follow)
	}
	// Nobody follows the own screen, and who gets the dial has the own view back.
	m.pressAll("esc", "s", "F")
	if m.pair.follow != "" || !strings.Contains(m.message.text, "held at this screen") {
		t.Errorf("mel follows %q: %s", m.pair.follow, m.message.text)
	}
	add("jon", session.TypeViewerJoin, &session.ViewerJoin{Name: "jon", Role: session.Navigator, Key: "k"})
	j.o.Viewer = seatOf(j, "jon").viewer.ID
	j.pressAll("esc", "s", "F")
	meet(all...)
	if j.pair.follow != "the driver, mel" {
		t.Errorf("jon follows %q", j.pair.follow)
	}
	add("mel", session.TypeRoleGive, &session.RoleChange{From: "mel", To: "jon"})
	meet(all...)
	if j.pair.follow != "" || !strings.Contains(j.message.text, "held at this screen now: your own view again") {
		t.Errorf("the dial is jon's, who follows %q: %s", j.pair.follow, j.message.text)
	}
}
