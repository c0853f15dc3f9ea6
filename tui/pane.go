package tui

import (
	"fmt"
	"strings"
	"time"

	"crosstalk/session"
)

// piece is a piece of text in one ink.
type piece struct {
	text string
	ink  ink
}

// flow writes groups of pieces with " · " between them, breaking between
// groups. Of what does not fit in rows a single
// piece is cut short, the rest left out.
func flow(c *canvas, x, y, w, rows int, groups [][]piece) {
	at, row := x, 0
	for i, g := range groups {
		gw := 0
		for _, p := range g {
			gw += width(p.text)
		}
		if at > x && at+3+gw > x+w {
			if row == rows-1 {
				if left := x + w - at - 3; left >= 12 && len(g) == 1 {
					at = c.clip(at, y+row, x+w, " · ", inkFaint)
					c.clip(at, y+row, x+w, cut(g[0].text, left), g[0].ink)
				}
				return
			}
			row++
			at = x
		}
		if i > 0 && at > x {
			at = c.clip(at, y+row, x+w, " · ", inkFaint)
		}
		for _, p := range g {
			at = c.clip(at, y+row, x+w, p.text, p.ink)
		}
	}
}

// pane is one environment.
type pane struct {
	m    *Model
	name string // staging or production
}

// render draws the pane, w by h cells with its border.
func (p pane) render(w, h int) string {
	c := newCanvas(p.m.st, w, h)
	env := p.m.s.Env(p.name)
	mark, state := shape(env.State)
	edge := inkFaint
	if (env.State == "amber" || env.State == "red") && p.watched() {
		edge = state
	}
	c.box(edge)
	accent := inkStaging
	if p.name == "production" {
		accent = inkProd
	}
	word := mark + " " + env.State
	if !p.watched() {
		word, state = "not watched", inkDim
	}
	room := w - 6 - width(word)
	x := c.clip(1, 0, room, " "+strings.ToUpper(p.name), accent)
	for _, t := range p.titles(env) {
		if x+width(t)+2 <= room {
			c.clip(x, 0, room, " "+t+" ", inkDim)
			break
		}
	}
	x = c.right(w-3, 0, word, state)
	c.set(x-1, 0, " ", edge)
	c.set(w-3, 0, " ", edge)
	p.inside(c, env)
	return c.String()
}

func (p pane) watched() bool { return len(p.m.s.Env(p.name).Tiles) > 0 }

// titles are what the pane is, the longest first.
func (p pane) titles(env session.Env) []string {
	if p.name == "staging" {
		if p.m.s.Dial.Running == 0 {
			return []string{"· no load now"}
		}
		return []string{"· under load"}
	}
	rate := env.Tick.Rate
	if rate == 0 {
		for _, t := range env.Tiles {
			if t.Info.Every > 0 {
				rate += 1 / t.Info.Every
			}
		}
	}
	if rate == 0 {
		return []string{"· never under load", ""}
	}
	return []string{"· our checks only, " + perSecond(rate) + " a second", "· our checks only", "· checks", ""}
}

// heads is how many rows of a pane stand above its chart. Both panes have the
// same, so that their charts stand at the same height.
type heads struct {
	tiles   int
	numbers int
	legend  bool
}

func (m *Model) heads(w, h int) heads {
	v := heads{numbers: 1}
	most := 2
	if h >= 18 {
		v.numbers, v.legend, most = 2, true, 3
	}
	if h >= 30 {
		most = 5
	}
	if w < 56 {
		v.numbers = 2
	}
	for _, name := range []string{"staging", "production"} {
		v.tiles = max(v.tiles, tiles{list: m.s.Env(name).Tiles}.plan(w-2, most).rows)
	}
	return v
}

// inside draws what the border holds.
func (p pane) inside(c *canvas, env session.Env) {
	x, w, y, end := 1, c.w-2, 1, c.h-1
	v := p.m.heads(w, end-y)
	tiles{env.Tiles, p.m.elapsed().Milliseconds()}.draw(c, x+1, y, w-2, v.tiles)
	y += v.tiles
	groups := p.numbers(env)
	if _, k := shape(env.State); p.watched() && env.State != "green" && env.Why != "" {
		groups = append(groups, []piece{{cut(env.Why, w-2), k}})
	}
	flow(c, x+1, y, w-2, v.numbers, groups)
	y += v.numbers
	if v.legend {
		p.legend(c, x, y, w)
		y++
	}
	p.chart(c, x, y, end-y)
}

func (p pane) numbers(env session.Env) [][]piece {
	if p.name == "staging" {
		return p.loadNumbers(env)
	}
	return p.checkNumbers(env)
}

