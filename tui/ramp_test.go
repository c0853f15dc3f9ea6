package tui

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"crosstalk/session"
)

// rampStory is a ramp at the fourth of its ten levels, 18 s before the next.
func rampStory() *story {
	t := baselineStory(10)
	t.add("mel", session.TypeRampStart, &session.RampStart{From: 0, To: 200, Step: 20, Every: 30, Until: session.UntilAmber})
	at := t.ms / 1000
	for i, n := range []int{20, 40, 60} {
		t.dialTo(n)
		t.until(int(at) + (i+1)*30)
	}
	t.dialTo(80)
	t.until(int(at) + 102)
	return t
}

func started(did []session.Command) (out []session.Ramp) {
	for _, c := range did {
		if r, ok := c.(session.StartRamp); ok {
			out = append(out, r.Ramp)
		}
	}
	return out
}

func TestRampForm(t *testing.T) {
	t.Parallel()
	m, src := screen(busyStory(), 120, 36)
	m.pressAll("r", "x", "enter")
	m.pressAll("enter", "enter", "enter")
	if frame := ansi.Strip(m.View().Content); m.mode != modeForm || !strings.Contains(frame, `to "x": a number of users is needed`) {
		t.Fatalf("a wrong number is not told:\n%s", frame)
	}
	m.pressAll("up", "up", "up", "backspace", "8", "5", "enter", "ctrl+u", "1", "0")
	m.pressAll("enter", "ctrl+u", "2", "space", "m", "i", "n", "enter", "ctrl+u", "r", "e", "d")
	frame := ansi.Strip(m.View().Content)
	if !strings.Contains(frame, "4 levels, 8 min in all") {
		t.Errorf("the plan's length is not shown:\n%s", frame)
	}
	m.pressAll("enter")
	want := session.Ramp{To: 85, Step: 10, Every: 2 * time.Minute, Until: session.UntilRed}
	if got := started(src.done()); len(got) != 1 || got[0] != want {
		t.Fatalf("began %+v, want %+v", got, want)
	}
	m.pressAll("r", "ctrl+s") // the last plan is proposed
	if got := started(src.done()); len(got) != 2 || got[1] != want {
		t.Errorf("began %+v, want %+v again", got, want)
	}
}

func TestRampIsShownAndAnyKeyHoldsIt(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {120, 36}, {200, 60}} {
		m, _ := screen(rampStory(), size[0], size[1])
		frame := ansi.Strip(m.View().Content)
		fits(t, frame, size[0], size[1])
		for _, want := range []string{"Ramp to 200 users", "level 4 of 10", "Next 100 users in 18 s", "any key holds it", "amber"} {
			if !strings.Contains(frame, want) {
				t.Errorf("%v: %q is not shown:\n%s", size, want, frame)
			}
		}
	}
	just, _ := screen(rampStory(), 120, 36)
	just.receipt = message{text: "n9 saved", till: just.now.Add(receiptFor)}
	if frame := ansi.Strip(just.View().Content); !strings.Contains(frame, "any key holds it") {
		t.Errorf("a receipt hides the ramp:\n%s", frame)
	}
	for _, key := range allKeys {
		m, src := screen(rampStory(), 120, 36)
		m.pressAll(key)
		did := src.done()
		if len(did) == 0 {
			t.Errorf("%s: nothing was done", key)
			continue
		}
		_, held := did[0].(session.EndRamp)
		_, stopped := did[0].(session.StopAll)
		if !held && !stopped {
			t.Errorf("%s: first %T", key, did[0])
		}
	}
	watching, src := screen(rampStory(), 120, 36)
	src.may = func(c session.Command) error { return &session.Refusal{Why: "mel holds the dial"} }
	watching.pressAll("t", "t")
	if did := src.done(); len(did) > 0 {
		t.Errorf("who may not hold it did %v", did)
	}
}

// A paste, a click and the wheel hold a ramp as any key does: whoever reaches for
// the session does not mean it to climb on.
func TestAnyHandHoldsARamp(t *testing.T) {
	t.Parallel()
	gaugeAt := func(m *Model) (x, y int) {
		l := m.layout.users
		for y := range l.h {
			for x := range l.w {
				if to, ok := (gauge{m}).pointed(x, y, l.w, l.h); ok && to > m.s.Dial.Asked {
					return l.x + x, l.y + y
				}
			}
		}
		t.Fatal("no place of the gauge is above what is asked for")
		return 0, 0
	}
	for name, hand := range map[string]func(m *Model) tea.Msg{
		"pasted": func(*Model) tea.Msg { return tea.PasteMsg{Content: "a chat"} },
		"clicked": func(m *Model) tea.Msg {
			x, y := gaugeAt(m)
			return tea.MouseClickMsg{Button: tea.MouseLeft, X: x, Y: y}
		},
		"beside":  func(*Model) tea.Msg { return tea.MouseClickMsg{Button: tea.MouseLeft} },
		"scrolls": func(*Model) tea.Msg { return tea.MouseWheelMsg{Button: tea.MouseWheelUp} },
	} {
		m, src := screen(rampStory(), 120, 36)
		_, cmd := m.Update(hand(m))
		if frame := ansi.Strip(m.View().Content); !strings.Contains(frame, "Ramp to 200 users") || !strings.Contains(frame, "any key holds it") {
			t.Errorf("%s: until its end is told the ramp is not shown:\n%s", name, frame)
		}
		m.run(cmd)
		did := src.done()
		if len(did) == 0 {
			t.Errorf("%s: nothing was done", name)
			continue
		}
		if _, held := did[0].(session.EndRamp); !held {
			t.Errorf("%s: first %T", name, did[0])
		}
	}
}

