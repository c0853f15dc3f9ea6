package tui

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"crosstalk/session"
)

// askedStory waits for two answers, one of them mel's.
func askedStory() *story {
	t := busyStory()
	since := storyBegan.Add(time.Duration(t.ms) * time.Millisecond)
	t.add(session.ByMonitors, session.TypeCheckAsk, &session.Ask{Env: "production", Check: "mail", Question: "do mails go out?", Who: "tim", Since: since})
	t.add(session.ByMonitors, session.TypeCheckAsk, &session.Ask{Env: "production", Check: "wall", Question: "is the wallboard green?", Who: "mel", Since: since})
	return t
}

// cutAskedStory is in a cut while somebody is asked.
func cutAskedStory() *story {
	t := redStory()
	since := storyBegan.Add(time.Duration(t.ms)*time.Millisecond - 12*time.Second)
	t.add(session.ByMonitors, session.TypeCheckAsk, &session.Ask{Env: "production", Check: "wall", Question: "is the wallboard in the operations room green on every row?", Who: "tim", Since: since})
	return t
}

// offerStory is in its quiet phase, and an earlier baseline fits.
func offerStory() *story {
	t := baselineStory(3)
	t.add(session.ByMonitors, session.TypeBaselineOffer, &session.BaselineOffer{From: "20261016-150000 of 16 October", Why: "the same checks, and they answer as they did then"})
	return t
}

func asideStory() *story {
	t := busyStory()
	days := 12.0
	t.add(session.ByMonitors, session.TypeHealthTick, &session.HealthTick{Env: "production", State: "green", Checks: []session.CheckState{
		{Name: "web-2", State: "red", Reason: "connection refused", TLSDays: &days}}})
	t.add("mel", session.TypeCheckAside, &session.CheckAside{Env: "production", Check: "web-2", Why: "being replaced"})
	return t
}

func TestQuestionsAreAnswered(t *testing.T) {
	t.Parallel()
	m, src := screen(askedStory(), 120, 36)
	m.pressAll("y", "N")
	m.typeText("two are red")
	m.pressAll("enter")
	want := []session.Command{session.AnswerCheck{Env: "production", Check: "wall", Good: true},
		session.AnswerCheck{Env: "production", Check: "wall", Text: "two are red"}}
	if !reflect.DeepEqual(src.did, want) {
		t.Errorf("did %+v\nwant %+v", src.did, want)
	}
	m, src = screen(cutAskedStory(), 80, 24) // a cut hides no question
	m.pressAll("y")
	if want := []session.Command{session.AnswerCheck{Env: "production", Check: "wall", Good: true}}; !reflect.DeepEqual(src.did, want) {
		t.Errorf("in a cut: did %+v", src.did)
	}
	// Nobody asks: the keys say so and do nothing.
	m, src = screen(busyStory(), 120, 36)
	if m.pressAll("y", "N"); len(src.did) != 0 || m.mode != modeMain {
		t.Errorf("did %+v in mode %v", src.did, m.mode)
	}
}

func TestQuietPhaseKeys(t *testing.T) {
	t.Parallel()
	m, src := screen(offerStory(), 120, 36)
	m.pressAll("u", "K", "esc", "K", "y")
	if want := []session.Command{session.UseBaseline{}, session.SkipBaseline{}}; !reflect.DeepEqual(src.did, want) {
		t.Errorf("did %+v, want %+v", src.did, want)
	}
}

func TestSettingAside(t *testing.T) {
	t.Parallel()
	m, src := screen(asideStory(), 120, 36)
	m.pressAll("tab", "tab", "tab")
	if m.tile != (tileKey{"production", "web-2"}) {
		t.Fatalf("the focus is on %v", m.tile)
	}
	m.pressAll("a", "y") // it is aside: it counts again
	m.pressAll("right", "a")
	m.typeText("flaky")
	m.pressAll("enter")
	want := []session.Command{session.SetAside{Env: "production", Check: "web-2", Undo: true}, session.SetAside{Env: "production", Check: "web-3", Why: "flaky"}}
	if !reflect.DeepEqual(src.did, want) {
		t.Errorf("did %+v\nwant %+v", src.did, want)
	}
}

func TestAskedFrames(t *testing.T) {
	t.Parallel()
	told := busyStory()
	told.add(session.BySession, session.TypeNotifyFailed, &session.NotifyFailed{Target: "webhook", Why: "it answers 403", Count: 2})
	for _, v := range []struct {
		name  string
		story *story
		keys  []string
		says  string
	}{
		{"question", askedStory(), nil, "is the wallboard green?"},
		{"question-in-a-cut", cutAskedStory(), nil, " · N no"},
		{"offer", offerStory(), nil, "u uses it now"},
		{"aside", asideStory(), []string{"tab", "tab", "tab"}, "set aside"},
		{"untold", told, nil, "it answers 403"},
	} {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s-%dx%d", v.name, size[0], size[1]), func(t *testing.T) {
				m, _ := screen(v.story, size[0], size[1])
				m.pressAll(v.keys...)
				frame := ansi.Strip(m.View().Content)
				fits(t, frame, size[0], size[1])
				if !strings.Contains(frame, v.says) {
					t.Errorf("it does not say %q", v.says)
				}
				requireFrame(t, frame)
				requireLooks(t, looksOf(t, m))
			})
		}
	}
}

// TestATileSaysItsCertificateOnce, in whole days that are left; and no usual
// that was not learned.
func TestATileSaysItsCertificateOnce(t *testing.T) {
	m, _ := screen(busyStory(), 120, 36)
	days, p := 4.9, pane{m, "production"}
	for reason, want := range map[string]string{
		"":                               "● tls is green. Its certificate ends in 4 days",
		"its certificate ends in 4 days": "● tls is green: its certificate ends in 4 days",
	} {
		tile := session.Tile{Info: session.CheckInfo{Name: "tls"}, Now: session.CheckState{State: "green", Reason: reason, TLSDays: &days}}
		if got := strings.Join(p.reason(tile, 200), " "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	m.s.Baseline.Thresholds = []session.Threshold{{Env: "production", Check: "tls", Amber: 0.25}}
	for _, g := range p.facts(session.Tile{Info: session.CheckInfo{Name: "tls", Env: "production"}}) {
		if strings.Contains(g[0].text, "usual") {
			t.Errorf("%v was not learned", g)
		}
	}
}
