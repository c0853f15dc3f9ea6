package picture

import (
	"strconv"
	"strings"
)

// The grid in units of the picture. The width is that of a 15 px monospace letter (most
// are 0.6 em wide); both are odd so that a line of 1 through the middle falls on pixels.
const (
	cellW, cellH = 9, 19
	fontSize     = 15
	baseline     = 14 // from the top of a cell
	padding      = 16
)

// paths is SVG path data gathered for one colour: areas to fill, lines to stroke, and
// dots, which are strokes of no length with round ends.
type paths struct{ area, line, dots strings.Builder }

// rect adds an area, in picture units.
func (p *paths) rect(x, y, w, h float64) {
	p.area.WriteString("M" + num(x) + " " + num(y) + "h" + num(w) + "v" + num(h) + "h" + num(-w) + "z")
}

// num writes a coordinate with at most two decimals.
func num(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// isShape says whether shape draws r; everything else is text.
func isShape(r rune) bool {
	return r >= 0x2580 && r <= 0x259f || r >= 0x2800 && r <= 0x28ff || arms[r] != "" || dashes[r] != "" || strokes[r] != ""
}

// shade returns how much of a cell ░ ▒ ▓ cover, and 0 for every other character.
func shade(r rune) float64 {
	if r < '░' || r > '▓' {
		return 0
	}
	return 0.25 * float64(r-'░'+1)
}

// shape draws r, for which isShape holds, into the cell whose corner is at x, y.
func (p *paths) shape(r rune, x, y float64) {
	switch {
	case r >= 0x2800:
		p.braille(r, x, y)
	case r >= 0x2580:
		p.block(r, x, y)
	case arms[r] != "":
		p.box(arms[r], x, y)
	case dashes[r] != "":
		p.dash(dashes[r], x, y)
	default:
		p.line.WriteString("M" + num(x) + " " + num(y) + strokes[r])
	}
}

// block draws U+2580 to U+259F: eighths, halves, shades (whose colour is thinned by the caller) and quadrants.
func (p *paths) block(r rune, x, y float64) {
	const w, h = float64(cellW), float64(cellH)
	switch {
	case r == '▀':
		p.rect(x, y, w, h/2)
	case r <= '█': // ▁ to █ grow from below
		part := float64(r-'▀') / 8
		p.rect(x, y+h*(1-part), w, h*part)
	case r <= '▏': // ▉ to ▏ shrink to the left
		p.rect(x, y, w*float64('▏'-r+1)/8, h)
	case r == '▐':
		p.rect(x+w/2, y, w/2, h)
	case r <= '▓':
		p.rect(x, y, w, h)
	case r == '▔':
		p.rect(x, y, w, h/8)
	case r == '▕':
		p.rect(x+w*7/8, y, w/8, h)
	default:
		// Bits: upper left, upper right, lower left, lower right.
		bits := [...]uint{0b0100, 0b1000, 0b0001, 0b1101, 0b1001, 0b0111, 0b1011, 0b0010, 0b0110, 0b1110}[r-'▖']
		for i := range 4 {
			if bits>>i&1 == 1 {
				p.rect(x+w/2*float64(i%2), y+h/2*float64(i/2), w/2, h/2)
			}
		}
	}
}

// braille draws U+2800 to U+28FF: bits 0 to 2 and 6 are the left column from above, 3 to 5 and 7 the right one.
func (p *paths) braille(r rune, x, y float64) {
	places := [8][2]float64{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}}
	for i, at := range places {
		if (r-0x2800)>>i&1 == 1 {
			dx, dy := cellW*(0.25+0.5*at[0]), cellH*(0.125+0.25*at[1])
			// Not quite of no length: some viewers draw no ends on a line without any.
			p.dots.WriteString("M" + num(x+dx) + " " + num(y+dy) + "h.01")
		}
	}
}

