package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"crosstalk/session"
)

var mel = session.Person{Name: "mel", Role: session.Driver}

// screen is a model of a story at its end, in a window.
func screen(t *story, w, h int) (*Model, *fakeSource) {
	src := newSource(t)
	src.state = session.NewState() // it sees everything happen
	m := New(src, Options{Who: mel, Host: true, Now: func() time.Time { return storyBegan.Add(time.Duration(t.ms)*time.Millisecond + 200*time.Millisecond) }})
	m.Update(tea.WindowSizeMsg{Width: w, Height: h})
	m.Update(eventsMsg{events: t.events, at: m.now})
	return m, src
}

func key(s string) tea.KeyPressMsg {
	named := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight,
		"tab": tea.KeyTab, "backspace": tea.KeyBackspace, "pgdown": tea.KeyPgDown, "pgup": tea.KeyPgUp, "home": tea.KeyHome, "end": tea.KeyEnd, "delete": tea.KeyDelete}
	if r, ok := strings.CutPrefix(s, "shift+"); ok {
		return tea.KeyPressMsg{Code: named[r], Mod: tea.ModShift}
	}
	if s == "space" {
		return tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}
	}
	if r, ok := named[s]; ok {
		return tea.KeyPressMsg{Code: r}
	}
	if r, ok := strings.CutPrefix(s, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(r[0]), Mod: tea.ModCtrl}
	}
	if s == "alt+enter" {
		return tea.KeyPressMsg{Code: tea.KeyEnter, Mod: tea.ModAlt}
	}
	if n, ok := map[string]rune{"f2": tea.KeyF2, "f3": tea.KeyF3, "f4": tea.KeyF4}[s]; ok {
		return tea.KeyPressMsg{Code: n}
	}
	r := []rune(s)[0]
	return tea.KeyPressMsg{Code: r, Text: s}
}

// press sends keys one after the other and runs what they cause.
func (m *Model) pressAll(keys ...string) {
	for _, k := range keys {
		_, cmd := m.Update(key(k))
		m.run(cmd)
	}
}

// run executes a command and what follows from it.
func (m *Model) run(cmd tea.Cmd) {
	for cmd != nil {
		msg := cmd()
		if msg == nil {
			return
		}
		if _, ok := msg.(tea.QuitMsg); ok {
			return
		}
		if all, ok := msg.(tea.BatchMsg); ok {
			for _, cmd := range all {
				m.run(cmd)
			}
			return
		}
		_, cmd = m.Update(msg)
	}
}

func (m *Model) typeText(s string) {
	for _, r := range s {
		if r == ' ' {
			m.pressAll("space")
			continue
		}
		m.pressAll(string(r))
	}
}

// goldenView is a view of the screen: a story, and the keys that lead there.
type goldenView struct {
	name  string
	story *story
	keys  []string
	set   func(*fakeSource)
}

// goldenViews is every view there is.
func goldenViews() []goldenView {
	red, busy, early := redStory(), busyStory(), baselineStory(3)
	return []goldenView{
		{name: "cut", story: red},
		{name: "busy", story: busy},
		{name: "baseline", story: early},
		{name: "number", story: busy, keys: []string{"1", "2", "0"}},
		{name: "note", story: busy, keys: []string{"!", "s", "l", "o", "w", "alt+enter", "a", "g", "a", "i", "n"}},
		{name: "help", story: busy, keys: []string{"?"}, set: func(f *fakeSource) {
			f.may = func(c session.Command) error {
				if _, ok := c.(session.BackToGood); ok {
					return &session.Refusal{Why: "no level has been good for 10 s yet"}
				}
				return nil
			}
		}},
		{name: "errors", story: red, keys: []string{"e"}},
		{name: "timeline", story: red, keys: []string{"t"}},
		{name: "card", story: red, keys: []string{"w"}},
		{name: "list", story: red, keys: []string{"tab", "up", "up", "up"}},
		{name: "moment", story: red, keys: []string{"t", "up", "up", "left"}},
		{name: "paused", story: busy, keys: []string{"Z"}},
		{name: "zoomstaging", story: red, keys: []string{"z"}},
		{name: "zoom", story: red, keys: []string{"z", "z"}},
		{name: "zoomnotes", story: red, keys: []string{"tab", "z"}},
		{name: "ramp", story: rampStory()},
		{name: "rampform", story: busy, keys: []string{"r"}},
		{name: "linear", story: busy, keys: []string{"v"}},
		{name: "leaving", story: red, keys: []string{"q", "O", "K"}},
		{name: "asked", story: busy, keys: []string{"q"}},
	}
}

// sizes are the windows that every view is held at.
var sizes = [][2]int{{80, 24}, {120, 36}, {200, 60}}

func TestFrames(t *testing.T) {
	t.Parallel()
	for _, v := range goldenViews() {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s-%dx%d", v.name, size[0], size[1]), func(t *testing.T) {
				m, src := screen(v.story, size[0], size[1])
				if v.set != nil {
					v.set(src)
					m.Update(clockMsg{})
				}
				m.pressAll(v.keys...)
				frame := ansi.Strip(m.View().Content)
				fits(t, frame, size[0], size[1])
				requireFrame(t, frame)
			})
		}
	}
}

func requireFrame(t *testing.T, frame string) {
	t.Helper()
	golden.RequireEqual(t, []byte(frame))
}

// fits checks that a frame is exactly as large as its window.
func fits(t interface {
	Helper()
	Fatalf(string, ...any)
}, frame string, w, h int) {
	t.Helper()
	lines := strings.Split(frame, "\n")
	if len(lines) != h {
		t.Fatalf("frame has %d lines, window %d", len(lines), h)
	}
	for i, l := range lines {
		for _, n := range []int{ansi.StringWidth(l), ansi.StringWidthWc(l)} {
			if n != w {
				t.Fatalf("line %d is %d columns wide, window %d: %q", i, n, w, l)
			}
		}
	}
}
