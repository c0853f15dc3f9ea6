package tui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"crosstalk/notes"
	"crosstalk/session"
)

// eventsMsg brings what happened, or that nothing more will.
type eventsMsg struct {
	events []session.Event
	err    error
	at     time.Time // when they were handed over
}

// doneMsg brings a command's answer.
type doneMsg struct {
	cmd   session.Command
	reply session.Reply
	err   error
	note  *notes.Context // what was shown when a note was saved
	draft draft          // the note's text, to be given back if it was refused
}

type (
	clockMsg time.Time
	leftMsg  struct{}
)

// Update takes one message. It waits for nothing: what may wait is a Cmd.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.now = m.o.Now()
	cmd := m.update(msg)
	m.arrange()
	return m, cmd
}

func (m *Model) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		m.restyle(msg.IsDark())
	case clockMsg:
		m.present()
		m.watchQuestion()
		m.mayBe()
		return tea.Batch(m.tick(), m.clerk())
	case eventsMsg:
		return m.follow(msg)
	case doneMsg:
		return m.done(msg)
	case leftMsg:
		return tea.Quit
	case tea.KeyPressMsg:
		return m.press(msg)
	case tea.PasteMsg:
		return m.byHand("pasted something", func() tea.Cmd { return m.pasteText(msg.Content) })
	case tea.ClipboardMsg:
		return m.clipboard(msg.Content)
	case unfinishedMsg:
		m.offered(msg)
	case keptMsg:
		m.keptDraft(msg)
	case doorMsg:
		m.doorTurned(msg)
	case attachedMsg:
		m.attached(msg)
	case pathMsg:
		return m.attachPath(msg)
	case pathsMsg:
		m.paths(msg)
	case shotsMsg:
		m.looked(msg)
	case tea.MouseClickMsg:
		return m.byHand("clicked", func() tea.Cmd { return m.click(msg) })
	case tea.MouseWheelMsg:
		return m.byHand("turned the wheel", func() tea.Cmd { return m.turn(msg) })
	}
	return nil
}

// pull waits for what comes after the state's newest event. It hands over at
// most once in batchEvery, or calmEvery with reduced motion, so that View, which runs after every message, is
// drawn as seldom.
func (m *Model) pull(last time.Time) tea.Cmd {
	ctx, src, seq, every := m.ctx, m.src, m.s.Seq, batchEvery
	if m.calm {
		every = calmEvery
	}
	return func() tea.Msg {
		events, err := src.Since(ctx, seq)
		if err != nil {
			return eventsMsg{err: err}
		}
		if wait := every - time.Since(last); !last.IsZero() && wait > 0 && !urgent(events) {
			t := time.NewTimer(wait)
			defer t.Stop()
			select {
			case <-t.C:
			case <-ctx.Done():
				return eventsMsg{err: ctx.Err()}
			}
			// There is an event after seq already, so this does not wait.
			if more, err := src.Since(ctx, seq); err == nil {
				events = more
			}
		}
		return eventsMsg{events: events, at: time.Now()}
	}
}

func (m *Model) tick() tea.Cmd {
	every := clockEvery
	if m.calm {
		every = calmEvery
	}
	return tea.Tick(every, func(t time.Time) tea.Msg { return clockMsg(t) })
}

func (m *Model) follow(msg eventsMsg) tea.Cmd {
	for _, e := range msg.events {
		m.s.Apply(e)
		m.remember(e)
		m.noted(e)
		if b, ok := e.Body.(*session.RampEnd); ok && m.replay == nil {
			m.rampTold(b)
		}
		if b, ok := e.Body.(*session.BrakeTest); ok && m.now.Sub(e.T) < staleNews {
			m.braked(b)
		}
	}
	m.mayBe()
	m.watchQuestion()
	rings := m.notify(msg.events)
	switch {
	case msg.err != nil || m.s.Ended != nil:
		m.over = true
		if m.leaving {
			return nil // Finish answers, then it is left
		}
		return tea.Quit
	case rings != nil:
		return tea.Batch(rings, m.pull(msg.at))
	}
	return m.pull(msg.at)
}

// do gives a command; the answer comes as a doneMsg.
func (m *Model) do(cmd session.Command) tea.Cmd {
	ctx, src, who := m.ctx, m.src, m.o.Who
	return func() tea.Msg {
		reply, err := src.Do(ctx, who, cmd)
		return doneMsg{cmd: cmd, reply: reply, err: err}
	}
}

