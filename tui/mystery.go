package tui

import (
	tea "charm.land/bubbletea/v2"

	"crosstalk/notes"
	"crosstalk/session"
	"crosstalk/session/link"
)

// The answers to a mystery, as they stand in its decision note.
const (
	AnswerLinked    = "linked"
	AnswerNotLinked = "not linked"
)

// mystery asks whether the two environments are linked.
type mystery struct{}

func (*mystery) says(m *Model) (string, []keyHint) {
	text := "MYSTERY: do staging and production share a database, or not? Find out, and hurt as few of production's customers as you can."
	if !m.dialOpen() {
		text = "MYSTERY: linked, or not? The lot is cast. First, what is usual …"
	}
	return text, []keyHint{{"Enter", "gives your answer"}}
}

// enter asks for the answer; it is a note like any other, and ends the session.
func (*mystery) enter(m *Model) tea.Cmd {
	answer := func(text string) func(*Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			return tea.Batch(m.do(session.AddNote{Draft: notes.Draft{Kind: notes.Decision, Text: text}, Typed: m.now}), m.depart())
		}
	}
	m.asking("Do they share a database?", answer(AnswerLinked))
	m.ask.no = answer(AnswerNotLinked)
	return nil
}

func (*mystery) escape(*Model) tea.Cmd    { return nil }
func (*mystery) tick(*Model) tea.Cmd      { return nil }
func (*mystery) pressed(*Model, *binding) {}

// express opens the charter while the usual is learned, after it the pre-flight
// page where there is one, and offers the quick link check.
type express struct{ asked, paged, gone bool }

func (e *express) says(m *Model) (string, []keyHint) {
	switch v := m.s.Link; {
	case e.gone || v.Running != nil || v.Last != nil:
		return "", nil
	case !m.dialOpen():
		return "EXPRESS: 15 minutes, 20 users. What is usual is being learned; C opens the charter again.", []keyHint{{"Esc", "hides this"}}
	}
	return "Before the dial: does load on staging reach production? The quick link check takes at most " + span(link.Quick().Longest()) + ", with a few users.",
		[]keyHint{{"Enter", "starts it"}, {"Esc", "not now"}}
}

func (e *express) enter(m *Model) tea.Cmd {
	if !m.dialOpen() {
		return nil
	}
	return m.do(session.StartCheck{Profile: "quick"})
}

func (e *express) escape(*Model) tea.Cmd {
	e.gone = true
	return nil
}

// tick opens the charter once, when there is a session to give it to.
func (e *express) tick(m *Model) tea.Cmd {
	if m.s.Ended != nil { // what is taken up again begins in a moment
		return nil
	}
	if !e.asked && m.s.Seq > 0 && m.mode == modeMain && m.overlay == overlayNone && !m.dialOpen() {
		m.charterForm()
	}
	e.asked = e.asked || m.s.Seq > 0
	if e.asked && !e.paged && m.mode == modeMain && m.overlay == overlayNone {
		if e.paged = true; m.o.Before && m.s.Dial.Asked == 0 {
			m.open(overlayPreflight)
		}
	}
	return nil
}

func (*express) pressed(*Model, *binding) {}
