package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"crosstalk/notes"
	"crosstalk/session"
)

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
	case e.purpose == editUnlock:
		return "why may load rise all the same? ", inkStaging
	case e.purpose == editNo:
		return "no: what is wrong? ", inkStaging
	case e.purpose == editAside:
		return "why may " + cut(e.id, 14) + " be set aside? ", inkStaging
	case e.purpose == editExtend:
		return "minutes more, and why (15 a good trail) > ", inkStaging
	case e.purpose == editFind:
		return "search > ", inkStaging
	case e.purpose == editAuthor:
		return "who else sits here? ", inkStaging
	case e.purpose == editPath:
		return "file for " + e.id + " > ", inkStaging
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
		b.behind(c, x+width(p), y, x+w, from)
		if l := m.rampLine(); l != "" && y > 1 {
			y--
			c.clip(c.text(x, y, "▸ ", inkStaging), y, x+w, l, inkStrong)
		}
		return y
	}
	if y, ok := b.guide(c, x, w, h); ok {
		return y
	}
	y := h - 2
	said := b.receipt(w - 4)
	y -= max(0, len(said)-1)
	at := c.text(x, y, p, inkStrong)
	switch {
	case m.saving:
		c.clip(at, y, x+w, "saving …", inkDim)
	case m.desk.offer != nil:
		ask, text := m.offerLine(x + w - at)
		at = c.clip(at, y, x+w, ask, inkStrong)
		c.clip(at, y, x+w, cut(" · "+text, x+w-at), inkDim)
	case len(said) > 0:
		at = c.text(at, y, "✓ ", inkGreen)
		for i, l := range said {
			c.clip(at, y+i, x+w, l, inkText)
		}
	case m.draft.text != "":
		c.clip(at, y, x+w, cut("n opens the draft; ctrl+u there empties the line", x+w-at), inkDim)
	case m.s.RoleOf(m.o.Who) == session.Observer:
		c.clip(at, y, x+w, "you watch; ctrl+x stops all load", inkDim)
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

// receipt is what was kept with the note that has just been saved, in at most
// two lines; nil when there is none to show.
func (b noteBox) receipt(w int) []string {
	m := b.m
	if m.receipt.text == "" || !m.now.Before(m.receipt.till) || m.saving || m.mode == modeEdit && m.editor.purpose != editLearned {
		return nil
	}
	lines := strings.Split(ansi.Wrap(m.receipt.text, max(10, w), " "), "\n")
	if len(lines) > 2 {
		lines = append(lines[:1], cut(strings.Join(lines[1:], " "), w))
	}
	return lines
}

// behind writes behind the cursor what Tab would complete, or what can be
// searched for.
func (b noteBox) behind(c *canvas, x, y, end, from int) {
	e := &b.m.editor
	if e.purpose == editFind && e.text == "" {
		c.clip(x, y, end, "words  kind:bug  tag:cart  by:mel  open  resolved  gone  files", inkFaint)
		return
	}
	ghost := b.m.ghost()
	if ghost == "" {
		b.noTime(c, x, y, end, from)
		return
	}
	_, cx, cy := e.wrap(end - x)
	at := c.clip(x+cx, y+cy-from, end, ghost, inkFaint)
	c.clip(at, y+cy-from, end, "  Tab", inkDim)
}

// noTime says behind a note that has begun with something like a time that it is
// none, while it can still be mended.
func (b noteBox) noTime(c *canvas, x, y, end, from int) {
	e := &b.m.editor
	if e.purpose != editNote || e.pasted || e.at < len(e.text) || e.text == "" {
		return
	}
	if d := notes.Parse(e.text); d.NoTime != "" && strings.ContainsAny(e.text, " \n") {
		_, cx, cy := e.wrap(end - x)
		c.clip(x+cx+2, y+cy-from, end, d.NoTime+" is no time: -2m or @15:31", inkAmber)
	}
}

// cursor is where typing goes on, in the box's own cells.
func (b noteBox) cursor(w, h int) (x, y int) {
	p, _ := b.prompt()
	lines, cx, cy := b.m.editor.wrap(w - 4 - width(p))
	n := min(len(lines), max(1, min(4, h-3)))
	from := min(max(0, cy-n+1), len(lines)-n)
	return 2 + width(p) + cx, h - 1 - n + cy - from
}
