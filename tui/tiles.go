package tui

import (
	"fmt"
	"slices"
	"time"

	"crosstalk/session"
)

// tiles are an environment's checks, one tile each.
type tiles struct {
	list []session.Tile
	now  int64 // milliseconds since the start
}

// toldEvery is how often at least a tile's number is told, in milliseconds.
const toldEvery = 10_000

// plan is how tiles are laid out in a width.
type plan struct {
	name, cell, cols, rows int
	full                   bool // with latency and word, else one of them
}

// plan lays the tiles out in at most rows rows.
func (t tiles) plan(w, rows int) plan {
	p := plan{full: true}
	for _, k := range t.list {
		p.name = max(p.name, min(width(k.Info.Name), 14))
	}
	p.cell = 2 + p.name + 1 + 6 + 1 + 8 + 2
	if cols := (w + 2) / p.cell; cols < 1 || (len(t.list)+cols-1)/cols > rows {
		p.full, p.cell = false, 2+p.name+1+8+1
	}
	p.cols = max(1, (w+2)/p.cell)
	p.rows = min(rows, max(1, (len(t.list)+p.cols-1)/p.cols))
	if p.cols*p.rows >= len(t.list) {
		p.cols = max(1, (len(t.list)+p.rows-1)/p.rows) // rows of the same length
	}
	p.cell = min((w+2)/p.cols, p.cell+4)
	return p
}

// draw writes the tiles into at most rows rows.
func (t tiles) draw(c *canvas, x, y, w, rows int) {
	if len(t.list) == 0 {
		c.clip(x, y, x+w, "no checks", inkDim)
		return
	}
	p := t.plan(w, rows)
	show, hidden := t.list, 0
	if most := p.cols * rows; len(show) > most {
		show, hidden = worst(show, most-1), len(show)-most+1
	}
	for i, k := range show {
		at := x + i%p.cols*p.cell
		t.one(c, at, y+i/p.cols, min(at+p.cell-1, x+w), p.name, p.full, k)
	}
	if n := len(show); hidden > 0 {
		c.clip(x+n%p.cols*p.cell, y+n/p.cols, x+w, fmt.Sprintf("… %d more", hidden), inkDim)
	}
}

func (t tiles) one(c *canvas, x, y, end, name int, full bool, k session.Tile) {
	mark, state := shape(k.Now.State)
	at := c.clip(x, y, end, mark+" ", state)
	c.clip(at, y, end, cut(k.Info.Name, name), inkText)
	at += name + 1
	value := "—"
	if k.Now.Latency != nil {
		value = millis(*k.Now.Latency)
	}
	word := ""
	switch {
	case k.Now.Muted:
		word, state = "muted", inkDim
	case k.Now.State != "green":
		word = k.Now.State
	case k.Now.Late:
		word, state = "late", inkText
	}
	if age := t.now - k.At; age > 2*toldEvery && k.At > 0 {
		word, state = span(time.Duration(age)*time.Millisecond)+" old", inkAmber
	}
	if !full && word != "" {
		value = word
	}
	ink := inkText
	if word != "" {
		ink = state
	}
	c.clip(at+max(0, 6-width(value)), y, end, value, ink)
	if full {
		c.clip(at+7, y, end, word, state)
	}
}

// worst keeps n tiles: those that are not green first, else in their order.
func worst(list []session.Tile, n int) []session.Tile {
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b session.Tile) int { return rank(b.Now.State) - rank(a.Now.State) })
	return out[:max(0, n)]
}
