package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"crosstalk/notes"
	"crosstalk/session"
)

// deskSource is a source that keeps drafts and takes attachments.
type deskSource struct {
	*fakeSource
	mu       sync.Mutex
	kept     []session.Unfinished
	left     session.Unfinished
	fails    error
	attached map[string]string // by note and name, the content
	from     []string
}

func (f *deskSource) KeepUnfinished(u session.Unfinished) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = append(f.kept, u)
	return f.fails
}

func (f *deskSource) Unfinished(string) (session.Unfinished, error) { return f.left, f.fails }

func (f *deskSource) Do(ctx context.Context, who session.Person, cmd session.Command) (session.Reply, error) {
	if a, ok := cmd.(session.Attach); ok {
		b, err := io.ReadAll(a.Content)
		if err != nil {
			return session.Reply{}, err
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.attached[a.Note+" "+a.Name] = string(b)
		f.from = append(f.from, a.From)
		return session.Reply{Text: a.Name + " is attached to " + a.Note, Seq: 1, Note: a.Note}, nil
	}
	return f.fakeSource.Do(ctx, who, cmd)
}

func (f *deskSource) last() session.Unfinished {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.kept) == 0 {
		return session.Unfinished{}
	}
	return f.kept[len(f.kept)-1]
}

// atDesk is a screen of a story at its end whose source keeps what is unfinished.
func atDesk(t *story, w, h int, change func(*Options)) (*Model, *deskSource) {
	src := &deskSource{fakeSource: newSource(t), attached: map[string]string{}}
	o := Options{Who: mel, Host: true, Now: func() time.Time { return storyBegan.Add(time.Duration(t.ms)*time.Millisecond + 200*time.Millisecond) }}
	if change != nil {
		change(&o)
	}
	m := New(src, o)
	m.Update(tea.WindowSizeMsg{Width: w, Height: h})
	return m, src
}

// clerkNow lets the clock do what it does, without waiting for its next turn.
func (m *Model) clerkNow() { m.run(m.clerk()) }

// deskStory is a session with notes of every sort: long ago, edited, resolved,
// taken back, with files, of a time before it was typed, without contexts.
func deskStory() *story {
	t := baselineStory(10)
	t.dialTo(20)
	t.until(30)
	t.note("mel", "?", "who owns the retry queue? #queue")
	t.until(60)
	t.note("mel", "!", "order is doubled when checkout times out #checkout\nseen twice, both times on web-2")
	t.add("mel", session.TypeAttach, &session.AttachAdd{Note: "n2", Name: "Screenshot of the basket.png", File: "n2-shot.png", Size: 184_220, SHA256: strings.Repeat("4fa0", 16), Media: "image/png", From: notes.FromFile})
	t.add("mel", session.TypeAttach, &session.AttachAdd{Note: "n2", Name: "pod.log", File: "n2-pod.log", Size: 912, SHA256: strings.Repeat("00be", 16), Media: "text/plain", From: notes.FromStdin})
	t.until(90)
	t.add("mel", session.TypeNoteEdit, &session.NoteEdit{ID: "n2", Kind: notes.Bug, Text: "order is doubled when checkout times out #checkout\nseen three times, always on web-2"})
	t.note("jon", "", "calm, wrong window")
	t.add("jon", session.TypeNoteRetract, &session.NoteMark{ID: "n3", Why: "wrong environment"})
	t.until(120)
	t.note("jon", "|", "no access to the back office #queue #checkout")
	t.add("mel", session.TypeNoteResolve, &session.NoteMark{ID: "n4"})
	t.dialTo(45)
	t.until(600)
	now := storyBegan.Add(time.Duration(t.ms) * time.Millisecond)
	then := now.Add(-2 * time.Minute)
	c := t.s.Context(now)
	c.Production = notes.Seen{State: "no sight", Detail: "web-1 to web-4 gave no answer"}
	c.Staging.Stale, c.Staging.Age = true, new(7.25)
	t.notes++
	t.add("mel", session.TypeNoteAdd, &session.NoteAdd{ID: "n5", Kind: notes.Risk, Text: "pool may be shared", Typed: now, Happened: &then, Context: c})
	t.until(605)
	return t
}

