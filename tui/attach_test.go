package tui

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"crosstalk/notes"
	"crosstalk/session"
)

func TestAttachingOnScreen(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	for name, text := range map[string]string{"shots/a one.png": "one", "shots/a two.png": "two", "shots/.hidden": "h"} {
		path := filepath.Join(home, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	m, src := atDesk(deskStory(), 120, 36, nil)
	m.pressAll("tab", "enter", "a")
	m.typeText("~/s")
	m.pressAll("tab")
	if m.editor.text != "~/shots/" {
		t.Errorf("completed to %q", m.editor.text)
	}
	m.pressAll("tab")
	if m.editor.text != "~/shots/a " || !strings.Contains(m.message.text, "a one.png  a two.png") {
		t.Errorf("completed to %q, says %q", m.editor.text, m.message.text)
	}
	m.typeText("t")
	m.pressAll("tab", "enter")
	if src.attached["n5 a two.png"] != "two" || src.from[0] != notes.FromFile || !strings.Contains(m.message.text, "a two.png is attached to n5") {
		t.Errorf("attached %v, says %q", src.attached, m.message.text)
	}

	_, cmd := m.Update(key("v"))
	if cmd == nil || m.desk.clip.id != "n5" {
		t.Fatal("the clipboard was not asked for")
	}
	_, cmd = m.Update(tea.ClipboardMsg{Content: "curl -v\nHTTP/1.1 500"})
	m.run(cmd)
	if src.attached["n5 clipboard.txt"] != "curl -v\nHTTP/1.1 500" {
		t.Errorf("attached %v", src.attached)
	}
	_, cmd = m.Update(tea.ClipboardMsg{Content: "unasked"})
	m.run(cmd)
	if len(src.attached) != 2 {
		t.Errorf("a clipboard nobody asked for was attached: %v", src.attached)
	}

	m.pressAll("s")
	if !slices.ContainsFunc(src.from, func(f string) bool { return f == notes.FromSamples }) {
		t.Errorf("no samples: %v", src.from)
	}
}

// A path that leads nowhere stays on the line with what is wrong with it: what is
// typed after it must not act as keys.
func TestAWrongPathStaysToBeMended(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	if err := os.WriteFile(filepath.Join(home, "right.png"), []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	m, src := atDesk(deskStory(), 120, 36, nil)
	m.pressAll("tab", "enter", "a")
	for typed, say := range map[string]string{"~/rigt.png": "no such file", "~": "it is a folder", os.DevNull: "it is a pipe or a device"} {
		m.typeText(typed)
		m.pressAll("enter")
		if !m.message.bad || !strings.Contains(m.message.text, say) || !strings.Contains(m.message.text, "mend the path") {
			t.Errorf("%s says %q", typed, m.message.text)
		}
		if m.mode != modeEdit || m.editor.purpose != editPath || m.editor.text != typed {
			t.Fatalf("%s: the line holds %q", typed, m.editor.text)
		}
		m.pressAll("ctrl+u")
	}
	did := len(src.done())
	m.typeText("~/rigt.png")
	m.pressAll("enter")
	m.typeText("0q") // typed on, as keys these would ease the load and leave
	if len(src.done()) != did || m.mode != modeEdit {
		t.Errorf("did %v", src.done()[did:])
	}
	m.pressAll("backspace", "backspace")
	m.pressAll("left", "left", "left", "left", "left") // before "t.png"
	m.typeText("h")
	m.pressAll("enter")
	if m.mode != modeMain || src.attached["n5 right.png"] != "one" {
		t.Errorf("attached %v, says %q", src.attached, m.message.text)
	}
	// Closed meanwhile, it says so and does not open again.
	m.pressAll("a", "x")
	_, cmd := m.Update(key("enter"))
	m.pressAll("esc")
	m.run(cmd)
	if m.mode != modeMain || !strings.Contains(m.message.text, "not attached: no such file") {
		t.Errorf("mode %v, says %q", m.mode, m.message.text)
	}
}

func TestClipboardThatDoesNotAnswerIsSaid(t *testing.T) {
	t.Parallel()
	now := storyBegan.Add(620 * time.Second)
	m, src := atDesk(deskStory(), 120, 36, func(o *Options) { o.Now = func() time.Time { return now } })
	m.pressAll("tab", "enter")
	m.Update(key("v"))
	now = now.Add(clipWait + time.Second)
	m.Update(clockMsg(now))
	if !m.message.bad || !strings.Contains(m.message.text, "no clipboard from this terminal: n and paste") {
		t.Errorf("says %q", m.message.text)
	}
	m.Update(tea.ClipboardMsg{Content: "late"})
	if len(src.attached) != 0 {
		t.Errorf("attached %v", src.attached)
	}
}

func TestGuestsAttachNoFilesOfThisMachine(t *testing.T) {
	t.Parallel()
	m, _ := atDesk(deskStory(), 120, 36, func(o *Options) { o.Host = false })
	m.pressAll("tab", "enter", "a")
	if m.mode == modeEdit || !m.message.bad {
		t.Errorf("a guest is asked for a path: %q", m.message.text)
	}
}

func TestFreeze(t *testing.T) {
	t.Parallel()
	m, src := atDesk(deskStory(), 120, 36, nil)
	m.pressAll("z", "f") // zoomed, and n5 is fresh
	if len(src.attached) != 2 {
		t.Fatalf("attached %v", src.attached)
	}
	text := src.attached["n5 panes-10m05s.txt"]
	for _, say := range []string{"STAGING", "PRODUCTION", "00:10:05", "web-4", "45 users"} {
		if say == "45 users" {
			continue
		}
		if !strings.Contains(text, say) {
			t.Errorf("the text lacks %q:\n%s", say, text)
		}
	}
	if strings.Contains(text, "\x1b") || !strings.HasPrefix(src.attached["n5 panes-10m05s.svg"], "<svg ") || !strings.Contains(src.attached["n5 panes-10m05s.svg"], "PRODUCTION") {
		t.Errorf("text or picture is none:\n%.200s", src.attached["n5 panes-10m05s.svg"])
	}

	// Without a fresh note of one's own there is a new one.
	s := deskStory()
	s.until(900)
	m, src = atDesk(s, 80, 24, nil)
	src.reply = func(session.Command) (session.Reply, error) { return session.Reply{Note: "n6"}, nil }
	m.pressAll("f")
	if n, ok := src.done()[0].(session.AddNote); !ok || n.Draft.Text != "panes frozen" || n.Draft.Kind != notes.Plain || src.attached["n6 panes-15m00s.txt"] == "" {
		t.Errorf("did %+v, attached %d", src.done(), len(src.attached))
	}
}

func TestScreenshotsAreOffered(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	now := storyBegan.Add(605 * time.Second)
	m, src := atDesk(deskStory(), 120, 36, func(o *Options) { o.Shots, o.Now = dir, func() time.Time { return now } })
	look := func() {
		t.Helper()
		now = now.Add(lookEvery)
		m.now = now
		m.clerkNow()
	}
	write("old.png", "old")
	look()
	write("new.PNG", "hal")
	write("notes.txt", "no image")
	write(".new.png", "a temporary one")
	look()
	write("new.PNG", "half and whole")
	look()
	if len(m.shotLines()) != 0 {
		t.Errorf("offered while it grows: %v", m.shotLines())
	}
	look()
	if l := m.shotLines(); len(l) != 1 || !strings.Contains(l[0], "new screenshot new.PNG: A attaches it to n5") {
		t.Fatalf("offers %v", l)
	}
	write("b.png", "b")
	look()
	look()
	if l := m.shotLines(); !strings.Contains(l[0], "new.PNG") || !strings.Contains(l[0], "1 more") {
		t.Errorf("offers %v", l)
	}
	m.pressAll("A")
	if src.attached["n5 new.PNG"] != "half and whole" || src.from[0] != notes.FromFolder {
		t.Errorf("attached %v", src.attached)
	}
	m.pressAll("esc")
	look()
	if len(m.shotLines()) != 0 || len(src.attached) != 1 {
		t.Errorf("after Esc %v, %v", m.shotLines(), src.attached)
	}
	m.o.Shots = filepath.Join(dir, "none")
	look()
	if !strings.Contains(m.message.text, "can’t be watched") {
		t.Errorf("says %q", m.message.text)
	}
}

// The card goes to the clipboard of whoever looks at it.
func TestCardIsCopied(t *testing.T) {
	t.Parallel()
	m, _ := atDesk(deskStory(), 120, 36, func(*Options) {})
	m.pressAll("w")
	if frame := ansi.Strip(m.View().Content); !strings.Contains(frame, "y copies it") {
		t.Errorf("the card does not say how it is copied:\n%s", frame)
	}
	_, cmd := m.Update(key("y"))
	if cmd == nil {
		t.Fatal("y does nothing")
	}
	if text := fmt.Sprint(cmd()); !strings.Contains(text, "PRODUCTION") || !strings.Contains(text, "GUARD") {
		t.Errorf("copied %q", text)
	}
}
