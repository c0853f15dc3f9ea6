package tui

import (
	"strings"

	"crosstalk/notes"
)

// tabbed is a tag that Tab has just completed, so that the next Tab puts the
// next one in its place.
type tabbed struct {
	begun    string // what was typed of it
	from, to int    // where it stands now, in bytes; to 0: nowhere
	n        int    // which of the completions it is
}

// ghost is the rest of the tag that Tab would complete; "" when there is none,
// or when something stands behind the cursor.
func (m *Model) ghost() string {
	e := &m.editor
	if m.mode != modeEdit || !e.tags() {
		return ""
	}
	if at := e.text[e.at:]; at != "" && at[0] != '\n' {
		return ""
	}
	begun, _, ok := notes.TagAt(e.text, e.at)
	if !ok || e.done.to == e.at && e.at > 0 {
		return ""
	}
	if all := notes.Completions(begun, m.s.Notes.TagsByUse()); len(all) > 0 {
		return all[0][len(strings.ToLower(begun)):]
	}
	return ""
}

// tags tells whether what is typed may have tags.
func (e *editor) tags() bool {
	switch e.purpose {
	case editNote, editChange, editFind:
		return !e.pasted
	}
	return false
}

// complete is Tab: it completes the tag at the cursor with the one that is used
// most, and pressed again goes through the others.
func (m *Model) complete() {
	e := &m.editor
	if !e.tags() {
		return
	}
	now := e.done
	if now.to != e.at || now.to == 0 {
		begun, from, ok := notes.TagAt(e.text, e.at)
		if !ok {
			return
		}
		now = tabbed{begun: begun, from: from, to: e.at, n: -1}
	}
	all := notes.Completions(now.begun, m.s.Notes.TagsByUse())
	if len(all) == 0 {
		m.say("no tag of this session begins so: it becomes a new one", false)
		return
	}
	now.n = (now.n + 1) % len(all)
	e.remove(now.from, now.to)
	e.insert(all[now.n])
	now.to = e.at
	e.done = now
}
