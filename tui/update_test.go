package tui

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"crosstalk/session"
)

// each runs what a command holds, batches too, and returns the messages.
func each(cmd tea.Cmd) []tea.Msg {
	if cmd == nil {
		return nil
	}
	msg := cmd()
	batch, ok := msg.(tea.BatchMsg)
	if !ok {
		return []tea.Msg{msg}
	}
	var out []tea.Msg
	for _, c := range batch {
		out = append(out, each(c)...)
	}
	return out
}

func TestFirstViewWithoutSize(t *testing.T) {
	t.Parallel()
	m := New(newSource(newStory()), Options{Who: mel})
	if got := m.View().Content; got != "" {
		t.Errorf("a screen without a size shows %q", got)
	}
}

// modes are all the states the keyboard can be in, and the keys that lead there.
var modes = map[string][]string{
	"main": nil, "number": {"5"}, "spike": {"S", "9"}, "spike question": {"S", "9", "enter"}, "quit question": {"q"}, "note": {"n", "x"},
	"kind": {"!", "a"}, "list": {"tab"}, "edit": {"tab", "e"}, "take back": {"tab", "u"}, "help": {"?"}, "errors": {"e"}, "timeline": {"t"}, "card": {"w"},
	"zoom": {"z"}, "tiles": {"tab", "tab"}, "mute": {"tab", "tab", "m"}, "warn": {"G", "x"}, "farewell": {"q", "y"}, "typed farewell": {"q", "y", "o", "k"},
}

func TestStopAllInEveryMode(t *testing.T) {
	t.Parallel()
	for name, keys := range modes {
		t.Run(name, func(t *testing.T) {
			for _, stop := range []string{"ctrl+x", "ctrl+c"} {
				m, src := screen(busyStory(), 120, 36)
				m.pressAll(keys...)
				before := len(src.done())
				_, cmd := m.Update(key(stop))
				m.run(cmd)
				did := src.done()[before:]
				if len(did) != 1 || did[0] != (session.StopAll{}) {
					t.Errorf("%s did %v", stop, did)
				}
			}
		})
	}
}

func TestStopAllWhileAMoveIsOnItsWay(t *testing.T) {
	t.Parallel()
	m, src := screen(busyStory(), 120, 36)
	_, move := m.Update(key("up")) // not run: it is on its way
	m.pressAll("right", "right")   // these wait
	m.pressAll("ctrl+x")
	if did := src.done(); len(did) != 1 || did[0] != (session.StopAll{}) {
		t.Fatalf("did %v before the move was answered", did)
	}
	m.run(move)
	if did := src.done(); len(did) != 2 {
		t.Errorf("moves that waited went out after the stop: %v", did)
	}
}

func TestMovesAreSummedWhileOneIsOnItsWay(t *testing.T) {
	t.Parallel()
	m, src := screen(busyStory(), 120, 36)
	_, first := m.Update(key("up"))
	for range 7 {
		if _, cmd := m.Update(key("up")); cmd != nil {
			t.Fatal("a second move went out before the first was answered")
		}
	}
	m.pressAll("right", "left", "down")
	m.run(first)
	did := src.done()
	if len(did) != 2 || did[0] != (session.MoveDial{By: 1}) || did[1] != (session.MoveDial{By: 6}) {
		t.Errorf("did %v", did)
	}
}

func TestAbsoluteMoveVoidsWhatWaits(t *testing.T) {
	t.Parallel()
	m, src := screen(busyStory(), 120, 36)
	_, first := m.Update(key("up"))
	m.pressAll("right", "right", "b", "down", "down")
	m.run(first)
	want := []session.Command{session.MoveDial{By: 1}, session.BackToGood{}, session.MoveDial{By: -2}}
	if got := src.done(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("did %v, want %v", got, want)
	}
}

func TestRefusalIsShownAndFades(t *testing.T) {
	t.Parallel()
	now := storyBegan.Add(time.Hour)
	src := newSource(busyStory())
	src.reply = func(session.Command) (session.Reply, error) {
		return session.Reply{}, &session.Refusal{Why: "the cap is 200 users"}
	}
	m := New(src, Options{Who: mel, Host: true, Now: func() time.Time { return now }})
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	m.pressAll("up")
	if f := ansi.Strip(m.View().Content); !strings.Contains(f, "the cap is 200 users") {
		t.Errorf("the reason is not shown:\n%s", f)
	}
	now = now.Add(messageFor + time.Millisecond)
	m.Update(clockMsg(now))
	if f := ansi.Strip(m.View().Content); strings.Contains(f, "the cap") {
		t.Error("the reason does not fade")
	}
}

