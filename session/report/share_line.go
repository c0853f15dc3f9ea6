package report

import (
	"image/color"
	"math"
	"strings"
)

// area fills what lies under a line.
func (a *panel) area(v values, ink color.RGBA) {
	half := a.c.plot() * a.m.Series.Step / a.c.end / 2
	runs(a.c.points(v, a.m.Series.Step), func(run []point) {
		shape := [][2]float64{{run[0].x - half, a.s.bottom}}
		for _, q := range run {
			shape = append(shape, [2]float64{q.x, a.s.y(q.high)})
		}
		last := run[len(run)-1]
		shape = append(shape, [2]float64{last.x + half, a.s.y(last.high)}, [2]float64{last.x + half, a.s.bottom})
		a.p.shape(ink, shape...)
	})
}

// curve draws a line: the highest of each pixel column, with its lowest below.
func (a *panel) curve(l curveOf) {
	half := max(1, a.c.plot()*a.m.Series.Step/a.c.end/2)
	var end [2]float64 // of the longest run
	longest := 0
	runs(a.c.points(l.v, a.m.Series.Step), func(run []point) {
		var line [][2]float64
		if len(run) == 1 {
			line = [][2]float64{{run[0].x - half, a.s.y(run[0].high)}, {run[0].x + half, a.s.y(run[0].high)}}
		}
		for _, q := range run {
			line = append(line, [2]float64{q.x, a.s.y(q.high)})
			if low := a.s.y(q.low); low > a.s.y(q.high)+1 {
				a.p.stroke(l.ink, 1, [2]float64{q.x, a.s.y(q.high)}, [2]float64{q.x, low})
			}
		}
		a.p.stroke(l.ink, float64(a.size)/6, line...)
		if len(run) >= longest {
			longest, end = len(run), line[len(line)-1]
		}
	})
	if end == [2]float64{} {
		return
	}
	// Told by words, too, not by colour alone.
	word, _, _ := strings.Cut(l.name, ",")
	y := end[1] - float64(a.size)*0.5
	if y < a.s.top+float64(a.size) {
		y = end[1] + float64(a.size)*1.2
	}
	align := 0.0
	if end[0]+a.p.width(word, a.size, true)+6 > a.c.width-a.c.right {
		align = 1
	}
	w := a.p.width(word, a.size, true)
	a.words = append(a.words, lineWord{word, end[0] + 4*(1-2*align) - w*align, y, w, l.ink})
}

// lineWord is a line's name at its end.
type lineWord struct {
	text    string
	x, y, w float64
	ink     color.RGBA
}

// curves draws lines, and over all of them their names, none over another.
func (a *panel) curves(lines ...curveOf) {
	for _, l := range lines {
		a.curve(l)
	}
	size := float64(a.size)
	for i, l := range a.words {
		for _, o := range a.words[:i] {
			if l.x > o.x+o.w || o.x > l.x+l.w || math.Abs(l.y-o.y) >= 1.1*size {
				continue
			}
			if l.y = o.y + 1.1*size; l.y > a.s.bottom {
				l.y = o.y - 1.1*size
			}
		}
		a.words[i] = l
		a.p.fill(l.x-1, l.y-0.85*size, l.x+l.w+1, l.y+0.25*size, inkGround)
		a.p.text(l.x, l.y, 0, l.text, a.size, true, l.ink)
	}
}

// asked draws the users asked for, in steps.
func (a *panel) asked(l curveOf) {
	var last [2]float64
	for i, v := range l.v.high {
		if v == nil {
			last = [2]float64{}
			continue
		}
		from := [2]float64{a.c.x(float64(i) * a.m.Series.Step), a.s.y(*v)}
		to := [2]float64{a.c.x(float64(i+1) * a.m.Series.Step), a.s.y(*v)}
		if last != [2]float64{} && last[1] != from[1] {
			a.p.stroke(l.ink, float64(a.size)/8, [2]float64{from[0], last[1]}, from)
		}
		a.p.stroke(l.ink, float64(a.size)/8, from, to)
		last = to
	}
}
