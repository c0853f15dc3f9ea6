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

func TestDebriefKeepsEachAnswer(t *testing.T) {
	t.Parallel()
	m, src := screen(redStory(), 120, 36)
	m.pressAll("D")
	if m.mode != modeForm || m.form.fields[m.form.at].key != "past" {
		t.Fatalf("D does not open the debrief: mode %v", m.mode)
	}
	m.pressAll("enter") // takes the proposal
	m.typeText("dup orders")
	m.pressAll("enter", "tab")
	m.pressAll("esc")
	want := []session.Answer{{Question: "past", Text: m.s.Prefill("past")}, {Question: "results", Text: "dup orders"}}
	var got []session.Answer
	for _, c := range src.did {
		if a, ok := c.(session.Answer); ok {
			got = append(got, a)
		}
	}
	if !reflect.DeepEqual(got, want) || want[0].Text == "" {
		t.Errorf("kept %+v, want %+v", got, want)
	}
}

// What has an answer is shown with it, and the first that has none is open.
func TestDebriefGoesOn(t *testing.T) {
	t.Parallel()
	tale := redStory()
	tale.add("mel", session.TypeDebrief, &session.Debrief{Question: "past", Text: "a busy hour"})
	m, src := screen(tale, 120, 36)
	m.pressAll("D")
	if f := m.form.fields; f[0].editor.text != "a busy hour" || f[m.form.at].key != "results" {
		t.Errorf("open at %s, past is %q", f[m.form.at].key, f[0].editor.text)
	}
	m.pressAll("up", "enter") // unchanged: nothing to keep
	for _, c := range src.did {
		if a, ok := c.(session.Answer); ok {
			t.Errorf("kept %+v again", a)
		}
	}
}

func TestCharterForm(t *testing.T) {
	t.Parallel()
	m, src := screen(newStory(), 120, 36)
	m.pressAll("C", "ctrl+u")
	m.typeText("checkout")
	m.pressAll("enter")
	m.typeText("rising users")
	m.pressAll("enter")
	m.typeText("where orders slow")
	m.pressAll("tab")
	m.typeText("cart; payment ;")
	m.pressAll("ctrl+s")
	var got session.Charter
	for _, c := range src.did {
		if s, ok := c.(session.SetCharter); ok {
			got = s.Charter
		}
	}
	if got.String() != "Explore checkout with rising users to discover where orders slow" || len(got.Areas) != 2 || m.mode != modeMain {
		t.Errorf("charter %q areas %q", got.String(), got.Areas)
	}
	m.pressAll("C", "x", "esc")
	if n := len(src.did); n != 1 {
		t.Errorf("Esc set a charter: %d commands", n)
	}
}

func TestTimeKeys(t *testing.T) {
	t.Parallel()
	m, src := screen(busyStory(), 120, 36)
	m.pressAll("f3", "o", "P", "E")
	m.typeText("a good trail")
	m.pressAll("enter")
	if m.mode != modeEdit {
		t.Error("an extension without minutes is taken")
	}
	m.pressAll("ctrl+u")
	m.typeText("20 a good trail")
	m.pressAll("enter")
	want := []session.Command{session.SetActivity{Activity: session.Activity{What: "bug"}},
		session.SetActivity{Activity: session.Activity{What: "test", Opportunity: true}},
		session.Pause{}, session.ExtendTime{By: 20 * time.Minute, Why: "a good trail"}}
	if !reflect.DeepEqual(src.did, want) {
		t.Errorf("did %+v\nwant %+v", src.did, want)
	}
}

func TestParseExtension(t *testing.T) {
	t.Parallel()
	for text, by := range map[string]time.Duration{"15 why": 15 * time.Minute, "15m why": 15 * time.Minute, "15": 0, "15 10": 0, "": 0, "why": 0, "-3 why": 0, "9999 why": 0} {
		c, err := parseExtension(text)
		if c.By != by || (err == nil) != (by > 0) {
			t.Errorf("%q: %v, %v", text, c, err)
		}
	}
}

func TestFormFrames(t *testing.T) {
	t.Parallel()
	late := redStory()
	late.add("mel", session.TypeActivity, &session.Activity{What: session.ActBug, Opportunity: true})
	late.add("mel", session.TypeExtend, &session.Extend{Seconds: -3590, Why: "to see it over"})
	for _, v := range []struct {
		name  string
		story *story
		keys  []string
	}{
		{"debrief", redStory(), []string{"D", "enter", "a", "alt+enter", "b"}},
		{"charter", busyStory(), []string{"C", "tab"}},
		{"overtime", late, nil},
		{"extend", busyStory(), []string{"E"}},
	} {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s-%dx%d", v.name, size[0], size[1]), func(t *testing.T) {
				m, _ := screen(v.story, size[0], size[1])
				m.pressAll(v.keys...)
				frame := ansi.Strip(m.View().Content)
				fits(t, frame, size[0], size[1])
				if !strings.Contains(frame, "^x") {
					t.Error("it does not say how to stop")
				}
				requireFrame(t, frame)
				requireLooks(t, looksOf(t, m))
			})
		}
	}
}
