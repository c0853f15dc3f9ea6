package tui

import (
	"reflect"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"crosstalk/session"
)

// smallWords is what a small window says, wherever it wraps.
func smallWords(m *Model) string { return strings.Join(strings.Fields(m.text()), " ") }

func TestTooSmallSaysSo(t *testing.T) {
	t.Parallel()
	m, _ := screen(busyStory(), 70, 20)
	frame := m.text()
	fits(t, frame, 70, 20)
	for _, want := range []string{"70 x 20", "80 x 24", "ctrl+x stops all load.", "45 users run."} {
		if !strings.Contains(frame, want) {
			t.Errorf("it does not say %q:\n%s", want, frame)
		}
	}
	off := busyStory()
	off.add("mel", session.TypeDialSet, &session.DialSet{To: 0, Why: "stop all"})
	off.add("mel", session.TypeStop, &session.LoadStop{Reason: "operator", By: "mel"})
	if m, _ = screen(off, 70, 20); !strings.Contains(smallWords(m), "All load is off since 04:12, stopped by mel") {
		t.Errorf("the stop is not shown:\n%s", m.text())
	}
	m.leaving = true
	if m.Update(tea.WindowSizeMsg{Width: 70, Height: 20}); !strings.Contains(smallWords(m), "stopped by mel Ending the session and writing its report.") {
		t.Errorf("the stop is not shown while the session ends:\n%s", m.text())
	}
	if m, _ = screen(redStory(), 40, 12); !strings.Contains(smallWords(m), "The guard cut all load at 04:22") {
		t.Errorf("the cut is not shown:\n%s", m.text())
	}
}

// In a window too small for the panes only what it shows can be answered.
func TestASmallWindowTakesNoAnswerUnseen(t *testing.T) {
	t.Parallel()
	sizes := [][2]int{{70, 20}, {79, 24}, {80, 23}, {40, 10}, {30, 6}, {20, 5}, {24, 3}, {9, 3}, {1, 1}}
	seen := map[bool]int{}
	for _, c := range []struct {
		name    string
		story   *story
		keys    []string
		says    string
		answers []string
		gives   session.Command
	}{
		{"leaving", busyStory(), []string{"q"}, "Load is running: 45 users. Stop it and leave? y yes · Esc no", []string{"y"}, session.StopAll{}},
		{"number", busyStory(), []string{"6", "0"}, "A number is typed: 60 Enter asks for it", []string{"enter"}, session.SetDial{To: 60}},
		{"person", askedStory(), nil, "is the wallboard green? y yes, all is well", []string{"y"}, session.AnswerCheck{Env: "production", Check: "wall", Good: true}},
		{"baseline", offerStory(), nil, "u uses it now", []string{"u"}, session.UseBaseline{}},
		{"form", busyStory(), []string{"r"}, "never", []string{"ctrl+s"}, session.StartRamp{}},
		{"link check", busyStory(), []string{"c"}, "never", []string{"enter"}, session.StartCheck{}},
		{"setting aside", busyStory(), []string{"tab", "tab"}, "never", []string{"a"}, session.SetAside{}},
	} {
		for _, size := range sizes {
			m, src := screen(c.story, 120, 36)
			m.pressAll(c.keys...)
			m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			shown := strings.Contains(smallWords(m), c.says)
			fits(t, m.text(), size[0], size[1])
			m.pressAll(c.answers...)
			did := src.done()
			seen[shown]++
			if gave := reflect.DeepEqual(did, []session.Command{c.gives}); gave != shown || !shown && len(did) > 0 {
				t.Errorf("%s in %v: shown %v, did %v\n%s", c.name, size, shown, did, m.text())
			}
		}
	}
	if seen[true] < 8 || seen[false] < 20 {
		t.Errorf("shown and not: %v", seen)
	}
}

// Stopping, holding and easing work in a window of any size, and a wheel, a click
// or a paste does nothing unseen.
func TestASmallWindowStops(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{70, 20}, {9, 3}, {1, 1}} {
		for k, want := range map[string]session.Command{"ctrl+x": session.StopAll{}, "space": session.Hold{}, "0": session.EaseOff{}, "down": session.MoveDial{By: -1}} {
			m, src := screen(busyStory(), size[0], size[1])
			if m.pressAll(k); !reflect.DeepEqual(src.done(), []session.Command{want}) {
				t.Errorf("%v: %s did %v", size, k, src.done())
			}
		}
		m, src := screen(busyStory(), size[0], size[1])
		for _, msg := range []tea.Msg{tea.MouseWheelMsg{Button: tea.MouseWheelUp}, tea.MouseClickMsg{Button: tea.MouseLeft}, tea.PasteMsg{Content: "x"}} {
			_, cmd := m.Update(msg)
			m.run(cmd)
		}
		if len(src.done()) > 0 || m.mode != modeMain {
			t.Errorf("%v: did %v, mode %v", size, src.done(), m.mode)
		}
	}
}

// An offer of the dial is answered where it is seen, too.
func TestASmallWindowShowsAnOffer(t *testing.T) {
	t.Parallel()
	tale := busyStory()
	tale.add("tim", session.TypeRoleOffer, &session.RoleOffer{From: "tim", To: "mel"})
	m, src := screen(tale, 70, 20)
	m.Update(clockMsg{})
	now := m.now.Add(time.Minute)
	m.o.Now = func() time.Time { return now }
	m.Update(clockMsg{})
	if !strings.Contains(smallWords(m), "y takes it") {
		t.Fatalf("the offer is not shown:\n%s", m.text())
	}
	if m.pressAll("y"); len(src.done()) != 1 {
		t.Errorf("did %v", src.done())
	}
	m.Update(tea.WindowSizeMsg{Width: 10, Height: 4})
	if m.pressAll("y", "n"); len(src.done()) != 1 || m.mode != modeMain {
		t.Errorf("unseen: did %v", src.done())
	}
}
