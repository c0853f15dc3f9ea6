package tui

import (
	"os"
	"testing"

	tea "charm.land/bubbletea/v2"
)

func TestLook(t *testing.T) {
	dir := os.Getenv("LOOK")
	if dir == "" {
		return
	}
	for name, s := range map[string]*story{"red": redStory(), "busy": busyStory(), "base": baselineStory(3)} {
		for _, z := range [][2]int{{80, 24}, {120, 36}, {200, 60}} {
			m, _ := screen(s, z[0], z[1])
			_ = os.WriteFile(dir+"/"+name+"-"+itoa(z[0])+".ansi", []byte(m.View().Content), 0o644)
			if name == "busy" {
				for _, k := range []string{"?", "w", "e", "t", "!"} {
					m, _ := screen(redStory(), z[0], z[1])
					m.pressAll(k)
					_ = os.WriteFile(dir+"/key"+k+"-"+itoa(z[0])+".ansi", []byte(m.View().Content), 0o644)
				}
			}
		}
	}
	_ = tea.Quit
}

func itoa(n int) string { return map[int]string{80: "80", 120: "120", 200: "200"}[n] }
