package tui

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"crosstalk/session"
)

// gauge is the dial as a half circle from 0 to the most users ever allowed.
type gauge struct {
	m *Model
}

// render draws the whole box of users.
func (g gauge) render(w, h int) string {
	m := g.m
	c := newCanvas(m.st, w, h)
	d := m.s.Dial
	c.box(inkFaint)
	x := c.text(1, 0, g.m.dialTitle(), inkStaging)
	c.clip(x, 0, w-2, " on staging ", inkDim)
	iw := w - 4
	// Below the arc: the number, and lines about it.
	lines := g.lines(iw, h)
	arc := h - 2 - 1 - len(lines)
	if arc >= 3 {
		g.arc(c, 2, 1, iw, arc)
	} else {
		g.bar(c, 2, 1, iw)
		arc = 1
	}
	y := 1 + arc
	if m.mode == modeNumber {
		g.typed(c, y, w)
	} else {
		g.number(c, y, w, d)
	}
	for i, l := range lines {
		at := 2
		for _, p := range l {
			at = c.clip(at, y+1+i, w-2, p.text, p.ink)
		}
	}
	g.foot(c)
	return c.String()
}

// foot says what the last cut left behind while it does: a ceiling below it.
func (g gauge) foot(c *canvas) {
	d := g.m.s.Dial
	defer func() {
		if c.at(c.w-2, c.h-1) == "─" && c.at(c.w-4, c.h-1) == "─" {
			g.sayZones(c)
		}
	}()
	if d.Ghost == 0 || d.Ceiling != max(1, d.Ghost*8/10) || g.m.s.Guard.State != "run" {
		return
	}
	for _, t := range []string{
		fmt.Sprintf(" ✕ cut at %d: 80 %% of it is the ceiling now ", d.Ghost), fmt.Sprintf(" ✕ %d: 80 %% of it is the ceiling now ", d.Ghost),
		fmt.Sprintf(" ✕ 80 %% of %d is the ceiling ", d.Ghost), fmt.Sprintf(" ✕ 80 %% of %d is max ", d.Ghost),
	} {
		if width(t)+3 <= c.w {
			x := c.w - 1 - width(t)
			at := c.text(x, c.h-1, t[:len(" ✕")], inkRed)
			c.text(at, c.h-1, t[len(" ✕"):], inkDim)
			return
		}
	}
}

// number is "118 → 150 users", in the middle.
func (g gauge) number(c *canvas, y, w int, d session.Dial) {
	run := strconv.Itoa(d.Running)
	tail := " " + g.m.s.Unit().Word()
	if d.Running == 1 && d.Asked == 1 && !g.m.s.Unit().Rate() {
		tail = " user"
	}
	to := ""
	if d.Asked != d.Running {
		to = " → " + strconv.Itoa(d.Asked)
	}
	if d.Held {
		tail += ", held"
	}
	x := (w - width(run+to+tail)) / 2
	x = c.text(x, y, run, inkStrong)
	x = c.text(x, y, to, inkStaging)
	c.clip(x, y, w-1, tail, inkDim)
}

// typed is the number while it is typed.
func (g gauge) typed(c *canvas, y, w int) {
	head := "→ "
	if g.m.spike {
		head = "spike → "
	}
	tail := "  Enter"
	x := (w - width(head+g.m.number+"_"+tail)) / 2
	x = c.text(x, y, head, inkStaging)
	x = c.text(x, y, g.m.number+"_", inkStrong)
	c.clip(x, y, w-1, tail, inkDim)
}

// ceiling is the most that the dial reaches: the guard's, and one user while a link
// locks it; -1: there is none.
func (g gauge) ceiling() int {
	if n := g.m.s.Dial.Ceiling; g.m.s.Link.Lock == nil || n == 0 {
		return n
	}
	return 1
}

// lines are what stands under the number.
func (g gauge) lines(w, h int) [][]piece {
	d := g.m.s.Dial
	ceiling := "none"
	if n := g.ceiling(); n >= 0 {
		ceiling = strconv.Itoa(n)
	}
	good := "–"
	if d.LastGood > 0 {
		good = strconv.Itoa(d.LastGood)
	}
	glide := perSecond(d.Glide) + "/s"
	if d.Glide == 0 {
		glide = "off"
	}
	flight := strconv.Itoa(d.InFlight)
	// Two to a row: a sign, as it stands around the arc, a name, a number.
	lw, rw := 14, 15
	if w >= 36 {
		lw, rw = 17, 17
	}
	pair := func(sign string, k ink, name, v string, n int) []piece {
		n -= width(sign)
		return []piece{{sign, k}, {fmt.Sprintf("%-*s", n-width(v), name), inkDim}, {v, inkText}}
	}
	two := func(a, b []piece) []piece {
		gap := max(1, w-lw-rw)
		return append(append(a, piece{strings.Repeat(" ", gap), inkDim}), b...)
	}
	if w < 30 {
		lw, rw = 10, 10
		return [][]piece{
			two(pair("▼ ", inkAmber, "max", ceiling, lw), pair("● ", inkGreen, "good", good, rw)),
			two(pair("", inkDim, "flight", flight, lw), pair("", inkDim, "glide", glide, rw)),
		}
	}
	lines := [][]piece{
		two(pair("▼ ", inkAmber, "ceiling", ceiling, lw), pair("● ", inkGreen, "last good", good, rw)),
		two(pair("  ", inkDim, "in flight", flight, lw), pair("  ", inkDim, "glide", glide, rw)),
	}
	if h >= 13 {
		ghost := "–"
		if d.Ghost > 0 {
			ghost = strconv.Itoa(d.Ghost)
		}
		lines = append(lines, two(pair("  ", inkDim, "peak", strconv.Itoa(d.Peak), lw), pair("✕ ", inkRed, "last cut", ghost, rw)))
	}
	return lines
}

