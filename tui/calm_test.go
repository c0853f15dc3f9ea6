package tui

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/ansi"

	"crosstalk/session"
)

// With reduced motion what is measured waits for its turn; a stop never does.
func TestReducedMotion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tale := busyStory()
		m, src := screen(tale, 120, 36)
		waited := func(kind string, body any) time.Duration {
			tale.add("mel", kind, body)
			src.push(tale.events[len(tale.events)-1])
			begin := time.Now()
			msg := m.pull(begin)().(eventsMsg)
			m.Update(eventsMsg{events: msg.events, at: msg.at})
			return time.Since(begin)
		}
		tick, stop := &session.LoadTick{Asked: 45, Running: 45}, &session.LoadStop{Reason: "operator", By: "mel"}
		if got := waited(session.TypeLoadTick, tick); got != batchEvery {
			t.Errorf("as usual it waits %s", got)
		}
		m.pressAll("M", "n")
		if frame := ansi.Strip(m.View().Content); !strings.Contains(frame, "reduced motion") {
			t.Errorf("the key says nothing:\n%s", frame)
		}
		if c := m.View().Cursor; c == nil || c.Blink {
			t.Error("the cursor blinks")
		}
		if got := waited(session.TypeLoadTick, tick); got != calmEvery {
			t.Errorf("with reduced motion it waits %s", got)
		}
		if got := waited(session.TypeStop, stop); got != 0 {
			t.Errorf("a stop waits %s", got)
		}
		m.pressAll("esc", "M")
		if got := waited(session.TypeLoadTick, tick); got != batchEvery {
			t.Errorf("afterwards it waits %s", got)
		}
	})
}

// The pane that has the focus gets the room first, then one after the other.
func TestZoomFollowsTheFocus(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		keys []string
		want zoom
	}{
		{[]string{"z"}, zoomStaging}, {[]string{"z", "z"}, zoomProduction}, {[]string{"z", "z", "z"}, zoomNotes}, {[]string{"z", "z", "z", "z"}, zoomNone},
		{[]string{"tab", "z"}, zoomNotes}, {[]string{"tab", "z", "z"}, zoomNone}, {[]string{"tab", "tab", "z"}, zoomStaging}, {[]string{"tab", "tab", "tab", "z"}, zoomProduction},
	} {
		m, _ := screen(redStory(), 120, 36)
		m.pressAll(test.keys...)
		if m.zoom != test.want {
			t.Errorf("%v: %d, want %d", test.keys, m.zoom, test.want)
		}
	}
}
