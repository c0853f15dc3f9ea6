package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"crosstalk/notes"
	"crosstalk/session"
)

// field is one line of a form.
type field struct {
	key      string
	name     string
	asks     string
	proposed string // what an empty line takes
	kept     bool   // the session has its text
	editor   editor
}

// form asks for several texts, one after the other. It lies over the panes, and
// the keys that stop work in it as everywhere.
type form struct {
	title  string
	about  string
	fields []field
	at     int
	verb   string                           // what the last Enter does; "": "sets it"
	sum    func(f *form) string             // what it comes to, below; nil: nothing
	wrong  string                           // why the open field's answer can't be taken
	keep   func(m *Model, f *field) tea.Cmd // when a field is left with Enter; may be nil
	done   func(m *Model, f *form) tea.Cmd  // after the last; may be nil
}

// debriefForm asks the debrief's questions; each answer is kept at once, so it
// may be gone on with at any time.
func (m *Model) debriefForm() {
	f := form{title: "DEBRIEF", about: "each answer is kept at once; crosstalk debrief goes on later ",
		keep: func(m *Model, f *field) tea.Cmd {
			return m.do(session.Answer{Question: f.key, Text: f.editor.text})
		}}
	for _, q := range session.Questions() {
		a := m.s.Answers[q.Key]
		e := field{key: q.Key, name: q.Name, asks: q.Asks, kept: a != "", proposed: m.s.Prefill(q.Key)}
		e.editor.text = a
		e.editor.at = len(a)
		f.fields = append(f.fields, e)
	}
	f.at = max(0, slices.IndexFunc(f.fields, func(e field) bool { return !e.kept }))
	m.openForm(f)
}

// charterForm asks for the charter in full; it is set when the form is done.
func (m *Model) charterForm() {
	c := m.s.Mission
	f := form{title: "CHARTER", about: "what this session is to find out; ctrl+s sets it ",
		done: func(m *Model, f *form) tea.Cmd { return m.do(session.SetCharter{Charter: f.charter()}) }}
	add := func(key, name, asks, text string) {
		e := field{key: key, name: name, asks: asks}
		e.editor.text, e.editor.at = text, len(text)
		f.fields = append(f.fields, e)
	}
	if c.Explore == "" && c.With == "" && c.Discover == "" {
		c.Explore, c.With, c.Discover = splitCharter(m.s.Charter) // it was given in one line
	}
	list := func(in []string) string { return strings.Join(in, "; ") }
	add("explore", "Explore", "what: a page, a flow, a service", c.Explore)
	add("with", "with", "which means: rising users, two browsers, test account tina", c.With)
	add("discover", "to discover", "what you want to know: where orders slow down", c.Discover)
	add("areas", "Areas", "parts of the product, separated by ;", list(c.Areas))
	add("environments", "Environments", "builds, accounts, what else is under test, separated by ;", list(c.Environments))
	add("people", "People", "who takes part, separated by ;", list(c.People))
	add("stop", "Stop rules", "when to stop: a customer notices; errors over 2 %", list(c.StopRules))
	add("out", "Out of scope", "what is left alone, separated by ;", list(c.OutOfScope))
	m.openForm(f)
}

// splitCharter reads a charter of one line: "Explore … with … to discover …".
func splitCharter(line string) (explore, with, discover string) {
	rest, ok := strings.CutPrefix(line, "Explore ")
	if !ok {
		rest, ok = strings.CutPrefix(line, "explore ")
	}
	if !ok {
		return line, "", ""
	}
	rest, discover, _ = strings.Cut(rest, " to discover ")
	explore, with, _ = strings.Cut(rest, " with ")
	return explore, with, discover
}

// charter is what the form says.
func (f *form) charter() session.Charter {
	text := map[string]string{}
	for _, e := range f.fields {
		text[e.key] = strings.Join(strings.Fields(e.editor.text), " ")
	}
	list := func(key string) []string {
		return slices.DeleteFunc(strings.Split(text[key], ";"), func(s string) bool { return strings.TrimSpace(s) == "" })
	}
	c := session.Charter{Areas: list("areas"), Environments: list("environments"), People: list("people"), StopRules: list("stop"), OutOfScope: list("out")}
	if text["with"] == "" && text["discover"] == "" && strings.Contains(text["explore"], " ") {
		c.Text = text["explore"] // a sentence of one's own
		return c
	}
	c.Explore, c.With, c.Discover = text["explore"], text["with"], text["discover"]
	return c
}

func (m *Model) openForm(f form) {
	m.overlay, m.sel, m.tile = overlayNone, "", tileKey{}
	m.mode, m.form = modeForm, f
}

// fill handles a key while a form is open.
func (m *Model) fill(msg tea.KeyPressMsg) tea.Cmd {
	f := &m.form
	e := &f.fields[f.at]
	switch msg.String() {
	case "esc":
		m.mode = modeMain
		if f.done != nil {
			m.say("left as it was", false)
		}
		return nil
	case "ctrl+s":
		return m.endForm(m.keepField(e))
	case "enter":
		if e.editor.text == "" && e.proposed != "" && !e.kept {
			e.editor.text, e.editor.at = e.proposed, len(e.proposed)
		}
		cmd := m.keepField(e)
		if f.at == len(f.fields)-1 {
			return m.endForm(cmd)
		}
		f.at++
		return cmd
	case "tab", "down":
		f.at = (f.at + 1) % len(f.fields)
		return nil
	case "shift+tab", "up":
		f.at = (f.at + len(f.fields) - 1) % len(f.fields)
		return nil
	}
	before := e.editor.text
	e.editor.key(msg)
	if e.editor.text != before {
		e.kept, f.wrong = false, ""
	}
	return nil
}

