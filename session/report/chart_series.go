package report

import (
	"fmt"
	"slices"
	"strings"
)

// values are one line of a chart: the highest of each column, and the lowest
// where a column holds more than a second.
type values struct{ high, low []*float64 }

func (v values) at(i int) (high, low *float64) {
	high = v.high[i]
	low = high
	if i < len(v.low) && v.low[i] != nil {
		low = v.low[i]
	}
	return high, low
}

// point is one pixel column of a line.
type point struct {
	x          float64
	high, low  float64
	there      bool
	first, end int // columns of the series
}

// points gathers a line by pixel columns: the highest and the lowest of all
// that falls on one, so that no spike and no dip is lost.
func (c *canvas) points(v values, step float64) []point {
	var out []point
	for i := range v.high {
		x := c.x((float64(i) + 0.5) * step)
		high, low := v.at(i)
		if n := len(out); n == 0 || int(out[n-1].x) != int(x) {
			out = append(out, point{x: x, first: i})
		}
		p := &out[len(out)-1]
		p.end = i + 1
		switch {
		case high == nil:
		case !p.there:
			p.high, p.low, p.there = *high, *low, true
		default:
			p.high, p.low = max(p.high, *high), min(p.low, *low)
		}
	}
	return out
}

// runs calls f for each stretch of points without a gap.
func runs(points []point, f func([]point)) {
	from := 0
	for i := range points {
		if !points[i].there {
			if i > from {
				f(points[from:i])
			}
			from = i + 1
		}
	}
	if from < len(points) {
		f(points[from:])
	}
}

// curve draws a line with the band down to its lowest values. What stands alone
// between gaps is as wide as its column.
func (c *canvas) curve(class string, v values, step float64, s scale) {
	var line, band strings.Builder
	width := max(1.5, c.plot()*step/c.end)
	runs(c.points(v, step), func(run []point) {
		if len(run) == 1 {
			x, y := run[0].x, s.y(run[0].high)
			fmt.Fprintf(&line, "M%s %sH%s", num(x-width/2), num(y), num(x+width/2))
			return
		}
		wide := false
		for i, p := range run {
			letter := "L"
			if i == 0 {
				letter = "M"
			}
			fmt.Fprintf(&line, "%s%s %s", letter, num(p.x), num(s.y(p.high)))
			wide = wide || s.y(p.low) > s.y(p.high)+0.3
		}
		if !wide {
			return
		}
		for i, p := range run {
			letter := "L"
			if i == 0 {
				letter = "M"
			}
			fmt.Fprintf(&band, "%s%s %s", letter, num(p.x), num(s.y(p.high)))
		}
		for _, p := range slices.Backward(run) {
			fmt.Fprintf(&band, "L%s %s", num(p.x), num(s.y(p.low)))
		}
		band.WriteString("Z")
	})
	c.path("band "+class, band.String())
	c.path("line "+class, line.String())
}

// area fills what lies under a line.
func (c *canvas) area(class string, v values, step float64, s scale) {
	var d strings.Builder
	half := c.plot() * step / c.end / 2
	runs(c.points(v, step), func(run []point) {
		fmt.Fprintf(&d, "M%s %s", num(run[0].x-half), num(s.bottom))
		for _, p := range run {
			fmt.Fprintf(&d, "L%s %s", num(p.x), num(s.y(p.high)))
		}
		last := run[len(run)-1]
		fmt.Fprintf(&d, "L%s %sV%sZ", num(last.x+half), num(s.y(last.high)), num(s.bottom))
	})
	c.path(class, d.String())
}

