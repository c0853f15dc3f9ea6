package tui

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"crosstalk/session"
)

func TestPromiseIsNeverRoundedDown(t *testing.T) {
	t.Parallel()
	m, _ := screen(busyStory(), 120, 36)
	for hangs, want := range map[float64]string{0.6: "0.6 s", 0.61: "0.7 s", 0.65: "0.7 s", 1: "1.0 s", 2.349: "2.4 s"} {
		m.s.Guard.Promise.Hangs = hangs
		if got := m.promise()[0]; !strings.Contains(got, want) {
			t.Errorf("%g s is promised as %q", hangs, got)
		}
	}
}

func TestBrakeTestIsSaidOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		test session.BrakeTest
		want string
	}{
		{session.BrakeTest{OK: true, MSToZero: 14.2}, "brake tested: 14 ms"},
		{session.BrakeTest{OK: true, MSToZero: 0.02}, "brake tested: under 1 ms"},
		{session.BrakeTest{}, "did not stop the load"},
	} {
		tale := baselineStory(3)
		m, _ := screen(tale, 120, 36)
		m.Update(eventsMsg{events: []session.Event{{Seq: m.s.Seq + 1, MS: tale.ms, T: m.now, Type: session.TypeBrakeTest, Body: &c.test}}})
		if f := ansi.Strip(m.View().Content); !strings.Contains(f, c.want) {
			t.Errorf("it does not say %q:\n%s", c.want, f)
		}
	}
	// A screen that comes a moment later says it, too; one that comes late does not.
	for seconds, said := range map[int]bool{3: true, 60: false} {
		tale := baselineStory(seconds)
		tale.s.Brake = &session.BrakeTest{OK: true, MSToZero: 14}
		m := New(newSource(tale), Options{Who: mel, Now: func() time.Time { return storyBegan.Add(time.Duration(tale.ms) * time.Millisecond) }})
		if got := m.message.text != ""; got != said {
			t.Errorf("after %d s: said is %v", seconds, got)
		}
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		left int
		ok   bool
	}{
		{"production must stay green for 60 s: 51 s to go", 51, true},
		{"production is amber now and must answer as usual for 60 s: 21 s to go", 21, true},
		{"production is red now and must answer as usual for 60 s first", 0, false},
		{"2 cuts for production's red: type a reason to go on", 0, false},
		{"the guard failed (x): start the session again", 0, false},
		{" s: ", 0, false},
		{"", 0, false},
	} {
		if left, ok := wait(c.text); ok != c.ok || ok && left != c.left {
			t.Errorf("%q: %d, %v", c.text, left, ok)
		}
	}
}

func TestMachine(t *testing.T) {
	t.Parallel()
	type vitals struct { // as a live session has it
		CPU float64 `json:"cpu"`
		Own float64 `json:"own_cpu"`
	}
	for _, c := range []struct {
		vitals any
		want   string
	}{
		{&vitals{12.4, 8}, "CPU 12 %, own 8 % of a core"},
		{map[string]any{"cpu": 12.0, "own_cpu": 8.0}, "CPU 12 %, own 8 % of a core"},
		{map[string]any{"own_cpu": 130.0}, "own 130 % of a core"},
		{map[string]any{"cpu": "much"}, ""},
		{"nothing of use", ""},
		{nil, ""},
	} {
		if got := readMachine(c.vitals).words(); got != c.want {
			t.Errorf("%v: %q, want %q", c.vitals, got, c.want)
		}
	}
}

func FuzzMachine(f *testing.F) {
	f.Add(`{"cpu":12.5,"own_cpu":8,"memory":1e300,"cores":2}`)
	f.Add(`[1,"x",null]`)
	f.Fuzz(func(t *testing.T, text string) {
		var v any
		if json.Unmarshal([]byte(text), &v) != nil {
			return
		}
		if words := readMachine(v).words(); width(words) > 60 {
			t.Errorf("%q makes %q", text, words)
		}
	})
}

