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

// before is a screen of a story with the pre-flight page on it.
func before(t *story, w, h int) (*Model, *fakeSource) {
	src := newSource(t)
	src.state = session.NewState()
	m := New(src, Options{Who: mel, Host: true, Before: true, Now: func() time.Time { return storyBegan.Add(time.Duration(t.ms)*time.Millisecond + 200*time.Millisecond) }})
	m.Update(tea.WindowSizeMsg{Width: w, Height: h})
	m.Update(eventsMsg{events: t.events, at: m.now})
	return m, src
}

func TestPreflightFrames(t *testing.T) {
	t.Parallel()
	early := baselineStory(3)
	early.add(session.BySession, session.TypeBrakeTest, &session.BrakeTest{Users: 1, InFlight: 1, MSToZero: 1.4, OK: true})
	for _, size := range [][2]int{{120, 36}, {80, 24}, {200, 60}} {
		t.Run(sizeName(size), func(t *testing.T) {
			m, _ := before(early, size[0], size[1])
			golden.RequireEqual(t, []byte(ansi.Strip(m.View().Content)))
			requireLooks(t, looksOf(t, m))
		})
	}
	m, _ := before(unguardedStory(), 120, 36)
	if text := ansi.Strip(m.View().Content); !strings.Contains(text, "is not watched") || !strings.Contains(text, "at most 5 users") {
		t.Errorf("without production:\n%s", text)
	}
}

func sizeName(size [2]int) string {
	return fmt.Sprintf("%dx%d", size[0], size[1])
}

// newest is the last command that a source was given; nil before the first.
func (f *fakeSource) newest() session.Command {
	if all := f.done(); len(all) > 0 {
		return all[len(all)-1]
	}
	return nil
}

// clipboardOf is what a command puts on the clipboard.
func clipboardOf(cmd tea.Cmd) string {
	if cmd == nil {
		return ""
	}
	return fmt.Sprint(cmd())
}

// The page takes Enter and Esc; every other key does what it always does, and
// the page is gone.
func TestPreflightTakesNoKey(t *testing.T) {
	t.Parallel()
	early := baselineStory(3)
	for _, k := range []string{"enter", "esc"} {
		m, src := before(early, 120, 36)
		m.pressAll(k)
		if m.overlay != overlayNone || len(src.done()) > 0 {
			t.Errorf("%s: overlay %v, commands %v", k, m.overlay, src.done())
		}
	}
	m, src := before(early, 120, 36)
	m.pressAll("right")
	if c, ok := src.newest().(session.MoveDial); !ok || c.By != 10 || m.overlay != overlayNone {
		t.Errorf("right: %v, overlay %v", src.newest(), m.overlay)
	}
	m, src = before(early, 120, 36)
	m.pressAll("ctrl+x")
	if _, ok := src.newest().(session.StopAll); !ok || m.overlay != overlayPreflight {
		t.Errorf("ctrl+x: %v, overlay %v", src.newest(), m.overlay)
	}
	m.pressAll("n")
	if m.mode != modeEdit || m.overlay != overlayNone {
		t.Errorf("n: mode %v, overlay %v", m.mode, m.overlay)
	}
	m, _ = before(early, 120, 36)
	m.pressAll("?")
	if m.overlay != overlayHelp {
		t.Errorf("?: overlay %v", m.overlay)
	}
	m.pressAll("esc", "p")
	if m.overlay != overlayPreflight {
		t.Errorf("p: overlay %v", m.overlay)
	}
	m.pressAll("p")
	if m.overlay != overlayNone {
		t.Errorf("p again: overlay %v", m.overlay)
	}
}

// a copies the announcement before load, and its all-clear after it.
func TestAnnouncementIsCopied(t *testing.T) {
	t.Parallel()
	m, _ := before(baselineStory(3), 120, 36)
	_, cmd := m.Update(key("a"))
	if text := clipboardOf(cmd); !strings.HasPrefix(text, "Load on staging (127.0.0.1:8080) 15:30 to 16:30 UTC, at most 200 users.") || !strings.Contains(text, "Stop me: mel") {
		t.Errorf("the announcement: %q", text)
	}
	tale := busyStory()
	tale.asked = 0
	tale.add("mel", session.TypeDialSet, &session.DialSet{From: 40, To: 0})
	tale.second()
	m, _ = screen(tale, 120, 36)
	_, cmd = m.Update(key("a"))
	if text := clipboardOf(cmd); !strings.HasPrefix(text, "All clear: load on staging (127.0.0.1:8080) is off since 15:") {
		t.Errorf("the all-clear: %q", text)
	}
}

// What was learned is told with one unit each.
func TestPreflightTellsTheLimits(t *testing.T) {
	t.Parallel()
	tale := quietStory()
	tale.add(session.BySession, session.TypeBaselineEnd, &session.BaselineEnd{Thresholds: []session.Threshold{{Env: "production", Check: "web-1", Amber: 0.036, Red: 0.111}},
		Promise: &session.Promise{Refuses: 0.3, Hangs: 0.75}})
	m, _ := before(tale, 120, 36)
	text := ansi.Strip(m.View().Content)
	for _, say := range []string{"production is amber from 36 ms, red from 111 ms", "lets go 300 ms after production refuses, 750 ms after it hangs"} {
		if !strings.Contains(text, say) {
			t.Errorf("it does not say %q:\n%s", say, text)
		}
	}
}