// full is the end of the scale: the hard cap, so that the picture never
// rescales under the hand.
func (g gauge) full() int {
	d := g.m.s.Dial
	if n := g.m.s.DialMax(); n > 0 {
		return n
	}
	return int(nice(float64(max(10, d.Peak, d.Asked, d.Ceiling))))
}

// arc draws the half circle into w by h cells.
func (g gauge) arc(c *canvas, x, y, w, h int) {
	d, full := g.m.s.Dial, float64(g.full())
	pl := newPlot(c.st, w, h)
	// A dot is as wide as it is high with braille and ASCII cells are twice as
	// high as wide, so each kind has its own shape of dot.
	aspect := map[int]float64{4: 1, 2: 1, 1: 0.5}[pl.dy]
	ry := float64(h*pl.dy) - 0.5
	rx := ry / aspect
	if most := float64(w*pl.dx)/2 - float64(4*pl.dx); rx > most {
		rx = most
	}
	inner := 0.72
	zones := g.m.learned(g.full())
	cx := float64(w*pl.dx-1) / 2
	run, asked := float64(d.Running)/full, float64(d.Asked)/full
	tone := g.tone()
	for py := range h * pl.dy {
		for px := range w * pl.dx {
			ex, ey := (float64(px)-cx)/rx, (float64(py)+0.5)/ry
			r := math.Hypot(ex, ey)
			if r > 1 || r < inner {
				continue
			}
			at := 1 - math.Atan2(ey, ex)/math.Pi
			edge := r > 1-1.5/ry
			switch zone := zones.at(at); {
			case edge && zone != inkPlain:
				pl.dot(px, py, zone)
			case at <= run && run > 0:
				pl.dot(px, py, tone)
			case at <= asked && (edge || (px+py)%2 == 0):
				pl.dot(px, py, inkStagingSoft)
			case edge || (px+py)%2 == 0:
				pl.dot(px, py, inkFaint)
			}
		}
	}
	pl.draw(c, x, y)
	g.inScale(c, x, y, w, h, rx/float64(pl.dx), ry/float64(pl.dy), inner)
}

// inScale puts the ends of the scale and the marks around the arc.
func (g gauge) inScale(c *canvas, x, y, w, h int, rx, ry, inner float64) {
	d, full := g.m.s.Dial, g.full()
	mid := float64(x) + float64(w)/2
	left, right := int(mid-rx*inner)+1, int(mid+rx*inner)-1
	c.text(left, y+h-1, "0", inkDim)
	c.right(right, y+h-1, strconv.Itoa(full), inkDim)
	mark := func(n int, s string, k ink) {
		if n < 0 || n > full {
			return
		}
		a := math.Pi * (1 - float64(n)/float64(full))
		px := mid + math.Cos(a)*(rx+1.2) - 0.5
		py := float64(y+h) - math.Sin(a)*(ry+0.35)
		c.set(int(math.Round(px)), min(max(int(py), y), y+h-1), s, k)
	}
	if d.Ghost > 0 {
		mark(d.Ghost, "✕", inkRed)
	}
	if d.LastGood > 0 {
		mark(d.LastGood, "●", inkGreen)
	}
	if n := g.ceiling(); n >= 0 {
		mark(n, "▼", inkAmber)
	}
}

// bar is the gauge where there is no room for an arc.
func (g gauge) bar(c *canvas, x, y, w int) {
	d, full := g.m.s.Dial, g.full()
	run, asked := d.Running*w/full, d.Asked*w/full
	for i := range w {
		switch {
		case i < run:
			c.set(x+i, y, "█", g.tone())
		case i < asked:
			c.set(x+i, y, "▒", inkStagingSoft)
		default:
			c.set(x+i, y, "─", inkFaint)
		}
	}
}

// tone is the arc's colour: what the guard does is seen on it at once.
func (g gauge) tone() ink {
	switch g.m.s.Guard.State {
	case "hold", "ease":
		return inkAmber
	case "cut", "lockout":
		return inkRed
	}
	return inkStaging
}
