package tui

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// cell is one place on a canvas. The right half of a wide character has no
// text of its own.
type cell struct {
	text string // "" is the right half of the cell before
	ink  ink
}

// canvas is a grid that a pane draws on. What falls outside is lost, so a
// canvas never renders wider or taller than it was made.
type canvas struct {
	w, h  int
	cells []cell
	st    *styles
}

func newCanvas(st *styles, w, h int) *canvas {
	c := &canvas{w: max(0, w), h: max(0, h), st: st}
	c.cells = make([]cell, c.w*c.h)
	for i := range c.cells {
		c.cells[i].text = " "
	}
	return c
}

// set puts one character of width 1.
func (c *canvas) set(x, y int, text string, k ink) {
	if x < 0 || y < 0 || x >= c.w || y >= c.h {
		return
	}
	c.mend(x, y)
	c.cells[y*c.w+x] = cell{text, k}
}

// mend blanks the other half of a wide character that is about to be
// overwritten.
func (c *canvas) mend(x, y int) {
	i := y*c.w + x
	if c.cells[i].text == "" && x > 0 {
		c.cells[i-1].text = " "
	}
	if x+1 < c.w && c.cells[i+1].text == "" {
		c.cells[i+1].text = " "
	}
}

// at returns what stands at a place.
func (c *canvas) at(x, y int) string {
	if x < 0 || y < 0 || x >= c.w || y >= c.h {
		return ""
	}
	return c.cells[y*c.w+x].text
}

// text writes s from x on, at most to the canvas's edge, and returns where it
// ended. It stops before a wide character that does not fit whole.
func (c *canvas) text(x, y int, s string, k ink) int { return c.clip(x, y, c.w, s, k) }

// clip is text that ends before column end.
func (c *canvas) clip(x, y, end int, s string, k ink) int {
	end = min(end, c.w)
	for len(s) > 0 {
		var g string
		var w int
		g, w, s = next(s)
		if w == 0 {
			continue
		}
		if x+w > end {
			break
		}
		c.set(x, y, g, k)
		if w == 2 && y >= 0 && y < c.h && x >= 0 {
			c.set(x+1, y, "x", k)
			c.cells[y*c.w+x] = cell{g, k}
			c.cells[y*c.w+x+1] = cell{"", k}
		}
		x += w
	}
	return x
}

// next takes the first character that a person sees off s, with its width.
// What would grow into its neighbours, or has a width about which terminals
// disagree (families, flags, marks without a letter), is drawn as its first
// rune, or as a question mark.
func next(s string) (g string, w int, rest string) {
	if s[0] < utf8.RuneSelf && (len(s) == 1 || s[1] < utf8.RuneSelf) {
		if s[0] < ' ' || s[0] == 0x7f {
			return " ", 1, s[1:]
		}
		return s[:1], 1, s[1:]
	}
	if r, n := utf8.DecodeRuneInString(s); lone(r) && alone(s[n:]) {
		if r >= 0x4e00 {
			return s[:n], 2, s[n:]
		}
		return s[:n], 1, s[n:]
	}
	raw, w := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	if raw == "" {
		return "", 0, ""
	}
	rest = s[len(raw):]
	r, n := utf8.DecodeRuneInString(raw)
	if n == len(raw) && lone(r) {
		return raw, w, rest
	}
	if ansi.StringWidthWc(raw) == w && apart(raw) {
		return raw, w, rest
	}
	g = string(r)
	if w = ansi.StringWidth(g); r < ' ' || r == 0x7f || w != ansi.StringWidthWc(g) || !apart(g) {
		return "?", 1, rest
	}
	return g, w, rest
}

// alone tells whether nothing at the beginning of s joins what stands before it.
func alone(s string) bool {
	if s == "" || s[0] < utf8.RuneSelf {
		return true
	}
	r, _ := utf8.DecodeRuneInString(s)
	return lone(r)
}

// lone tells of the runes the screen is full of that they stand by themselves.
func lone(r rune) bool {
	switch {
	case r >= 0xa1 && r < 0x300 && r != 0xa9 && r != 0xad && r != 0xae:
		return true
	case r >= 0x2190 && r <= 0x21ff, r >= 0x2500 && r <= 0x259f, r >= 0x2800 && r <= 0x28ff, r >= 0x4e00 && r <= 0x9fff:
		return true
	}
	switch r {
	case '…', '–', '—', '’':
		return true
	}
	return false
}

// apart tells whether a character stays one in any neighbourhood.
func apart(g string) bool {
	for _, before := range []string{"x", "🇩", "ᄀ", "가", "क्"} {
		if raw, _ := ansi.FirstGraphemeCluster(before+g, ansi.GraphemeWidth); raw != before {
			return false
		}
	}
	for _, after := range []string{"x", "👩", "क", "🇩"} {
		if raw, _ := ansi.FirstGraphemeCluster(g+after, ansi.GraphemeWidth); raw != g {
			return false
		}
	}
	return true
}

