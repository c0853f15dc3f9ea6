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
	src.Show(session.Presence{Viewer: 8, Name: "ann", Look: l})
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
			m.startFollowing("ann")
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
	m.startFollowing("ann")
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
	m.startFollowing("ann")
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
