package tui

import "slices"

// mostSaid is how many lines a message may have.
const mostSaid = 4

// said is a message that is too long for the status line: whole, in lines of
// its own above it, or above the notes while something is typed there.
type said struct{ m *Model }

// lines are none where the status line has room, or something to ask.
func (b said) lines() []string {
	m := b.m
	msg := status{m}.message()
	if msg.text == "" || m.replay != nil || m.leaving || m.mode == modeAsk || (status{m}).fits(msg) {
		return nil
	}
	lines := wrapText(msg.mark()+msg.text, m.w-3)
	if len(lines) > mostSaid {
		lines = slices.Concat(lines[:mostSaid-1], []string{cut(lines[mostSaid-1]+" …", m.w-3)})
	}
	return lines
}

// place is where so many lines stand.
func (b said) place(n int) rect {
	l := b.m.layout
	y := l.status.y - n
	if b.m.mode != modeMain {
		y = l.notes.y - n
	}
	return rect{0, y, l.w, n}
}

func (b said) render(lines []string) string {
	c := newCanvas(b.m.st, b.m.w, len(lines))
	c.fill(0, 0, c.w, c.h, inkNotice)
	for i, l := range lines {
		c.clip(1, i, c.w-1, l, inkNotice)
	}
	return c.String()
}

// mark is what a message begins with.
func (b message) mark() string {
	if b.bad {
		return "✕ "
	}
	return "✓ "
}

// fits tells whether a message has room beside the guard's word.
func (b status) fits(msg message) bool {
	return slices.ContainsFunc(b.lefts(), func(left [][]piece) bool { return total(left)+7+width(msg.text) <= b.m.w })
}