// TestRepeatedRefusalsStayCalm: a key that is held down and refused draws the
// same frame again and again, and a countdown in the reason goes on.
func TestRepeatedRefusalsStayCalm(t *testing.T) {
	t.Parallel()
	now := storyBegan.Add(time.Hour)
	src := newSource(busyStory())
	why := "the load was cut: production must stay green for 60 s: 51 s to go"
	src.may = func(c session.Command) error {
		if _, ok := c.(session.MoveDial); ok {
			return &session.Refusal{Why: why}
		}
		return nil
	}
	src.reply = func(session.Command) (session.Reply, error) {
		return session.Reply{}, &session.Refusal{Why: why}
	}
	m := New(src, Options{Who: mel, Host: true, Now: func() time.Time { return now }})
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 36})
	m.Update(clockMsg{})
	m.pressAll("up")
	first := m.View().Content
	for range 50 {
		m.pressAll("up")
		if m.View().Content != first {
			t.Fatalf("the frame changes:\n%s", ansi.Strip(m.View().Content))
		}
	}
	why = strings.Replace(why, "51", "50", 1)
	m.Update(clockMsg{})
	if m.message.text != why {
		t.Errorf("the countdown stands still: %q", m.message.text)
	}
	now = now.Add(messageFor + time.Millisecond)
	m.Update(clockMsg{})
	if f := ansi.Strip(m.View().Content); strings.Contains(f, "to go") {
		t.Error("the reason does not fade")
	}
}

func TestWhenSpaceGoesOn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ state, cause, err, want string }{
		{"green", session.CauseRed, "", "space goes on, up to 80 users"},
		{"green", session.CauseRed, "production must stay green for 60 s: 9 s to go", "space goes on in 9 s"},
		{"green", session.CauseRed, "production must stay green for 60 s: 60 s to go", "space goes on in 60 s"},
		{"amber", session.CauseRed, "production is amber now and must answer as usual for 60 s: 21 s to go", "space goes on in 21 s"},
		{"red", session.CauseRed, "production is red now and must answer as usual for 60 s first", "space waits: production is red now and must answer as usual for 60 s first"},
		{"no sight", session.CauseNoSight, "production is out of sight now and must be seen and not red for 10 s first", "space waits: production is out of sight now and must be seen and not red for 10 s first"},
		{"green", session.CausePermit, "the guard failed (x): start the session again", "space waits: the guard failed (x): start the session again"},
	} {
		m, _ := screen(redStory(), 120, 36)
		m.s.Envs["production"].State, m.s.Guard.Cause = c.state, c.cause
		delete(m.refused, "hold")
		if c.err != "" {
			m.refused["hold"] = &session.Refusal{Why: c.err}
		}
		if got := m.goesOn(); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// Without a guard a hold where we are the limit says how to go on.
func TestHeldWithoutAGuard(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 36}, {200, 60}} {
		tale := newStory()
		tale.begin = func(s *session.Start) { s.NoGuard = "only staging counts today" }
		tale.baseline(5)
		tale.ms += 20_000
		tale.add("mel", session.TypeDialSet, &session.DialSet{From: 0, To: 80})
		tale.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: "run", To: "hold", Cause: session.CauseSelf, Why: "sends are late: p95 40 ms after they are due", Running: 40, Ceiling: 40, OurSide: true})
		tale.add(session.ByEngine, session.TypeSelfLimit, &session.SelfLimit{Why: "sends are late: p95 40 ms after they are due", Span: session.SpanBegin, Running: 40})
		tale.add(session.ByEngine, session.TypeLoadTick, &session.LoadTick{Asked: 80, Running: 40, Ceiling: 40, InFlight: 10, Requests: 100, RPS: 100, P50: new(0.04), P95: new(0.1), P99: new(0.2), Max: new(0.3)})
		m, _ := screen(tale, size[0], size[1])
		frame := ansi.Strip(m.View().Content)
		fits(t, frame, size[0], size[1])
		want := "GUARD OFF · you are the bottleneck: held at 40, ↑ rises all the same"
		if size[0] < 100 {
			want = "GUARD OFF · held at 40"
		}
		if !strings.Contains(frame, want) {
			t.Errorf("it does not say %q:\n%s", want, frame)
		}
	}
}
