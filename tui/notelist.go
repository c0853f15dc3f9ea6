package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"crosstalk/notes"
	"crosstalk/session"
)

// noteBox is the list of notes and the note line, which is always there.
type noteBox struct{ m *Model }

// maxShown is how much of a note's text the list looks at, in bytes, and
// maxLines how many lines a note takes unless it is selected.
const (
	maxShown = 2000
	maxLines = 3
)

// headWidth is how many columns a note's time and users take.
const headWidth = 18

// render draws the box.
func (b noteBox) render(w, h int) string {
	m := b.m
	c := newCanvas(m.st, w, h)
	edge := inkFaint
	if m.sel != "" || m.mode == modeEdit && m.editor.purpose != editLearned {
		edge = inkDim
	}
	c.box(edge)
	x := c.text(1, 0, " NOTES ", inkStrong)
	n, open := m.opened()
	about, k := b.counts(), inkDim
	switch {
	case open:
		var title string
		title, about = b.cardTitle(n)
		if text := m.momentText(); text != "" {
			about += " · " + text
		}
		x = c.text(1, 0, title, inkStrong)
	case m.searching():
		about, k = "· "+m.foundWords(), inkStaging
	}
	if about != "" {
		c.clip(x, 0, w-2, about+" ", k)
	}
	if text := m.writing(); text != "" && !open {
		c.right(w-2, 0, " "+cut(text, w-x-6)+" ", inkStaging)
	}
	line := h - 1
	if m.replay == nil {
		line = b.input(c, 2, w-4, h)
	}
	if open {
		b.card(c, 2, 1, w-4, line-1, n)
	} else {
		b.list(c, 2, 1, w-4, line-1)
	}
	b.foot(c, w, h, n, open)
	return c.String()
}

// foot names the keys of what has the focus, as many as there is room for, and
// which time the charts show.
func (b noteBox) foot(c *canvas, w, h int, n notes.Note, open bool) {
	if b.m.sel == "" && b.m.desk.back > 0 {
		c.right(w-2, h-1, fmt.Sprintf(" %d newer ", b.m.desk.back), inkDim)
	}
	if b.m.sel == "" || b.m.mode == modeEdit {
		return
	}
	if !open {
		n, _ = b.m.s.Notes.Get(b.m.sel)
	}
	keys := []string{"↑↓ select", "Enter opens", "/ search", "e edit", "u take back", "x resolve", "Esc back"}
	if n.Gone != nil {
		keys[4] = "u bring back"
	}
	if n.Reopens() {
		keys[5] = "x open again"
	}
	if b.m.searching() {
		keys[6] = "Esc ends search"
	}
	if open {
		keys = []string{"←→ others", "a file", "v clipboard", "s samples", "f panes", "e edit", "u take back", "x resolve", "Esc closes"}
		if n.Gone != nil {
			keys[6] = "u bring back"
		}
		if n.Reopens() {
			keys[7] = "x open again"
		}
	}
	last := keys[len(keys)-1]
	for keys = keys[:len(keys)-1]; len(keys) > 0 && width(strings.Join(keys, "  "))+width(last)+6 > w-4; {
		keys = keys[:len(keys)-1]
	}
	c.right(w-2, h-1, " "+strings.Join(append(keys, last), "  ")+" ", inkDim)
}

// counts sums up what was found.
func (b noteBox) counts() string {
	n := map[notes.Kind]int{}
	open := 0
	for _, k := range b.m.s.Notes.Notes {
		if k.System || k.Gone != nil {
			continue
		}
		n[k.Kind]++
		if k.Open() {
			open++
		}
	}
	var parts []string
	if n[notes.Bug] > 0 {
		parts = append(parts, plural(n[notes.Bug], "bug", "bugs"))
	}
	if n[notes.Question] > 0 {
		parts = append(parts, plural(n[notes.Question], "question", "questions"))
	}
	if open > 0 {
		parts = append(parts, fmt.Sprintf("%d open", open))
	}
	return strings.Join(parts, " · ")
}

// row is one line of the list.
type row struct {
	head string // time and users; on a note's first line only
	mark string
	text string
	note *notes.Note
	ink  ink
}

// list draws the newest notes that fit, the newest at the bottom.
func (b noteBox) list(c *canvas, x, y, w, h int) {
	all := b.m.listed()
	if len(all) == 0 {
		if b.m.searching() {
			c.clip(x, y, x+w, "no note is like that", inkDim)
			return
		}
		if r, ok := b.draftRow(w); ok && h > 1 {
			h--
			b.draw(c, x, y+h, w, r)
		}
		b.empty(c, x, y, w, h)
		return
	}
	last := b.scrolled(all, w, h)
	if b.m.sel != "" {
		last = b.lastFor(all, w, h)
	}
	var rows []row
	if r, ok := b.draftRow(w); ok && b.m.sel == "" && h > 1 {
		rows = []row{r}
	}
	for i := last; i >= 0 && len(rows) < h; i-- {
		rows = append(b.rows(all[i], w), rows...)
	}
	rows = rows[max(0, len(rows)-h):]
	top := y + h - len(rows)
	if top-y > 4 && b.m.sel == "" {
		b.empty(c, x, y, w, 4) // room enough to go on telling what to press
	}
	for i, r := range rows {
		b.draw(c, x, top+i, w, r)
	}
}

