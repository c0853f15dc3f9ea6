package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"crosstalk/session"
)

// tiles are an environment's checks, one tile each.
type tiles struct {
	list []session.Tile
	now  int64 // milliseconds since the start
	sel  string
	past func(name string) *strip
}

// toldEvery is how often at least a tile's number is told, in milliseconds.
const toldEvery = 10_000

// plan is how tiles are laid out. Of the parts of a tile those without columns
// are left out; a tile with a value and no word shows the word in its place.
type plan struct {
	name, value, word, strip int
	cell, cols, rows         int
}

// room is how many rows tiles may take: usually, with a minute's history in
// each, and when there are many.
type room struct{ usual, roomy, most int }

// plan lays the tiles out in a width: with all that fits into the rows, and
// when not even names fit, with room for the worst.
func (t tiles) plan(w int, r room) plan {
	name, word := 0, 8
	for _, k := range t.list {
		name = max(name, min(width(k.Info.Name), 14))
		switch {
		case k.Now.Aside:
			word = max(word, width(asideWord))
		case k.Now.Muted:
			word = max(word, width(mutedWord))
		}
	}
	full := plan{name: name, value: 6, word: word}
	short, dense := plan{name: name, value: word}, plan{name: name}
	with := func(p plan, strip int) plan { p.strip = strip; return p }
	fits := func(p plan, rows int) (plan, bool) {
		p = p.in(w, len(t.list))
		return p, p.cols > 0 && p.rows <= rows
	}
	for _, n := range []int{60, 30, 20} {
		if p, ok := fits(with(full, n), r.roomy); ok {
			return p
		}
	}
	if r.roomy == r.most { // the pane has the window: history before words
		for _, n := range []int{20, 12, 6} {
			if p, ok := fits(with(short, n), r.roomy); ok {
				return p
			}
		}
	}
	for _, rows := range []int{r.usual, r.most} {
		for _, p := range []plan{full, short, dense} {
			if p.value == 0 && rows < r.most {
				continue
			}
			if p, ok := fits(p, rows); ok {
				return p
			}
		}
	}
	p := short.in(w, len(t.list))
	p.cols = max(1, p.cols)
	p.rows = r.most
	return p
}

// in lays n tiles of a form out in a width; without columns where not even one
// fits.
func (p plan) in(w, n int) plan {
	gap := 2
	if p.value == 0 {
		gap = 1
	}
	p.cell = 2 + p.name + gap
	for _, part := range []int{p.value, p.word, p.strip} {
		if part > 0 {
			p.cell += 1 + part
		}
	}
	p.cols = (w + gap) / p.cell
	if p.cols == 0 || n == 0 {
		p.rows = 1
		return p
	}
	p.rows = (n + p.cols - 1) / p.cols
	p.cols = (n + p.rows - 1) / p.rows // rows of the same length
	p.cell = min((w+gap)/p.cols, p.cell+4)
	return p
}

// order is the order in which tiles are shown: as configured while they are few
// and all fit, else those that ask for attention first.
func (t tiles) order(p plan) []session.Tile {
	if len(t.list) <= manyTiles && p.cols*p.rows >= len(t.list) {
		return t.list
	}
	out := slices.Clone(t.list)
	slices.SortStableFunc(out, func(a, b session.Tile) int { return rank(b.Now.State) - rank(a.Now.State) })
	return out
}

// draw writes the tiles as they were planned, scrolled to the selected one.
func (t tiles) draw(c *canvas, x, y, w int, p plan) {
	if len(t.list) == 0 {
		c.clip(x, y, x+w, "no checks", inkDim)
		return
	}
	all := t.order(p)
	from, to := 0, len(all)
	if places := p.cols * p.rows; to > places {
		last := (len(all) - (places - 1) + p.cols - 1) / p.cols // the first row at the end
		if i := t.index(all); i >= 0 {
			from = min(max(0, i/p.cols-(p.rows-1)/2), last) * p.cols
		}
		to = min(len(all), from+places-1)
	}
	for i, k := range all[from:to] {
		at := x + i%p.cols*p.cell
		t.one(c, at, y+i/p.cols, min(at+p.cell-1, x+w), p, k)
	}
	if hidden := len(all) - (to - from); hidden > 0 {
		n := to - from
		at := c.clip(x+n%p.cols*p.cell, y+n/p.cols, x+w, fmt.Sprintf("… %d more ", hidden), inkDim)
		mark, k := shape(worst(all[:from], all[to:]))
		c.clip(at, y+n/p.cols, x+w, mark, k)
	}
}