// While a number or a note is written the ramp stays in sight at every size.
func TestARampIsSeenWhateverIsTyped(t *testing.T) {
	t.Parallel()
	for _, size := range sizes {
		for _, k := range []string{"5", "n", "S", "q"} {
			m, _ := screen(rampStory(), size[0], size[1])
			m.Update(key(k)) // its command does not run: the ramp goes on, as one does that another holds
			frame := ansi.Strip(m.View().Content)
			fits(t, frame, size[0], size[1])
			if !strings.Contains(frame, "Ramp to 200 users") || !strings.Contains(frame, "any key holds it") {
				t.Errorf("%v after %s: the ramp is hidden:\n%s", size, k, frame)
			}
		}
	}
}

// A ramp's end is told with its reason, and leaves the note line.
func TestRampEndIsTold(t *testing.T) {
	t.Parallel()
	story := rampStory()
	story.add(session.BySession, session.TypeRampEnd, &session.RampEnd{At: 60, Why: "production is amber"})
	m, _ := screen(story, 120, 36)
	frame := ansi.Strip(m.View().Content)
	if !strings.Contains(frame, "ramp held at 60 users: production is amber") || strings.Contains(frame, "any key holds") {
		t.Errorf("after its end:\n%s", frame)
	}
}

func TestPlainRamp(t *testing.T) {
	t.Parallel()
	src := newSource(rampStory())
	var out bytes.Buffer
	p := &plain{src: src, o: PlainOptions{Who: mel, Now: time.Now}, s: session.NewState(), out: &out, state: map[string]string{}}
	for _, e := range rampStory().events {
		p.tell(e)
	}
	if !strings.Contains(out.String(), "Ramp begins: to 200 users in steps of 20, 30 s each, stop when production is amber.") || !strings.Contains(out.String(), "Dial 20 to 40.") {
		t.Errorf("the ramp is not told:\n%s", out.String())
	}
	for _, line := range []string{"ramp 90 30 1 min", "ramp nowhere"} {
		if err := p.take(context.Background(), line); err != nil {
			t.Fatal(err)
		}
	}
	did := src.done()
	want := session.Ramp{To: 90, Step: 30, Every: time.Minute, Until: session.UntilAmber}
	if got := started(did); len(got) != 1 || got[0] != want {
		t.Errorf("began %+v", got)
	}
	if _, ok := did[0].(session.EndRamp); !ok {
		t.Errorf("a line does not hold the ramp: %v", did)
	}
	if !strings.Contains(out.String(), "say a ramp as") && !strings.Contains(out.String(), "Say a ramp as") {
		t.Errorf("a ramp that can't be read is not explained:\n%s", out.String())
	}
}

// A ramp that is not to stop at amber says that the guard's hold ends it all the
// same, where there is a guard that holds.
func TestARampSaysThatTheGuardEndsIt(t *testing.T) {
	t.Parallel()
	bare := newStory()
	bare.begin = func(b *session.Start) { b.NoGuard = "a drill" }
	for name, v := range map[string]struct {
		tale  *story
		until string
		want  bool
	}{
		"amber": {busyStory(), "amber", false}, "red": {busyStory(), "red", true}, "never": {busyStory(), "never", true},
		"no guard": {bare.baseline(6), "red", false}, "not watched": {unguardedStory(), "never", false},
	} {
		for _, size := range [][2]int{{120, 36}, {80, 24}} {
			m, _ := screen(v.tale, size[0], size[1])
			m.pressAll("r", "down", "down", "down")
			m.typeText(v.until)
			if f := m.text(); strings.Contains(f, "in all · the guard's hold ends it all the same") != v.want {
				t.Errorf("%s at %v:\n%s", name, size, f)
			}
			m.pressAll("esc")
			m.s.Ramp = &session.RampView{By: "mel", Ramp: session.Ramp{To: 300, Step: 20, Every: time.Minute, Until: v.until}}
			if text, _ := m.rampLines(); strings.Contains(text, "the guard holds") != v.want {
				t.Errorf("%s: %s", name, text)
			}
		}
		_, text := plainly(t, v.tale, func(_ *fakeSource, typed func(string), _ *heard, _ func()) { typed("ramp 200 20 30s " + v.until) })
		if strings.Contains(text, "At amber the guard's hold ends it all the same.") != v.want {
			t.Errorf("%s in sentences:\n%s", name, text)
		}
	}
}
