package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"crosstalk/session"
	"crosstalk/session/link"
)

// guidedScreen is a screen of a story with a guide on its note line, and a clock
// that the test moves.
func guidedScreen(t *story, w, h int, o Options) (*Model, *fakeSource, func(time.Duration)) {
	src := newSource(t)
	src.state = session.NewState()
	now := storyBegan.Add(time.Duration(t.ms)*time.Millisecond + 200*time.Millisecond)
	o.Who, o.Host, o.Now = mel, true, func() time.Time { return now }
	m := New(src, o)
	m.Update(tea.WindowSizeMsg{Width: w, Height: h})
	m.Update(eventsMsg{events: t.events, at: m.now})
	return m, src, func(d time.Duration) {
		for ; d > 0; d -= clockEvery {
			now = now.Add(clockEvery)
			m.now = now
			m.run(m.guideTick())
		}
	}
}

func (m *Model) text() string { return ansi.Strip(m.View().Content) }

// told is what the guide says, without the breaks of the window.
func (m *Model) told() string {
	text, _ := m.guided()
	return text
}

// quietStory is a story whose baseline is learned and where nothing has happened.
func quietStory() *story {
	t := baselineStory(3)
	for range 3 {
		t.second()
	}
	t.add(session.BySession, session.TypeBaselineEnd, &session.BaselineEnd{})
	return t
}

// The offer stands on the note line, never over the panes, and takes Enter and
// Esc alone.
func TestTourIsOffered(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {120, 36}, {200, 60}} {
		tour := &Tour{}
		m, src, _ := guidedScreen(quietStory(), size[0], size[1], Options{Demo: true, Tour: tour})
		plain, _, _ := guidedScreen(quietStory(), size[0], size[1], Options{Demo: true})
		with, without := strings.Split(m.text(), "\n"), strings.Split(plain.text(), "\n")
		for y := range m.layout.users.y {
			if with[y] != without[y] {
				t.Errorf("%v: line %d is touched:\n%s\n%s", size, y, with[y], without[y])
			}
		}
		if !strings.Contains(m.text(), "Enter plays them") || !strings.Contains(m.text(), "Three acts") {
			t.Errorf("%v: no offer:\n%s", size, m.text())
		}
		m.pressAll("n", "x", "esc", "?", "esc", "right")
		if _, ok := src.newest().(session.MoveDial); !ok {
			t.Errorf("%v: right: %v", size, src.newest())
		}
		m.pressAll("esc")
		if strings.Contains(m.text(), "Three acts") {
			t.Errorf("%v: Esc does not hide the offer", size)
		}
		m.pressAll("enter")
		if tour.Next != 0 || m.leaving {
			t.Errorf("%v: a hidden offer takes Enter", size)
		}
	}
	tour := &Tour{}
	m, src, _ := guidedScreen(quietStory(), 120, 36, Options{Tour: tour})
	m.pressAll("enter")
	if c, ok := src.newest().(session.Finish); !ok || c.Reason != "plan" || tour.Next != 1 || !m.leaving {
		t.Errorf("Enter: %v, next %d", src.newest(), tour.Next)
	}
	m, _, _ = guidedScreen(busyStory(), 120, 36, Options{Tour: &Tour{}})
	if strings.Contains(m.text(), "Three acts") {
		t.Error("offered while load runs")
	}
	if m, _, _ := guidedScreen(quietStory(), 120, 36, Options{}); m.guide != nil {
		t.Error("a guide that nobody asked for")
	}
}

