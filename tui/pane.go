package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

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
	if p.m.tile.env == p.name {
		edge = inkDim
	}
	if (env.State == "amber" || env.State == "red") && p.watched() {
		edge = state
	}
	c.box(edge)
	accent := inkStaging
	if p.name == "production" {
		accent = inkProd
	}
	word := mark + " " + env.State
	switch {
	case !p.watched() && p.name == "production":
		word, state = "not watched", inkRed
	case !p.watched():
		word, state = "not watched", inkDim
	}
	room := w - 6 - width(word)
	x := c.clip(1, 0, room, " "+strings.ToUpper(p.name), accent)
	if p.name == "staging" && p.m.s.Start.Insecure {
		for _, badge := range []string{" CERTIFICATES NOT VERIFIED ", " NOT VERIFIED ", " INSECURE "} {
			if x+width(badge) <= room || badge == " INSECURE " { // never cut to half of its words
				x = c.clip(x, 0, room, badge, inkRed)
				break
			}
		}
	}
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

// manyTiles are more than one counts at a glance.
const manyTiles = 8

// titles are what the pane is, the longest first.
func (p pane) titles(env session.Env) []string {
	var all []string
	switch {
	case p.name == "staging" && p.m.s.Dial.Running == 0:
		all = append(p.m.fleetTitles("no load now, "), "· no load now")
	case p.name == "staging":
		all = append(p.m.fleetTitles("under load from "), "· under load")
	default:
		all = p.watching(env)
	}
	if n := p.m.heads.plans[p.name]; len(env.Tiles) <= manyTiles && len(env.Tiles) <= n.cols*n.rows {
		return all
	}
	// Where not all tiles have a place, this says what is behind the others.
	words, shapes := tiles{list: env.Tiles}.count()
	// The counts become shorter before anything else is left out.
	out := make([]string, 0, 2*len(all)+2)
	for _, t := range all {
		for _, count := range []string{"· " + words, shapes} {
			if t != "" {
				out = append(out, count+" "+t)
			}
		}
	}
	return append(out, "· "+words, shapes)
}

// watching is how production is watched, the longest first.
func (p pane) watching(env session.Env) []string {
	rate := env.Tick.Rate
	if rate == 0 {
		for _, t := range env.Tiles {
			if t.Info.Every > 0 && t.Info.Kind != personKind { // nobody's server is asked
				rate += 1 / t.Info.Every
			}
		}
	}
	if rate == 0 {
		return []string{"· never under load", ""}
	}
	often := perSecond(rate)
	all := []string{"· our checks only, " + often + " a second", "· our checks only", "· checks", ""}
	if len(env.Tiles) > manyTiles { // how often they are asked is more than usual
		all = slices.Insert(all, 1, "· "+often+" checks/s")
	}
	return all
}

// inside draws what the border holds.
func (p pane) inside(c *canvas, env session.Env) {
	x, w, y, end := 1, c.w-2, 1, c.h-1
	v := p.m.heads
	switch t, ok := p.m.selected(); {
	case !p.watched() && p.name == "production":
		p.blind(c, x+1, y, w-2, v.tiles+v.numbers)
	case ok && p.m.tile.env == p.name:
		p.m.tiles(p.name).draw(c, x+1, y, w-2, v.plans[p.name])
		p.about(c, x+1, y+v.tiles, w-2, v.numbers, t)
	default:
		p.m.tiles(p.name).draw(c, x+1, y, w-2, v.plans[p.name])
		flow(c, x+1, y+v.tiles, w-2, v.numbers, p.groups(env, w-2))
	}
	y += v.tiles + v.numbers
	if v.legend {
		p.legend(c, x, y, w)
		y++
	}
	p.chart(c, x, y, end-y)
	p.foot(c, env)
}

// groups are what the rows of numbers say, what matters most first.
func (p pane) groups(env session.Env, w int) [][]piece {
	g := p.numbers(env)
	if p.name == "staging" {
		g = append(g, p.m.fleetCPU(w)...)
	}
	if _, k := shape(env.State); p.watched() && env.State != "green" && env.Why != "" {
		g = append(g, []piece{{cut(env.Why, w), k}})
	}
	if words := p.m.machine.words(); words != "" && p.name == "staging" && p.m.zoom == zoomStaging {
		g = append(g, []piece{{"this machine ", inkDim}, {words, inkText}})
	}
	return g
}

// blind says in plain words that nothing of production is watched.
func (p pane) blind(c *canvas, x, y, w, rows int) {
	text := unguarded + "."
	if p.m.s.Start.NoGuard == "" {
		text += fmt.Sprintf(" %s at most.", p.m.amount(session.DefaultRules().FewUsers))
	}
	lines := strings.Split(ansi.Wrap(text, max(10, w), ""), "\n")
	for i, l := range lines[:min(rows, len(lines))] {
		c.clip(x, y+i, x+w, l, inkRed)
	}
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
		p.m.rate(n.RPS),
		errorShare(errs),
	}
	if _, ok := s.Limit(); ok {
		g = append(g, []piece{{"▲ you are the bottleneck", inkAmber}})
	}
	g = append(g, p.m.fleetTroubles()...)
	g = append(g, p.m.doubts(n)...)
	if t.Dropped > t.Late {
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
	kind := p.m.scaleName()
	if p.m.reach != 0 && w >= 72 {
		kind += ", " + p.m.reachName()
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
