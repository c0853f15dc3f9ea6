package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"crosstalk/notes"
	"crosstalk/session"
)

// cardLines are an opened note: its text, what the panes showed when it was
// begun and when it was saved, its history and its files.
func (b noteBox) cardLines(n notes.Note, w int) [][]piece {
	var l [][]piece
	add := func(p ...piece) { l = append(l, p) }
	text := inkText
	if n.Gone != nil {
		text = inkSystem
	}
	for _, s := range wrapText(n.Text, w) {
		add(piece{s, text})
	}
	if how, k := b.standing(n); how != "" {
		add(piece{how, k})
	}
	at := func(t time.Time) string { return t.In(b.m.now.Location()).Format("15:04:05") }
	if n.Happened != nil {
		l = append(l, b.then(n, w)...)
	}
	if n.Begun != nil && n.Context != nil && n.Context.MS-n.Begun.MS < 1000 {
		l = append(l, contextLines("begun and saved ", n.Context, w)...)
	} else {
		l = append(l, contextLines("begun ", n.Begun, w)...)
		l = append(l, contextLines("saved ", n.Context, w)...)
	}
	for _, e := range slices.Backward(n.Edits) {
		for j, s := range wrapText(fmt.Sprintf("%s: %s", kindWord(e.Kind), e.Text), w-24) {
			head := strings.Repeat(" ", 24)
			if j == 0 {
				head = fmt.Sprintf("%-24s", "until "+at(e.At)+" it was ")
			}
			add(piece{head, inkDim}, piece{s, inkSystem})
		}
	}
	for i, a := range n.Attachments {
		head := "       "
		if i == 0 {
			head = "files  "
		}
		room := max(12, w-7-40)
		add(piece{head, inkDim}, piece{cut(a.Name, room), inkStrong}, piece{fmt.Sprintf("  %s  %s  sha256 %.8s…", session.Bytes(a.Size), a.From, a.SHA256), inkDim})
	}
	return l
}

// standing tells whether a note still waits, was resolved or taken back.
func (b noteBox) standing(n notes.Note) (string, ink) {
	at := func(g *notes.Gone) string { return g.At.In(b.m.now.Location()).Format("15:04:05") + " by " + g.By }
	switch {
	case n.Gone != nil && n.Gone.Why != "":
		return "taken back at " + at(n.Gone) + ": " + oneLine(n.Gone.Why), inkAmber
	case n.Gone != nil:
		return "taken back at " + at(n.Gone), inkAmber
	case n.Resolved != nil:
		return "✓ resolved at " + at(n.Resolved) + ": x opens it again", inkGreen
	case n.Open():
		return "open: x resolves it", inkStrong
	}
	return "", inkText
}

// contextLines are what the screen showed at a moment. What was not known is said to be
// not known, never 0.
func contextLines(head string, c *notes.Context, w int) [][]piece {
	if c == nil {
		return [][]piece{{{head, inkDim}, {"what the panes showed is not known", inkDim}}}
	}
	when := short(time.Duration(c.MS) * time.Millisecond)
	first := []piece{{head + " ", inkDim}, {when + "  " + c.Load(), inkStrong}}
	if c.Asked != c.Running {
		first = append(first, piece{fmt.Sprintf(", %d asked", c.Asked), inkText})
	}
	if c.Guard != "" {
		first = append(first, piece{" · guard " + c.Guard, inkDim})
	}
	return append([][]piece{first}, append(seenLines("staging", c.Staging, w), seenLines("production", c.Production, w)...)...)
}