func TestDialKeys(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		keys []string
		want session.Command
	}{
		{[]string{"up"}, session.MoveDial{By: 1}},
		{[]string{"down"}, session.MoveDial{By: -1}},
		{[]string{"right"}, session.MoveDial{By: 10}},
		{[]string{"left"}, session.MoveDial{By: -10}},
		{[]string{"1", "5", "0", "enter"}, session.SetDial{To: 150}},
		{[]string{"1", "5", "backspace", "2", "enter"}, session.SetDial{To: 12}},
		{[]string{"1", "5", "esc"}, nil},
		{[]string{"S", "8", "0", "enter", "y"}, session.SetDial{To: 80, Spike: true}},
		{[]string{"S", "8", "0", "enter", "esc"}, nil},
		{[]string{"S", "enter"}, nil},
		{[]string{"space"}, session.Hold{}},
		{[]string{"b"}, session.BackToGood{}},
		{[]string{"0"}, session.EaseOff{}},
		{[]string{"["}, session.SetGlide{To: 5}},
		{[]string{"]"}, session.SetGlide{To: 20}},
	} {
		t.Run(strings.Join(c.keys, " "), func(t *testing.T) {
			m, src := screen(busyStory(), 120, 36)
			m.pressAll(c.keys...)
			var want []session.Command
			if c.want != nil {
				want = append(want, c.want)
			}
			if got := src.done(); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("did %v, want %v", got, want)
			}
		})
	}
}

func TestWheel(t *testing.T) {
	t.Parallel()
	now := storyBegan.Add(time.Hour)
	src := newSource(busyStory())
	m := New(src, Options{Who: mel, Now: func() time.Time { return now }})
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 36})
	turn := func(b tea.MouseButton, times int) {
		for range times {
			_, cmd := m.Update(tea.MouseWheelMsg{Button: b, X: m.layout.users.x + 3, Y: m.layout.users.y + 2})
			m.run(cmd)
			now = now.Add(10 * time.Millisecond)
		}
	}
	turn(tea.MouseWheelUp, 100) // one second
	if n := len(src.done()); n != 5 {
		t.Errorf("one second of wheel up moved %d users, want 5", n)
	}
	turn(tea.MouseWheelDown, 20)
	if n := len(src.done()); n != 25 {
		t.Errorf("wheel down moved %d, want 20", n-5)
	}
}

func TestLeaving(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		keys []string
		want []session.Command
		over bool
	}{
		{"asked and stayed", []string{"q", "n"}, nil, false},
		{"with a sentence", []string{"q", "y", "o", "k", "enter"}, []session.Command{session.StopAll{}, session.Answer{Question: "learned", Text: "ok"}, session.Finish{Reason: "quit"}}, true},
		{"without one", []string{"q", "y", "enter"}, []session.Command{session.StopAll{}, session.Finish{Reason: "quit"}}, true},
		{"changed my mind", []string{"q", "y", "esc"}, []session.Command{session.StopAll{}}, false},
		{"ctrl+c once", []string{"ctrl+c"}, []session.Command{session.StopAll{}}, false},
		{"ctrl+c twice", []string{"ctrl+c", "ctrl+c"}, []session.Command{session.StopAll{}, session.Finish{Reason: "quit"}}, true},
		{"ctrl+c, a key, ctrl+c", []string{"ctrl+c", "w", "ctrl+c"}, []session.Command{session.StopAll{}, session.StopAll{}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, src := screen(busyStory(), 120, 36)
			m.pressAll(c.keys...)
			if got := src.done(); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("did %v, want %v", got, c.want)
			}
			if m.leaving != c.over {
				t.Errorf("leaving is %v", m.leaving)
			}
		})
	}
}

func TestAGuestLeavesOnlyHisView(t *testing.T) {
	t.Parallel()
	for _, k := range []string{"q", "ctrl+c"} {
		src := newSource(busyStory())
		m := New(src, Options{Who: session.Person{Name: "jon", Role: session.Observer}})
		_, cmd := m.Update(key(k))
		msgs := each(cmd)
		if len(msgs) != 1 || len(src.done()) != 0 {
			t.Errorf("%s: %v, did %v", k, msgs, src.done())
		}
		if _, ok := msgs[0].(tea.QuitMsg); !ok {
			t.Errorf("%s does not leave", k)
		}
	}
}

