package tui

import (
	"fmt"

	"crosstalk/session"
)

// serverFor is how long a server that has answered counts as answering.
const serverFor = 10_000 // milliseconds

// doubts say what good answers hide: that a cache gave them, that they are a
// login page, and how many servers gave them.
func (m *Model) doubts(w session.Window) [][]piece {
	var g [][]piece
	share := func(n uint64, what string) {
		if n > 0 && w.Requests > 0 {
			g = append(g, []piece{{fmt.Sprintf("%.0f %% ", max(1, 100*float64(n)/float64(w.Requests))), inkAmber}, {what, inkAmber}})
		}
	}
	share(w.Logins, "at a login page")
	share(w.Cached, "from a cache")
	answering := 0
	for _, k := range m.s.Servers {
		if m.s.LoadMS-k.Last < serverFor {
			answering++
		}
	}
	if answering > 0 && m.s.Dial.Running > 0 {
		g = append(g, []piece{{plural(answering, "server", "servers"), inkText}, {" answering", inkDim}})
	}
	return g
}

// doubtLines are the same in full, since the start.
func (m *Model) doubtLines() [][]piece {
	s := m.s
	if s.Cached+s.Logins == 0 && len(s.Servers) == 0 {
		return nil
	}
	l := [][]piece{nil, {{"GOOD ANSWERS THAT MAY MISLEAD", inkStrong}}}
	row := func(n uint64, what, why string) {
		if n > 0 {
			l = append(l, []piece{{fmt.Sprintf("%9d  ", n), inkText}, {what, inkStrong}, {"  " + why, inkDim}})
		}
	}
	row(s.Logins, "at a login page", "the step itself was hardly reached")
	row(s.Cached, "from a cache", "the server behind it was not asked")
	if len(s.Servers) > 0 {
		l = append(l, nil, []piece{{"SERVERS THAT ANSWERED", inkStrong}, {"  by " + "the header that staging.served_by names", inkDim}})
		for _, k := range session.Seen(s.Servers) {
			l = append(l, kindLine(2, k))
		}
	}
	return l
}
