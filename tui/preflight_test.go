package tui

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"crosstalk/session"
)

// before is a screen of a story with the pre-flight page on it.
func before(t *story, w, h int) (*Model, *fakeSource) {
	src := newSource(t)
	src.state = session.NewState()
	m := New(src, Options{Who: mel, Host: true, Before: true, Now: func() time.Time { return storyBegan.Add(time.Duration(t.ms)*time.Millisecond + 200*time.Millisecond) }})
	m.Update(tea.WindowSizeMsg{Width: w, Height: h})
	m.Update(eventsMsg{events: t.events, at: m.now})
	return m, src
}

func TestPreflightFrames(t *testing.T) {
	t.Parallel()
	early := baselineStory(3)
	early.add(session.BySession, session.TypeBrakeTest, &session.BrakeTest{Users: 1, InFlight: 1, MSToZero: 1.4, OK: true})
	for _, size := range [][2]int{{120, 36}, {80, 24}, {200, 60}} {
		t.Run(sizeName(size), func(t *testing.T) {
			m, _ := before(early, size[0], size[1])
			golden.RequireEqual(t, []byte(ansi.Strip(m.View().Content)))
			requireLooks(t, looksOf(t, m))
		})
	}
	m, _ := before(unguardedStory(), 120, 36)
	if text := ansi.Strip(m.View().Content); !strings.Contains(text, "is not watched") || !strings.Contains(text, "at most 5 users") {
		t.Errorf("without production:\n%s", text)
	}
}

func sizeName(size [2]int) string {
	return fmt.Sprintf("%dx%d", size[0], size[1])
}

// newest is the last command that a source was given; nil before the first.
func (f *fakeSource) newest() session.Command {
	if all := f.done(); len(all) > 0 {
		return all[len(all)-1]
	}
	return nil
}

// clipboardOf is what a command puts on the clipboard.
func clipboardOf(cmd tea.Cmd) string {
	if cmd == nil {
		return ""
	}
	return fmt.Sprint(cmd())
}

// The page takes Enter and Esc; every other key does what it always does, and
// the page is gone.
func TestPreflightTakesNoKey(t *testing.T) {
	t.Parallel()
	early := baselineStory(3)
	for _, k := range []string{"enter", "esc"} {
		m, src := before(early, 120, 36)
		m.pressAll(k)
		if m.overlay != overlayNone || len(src.done()) > 0 {
			t.Errorf("%s: overlay %v, commands %v", k, m.overlay, src.done())
		}
	}
	m, src := before(early, 120, 36)
	m.pressAll("right")
	if c, ok := src.newest().(session.MoveDial); !ok || c.By != 10 || m.overlay != overlayNone {
		t.Errorf("right: %v, overlay %v", src.newest(), m.overlay)
	}
	m, src = before(early, 120, 36)
	m.pressAll("ctrl+x")
	if _, ok := src.newest().(session.StopAll); !ok || m.overlay != overlayPreflight {
		t.Errorf("ctrl+x: %v, overlay %v", src.newest(), m.overlay)
	}
	m.pressAll("n")
	if m.mode != modeEdit || m.overlay != overlayNone {
		t.Errorf("n: mode %v, overlay %v", m.mode, m.overlay)
	}
	m, _ = before(early, 120, 36)
	m.pressAll("?")
	if m.overlay != overlayHelp {
		t.Errorf("?: overlay %v", m.overlay)
	}
	m.pressAll("esc", "p")
	if m.overlay != overlayPreflight {
		t.Errorf("p: overlay %v", m.overlay)
	}
	m.pressAll("p")
	if m.overlay != overlayNone {
		t.Errorf("p again: overlay %v", m.overlay)
	}
}