// seenLines are what a pane showed.
func seenLines(env string, s notes.Seen, w int) [][]piece {
	mark, k := shape(s.State)
	value := func(p *float64) string {
		if p == nil {
			return "not known"
		}
		return millis(*p)
	}
	state := s.State
	if state == "" {
		state = "state not known"
	}
	parts := []string{fmt.Sprintf("p50 %s p95 %s", value(s.P50), value(s.P95))}
	if s.P50 == nil && s.P95 == nil {
		parts = []string{"latency not known"}
	}
	if s.Errors != nil {
		parts = append(parts, "errors "+share(*s.Errors))
	} else {
		parts = append(parts, "errors not known")
	}
	if s.Rate != nil {
		parts = append(parts, perSecond(*s.Rate)+" req/s")
	}
	if s.Build != "" {
		parts = append(parts, "build "+s.Build)
	}
	old := ""
	if s.Stale && s.Age != nil {
		old = fmt.Sprintf("stale: %s old", millis(*s.Age))
	}
	head := fmt.Sprintf("       %-11s", env)
	first := []piece{{head, inkDim}, {mark + " " + state + "  ", k}}
	l := [][]piece{first}
	room := w - len(head) - width(mark+" "+state+"  ")
	if old != "" {
		parts = append(parts, old)
	}
	text := ""
	for _, p := range parts {
		if text != "" && width(text+" · "+p) > room {
			l[len(l)-1] = append(l[len(l)-1], piece{text, inkText})
			l = append(l, []piece{{strings.Repeat(" ", len(head)), inkDim}})
			text, room = "", w-len(head)
		}
		if text != "" {
			text += " · "
		}
		text += p
	}
	l[len(l)-1] = append(l[len(l)-1], piece{text, inkText})
	if s.Detail != "" {
		l = append(l, []piece{{strings.Repeat(" ", len(head)), inkDim}, {cut(oneLine(s.Detail), w-len(head)), inkDim}})
	}
	return l
}

// then is what the charts recorded when the noted thing happened, if its author
// said that it was earlier: the panes of when it was typed tell nothing of it.
func (b noteBox) then(n notes.Note, w int) [][]piece {
	head := []piece{{"said to have happened at ", inkDim}, {n.Happened.In(b.m.now.Location()).Format("15:04:05"), inkStrong}}
	switch {
	case n.Before():
		return [][]piece{append(head, piece{", before the session: nothing of it is known", inkDim})}
	case n.Then == nil:
		return [][]piece{append(head, piece{"; what was measured then is not kept", inkDim})}
	}
	return append([][]piece{append(head, piece{", recorded then:", inkDim})}, contextLines("then  ", n.Then, w)...)
}

// cardTitle is the opened note's number, kind, author and moment.
func (b noteBox) cardTitle(n notes.Note) (title, about string) {
	kind := kindWord(n.Kind)
	if n.System {
		kind = "automatic"
	}
	title = fmt.Sprintf(" %s · %s ", n.ID, kind)
	moment := since(n.MS)
	if n.Before() {
		moment = "before the session"
	}
	about = fmt.Sprintf("by %s · %s · %s", b.m.signed(n.By, session.Role(n.Role)), moment, n.Moment().In(b.m.now.Location()).Format("15:04:05"))
	if late := n.Saved.Sub(n.Moment()); late > 10*time.Second {
		about += " · saved " + span(late) + " later"
	}
	return title, about
}

// card draws the opened note.
func (b noteBox) card(c *canvas, x, y, w, h int, n notes.Note) {
	lines := b.cardLines(n, w)
	from := min(b.m.desk.top, max(0, len(lines)-h))
	for i := 0; i < h && from+i < len(lines); i++ {
		at := x
		for _, p := range lines[from+i] {
			at = c.clip(at, y+i, x+w, p.text, p.ink)
		}
	}
	if len(lines) > h {
		c.right(x+w, 0, fmt.Sprintf(" ↑↓ %d to %d of %d ", from+1, from+h, len(lines)), inkDim)
	}
}

// leastPanes are the rows that an opened note leaves to the panes, so that it
// can be marked on their charts.
const leastPanes = 13

// cardRows is how many lines the opened note would like.
func (m *Model) cardRows() int {
	n, ok := m.opened()
	if !ok {
		return 0
	}
	return len(noteBox{m}.cardLines(n, max(20, m.w-usersWidth(m.w)-4)))
}

func wrapText(s string, w int) []string {
	if len(s) > maxShown {
		s = strings.ToValidUTF8(s[:maxShown], "") + " …"
	}
	return strings.Split(ansi.Wrap(notes.Clean(strings.ReplaceAll(s, "\t", " ")), max(10, w), " -/"), "\n")
}
