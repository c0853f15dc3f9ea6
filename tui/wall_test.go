package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"crosstalk/session"
)

// wallStory has forty servers in each environment, some of them in trouble.
func wallStory() *story {
	t := newStory()
	t.servers = map[string]int{"staging": 40, "production": 40}
	t.baseline(10)
	t.dialTo(20)
	t.until(50)
	t.turns("production", "web-17", "no sight", "no answer for 1.2 s")
	t.turns("production", "web-31", "amber", "slow: 78 ms, usual 11")
	t.turns("production", "", "amber", "web-31 is slow: 78 ms, usual 11")
	t.turns("staging", "web-40", "red", "503 Service Unavailable, 3 times")
	t.turns("staging", "", "red", "web-40: 503 Service Unavailable, 3 times")
	t.until(70)
	for _, w := range []string{"web-22", "web-8", "web-39"} {
		t.turns("production", w, "red", "connection refused by 10.20.30.40:443, 4 times in 2 s, and the answer before it took 1.9 s against 11 ms as usual")
	}
	t.turns("production", "", "red", "web-8, web-22 and web-39: connection refused")
	t.until(90)
	return t
}

// unguardedStory watches nothing of production.
func unguardedStory() *story {
	t := newStory()
	t.servers = map[string]int{"staging": 2}
	t.baseline(10)
	t.ceiling = 5
	t.dialTo(5)
	t.until(40)
	return t
}

// offStory runs with the guard switched off.
func offStory() *story {
	t := newStory()
	t.begin = func(s *session.Start) { s.NoGuard = "the twin of production is down for the night anyway" }
	t.baseline(10)
	t.dialTo(30)
	t.until(60)
	return t
}

// warnedStory is in the five minutes in which amber only warns; one check is
// muted, another was late once.
func warnedStory() *story {
	t := baselineStory(10)
	t.dialTo(40)
	t.until(60)
	t.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: "run", To: "run", Cause: session.CausePerson, Why: "amber only warns: backups run until four", Running: 40, Ceiling: -1, Warn: 300})
	t.muted = map[string]bool{"production/web-2": true}
	t.turns("production", "web-2", "red", "503 Service Unavailable, 3 times")
	t.turns("production", "web-4", "amber", "slow: 78 ms, usual 11")
	t.turns("production", "", "amber", "web-4 is slow: 78 ms, usual 11")
	t.until(68)
	return t
}

// selfStory is held because our own machine is busy.
func selfStory(held bool) *story {
	t := newStory()
	t.begin = func(s *session.Start) {
		s.Checks = append(s.Checks, session.CheckInfo{Env: "self", Name: "host", Kind: "host", Every: 1})
	}
	t.baseline(10)
	t.dialTo(60)
	t.until(30)
	t.turns("self", "host", "amber", "CPU use 97 %")
	t.turns("self", "", "amber", "host: CPU use 97 %")
	t.add(session.ByMonitors, session.TypeHealthTick, &session.HealthTick{Env: "self", State: "amber", Why: "host: CPU use 97 %", Checks: []session.CheckState{{Name: "host", State: "amber", Latency: new(0.001), Reason: "CPU use 97 %"}},
		Vitals: map[string]any{"cpu": 97.2, "own_cpu": 8.4, "memory": 41.0, "cores": 2.0, "load1": 3.1}})
	t.add(session.ByEngine, session.TypeSelfLimit, &session.SelfLimit{Why: "host: CPU use 97 %", Span: session.SpanBegin, Running: 60})
	if held {
		t.guardTo("hold", "host: CPU use 97 %", session.CauseSelf, 60)
	}
	t.until(70)
	return t
}

// wentOnStory is after a cut that a person went on from.
func wentOnStory() *story {
	t := redStory()
	t.turns("production", "web-4", "green", "usual again")
	t.turns("production", "", "green", "all checks are green")
	t.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: "cut", To: "run", Cause: session.CausePerson, Why: "a person went on", Ceiling: 80})
	t.guard, t.ceiling = "run", 80
	t.dialTo(20)
	t.until(380)
	return t
}

