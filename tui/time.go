package tui

import (
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"crosstalk/session"
)

// frameKeys are the keys of the session's frame: its charter, its time, what
// the tester does, and the debrief.
func frameKeys() []binding {
	act := func(what string) func(*Model, string) tea.Cmd {
		return func(m *Model, _ string) tea.Cmd {
			return m.do(session.SetActivity{Activity: session.Activity{What: what, Opportunity: m.s.Activity.Opportunity}})
		}
	}
	return []binding{
		{id: "test", keys: []string{"f2"}, show: "F2 F3 F4", does: "from here on: testing, on a bug, setting up", group: groupSession, cmd: session.SetActivity{Activity: session.Activity{What: session.ActTest}},
			act: act(session.ActTest)},
		{id: "bug", keys: []string{"f3"}, act: act(session.ActBug)},
		{id: "setup", keys: []string{"f4"}, act: act(session.ActSetup)},
		{id: "beside", keys: []string{"o"}, show: "o", does: "beside the charter, or on it again", group: groupSession,
			act: func(m *Model, _ string) tea.Cmd { return m.opportunity() }},
		{id: "charter", keys: []string{"C"}, show: "C", does: "charter: what this session is to find out", group: groupSession,
			act: func(m *Model, _ string) tea.Cmd { m.charterForm(); return nil }},
		{id: "extend", keys: []string{"E"}, show: "E", does: "extend the timebox: minutes, and why", group: groupSession, cmd: session.ExtendTime{By: time.Minute, Why: "any"},
			act: func(m *Model, _ string) tea.Cmd { m.extend(); return nil }},
		{id: "pause", keys: []string{"P"}, show: "P", does: "pause: load eases off, the clock stands", group: groupSession,
			act: func(m *Model, _ string) tea.Cmd { return m.pause() }},
		{id: "debrief", keys: []string{"D"}, show: "D", does: "debrief: pre-filled from the notes", group: groupSession, cmd: session.Answer{},
			act: func(m *Model, _ string) tea.Cmd { m.debriefForm(); return nil }},
	}
}

func (m *Model) opportunity() tea.Cmd {
	a := m.s.Activity
	if a.What == "" {
		a.What = session.ActTest
	}
	a.Opportunity = !a.Opportunity
	return m.do(session.SetActivity{Activity: a})
}

func (m *Model) pause() tea.Cmd {
	if m.s.Paused {
		return m.do(session.Resume{})
	}
	return m.do(session.Pause{})
}

// extend asks for minutes and a reason on the note line.
func (m *Model) extend() {
	if err := m.src.May(m.o.Who, session.ExtendTime{By: time.Minute, Why: "any"}); err != nil {
		m.say(err.Error(), true)
		return
	}
	m.mode, m.editor = modeEdit, editor{purpose: editExtend}
}

var errExtension = errors.New("write minutes and why: 15 a good trail")

// parseExtension reads "15 a good trail": minutes, and why.
func parseExtension(text string) (session.ExtendTime, error) {
	minutes, why, _ := strings.Cut(strings.TrimSpace(text), " ")
	n, err := strconv.Atoi(strings.TrimSuffix(minutes, "m"))
	why = strings.TrimSpace(why)
	if err != nil || n <= 0 || n > 480 || !strings.ContainsFunc(why, unicode.IsLetter) {
		return session.ExtendTime{}, errExtension
	}
	return session.ExtendTime{By: time.Duration(n) * time.Minute, Why: why}, nil
}

// clockLine is the header's clock: what has been worked, of how much, what
// there is to say about it, and what the tester does.
func (m *Model) clockLine() []piece {
	s, ms := m.s, m.elapsed().Milliseconds()
	worked := s.Worked(ms)
	p := []piece{{" " + clock(worked), inkText}}
	if m.elapsed()-worked >= time.Second { // the notes below have the clock's time
		p = []piece{{" worked " + clock(worked), inkText}}
	}
	if s.Timebox > 0 {
		k := inkDim
		text, urgent := s.TimeAlert(ms)
		if urgent {
			k = inkAmber
		}
		p = append(p, piece{" of " + short(s.Timebox), k})
		if text != "" {
			p = append(p, piece{" · " + text, k})
		}
	}
	if w := s.Activity.Words(); w != "" {
		p = append(p, piece{" · " + w, inkDim})
	}
	return p
}
