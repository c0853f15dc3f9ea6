package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"crosstalk/notes"
	"crosstalk/session"
)

// desk is all that lies before who writes notes, beside the line being typed.
type desk struct {
	open bool // the selected note is opened
	top  int  // first line shown of it
	back int  // so many of the newest notes the wheel has scrolled past

	found string      // what is looked for, as it was typed; "" when nothing is
	query notes.Query // the same, read
	wrong error       // what of it can't be meant

	saving  *draft              // the note that waits for the disk
	change  *session.Line       // the change that does
	offer   *session.Unfinished // what an earlier run left unfinished, until it is taken or dropped
	kept    session.Unfinished  // what is on the disk of what is unfinished
	keeping bool                // it is being written

	pending map[string]pendingNote // by note: what may not be on the disk yet
	late    *lateDraft             // the newest note that the disk did not take in time

	clip  wait4clip
	shots shots
}

// wait4clip is a note that waits for the terminal's clipboard.
type wait4clip struct {
	id    string // "" when none does
	until time.Time
}

// clerk runs what the desk has to do by the clock.
func (m *Model) clerk() tea.Cmd {
	if m.desk.clip.id != "" && m.now.After(m.desk.clip.until) {
		m.desk.clip.id = ""
		m.say(noClipboard, true)
	}
	m.committed()
	return tea.Batch(m.keepDraft(), m.lookForShots(), m.guideTick())
}

// opened returns the note that is opened, if one is.
func (m *Model) opened() (notes.Note, bool) {
	if m.sel == "" || !m.desk.open {
		return notes.Note{}, false
	}
	return m.s.Notes.Get(m.sel)
}

// mine returns the newest note that this viewer wrote and that stands; "" if
// there is none.
func (m *Model) mine() string {
	all := m.s.Notes.Notes
	for i := len(all) - 1; i >= 0; i-- {
		if n := &all[i]; n.By == m.o.Who.Name && n.Gone == nil {
			return n.ID
		}
	}
	return ""
}

// waiting are keys that answer something that waits for an answer: what was
// left unfinished, and a new screenshot. It tells whether the key was its own.
func (m *Model) waiting(key string) (tea.Cmd, bool) {
	if m.sel != "" || m.tile.env != "" {
		return nil, false
	}
	switch {
	case m.desk.offer != nil && key == "enter":
		m.takeUp()
		return nil, true
	case m.desk.offer != nil && key == "esc":
		return m.dropOffer(), true
	case len(m.desk.shots.queue) > 0 && key == "esc":
		m.dropShot()
		return nil, true
	}
	return nil, false
}