// An act makes its moves every ten seconds, or at Enter, stops at the end, and
// goes on to the next act.
func TestActPlays(t *testing.T) {
	t.Parallel()
	tale := baselineStory(3)
	tour := &Tour{Act: 1, Hurt: func() uint64 { return 312 }}
	m, src, pass := guidedScreen(tale, 120, 36, Options{Tour: tour})
	pass(30 * time.Second)
	m.pressAll("enter")
	if len(src.done()) > 0 {
		t.Fatalf("moves before the usual is learned: %v", src.done())
	}
	tale = quietStory()
	m.Update(eventsMsg{events: tale.events[m.s.Seq:], at: m.now})
	var asked []int
	moves := func() []int {
		asked = nil
		for _, c := range src.done() {
			if d, ok := c.(session.SetDial); ok {
				asked = append(asked, d.To)
			}
		}
		return asked
	}
	pass(time.Second)
	if got := moves(); len(got) != 1 || got[0] != 10 {
		t.Fatalf("first moves: %v", got)
	}
	if !strings.Contains(m.text(), "10 users on staging") || !strings.Contains(m.text(), "goes on, or in ") {
		t.Errorf("the first scene:\n%s", m.text())
	}
	pass(9 * time.Second)
	if got := moves(); len(got) != 1 {
		t.Errorf("too early: %v", got)
	}
	pass(2 * time.Second)
	if got := moves(); len(got) != 2 || got[1] != 20 {
		t.Errorf("after ten seconds: %v", got)
	}
	m.pressAll("enter", "enter")
	if got := moves(); len(got) != 4 || got[3] != 80 {
		t.Errorf("Enter goes on: %v", got)
	}
	pass(21 * time.Second)
	if !strings.Contains(m.told(), "asks the director") {
		t.Errorf("after the last move:\n%s", m.text())
	}
	pass(11 * time.Second)
	if _, ok := src.newest().(session.StopAll); !ok {
		t.Errorf("the act ends without a stop: %v", src.newest())
	}
	if !strings.Contains(m.told(), "312 customers") {
		t.Errorf("the end:\n%s", m.text())
	}
	pass(time.Minute)
	if tour.Next != 0 {
		t.Error("the end does not wait for a key")
	}
	m.pressAll("enter")
	if tour.Next != 2 {
		t.Errorf("next: %d", tour.Next)
	}
}

// Who takes the dial, or stops, has it: the act makes no more moves.
func TestActLetsGo(t *testing.T) {
	t.Parallel()
	for _, k := range []string{"right", "ctrl+x", "5", "space", "wheel", "click"} {
		tour := &Tour{Act: 2}
		m, src, pass := guidedScreen(quietStory(), 120, 36, Options{Tour: tour})
		pass(time.Second)
		l := m.layout.users
		switch k {
		case "wheel":
			m.Update(tea.MouseWheelMsg{Button: tea.MouseWheelUp, X: l.x + l.w/2, Y: l.y + 2})
		case "click":
			m.Update(tea.MouseClickMsg{Button: tea.MouseLeft, X: l.x + l.w/2, Y: l.y + 1})
			if m.mode != modeNumber {
				t.Fatal("the click did not reach the gauge")
			}
		default:
			m.pressAll(k, "esc")
		}
		n := len(src.done())
		if tour.Next == free { // Esc closed a number first, or ended the acts
			continue
		}
		pass(time.Minute)
		if got := len(src.done()); got != n {
			t.Errorf("%s: the act goes on: %v", k, src.done()[n:])
		}
	}
	tour := &Tour{Act: 2}
	m, _, _ := guidedScreen(quietStory(), 120, 36, Options{Tour: tour})
	m.pressAll("esc")
	if tour.Next != free {
		t.Errorf("Esc: next %d", tour.Next)
	}
}

// The last act starts the check with three users and tells its verdict.
func TestActChecks(t *testing.T) {
	t.Parallel()
	tale := quietStory()
	tour := &Tour{Act: 3, Told: [Acts]uint64{312, 4}}
	m, src, pass := guidedScreen(tale, 120, 36, Options{Tour: tour})
	pass(time.Second)
	if c, ok := src.newest().(session.StartCheck); !ok || c.Users != 3 || c.Profile != "quick" {
		t.Fatalf("the check: %v", src.newest())
	}
	m.s.Link.Last = &session.LinkResult{LinkVerdict: session.LinkVerdict{Kind: string(link.Linked)}}
	pass(time.Second)
	if !strings.Contains(m.told(), "Found with 3 users: linked") || !strings.Contains(m.told(), "it was 312") {
		t.Errorf("the verdict:\n%s", m.text())
	}
	m.pressAll("enter")
	if tour.Next != free {
		t.Errorf("next: %d", tour.Next)
	}
}

// A mystery is answered by Enter and y or n: a decision note, then the way out.
func TestMysteryIsAnswered(t *testing.T) {
	t.Parallel()
	for k, want := range map[string]string{"y": AnswerLinked, "n": AnswerNotLinked} {
		m, src, _ := guidedScreen(quietStory(), 120, 36, Options{Mystery: true})
		m.pressAll("enter")
		if !strings.Contains(m.text(), "Do they share a database?") || !strings.Contains(m.text(), "not yet") {
			t.Fatalf("the question:\n%s", m.text())
		}
		m.pressAll(k)
		found := false
		for _, c := range src.done() {
			n, ok := c.(session.AddNote)
			found = found || ok && n.Draft.Kind == "decision" && n.Draft.Text == want
		}
		if !found || m.mode != modeEdit || m.editor.purpose != editLearned {
			t.Errorf("%s: %v, mode %v", k, src.done(), m.mode)
		}
	}
	m, src, _ := guidedScreen(quietStory(), 80, 24, Options{Mystery: true})
	m.pressAll("enter", "esc")
	if len(src.done()) > 0 || m.mode != modeMain {
		t.Errorf("not yet: %v", src.done())
	}
}