func TestNoteFrames(t *testing.T) {
	t.Parallel()
	desk := deskStory()
	views := []struct {
		name string
		keys []string
		set  func(*Model, *deskSource)
	}{
		{name: "list", keys: []string{"tab"}},
		{name: "opened", keys: []string{"tab", "enter"}},
		{name: "past", keys: []string{"tab", "up", "up", "up", "enter"}},
		{name: "past-scrolled", keys: []string{"tab", "up", "up", "up", "enter", "down", "down", "down", "down", "down", "down"}},
		{name: "search", keys: []string{"tab", "/", "o", "p", "e", "n"}},
		{name: "search-empty", keys: []string{"tab", "/"}},
		{name: "search-none", keys: []string{"tab", "/", "k", "i", "n", "d", ":", "x"}},
		{name: "ghost", keys: []string{"n", "!", "s", "l", "o", "w", "space", "#", "c"}},
		{name: "path", keys: []string{"tab", "enter", "a", "~", "/", "s"}},
		{name: "offer", set: func(m *Model, _ *deskSource) {
			m.Update(unfinishedMsg{left: session.Unfinished{By: "mel", Note: &session.Line{Text: "! half a thought about the retry banner and why nobody sees it", Typed: storyBegan.Add(time.Minute)}}})
		}},
		{name: "screenshots", set: func(m *Model, _ *deskSource) {
			m.desk.shots.queue = []string{"Screenshot 2026-10-17 at 15.40.02.png", "b.png"}
			m.Update(clockMsg{})
		}},
	}
	for _, v := range views {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s-%dx%d", v.name, size[0], size[1]), func(t *testing.T) {
				m, src := atDesk(desk, size[0], size[1], nil)
				if v.set != nil {
					v.set(m, src)
				}
				m.pressAll(v.keys...)
				frame := ansi.Strip(m.View().Content)
				fits(t, frame, size[0], size[1])
				requireFrame(t, frame)
				requireLooks(t, looksOf(t, m))
			})
		}
	}
}

func TestDraftIsKeptWhileTyping(t *testing.T) {
	t.Parallel()
	m, src := atDesk(busyStory(), 120, 36, nil)
	m.pressAll("n")
	m.clerkNow()
	if len(src.kept) != 0 {
		t.Errorf("nothing was typed and %+v was kept", src.kept)
	}
	m.typeText("! half")
	m.clerkNow()
	m.clerkNow()
	u := src.last()
	if len(src.kept) != 1 || u.By != "mel" || u.Note == nil || u.Note.Text != "! half" || u.Note.Typed.IsZero() || u.Note.Begun == nil {
		t.Fatalf("kept %+v", src.kept)
	}
	m.pressAll("esc")
	m.clerkNow()
	if len(src.kept) != 1 {
		t.Errorf("put aside it is still unfinished: %+v", src.last())
	}
	m.pressAll("n")
	m.typeText(" a thought")
	m.clerkNow()
	if u := src.last(); u.Note.Text != "! half a thought" {
		t.Errorf("kept %+v", u)
	}
	// While the disk has not answered it stays.
	_, cmd := m.Update(key("enter"))
	m.clerkNow()
	if u := src.last(); u.Note == nil {
		t.Error("the draft went before the note was on the disk")
	}
	m.run(cmd)
	if u := src.last(); !u.Empty() {
		t.Errorf("after the receipt %+v is left", u)
	}
	n := len(src.kept)
	m.pressAll("n")
	m.typeText("x")
	m.clerkNow()
	m.pressAll("ctrl+u", "esc")
	m.clerkNow()
	if u := src.last(); !u.Empty() || len(src.kept) != n+2 {
		t.Errorf("emptied it is discarded: %+v", u)
	}
}

func TestDraftThatCantBeKeptIsSaid(t *testing.T) {
	t.Parallel()
	m, src := atDesk(busyStory(), 120, 36, nil)
	src.fails = errors.New("no space left on device")
	m.pressAll("n")
	m.typeText("x")
	for range 4 {
		m.clerkNow()
	}
	if len(src.kept) != 1 || !strings.Contains(m.message.text, "no space left") {
		t.Errorf("tried %d times, says %q", len(src.kept), m.message.text)
	}
}

