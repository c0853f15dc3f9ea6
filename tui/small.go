package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// small is a window that has no room for the panes: what it says in their place,
// the load first, and what of it would be answered there.
type small struct {
	lines []string
	asks  bool // something waits for an answer
	whole bool // and all of it is in sight
}

// tooSmall draws it.
func (m *Model) tooSmall() string {
	c := newCanvas(m.st, m.layout.w, m.layout.h)
	lines := m.small(c.w, c.h).lines
	y := max(0, (c.h-len(lines))/2)
	for i, s := range lines {
		c.clip(max(0, (c.w-width(s))/2), y+i, c.w, s, inkText)
	}
	return c.String()
}

// small says in w columns and h rows what matters: the load and the key that
// stops it, then what waits for an answer, then the rest.
func (m *Model) small(w, h int) small {
	wrap := func(texts ...string) (lines []string) {
		for _, t := range texts {
			lines = append(lines, strings.Split(ansi.Wrap(strings.TrimSpace(t), max(1, w), " -/"), "\n")...)
		}
		return lines
	}
	size := wrap(fmt.Sprintf("This window is %d x %d.", m.w, m.h), fmt.Sprintf("crosstalk needs %d x %d.", minW, minH))
	if m.replay != nil {
		return small{lines: append(size, wrap("q leaves the replay.")...)}
	}
	load, stop, asked := wrap(m.loadWords()...), wrap("ctrl+x stops all load."), wrap(m.askedWords()...)
	if least := max(0, h-len(stop)); len(load) > least {
		load = load[:least]
	}
	s := small{lines: append(load, stop...), asks: len(asked) > 0, whole: len(load)+len(stop)+len(asked) <= h}
	if !s.whole {
		asked = wrap("Something is asked: Esc leaves it.")
	}
	if s.asks {
		s.lines = append(s.lines, asked...)
	}
	if said := wrap((status{m}).message().text); said[0] != "" && len(s.lines)+len(said) <= h {
		s.lines = append(s.lines, said...)
	}
	if len(size)+len(s.lines) <= h {
		s.lines = append(size, s.lines...)
	}
	return s
}

// loadWords say what the load does: first why it is off, if it is.
func (m *Model) loadWords() []string {
	switch {
	case m.leaving:
		halt := m.haltLines()
		return append(halt[:min(1, len(halt))], "Ending the session and writing its report.") // nothing starts again
	case m.s.Seq == 0:
		return nil
	}
	d := m.s.Dial
	verb := "run"
	if d.Running == 1 {
		verb = "runs"
	}
	runs := fmt.Sprintf("%s %s", m.amount(d.Running), verb)
	if d.Asked != d.Running {
		runs += fmt.Sprintf(", %d asked for", d.Asked)
	}
	return append(m.haltLines(), runs+".")
}

// askedWords are what waits for an answer, and the keys that give it.
func (m *Model) askedWords() []string {
	switch m.mode {
	case modeAsk:
		keys := "y yes · Esc no"
		if m.ask.no != nil {
			keys = "y yes · n no · Esc not yet"
		}
		return []string{m.ask.text, keys}
	case modeNumber:
		what := "A number"
		if m.spike {
			what = "A spike"
		}
		return []string{fmt.Sprintf("%s is typed: %s", what, m.number), "Enter asks for it · Esc leaves it"}
	case modeEdit:
		p, _ := noteBox{m}.prompt()
		if m.editor.purpose == editLearned {
			p = "What did you learn, in one sentence? "
		}
		return []string{p + m.editor.text, "Enter takes it · Esc leaves it"}
	case modeForm:
		return []string{"A form is open; a larger window shows it.", "Esc closes it"}
	}
	switch q := m.pairQuestion(); {
	case q.about != "":
		return []string{q.first, strings.Join(q.parts, " · ")}
	case m.overlay != overlayNone:
		return nil
	case m.calls():
		return m.noticeLines()
	}
	return nil
}

// blind tells whether a key would act on what a window too small for the panes
// does not show.
func (m *Model) blind(key string) bool {
	if !m.layout.small || m.replay != nil {
		return false
	}
	s := m.small(m.layout.w, m.layout.h)
	seen := s.asks && s.whole
	switch m.mode {
	case modeAsk:
		return !seen && slices.Contains([]string{"y", "Y", "n", "N"}, key)
	case modeNumber, modeEdit: // typing goes on, and is kept
		return !seen && key == "enter"
	case modeForm:
		return key != "esc"
	}
	switch key {
	case "space", "0":
		return false
	case "y", "N", "u":
		return !seen
	case "n":
		return m.pairQuestion().about != "" && !seen
	case "esc":
		return m.overlay == overlayNone && m.sel == "" && m.tile.env == ""
	case "up", "down", "left", "right", "q":
		return m.overlay != overlayNone
	}
	return !slices.Contains(through[:11], key) && key != "b" && key != "S"
}