// box draws a crossing of straight arms. Each reaches from its edge over the middle by
// half the thickness of the arms across, so that corners close.
func (p *paths) box(weights string, x, y float64) {
	const midX, midY = float64(cellW) / 2, float64(cellH) / 2
	var half [4]float64 // of the thickness of left, right, up, down
	for i := range half {
		half[i] = [...]float64{0, 0.5, 1.5}[weights[i]-'0']
	}
	across, along := max(half[2], half[3]), max(half[0], half[1])
	// Two equal arms are one piece: a seam in the middle would show when the picture is scaled.
	if l, r := half[0], half[1]; l == r && l > 0 {
		p.rect(x, y+midY-l, cellW, 2*l)
	} else {
		if l > 0 {
			p.rect(x, y+midY-l, midX+across, 2*l)
		}
		if r > 0 {
			p.rect(x+midX-across, y+midY-r, midX+across, 2*r)
		}
	}
	if u, d := half[2], half[3]; u == d && u > 0 {
		p.rect(x+midX-u, y, 2*u, cellH)
	} else {
		if u > 0 {
			p.rect(x+midX-u, y, 2*u, midY+along)
		}
		if d > 0 {
			p.rect(x+midX-d, y+midY-along, 2*d, midY+along)
		}
	}
}

// dash draws a line in pieces: kind is its direction, how many, and its weight.
func (p *paths) dash(kind string, x, y float64) {
	n := float64(kind[1] - '0')
	half := float64(kind[2]-'0') - 0.5
	for i := range int(n) {
		at := (float64(i) + 0.2) / n
		if kind[0] == 'h' {
			p.rect(x+cellW*at, y+float64(cellH)/2-half, cellW*0.6/n, 2*half)
		} else {
			p.rect(x+float64(cellW)/2-half, y+cellH*at, 2*half, cellH*0.6/n)
		}
	}
}

// arms holds the straight box-drawing characters, each with the weight (0 none, 1 light,
// 2 heavy) of its left, right, upper and lower arm. Double lines are left to the font.
var arms = table(
	"─1100 ━2200 │0011 ┃0022 ┌0101 ┍0201 ┎0102 ┏0202 ┐1001 ┑2001 ┒1002 ┓2002 " +
		"└0110 ┕0210 ┖0120 ┗0220 ┘1010 ┙2010 ┚1020 ┛2020 ├0111 ┝0211 ┞0121 ┟0112 " +
		"┠0122 ┡0221 ┢0212 ┣0222 ┤1011 ┥2011 ┦1021 ┧1012 ┨1022 ┩2021 ┪2012 ┫2022 " +
		"┬1101 ┭2101 ┮1201 ┯2201 ┰1102 ┱2102 ┲1202 ┳2202 ┴1110 ┵2110 ┶1210 ┷2210 " +
		"┸1120 ┹2120 ┺1220 ┻2220 ┼1111 ┽2111 ┾1211 ┿2211 ╀1121 ╁1112 ╂1122 ╃2121 " +
		"╄1221 ╅2112 ╆1212 ╇2221 ╈2212 ╉2122 ╊1222 ╋2222 ╴1000 ╵0010 ╶0100 ╷0001 " +
		"╸2000 ╹0020 ╺0200 ╻0002 ╼1200 ╽0012 ╾2100 ╿0021")

// dashes holds the dashed lines: direction, pieces, weight.
var dashes = table("┄h31 ┅h32 ┆v31 ┇v32 ┈h41 ┉h42 ┊v41 ┋v42 ╌h21 ╍h22 ╎v21 ╏v22")

// strokes holds what is neither straight nor filled, as path data from the cell's corner.
var strokes = map[rune]string{
	'╭': "m4.5 19v-5q0-4.5 4.5-4.5",
	'╮': "m0 9.5q4.5 0 4.5 4.5v5",
	'╯': "m0 9.5q4.5 0 4.5-4.5v-5",
	'╰': "m4.5 0v5q0 4.5 4.5 4.5",
	'╱': "m0 19l9-19",
	'╲': "l9 19",
	'╳': "l9 19m-9 0l9-19",
}

// table reads characters, each followed by what is known of it.
func table(list string) map[rune]string {
	out := map[rune]string{}
	for word := range strings.FieldsSeq(list) {
		r := []rune(word)
		out[r[0]] = string(r[1:])
	}
	return out
}
