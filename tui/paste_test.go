package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

// Whatever stands on a line, a box over it covers its own columns and moves
// nothing else.
func TestPasteKeepsTheColumns(t *testing.T) {
	t.Parallel()
	st := newStyles(true, false, false, false, 0)
	words := []string{"x", "é", "库", "?", "A\U0001D172", "\U0001D172", "│", "e\u0301", "\u0301", "👩‍👩‍👧", "🇩🇪", "…", "क्", "가", "ᄀ", "\u200d", "⣿", "●", " "}
	rapid.Check(t, func(t *rapid.T) {
		const w = 12
		c := newCanvas(st, w, 1)
		at := 0
		for range rapid.IntRange(0, 14).Draw(t, "n") {
			at = c.text(at, 0, rapid.SampledFrom(words).Draw(t, "word"), rapid.SampledFrom([]ink{inkPlain, inkText, inkStrong, inkAlarm}).Draw(t, "ink"))
		}
		x, n := rapid.IntRange(0, w).Draw(t, "x"), rapid.IntRange(0, w).Draw(t, "columns")
		n = min(n, w-x)
		over := newCanvas(st, n, 1)
		over.text(0, 0, strings.Repeat("#", n), inkDim)
		lines := []string{c.String()}
		paste(lines, over.String(), x, 0, n)
		line := ansi.Strip(lines[0])
		if a, b := ansi.StringWidth(line), ansi.StringWidthWc(line); a != w || b != w {
			t.Fatalf("%d and %d columns: %+q under %d at %d became %+q", a, b, ansi.Strip(c.String()), n, x, line)
		}
		for i := range w {
			g, _, _ := next(ansi.Strip(behind(lines[0], i)))
			switch was := c.at(i, 0); {
			case i >= x && i < x+n:
				if g != "#" {
					t.Fatalf("column %d is %q, not covered: %+q", i, g, line)
				}
			case was == "" || i+1 < w && c.at(i+1, 0) == "": // a wide one, or what is left of it
			case g != was:
				t.Fatalf("column %d was %q and is %q: %+q", i, was, g, line)
			}
		}
	})
}