// width is how many columns text takes on a canvas.
func width(s string) int {
	n := 0
	for len(s) > 0 {
		if s[0] < utf8.RuneSelf && (len(s) == 1 || s[1] < utf8.RuneSelf) {
			n, s = n+1, s[1:]
			continue
		}
		var w int
		_, w, s = next(s)
		n += w
	}
	return n
}

// cut shortens text to a width and says so with an ellipsis.
func cut(s string, w int) string {
	if w <= 0 {
		return ""
	}
	if len(s) <= w { // no character is wider than it is long
		return s
	}
	n, keep := 0, 0
	for rest := s; len(rest) > 0; {
		var gw int
		_, gw, rest = next(rest)
		if n += gw; n > w {
			return strings.TrimRight(s[:keep], " ") + "…"
		}
		if n <= w-1 {
			keep = len(s) - len(rest)
		}
	}
	return s
}

// right writes text that ends before column end.
func (c *canvas) right(end, y int, s string, k ink) int {
	x := end - width(s)
	c.text(x, y, s, k)
	return x
}

// fill clears a rectangle in one ink.
func (c *canvas) fill(x, y, w, h int, k ink) {
	for j := y; j < y+h; j++ {
		for i := x; i < x+w; i++ {
			c.set(i, j, " ", k)
		}
	}
}

// box draws a rounded border around the whole canvas with a title in it, and
// something short at its right end.
func (c *canvas) box(edge ink) {
	if c.w < 2 || c.h < 2 {
		return
	}
	for x := 1; x < c.w-1; x++ {
		c.set(x, 0, "─", edge)
		c.set(x, c.h-1, "─", edge)
	}
	for y := 1; y < c.h-1; y++ {
		c.set(0, y, "│", edge)
		c.set(c.w-1, y, "│", edge)
	}
	c.set(0, 0, "╭", edge)
	c.set(c.w-1, 0, "╮", edge)
	c.set(0, c.h-1, "╰", edge)
	c.set(c.w-1, c.h-1, "╯", edge)
}

// String returns h lines of exactly w columns.
func (c *canvas) String() string {
	var b strings.Builder
	b.Grow(c.w*c.h*2 + c.h)
	for y := range c.h {
		if y > 0 {
			b.WriteByte('\n')
		}
		c.line(&b, y)
	}
	return b.String()
}

func (c *canvas) line(b *strings.Builder, y int) {
	now := inkPlain
	for _, e := range c.cells[y*c.w : (y+1)*c.w] {
		if e.text == "" {
			continue
		}
		// A blank has no ink but its background's.
		if e.ink != now && (e.text != " " || c.st.backed[e.ink] || c.st.backed[now]) {
			if now != inkPlain && c.st.open[now] != "" {
				b.WriteString(ansi.ResetStyle)
			}
			b.WriteString(c.st.open[e.ink])
			now = e.ink
		}
		if c.st.ascii && e.text[0] >= utf8.RuneSelf {
			b.WriteString(toASCII(e.text))
			continue
		}
		b.WriteString(e.text)
	}
	if now != inkPlain && c.st.open[now] != "" {
		b.WriteString(ansi.ResetStyle)
	}
}

// toASCII replaces what the screen itself draws by what any terminal has. Text
// that people typed passes as it is.
func toASCII(s string) string {
	if a, ok := asciiFor[s]; ok {
		return a
	}
	return s
}

var asciiFor = map[string]string{
	"●": "o", "▲": "^", "■": "#", "○": "?", "▴": "^", "▪": "#", "◦": "?", "◌": "?",
	"─": "-", "│": "|", "╭": "+", "╮": "+", "╰": "+", "╯": "+", "├": "+", "┤": "|", "┴": "+", "┬": "+", "└": "+", "┼": "+",
	"╌": "-", "┄": ".", "·": "-", "…": "~", "→": ">", "↑": "^", "↓": "v", "←": "<", "×": "x", "✕": "x", "✓": "v", "’": "'",
	"█": "#", "▉": "#", "▊": "#", "▋": "#", "▌": "#", "▐": "#", "▍": "#", "▎": "#", "▏": "#", "▁": "_", "▂": "_", "▃": "=", "▄": "=", "▅": "=", "▆": "#", "▇": "#",
	"▼": "v", "▒": ":", "▰": "#", "▱": ".", "▸": ">", "┃": "|", "▮": "|", "▕": "|", "━": "=", "⠒": "-", "⠂": ".", "≥": ">", "▀": "\"", "–": "-", "┊": ":", "⏸": "=",
	"░": ".", "—": "-", "“": "\"", "”": "\"", "‘": "'", "°": "o", "\u00a0": " ",
}
