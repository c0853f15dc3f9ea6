package tui

import (
	"errors"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"crosstalk/notes"
	"crosstalk/session"
)

// write opens the note line, with what was put aside if nothing is typed yet.
func (m *Model) write(first string) {
	if m.s.RoleOf(m.o.Who) == session.Observer {
		m.say("an observer watches; ctrl+x stops all load", true)
		return
	}
	m.overlay, m.sel, m.tile = overlayNone, "", tileKey{}
	if o := m.desk.offer; o != nil && o.Note != nil { // what was begun before comes first
		m.takeUp()
		return
	}
	m.mode, m.editor = modeEdit, editor{draft: m.draft}
	m.draft = draft{}
	m.editor.at = len(m.editor.text)
	if first == "" {
		return
	}
	if m.editor.text == "" {
		m.begin()
		m.insert(first)
	} else {
		m.say("this was put aside; ctrl+u empties the line", false)
	}
}

// begin keeps the moment of the first character and what was shown then.
func (m *Model) begin() {
	if m.editor.text == "" {
		m.editor.typed, m.editor.begun, m.editor.pasted, m.editor.left = m.now, m.s.Context(m.now), false, 0
	}
}

// insert puts text at the cursor and says if not all of it has room.
func (m *Model) insert(text string) {
	left := m.editor.left
	m.editor.insert(text)
	m.full(left)
}

// full says that the line is full, if more was left out than before.
func (m *Model) full(before int) {
	if more := m.editor.left - before; more > 0 {
		m.say("a note has at most 64 KB: "+notes.LeftOut(more)+", attach them as a file", true)
	}
}

// edit handles a key on the note line.
func (m *Model) edit(msg tea.KeyPressMsg) tea.Cmd {
	switch msg.String() {
	case "esc":
		m.aside()
		return nil
	case "enter":
		return m.enter()
	case "tab":
		if m.editor.purpose == editPath {
			return m.completePath()
		}
		m.complete()
		m.follows()
		return nil
	case "up", "down":
		if m.editor.purpose == editFind {
			m.step(msg.String())
			return nil
		}
	}
	m.editor.done = tabbed{}
	if m.editor.text == "" {
		m.begin()
	}
	left := m.editor.left
	m.editor.key(msg)
	m.full(left)
	m.follows()
	return nil
}

// follows lets the list follow what is typed into a search.
func (m *Model) follows() {
	if m.editor.purpose == editFind {
		m.seek()
	}
}

// aside closes the note line and keeps a new note's text.
func (m *Model) aside() {
	m.mode = modeMain
	switch {
	case m.editor.purpose == editFind:
		m.seekEnd(false)
	case m.editor.purpose == editLearned:
		m.say("stayed; the load is stopped", false)
	case m.editor.purpose == editNote && strings.TrimSpace(m.editor.text) != "":
		m.draft = m.editor.draft
		m.say("kept; n opens it again", false)
	}
}

// pasteText takes pasted text as one text: it saves nothing by itself.
func (m *Model) pasteText(text string) tea.Cmd {
	if m.leaving || m.mode == modeAsk || m.mode == modeNumber || text == "" || m.layout.small && m.mode != modeEdit {
		return nil
	}
	if m.mode == modeForm {
		m.pasteField(text)
		return nil
	}
	if m.mode != modeEdit {
		m.write("")
	}
	if m.editor.text == "" {
		m.begin()
		m.editor.pasted = true
	}
	if p := m.editor.purpose; p != editNote && p != editChange {
		text = strings.Join(strings.Fields(text), " ")
	}
	m.insert(text)
	m.follows()
	return nil
}