func TestWallFrames(t *testing.T) {
	t.Parallel()
	waits := func(why string) func(*fakeSource) {
		return func(f *fakeSource) {
			f.may = func(c session.Command) error {
				if _, ok := c.(session.Hold); ok {
					return &session.Refusal{Why: why}
				}
				return nil
			}
		}
	}
	wall, red := wallStory(), redStory()
	for _, v := range []struct {
		name  string
		story *story
		keys  []string
		set   func(*fakeSource)
	}{
		{name: "wall", story: wall},
		{name: "wall-zoom", story: wall, keys: []string{"z", "z"}},
		{name: "wall-tile", story: wall, keys: []string{"tab", "tab", "down", "right"}},
		{name: "wall-end", story: wall, keys: []string{"tab", "tab", "end"}},
		{name: "unguarded", story: unguardedStory()},
		{name: "off", story: offStory()},
		{name: "warned", story: warnedStory()},
		{name: "mute", story: warnedStory(), keys: []string{"tab", "tab", "right", "right", "m", "o", "k"}},
		{name: "warn", story: busyStory(), keys: []string{"G", "b", "a", "c", "k", "u", "p"}},
		{name: "self", story: selfStory(false), keys: []string{"z"}},
		{name: "self-held", story: selfStory(true), keys: []string{"e"}},
		{name: "went-on", story: wentOnStory()},
		{name: "waits", story: red, set: waits("production must stay green for 60 s: 9 s to go")},
		{name: "waits-red", story: red, set: waits("production is amber now and must answer as usual for 60 s first")},
	} {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s-%dx%d", v.name, size[0], size[1]), func(t *testing.T) {
				m, src := screen(v.story, size[0], size[1])
				if v.set != nil {
					v.set(src)
					m.Update(clockMsg{})
				}
				m.pressAll(v.keys...)
				frame := ansi.Strip(m.View().Content)
				fits(t, frame, size[0], size[1])
				requireFrame(t, frame)
				requireLooks(t, looksOf(t, m))
			})
		}
	}
}

// TestWallShowsTroubleFirst: what is red is seen in any window, however many
// servers there are.
func TestWallShowsTroubleFirst(t *testing.T) {
	t.Parallel()
	for _, size := range sizes {
		m, _ := screen(wallStory(), size[0], size[1])
		f := ansi.Strip(m.View().Content)
		for _, want := range []string{"■ web-8", "■ web-22", "■ web-39", "▲ web-31", "○ web-17", "■ web-40"} {
			if !strings.Contains(f, want) {
				t.Errorf("%v: %s is not shown:\n%s", size, want, f)
			}
		}
		if want := map[bool]string{true: "3 red, 1 amber, 1 no sight, 35 green", false: "■3 ▲1 ○1 ●35"}[size[0] > 120]; !strings.Contains(f, want) {
			t.Errorf("%v: it does not say %q", size, want)
		}
	}
}

// TestEveryTileCanBeReached walks over the wall with one key and sees each tile
// marked once it is selected.
func TestEveryTileCanBeReached(t *testing.T) {
	t.Parallel()
	for _, size := range sizes {
		m, _ := screen(wallStory(), size[0], size[1])
		m.pressAll("tab", "tab", "home")
		if m.tile.env != "production" {
			t.Fatalf("the focus is on %+v", m.tile)
		}
		seen := map[string]bool{}
		for range 40 {
			seen[m.tile.name] = true
			f := ansi.Strip(m.View().Content)
			if at := strings.Index(f, "▸"); at < 0 || !strings.Contains(f[at:at+40], m.tile.name) {
				t.Fatalf("%v: %s is selected and not marked:\n%s", size, m.tile.name, f)
			}
			m.pressAll("right")
		}
		if len(seen) != 40 {
			t.Errorf("%v: %d of 40 tiles were reached", size, len(seen))
		}
	}
}

func TestFocusGoesRound(t *testing.T) {
	t.Parallel()
	m, _ := screen(redStory(), 120, 36)
	where := func() string {
		switch {
		case m.sel != "":
			return "notes"
		case m.tile.env != "":
			return m.tile.env + " " + m.tile.name
		}
		return "dial"
	}
	var went []string
	for _, k := range []string{"tab", "tab", "tab", "tab", "shift+tab", "shift+tab", "esc", "tab", "tab", "tab", "z"} { // z widens the pane that has the focus
		m.pressAll(k)
		went = append(went, where())
	}
	want := "notes, staging web-1, production web-4, dial, production web-4, staging web-1, dial, notes, staging web-1, production web-4, production web-4"
	if got := strings.Join(went, ", "); got != want {
		t.Errorf("went %s,\nwant %s", got, want)
	}
}

func TestArrowsOnTilesLeaveTheDial(t *testing.T) {
	t.Parallel()
	m, src := screen(busyStory(), 120, 36)
	m.pressAll("tab", "tab", "up", "down", "left", "right")
	if did := src.done(); len(did) != 0 {
		t.Errorf("arrows on the tiles did %v", did)
	}
	m.pressAll("esc", "up")
	if did := src.done(); len(did) != 1 {
		t.Errorf("after Escape the arrow did %v", did)
	}
}

