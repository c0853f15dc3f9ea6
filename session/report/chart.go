package report

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// The charts share one time axis and one width, so that what happened at one
// moment stands in one column of all of them. Each is drawn twice: for wide
// pages and for narrow ones, where a shrunken picture could not be read.
type geometry struct {
	wide        bool
	width       float64
	left, right float64 // margins
	end         float64 // seconds at the right edge
}

func geometryOf(m *Model, wide bool) geometry {
	end := max(1, m.Session.Seconds, m.Series.Step*float64(len(m.Series.Running)))
	if wide {
		return geometry{wide: true, width: 960, left: 62, right: 14, end: end}
	}
	return geometry{width: 360, left: 48, right: 8, end: end}
}

func (g geometry) plot() float64 { return g.width - g.left - g.right }

// x is where a moment stands.
func (g geometry) x(seconds float64) float64 {
	return g.left + g.plot()*min(1, max(0, seconds/g.end))
}

// canvas writes one SVG. Its own words are plain; every text is escaped here.
type canvas struct {
	geometry
	b strings.Builder
	y float64 // the top of what is drawn next
}

// num is a coordinate: a tenth of a pixel is enough for any eye.
func num(f float64) string {
	s := strconv.FormatFloat(f, 'f', 1, 64)
	return strings.TrimSuffix(s, ".0")
}

func (c *canvas) title(title string) string {
	if title == "" {
		return "/>"
	}
	return "><title>" + xmlText(title) + "</title></rect>"
}

// rect draws a rectangle with a hover text.
func (c *canvas) rect(class string, x, y, w, h float64, title string) {
	fmt.Fprintf(&c.b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s"%s`, class, num(x), num(y), num(max(0, w)), num(max(0, h)), c.title(title))
}

func (c *canvas) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(&c.b, `<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`, class, num(x1), num(y1), num(x2), num(y2))
}

func (c *canvas) path(class, d string) {
	if d != "" {
		fmt.Fprintf(&c.b, `<path class="%s" d="%s"/>`, class, d)
	}
}

// text writes words; anchor is start, middle or end.
func (c *canvas) text(class, anchor string, x, y float64, s string) {
	fmt.Fprintf(&c.b, `<text class="%s" x="%s" y="%s" text-anchor="%s">%s</text>`, class, num(x), num(y), anchor, xmlText(s))
}

// xmlText is a foreign text inside an element or an attribute of an SVG.
func xmlText(s string) string { return html.EscapeString(oneLine(tidy(s))) }

// svg closes the picture. id must be unique on the page.
func (c *canvas) svg(id, class, title, desc string) string {
	return fmt.Sprintf(`<svg class="%s" id="%s" viewBox="0 0 %s %s" role="img" aria-labelledby="%s-t %s-d" focusable="false"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>%s</svg>`,
		class, id, num(c.width), num(c.y), id, id, id, xmlText(title), id, xmlText(desc), c.b.String())
}

// spaces between the marks of a time axis, in seconds.
var spaces = []float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400}

// marks are the moments that an axis names.
func (g geometry) marks() []float64 {
	most := 10.0
	if !g.wide {
		most = 4
	}
	space := g.end
	for _, s := range spaces {
		if g.end/s <= most {
			space = s
			break
		}
	}
	var out []float64
	for t := 0.0; t <= g.end+space/1000 && len(out) < 20; t += space {
		out = append(out, t)
	}
	return out
}

// short is a time elapsed on an axis: 5:40, 1:05:40.
func short(seconds float64) string {
	s := int64(max(0, seconds))
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// elapsed draws the lower axis of a plot from top to bottom, with its lines.
func (c *canvas) elapsed(top, bottom float64) {
	for i, t := range c.marks() {
		x := c.x(t)
		c.line("grid", x, top, x, bottom)
		anchor := "middle"
		if x > c.width-c.right-16 {
			anchor = "end"
		}
		label := short(t)
		if i == 0 {
			label = "0:00"
		}
		c.text("tick", anchor, x, bottom+13, label)
	}
	c.y = bottom + 19
}

// scale turns values into heights of a plot.
type scale struct {
	top, bottom float64 // pixels
	low, high   float64 // values
	log         bool
	ticks       []float64
}

// linear is a scale from 0 to at least most, with few round marks.
func linear(most, top, bottom float64) scale {
	if !(most > 0) || math.IsInf(most, 0) {
		most = 1
	}
	unit := math.Pow(10, math.Floor(math.Log10(most/5)))
	step := unit
	for _, f := range []float64{1, 2, 5, 10} {
		if step = f * unit; most <= 5*step {
			break
		}
	}
	s := scale{top: top, bottom: bottom}
	for i := range 9 {
		s.high = step * float64(i)
		s.ticks = append(s.ticks, s.high)
		if s.high >= most*0.999 && i > 0 {
			break
		}
	}
	return s
}

// logarithmic is a scale that holds everything from least to most; both panes
// of a chart get the same.
func logarithmic(least, most, top, bottom float64) scale {
	if !(least > 0) || math.IsInf(least, 0) {
		least = 0.001
	}
	if !(most > least) || math.IsInf(most, 0) {
		most = least
	}
	steps := []float64{1, 2, 5}
	lo, hi := math.Floor(math.Log10(least)), math.Ceil(math.Log10(most))
	if hi-lo > 4 {
		steps = []float64{1}
	} else if hi-lo > 2 {
		steps = []float64{1, 3}
	}
	s := scale{top: top, bottom: bottom, log: true}
	for d := lo; d <= hi && len(s.ticks) < 30; d++ {
		for _, f := range steps {
			s.ticks = append(s.ticks, f*math.Pow(10, d))
		}
	}
	for len(s.ticks) > 2 && s.ticks[1] <= least*1.001 {
		s.ticks = s.ticks[1:]
	}
	for len(s.ticks) > 2 && s.ticks[len(s.ticks)-2] >= most*0.999 {
		s.ticks = s.ticks[:len(s.ticks)-1]
	}
	s.low, s.high = s.ticks[0], s.ticks[len(s.ticks)-1]
	return s
}

// y is the height of a value, never outside the plot.
func (s scale) y(v float64) float64 {
	share := 0.0
	switch {
	case s.log && v > 0 && s.high > s.low:
		share = math.Log(v/s.low) / math.Log(s.high/s.low)
	case !s.log && s.high > 0:
		share = v / s.high
	}
	if math.IsNaN(share) {
		share = 0
	}
	return s.bottom - (s.bottom-s.top)*min(1, max(0, share))
}

// axis draws a scale's marks.
func (c *canvas) axis(s scale, word func(float64) string) {
	for _, v := range s.ticks {
		y := s.y(v)
		c.line("grid", c.left, y, c.width-c.right, y)
		c.text("tick", "end", c.left-5, y+3.5, word(v))
	}
}

// legend names the lines of a plot, above it.
func (c *canvas) legend(names [][2]string) {
	x := c.left
	for _, n := range names {
		class, name := n[0], n[1]
		w := 30 + textWidth(name)
		if x > c.left && x+w > c.width-c.right {
			x = c.left
			c.y += 15
		}
		switch {
		case strings.HasPrefix(class, "area"):
			c.rect(class, x, c.y+3, 18, 9, "")
		default:
			c.line(class, x, c.y+7.5, x+18, c.y+7.5)
		}
		c.text("legend", "start", x+23, c.y+11, name)
		x += w
	}
	c.y += 20
}

// textWidth guesses how wide words of the charts' size are: wide enough for any
// common font.
func textWidth(s string) float64 { return 6.4*float64(len([]rune(s))) + 4 }
