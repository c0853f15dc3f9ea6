package tui

import (
	"strconv"

	tea "charm.land/bubbletea/v2"

	"crosstalk/session"
)

// dialQueue keeps one move of the dial on its way at a time. Key repeats that
// come meanwhile are summed, so none is lost and none piles up.
type dialQueue struct {
	busy bool
	next session.Command // waits; sent before by
	by   int
}

// move adds a relative move and returns what is to be sent now, if anything.
func (q *dialQueue) move(by int) session.Command {
	if q.busy {
		q.by += by
		return nil
	}
	q.busy = true
	return session.MoveDial{By: by}
}

// set asks for an absolute move; earlier relative ones that wait are void.
func (q *dialQueue) set(cmd session.Command) session.Command {
	if q.busy {
		q.next, q.by = cmd, 0
		return nil
	}
	q.busy = true
	return cmd
}

// answered takes an answer and returns what is to be sent next. After a no,
// what waited is dropped: it would be refused for the same reason.
func (q *dialQueue) answered(err error) session.Command {
	q.busy = false
	if err != nil {
		q.clear()
		return nil
	}
	if c := q.next; c != nil {
		q.next = nil
		return q.set(c)
	}
	if by := q.by; by != 0 {
		q.by = 0
		return q.move(by)
	}
	return nil
}

// clear drops what waits.
func (q *dialQueue) clear() { q.next, q.by = nil, 0 }

func (m *Model) moveDial(by int) tea.Cmd { return m.send(m.dial.move(by)) }

func (m *Model) setDial(cmd session.Command) tea.Cmd { return m.send(m.dial.set(cmd)) }

func (m *Model) send(cmd session.Command) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return m.do(cmd)
}

// stopAll goes out at once, whatever else is on its way, and voids the moves
// that have not gone out yet.
func (m *Model) stopAll() tea.Cmd {
	m.dial.clear()
	if m.mode == modeNumber || m.mode == modeAsk {
		m.mode = modeMain
	}
	return m.do(session.StopAll{})
}

// maxDigits keeps a typed number readable; the session's caps are far below.
const maxDigits = 5

// typeNumber handles a key while a number is typed on the dial.
func (m *Model) typeNumber(key string) tea.Cmd {
	switch {
	case len(key) == 1 && key >= "0" && key <= "9":
		if len(m.number) < maxDigits && (m.number != "" || key != "0") {
			m.number += key
		}
	case key == "backspace":
		if m.number != "" {
			m.number = m.number[:len(m.number)-1]
		}
		if m.number == "" && !m.spike {
			m.mode = modeMain
		}
	case key == "S":
		m.spike = true
	case key == "esc":
		m.mode = modeMain
	case key == "space":
		m.mode = modeMain
		return m.does(key)
	case key == "enter":
		return m.enterNumber()
	}
	return nil
}

func (m *Model) enterNumber() tea.Cmd {
	m.mode = modeMain
	to, err := strconv.Atoi(m.number)
	if err != nil {
		return nil
	}
	if !m.spike {
		return m.setDial(session.SetDial{To: to})
	}
	m.asking("Spike to "+m.amount(to)+" at once, without glide?", func(m *Model) tea.Cmd {
		return m.setDial(session.SetDial{To: to, Spike: true})
	})
	return nil
}

// glides are the steps of the glide keys, in users a second.
var glides = []float64{0.5, 1, 2, 5, 10, 20, 50, 100}

// glide steps how fast running follows asked.
func (m *Model) glide(faster bool) tea.Cmd {
	now := m.s.Dial.Glide
	to := now
	if faster {
		if now == 0 {
			m.say("glide is off: the load follows at once already", false)
			return nil
		}
		for i := len(glides) - 1; i >= 0 && glides[i] > now; i-- {
			to = glides[i]
		}
	} else {
		if now == 0 {
			to = glides[len(glides)-1]
		}
		for _, g := range glides {
			if g < now {
				to = g
			}
		}
	}
	if to == now {
		m.say("glide stays at "+perSecond(now)+" "+m.s.Unit().Word()+" a second", false)
		return nil
	}
	return m.setDial(session.SetGlide{To: to})
}
