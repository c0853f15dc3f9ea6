package report

import (
	"fmt"
	"math"
	"strings"
)

// figure is one chart: drawn for wide and for narrow pages, and the numbers
// behind it.
type figure struct {
	id, title, desc string
	draw            func(c *canvas)
	table           *grid
}

// pictureOf draws a figure for one width.
func pictureOf(m *Model, f figure, wide bool) string {
	c := &canvas{geometry: geometryOf(m, wide)}
	f.draw(c)
	class, id := "wide", f.id
	if !wide {
		class, id = "narrow", f.id+"-narrow"
	}
	return c.svg(id, class, f.title, f.desc)
}

// charts are the session's five charts; none of a session without a second.
func (m *Model) charts() []figure {
	if len(m.Series.Running) == 0 {
		return nil
	}
	d := &drawing{m: m, s: m.Series, low: Low{}, lapses: lapses(m), notes: noteMarks(m), guard: guardMarks(m)}
	if m.Series.Low != nil {
		d.low = *m.Series.Low
	}
	return []figure{d.load(), d.latency(), d.errors(), d.throughput(), d.strip()}
}

// drawing is what the charts have in common.
type drawing struct {
	m            *Model
	s            Series
	low          Low
	lapses       []lapse
	notes, guard []mark
}

// plot opens a plot of a height: what lies behind it first.
func (d *drawing) plot(c *canvas, height float64) (top, bottom float64) {
	top, bottom = c.y+4, c.y+4+height
	c.rect("plot", c.left, top, c.plot(), height, "")
	c.behind(d.lapses, top, bottom)
	return top, bottom
}

// close draws what lies over a plot.
func (d *drawing) close(c *canvas, top, bottom float64, t sampled) {
	c.leaders(d.notes, top, bottom)
	c.leaders(d.guard, top, bottom)
	c.hover(t, top, bottom)
	c.elapsed(top, bottom)
}

func (d *drawing) loadKnown(i int) bool { return d.s.Running[i] != nil }

// sight tells whether production was seen in a column: a refusal is seen, silence
// is not.
func (s Series) sight(i int) bool {
	state := s.ProductionState[i]
	return s.ProductionP50[i] != nil || state != nil && *state != noSight
}

// mute tells whether production was seen in a column, its checks failed, and none
// has a latency. Where they answer, a column without one is of checks that are
// rarer than it.
func (s Series) mute(i int) bool { return s.failing[i] && s.sight(i) && s.ProductionP50[i] == nil }

// failedMute is what a reader is told of where production's checks failed and none
// has a latency.
const failedMute = "failed, no latency"

func (s Series) anyMute() bool {
	for i := range s.Running {
		if s.mute(i) {
			return true
		}
	}
	return false
}

const (
	noLoadTold = "a gap: nothing was told of the load"
	noSeen     = "a gap: production was not seen"
)

func wholeWord(f float64) string { return fmt.Sprintf("%.0f", f) }

func (d *drawing) load() figure {
	running := values{floats(d.s.Running), floats(d.low.Running)}
	asked := values{high: floats(d.s.Asked)}
	t := sample(d.s)
	t.add("asked", asked, wholeWord)
	t.add("running", running, wholeWord)
	peak := float64(max(5, d.m.Totals.PeakAsked, d.m.Totals.PeakUsers))
	draw := func(c *canvas) {
		c.legend([][2]string{{"line asked", "users asked for"}, {"area users", "users running"}})
		c.clock(d.m)
		c.named(d.lapses)
		c.flags(d.notes, 4)
		c.flags(d.guard, 3)
		top, bottom := d.plot(c, 150)
		s := linear(peak*1.08, top, bottom)
		c.axis(s, wholeWord)
		c.area("area users", running, d.s.Step, s)
		c.curve("users", running, d.s.Step, s)
		c.gaps(d.loadKnown, len(d.s.Running), d.s.Step, top, bottom, noLoadTold)
		d.asked(c, s)
		d.close(c, top, bottom, t)
	}
	return figure{id: "chart-load", title: "Load: users asked for and running",
		desc:  fmt.Sprintf("At most %s ran at once; %d were asked for. Flags are notes, tags below them what the guard and people did to the load.", users(d.m.Totals.PeakUsers), d.m.Totals.PeakAsked),
		draw:  draw,
		table: t.table(d.m, "Users asked for and running")}
}

// clock draws the upper axis: the time of day.
func (c *canvas) clock(m *Model) {
	c.text("tick", "end", c.left-5, c.y+10, "UTC")
	marks := c.marks()
	form := "15:04"
	if len(marks) > 1 && marks[1] < 60 {
		form = "15:04:05"
	}
	for i, t := range marks {
		anchor := "middle"
		switch x := c.x(t); {
		case i == 0:
			anchor = "start"
		case x > c.width-c.right-26:
			anchor = "end"
		}
		c.text("tick", anchor, c.x(t), c.y+10, m.moment(t).UTC().Format(form))
	}
	c.y += 16
}

