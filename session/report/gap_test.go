package report

import (
	"fmt"
	"strings"
	"testing"

	"crosstalk/session"
)

// redResumed breaks off while production is red under load, and is taken up again
// two hours later, still red.
func redResumed() *tape {
	t := newTape()
	t.start()
	t.quiet(20)
	t.add("mel", session.TypeActivity, &session.Activity{What: session.ActTest})
	t.dial("mel", 10)
	t.seconds(30)
	t.health("production", "", "green", "red", "web-1 failed twice")
	t.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: "run", To: "hold", Why: "production is red", Cause: "red", Running: 10, Ceiling: 10})
	t.seconds(10)
	t.ms += 7_200_000
	t.add(session.BySession, session.TypeRecovered, &session.Recovered{})
	t.asked, t.running = 0, 0
	t.seconds(10)
	t.health("production", "", "red", "green", "answers")
	t.seconds(10)
	t.end("quit")
	return t
}

// Nobody knows how it stood while the program was not running: no state spans that
// time, in no chart, no sum and no sentence.
func TestNoStateSpansAResume(t *testing.T) {
	t.Parallel()
	m := redResumed().model(t)
	var spans []string
	for _, s := range m.Health {
		if s.Env == production {
			spans = append(spans, fmt.Sprintf("%s %.0f-%.0f %.0f", s.State, s.From, s.To, s.Loaded))
		}
	}
	if got, want := strings.Join(spans, ", "), "green 1-51 29, red 51-61 10, red 7261-7271 0, green 7271-7281 0"; got != want {
		t.Errorf("production was %s, want %s", got, want)
	}
	for _, s := range m.Totals.Production {
		if s.State == red && (s.Seconds != 20 || s.Loaded != 10) {
			t.Errorf("red for %v s, %v with users", s.Seconds, s.Loaded)
		}
	}
	if m.Answer.Production != Touched || !strings.Contains(strings.Join(m.Answer.Why, " "), "red for 10 s") {
		t.Errorf("production %s: %q", m.Answer.Production, m.Answer.Why)
	}
	for _, at := range []float64{62, 3600, 7255} {
		if state := m.stateAt(production, at); len(state) != 1 || state[0].Words != NotKnown {
			t.Errorf("at %v it stands as %v", at, state)
		}
	}
	for _, f := range m.charts() {
		drawn := pictureOf(m, f, true)
		c := &canvas{geometry: geometryOf(m, true)}
		for _, at := range []float64{300, 3600, 7000} {
			if over := overlaps(drawn, c.x(at)); over != "" {
				t.Errorf("%s has %s at %v, of which nothing is known", f.id, over, at)
			}
		}
		if !strings.Contains(drawn, "gap") {
			t.Errorf("%s has no gap", f.id)
		}
	}
	strip := pictureOf(m, m.charts()[4], true)
	if c := (&canvas{geometry: geometryOf(m, true)}); overlaps(strip, c.x(30)) == "" {
		t.Error("no bar is found where there is one")
	}
	for what, want := range map[string]int{"00:01:01 to 02:01:02: a gap: the program was not running": 4,
		"00:00:51 to 00:01:01: hold: production is red": 1, "02:01:01 to 02:01:21: run": 0, "02:01:02 to 02:01:21: run": 1} {
		if got := strings.Count(strip, what); got != want {
			t.Errorf("%d of %q in the strip, want %d", got, what, want)
		}
	}
	var b strings.Builder
	if err := writeTimeline(&b, m); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"- Production was red for 20 s.", "- For 2 h of this time nothing was told of production: how it was then is not known."} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the timeline does not say %q:\n%s", want, b.String()[:1200])
		}
	}
}

// overlaps names what of a drawing tells of a moment at x, other than gaps,
// backgrounds and axes.
func overlaps(drawn string, x float64) string {
	for _, part := range strings.Split(drawn, "<rect ")[1:] {
		var class string
		var left, top, w float64
		if n, _ := fmt.Sscanf(part, `class=%q x="%f" y="%f" width="%f"`, &class, &left, &top, &w); n == 4 &&
			strings.HasPrefix(class, "bar ") && left < x && left+w > x {
			return class
		}
	}
	return ""
}

// A machine that slept keeps its guard's state, and nothing stands in between.
func TestAHoldOverASleepHasAGap(t *testing.T) {
	t.Parallel()
	tape := newTape()
	tape.start()
	tape.quiet(5)
	tape.dial("mel", 10)
	tape.seconds(10)
	tape.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: "run", To: "hold", Why: "amber", Cause: "amber", Running: 10, Ceiling: 10})
	tape.ms += 600_000
	tape.seconds(10)
	m := tape.model(t)
	l := (&drawing{m: m, s: m.Series}).guarded()
	var bars []string
	for _, b := range l.bars {
		bars = append(bars, fmt.Sprintf("%s %.0f-%.0f", b.label, b.From, b.To))
	}
	if got, want := strings.Join(bars, ", "), "run 0-16, hold 617-626"; got != want {
		t.Errorf("the guard: %s, want %s", got, want)
	}
}
