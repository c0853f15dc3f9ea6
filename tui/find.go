package tui

import (
	"fmt"

	"crosstalk/notes"
)

// listed are the notes that the list shows: those that a search finds while
// the list has the focus, else all.
func (m *Model) listed() []*notes.Note {
	all := m.s.Notes.Notes
	out := make([]*notes.Note, 0, len(all))
	for i := range all {
		if !m.searching() || m.desk.query.Match(all[i]) {
			out = append(out, &all[i])
		}
	}
	return out
}

// searching tells whether the list shows only what a search finds.
func (m *Model) searching() bool { return m.desk.found != "" && (m.sel != "" || m.finding()) }

// finding tells whether the search is being typed.
func (m *Model) finding() bool { return m.mode == modeEdit && m.editor.purpose == editFind }

// find opens the search, with what was looked for before.
func (m *Model) find() {
	m.mode, m.editor = modeEdit, editor{purpose: editFind, draft: draft{text: m.desk.found}}
	m.editor.at = len(m.editor.text)
	m.desk.open = false
}

// seek follows what is typed into the search. The selection stays where it is
// if it is found, else it goes to the newest that is.
func (m *Model) seek() {
	m.desk.found = m.editor.text
	m.desk.query, m.desk.wrong = notes.ParseQuery(m.editor.text)
	if n, ok := m.s.Notes.Get(m.sel); ok && m.desk.query.Match(n) {
		return
	}
	if all := m.listed(); len(all) > 0 {
		m.sel = all[len(all)-1].ID
	}
}

// seekEnd closes the search: kept, it goes on showing what it finds.
func (m *Model) seekEnd(keep bool) {
	m.mode = modeMain
	if !keep || m.desk.query.Empty() {
		m.desk.found, m.desk.query, m.desk.wrong = "", notes.Query{}, nil
	} else if all := m.listed(); len(all) == 0 {
		m.say("no note is like that; / changes the search, Esc ends it", true)
	}
}

// foundWords tell how many notes a search finds.
func (m *Model) foundWords() string {
	if m.desk.wrong != nil {
		return m.desk.wrong.Error()
	}
	return fmt.Sprintf("%d of %d found", len(m.listed()), len(m.s.Notes.Notes))
}