// lastFor is the note at the bottom of the list when one is selected: the
// newest, or a later one as far as the selected stays in sight.
func (b noteBox) lastFor(all []*notes.Note, w, h int) int {
	for i := range all {
		if all[i].ID != b.m.sel {
			continue
		}
		last := i
		used := len(b.rows(all[i], w))
		for last+1 < len(all) {
			n := len(b.rows(all[last+1], w))
			if used+n > h {
				break
			}
			used, last = used+n, last+1
		}
		return last
	}
	return len(all) - 1
}

func (b noteBox) empty(c *canvas, x, y, w, h int) {
	if b.m.replay != nil {
		b.m.replay.noNotes(c, x, y, w)
		return
	}
	hints := [][][]piece{ // each line in parts, of which what fits whole is shown
		{{{"↑", inkKey}, {b.m.worded(" adds a user on staging"), inkDim}}, {{", ", inkDim}, {"→", inkKey}, {" adds ten", inkDim}}, {{", ", inkDim}, {"space", inkKey}, {" holds", inkDim}}},
		{{{"ctrl+x", inkKey}, {" stops all load", inkDim}}, {{", at any time", inkDim}}},
		{{{"n", inkKey}, {" writes down what you see", inkDim}}, {{", with both panes", inkDim}}},
		{{{"?", inkKey}, {" shows every key", inkDim}}},
	}
	for i, parts := range hints[:min(h, len(hints))] {
		at := x
		for k, part := range parts {
			if k > 0 && at+total([][]piece{part}) > x+w {
				break
			}
			for _, p := range part {
				at = c.clip(at, y+i, x+w, p.text, p.ink)
			}
		}
	}
}

// rows wraps a note.
func (b noteBox) rows(n *notes.Note, w int) []row {
	text := n.Text
	if len(text) > maxShown {
		text = strings.ToValidUTF8(text[:maxShown], "")
	}
	if n.Gone != nil {
		text = "taken back"
		if n.Gone.Why != "" {
			text += ": " + n.Gone.Why
		}
	}
	switch {
	case n.Resolved != nil:
		text += " ✓ resolved"
	case n.Open():
		text += " · open"
	}
	if late := b.m.unsaved(n); late != "" {
		text += " · " + late
	}
	if k := len(n.Attachments); k > 0 && n.Gone == nil {
		text += " + " + plural(k, "file", "files")
	}
	if (b.m.authors() || b.m.s.Shared()) && !n.System {
		text = b.m.signed(n.By, session.Role(n.Role)) + ": " + text
	}
	// A program's note is about its own moment.
	count := ""
	switch at := n.Panes(); {
	case at != nil:
		count = fmt.Sprintf("%3d %s", at.Running, map[bool]string{true: "user ", false: b.m.s.Unit().Word()}[at.Running == 1 && at.Unit == ""])
	case n.Happened != nil:
		count = "  ? users"
	}
	head := fmt.Sprintf("%-7s%-*s ", since(n.MS), headWidth-8, count)
	k := inkText
	switch {
	case n.System, n.Gone != nil:
		k = inkSystem
	}
	mark := n.Kind.Info().Mark
	if n.System {
		mark = "·"
	}
	lines := strings.Split(ansi.Wrap(notes.Clean(strings.ReplaceAll(text, "\t", " ")), max(10, w-width(head)-2), " -/"), "\n")
	if most := maxLines; len(lines) > most && b.m.sel != n.ID {
		lines = lines[:most]
		lines[most-1] = cut(lines[most-1]+" …", w-width(head)-2)
	}
	out := make([]row, len(lines))
	for i, l := range lines {
		out[i] = row{head: strings.Repeat(" ", width(head)), mark: " ", text: strings.TrimLeft(l, " "), note: n, ink: k}
	}
	out[0].head, out[0].mark = head, mark
	return out
}

func (b noteBox) draw(c *canvas, x, y, w int, r row) {
	head, mark, text := inkDim, inkStrong, r.ink
	if r.note.System {
		mark = inkDim
	}
	if b.m.sel == r.note.ID {
		head, mark, text = inkSelect, inkSelect, inkSelect
		c.fill(x, y, w, 1, inkSelect)
		if r.mark != " " {
			c.set(x-1, y, "▸", inkStrong)
		}
	}
	at := c.clip(x, y, x+w, r.head, head)
	c.clip(at, y, x+w, r.mark, mark)
	c.clip(at+2, y, x+w, r.text, text)
}

// authors tells whether more than one person wrote notes.
func (m *Model) authors() bool {
	first := ""
	for i := range m.s.Notes.Notes {
		n := &m.s.Notes.Notes[i]
		if n.System {
			continue
		}
		if first != "" && n.By != first {
			return true
		}
		first = n.By
	}
	return false
}
