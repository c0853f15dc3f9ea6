package tui

import (
	"reflect"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"crosstalk/session"
)

// Whatever lies over the panes: the keys that the banner names do what it says.
func TestTheBannersKeysActFromEverySheet(t *testing.T) {
	t.Parallel()
	yes := session.AnswerCheck{Env: "production", Check: "wall", Good: true}
	for _, sheet := range []string{"?", "e", "l", "t", "w", "c", "p", "s"} {
		for _, c := range []struct {
			keys  []string
			does  session.Command
			types bool // it opens the note line
		}{
			{[]string{"space"}, session.Hold{}, false},
			{[]string{"0"}, session.EaseOff{}, false},
			{[]string{"b"}, session.BackToGood{}, false},
			{[]string{"y"}, yes, false},
			{[]string{"n"}, nil, true},
			{[]string{"N"}, nil, true},
			{[]string{"4", "0", "enter"}, session.SetDial{To: 40}, false},
		} {
			if sheet == "w" && c.keys[0] == "y" { // it copies the card
				continue
			}
			m, src := screen(cutAskedStory(), 120, 36)
			m.pressAll(sheet)
			if m.overlay == overlayNone {
				t.Fatalf("%s opens nothing", sheet)
			}
			m.pressAll(c.keys...)
			if m.overlay != overlayNone || c.types != (m.mode == modeEdit) {
				t.Errorf("%s, then %v: overlay %v, mode %v", sheet, c.keys, m.overlay, m.mode)
			}
			if did := src.done(); c.does == nil && len(did) > 0 || c.does != nil && !reflect.DeepEqual(did, []session.Command{c.does}) {
				t.Errorf("%s, then %v: did %v", sheet, c.keys, did)
			}
		}
	}
}

// Where a key of the banner means something else the banner says what comes
// first.
func TestTheBannerNamesNoKeyThatMeansSomethingElse(t *testing.T) {
	t.Parallel()
	off := busyStory()
	off.add("mel", session.TypeDialSet, &session.DialSet{To: 0, Why: "stop all"})
	off.add("mel", session.TypeStop, &session.LoadStop{Reason: "operator", By: "mel"})
	for _, c := range []struct {
		story   *story
		keys    []string
		has, no string
	}{
		{off, nil, "↑ or a number starts again", ""},
		{off, []string{"t"}, "  a number starts again", "↑ or a number"},
		{off, []string{"l"}, "  a number starts again", "↑ or a number"},
		{off, []string{"tab"}, "  a number starts again", "↑ or a number"},
		{off, []string{"tab", "tab"}, "  a number starts again", "↑ or a number"},
		{off, []string{"p"}, "↑ or a number starts again", ""},
		{askedStory(), []string{"w"}, "Esc, then y yes", ""},
		{askedStory(), []string{"t"}, "  y yes, all is well", "Esc, then"},
		{cutAskedStory(), []string{"w"}, "Esc, then y yes", ""},
		{offerStory(), nil, "  u uses it now", "Esc, then"},
	} {
		m, _ := screen(c.story, 120, 36)
		m.pressAll(c.keys...)
		banner := ansi.Strip(banner{m}.render(m.layout.banner.w, m.layout.banner.h))
		if !strings.Contains(banner, c.has) || c.no != "" && strings.Contains(banner, c.no) {
			t.Errorf("after %v the banner says\n%s", c.keys, banner)
		}
	}
}

// Space holds while a number is typed or a question stands, too.
func TestSpaceHoldsWhileSomethingIsAsked(t *testing.T) {
	t.Parallel()
	for _, keys := range [][]string{{"4", "0"}, {"S"}, {"q"}} {
		m, src := screen(busyStory(), 120, 36)
		m.pressAll(append(keys, "space")...)
		if did := src.done(); m.mode != modeMain || !reflect.DeepEqual(did, []session.Command{session.Hold{}}) {
			t.Errorf("%v, then space: did %v, mode %v", keys, did, m.mode)
		}
	}
}
