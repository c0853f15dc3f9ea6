package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"crosstalk/session/report"
)

// labelWidth is how wide the names of the card's rows are, without the margin
// that the sheet has anyway.
const labelWidth = 12

// card answers "what are you doing right now?" on one screen, to be shown to
// anyone: the words are those of `crosstalk status`, so that two people who ask
// in two ways hear the same.
func (m *Model) card() sheet {
	lines := report.Card(m.s, m.now)
	if m.replay != nil { // what it says of keys is for a session's
		stop := false
		lines = slices.DeleteFunc(lines, func(l string) bool {
			if name, _ := split(strings.TrimPrefix(l, " "), labelWidth); strings.TrimSpace(name) != "" {
				stop = strings.TrimSpace(name) == "STOP"
			}
			return stop
		})
	}
	return sheet{m: m, title: "WHAT ARE WE DOING", about: m.now.Format("15:04:05 "), foot: "y copies it", w: 76, n: len(lines), line: func(i int) []piece {
		name, text := split(strings.TrimPrefix(lines[i], " "), labelWidth)
		k := inkText
		if i == 1 { // what it is all about
			k = inkStrong
		}
		return []piece{{name, inkDim}, {text, k}}
	}}
}

// copyCard puts the card on the viewer's clipboard. Whether his terminal allows
// it, nobody is told.
func (m *Model) copyCard() tea.Cmd {
	m.say("on the clipboard, if this terminal allows it", false)
	return tea.SetClipboard(strings.Join(report.Card(m.s, m.now), "\n") + "\n")
}

// split cuts a line of plain text after n columns.
func split(line string, n int) (head, rest string) {
	if len(line) <= n {
		return line, ""
	}
	return line[:n], line[n:]
}