// a copies the announcement before load, and its all-clear after it.
func TestAnnouncementIsCopied(t *testing.T) {
	t.Parallel()
	m, _ := before(baselineStory(3), 120, 36)
	_, cmd := m.Update(key("a"))
	if text := clipboardOf(cmd); !strings.HasPrefix(text, "Load on staging (127.0.0.1:8080) 15:30 to 16:30 UTC, at most 200 users.") || !strings.Contains(text, "Stop me: mel") {
		t.Errorf("the announcement: %q", text)
	}
	tale := busyStory()
	tale.asked = 0
	tale.add("mel", session.TypeDialSet, &session.DialSet{From: 40, To: 0})
	tale.second()
	off := clockAt(tale.ms)
	for range 240 { // four quiet minutes
		tale.second()
	}
	m, _ = screen(tale, 120, 36)
	m.pressAll("p")
	page := func(says ...string) {
		t.Helper()
		text, from := m.text(), 0
		for _, say := range says {
			i := strings.Index(text[from:], say)
			if i < 0 {
				t.Fatalf("the page does not say %q there:\n%s", say, text)
			}
			from += i
		}
	}
	page("Paste now: the load is over  a copies it", "is off since "+off+", at most 45 users.", "Paste before load begins again  a, pressed again")
	_, cmd = m.Update(key("a"))
	if text := clipboardOf(cmd); !strings.HasPrefix(text, "All clear: load on staging (127.0.0.1:8080) is off since "+off+", at most 45 users.") {
		t.Errorf("the all-clear: %q", text)
	}
	page("Paste before load begins again  a copies it")
	_, cmd = m.Update(key("a"))
	if text := clipboardOf(cmd); !strings.HasPrefix(text, "Load on staging") {
		t.Errorf("pressed again: %q", text)
	}
	page("Paste now: the load is over  a copies it")
}

// A session that ended in order and is taken up again has its page, too: the
// screen's first snapshot may still have the old end.
func TestPreflightOfASessionTakenUpAgain(t *testing.T) {
	t.Parallel()
	for _, express := range []bool{false, true} {
		tale := busyStory()
		tale.add("mel", session.TypeEnd, &session.End{Reason: "quit"})
		src := newSource(tale)
		m := New(src, Options{Who: mel, Host: true, Before: true, Express: express, Now: func() time.Time { return storyBegan.Add(time.Duration(tale.ms) * time.Millisecond) }})
		m.Update(tea.WindowSizeMsg{Width: 120, Height: 36})
		m.Update(clockMsg(m.now))
		old := len(tale.events)
		tale.ms += 60_000
		tale.asked, tale.running = 0, 0
		tale.add(session.BySession, session.TypeRecovered, &session.Recovered{Away: 60})
		tale.start()
		m.Update(eventsMsg{events: tale.events[old:], at: m.now})
		m.Update(clockMsg(m.now.Add(time.Second)))
		if express { // there the charter comes first
			if m.mode != modeForm {
				t.Fatalf("express: mode %v:\n%s", m.mode, m.text())
			}
			m.pressAll("esc")
			m.Update(clockMsg(m.now.Add(time.Second)))
		}
		if f := m.text(); m.over || !strings.Contains(f, "PRE-FLIGHT") || !strings.Contains(f, "Paste before the start  a copies it") {
			t.Errorf("express %v, over %v:\n%s", express, m.over, f)
		}
	}
}

func clockAt(ms int64) string {
	return storyBegan.Add(time.Duration(ms) * time.Millisecond).Format("15:04")
}

// Where the dial has brought no load yet, whatever a check did, the page and
// its key have the announcement, also in the halves without load.
func TestACheckIsNoLoadToClear(t *testing.T) {
	t.Parallel()
	tale := baselineStory(10)
	tale.add("mel", session.TypeLinkQuiet, &session.LinkQuiet{Mode: session.ModeCheck, Users: 3, Order: "+-+-"})
	tale.asked = 3
	tale.second()
	tale.asked = 0
	tale.second()
	tale.second()
	for _, then := range []func(){func() {}, func() {
		tale.add(session.BySession, session.TypeLinkVerdict, &session.LinkVerdict{Mode: session.ModeCheck, Kind: "no link seen", Users: 3})
	}} {
		then()
		m, _ := screen(tale, 120, 36)
		m.pressAll("p")
		if f := m.text(); !strings.Contains(f, "Paste before the start  a copies it") || strings.Contains(f, "All clear:") {
			t.Errorf("the page:\n%s", f)
		}
		_, cmd := m.Update(key("a"))
		if text := clipboardOf(cmd); !strings.HasPrefix(text, "Load on staging") {
			t.Errorf("copied: %q", text)
		}
	}
}

