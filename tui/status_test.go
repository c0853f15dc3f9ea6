package tui

import (
	"strings"
	"testing"
)

// The status line names what the arrows move: the dial, or what has the focus.
func TestTheStatusLineFollowsTheFocus(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{120, 36}, {200, 60}} {
		for want, keys := range map[string][]string{"↑↓ users": nil, "↑↓ select": {"tab"}, "↑↓ select ": {"tab", "tab"}, "↑↓ scroll": {"tab", "enter"}} {
			m, _ := screen(busyStory(), size[0], size[1])
			m.pressAll(keys...)
			lines := strings.Split(m.text(), "\n")
			if last := lines[len(lines)-1]; !strings.Contains(last, want) {
				t.Errorf("%v after %v: %q", size, keys, last)
			}
		}
	}
}