// asked draws what was asked for, level by level, as it was asked.
func (d *drawing) asked(c *canvas, s scale) {
	var p strings.Builder
	for i, l := range d.m.Levels {
		x, end, y := c.x(l.Elapsed), c.x(l.Elapsed+l.Seconds), s.y(float64(l.Asked))
		if i == 0 || math.Abs(l.Elapsed-d.m.Levels[i-1].Elapsed-d.m.Levels[i-1].Seconds) > 0.5 {
			fmt.Fprintf(&p, "M%s %s", num(x), num(y))
		} else {
			fmt.Fprintf(&p, "H%sV%s", num(x), num(y))
		}
		if i == len(d.m.Levels)-1 || d.m.Levels[i+1].Elapsed > l.Elapsed+l.Seconds+0.5 {
			fmt.Fprintf(&p, "H%s", num(end))
		}
		label := fmt.Sprintf("%d", l.Asked)
		if l.Asked > 0 && end-x > textWidth(label) {
			c.text("level", "start", x+3, y-4, label)
		}
	}
	c.path("line asked", p.String())
}

func (d *drawing) latency() figure {
	staging50, staging95 := values{d.s.StagingP50, d.low.StagingP50}, values{d.s.StagingP95, d.low.StagingP95}
	prod50, prod95 := values{d.s.ProductionP50, d.low.ProductionP50}, values{d.s.ProductionP95, d.low.ProductionP95}
	above, below := sample(d.s), sample(d.s)
	above.add("staging p50", staging50, millis)
	above.add("staging p95", staging95, millis)
	below.add("production p50", prod50, millis)
	below.add("production p95", prod95, millis)
	both := above
	both.head = append(append([]string{}, above.head...), below.head...)
	both.lines = append(append([]sampledLine{}, above.lines...), below.lines...)
	least, most := bounds(staging50, staging95, prod50, prod95)
	amber, red := d.limits()
	if amber > 0 {
		most = max(most, amber)
	}
	if red > 0 && red < 20*most {
		most = max(most, red)
	}
	draw := func(c *canvas) {
		c.text("panel", "start", c.left, c.y+12, "Staging: the users' own requests")
		c.y += 17
		c.legend([][2]string{{"line staging", "p95"}, {"line staging thin", "p50"}})
		top, bottom := d.plot(c, 130)
		s := logarithmic(least, most, top, bottom)
		c.axis(s, millisTick)
		c.curve("staging thin", staging50, d.s.Step, s)
		c.curve("staging", staging95, d.s.Step, s)
		c.gaps(d.loadKnown, len(d.s.Running), d.s.Step, top, bottom, noLoadTold)
		c.first(d.m.Firsts.Slow, "first slow", top)
		d.close(c, top, bottom, above)
		c.y += 8
		c.text("panel", "start", c.left, c.y+12, "Production: our checks")
		c.y += 17
		names := [][2]string{{"line production", "p95"}, {"line production thin", "p50"}}
		if amber > 0 {
			names = append(names, [2]string{"limit amber", "amber from " + millis(amber)})
		}
		if red > 0 {
			names = append(names, [2]string{"limit red", "red from " + millis(red)})
		}
		if d.s.anyMute() {
			names = append(names, [2]string{"area mute", failedMute})
		}
		c.legend(names)
		top, bottom = d.plot(c, 130)
		s.top, s.bottom = top, bottom
		c.axis(s, millisTick)
		for _, l := range []struct {
			at    float64
			class string
		}{{amber, "limit amber"}, {red, "limit red"}} {
			if l.at > 0 && l.at <= s.high {
				c.line(l.class, c.left, s.y(l.at), c.width-c.right, s.y(l.at))
			}
		}
		c.curve("production thin", prod50, d.s.Step, s)
		c.curve("production", prod95, d.s.Step, s)
		c.gaps(d.s.sight, len(d.s.Running), d.s.Step, top, bottom, noSeen)
		c.first(d.m.Firsts.Production, "first moved", top+c.mutes(d.s, top, d.m.Firsts.Production.Seen))
		d.close(c, top, bottom, below)
	}
	return figure{id: "chart-latency", title: "Latency: staging and production, p50 and p95",
		desc: fmt.Sprintf("Both panels have the same logarithmic scale. Worst second of staging's p95: %s. Worst second of production's: %s.", worstWords(d.m.Totals.StagingP95), worstWords(d.m.Totals.ProdP95)),
		draw: draw, table: both.table(d.m, "Latency by second: percentiles of single seconds, from the least to the worst")}
}

