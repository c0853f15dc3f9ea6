package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// glass is a terminal that a guest's screen is drawn on: as much of one as this
// program needs.
type glass struct {
	w, h int
	cell [][]string
	x, y int
	off  int    // letters that were drawn outside of it
	last string // letter
}

// drawnOn draws all that came on a terminal of a size.
func drawnOn(raw string, w, h int) *glass {
	g := &glass{w: w, h: h}
	g.clear(0, 0, w, h)
	p, state := ansi.NewParser(), byte(0)
	for len(raw) > 0 {
		seq, width, n, next := ansi.DecodeSequence(raw, state, p)
		raw, state = raw[n:], next
		switch {
		case width > 0:
			g.put(seq, width)
		case seq == "\r":
			g.x = 0
		case seq == "\n":
			g.y++
		case seq == "\b":
			g.x = max(0, g.x-1)
		case strings.HasPrefix(seq, "\x1b[") && ansi.Cmd(p.Command()).Prefix() == 0 && ansi.Cmd(p.Command()).Intermediate() == 0:
			g.control(ansi.Cmd(p.Command()).Final(), p)
		}
	}
	return g
}

func (g *glass) put(letter string, width int) {
	if g.x+width > g.w || g.y >= g.h || g.y < 0 {
		g.off++
	} else {
		g.cell[g.y][g.x] = letter
		for i := 1; i < width; i++ {
			g.cell[g.y][g.x+i] = ""
		}
	}
	g.x, g.last = g.x+width, letter
}

func (g *glass) control(final byte, p *ansi.Parser) {
	n, _ := p.Param(0, 1)
	n = max(1, n)
	switch final {
	case 'A':
		g.y = max(0, g.y-n)
	case 'B':
		g.y += n
	case 'C':
		g.x += n
	case 'D':
		g.x = max(0, g.x-n)
	case 'G', '`':
		g.x = n - 1
	case 'd':
		g.y = n - 1
	case 'H', 'f':
		col, _ := p.Param(1, 1)
		g.y, g.x = n-1, max(1, col)-1
	case 'X':
		g.clear(g.x, g.y, n, 1)
	case 'b':
		for range n {
			g.put(g.last, 1)
		}
	case 'K':
		switch how, _ := p.Param(0, 0); how {
		case 0:
			g.clear(g.x, g.y, g.w, 1)
		case 1:
			g.clear(0, g.y, g.x+1, 1)
		case 2:
			g.clear(0, g.y, g.w, 1)
		}
	case 'J':
		switch how, _ := p.Param(0, 0); how {
		case 0:
			g.clear(g.x, g.y, g.w, 1)
			g.clear(0, g.y+1, g.w, g.h)
		case 2:
			g.clear(0, 0, g.w, g.h)
		}
	}
}

func (g *glass) clear(x, y, w, h int) {
	for len(g.cell) < g.h {
		g.cell = append(g.cell, make([]string, g.w))
	}
	for j := y; j < min(g.h, y+h); j++ {
		for i := x; i < min(g.w, x+w); i++ {
			g.cell[j][i] = " "
		}
	}
}

func (g *glass) row(y int) string { return strings.Join(g.cell[y], "") }

// Each guest's screen is drawn to the last row and column of the guest's own
// terminal, and never outside of it.
func TestEveryGuestHasTheOwnSize(t *testing.T) {
	h := openHouse(t, nil)
	for _, c := range []struct {
		name string
		w, h int
		env  map[string]string
	}{{"jon", 200, 60, map[string]string{"COLORTERM": "truecolor"}}, {"ann", 80, 24, map[string]string{"TERM": "xterm"}}} {
		g := h.guest(c.name, c.w, c.h, c.env)
		var seen *glass
		var raw string
		until(t, c.name+"'s screen is whole", func() bool {
			raw, _ = g.out.text()
			seen = drawnOn(raw, c.w, c.h)
			return strings.Contains(seen.row(c.h-1), "^x") && strings.HasSuffix(strings.TrimRight(seen.row(c.h-2), " "), "╯") && strings.HasPrefix(seen.row(0), " crosstalk")
		})
		if seen.off > 0 {
			t.Errorf("%s: %d letters are drawn outside of %dx%d", c.name, seen.off, c.w, c.h)
		}
		if row := seen.row(c.h - 2); ansi.StringWidth(strings.TrimRight(row, " ")) != c.w {
			t.Errorf("%s: the last box ends before column %d: %q", c.name, c.w, row)
		}
		if other := drawnOn(raw, c.w-1, c.h-1); other.off == 0 {
			t.Errorf("%s: the screen is smaller than %dx%d", c.name, c.w, c.h)
		}
		colours := strings.Contains(raw, "38;2;")
		if colours != (c.name == "jon") {
			t.Errorf("%s: all colours %t", c.name, colours)
		}
	}
}
