package tui

import (
	"strconv"

	"crosstalk/session"
)

// gutter is the width of a chart's labels and their axis line.
const gutter = 11

// plot is a field of dots of one chart: 2 by 4 in a cell with braille, 1 by 2
// with blocks, 1 by 1 with ASCII.
type plot struct {
	w, h   int // cells
	dx, dy int
	bits   []uint8
	inks   []ink
	st     *styles
}

func newPlot(st *styles, w, h int) *plot {
	p := &plot{w: w, h: h, dx: 2, dy: 4, st: st, bits: make([]uint8, w*h), inks: make([]ink, w*h)}
	switch {
	case st.ascii:
		p.dx, p.dy = 1, 1
	case st.blocks:
		p.dx, p.dy = 1, 2
	}
	return p
}

// braille has the bit of each dot, by column and by row from above.
var braille = [2][4]uint8{{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}

// dot sets one dot; y counts from below.
func (p *plot) dot(x, y int, k ink) {
	cx, cy := x/p.dx, p.h-1-y/p.dy
	if x < 0 || y < 0 || cx >= p.w || cy < 0 {
		return
	}
	i := cy*p.w + cx
	p.inks[i] = k
	row := p.dy - 1 - y%p.dy
	switch p.dy {
	case 4:
		p.bits[i] |= braille[x%2][row]
	default:
		p.bits[i] |= 1 << row
	}
}

// draw puts the dots on a canvas over what stands there.
func (p *plot) draw(c *canvas, x, y int) {
	for i, b := range p.bits {
		if b == 0 {
			continue
		}
		c.set(x+i%p.w, y+i/p.w, p.glyph(b, p.inks[i]), p.inks[i])
	}
}

func (p *plot) glyph(b uint8, k ink) string {
	switch p.dy {
	case 4:
		return string(rune(0x2800 + int(b)))
	case 2:
		return [...]string{" ", "▀", "▄", "█"}[b&3]
	}
	if k == inkStagingSoft || k == inkProdSoft || k == inkDim {
		return "."
	}
	return "*"
}

// line draws a curve. Where a value is missing there is a gap: it is never
// bridged by more than the one slot that an uneven tick may leave out.
func (p *plot) line(a axis, s scale, slots []session.Second, value func(*session.Second) (float64, bool), k ink, dotted bool) {
	dots := a.cols * a.per
	heights := make([]int, dots)
	for i := range heights {
		heights[i] = -1
	}
	for i := range slots {
		d := a.dot(slots[i].MS)
		if d < 0 || d >= dots {
			continue
		}
		if v, ok := value(&slots[i]); ok {
			heights[d] = max(heights[d], s.at(v, p.h*p.dy))
		}
	}
	was, at := -1, -1
	for d, y := range heights {
		if y < 0 {
			continue
		}
		if dotted {
			for x := at + 1; at >= 0 && x < d && d-at <= a.bridges(at); x++ { // as far apart as ever, however wide a second is
				if x%2 == 0 || a.per == 1 {
					p.dot(x, was+(y-was)*(x-at)/(d-at), k)
				}
			}
			was, at = y, d
			if d%2 == 0 || a.per == 1 {
				p.dot(d, y, k)
			}
			continue
		}
		p.dot(d, y, k)
		if at >= 0 && (d-at == 1 || d-at == 2 && a.bucket <= 1000 || d-at <= a.bridges(at)) {
			p.connect(at, was, d, y, k)
		}
		was, at = y, d
	}
}

// connect draws the steep part between two neighbours.
func (p *plot) connect(x0, y0, x1, y1 int, k ink) {
	for x := x0 + 1; x < x1; x++ {
		p.dot(x, y0+(y1-y0)*(x-x0)/(x1-x0), k)
	}
	if x1-x0 > 2 {
		return
	}
	mid := (y0 + y1) / 2
	for y := min(y0, mid); y <= max(y0, mid); y++ {
		p.dot(x0, y, k)
	}
	for y := min(mid, y1); y <= max(mid, y1); y++ {
		p.dot(x1, y, k)
	}
}

// grid draws the labels, the grid and the limits that a chart stands on.
func grid(c *canvas, x, y, h int, v window, dy int, limits []limit) {
	taken := map[int]bool{}
	speck := "·"
	if c.st.ascii {
		speck = "."
	}
	label := func(row int, s string, k ink) {
		if !taken[row] {
			taken[row] = true
			c.right(x+gutter-1, y+row, cut(s, gutter-1), k)
			c.set(x+gutter-1, y+row, "┤", inkFaint)
		}
	}
	for r := range h {
		c.set(x+gutter-1, y+r, "│", inkFaint)
	}
	row := func(s float64) int { return h - 1 - v.scale.at(s, h*dy)/dy }
	for _, l := range limits {
		if l.at <= 0 || l.at > v.scale.hi {
			continue
		}
		r := row(l.at)
		if taken[r] {
			continue
		}
		for i := range v.axis.cols {
			if i%2 == 0 {
				c.set(x+gutter+i, y+r, "╌", l.ink)
			}
		}
		label(r, l.sign+" "+millis(l.at), l.ink)
	}
	for _, t := range v.scale.ticks() {
		r := row(t)
		if taken[r] {
			continue
		}
		label(r, v.scale.name(t), inkDim)
		if r == h-1 {
			continue
		}
		for i := 0; i < v.axis.cols; i += 4 {
			c.set(x+gutter+i, y+r, speck, inkFaint)
		}
	}
}

// limit is a threshold to be drawn.
type limit struct {
	sign string  // of the state that begins there
	at   float64 // seconds
	ink  ink
}

// area draws the users under a chart: running filled, asked as its edge.
func area(c *canvas, x, y, h int, v window, st *styles) {
	for r := range h {
		c.set(x+gutter-1, y+r, "│", inkFaint)
	}
	c.right(x+gutter-1, y, strconv.Itoa(v.most), inkDim)
	c.set(x+gutter-1, y, "┤", inkFaint)
	if h > 1 {
		c.right(x+gutter-1, y+h-1, v.unit, inkDim)
	}
	p := newPlot(st, v.axis.cols, h)
	dots := v.axis.cols * v.axis.per
	running, asked := make([]int, dots), make([]int, dots)
	for i := range v.slots {
		s := &v.slots[i]
		d := v.axis.dot(s.MS)
		if d < 0 || !s.Told {
			continue
		}
		for e := d; e < min(dots, d+v.cover(s)); e++ {
			running[e], asked[e] = max(running[e], s.Running), max(asked[e], s.Asked)
		}
	}
	top := h * p.dy
	height := func(n int) int { return (n*top + v.most - 1) / v.most }
	for d := range dots {
		for i := range height(running[d]) {
			p.dot(d, i, inkUsers)
		}
		if asked[d] > running[d] {
			p.dot(d, height(asked[d])-1, inkStaging)
		}
	}
	p.draw(c, x+gutter, y)
}
