package tui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"crosstalk/notes"
	"crosstalk/session"
)

func TestNote(t *testing.T) {
	t.Parallel()
	now := storyBegan.Add(300 * time.Second)
	src := newSource(busyStory())
	src.reply = func(session.Command) (session.Reply, error) { return session.Reply{Note: "n17", Text: "saved"}, nil }
	m := New(src, Options{Who: mel, Now: func() time.Time { return now }})
	m.Update(tea.WindowSizeMsg{Width: 200, Height: 60})
	m.pressAll("n")
	now = now.Add(5 * time.Second)
	m.typeText("! slow")
	typed := now
	if f := ansi.Strip(m.View().Content); !strings.Contains(f, "bug > ! slow") {
		t.Errorf("the kind is not shown while typing:\n%s", f)
	}
	now = now.Add(4 * time.Second)
	m.pressAll("alt+enter", "a", "enter")
	did := src.done()
	if len(did) != 1 {
		t.Fatalf("did %v", did)
	}
	n := did[0].(session.AddNote)
	if n.Draft.Kind != notes.Bug || n.Draft.Text != "slow\na" || !n.Typed.Equal(typed) || n.Begun == nil || n.Begun.Running != 45 {
		t.Errorf("note %+v, begun %+v", n, n.Begun)
	}
	f := ansi.Strip(m.View().Content)
	if !strings.Contains(f, "✓ n17 bug saved 15:35:09 · 45 users · staging p95") || !strings.Contains(f, "· production p95") {
		t.Errorf("no receipt:\n%s", f)
	}
}

// What was not understood, and what had no room, is said while it can be mended and
// with the receipt; the note is kept all the same.
func TestReceiptSaysWhatWasNotTaken(t *testing.T) {
	m, src := screen(busyStory(), 120, 36)
	src.reply = func(session.Command) (session.Reply, error) { return session.Reply{Note: "n17"}, nil }
	m.pressAll("n")
	m.typeText("@25:99 slow")
	if f := ansi.Strip(m.View().Content); !strings.Contains(f, "@25:99 is no time: -2m or @15:31") {
		t.Errorf("nothing is said while typing:\n%s", f)
	}
	m.pressAll("enter")
	if f := ansi.Strip(m.View().Content); !strings.Contains(f, `✓ n17 note saved 15:34:12 · "@25:99" is no time, so it is text`) {
		t.Errorf("the receipt does not say it:\n%s", f)
	}
	m.pressAll("n")
	_, cmd := m.Update(tea.PasteMsg{Content: strings.Repeat("x", 100<<10)})
	m.run(cmd)
	if !m.message.bad || !strings.Contains(m.message.text, "at most 64 KB: 36 KB were left out") {
		t.Errorf("the paste says %q", m.message.text)
	}
	m.typeText("y")
	m.pressAll("enter")
	n := src.done()[1].(session.AddNote)
	if len(n.Draft.Text) != notes.MaxText || !strings.HasSuffix(n.Draft.Text, "x [cut at 64 KB]") {
		t.Errorf("saved %d bytes, %q at the end", len(n.Draft.Text), n.Draft.Text[len(n.Draft.Text)-20:])
	}
	if f := ansi.Strip(m.View().Content); !strings.Contains(f, "cut: 64 KB are kept, 36 KB were left out") {
		t.Errorf("the receipt does not say it:\n%s", f)
	}
	m.pressAll("n", "a", "enter")
	if n := src.done()[2].(session.AddNote); n.Draft.Left != 0 {
		t.Errorf("the next note is cut, too: %+v", n.Draft)
	}
}

func TestRefusedNoteIsNotLost(t *testing.T) {
	t.Parallel()
	m, src := screen(busyStory(), 120, 36)
	src.reply = func(session.Command) (session.Reply, error) { return session.Reply{}, errors.New("the disk is full") }
	m.pressAll("n")
	m.typeText("precious")
	m.pressAll("enter")
	m.pressAll("n")
	if m.editor.text != "precious" {
		t.Errorf("the text is gone: %q", m.editor.text)
	}
}

func TestEscapeKeepsTheDraft(t *testing.T) {
	t.Parallel()
	m, src := screen(busyStory(), 120, 36)
	m.pressAll("n")
	m.typeText("half a")
	m.pressAll("esc", "n")
	m.typeText(" thought")
	m.pressAll("enter")
	if n := src.done()[0].(session.AddNote); n.Draft.Text != "half a thought" {
		t.Errorf("saved %q", n.Draft.Text)
	}
}

func TestPasteSetsNoKind(t *testing.T) {
	t.Parallel()
	m, src := screen(busyStory(), 120, 36)
	_, cmd := m.Update(tea.PasteMsg{Content: "! panic: x\n\tat y\x1b[31m\n"})
	m.run(cmd)
	if len(src.done()) != 0 {
		t.Fatal("a paste saved something by itself")
	}
	m.pressAll("enter")
	n := src.done()[0].(session.AddNote)
	if n.Draft.Kind != notes.Plain || n.Draft.Text != "! panic: x\n at y[31m" {
		t.Errorf("saved %+v", n.Draft)
	}
}

func TestListOfNotes(t *testing.T) {
	t.Parallel()
	m, src := screen(redStory(), 120, 36)
	m.pressAll("tab", "up") // the guard's own note
	m.pressAll("e")
	if !strings.Contains(m.message.text, "written by the program") {
		t.Errorf("editing the guard's note says %q", m.message.text)
	}
	m.pressAll("down", "e", "end")
	m.typeText(" soon")
	m.pressAll("enter", "u")
	m.typeText("typo")
	m.pressAll("enter", "x")
	last := m.s.Notes.Notes[len(m.s.Notes.Notes)-1]
	want := []session.Command{session.EditNote{ID: last.ID, Kind: notes.Decision, Text: last.Text + " soon"}, session.RetractNote{ID: last.ID, Why: "typo"}, session.ResolveNote{ID: last.ID}}
	if got := src.done(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("did %v, want %v", got, want)
	}
}

// x resolves what is open, and opens again what was resolved by mistake, whoever wrote it.
func TestWhatWasResolvedOpensAgain(t *testing.T) {
	t.Parallel()
	m, src := atDesk(deskStory(), 120, 36, nil)
	m.pressAll("tab", "up") // n4, jon's, which mel resolved
	if m.sel != "n4" || !strings.Contains(ansi.Strip(m.View().Content), "x open again") {
		t.Fatalf("%s is selected:\n%s", m.sel, ansi.Strip(m.View().Content))
	}
	m.pressAll("x")
	if got := src.done(); fmt.Sprint(got) != fmt.Sprint([]session.Command{session.RestoreNote{ID: "n4"}}) {
		t.Errorf("did %v", got)
	}
}