func (m *Model) done(msg doneMsg) tea.Cmd {
	switch c := msg.cmd.(type) {
	case session.MoveDial, session.SetDial, session.BackToGood, session.EaseOff, session.SetGlide:
		m.answer(msg)
		next := m.dial.answered(msg.err)
		if next == nil {
			return nil
		}
		return m.do(next)
	case session.Hold:
		m.holding = false
	case session.Join:
		if msg.err == nil {
			return m.authorCame(c.Viewer.Name)
		}
	case session.StopAll:
		if m.armed && msg.err == nil {
			return nil // what ctrl+c does next stays said
		}
	case session.AddNote:
		m.saving, m.desk.saving = false, nil
		if msg.err != nil && msg.reply.Note != "" {
			return m.belated(msg)
		}
		if msg.err != nil {
			m.draft = msg.draft // nothing that was typed is lost
			m.say("not saved: "+msg.err.Error()+" (n opens it again)", true)
			return nil
		}
		m.desk.back = 0
		m.saved(msg.reply.Note, c, msg.note)
		return m.keepDraft()
	case session.EditNote:
		if l := m.desk.change; l != nil && msg.err != nil {
			m.desk.offer = &session.Unfinished{By: m.o.Who.Name, At: m.now, Change: l} // nothing that was typed is lost
		}
		m.desk.change = nil
		m.answer(msg)
		return m.keepDraft()
	}
	m.answer(msg)
	return nil
}

// answer shows what became of a command, if there is anything to say.
func (m *Model) answer(msg doneMsg) {
	switch {
	case msg.err != nil && m.ctx.Err() == nil:
		m.say(msg.err.Error(), true)
	case msg.reply.Text != "" && (m.s.Baseline.Running || !onDial(msg.cmd)):
		m.say(msg.reply.Text, false)
	}
}

// onDial tells whether a command's effect is seen on the dial, so that it needs
// no words once load may run.
func onDial(cmd session.Command) bool {
	switch cmd.(type) {
	case session.MoveDial, session.SetDial, session.BackToGood, session.EaseOff:
		return true
	}
	return false
}

func (m *Model) say(text string, bad bool) {
	m.message = message{text: text, bad: bad, till: m.now.Add(messageFor)}
}

// freshen keeps a refusal that stays on the status line true while it counts
// down, so that it neither freezes nor comes and goes.
func (m *Model) freshen() {
	if !m.message.bad || m.message.text == "" {
		return
	}
	for _, err := range m.refused {
		if err != nil && numberless(err.Error()) == numberless(m.message.text) {
			m.message.text = err.Error()
			return
		}
	}
}

func numberless(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, s)
}

// mayBe asks what would be refused now, so that keys are greyed with the same
// reason that Do would give.
func (m *Model) mayBe() {
	m.wantsReason = false
	for _, b := range m.keys {
		if b.id == "hold" && m.s.Guard.Latched() {
			// The reason that it may want is asked for when the key is pressed.
			m.refused[b.id] = m.src.May(m.o.Who, session.Hold{Why: "any"})
			m.wantsReason = m.refused[b.id] == nil && m.src.May(m.o.Who, session.Hold{}) != nil
			continue
		}
		if b.cmd != nil {
			m.refused[b.id] = m.src.May(m.o.Who, b.cmd)
		}
	}
	m.freshen()
}

// leave ends the session in order: its answer comes as a leftMsg.
func (m *Model) leave(learned string) tea.Cmd {
	m.leaving = true
	m.mode = modeMain
	ctx, src, who := m.ctx, m.src, m.o.Who
	return func() tea.Msg {
		if learned != "" {
			_, _ = src.Do(ctx, who, session.Answer{Question: "learned", Text: learned})
		}
		_, _ = src.Do(context.WithoutCancel(ctx), who, session.Finish{Reason: "quit"})
		return leftMsg{}
	}
}

// elapsed is the session's time now, which goes on when no event comes.
func (m *Model) elapsed() time.Duration {
	if m.s.Seq == 0 {
		return 0
	}
	if m.s.Ended != nil {
		return m.s.Elapsed()
	}
	return max(m.s.Elapsed(), m.now.Sub(m.s.Began))
}

func (m *Model) arrange() {
	input := 1
	if m.mode == modeEdit && m.editor.purpose != editLearned {
		input = min(4, m.editor.rows(m.inputWidth()))
	}
	if rows := m.cardRows(); rows > 0 {
		rest := m.h - 2 - len(m.bannerLines()) - bottomHeight(m.h)
		input += max(0, min(rows+3-bottomHeight(m.h), rest-leastPanes)) // its border and the line below
	}
	m.layout = arrange(m.w, m.h, len(m.bannerLines()), input, m.zoom)
	if m.replay != nil {
		m.layout = m.layout.barred()
	}
	if _, ok := m.selected(); !ok {
		m.tile = tileKey{}
	}
	m.heads = m.top()
	m.view = m.look()
}