func TestGreyKeysSayWhy(t *testing.T) {
	t.Parallel()
	m, src := screen(busyStory(), 120, 36)
	src.may = func(c session.Command) error {
		if _, ok := c.(session.MoveDial); ok {
			return &session.Refusal{Why: "jon holds the dial"}
		}
		return nil
	}
	m.Update(clockMsg{})
	m.pressAll("?")
	if f := ansi.Strip(m.View().Content); !strings.Contains(f, "not now: jon holds the dial") {
		t.Errorf("help does not say why:\n%s", f)
	}
}

func TestHelpIsComplete(t *testing.T) {
	t.Parallel()
	m, _ := screen(busyStory(), 200, 60)
	var text strings.Builder
	h := m.help()
	for i := range h.n {
		for _, p := range h.line(i) {
			text.WriteString(p.text)
		}
		text.WriteByte('\n')
	}
	seen := map[string]string{}
	for _, b := range m.keys {
		if !strings.Contains(text.String(), b.does) {
			t.Errorf("help lacks %s: %s", b.show, b.does)
		}
		for _, k := range b.keys {
			if was, ok := seen[k]; ok {
				t.Errorf("%q is bound to %s and %s", k, was, b.id)
			}
			seen[k] = b.id
		}
	}
}

func TestFollowsInBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tale := busyStory()
		src := newSource(tale)
		ctx, cancel := context.WithCancel(t.Context())
		m := New(src, Options{Who: mel, Now: time.Now})
		m.ctx = ctx
		msgs := make(chan tea.Msg)
		follow := func(cmd tea.Cmd) { go func() { msgs <- cmd() }() }
		seq := uint64(len(tale.events))
		follow(m.pull(time.Time{}))
		updates, begun := 0, time.Now()
		// 1,000 events a second for two seconds, each pushed by itself.
		go func() {
			for range 2000 {
				seq++
				src.push(session.Event{V: 1, Seq: seq, T: time.Now(), MS: tale.ms, By: session.ByEngine, Type: session.TypeGlide, Body: &session.GlideSet{To: 1}})
				time.Sleep(time.Millisecond) // the bubble's time
			}
			src.end()
		}()
		for {
			msg := (<-msgs).(eventsMsg)
			if msg.err != nil {
				break
			}
			updates++
			_, cmd := m.Update(msg)
			follow(cmd)
		}
		if took := time.Since(begun); m.s.Seq != seq || updates > 32 {
			t.Errorf("%d updates in %s, at %d of %d", updates, took, m.s.Seq, seq)
		}
		cancel()
	})
}

func TestTheEndOfTheSessionLeaves(t *testing.T) {
	t.Parallel()
	m, _ := screen(busyStory(), 120, 36)
	_, cmd := m.Update(eventsMsg{events: []session.Event{{Seq: m.s.Seq + 1, MS: m.s.MS, T: m.s.T, Type: session.TypeEnd, Body: &session.End{Reason: "signal"}}}})
	if msgs := each(cmd); len(msgs) != 1 || msgs[0] != tea.Quit() {
		t.Errorf("after the end: %v", msgs)
	}
}

func TestRunInATerminal(t *testing.T) {
	t.Parallel()
	src := newSource(busyStory())
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	src.end()
	var out strings.Builder
	if err := Run(ctx, src, Options{Who: mel, Environ: []string{"TERM=xterm"}}, strings.NewReader(""), &out); err != nil {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Error("it did not leave when nothing more came")
	}
}

func TestNoSuspend(t *testing.T) {
	t.Parallel()
	if noSuspend(nil, tea.SuspendMsg{}) != nil {
		t.Error("ctrl+z gets through")
	}
	if noSuspend(nil, clockMsg{}) == nil {
		t.Error("other messages do not")
	}
}

// A disk that stops the load is named, and nobody is told to press a key that
// would be refused.
func TestJournalBanner(t *testing.T) {
	t.Parallel()
	tale := busyStory()
	tale.add(session.BySession, session.TypeSelfLimit, &session.SelfLimit{Why: "the journal can't be written: no space left on device"})
	tale.add(session.BySession, session.TypeStop, &session.LoadStop{Reason: "journal", By: session.BySession, InFlight: 2, MSToZero: new(3.0)})
	m, _ := screen(tale, 120, 36)
	lines := strings.Join(m.bannerLines(), "\n")
	if !strings.Contains(lines, "no space left on device") || strings.Contains(lines, "starts again") {
		t.Errorf("the banner says:\n%s", lines)
	}
	tale.add(session.BySession, session.TypeSelfLimit, &session.SelfLimit{Why: "the journal is written again"})
	m, _ = screen(tale, 120, 36)
	if lines = strings.Join(m.bannerLines(), "\n"); !strings.Contains(lines, "written again") || !strings.Contains(lines, "starts again") {
		t.Errorf("the banner says:\n%s", lines)
	}
}