// keepField gives a field's text to the session, if that is done field by field.
func (m *Model) keepField(e *field) tea.Cmd {
	if m.form.keep == nil || e.kept || strings.TrimSpace(e.editor.text) == "" {
		return nil
	}
	e.kept = true
	return m.form.keep(m, e)
}

func (m *Model) endForm(last tea.Cmd) tea.Cmd {
	m.mode = modeMain
	if m.form.done == nil {
		return last
	}
	return tea.Batch(last, m.form.done(m, &m.form))
}

// pasteField takes pasted text into the open field.
func (m *Model) pasteField(text string) {
	e := &m.form.fields[m.form.at]
	e.kept = false
	e.editor.insert(notes.Clean(text))
}

// formRows is how many lines the open field's text has at most.
const formRows = 4

func (m *Model) formRect() rect {
	l := m.layout
	top := l.banner.y + l.banner.h
	w := min(l.w, 100)
	h := min(l.status.y-top, len(m.form.fields)+formRows+4)
	return rect{(l.w - w) / 2, top + (l.status.y-top-h)/2, w, h}
}

// sheetForm draws the form.
type sheetForm struct{ m *Model }

const fieldName = 16 // columns of a field's name

func (b sheetForm) render(w, h int) string {
	m, f := b.m, &b.m.form
	c := newCanvas(m.st, w, h)
	c.box(inkStaging)
	x := c.text(1, 0, " "+f.title+" ", inkStrong)
	c.clip(x, 0, w-2, f.about, inkDim)
	y := 1
	for i := range f.fields {
		e := &f.fields[i]
		mark, k := "·", inkFaint
		if strings.TrimSpace(e.editor.text) != "" {
			mark, k = "✓", inkGreen
		}
		if i != f.at {
			c.text(2, y, mark, k)
			c.text(4, y, cut(e.name, fieldName-1), inkDim)
			c.clip(4+fieldName, y, w-2, cut(strings.Join(strings.Fields(e.editor.text), " "), w-6-fieldName), inkText)
			y++
			continue
		}
		c.text(2, y, ">", inkStrong)
		c.text(4, y, cut(e.name, fieldName-1), inkStrong)
		c.clip(4+fieldName, y, w-2, cut(e.asks, w-6-fieldName), inkDim)
		y++
		lines, _, cy := e.editor.wrap(w - 6 - fieldName)
		rows := b.rows(w, h)
		from := max(0, cy-rows+1)
		if e.editor.text == "" && e.proposed != "" {
			proposed := strings.Split(e.proposed, "\n")
			for j, l := range proposed[:min(len(proposed), rows)] {
				if j == rows-1 && len(proposed) > rows {
					l = fmt.Sprintf("… %d more lines", len(proposed)-rows+1)
				}
				c.clip(4+fieldName, y+j, w-2, cut(l, w-6-fieldName), inkFaint)
			}
		} else {
			for j := 0; j < rows && from+j < len(lines); j++ {
				c.clip(4+fieldName, y+j, w-2, lines[from+j], inkInput)
			}
		}
		y += rows
	}
	b.foot(c, w, h, y)
	return c.String()
}

// rows is how much of the open field's text is shown.
func (b sheetForm) rows(w, h int) int {
	e := &b.m.form.fields[b.m.form.at]
	n := e.editor.rows(w - 6 - fieldName)
	if e.editor.text == "" {
		n = 1 + strings.Count(e.proposed, "\n")
	}
	return max(1, min(max(2, n), formRows, h-4-len(b.m.form.fields)))
}

// foot says what is wrong, in the lines from free on, or which keys do what.
func (b sheetForm) foot(c *canvas, w, h, free int) {
	f := &b.m.form
	if f.wrong != "" {
		lines := strings.Split(ansi.Wrap(notes.Clean("✕ "+f.wrong), w-4, ""), "\n")
		if most := max(1, h-1-free); len(lines) > most {
			lines = append(lines[:most-1], strings.Join(lines[most-1:], " "))
		}
		for i, l := range lines {
			c.clip(2, h-1-len(lines)+i, w-2, cut(l, w-4), inkAmber)
		}
		return
	}
	if f.sum != nil {
		if t := f.sum(f); t != "" {
			c.right(w-2, h-1, " "+t+" ", inkStrong)
		}
	}
	e := &f.fields[f.at]
	end := " ends   "
	if f.done != nil {
		end = " " + cmp.Or(f.verb, "sets it") + "   "
	}
	enter := " keeps and goes on   "
	switch {
	case f.at == len(f.fields)-1:
		enter = end
	case e.editor.text == "" && e.proposed != "" && !e.kept:
		enter = " takes the proposal   "
	}
	keys := [][2]string{{"Enter", enter}, {"ctrl+s", end}}
	if enter == end {
		keys[0][1] = " or "
	}
	x := 2
	for _, k := range append(keys, [][2]string{{"Esc", " closes   "}, {"Tab", " next   "}, {"Shift+Tab", " back   "}, {"Alt+Enter", " new line"}}...) {
		if x+width(k[0]+k[1]) > w-2 {
			return
		}
		x = c.text(x, h-2, k[0], inkKey)
		x = c.text(x, h-2, k[1], inkDim)
	}
}

func (b sheetForm) cursor(w, h int) (x, y int) {
	f := &b.m.form
	_, cx, cy := f.fields[f.at].editor.wrap(w - 6 - fieldName)
	return 4 + fieldName + cx, 1 + f.at + 1 + min(cy, b.rows(w, h)-1)
}
