package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"crosstalk/session"
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
	s := worstOf(m.view, m.view.axis.dot(m.where()))
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

// At every size the charts reach as far as is said: what was chosen, and what
// suits a session's age.
func TestChartsReachAsFarAsTheyName(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {120, 36}, {200, 60}, {300, 90}} {
		for _, env := range []string{"", "TERM=linux"} {
			for _, keys := range [][]string{{}, {"t"}, {"z"}} {
				for _, tale := range []*story{baselineStory(20), redStory()} {
					m, _ := screen(tale, size[0], size[1])
					m.o.Environ = []string{env}
					m.restyle(true)
					m.pressAll(keys...)
					in := fmt.Sprintf("%v %v %v", size, env, keys)
					names := func(want string) {
						t.Helper()
						a := m.view.axis
						whole := time.Duration(a.bucket*int64(a.cols*a.per)) * time.Millisecond
						name := m.reachName()
						if want != "" && name != want {
							t.Errorf("%s: named %q, want %q", in, name, want)
						}
						d, err := session.ParseSpan(name)
						if parts := strings.Fields(name); len(parts) == 4 {
							rest, _ := session.ParseSpan(strings.Join(parts[2:], " "))
							d, err = session.ParseSpan(strings.Join(parts[:2], " "))
							d += rest
						}
						if off := (whole - d).Abs(); err != nil || off > max(time.Second, d/50, 2*time.Duration(a.bucket)*time.Millisecond) {
							t.Errorf("%s: named %q, shows %v in dots of %d ms (%v)", in, name, whole, a.bucket, err)
						}
					}
					names("")
					m.stretch(-1)
					m.stretch(-1)
					m.Update(clockMsg{})
					for _, want := range []string{"1 min", "5 min", "15 min"} {
						names(want)
						m.stretch(1)
						m.Update(clockMsg{})
					}
					if a := m.view.axis; m.reachName() != "all" || a.from > 0 || a.from < -max(60_000, 3*a.bucket) {
						t.Errorf("%s: all begins at %d ms", in, a.from)
					}
				}
			}
		}
	}
}

