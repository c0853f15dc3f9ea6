package tui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"crosstalk/session"
)

// askedKeys are the keys that answer what the session asks: a question to a
// person, and whether an earlier baseline may stand in.
func askedKeys() []binding {
	return []binding{
		{id: "yes", keys: []string{"y"}, show: "y", does: "answer a question: yes, all is well", group: groupLook,
			act: func(m *Model, _ string) tea.Cmd { return m.allWell() }},
		{id: "no", keys: []string{"N"}, show: "N", does: "answer a question: no, and what is wrong", group: groupLook,
			act: func(m *Model, _ string) tea.Cmd { m.notWell(); return nil }},
		{id: "earlier", keys: []string{"u"}, show: "u", does: "use the earlier baseline that is offered", hint: "use the earlier", group: groupSession, cmd: session.UseBaseline{},
			act: func(m *Model, _ string) tea.Cmd { return m.do(session.UseBaseline{}) }},
		{id: "skip", keys: []string{"K"}, show: "K", does: "skip the rest of the quiet phase", hint: "skip", group: groupSession, cmd: session.SkipBaseline{},
			act: func(m *Model, _ string) tea.Cmd { return m.skipQuiet() }},
	}
}

// question is what waits for this person's answer: one that is asked of them,
// else of anyone, else of somebody else; else a check that asks people at all.
func (m *Model) question() (session.Ask, bool) {
	best, rank := session.Ask{}, 3
	for _, a := range m.s.Asks {
		r := 2
		switch a.Who {
		case m.o.Who.Name:
			r = 0
		case "":
			r = 1
		}
		if r < rank {
			best, rank = a, r
		}
	}
	if rank < 3 {
		return best, true
	}
	for _, c := range m.s.Start.Checks { // whoever sees something says so unasked
		if c.Kind == personKind {
			return session.Ask{Env: c.Env, Check: c.Name}, true
		}
	}
	return best, false
}

// asked tells whether a question waits for anybody's answer.
func (m *Model) asked() (session.Ask, bool) {
	a, ok := m.question()
	return a, ok && a.Question != ""
}

func (m *Model) allWell() tea.Cmd {
	a, ok := m.question()
	if !ok {
		m.say("no check asks a person here", false)
		return nil
	}
	return m.do(session.AnswerCheck{Env: a.Env, Check: a.Check, Good: true})
}

// notWell asks what is wrong: the answer goes to the guard as red.
func (m *Model) notWell() {
	a, ok := m.question()
	if !ok {
		m.say("no check asks a person here", false)
		return
	}
	m.mode, m.editor = modeEdit, editor{purpose: editNo, env: a.Env, id: a.Check}
}

// skipQuiet ends the quiet phase, after a question: what is learned in it is
// what keeps the guard from crying wolf.
func (m *Model) skipQuiet() tea.Cmd {
	if err := m.src.May(m.o.Who, session.SkipBaseline{}); err != nil {
		m.say(err.Error(), true)
		return nil
	}
	m.asking("End the quiet phase now? The limits will be less sure.", func(m *Model) tea.Cmd { return m.do(session.SkipBaseline{}) })
	return nil
}

// askedLine is a question that waits, where the banner has something graver to
// say: the keys that answer it stay whole.
func (m *Model) askedLine() []string {
	a, ok := m.asked()
	if !ok {
		return nil
	}
	first := fmt.Sprintf("? %s: %s", minutes(max(0, m.now.Sub(a.Since))), strings.Join(strings.Fields(a.Question), " "))
	if a.Who != "" {
		first = fmt.Sprintf("? %s, %s", a.Who, first[len("? "):])
	}
	keys := " · " + m.named("y", "yes, all is well") + " · N no, and what is wrong"
	if width(first)+width(keys) > m.w-2 {
		keys = " · " + m.named("y", "yes") + " · N no"
	}
	return []string{cut(first, m.w-2-width(keys)) + keys}
}

// noticeLines are what the session asks of a person; none of it is urgent.
func (m *Model) noticeLines() []string {
	if a, ok := m.asked(); ok {
		whom := "a question to anyone"
		if a.Who != "" {
			whom = "a question to " + a.Who
		}
		first := fmt.Sprintf("? %s, for %s: %s", whom, minutes(max(0, m.now.Sub(a.Since))), a.Question)
		return m.bannerOf(first, m.named("y", "yes, all is well"), "N no, and says what is wrong", "silence holds users, then eases")
	}
	if o := m.s.Baseline.Offer; o != nil {
		left := time.Duration(m.s.Baseline.To)*time.Millisecond - m.elapsed()
		return m.bannerOf("? The baseline of "+o.From+" fits: "+o.Why, m.named("u", "uses it now"), fmt.Sprintf("else the quiet phase goes on for %s", minutes(max(0, left))))
	}
	if f := m.s.NotifyFailed; f != nil && m.elapsed()-time.Duration(m.s.NotifyFailedMS)*time.Millisecond < time.Minute {
		return m.bannerOf(fmt.Sprintf("The %s could not be told: %s", f.Target, f.Why), "load and guard do not depend on it")
	}
	return nil
}

// setAside asks why a check may be set aside, or whether it counts again.
func (m *Model) setAside(t session.Tile) {
	undo := t.Now.Aside
	if err := m.src.May(m.o.Who, session.SetAside{Env: t.Info.Env, Check: t.Info.Name, Why: "any", Undo: undo}); err != nil {
		m.say(err.Error(), true)
		return
	}
	if undo {
		m.asking(t.Info.Name+" is set aside. Shall it count again?", func(m *Model) tea.Cmd {
			return m.do(session.SetAside{Env: t.Info.Env, Check: t.Info.Name, Undo: true})
		})
		return
	}
	m.mode, m.editor = modeEdit, editor{purpose: editAside, id: t.Info.Name, env: t.Info.Env}
}
