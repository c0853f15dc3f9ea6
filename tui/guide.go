package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// guide speaks on the note line while nobody writes there: it offers what comes
// next by Enter and Esc, which have no other use on the screen itself, and takes
// no other key.
type guide interface {
	// says is what stands there now and what its keys do; no text: it is silent,
	// and the keys are not its own.
	says(m *Model) (text string, keys []keyHint)
	enter(m *Model) tea.Cmd
	escape(m *Model) tea.Cmd
	// tick is called four times a second.
	tick(m *Model) tea.Cmd
	// pressed hears of every key that does something on the screen.
	pressed(m *Model, b *binding)
}

// keyHint is a key and what it does.
type keyHint struct{ key, does string }

// guideOf is the guide that a viewer's options ask for; nil when none does.
func guideOf(o Options) guide {
	switch {
	case !o.Host:
		return nil
	case o.Tour != nil:
		return newTour(o.Tour)
	case o.Mystery:
		return &mystery{}
	case o.Express:
		return &express{}
	}
	return nil
}

// guided is what the guide says now; "" when it is silent, or the note line is
// needed for something else.
func (m *Model) guided() (string, []keyHint) {
	if m.s.Ramp != nil && m.mode != modeEdit && !m.over {
		return m.rampLines()
	}
	if m.guide == nil || m.mode != modeMain || m.saving || m.leaving || m.over || m.desk.offer != nil || len(m.desk.shots.queue) > 0 || m.sel != "" || m.tile.env != "" {
		return "", nil
	}
	return m.guide.says(m)
}

// guideKey gives the guide its two keys, if it offers them now.
func (m *Model) guideKey(key string) (tea.Cmd, bool) {
	if key != "enter" && key != "esc" {
		return nil, false
	}
	if text, _ := m.guided(); text == "" || m.guide == nil {
		return nil, false
	}
	if m.s.Ramp != nil { // the key has held the ramp; what else it does is not in sight
		return nil, true
	}
	if key == "enter" {
		return m.guide.enter(m), true
	}
	return m.guide.escape(m), true
}

func (m *Model) guideTick() tea.Cmd {
	if m.guide == nil || m.leaving || m.over {
		return nil
	}
	return m.guide.tick(m)
}

// guideStopped tells the guide of a stop, which acts before any binding does.
func (m *Model) guideStopped() { m.guideHears("stop") }

// guideHears tells the guide of what was done without a key of its own.
func (m *Model) guideHears(id string) {
	if b := m.binding(id); m.guide != nil && b != nil {
		m.guide.pressed(m, b)
	}
}

// dialOpen tells whether the quiet phase is over.
func (m *Model) dialOpen() bool {
	b := m.s.Baseline
	return m.s.Seq > 0 && !b.Running && (b.To > 0 || m.s.Start.Baseline == 0)
}

// guideRows is how many lines of the note box a guide takes at most, its keys
// included.
const guideRows = 4

// guideLines are the guide's words for w columns, its keys last; nil when it is
// silent.
func (m *Model) guideLines(w int) (lines []string, keys []piece) {
	text, hints := m.guided()
	if text == "" {
		return nil, nil
	}
	lines = strings.Split(ansi.Wrap(strings.Join(strings.Fields(text), " "), max(10, w), " "), "\n")
	if len(lines) > guideRows-1 {
		lines = append(lines[:guideRows-2], cut(strings.Join(lines[guideRows-2:], " "), w))
	}
	for i, h := range hints {
		if i > 0 {
			keys = append(keys, piece{" · ", inkDim})
		}
		keys = append(keys, piece{h.key, inkKey}, piece{" " + h.does, inkDim})
	}
	return lines, keys
}

// guide draws the guide at the note box's bottom and returns its first row.
func (b noteBox) guide(c *canvas, x, w, h int) (int, bool) {
	lines, keys := b.m.guideLines(w - 2)
	if lines == nil || b.m.s.Ramp == nil && len(b.receipt(w-4)) > 0 {
		return 0, false
	}
	y := h - 2 - len(lines)
	for i, l := range lines {
		if i == 0 {
			c.text(x, y, "▸ ", inkStaging)
		}
		c.clip(x+2, y+i, x+w, l, inkStrong)
	}
	at := x + 2
	for _, p := range keys {
		at = c.clip(at, h-2, x+w, p.text, p.ink)
	}
	return y, true
}