func TestMuteWantsAReason(t *testing.T) {
	t.Parallel()
	m, src := screen(redStory(), 120, 36)
	m.pressAll("tab", "tab", "tab", "m", "enter")
	if did := src.done(); len(did) != 0 || !strings.Contains(m.message.text, "a reason is needed") {
		t.Errorf("without a reason it did %v and said %q", did, m.message.text)
	}
	m.pressAll("m")
	m.typeText("known slow")
	m.pressAll("enter")
	want := session.Mute{Env: "production", Check: "web-4", Why: "known slow"}
	if did := src.done(); len(did) != 1 || did[0] != want {
		t.Errorf("did %v, want %v", did, want)
	}
	src.may = func(session.Command) error { return &session.Refusal{Why: "web-4 is green: there is nothing to mute"} }
	m.pressAll("m")
	if m.mode != modeMain || !strings.Contains(m.message.text, "nothing to mute") {
		t.Errorf("a refused mute asks for a reason; it says %q", m.message.text)
	}
}

func TestWarnOnly(t *testing.T) {
	t.Parallel()
	m, src := screen(busyStory(), 120, 36)
	m.pressAll("G")
	m.typeText("backups run")
	m.pressAll("enter")
	if did := src.done(); len(did) != 1 || did[0] != (session.WarnOnly{Why: "backups run"}) {
		t.Errorf("did %v", did)
	}
	m, src = screen(busyStory(), 120, 36)
	src.may = func(session.Command) error { return &session.Refusal{Why: "jon holds the dial"} }
	m.Update(clockMsg{})
	m.pressAll("G")
	if m.mode != modeMain || m.message.text != "jon holds the dial" {
		t.Errorf("it asks, or says %q", m.message.text)
	}
}

func TestWarnCountsDownAndEnds(t *testing.T) {
	t.Parallel()
	tale := warnedStory()
	now := storyBegan.Add(time.Duration(tale.ms) * time.Millisecond)
	m := New(newSource(tale), Options{Who: mel, Host: true, Now: func() time.Time { return now }})
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 36})
	for _, c := range []struct {
		after time.Duration
		want  string
	}{{0, "GUARD only warns 4:52, red still cuts"}, {4*time.Minute + 51*time.Second, "only warns 0:01"}, {4*time.Minute + 52*time.Second, "GUARD armed"}} {
		now = storyBegan.Add(time.Duration(tale.ms)*time.Millisecond + c.after)
		m.Update(clockMsg{})
		if f := ansi.Strip(m.View().Content); !strings.Contains(f, c.want) {
			t.Errorf("after %s it does not say %q:\n%s", c.after, c.want, f)
		}
	}
}

func TestStripKeepsAMinute(t *testing.T) {
	t.Parallel()
	var s strip
	line := func(cells int, now int64) string {
		c := newCanvas(newStyles(true, false, false, false, 0), cells, 1)
		s.draw(c, 0, 0, cells, now)
		return ansi.Strip(c.String())
	}
	for sec := int64(100); sec < 200; sec++ {
		k := markGreen
		switch {
		case sec == 150:
			k = markRed
		case sec == 160:
			k = markLate
		case sec > 170 && sec < 180:
			continue // nothing was told: a gap stays one
		}
		s.write(sec, k)
	}
	s.write(199, markAmber) // of one second the worst counts
	s.write(199, markGreen)
	s.write(20, markRed) // what is older than the newest is ignored
	want := strings.Repeat("·", 10) + "▪" + strings.Repeat("·", 9) + "'" + strings.Repeat("·", 10) + strings.Repeat(" ", 9) + strings.Repeat("·", 19) + "▴"
	if got := line(60, 200_900); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got, want := line(6, 200_900), "·▪'··▴"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := line(60, 230_000); got != string([]rune(want)[31:])+strings.Repeat(" ", 31) {
		t.Errorf("half a minute of silence shows %q", got)
	}
	if got := line(60, 400_000); strings.TrimSpace(got) != "" {
		t.Errorf("after minutes of silence it shows %q", got)
	}
}

func TestStripsAreFedByEvents(t *testing.T) {
	t.Parallel()
	m, _ := screen(redStory(), 120, 36)
	s := m.past[tileKey{"production", "web-3"}]
	if s == nil || s.at(360) != markGreen {
		t.Fatalf("web-3: %+v", s)
	}
	if k := m.past[tileKey{"production", "web-4"}].at(350); k != markAmber {
		t.Errorf("web-4 at 350 s: %v", k)
	}
	m.Update(eventsMsg{events: []session.Event{{Seq: m.s.Seq + 1, MS: m.s.MS, T: m.s.T, Type: session.TypeStart, Body: &session.Start{ID: "x"}}}})
	if len(m.past) != 0 {
		t.Errorf("%d strips outlive a new start", len(m.past))
	}
}