// enter saves what was typed.
func (m *Model) enter() tea.Cmd {
	e := m.editor
	m.mode = modeMain
	switch e.purpose {
	case editLearned:
		return m.leave(strings.TrimSpace(strings.ReplaceAll(e.text, "\n", " ")))
	case editReason:
		return m.do(session.RetractNote{ID: e.id, Why: strings.TrimSpace(e.text)})
	case editFind:
		m.seekEnd(true)
		return nil
	case editPath:
		return m.tryPath(e)
	case editAuthor:
		return m.addAuthor(e.text)
	}
	if e.purpose == editNo {
		return m.do(session.AnswerCheck{Env: e.env, Check: e.id, Text: strings.TrimSpace(e.text)})
	}
	if e.purpose == editExtend {
		cmd, err := parseExtension(e.text)
		if err != nil {
			m.mode = modeEdit
			m.say(err.Error(), true)
			return nil
		}
		return m.do(cmd)
	}
	if cmd, ok := m.because(e); ok {
		return cmd
	}
	d := e.parse()
	switch {
	case strings.TrimSpace(e.text) == "":
		return nil
	case d.Text == "":
		m.mode = modeEdit
		m.say("the note has no text yet", true)
		return nil
	case e.purpose == editChange:
		m.desk.change = e.line(e.id)
		return m.do(session.EditNote{ID: e.id, Kind: d.Kind, Text: d.Text})
	}
	cmd := session.AddNote{Draft: d, Typed: e.typed, Begun: e.begun}
	seen := m.s.Context(m.now)
	ctx, src, who := m.ctx, m.src, m.o.Who
	m.saving, m.desk.saving = true, &e.draft
	return func() tea.Msg {
		reply, err := src.Do(ctx, who, cmd)
		return doneMsg{cmd: cmd, reply: reply, err: err, note: seen, draft: e.draft}
	}
}

// because gives the commands that want a typed reason, and tells whether the
// text was for one.
func (m *Model) because(e editor) (tea.Cmd, bool) {
	why := strings.TrimSpace(e.text)
	what := map[purpose]string{editGoOn: "to go on after two cuts", editWarn: "for the guard to only warn", editMute: "to mute a check", editAside: "to set a check aside", editUnlock: "to unlock the dial"}[e.purpose]
	switch {
	case what == "":
		return nil, false
	case why == "":
		m.say("a reason is needed "+what+": it is recorded", true)
		return nil, true
	case e.purpose == editWarn:
		return m.do(session.WarnOnly{Why: why}), true
	case e.purpose == editUnlock:
		return m.do(session.Unlock{Why: why}), true
	case e.purpose == editAside:
		return m.do(session.SetAside{Env: e.env, Check: e.id, Why: why}), true
	case e.purpose == editMute:
		return m.do(session.Mute{Env: e.env, Check: e.id, Why: why}), true
	}
	m.holding = true
	return m.do(session.Hold{Why: why}), true
}

// saved shows a note's receipt: what the session holds of it, else what was
// shown when Enter was pressed.
func (m *Model) saved(id string, cmd session.AddNote, seen *notes.Context) {
	kind, at := cmd.Draft.Kind, m.now
	unclear := ""
	if u := cmd.Draft.Unclear(); u != "" {
		unclear = " · " + u
	}
	if n, ok := m.s.Notes.Get(id); ok {
		kind, at = n.Kind, n.Saved
		switch {
		case n.Before():
			m.receipt = message{text: fmt.Sprintf("%s %s saved %s%s · it happened before the session began: what was then is not known", id, kindWord(kind),
				at.In(m.now.Location()).Format("15:04:05"), unclear), till: m.now.Add(receiptFor)}
			return
		case n.Happened != nil:
			seen = n.Then
		case n.Context != nil:
			seen = n.Context
		}
	}
	parts := []string{fmt.Sprintf("%s %s saved %s%s", id, kindWord(kind), at.In(m.now.Location()).Format("15:04:05"), unclear)}
	if seen != nil {
		parts = append(parts, seen.Load(), "staging "+seenLine(seen.Staging), "production "+seenLine(seen.Production))
	}
	m.receipt = message{text: strings.Join(parts, " · "), till: m.now.Add(receiptFor)}
}

func seenLine(s notes.Seen) string {
	if s.P95 == nil {
		return s.State
	}
	if s.State != "green" && s.State != "" {
		return s.State + " p95 " + millis(*s.P95)
	}
	return "p95 " + millis(*s.P95)
}

func kindWord(k notes.Kind) string {
	if k == "" {
		return string(notes.Plain)
	}
	return string(k)
}

// own does something with a note if it may be changed, else says why not.
func (m *Model) own(id string, then func()) {
	err := m.s.Notes.MayEdit(id, m.o.Who.Name)
	if n, _ := m.s.Notes.Get(id); err == nil && n.Gone != nil {
		err = errors.New(id + " was taken back: u brings it back")
	}
	if err != nil {
		m.say(err.Error(), true)
		return
	}
	then()
}
