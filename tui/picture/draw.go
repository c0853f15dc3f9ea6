package picture

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// fonts are asked for in this order; the grid holds in any of them.
const fonts = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"

// draw writes g as an SVG picture. Errors of w are the caller's to see, by a bufio.Writer's Flush.
func draw(w io.Writer, g *grid, t theme, title string) {
	width, height := g.cols*cellW+2*padding, len(g.rows)*cellH+2*padding
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img">`+"\n",
		width, height, width, height)
	fmt.Fprintf(w, "<title>%s</title>\n", escape(title))
	fmt.Fprintf(w, `<rect x=".5" y=".5" width="%d" height="%d" rx="9" fill="%s" stroke="%s"/>`+"\n", width-1, height-1, t.bg, t.edge)
	fmt.Fprintf(w, `<g transform="translate(%d %d)">`+"\n", padding, padding)
	drawGrounds(w, g, t)
	drawShapes(w, g, t)
	drawText(w, g, t)
	fmt.Fprint(w, "</g>\n</svg>\n")
}

// drawGrounds fills what is behind the characters, where it is not the window's own ground.
func drawGrounds(w io.Writer, g *grid, t theme) {
	var ink inks
	for y, row := range g.rows {
		for x := 0; x < len(row); {
			_, ground := t.colours(row[x].style)
			from := x
			for x < len(row) {
				if _, next := t.colours(row[x].style); next != ground {
					break
				}
				x++
			}
			if ground != t.bg {
				ink.of(ground).rect(float64(from*cellW), float64(y*cellH), float64((x-from)*cellW), cellH)
			}
		}
	}
	ink.write(w)
}

// drawShapes draws lines, blocks and braille, underlines and what is struck out.
func drawShapes(w io.Writer, g *grid, t theme) {
	var ink inks
	for row, cells := range g.rows {
		for col, c := range cells {
			colour, ground := t.colours(c.style)
			x, y := float64(col*cellW), float64(row*cellH)
			if c.style.under {
				ink.of(colour).rect(x, y+baseline+2, cellW, 1)
			}
			if c.style.strike {
				ink.of(colour).rect(x, y+baseline-5, cellW, 1)
			}
			r, _ := utf8.DecodeRuneInString(c.text)
			if c.style.conceal || c.width != 1 || !isShape(r) {
				continue
			}
			if share := shade(r); share > 0 {
				colour = colour.mix(ground, share)
			}
			ink.of(colour).shape(r, x, y)
		}
	}
	ink.write(w)
}

// inks gathers path data by colour, in the order in which the colours were first asked for.
type inks struct {
	order []rgb
	by    map[rgb]*paths
}

func (k *inks) of(c rgb) *paths {
	if p := k.by[c]; p != nil {
		return p
	}
	if k.by == nil {
		k.by = map[rgb]*paths{}
	}
	p := &paths{}
	k.by[c], k.order = p, append(k.order, c)
	return p
}

func (k *inks) write(w io.Writer) {
	for _, c := range k.order {
		p := k.by[c]
		if p.area.Len() > 0 {
			// Without crisp edges hairlines of the ground show between neighbours.
			fmt.Fprintf(w, `<path fill="%s" shape-rendering="crispEdges" d="%s"/>`+"\n", c, p.area.String())
		}
		if p.line.Len() > 0 {
			fmt.Fprintf(w, `<path fill="none" stroke="%s" d="%s"/>`+"\n", c, p.line.String())
		}
		if p.dots.Len() > 0 {
			fmt.Fprintf(w, `<path fill="none" stroke="%s" stroke-width="2.6" stroke-linecap="round" d="%s"/>`+"\n", c, p.dots.String())
		}
	}
}

// A piece is text that is placed and measured as one piece.
type piece struct {
	col, cells   int
	text         string
	ink          rgb
	bold, italic bool
}

// drawText places every run with its start and its length on the grid.
func drawText(w io.Writer, g *grid, t theme) {
	fmt.Fprintf(w, `<g font-family="%s" font-size="%d" fill="%s" xml:space="preserve">`+"\n", fonts, fontSize, t.fg)
	for y, row := range g.rows {
		for _, r := range runs(row, t) {
			fmt.Fprintf(w, `<text x="%d" y="%d" textLength="%d" lengthAdjust="spacingAndGlyphs"`,
				r.col*cellW, y*cellH+baseline, r.cells*cellW)
			if r.ink != t.fg {
				fmt.Fprintf(w, ` fill="%s"`, r.ink)
			}
			if r.bold {
				fmt.Fprint(w, ` font-weight="bold"`)
			}
			if r.italic {
				fmt.Fprint(w, ` font-style="italic"`)
			}
			fmt.Fprintf(w, ">%s</text>\n", escape(r.text))
		}
	}
	fmt.Fprint(w, "</g>\n")
}

// runs cuts a row into pieces of text. Letters that share a look go together, over single
// spaces, too; a symbol or a wide character stands alone, because the font that has it may
// give it another width, which must not move its neighbours.
func runs(row []cell, t theme) []piece {
	var out []piece
	joined := false // whether the next cell may go on with the last run
	for col, c := range row {
		r, _ := utf8.DecodeRuneInString(c.text)
		switch {
		case c.width == 0:
			continue
		case c.text == " " || c.style.conceal || c.width == 1 && isShape(r):
			joined = joined && c.text == " " && row[col-1].text != " "
			continue
		}
		next := piece{col: col, cells: c.width, text: c.text, bold: c.style.bold, italic: c.style.italic}
		next.ink, _ = t.colours(c.style)
		if plain := c.width == 1 && isPlain(r); !plain || !joined {
			out, joined = append(out, next), plain
			continue
		}
		last := &out[len(out)-1]
		if last.ink != next.ink || last.bold != next.bold || last.italic != next.italic {
			out = append(out, next)
			continue
		}
		last.text += strings.Repeat(" ", col-last.col-last.cells) + c.text
		last.cells = col - last.col + 1
	}
	return out
}

// isPlain says whether every monospace font can be expected to have r in its own width.
func isPlain(r rune) bool {
	return r < 0x500 && unicode.IsGraphic(r)
}

// escape makes s fit to stand in XML; what no XML may hold becomes U+FFFD.
func escape(s string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		return "" // A strings.Builder refuses nothing.
	}
	return b.String()
}
