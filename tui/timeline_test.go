package tui

import (
	"strings"
	"testing"
	"time"
)

func TestTimelineTellsEveryValueAtTheCursor(t *testing.T) {
	t.Parallel()
	m, src := screen(redStory(), 120, 36)
	m.pressAll("t")
	if m.point.set || !strings.Contains(m.text(), "TIMELINE 06:00 · 15:36:00 · now") {
		t.Fatalf("it does not begin at the newest:\n%s", m.text())
	}
	for m.where() > 261_000 {
		m.pressAll("left")
	}
	f := m.text()
	s := m.s.Fine.At(int(m.where()/1000) - 1)
	for _, want := range []string{"04:2", "ago", "staging    ▲ amber", "production ▲ amber", "100 running · 100 asked for",
		"p95 " + number(&s.Load.P95), "p95 " + number(&s.Prod.P95), "req/s", "web-3 is slow: 110 ms"} {
		if !strings.Contains(f, want) {
			t.Errorf("at %d ms it does not say %q:\n%s", m.where(), want, f)
		}
	}
	// The picture stands under the cursor while the session goes on.
	from := m.view.axis.from
	m.o.Now = func() time.Time { return storyBegan.Add(7 * time.Minute) }
	m.Update(clockMsg{})
	if m.view.axis.from != from || !m.point.set {
		t.Errorf("the picture moved from %d to %d", from, m.view.axis.from)
	}
	m.pressAll("end")
	if m.point.set || m.view.axis.from <= from {
		t.Error("End does not go back to now")
	}
	if len(src.done()) != 0 {
		t.Errorf("looking gave commands: %v", src.done())
	}
}

func TestTimelineGoesFromEventToEvent(t *testing.T) {
	t.Parallel()
	m, _ := screen(redStory(), 120, 36)
	m.pressAll("t", "up")
	last := len(m.s.Marks) - 1
	for i := last; i > 0; i-- {
		if m.event() != i || m.where() != m.s.Marks[i].MS {
			t.Fatalf("the cursor is at %d ms, event %d, not at event %d, %d ms", m.where(), m.event(), i, m.s.Marks[i].MS)
		}
		m.pressAll("up")
	}
	m.pressAll("home")
	if m.where() != 0 {
		t.Errorf("Home goes to %d ms", m.where())
	}
	for range last + 5 {
		m.pressAll("down")
	}
	if m.event() != last {
		t.Errorf("down ends at event %d of %d", m.event(), last)
	}
	m.pressAll("enter")
	if n, ok := m.opened(); !ok || n.ID != m.s.Marks[last].ID || m.overlay != overlayNone {
		t.Error("Enter does not open the note under the cursor")
	}
}

func TestChartsReachAsFarAsAskedFor(t *testing.T) {
	t.Parallel()
	m, _ := screen(redStory(), 120, 36)
	for _, c := range []struct {
		key  string
		most time.Duration
	}{{",", 95 * time.Second}, {",", 95 * time.Second}, {".", 6 * time.Minute}, {".", 16 * time.Minute}, {".", 8 * time.Minute}, {".", 8 * time.Minute}} {
		m.pressAll(c.key)
		a := m.view.axis
		whole := time.Duration(a.bucket*int64(a.cols*a.per)) * time.Millisecond
		if whole > c.most+2*time.Duration(a.bucket)*time.Millisecond || whole < c.most/2 {
			t.Errorf("after %s the charts show %v", c.key, whole)
		}
	}
	if m.reachName() != "all" || m.view.axis.from > 0 {
		t.Errorf("all begins at %d ms", m.view.axis.from)
	}
}

func TestPictureStandsWhileTheSessionGoesOn(t *testing.T) {
	t.Parallel()
	story := busyStory()
	m, src := screen(story, 120, 36)
	m.pressAll("Z")
	to, asked := m.view.axis.now, len(story.events)
	story.dialTo(60)
	story.until(300)
	m.o.Now = func() time.Time { return storyBegan.Add(300 * time.Second) }
	m.Update(eventsMsg{events: story.events[asked:], at: m.now})
	f := m.text()
	if m.view.axis.now != to || !strings.Contains(f, "picture paused · Z: now") {
		t.Errorf("the picture went on to %d ms:\n%s", m.view.axis.now, f)
	}
	if !strings.Contains(f, "60 users") || !strings.Contains(f, "00:05:00") {
		t.Errorf("the session stood:\n%s", f)
	}
	m.pressAll("up", "Z")
	if m.still.on || m.view.axis.now <= to || len(src.done()) != 1 {
		t.Errorf("p does not go on, or a key was lost: %v", src.done())
	}
}

func TestFixedScaleDoesNotChangeWithWhatIsShown(t *testing.T) {
	t.Parallel()
	m, _ := screen(redStory(), 120, 36)
	m.pressAll("v", "v")
	if want := (scale{hi: 0.5, linear: true}); m.view.scale != want || !strings.Contains(m.text(), "0 to 500 ms") {
		t.Errorf("the scale is %+v, want %+v", m.view.scale, want)
	}
}
