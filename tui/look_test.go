package tui

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
)

// looks are the grounds that a screen is drawn for.
var looks = []struct {
	name string
	env  []string
	dark bool
}{{"light", nil, false}, {"dark", nil, true}, {"no-colour", []string{"NO_COLOR=1"}, true}}

// inksOf writes a frame with a letter for each cell's ink, cells that follow in
// the same ink counted: small enough to be kept for every view, and a colour
// that changes place or tone changes it.
func inksOf(frame string) string {
	letters, names := map[string]byte{}, []string{}
	var b strings.Builder
	for line := range strings.SplitSeq(frame, "\n") {
		last, n := byte('.'), 0
		flush := func() {
			if n > 0 {
				fmt.Fprintf(&b, "%d%c", n, last)
			}
			n = 0
		}
		now := ""
		for line != "" {
			if seq, rest, ok := style(line); ok {
				if line = rest; seq == ansi.ResetStyle {
					now = ""
				} else {
					now += seq
				}
				continue
			}
			_, w, rest := next(line)
			line = rest
			k := byte('.')
			if now != "" {
				if letters[now] == 0 {
					letters[now] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[len(names)]
					names = append(names, now)
				}
				k = letters[now]
			}
			if k != last {
				flush()
				last = k
			}
			n += w
		}
		flush()
		b.WriteByte('\n')
	}
	for i, seq := range names {
		fmt.Fprintf(&b, "%c %s\n", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[i], strings.ReplaceAll(seq, "\x1b", "ESC"))
	}
	return b.String()
}

// requireLooks holds what looksOf tells of a screen.
func requireLooks(t *testing.T, looks string) {
	t.Helper()
	t.Run("looks", func(t *testing.T) {
		golden.RequireEqual(t, []byte(looks))
	})
}

var coloured = regexp.MustCompile(`ESC\[[0-9;]*(3|4)8;`)

// looksOf draws a screen on every ground: the same words in other inks.
func looksOf(t *testing.T, m *Model) string {
	t.Helper()
	return looksOfView(t, m, m.View)
}

func looksOfView(t *testing.T, m *Model, view func() tea.View) string {
	t.Helper()
	var all strings.Builder
	words := ansi.Strip(view().Content)
	if again := ansi.Strip(view().Content); again != words {
		t.Error("the same moment is drawn in two ways")
	}
	for _, look := range looks {
		m.o.Environ = look.env
		m.restyle(look.dark)
		frame := view().Content
		if ansi.Strip(frame) != words {
			t.Errorf("%s: the words depend on the colours", look.name)
		}
		inks := inksOf(frame)
		if found := coloured.MatchString(inks); found != (look.env == nil) {
			t.Errorf("%s: coloured %v", look.name, found)
		}
		fmt.Fprintf(&all, "== %dx%d %s\n%s", m.w, m.h, look.name, inks)
	}
	return all.String()
}

// TestLooks holds the colours of every view at every size and ground. The texts
// are TestFrames' own, and the same in all of them.
func TestLooks(t *testing.T) {
	t.Parallel()
	for _, v := range goldenViews() {
		t.Run(v.name, func(t *testing.T) {
			var all strings.Builder
			for _, size := range sizes {
				m, src := screen(v.story, size[0], size[1])
				if v.set != nil {
					v.set(src)
					m.Update(clockMsg{})
				}
				m.pressAll(v.keys...)
				all.WriteString(looksOf(t, m))
			}
			golden.RequireEqual(t, []byte(all.String()))
		})
	}
}

// On the largest screens the frame is whole, too, in every view.
func TestLargestScreens(t *testing.T) {
	t.Parallel()
	for _, v := range goldenViews() {
		for _, size := range [][2]int{{300, 90}, {300, 24}, {80, 90}} {
			m, _ := screen(v.story, size[0], size[1])
			m.pressAll(v.keys...)
			fits(t, ansi.Strip(m.View().Content), size[0], size[1])
			m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
			fits(t, ansi.Strip(m.View().Content), 80, 24)
		}
	}
}