// gaps hatches the columns of which nothing is known.
func (c *canvas) gaps(known func(i int) bool, n int, step, top, bottom float64, why string) {
	for i := 0; i <= n; i++ {
		if i < n && known(i) {
			continue
		}
		first := i
		for i < n && !known(i) {
			i++
		}
		from, to := float64(first)*step, float64(i)*step
		if i >= n {
			to = c.end
		}
		switch {
		case first == 0 && i < n && to <= 2:
			continue // the first second is told of at its end
		case first >= n && (to-from)*1000 <= silence:
			continue // after the last tick nothing is late yet
		}
		x := c.x(from)
		c.rect("gap", x, top, max(1.5, c.x(to)-x), bottom-top, fmt.Sprintf("%s, %s to %s", why, clock(from), clock(to)))
	}
}

// mutes mark, at the top of production's plot, the columns in which its checks
// failed and told no latency: it is no gap, and nothing is known to be drawn as a line.
// It returns the height of the marks, below which others stand; where under says
// that one does, the words stand under that.
func (c *canvas) mutes(s Series, top float64, under bool) (height float64) {
	const band, line = 9, 11
	words := top + band + line
	if under {
		words += line
	}
	n := len(s.Running)
	for i := 0; i < n; i++ {
		if !s.mute(i) {
			continue
		}
		first := i
		for i < n && s.mute(i) {
			i++
		}
		from, to := float64(first)*s.Step, float64(i)*s.Step
		x := c.x(from)
		w := max(2, c.x(to)-x)
		height = band
		c.rect("mute", x, top, w, band, fmt.Sprintf("production: %s, %s to %s", failedMute, clock(from), clock(to)))
		if label := fitting(failedMute, w); label == failedMute {
			c.text("firsttext", "start", x+4, words, label)
		}
	}
	return height
}

// hover lays stretches over a plot that tell their numbers when pointed at.
func (c *canvas) hover(t sampled, top, bottom float64) {
	n := min(t.columns, int(c.plot()/4))
	for i := range n {
		from, to := i*t.columns/n, (i+1)*t.columns/n
		x, end := c.x(float64(from)*t.step), c.x(float64(to)*t.step)
		cells := t.row(from, to)
		var words []string
		for j, cell := range cells {
			words = append(words, t.head[j]+" "+cell)
		}
		c.rect("hover", x, top, end-x, bottom-top, clock(float64(from)*t.step)+" · "+strings.Join(words, " · "))
	}
}

// sampled are the numbers of a chart as words, over any stretch of columns.
type sampled struct {
	head    []string
	columns int
	step    float64
	lines   []sampledLine
}

type sampledLine struct {
	values
	word func(float64) string
}

func sample(s Series) sampled { return sampled{columns: len(s.Running), step: s.Step} }

func (t *sampled) add(head string, v values, word func(float64) string) {
	if len(v.high) == t.columns {
		t.head = append(t.head, head)
		t.lines = append(t.lines, sampledLine{v, word})
	}
}

// row is every line's range over the columns from up to, not including, to.
func (t sampled) row(from, to int) []string {
	out := make([]string, len(t.lines))
	for j, l := range t.lines {
		var high, low *float64
		for i := from; i < to; i++ {
			h, w := l.at(i)
			high, low = greater(high, h), lesser(low, w)
		}
		switch {
		case high == nil:
			out[j] = none
		case l.word(*low) == l.word(*high):
			out[j] = l.word(*high)
		default:
			out[j] = l.word(*low) + " to " + l.word(*high)
		}
	}
	return out
}

// maxSampled is how many rows the table behind a chart has at most.
const maxSampled = 60

// table is what the chart shows, for who can't see it.
func (t sampled) table(m *Model, caption string) *grid {
	g := &grid{Caption: words(caption), RowHead: true}
	g.head("From", "UTC")
	g.head(t.head...)
	n := min(t.columns, maxSampled)
	for i := range n {
		from, to := i*t.columns/n, (i+1)*t.columns/n
		at := float64(from) * t.step
		row := []text{words(clock(at)), words(stamp(m.moment(at)))}
		for _, cell := range t.row(from, to) {
			row = append(row, words(cell))
		}
		g.row(row...)
	}
	return g
}
