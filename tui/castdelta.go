package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// raster is a drawn frame in cells, so that only what changed needs to be
// written again.
type raster struct {
	w, h  int
	cells []drawn
}

// drawn is one cell with the escapes that colour it. The right half of a wide
// character has no text.
type drawn struct{ text, style string }

// newRaster reads a frame: lines of text and colours, nothing else.
func newRaster(frame string, w, h int) *raster {
	g := &raster{w: w, h: h, cells: make([]drawn, w*h)}
	for i := range g.cells {
		g.cells[i].text = " "
	}
	for y, line := range strings.Split(frame, "\n") {
		if y >= h {
			break
		}
		x, style, state := 0, "", ansi.NormalState
		for len(line) > 0 {
			seq, width, n, next := ansi.DecodeSequence(line, state, nil)
			line, state = line[n:], next
			switch {
			case width == 0 && seq == ansi.ResetStyle:
				style = ""
			case width == 0:
				style += seq
			case x+width <= w:
				g.cells[y*w+x] = drawn{seq, style}
				for i := 1; i < width; i++ {
					g.cells[y*w+x+i] = drawn{"", style}
				}
				x += width
			}
		}
	}
	return g
}

// bridge is how many unchanged cells are cheaper to write than to jump over.
const bridge = 6

// from writes what turns an old frame into this one; all of it without an old
// one.
func (g *raster) from(old *raster) string {
	var b strings.Builder
	for y := range g.h {
		row := g.cells[y*g.w : (y+1)*g.w]
		changed := func(x int) bool { return old == nil || old.cells[y*g.w+x] != row[x] }
		for x := 0; x < g.w; {
			if !changed(x) {
				x++
				continue
			}
			from, to := x, x+1
			for i := to; i < g.w && i-to < bridge; i++ {
				if changed(i) {
					to = i + 1
				}
			}
			// Never half of a wide character.
			for from > 0 && row[from].text == "" {
				from--
			}
			for to < g.w && row[to].text == "" {
				to++
			}
			g.run(&b, y, from, to)
			x = to
		}
	}
	return b.String()
}

// run writes the cells [from, to) of a row in their places.
func (g *raster) run(b *strings.Builder, y, from, to int) {
	fmt.Fprintf(b, "\x1b[%d;%dH", y+1, from+1)
	style := ""
	for _, c := range g.cells[y*g.w+from : y*g.w+to] {
		if c.text == "" {
			continue
		}
		if c.style != style {
			if style != "" {
				b.WriteString(ansi.ResetStyle)
			}
			b.WriteString(c.style)
			style = c.style
		}
		b.WriteString(c.text)
	}
	if style != "" {
		b.WriteString(ansi.ResetStyle)
	}
}