func (t tiles) index(all []session.Tile) int {
	if t.sel == "" {
		return -1
	}
	return slices.IndexFunc(all, func(k session.Tile) bool { return k.Info.Name == t.sel })
}

// asideWord is what stands on a tile that does not count.
const asideWord = "set aside"

// personKind is the kind of a check that a person answers.
const personKind = "person"

// mutedWord is what stands on a tile that a person muted.
const mutedWord = "warns only"

func (t tiles) one(c *canvas, x, y, end int, p plan, k session.Tile) {
	mark, state := shape(k.Now.State)
	name, value := inkText, inkText
	word, ink := "", state
	switch {
	case k.Now.Aside:
		word = asideWord
	case k.Now.Muted:
		word = mutedWord
	case k.Now.State != "green":
		word = k.Now.State
	case k.Now.Late:
		word, ink = "late", inkText
	}
	if age := t.now - k.At; age > 2*toldEvery && k.At > 0 {
		word, ink = span(time.Duration(age)*time.Millisecond)+" old", inkAmber
	}
	if word != "" {
		value = ink
	}
	if p.value == 0 {
		name = value
	}
	if t.sel == k.Info.Name {
		c.set(x-1, y, "▸", inkStrong)
		c.fill(x, y, min(end, x+p.width())-x, 1, inkSelect)
		state, name, value, ink = inkSelect, inkSelect, inkSelect, inkSelect
	}
	at := c.clip(x, y, end, mark+" ", state)
	c.clip(at, y, end, cut(k.Info.Name, p.name), name)
	at += p.name
	if p.value > 0 {
		v := "—"
		switch {
		case k.Info.Kind == personKind: // nothing was measured; green is that they said yes
			if k.Now.State == "green" {
				v = "yes"
			}
		case k.Now.Latency != nil:
			v = millis(*k.Now.Latency)
		}
		if p.word == 0 && word != "" {
			v = word
		}
		c.clip(at+1+max(0, min(6, p.value)-width(v)), y, end, v, value)
		at += 1 + p.value
	}
	if p.word > 0 {
		c.clip(at+1, y, end, word, ink)
		at += 1 + p.word
	}
	if p.strip > 0 && at+1+p.strip <= end+1 {
		t.past(k.Info.Name).draw(c, at+1, y, p.strip, t.now)
	}
}

// width is what a tile takes without the gap to the next and without its strip.
func (p plan) width() int {
	w := 2 + p.name
	for _, part := range []int{p.value, p.word} {
		if part > 0 {
			w += 1 + part
		}
	}
	return w
}

// worst is the state that most asks for attention.
func worst(lists ...[]session.Tile) string {
	state, most := "green", 0
	for _, l := range lists {
		for _, k := range l {
			if r := rank(k.Now.State); r > most {
				state, most = k.Now.State, r
			}
		}
	}
	return state
}

// count says how many are in which state: "3 red, 37 green", or in shapes
// where there is less room: "■3 ●37".
func (t tiles) count() (words, shapes string) {
	n := map[string]int{}
	for _, k := range t.list {
		n[k.Now.State]++
	}
	var long, brief []string
	for _, state := range []string{"red", "amber", "no sight", "green"} {
		if n[state] > 0 {
			mark, _ := shape(state)
			long, brief = append(long, fmt.Sprintf("%d %s", n[state], state)), append(brief, fmt.Sprintf("%s%d", mark, n[state]))
		}
	}
	return strings.Join(long, ", "), strings.Join(brief, " ")
}
