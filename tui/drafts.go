package tui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"crosstalk/session"
)

// keeper is a source that keeps what people have not finished, a live session.
// A replay is none.
type keeper interface {
	KeepUnfinished(u session.Unfinished) error
	Unfinished(who string) (session.Unfinished, error)
}

type (
	// unfinishedMsg brings what an earlier run left unfinished.
	unfinishedMsg struct {
		left session.Unfinished
		err  error
	}
	// keptMsg tells that something unfinished is on the disk, or why not.
	keptMsg struct {
		kept session.Unfinished
		err  error
	}
)

// askUnfinished looks for what an earlier run left unfinished.
func (m *Model) askUnfinished() tea.Cmd {
	k, ok := m.src.(keeper)
	if !ok {
		return nil
	}
	who := m.o.Who.Name
	return func() tea.Msg {
		left, err := k.Unfinished(who)
		return unfinishedMsg{left, err}
	}
}

// offered takes what was left unfinished; nothing that was typed since gives
// way to it.
func (m *Model) offered(msg unfinishedMsg) {
	if msg.err != nil {
		m.say("what you had begun to write can’t be read: "+msg.err.Error(), true)
		return
	}
	if msg.left.Empty() || m.desk.offer != nil {
		return
	}
	m.desk.kept = msg.left
	m.desk.offer = &msg.left
}

// takeUp opens what was left unfinished: a note before a change.
func (m *Model) takeUp() {
	o := m.desk.offer
	switch {
	case o.Note != nil:
		if m.draft.text == "" {
			m.draft = draftOf(o.Note)
		} else { // typed since: both are kept
			m.draft.text = o.Note.Text + "\n" + m.draft.text
		}
		o.Note = nil
		m.settleOffer()
		m.write("")
	case o.Change != nil:
		l := o.Change
		m.desk.offer = nil
		m.mode, m.editor = modeEdit, editor{purpose: editChange, id: l.ID, draft: draftOf(l)}
		m.editor.at = len(l.Text)
	}
}

// dropOffer puts aside what was left unfinished: it is on the note line when
// that is opened next. Nothing that was typed goes without being emptied.
func (m *Model) dropOffer() tea.Cmd {
	o := m.desk.offer
	l := o.Note
	if l != nil {
		o.Note = nil
	} else {
		l, o.Change = o.Change, nil
	}
	if m.draft.text == "" {
		m.draft = draftOf(l)
	} else { // typed since: both are kept
		m.draft.text = l.Text + "\n" + m.draft.text
	}
	m.settleOffer()
	m.say("put aside; n opens it, ctrl+u empties the line", false)
	return m.keepDraft()
}

func (m *Model) settleOffer() {
	if m.desk.offer.Empty() {
		m.desk.offer = nil
	}
}

// offerLine asks about what was left unfinished.
func (m *Model) offerLine(w int) (ask, text string) {
	o := m.desk.offer
	l, what := o.Note, "a note"
	if l == nil {
		l, what = o.Change, "to change "+o.Change.ID
	}
	at := l.Typed
	if at.IsZero() {
		at = o.At
	}
	zone := m.now.Location()
	when := at.In(zone).Format("15:04")
	if m.now.Sub(at) > 20*time.Hour {
		when = at.In(zone).Format("2 Jan 15:04")
	}
	ask = fmt.Sprintf("you had begun %s at %s: Enter takes it, Esc: later", what, when)
	if w < width(ask)+6 {
		ask = fmt.Sprintf("begun at %s: Enter takes it, Esc: later", when)
	}
	return ask, oneLine(l.Text)
}

func draftOf(l *session.Line) draft {
	return draft{text: l.Text, pasted: l.Pasted, typed: l.Typed, begun: l.Begun}
}

// line is a draft as it is kept; nil when there is nothing to keep.
func (d draft) line(id string) *session.Line {
	if strings.TrimSpace(d.text) == "" {
		return nil
	}
	return &session.Line{Text: d.text, Pasted: d.pasted, Typed: d.typed, Begun: d.begun, ID: id}
}

// unfinished is what would be lost now if the program were killed.
func (m *Model) unfinished() session.Unfinished {
	u := session.Unfinished{By: m.o.Who.Name}
	typing := m.mode == modeEdit
	switch {
	case typing && m.editor.purpose == editNote:
		u.Note = m.editor.line("")
	case m.desk.saving != nil:
		u.Note = m.desk.saving.line("")
	case m.draft.text == "" && m.desk.late != nil:
		u.Note = m.desk.late.line("")
	default:
		u.Note = m.draft.line("")
	}
	switch {
	case typing && m.editor.purpose == editChange:
		u.Change = m.editor.line(m.editor.id)
	case m.desk.change != nil:
		u.Change = m.desk.change
	}
	if o := m.desk.offer; o != nil {
		if u.Note == nil {
			u.Note = o.Note
		}
		if u.Change == nil {
			u.Change = o.Change
		}
	}
	return u
}

// keepDraft puts what is unfinished on the disk if it has changed. One write is
// on its way at a time; the clock asks again.
func (m *Model) keepDraft() tea.Cmd {
	k, ok := m.src.(keeper)
	u := m.unfinished()
	if !ok || m.desk.keeping || sameLine(u.Note, m.desk.kept.Note) && sameLine(u.Change, m.desk.kept.Change) {
		return nil
	}
	m.desk.keeping = true
	return func() tea.Msg { return keptMsg{u, k.KeepUnfinished(u)} }
}

func (m *Model) keptDraft(msg keptMsg) {
	m.desk.keeping = false
	// What failed is tried again when more was typed, not four times a second.
	m.desk.kept = msg.kept
	if msg.err != nil {
		m.say("a crash now would lose what you type: "+msg.err.Error(), true)
	}
}

func sameLine(a, b *session.Line) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Text == b.Text && a.ID == b.ID && a.Pasted == b.Pasted
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
