package tui

import (
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"crosstalk/notes"
	"crosstalk/session"
)

// slowDisk is a source whose disk has taken nothing after a seq.
type slowDisk struct {
	*fakeSource
	upTo uint64
}

func (f *slowDisk) Durable() uint64 { return f.upTo }

// A note whose event is not on the disk after a second is marked, until it is.
func TestNotesNotOnTheDiskAreMarked(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {120, 36}} {
		now := storyBegan.Add(300 * time.Second)
		src := &slowDisk{fakeSource: newSource(busyStory())}
		m := New(src, Options{Who: mel, Now: func() time.Time { return now }})
		m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		add := session.Event{Seq: m.s.Seq + 1, T: now, MS: m.s.MS + 1, By: "mel", Type: session.TypeNoteAdd, Body: &session.NoteAdd{ID: "n90", Kind: notes.Bug, Text: "kept?", Typed: now}}
		m.Update(eventsMsg{events: []session.Event{add}})
		shows := func(want bool) {
			t.Helper()
			if f := ansi.Strip(m.View().Content); !strings.Contains(f, "kept?") || strings.Contains(f, "kept? · not on the disk yet") != want {
				t.Errorf("%v: marked is not %v:\n%s", size, want, f)
			}
		}
		shows(false) // no disk is that quick
		now = now.Add(lateNote)
		m.Update(clockMsg(now))
		shows(true)
		src.upTo = add.Seq
		m.clerkNow()
		shows(false)
	}
}

// A note that the disk does not take in time is in the session: it is not offered
// to be saved a second time, and what was typed is kept until the disk has it.
func TestABelatedNoteIsOne(t *testing.T) {
	t.Parallel()
	story := busyStory()
	src := &slowDisk{fakeSource: newSource(story)}
	src.reply = func(session.Command) (session.Reply, error) {
		return session.Reply{Note: "n90", Text: "n90 bug saved", Seq: 9000}, errors.New("n90 bug saved, but it is not on the disk yet: deadline")
	}
	now := storyBegan.Add(300 * time.Second)
	m := New(src, Options{Who: mel, Now: func() time.Time { return now }})
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 36})
	m.pressAll("n")
	m.typeText("! once")
	add := session.Event{Seq: m.s.Seq + 1, T: now, MS: m.s.MS + 1, By: "mel", Type: session.TypeNoteAdd, Body: &session.NoteAdd{ID: "n90", Kind: notes.Bug, Text: "once", Typed: now}}
	m.Update(eventsMsg{events: []session.Event{add}})
	m.pressAll("enter")
	f := ansi.Strip(m.View().Content)
	if !strings.Contains(f, "! once · not on the disk yet") || !strings.Contains(f, "n90 is not on the disk yet: it is kept here") || strings.Contains(f, "draft  ") || m.draft.text != "" {
		t.Errorf("the note is not one:\n%s", f)
	}
	if u := m.unfinished(); u.Note == nil || u.Note.Text != "! once" {
		t.Errorf("a crash now would lose it: %+v", u.Note)
	}
	src.upTo = add.Seq
	m.clerkNow()
	if u := m.unfinished(); u.Note != nil || !strings.Contains(m.message.text, "n90 is on the disk now") {
		t.Errorf("%+v, %q", u.Note, m.message.text)
	}
}

// What was begun and put aside stands in the list, marked, until it is saved.
func TestDraftsAreMarked(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {120, 36}} {
		m, src := screen(busyStory(), size[0], size[1])
		src.reply = func(session.Command) (session.Reply, error) { return session.Reply{}, errors.New("the disk is full") }
		line := func() string {
			for l := range strings.SplitSeq(ansi.Strip(m.View().Content), "\n") {
				if strings.Contains(l, "draft  ") {
					return l
				}
			}
			return ""
		}
		m.pressAll("n")
		m.typeText("! slow checkout")
		if l := line(); l != "" {
			t.Errorf("while it is typed: %s", l)
		}
		m.pressAll("esc")
		if l := line(); !strings.Contains(l, "! slow checkout · not saved") {
			t.Errorf("%v: put aside: %q\n%s", size, l, ansi.Strip(m.View().Content))
		}
		m.saving, m.desk.saving, m.draft = true, &m.draft, draft{text: m.draft.text}
		if l := line(); !strings.Contains(l, "! slow checkout · being saved") {
			t.Errorf("%v: on its way: %q", size, l)
		}
		m.saving, m.desk.saving = false, nil
		m.pressAll("n", "ctrl+u", "esc")
		if l := line(); l != "" {
			t.Errorf("emptied: %s", l)
		}
	}
}
