package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"crosstalk/notes"
)

// noteBox is the list of notes and the note line, which is always there.
type noteBox struct{ m *Model }

// maxShown is how much of a note's text the list looks at, in bytes, and
// maxLines how many lines a note takes unless it is selected.
const (
	maxShown = 2000
	maxLines = 3
)

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
	if s := b.counts(); s != "" {
		c.clip(x, 0, w-2, s+" ", inkDim)
	}
	if m.sel != "" {
		keys := " ↑↓ select  e edit  u take back  x resolve  Esc back "
		if width(keys) < w-4 {
			c.right(w-2, h-1, keys, inkDim)
		}
	}
	line := b.input(c, 2, w-4, h)
	b.list(c, 2, 1, w-4, line-1)
	return c.String()
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

// prompt is what stands before the typed text.
func (b noteBox) prompt() (string, ink) {
	e := &b.m.editor
	switch {
	case b.m.mode != modeEdit || e.purpose == editLearned:
		return "> ", inkDim
	case e.purpose == editReason:
		return "why take " + e.id + " back? ", inkStaging
	case e.purpose == editGoOn:
		return "why may load go on? ", inkStaging
	case e.purpose == editWarn:
		return "why may amber only warn? ", inkStaging
	case e.purpose == editMute:
		return "why may " + cut(e.id, 14) + " only warn? ", inkStaging
	case e.purpose == editChange:
		return e.id + " " + kindWord(e.kind()) + " > ", inkStaging
	case e.pasted:
		return "pasted note > ", inkStaging
	}
	return kindWord(e.kind()) + " > ", inkStaging
}

// inputWidth is how many columns the note line has for text.
func (m *Model) inputWidth() int {
	p, _ := noteBox{m}.prompt()
	return max(2, m.w-usersWidth(m.w)-4-width(p))
}

// input draws the note line at the bottom and returns its first row.
func (b noteBox) input(c *canvas, x, w, h int) int {
	m := b.m
	p, k := b.prompt()
	if m.mode == modeEdit && m.editor.purpose != editLearned {
		lines, _, cy := m.editor.wrap(w - width(p))
		n := min(len(lines), max(1, min(4, h-3)))
		from := min(max(0, cy-n+1), len(lines)-n)
		y := h - 1 - n
		c.text(x, y, p, k)
		for i := range n {
			c.clip(x+width(p), y+i, x+w, lines[from+i], inkInput)
		}
		return y
	}
	y := h - 2
	at := c.text(x, y, p, inkStrong)
	switch {
	case m.saving:
		c.clip(at, y, x+w, "saving …", inkDim)
	case m.receipt.text != "" && m.now.Before(m.receipt.till):
		at = c.text(at, y, "✓ ", inkGreen)
		c.clip(at, y, x+w, cut(m.receipt.text, x+w-at), inkText)
	case m.draft.text != "":
		c.clip(at, y, x+w, cut("n opens what was put aside: "+m.draft.text, x+w-at), inkDim)
	default:
		at = c.clip(at, y, x+w, "n", inkKey)
		hint := " writes a note; its first character is its kind:  ! bug  ? question  | obstacle  * idea"
		if w < 92 {
			hint = " writes a note:  ! bug  ? question  * idea"
		}
		c.clip(at, y, x+w, hint, inkDim)
	}
	return y
}

// cursor is where typing goes on, in the box's own cells.
func (b noteBox) cursor(w, h int) (x, y int) {
	p, _ := b.prompt()
	lines, cx, cy := b.m.editor.wrap(w - 4 - width(p))
	n := min(len(lines), max(1, min(4, h-3)))
	from := min(max(0, cy-n+1), len(lines)-n)
	return 2 + width(p) + cx, h - 1 - n + cy - from
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
	all := b.m.s.Notes.Notes
	if len(all) == 0 {
		b.empty(c, x, y, w, h)
		return
	}
	last := len(all) - 1
	if b.m.sel != "" {
		last = b.lastFor(w, h)
	}
	var rows []row
	for i := last; i >= 0 && len(rows) < h; i-- {
		rows = append(b.rows(&all[i], w), rows...)
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
func (b noteBox) lastFor(w, h int) int {
	all := b.m.s.Notes.Notes
	for i := range all {
		if all[i].ID != b.m.sel {
			continue
		}
		last := i
		used := len(b.rows(&all[i], w))
		for last+1 < len(all) {
			n := len(b.rows(&all[last+1], w))
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
	hints := [][]piece{
		{{"↑", inkKey}, {" adds a user on staging, ", inkDim}, {"→", inkKey}, {" adds ten, ", inkDim}, {"space", inkKey}, {" holds", inkDim}},
		{{"ctrl+x", inkKey}, {" stops all load, at any time", inkDim}},
		{{"n", inkKey}, {" writes down what you see; users and both panes are kept with it", inkDim}},
		{{"?", inkKey}, {" shows every key", inkDim}},
	}
	for i, l := range hints[:min(h, len(hints))] {
		at := x
		for _, p := range l {
			at = c.clip(at, y+i, x+w, p.text, p.ink)
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
	if n.Resolved != nil {
		text += " ✓ resolved"
	}
	if b.m.authors() && !n.System {
		text = n.By + ": " + text
	}
	at := n.Begun
	if at == nil {
		at = n.Context
	}
	// A program's note is about its own moment.
	count := ""
	if at != nil {
		count = fmt.Sprintf("%3d %s", at.Running, map[bool]string{true: "user ", false: "users"}[at.Running == 1])
	}
	head := fmt.Sprintf("%-7s%-10s ", short(time.Duration(n.MS)*time.Millisecond), count)
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
		c.fill(x, y, w, 1, " ", inkSelect)
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
