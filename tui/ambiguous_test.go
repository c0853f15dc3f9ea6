package tui

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// A terminal that draws ambiguous characters two columns wide gets none of them
// that are the screen's own.
func TestAmbiguousWidthTerminal(t *testing.T) {
	t.Parallel()
	story := redStory()
	m := New(newSource(story), Options{Who: mel, Host: true, Environ: []string{"RUNEWIDTH_EASTASIAN=1"}, Now: func() time.Time { return storyBegan.Add(time.Duration(story.ms) * time.Millisecond) }})
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 36})
	for _, k := range []string{"", "t", "e", "l", "w", "?", "r"} {
		if k != "" {
			m.pressAll("esc", k)
		}
		for _, r := range ansi.Strip(m.View().Content) {
			if r >= 0x2190 && r < 0x2e80 {
				t.Errorf("%q: the screen draws %q", k, r)
				break
			}
		}
	}
}