// What was learned is told with one unit each.
func TestPreflightTellsTheLimits(t *testing.T) {
	t.Parallel()
	tale := quietStory()
	tale.add(session.BySession, session.TypeBaselineEnd, &session.BaselineEnd{Thresholds: []session.Threshold{{Env: "production", Check: "web-1", Amber: 0.036, Red: 0.111}},
		Promise: &session.Promise{Refuses: 0.3, Hangs: 0.75}})
	m, _ := before(tale, 120, 36)
	text := ansi.Strip(m.View().Content)
	for _, say := range []string{"production is amber from 36 ms, red from 111 ms", "lets go 300 ms after production refuses, 750 ms after it hangs"} {
		if !strings.Contains(text, say) {
			t.Errorf("it does not say %q:\n%s", say, text)
		}
	}
}

// redAtStart has many servers, one or several of them red before any load.
func redAtStart(reds ...string) *story {
	t := newStory()
	t.servers = map[string]int{"staging": 2, "production": 14}
	t.baseline(3)
	for _, w := range reds {
		t.turns("production", w, "red", w+" no route to host, 3 times")
	}
	t.turns("production", "web-5", "amber", "slow: 78 ms, usual 11")
	t.until(4)
	return t
}

// A server that is red before the load is named with why and what can be done,
// the rest is counted, and no row loses its end.
func TestPreflightTellsWhatIsRed(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {120, 36}, {200, 60}} {
		m, _ := before(redAtStart("web-13"), size[0], size[1])
		text := ansi.Strip(m.View().Content)
		for _, say := range []string{"■ web-13 red: no route to host, 3 times", "set aside: Shift+Tab, a", "56 checks a second, nothing else", "how fast it lets go is known after the baseline", "c asks by gentle load", "Enter goes on"} {
			if !strings.Contains(text, say) {
				t.Errorf("%v: it does not say %q:\n%s", size, say, text)
			}
		}
		if size[0] == 80 && !strings.Contains(text, "14 checks  ■ 1 red  ▲ 1 amber  ● 12 green") || strings.Contains(text, "■ web-13 red:  ") {
			t.Errorf("%v:\n%s", size, text)
		}
		from, to := strings.Index(text, "PRE-FLIGHT"), strings.Index(text, "Enter goes on ─")
		if regexp.MustCompile(`[^ ]…`).MatchString(text[from:to]) {
			t.Errorf("%v: something is cut:\n%s", size, text[from:to])
		}
		// The keys that it names do it.
		m.pressAll("shift+tab")
		if text := ansi.Strip(m.View().Content); !strings.Contains(text, "a sets it aside · ") {
			t.Errorf("%v: the tile does not name its key:\n%s", size, text)
		}
		m.pressAll("a")
		if m.mode != modeEdit || m.editor.purpose != editAside || m.editor.id != "web-13" || m.editor.env != "production" {
			t.Errorf("%v: mode %v, %v of %q", size, m.mode, m.editor.purpose, m.editor.id)
		}
	}
	m, _ := before(redAtStart("web-3", "web-7", "web-8", "web-13"), 80, 24)
	text := ansi.Strip(m.View().Content)
	for _, say := range []string{"■ web-8 red: ", "■ and 1 more red · set one aside: Shift+Tab, arrows, a"} {
		if !strings.Contains(text, say) {
			t.Errorf("four: it does not say %q:\n%s", say, text)
		}
	}
	tale := redAtStart()
	tale.turns("staging", "web-2", "red", "503 Service Unavailable")
	tale.until(5)
	m, src := before(tale, 80, 24)
	if text := ansi.Strip(m.View().Content); !strings.Contains(text, "■ web-2 red: 503 Service Unavailable ·") || !strings.Contains(text, "set aside: Shift+Tab twice, a") {
		t.Errorf("staging:\n%s", text)
	}
	m.pressAll("shift+tab", "shift+tab", "a")
	if m.editor.purpose != editAside || m.editor.id != "web-2" || m.editor.env != "staging" {
		t.Errorf("staging: %v of %q in %q", m.editor.purpose, m.editor.id, m.editor.env)
	}
	src.may = func(c session.Command) error {
		if _, ok := c.(session.SetAside); ok {
			return &session.Refusal{Why: "load has run"}
		}
		return nil
	}
	m, src2 := before(redAtStart("web-13"), 80, 24)
	src2.may = src.may
	if text := ansi.Strip(m.View().Content); strings.Contains(text, "set aside") {
		t.Errorf("a key that is refused is named:\n%s", text)
	}
}