func TestUnfinishedIsOfferedAgain(t *testing.T) {
	t.Parallel()
	typed := storyBegan.Add(-time.Hour)
	left := session.Unfinished{By: "mel", Note: &session.Line{Text: "! half", Typed: typed, Begun: &notes.Context{Running: 7}}, Change: &session.Line{ID: "n1", Text: "+ better"}}
	m, src := atDesk(busyStory(), 120, 36, nil)
	src.left = left
	m.run(m.askUnfinished())
	if f := ansi.Strip(m.View().Content); !strings.Contains(f, "you had begun a note at 14:30: Enter takes it, Esc: later · ! half") {
		t.Fatalf("not offered:\n%s", f)
	}
	m.clerkNow()
	if len(src.kept) != 0 {
		t.Errorf("kept anew although nothing changed: %+v", src.last())
	}
	m.pressAll("up") // the dial goes on
	if len(src.done()) != 1 || m.desk.offer == nil {
		t.Errorf("did %v", src.done())
	}
	m.pressAll("enter")
	if m.mode != modeEdit || m.editor.text != "! half" {
		t.Fatalf("took up %q", m.editor.text)
	}
	m.typeText(" a thought")
	m.clerkNow()
	if u := src.last(); u.Note.Text != "! half a thought" || u.Change == nil {
		t.Errorf("kept %+v: the change is not taken yet", u)
	}
	m.pressAll("enter")
	n := src.done()[1].(session.AddNote)
	if n.Draft.Text != "half a thought" || !n.Typed.Equal(typed) || n.Begun.Running != 7 {
		t.Errorf("saved %+v", n)
	}
	if f := ansi.Strip(m.View().Content); !strings.Contains(f, "you had begun to change n1") {
		t.Fatalf("the change is not offered:\n%s", f)
	}
	m.pressAll("enter", "enter")
	if e := src.done()[2].(session.EditNote); e.ID != "n1" || e.Text != "better" || e.Kind != notes.Works {
		t.Errorf("changed %+v", e)
	}
	if u := src.last(); !u.Empty() {
		t.Errorf("%+v is left", u)
	}
}

// Esc puts aside what is offered, and only an emptied line lets go of it.
func TestUnfinishedIsPutAside(t *testing.T) {
	t.Parallel()
	m, src := atDesk(busyStory(), 120, 36, nil)
	src.left = session.Unfinished{By: "mel", Note: &session.Line{Text: "! half", Typed: storyBegan}}
	m.run(m.askUnfinished())
	m.pressAll("esc")
	m.clerkNow()
	if m.desk.offer != nil || len(src.kept) > 0 && src.last().Empty() {
		t.Errorf("offer %+v, kept %+v", m.desk.offer, src.kept)
	}
	m.pressAll("n")
	if m.editor.text != "! half" {
		t.Errorf("the note line holds %q", m.editor.text)
	}
	m.pressAll("ctrl+u", "esc")
	m.clerkNow()
	if len(src.kept) == 0 || !src.last().Empty() {
		t.Errorf("an emptied line is kept: %+v", src.kept)
	}
}

func TestUnfinishedIsTakenByTheNoteLineToo(t *testing.T) {
	t.Parallel()
	m, src := atDesk(busyStory(), 120, 36, nil)
	src.left = session.Unfinished{By: "mel", Note: &session.Line{Text: "! half", Typed: storyBegan}}
	m.run(m.askUnfinished())
	m.pressAll("n")
	if m.editor.text != "! half" || m.desk.offer != nil {
		t.Errorf("n opens %q", m.editor.text)
	}
	m.Update(tea.PasteMsg{Content: "\nlines"})
	m.pressAll("esc", "ctrl+x", "n", "enter")
	if n, ok := src.done()[1].(session.AddNote); !ok || n.Draft.Text != "half\nlines" || n.Draft.Kind != notes.Bug {
		t.Errorf("did %+v", src.done())
	}
}

func TestRefusedChangeIsNotLost(t *testing.T) {
	t.Parallel()
	m, src := atDesk(deskStory(), 120, 36, nil)
	src.reply = func(session.Command) (session.Reply, error) { return session.Reply{}, errors.New("the disk is full") }
	m.pressAll("tab", "e")
	m.typeText(" precious")
	m.clerkNow()
	if u := src.last(); u.Change == nil || u.Change.ID != "n5" || !strings.HasSuffix(u.Change.Text, "precious") {
		t.Fatalf("kept %+v", u)
	}
	m.pressAll("enter", "esc") // leaves the list
	if u := src.last(); u.Change == nil {
		t.Error("the draft went although the change was refused")
	}
	m.pressAll("enter")
	if !strings.HasSuffix(m.editor.text, "precious") || m.editor.id != "n5" {
		t.Errorf("offered %+v", m.editor)
	}
}