// percentiles are pieces of one group; what is old is dimmed.
func percentiles(old bool, names []string, values []*float64) []piece {
	k := inkText
	if old {
		k = inkDim
	}
	var g []piece
	for i, n := range names {
		if i > 0 {
			g = append(g, piece{"  ", inkDim})
		}
		g = append(g, piece{n + " ", inkDim}, piece{fmt.Sprintf("%3s", number(values[i])), k})
	}
	return append(g, piece{" ms", inkDim})
}

// loadNumbers are the users' own requests over the last ten seconds.
func (p pane) loadNumbers(env session.Env) [][]piece {
	s := p.m.s
	t := s.Load
	n := session.Window{Requests: t.Requests, RPS: t.RPS, Errors: t.Errors, P50: t.P50, P95: t.P95, P99: t.P99}
	if t.Ten != nil {
		n = *t.Ten
	}
	if n.Requests == 0 && s.Dial.Running == 0 {
		g := [][]piece{{{"no load", inkText}}}
		if env.Tick.P50 != nil {
			g = append(g, append([]piece{{"checks ", inkDim}}, percentiles(false, []string{"p50", "p95"}, []*float64{env.Tick.P50, env.Tick.P95})...))
		}
		return g
	}
	late := p.m.elapsed() - time.Duration(s.LoadMS)*time.Millisecond
	old := late > 2*time.Second && s.Ended == nil
	errs := 0.0
	if n.Requests > 0 {
		errs = float64(n.Errors) / float64(n.Requests)
	}
	g := [][]piece{
		percentiles(old, []string{"p50", "p95", "p99"}, []*float64{n.P50, n.P95, n.P99}),
		{{fmt.Sprintf("%3.0f", n.RPS), inkText}, {" req/s", inkDim}},
		errorShare(errs),
	}
	if t.Dropped > 0 {
		g = append(g, []piece{{fmt.Sprintf("%d not sent by us", t.Dropped), inkAmber}})
	}
	if old {
		g = append(g, []piece{{span(late) + " old", inkAmber}})
	}
	return g
}

func errorShare(e float64) []piece {
	k := inkText
	if e > 0 {
		k = inkStrong
	}
	return []piece{{"errors ", inkDim}, {share(e), k}}
}

// checkNumbers are an environment's own checks over the last ten seconds.
func (p pane) checkNumbers(env session.Env) [][]piece {
	if !p.watched() {
		return [][]piece{{{"nothing watches it: the guard is blind here and allows few users", inkText}}}
	}
	if env.Tick.Env == "" {
		return [][]piece{{{"waiting for the first answers", inkDim}}}
	}
	g := [][]piece{nil, errorShare(env.Tick.Errors)}
	age, old := p.age(env)
	g[0] = percentiles(old, []string{"p50", "p95"}, []*float64{env.Tick.P50, env.Tick.P95})
	switch {
	case old:
		g = append(g, []piece{{fmt.Sprintf("%.1f s old", age), inkAmber}})
	case env.Tick.Age != nil:
		g = append(g, []piece{{fmt.Sprintf("%.1f s ago", age), inkDim}})
	}
	return g
}

// age is how old the newest sample is, in seconds, and whether that is more
// than two periods of it.
func (p pane) age(env session.Env) (float64, bool) {
	age := max(0, (p.m.elapsed() - time.Duration(env.At)*time.Millisecond).Seconds())
	// The tick itself comes once a second: within it the sample's age as told
	// holds.
	told := 0.0
	if env.Tick.Age != nil {
		told = *env.Tick.Age
	}
	if age < 2 {
		return told, told > 2*max(1, slowest(env))
	}
	return told + age, told+age > 2*max(1, slowest(env))
}

func slowest(env session.Env) float64 {
	var s float64
	for _, t := range env.Tiles {
		if !t.Info.Slow {
			s = max(s, t.Info.Every)
		}
	}
	return s
}

func (p pane) legend(c *canvas, x, y, w int) {
	kind := "log"
	if p.m.linear {
		kind = "linear"
	}
	at := c.text(x+1, y, "latency, "+kind, inkDim)
	line, dots := "⠒⠒", "⠂⠂"
	if p.m.st.blocks {
		line, dots = "▀▀", "▀ "
	}
	if p.m.st.ascii {
		line, dots = "**", ".."
	}
	main, soft, what := inkStaging, inkStagingSoft, "requests "
	if p.name == "production" {
		main, soft, what = inkProd, inkProdSoft, "checks "
	}
	at = c.text(at+3, y, what, inkDim)
	at = c.text(at, y, line+" p95", main)
	at = c.text(at+2, y, dots+" p50", soft)
	if p.name == "staging" && w >= 56 {
		c.text(at+2, y, dots+" checks p95", inkDim)
	}
}
