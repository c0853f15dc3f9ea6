package tui

import (
	"strings"
	"testing"
)

// Nothing that the help says is cut, in one column or in two.
func TestHelpIsWhole(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {120, 36}, {200, 60}} {
		m, _ := screen(busyStory(), size[0], size[1])
		m.pressAll("?")
		s := m.help()
		r := s.place()
		for i := range s.n {
			n := 0
			for _, p := range s.line(i) {
				n += width(p.text)
				if strings.Contains(p.text, "…") && !strings.Contains(p.text, "1…9") && !strings.Contains(p.text, "+ …") && !strings.Contains(p.text, "not now") {
					t.Errorf("%v: %q is cut", size, p.text)
				}
			}
			if n > r.w-4 {
				t.Errorf("%v: a line of %d columns in %d: %v", size, n, r.w-4, s.line(i))
			}
		}
		all := ""
		for i := range s.n {
			for _, p := range s.line(i) {
				all += p.text
			}
		}
		for _, word := range []string{"p50", "probe", "baseline", "ceiling", "glide", "in flight", "brake test", "last good", "ctrl+x", "ramp", "B you are the bottleneck"} {
			if !strings.Contains(all, word) {
				t.Errorf("%v: the help does not explain %q", size, word)
			}
		}
	}
}
