package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"crosstalk/session"
)

// heads is what stands above the charts. Both panes have the same rows, so
// that their charts stand at the same height.
type heads struct {
	tiles   int
	numbers int
	legend  bool
	plans   map[string]plan // by environment
}

// leastChart is how many rows tiles leave to a chart, in a pane that has the
// window and in one that shares it.
const leastChart = 7

// top works out the heads of the panes that are shown.
func (m *Model) top() heads {
	v := heads{numbers: 1, plans: map[string]plan{}}
	if m.layout.small {
		return v
	}
	names := m.panes()
	w, h := m.w, m.layout.staging.h
	for _, name := range names {
		r := m.rect(name)
		w, h = min(w, r.w), r.h
	}
	w, h = w-2, h-2
	r := room{usual: 2}
	if h >= 18 {
		v.numbers, v.legend, r.usual = 2, true, 3
	}
	if h >= 30 {
		r.usual = 5
	}
	if w < 56 {
		v.numbers = 2
	}
	// The same with a banner over it, so that tiles do not jump at a cut.
	r.roomy, r.most = max(2, (h+2)/5), max(r.usual, h/3)
	if m.zoom.wide() {
		left := h - v.numbers - leastChart
		if v.legend {
			left--
		}
		r.roomy, r.most = max(2, left), max(2, left)
		r.usual = min(r.usual, r.most)
	}
	for _, name := range names {
		p := m.tiles(name).plan(w-2, r)
		v.plans[name] = p
		v.tiles = max(v.tiles, p.rows)
	}
	if t, ok := m.selected(); ok {
		v.numbers = max(v.numbers, min(4, len(pane{m, m.tile.env}.reason(t, w-2))+1))
	}
	return v
}

// panes are the environments that are shown.
func (m *Model) panes() []string {
	switch m.zoom {
	case zoomStaging:
		return []string{"staging"}
	case zoomProduction:
		return []string{"production"}
	}
	return []string{"staging", "production"}
}

func (m *Model) rect(env string) rect {
	if env == "production" {
		return m.layout.production
	}
	return m.layout.staging
}

// tiles are an environment's tiles as this screen shows them.
func (m *Model) tiles(env string) tiles {
	t := tiles{list: m.s.Env(env).Tiles, now: m.elapsed().Milliseconds(), past: func(name string) *strip { return m.past[tileKey{env, name}] }}
	if m.tile.env == env {
		t.sel = m.tile.name
	}
	return t
}

// reason is the selected tile's state with its reason in full, in lines.
func (p pane) reason(t session.Tile, w int) []string {
	mark, _ := shape(t.Now.State)
	text := fmt.Sprintf("%s %s is %s", mark, t.Info.Name, t.Now.State)
	switch {
	case t.Now.Reason != "":
		text += ": " + strings.TrimPrefix(t.Now.Reason, t.Info.Name+" ")
	case t.Now.Late:
		text += "; one answer was late just now"
	}
	if t.Now.Aside {
		text += ". It is set aside and does not count"
	}
	if d := t.Now.TLSDays; d != nil && !strings.Contains(text, "its certificate ends") { // the reason may say so
		text += fmt.Sprintf(". Its certificate ends in %d days", int(*d))
	}
	if t.Now.Muted {
		text += ". It only warns until it is green"
	}
	return strings.Split(ansi.Wrap(strings.Join(strings.Fields(text), " "), max(10, w), " -/"), "\n")
}

// about tells all of the selected tile, in the place of the numbers.
func (p pane) about(c *canvas, x, y, w, rows int, t session.Tile) {
	_, k := shape(t.Now.State)
	lines := p.reason(t, w)
	if len(lines) >= rows {
		lines = lines[:rows]
	}
	for i, l := range lines {
		c.clip(x, y+i, x+w, cut(l, w), k)
	}
	if left := rows - len(lines); left > 0 {
		flow(c, x, y+len(lines), w, left, p.facts(t))
	}
}

// facts are the selected tile's numbers.
func (p pane) facts(t session.Tile) [][]piece {
	var g [][]piece
	add := func(name, value string) { g = append(g, []piece{{name, inkDim}, {value, inkText}}) }
	if t.Now.Latency != nil && t.Info.Kind != personKind {
		add("", millis(*t.Now.Latency))
	}
	amber, red := t.Now.Amber, t.Now.Red
	for _, l := range p.m.s.Baseline.Thresholds {
		if l.Env == p.name && l.Check == t.Info.Name {
			if l.P50 > 0 { // too short a quiet phase has learned nothing
				add("usual ", millis(l.P50))
			}
			amber, red = l.Amber, l.Red
		}
	}
	if amber > 0 {
		add("amber from ", millis(amber))
	}
	if red > 0 {
		add("red from ", millis(red))
	}
	if t.Info.Every > 0 && t.Info.Kind != personKind {
		add("every ", span1(t.Info.Every))
	}
	if t.Info.Address != "" {
		g = append(g, []piece{{t.Info.Kind + " " + t.Info.Address, inkDim}})
	}
	return g
}

// span1 is a period in seconds: "0.25 s", "250 ms" below a tenth of one.
func span1(seconds float64) string {
	if seconds < 1 {
		return millis(seconds)
	}
	return span(time.Duration(seconds * float64(time.Second)))
}
