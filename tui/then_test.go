package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"crosstalk/session"
)

// thenStory has notes whose authors said that they happened earlier.
func thenStory() *story {
	t := baselineStory(10)
	t.dialTo(20)
	t.until(60)
	t.dialTo(0)
	t.until(70)
	for _, n := range []struct {
		id       string
		happened time.Duration // from the start
	}{{"then", 50 * time.Second}, {"odd", -131 * time.Minute}} {
		at, now := storyBegan.Add(n.happened), storyBegan.Add(time.Duration(t.ms)*time.Millisecond)
		c := t.s.Context(now)
		t.add("mel", session.TypeNoteAdd, &session.NoteAdd{ID: n.id, Kind: "bug", Text: n.id, Typed: now, Happened: &at, Begun: c, Context: c})
	}
	t.until(72)
	return t
}

// line is the one line of a frame that holds all of these.
func line(t *testing.T, frame string, holds ...string) string {
	t.Helper()
	for l := range strings.Lines(frame) {
		all := true
		for _, h := range holds {
			all = all && strings.Contains(l, h)
		}
		if all {
			return l
		}
	}
	t.Errorf("no line holds %q in\n%s", holds, frame)
	return ""
}

func TestNotesOfAnotherMomentShowItsUsers(t *testing.T) {
	t.Parallel()
	m, src := atDesk(thenStory(), 120, 36, nil)
	look := func() string { return ansi.Strip(m.View().Content) }
	frame := look()
	line(t, frame, "00:50", " 20 users", "! then")
	line(t, frame, "before ", "  ? users", "! odd")

	m.pressAll("tab", "enter")
	frame = look()
	line(t, frame, "odd · bug", "before the session", "13:19:00")
	line(t, frame, "said to have happened at 13:19:00, before the session: nothing of it is known")
	if strings.Contains(frame, "not now") {
		t.Errorf("the charts went to a time before the session:\n%s", frame)
	}
	for l := range strings.Lines(frame) {
		if strings.Contains(l, "┃") {
			t.Errorf("the chart has a marker: %s", l)
		}
	}
	m.pressAll("s")
	line(t, look(), "odd happened before the session began", "no samples")
	if len(src.attached) > 0 {
		t.Errorf("attached %v", src.attached)
	}
	m.pressAll("left")
	frame = look()
	line(t, frame, "then   00:50", "20 users")
	if !strings.Contains(frame, "┃") {
		t.Errorf("no marker:\n%s", frame)
	}
	m.pressAll("esc", "esc", "t")
	line(t, look(), "before ", "13:19:00", "odd")
}

// The row of signs has none for what was before the session, though its axis may
// begin before it.
func TestNoSignBeforeTheSession(t *testing.T) {
	t.Parallel()
	tale := baselineStory(3)
	tale.until(8)
	at, now := storyBegan.Add(-20*time.Second), storyBegan.Add(8*time.Second)
	row := func() string { m, _ := atDesk(tale, 120, 36, nil); return ansi.Strip(m.View().Content) }
	signs := strings.Count(row(), "!")
	tale.add("mel", session.TypeNoteAdd, &session.NoteAdd{ID: "odd", Kind: "bug", Text: "odd", Typed: now, Happened: &at})
	if got := strings.Count(row(), "!"); got != signs+1 { // in the list only
		t.Errorf("%d signs, then %d:\n%s", signs, got, row())
	}
}