// The page tells limits in the dial's unit, what was not learned, and when the
// guard only warns.
func TestPreflightTellsWhatHolds(t *testing.T) {
	t.Parallel()
	uncalibrated := newStory()
	uncalibrated.start()
	uncalibrated.add(session.BySession, session.TypeBaselineEnd, &session.BaselineEnd{Note: "uncalibrated", Thresholds: []session.Threshold{{Env: "production", Check: "web-1", Amber: 0.25, Red: 0.5}}})
	for name, v := range map[string]struct {
		tale *story
		says []string
		not  string
	}{
		"rate":         {rateStory(), []string{"300 req/s at most · up 10 req/s a second, down at once", "at most 300 req/s."}, "200 users"},
		"uncalibrated": {uncalibrated, []string{"▲ nothing learned: production is amber from 250 ms, red from 500 ms · uncalibrated"}, "● learned"},
		"short":        {baselineStory(10), []string{"● learned: production is amber from 60 ms, red from 250 ms · short baseline"}, "nothing learned"},
		"warned":       {warnedStory(), []string{"▲ only warns 4:52, red still cuts"}, "armed"},
		"unguarded":    {unguardedStory(), []string{"UNGUARDED: nothing of production is watched, 5 users at most"}, "armed"},
		"cut":          {redStory(), []string{"▲ CUT"}, "armed"},
	} {
		m, _ := before(v.tale, 120, 60)
		l := m.preflightSheet()
		var b strings.Builder
		for i := range l.n {
			for _, p := range l.line(i) {
				b.WriteString(p.text)
			}
			b.WriteString("\n")
		}
		for _, say := range v.says {
			if !strings.Contains(b.String(), say) {
				t.Errorf("%s: it does not say %q:\n%s", name, say, b.String())
			}
		}
		if strings.Contains(b.String(), v.not) {
			t.Errorf("%s: it says %q:\n%s", name, v.not, b.String())
		}
	}
}

// Where the page is longer than its room the arrows scroll it, and its foot says
// so; where it is not they are the dial's.
func TestArrowsScrollAPageThatIsLonger(t *testing.T) {
	t.Parallel()
	m, src := before(redAtStart("web-13"), 80, 24)
	if f := m.text(); !strings.Contains(f, "↑ ↓ scroll") || strings.Contains(f, "When it is over, a copies") {
		t.Fatalf("the page is not longer than its room:\n%s", f)
	}
	for range 30 {
		m.pressAll("down")
	}
	if f := m.text(); m.overlay != overlayPreflight || len(src.done()) > 0 || !strings.Contains(f, "When it is over, a copies") {
		t.Errorf("down does not scroll to the end, or moved the dial: %v\n%s", src.done(), f)
	}
	m.pressAll("up")
	if m.overlay != overlayPreflight || len(src.done()) > 0 {
		t.Errorf("up moved the dial: %v", src.done())
	}
	m.pressAll("right") // ten users more
	if _, ok := src.newest().(session.MoveDial); !ok || m.overlay != overlayNone {
		t.Errorf("right: %v, overlay %v", src.newest(), m.overlay)
	}
	m, src = before(baselineStory(3), 200, 60)
	m.pressAll("up")
	if c, ok := src.newest().(session.MoveDial); !ok || c.By != 1 || m.overlay != overlayNone {
		t.Errorf("on a page that fits up gives %v, overlay %v", src.newest(), m.overlay)
	}
}