// Express asks for the charter while the usual is learned, then offers the check.
func TestExpress(t *testing.T) {
	t.Parallel()
	m, src, pass := guidedScreen(baselineStory(3), 120, 36, Options{Express: true})
	pass(time.Second)
	if m.mode != modeForm || m.form.title != "CHARTER" {
		t.Fatalf("mode %v", m.mode)
	}
	m.pressAll("esc")
	pass(time.Second)
	if m.mode != modeMain {
		t.Error("the charter is asked for twice")
	}
	tale := quietStory()
	m.Update(eventsMsg{events: tale.events[m.s.Seq:], at: m.now})
	if !strings.Contains(m.text(), "Enter starts it") {
		t.Fatalf("no offer:\n%s", m.text())
	}
	m.pressAll("enter")
	if c, ok := src.newest().(session.StartCheck); !ok || c.Profile != "quick" {
		t.Errorf("Enter: %v", src.newest())
	}
	m.pressAll("esc")
	if strings.Contains(m.text(), "Enter starts it") {
		t.Error("Esc does not hide the offer")
	}
}

// Who hurries through the first act with Enter is not told of servers that turned
// red, nor of customers that were hurt, where none did and none were.
func TestAHurriedActSaysWhatItIs(t *testing.T) {
	t.Parallel()
	for red, want := range map[int]string{0: "None of production's 4 servers is red yet", 1: "1 of production's 4 servers is red, and more", 3: "3 of production's 4 servers are red, one after the other."} {
		tale := quietStory()
		for i := range red {
			tale.turns("production", fmt.Sprintf("web-%d", i+1), "red", "no answer in 2 s")
		}
		hurt := uint64(red)
		m, src, _ := guidedScreen(tale, 120, 36, Options{Tour: &Tour{Act: 1, Hurt: func() uint64 { return hurt }}})
		for range 5 {
			m.pressAll("enter")
		}
		if got := m.told(); !strings.Contains(got, want) || !strings.Contains(got, "asks the director") || strings.Contains(got, "0 of") {
			t.Errorf("%d red: %s", red, got)
		}
		m.pressAll("enter")
		if _, ok := src.newest().(session.StopAll); !ok {
			t.Fatalf("the act does not end: %v", src.newest())
		}
		if got := m.told(); strings.Contains(got, "before a customer of production was slowed") != (red == 0) || strings.Contains(got, "0 customers") {
			t.Errorf("%d hurt: %s", red, got)
		}
	}
}

// A short session on real systems has its pre-flight page, too: when the charter
// is set, or left as it was; the demo's has none.
func TestExpressHasItsPreflightPage(t *testing.T) {
	t.Parallel()
	for _, keys := range [][]string{{"esc"}, {"ctrl+s"}} {
		m, _, pass := guidedScreen(baselineStory(3), 120, 36, Options{Express: true, Before: true})
		if m.overlay != overlayNone {
			t.Fatal("the page lies there before the charter")
		}
		pass(time.Second)
		if m.mode != modeForm || m.overlay != overlayNone {
			t.Fatalf("mode %v, overlay %v", m.mode, m.overlay)
		}
		m.pressAll(keys...)
		pass(time.Second)
		if f := m.text(); m.overlay != overlayPreflight || !strings.Contains(f, "PRE-FLIGHT") || !strings.Contains(f, "Paste before the start") {
			t.Errorf("%v: no page:\n%s", keys, f)
		}
		m.pressAll("enter")
		pass(time.Second)
		if m.overlay != overlayNone {
			t.Errorf("%v: the page comes twice", keys)
		}
		tale := quietStory()
		m.Update(eventsMsg{events: tale.events[m.s.Seq:], at: m.now})
		if !strings.Contains(m.text(), "Enter starts it") {
			t.Errorf("%v: the quick check is not offered after it:\n%s", keys, m.text())
		}
	}
	m, _, pass := guidedScreen(baselineStory(3), 120, 36, Options{Express: true})
	pass(time.Second)
	m.pressAll("esc")
	pass(time.Second)
	if m.overlay != overlayNone {
		t.Error("a demo has a page")
	}
}