// first points at the first time of something.
func (c *canvas) first(f First, name string, top float64) {
	if !f.Seen || f.At == nil {
		return
	}
	x := c.x(f.At.Elapsed)
	anchor, at := "start", x+6
	if x > c.width-c.right-90 {
		anchor, at = "end", x-6
	}
	c.path("first", fmt.Sprintf("M%s %sl5 -7h-10z", num(x), num(top+9)))
	c.text("firsttext", anchor, at, top+10, name)
}

// limits are the lowest latencies at which a check of production turns.
func (d *drawing) limits() (amber, red float64) {
	for _, t := range d.m.Thresholds {
		if t.Env != production {
			continue
		}
		if t.Amber > 0 && (amber == 0 || t.Amber < amber) {
			amber = t.Amber
		}
		if t.Red > 0 && (red == 0 || t.Red < red) {
			red = t.Red
		}
	}
	return amber, red
}

// bounds are the least and the greatest of some lines, of what is above zero.
func bounds(lines ...values) (least, most float64) {
	for _, l := range lines {
		for i := range l.high {
			high, low := l.at(i)
			if high == nil {
				continue
			}
			most = max(most, *high)
			if *low > 0 && (least == 0 || *low < least) {
				least = *low
			}
		}
	}
	return max(least, 0.0001), most
}

// millisTick is a latency on an axis.
func millisTick(seconds float64) string {
	switch ms := seconds * 1000; {
	case ms >= 999.9:
		return fmt.Sprintf("%.0f s", seconds)
	case ms >= 0.999:
		return fmt.Sprintf("%.0f ms", ms)
	default:
		return fmt.Sprintf("%.1f ms", ms)
	}
}

func (d *drawing) errors() figure {
	failed := d.s.failed()
	checks := values{high: d.s.ProductionErrors}
	t := sample(d.s)
	t.add("staging, failed requests", failed, percent)
	t.add("production, failed checks", checks, percent)
	_, most := bounds(failed, checks)
	draw := func(c *canvas) {
		c.legend([][2]string{{"line staging", "staging: failed requests"}, {"line production dashed", "production: failed checks in 10 s"}})
		top, bottom := d.plot(c, 110)
		s := linear(min(1, max(most*1.05, 0.01)), top, bottom)
		c.axis(s, percentTick)
		c.curve("staging", failed, d.s.Step, s)
		c.curve("production dashed", checks, d.s.Step, s)
		c.gaps(d.loadKnown, len(d.s.Running), d.s.Step, top, bottom, noLoadTold)
		c.first(d.m.Firsts.Errors, "first errors", top)
		d.close(c, top, bottom, t)
	}
	tt := d.m.Totals
	return figure{id: "chart-errors", title: "Errors: share of requests and of checks that failed",
		desc: fmt.Sprintf("%d of %d requests to staging failed (%s).", tt.Errors, tt.Requests, percentOf(tt.Errors, tt.Requests)),
		draw: draw, table: t.table(d.m, "Share of failed requests and failed checks")}
}

func percentTick(share float64) string {
	return strings.TrimSuffix(strings.TrimSuffix(fmt.Sprintf("%.2f", share*100), "0"), ".0") + " %"
}

func (d *drawing) throughput() figure {
	rps, rate := values{d.s.RPS, d.low.RPS}, values{high: d.s.ProductionRate}
	t := sample(d.s)
	t.add("staging, requests a second", rps, number)
	t.add("production, checks a second", rate, number)
	_, most := bounds(rps, rate)
	draw := func(c *canvas) {
		c.legend([][2]string{{"line staging", "staging: requests a second"}, {"line production dashed", "production: our checks a second"}})
		top, bottom := d.plot(c, 110)
		s := linear(max(1, most*1.05), top, bottom)
		c.axis(s, number)
		c.curve("staging", rps, d.s.Step, s)
		c.curve("production dashed", rate, d.s.Step, s)
		c.gaps(d.loadKnown, len(d.s.Running), d.s.Step, top, bottom, noLoadTold)
		for i, b := range d.m.Session.Builds {
			if i > 0 && b.Elapsed > 0 {
				x := c.x(b.Elapsed)
				c.line("build", x, top, x, bottom)
				c.rect("hover", x-4, top, 8, bottom-top, fmt.Sprintf("%s %s runs build %s", clock(b.Elapsed), b.Env, b.Build))
				c.text("firsttext", "start", x+4, top+10, "build "+cut(oneLine(tidy(b.Build)), 14))
			}
		}
		d.close(c, top, bottom, t)
	}
	return figure{id: "chart-throughput", title: "Throughput: requests a second to each environment",
		desc: fmt.Sprintf("%s to staging in all. Production got nothing but our checks.", count(d.m.Totals.Requests, "request", "requests")),
		draw: draw, table: t.table(d.m, "Requests and checks a second")}
}
