package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"crosstalk/notes"
	"crosstalk/session"
)

// committer is a source that tells what of it is on the disk. A replay shows
// nothing that is not.
type committer interface{ Durable() uint64 }

// lateNote is how long a note may be on its way to the disk before that is said:
// a disk that is well takes far less.
const lateNote = time.Second

// pendingNote is a note with something that may not be on the disk yet.
type pendingNote struct {
	seq uint64    // of the newest event about it
	at  time.Time // when the first of them came
}

// lateDraft is what was typed of a note that the session has and the disk has
// not.
type lateDraft struct {
	draft
	id string
}

// belated keeps what was typed of a note until the disk has it. It is in the
// session already: to offer it again would make two of it.
func (m *Model) belated(msg doneMsg) tea.Cmd {
	id := msg.reply.Note
	m.desk.late = &lateDraft{msg.draft, id}
	if p, ok := m.desk.pending[id]; ok {
		p.at = m.now.Add(-lateNote) // long enough
		m.desk.pending[id] = p
	}
	m.say(id+" is not on the disk yet: it is kept here and goes there as soon as it can", true)
	return m.keepDraft()
}

// noted keeps in mind which notes an event may have left off the disk.
func (m *Model) noted(e session.Event) {
	if _, ok := m.src.(committer); !ok {
		return
	}
	var id string
	switch b := e.Body.(type) {
	case *session.NoteAdd:
		id = b.ID
	case *session.NoteEdit:
		id = b.ID
	case *session.NoteMark:
		id = b.ID
	case *session.AttachAdd:
		id = b.Note
	default:
		return
	}
	p, ok := m.desk.pending[id]
	if !ok {
		p.at = m.now
	}
	p.seq = e.Seq
	if m.desk.pending == nil {
		m.desk.pending = map[string]pendingNote{}
	}
	m.desk.pending[id] = p
}

// committed forgets the notes that are on the disk.
func (m *Model) committed() {
	c, ok := m.src.(committer)
	if !ok || len(m.desk.pending) == 0 {
		return
	}
	upTo := c.Durable()
	for id, p := range m.desk.pending {
		if p.seq <= upTo {
			delete(m.desk.pending, id)
		}
	}
	if l := m.desk.late; l != nil {
		if _, waits := m.desk.pending[l.id]; !waits {
			m.desk.late = nil
			m.say(l.id+" is on the disk now", false)
		}
	}
}

// unsaved says what of a note is not saved; "" when all is.
func (m *Model) unsaved(n *notes.Note) string {
	if l := m.desk.change; l != nil && l.ID == n.ID {
		return "its change is being saved"
	}
	if o := m.desk.offer; o != nil && o.Change != nil && o.Change.ID == n.ID {
		return "its change is not saved"
	}
	if p, ok := m.desk.pending[n.ID]; ok && m.now.Sub(p.at) >= lateNote {
		return "not on the disk yet"
	}
	return ""
}

// draftRow is the last row of the list: what its viewer has begun and not saved.
// While it is being typed, and while it is offered again, it stands on the note
// line.
func (b noteBox) draftRow(w int) (row, bool) {
	m := b.m
	if m.replay != nil || m.searching() {
		return row{}, false
	}
	d, what := m.draft, "not saved"
	if m.saving && m.desk.saving != nil {
		d, what = *m.desk.saving, "being saved"
	}
	text := oneLine(notes.Clean(d.text))
	if text == "" {
		return row{}, false
	}
	kind := notes.Plain
	if !d.pasted {
		p := notes.Parse(d.text)
		if kind = p.Kind; p.Text != "" {
			text = oneLine(notes.Clean(p.Text))
		}
	}
	head := "draft" + strings.Repeat(" ", max(0, headWidth-len("draft")))
	tail := " · " + what
	return row{head: head, mark: kind.Info().Mark, text: cut(text, max(4, w-headWidth-2-width(tail))) + tail, note: &notes.Note{ID: "draft", System: true}, ink: inkSystem}, true
}
