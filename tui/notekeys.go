package tui

import (
	tea "charm.land/bubbletea/v2"

	"crosstalk/notes"
	"crosstalk/session"
)

// groupNote is the group of what works in an opened note alone.
const groupNote = "In an opened note (Enter)"

// noteKeys are the keys of notes, beside the two that open the note line.
func noteKeys() []binding {
	aNote := session.AddNote{Draft: notes.Draft{Text: "any"}}
	return []binding{
		{id: "freeze", keys: []string{"f"}, show: "f", does: "freeze both panes, as text and as picture", group: groupNotes, cmd: aNote,
			act: func(m *Model, _ string) tea.Cmd { return m.freeze() }},
		{id: "shot", keys: []string{"A"}, show: "A", does: "attach the new screenshot (--shots DIR)", group: groupNotes, cmd: aNote,
			act: func(m *Model, _ string) tea.Cmd { return m.takeShot() }},

		{id: "select", show: "↑ ↓", does: "select a note", group: groupList},
		{id: "card", show: "Enter", does: "open it; the charts go to its moment", group: groupList},
		{id: "find", show: "/", does: "search: words kind:bug tag:cart by:mel open", group: groupList},
		{id: "edit", show: "e", does: "edit it", group: groupList},
		{id: "take", show: "u", does: "take it back (asks why) or bring it back", group: groupList},
		{id: "resolve", show: "x", does: "resolve a question, an obstacle or a next", group: groupList},

		{id: "others", show: "← →", does: "the note before, the note after", group: groupNote},
		{id: "path", show: "a", does: "attach a file by its path", group: groupNote},
		{id: "clip", show: "v", does: "attach the terminal’s clipboard", group: groupNote},
		{id: "samples", show: "s", does: "attach the samples of a minute around it", group: groupNote},

		{id: "save", show: "Enter", does: "save; a receipt says it is on the disk", group: groupWriting},
		{id: "line", show: "Alt+Enter", does: "a new line (Ctrl+J, too)", group: groupWriting},
		{id: "tag", show: "Tab", does: "complete a #tag; again: the next one", group: groupWriting},
		{id: "aside", show: "Esc", does: "put it aside; n opens it again", group: groupWriting},
	}
}

// list handles a key while the list of notes has the focus and tells whether
// it was its own.
func (m *Model) list(key string) (tea.Cmd, bool) {
	n, ok := m.s.Notes.Get(m.sel)
	if !ok {
		m.sel = ""
		return nil, false
	}
	if m.desk.open {
		if cmd, ok := m.onCard(key, n); ok {
			return cmd, true
		}
	}
	switch key {
	case "up", "k", "down", "j", "home", "end":
		m.step(key)
	case "enter":
		m.desk.open, m.desk.top = true, 0
	case "/":
		m.find()
	case "esc":
		if m.searching() {
			m.seekEnd(false)
		} else {
			m.sel = ""
		}
	case "e":
		m.own(n.ID, func() {
			m.mode, m.editor = modeEdit, editor{purpose: editChange, id: n.ID, draft: draft{text: notes.Retype(n.Kind, n.Text), typed: m.now}}
			m.editor.at = len(m.editor.text)
		})
	case "u":
		if n.Gone != nil {
			return m.do(session.RestoreNote{ID: n.ID}), true
		}
		m.own(n.ID, func() { m.mode, m.editor = modeEdit, editor{purpose: editReason, id: n.ID} })
	case "x":
		if n.Reopens() {
			return m.do(session.RestoreNote{ID: n.ID}), true
		}
		return m.do(session.ResolveNote{ID: n.ID}), true
	default:
		return nil, false
	}
	return nil, true
}

// onCard handles a key while a note is opened.
func (m *Model) onCard(key string, n notes.Note) (tea.Cmd, bool) {
	switch key {
	case "esc", "enter", "q":
		m.desk.open = false
	case "up", "k":
		m.desk.top = max(0, m.desk.top-1)
	case "down", "j":
		most := max(0, m.cardRows()-(m.layout.notes.h-3))
		m.desk.top = min(most, m.desk.top+1)
	case "left":
		m.step("up")
	case "right":
		m.step("down")
	case "a":
		m.askPath(n.ID)
	case "v":
		return m.askClipboard(n.ID), true
	case "s":
		return m.attachSamples(n), true
	default:
		return nil, false
	}
	return nil, true
}

// step selects another of the listed notes.
func (m *Model) step(key string) {
	all := m.listed()
	if len(all) == 0 {
		return
	}
	i := len(all) - 1
	for i > 0 && all[i].ID != m.sel {
		i--
	}
	switch key {
	case "up", "k":
		i = max(0, i-1)
	case "down", "j":
		i = min(len(all)-1, i+1)
	case "home":
		i = 0
	case "end":
		i = len(all) - 1
	}
	m.sel, m.desk.top = all[i].ID, 0
}
