package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// TestLongMessagesAreWhole: nothing of a refusal is lost for want of room, nor
// the line that is being typed.
func TestLongMessagesAreWhole(t *testing.T) {
	const why = "at most 32 users since the cut at 40: once 32 have run for 60 s with production green, the next press up lifts that: 60 s to go"
	for _, size := range [][2]int{{80, 24}, {120, 36}, {200, 60}} {
		for _, typing := range []bool{false, true} {
			t.Run(fmt.Sprintf("%dx%d-%v", size[0], size[1], typing), func(t *testing.T) {
				m, _ := screen(busyStory(), size[0], size[1])
				if typing {
					m.pressAll("n")
					m.typeText("orders are slow")
				}
				m.say(why, true)
				frame := ansi.Strip(m.View().Content)
				fits(t, frame, size[0], size[1])
				if all := strings.Join(strings.Fields(frame), " "); !strings.Contains(all, why) {
					t.Errorf("it does not say all of %q", why)
				}
				if typing && !strings.Contains(frame, "orders are slow") {
					t.Error("it hides what is typed")
				}
				requireFrame(t, frame)
			})
		}
	}
	m, _ := screen(busyStory(), 120, 36)
	m.say("held at 40 users: space goes on", false)
	if l := (said{m}).lines(); l != nil {
		t.Errorf("a short message has lines of its own: %q", l)
	}
	m.say(strings.Repeat("word ", 200), true)
	if l := (said{m}).lines(); len(l) != mostSaid || !strings.HasSuffix(l[mostSaid-1], "…") {
		t.Errorf("a message without end has %d lines: %q", len(l), l)
	}
}
