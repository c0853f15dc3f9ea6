package tui

import (
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"crosstalk/session"
)

func TestTabCompletesTags(t *testing.T) {
	t.Parallel()
	m, src := atDesk(deskStory(), 120, 36, nil) // #checkout and #queue twice each, #queue first
	m.pressAll("n")
	m.typeText("! slow #")
	if g := m.ghost(); g != "checkout" {
		t.Errorf("the most used is offered as %q", g)
	}
	m.typeText("Qu")
	if g := m.ghost(); g != "eue" {
		t.Errorf("#Qu goes on with %q", g)
	}
	m.pressAll("tab")
	if m.editor.text != "! slow #queue" || m.ghost() != "" {
		t.Errorf("Tab makes %q, ghost %q", m.editor.text, m.ghost())
	}
	m.typeText(" #")
	m.pressAll("tab", "tab")
	if m.editor.text != "! slow #queue #queue" {
		t.Errorf("the second Tab makes %q", m.editor.text)
	}
	m.pressAll("tab")
	if m.editor.text != "! slow #queue #checkout" {
		t.Errorf("the third Tab makes %q", m.editor.text)
	}
	m.typeText(" #new")
	m.pressAll("tab")
	if m.editor.text != "! slow #queue #checkout #new" || !strings.Contains(m.message.text, "new one") {
		t.Errorf("a new tag: %q, %q", m.editor.text, m.message.text)
	}
	m.pressAll("enter")
	if n := src.done()[0].(session.AddNote); !slices.Equal(n.Draft.Tags, []string{"queue", "checkout", "new"}) {
		t.Errorf("tags %v", n.Draft.Tags)
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	m, src := atDesk(deskStory(), 120, 36, nil)
	ids := func() string {
		var out []string
		for _, n := range m.listed() {
			out = append(out, n.ID)
		}
		return strings.Join(out, " ")
	}
	m.pressAll("tab", "/")
	m.typeText("#queue")
	if ids() != "n1 n4" || m.sel != "n4" {
		t.Errorf("#queue finds %s, selects %s", ids(), m.sel)
	}
	m.pressAll("up")
	if m.sel != "n1" || m.editor.text != "#queue" {
		t.Errorf("the match before is %s", m.sel)
	}
	m.typeText(" by:jon")
	if ids() != "n4" || m.sel != "n4" {
		t.Errorf("by jon: %s, %s", ids(), m.sel)
	}
	m.pressAll("enter", "up", "up")
	if m.mode != modeMain || m.sel != "n4" || ids() != "n4" {
		t.Errorf("kept: %s, %s", m.sel, ids())
	}
	m.pressAll("/", "ctrl+u")
	m.typeText("nothing is so")
	if f := ansi.Strip(m.View().Content); ids() != "" || !strings.Contains(f, "0 of 5 found") || !strings.Contains(f, "no note is like that") {
		t.Errorf("finds %s:\n%s", ids(), f)
	}
	m.pressAll("esc")
	if ids() != "n1 n2 n3 n4 n5" || m.sel != "n4" {
		t.Errorf("after it: %s, %s", ids(), m.sel)
	}
	m.pressAll("/")
	m.typeText("resolved")
	m.pressAll("enter", "esc", "esc")
	if m.sel != "" || m.searching() {
		t.Error("Esc ends the search, then leaves the list")
	}
	if len(src.done()) != 0 {
		t.Errorf("searching did %v", src.done())
	}
}

// TestNoteGoesToItsMoment: a note that the charts do not reach moves them there,
// in both panes, and Esc brings them back.
func TestNoteGoesToItsMoment(t *testing.T) {
	t.Parallel()
	for _, w := range []int{80, 120, 200} {
		m, _ := atDesk(deskStory(), w, 40, nil)
		live := m.view.axis
		m.pressAll("tab", "enter")
		if m.view.axis.past {
			t.Errorf("%d: a fresh note moved the charts", w)
		}
		m.pressAll("left", "left", "left") // n2
		n, _ := m.opened()
		a := m.view.axis
		if n.ID != "n2" || !a.past || a.col(n.MS) < 0 || a.col(n.MS) >= a.cols || a.now != min(a.now, live.now) {
			t.Errorf("%d: %s at %d on %+v", w, n.ID, n.MS, a)
		}
		if len(m.view.slots) < 60 {
			t.Errorf("%d: %d seconds of the past are drawn", w, len(m.view.slots))
		}
		frame := ansi.Strip(m.View().Content)
		marked := 0
		for l := range strings.SplitSeq(frame, "\n") {
			r := []rune(l)
			left, right := m.layout.staging, m.layout.production
			at := left.x + 1 + gutter + a.col(n.MS)
			if len(r) == w && at < len(r) && (r[at] == '┃' && r[at+right.x-left.x] == '┃') {
				marked++
			}
		}
		if marked < 4 || strings.Count(frame, "not now · Esc: now") != 2 || strings.Count(frame, "┃ n2 ") != 2 {
			t.Errorf("%d: marked on %d rows:\n%s", w, marked, frame)
		}
		m.pressAll("esc")
		if m.view.axis != live {
			t.Errorf("%d: Esc leaves the charts at %+v", w, m.view.axis)
		}
	}
}

func TestOldNoteShowsTheCoarseRing(t *testing.T) {
	t.Parallel()
	s := baselineStory(20)
	s.note("mel", "", "long ago")
	s.dialTo(5)
	s.until(40 * 60)
	m, _ := atDesk(s, 120, 36, nil)
	m.pressAll("tab", "enter")
	a := m.view.axis
	if !a.past || a.bucket != 10_000 || len(m.view.slots) == 0 || m.view.slots[0].MS%10_000 != 0 {
		t.Errorf("axis %+v, %d slots", a, len(m.view.slots))
	}
	pl := newPlot(m.st, a.cols, 10)
	pane{m, "production"}.curves(pl, m.view)
	if !slices.ContainsFunc(pl.bits, func(b uint8) bool { return b != 0 }) {
		t.Error("nothing is drawn of long ago")
	}
}