// A second that is many dots wide leaves no dotted line out.
func TestDottedLinesAreSeenAtEveryReach(t *testing.T) {
	t.Parallel()
	m, _ := screen(busyStory(), 300, 90)
	m.pressAll("t", "+", "+")
	v := m.view
	pl := newPlot(m.st, v.axis.cols, 20)
	pl.line(v.axis, v.scale, v.slots, func(s *session.Second) (float64, bool) { return s.Prod.P50, s.Prod.OK }, inkProdSoft, true)
	most, run := 0, 0
	for x := range pl.w {
		run++
		for y := range pl.h {
			if pl.bits[y*pl.w+x] != 0 {
				run = 0
			}
		}
		most = max(most, run)
	}
	if v.axis.bucket >= 500 || most > 10 {
		t.Errorf("in dots of %d ms %d columns are empty", v.axis.bucket, most)
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

// The timeline stands, too, and says so: its right end is the moment of the
// pause, and what comes later changes neither picture nor scale.
func TestTheTimelineStandsWhilePaused(t *testing.T) {
	t.Parallel()
	for _, keys := range [][]string{{"t", "Z"}, {"Z", "t"}, {"t", "p"}} {
		tale := busyStory()
		m, _ := screen(tale, 120, 36)
		m.pressAll(keys...)
		was, end, asked := m.view, m.s.MS, len(tale.events)
		charts := func() string {
			rows := strings.Split(m.text(), "\n")
			return strings.Join(rows[m.timelineRect().y+4:m.timelineRect().y+24], "\n")
		}
		before := charts()
		tale.ms += 300
		tale.dialTo(150)
		tale.until(400)
		m.o.Now = func() time.Time { return storyBegan.Add(400 * time.Second) }
		m.Update(eventsMsg{events: tale.events[asked:], at: m.now})
		f := m.text()
		if m.view.scale != was.scale || m.view.most != was.most || m.view.axis != was.axis || charts() != before {
			t.Errorf("%v: the picture changed from\n%s\nto\n%s", keys, before, f)
		}
		if strings.Contains(charts(), "now") || !strings.Contains(f, "ago · picture paused") || !m.view.axis.past || m.view.axis.now > end+1000 {
			t.Errorf("%v: it does not say where it stands:\n%s", keys, f)
		}
		m.pressAll("left", "right", "right")
		if m.view.axis.now != was.axis.now {
			t.Errorf("%v: the cursor moved the picture to %d ms, which came after %d", keys, m.view.axis.now, was.axis.now)
		}
		m.pressAll("Z")
		if m.view.axis.past || !strings.Contains(charts(), "now") {
			t.Errorf("%v: it does not go on:\n%s", keys, m.text())
		}
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

// worstOf is the worst of the slots that are drawn in a dot.
func worstOf(v window, dot int) session.Second {
	var w session.Second
	lines := func(s *session.Second) []*session.Curve { return []*session.Curve{&s.Load, &s.Staging, &s.Prod} }
	for _, s := range v.slots {
		if v.axis.dot(s.MS) != dot {
			continue
		}
		w.MS, w.Told = s.MS, w.Told || s.Told
		w.Running = max(w.Running, s.Running)
		for i, c := range lines(&s) {
			into := lines(&w)[i]
			into.P50, into.P95, into.Max, into.OK = max(into.P50, c.P50), max(into.P95, c.P95), max(into.Max, c.Max), into.OK || c.OK
			if rank(c.State) >= rank(into.State) {
				into.State = c.State
			}
		}
	}
	return w
}

// Wherever the cursor is put it tells what is drawn under it: no second of the
// picture is out of its reach, and one red second among green ones reads red.
func TestTheCursorTellsWhatIsDrawnUnderIt(t *testing.T) {
	t.Parallel()
	tale := busyStory()
	for _, at := range []int{255, 263, 278} { // one bad second each
		tale.until(at)
		tale.states["production"] = "red"
		tale.second()
		tale.states["production"] = "green"
	}
	tale.until(290)
	old := newStory()
	old.baseline(1200) // its first minutes are kept in tens of seconds
	for name, v := range map[string]struct {
		tale *story
		w, h int
		keys []string
	}{
		"120": {tale, 120, 36, nil}, "80": {tale, 80, 24, nil}, "200": {tale, 200, 60, nil}, "300, a minute": {tale, 300, 90, []string{"+", "+"}},
		"15 minutes": {tale, 120, 36, []string{"-"}}, "old": {old, 120, 36, []string{"-", "-"}},
	} {
		m, _ := screen(v.tale, v.w, v.h)
		m.pressAll("t")
		m.pressAll(v.keys...)
		m.pressAll("left", "right") // the picture stands
		m.pressAll("left")
		a := m.view.axis
		seen, dots := map[int64]bool{}, 0
		for at := int64(-1); a.dot(m.where()) >= 0 && m.where() != at; m.pressAll("left") {
			at = m.where()
			if m.view.axis != a {
				t.Fatalf("%s: the picture moved", name)
			}
			dot := a.dot(m.where())
			drawn := worstOf(m.view, dot)
			got, seconds, ok := m.slotAt()
			if drawn.MS > 0 {
				dots++
				if !ok || got.Prod.P95 != drawn.Prod.P95 || got.Load.P95 != drawn.Load.P95 || got.Staging.Max != drawn.Staging.Max || got.Running != drawn.Running || got.Prod.State != drawn.Prod.State {
					t.Fatalf("%s: at %d ms it tells %+v, drawn is %+v", name, m.where(), got, drawn)
				}
				if int64(seconds)*1000 < a.bucket-500 {
					t.Fatalf("%s: the worst of %d s in a dot of %d ms", name, seconds, a.bucket)
				}
			}
			for _, s := range m.view.slots {
				if a.dot(s.MS) == dot {
					seen[s.MS] = true
				}
			}
			if f := m.text(); dots == 5 && strings.Contains(f, "worst of ") != (seconds > 1) {
				t.Errorf("%s: of how long it is the worst, %d s, is not told:\n%s", name, seconds, f)
			}
		}
		for _, s := range m.view.slots {
			if d := a.dot(s.MS); d > 0 && s.MS <= m.shownTo()-2*a.bucket && !seen[s.MS] {
				t.Errorf("%s: the second at %d ms is out of the cursor's reach", name, s.MS)
			}
		}
		if dots < 20 {
			t.Errorf("%s: only %d dots were looked at", name, dots)
		}
	}
	m, _ := screen(tale, 120, 36)
	m.pressAll("t")
	reds := 0
	for range 60 {
		m.pressAll("left")
		d := m.view.axis.dot(m.where())
		for _, ms := range []int64{256_000, 264_000, 279_000} {
			if m.view.axis.dot(ms) == d {
				reds++
				if !strings.Contains(m.text(), "production ■ red") {
					t.Errorf("the red second at %d ms reads:\n%s", ms, m.text())
				}
			}
		}
	}
	if reds != 3 {
		t.Errorf("%d of 3 red seconds were found", reds)
	}
}
