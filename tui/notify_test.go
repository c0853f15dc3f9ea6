package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"crosstalk/session"
)

// rung is what the terminal itself is sent when events happen.
func rung(o Options, events ...session.Event) string {
	o.Who, o.Now = mel, func() time.Time { return storyBegan.Add(time.Second) }
	m := New(newSource(newStory()), o)
	cmd := m.notify(events)
	if cmd == nil {
		return ""
	}
	return fmt.Sprint(cmd().(tea.RawMsg).Msg)
}

func TestNotify(t *testing.T) {
	t.Parallel()
	at := func(after time.Duration, body any) session.Event {
		return session.Event{Seq: 1, T: storyBegan.Add(after), Body: body}
	}
	cut := &session.GuardChange{From: "run", To: "cut", Why: "web-3; \x1b]0;x\a refused", Running: 80}
	recov := &session.GuardRecovered{Seconds: 3.2}
	xterm := Options{Host: true, Environ: []string{"TERM=xterm-256color"}}
	const cutText, recovText = "load cut at 80 users: web-3; ]0;x refused", "production recovered 3.2 s after the cut"
	osc := func(text string) string {
		return "\x1b]9;crosstalk: " + text + "\a\x1b]777;notify;crosstalk;" + strings.ReplaceAll(text, ";", ",") + "\a"
	}
	for _, c := range []struct {
		name   string
		o      Options
		events []session.Event
		want   string
	}{
		{"cut", xterm, []session.Event{at(0, cut)}, "\a" + osc(cutText)},
		{"recovery rings no bell", xterm, []session.Event{at(0, recov)}, osc(recovText)},
		{"two cuts at once ring once", xterm, []session.Event{at(0, cut), at(0, cut)}, "\a" + osc(cutText) + osc(cutText)},
		{"lockout", xterm, []session.Event{at(0, &session.GuardChange{From: "ease", To: "lockout", Why: "x", Running: 1})}, "\a" + osc("load cut at 1 user: x")},
		{"hold", xterm, []session.Event{at(0, &session.GuardChange{From: "run", To: "hold"})}, ""},
		{"a cut that stays one", xterm, []session.Event{at(0, &session.GuardChange{From: "cut", To: "cut"})}, ""},
		{"long ago", xterm, []session.Event{at(-time.Minute, cut)}, ""},
		{"guest", Options{Environ: xterm.Environ}, []session.Event{at(0, cut)}, ""},
		{"knows both", Options{Host: true, Environ: []string{"TERM=xterm-kitty"}}, []session.Event{at(0, recov)}, "\x1b]9;crosstalk: " + recovText + "\a"},
		{"console", Options{Host: true, Environ: []string{"TERM=linux"}}, []session.Event{at(0, cut)}, "\a"},
		{"no terminal", Options{Host: true}, []session.Event{at(0, cut)}, "\a"},
		{"tmux", Options{Host: true, Environ: []string{"TERM=foot", "TMUX=x"}}, []session.Event{at(0, recov)}, "\x1bPtmux;\x1b\x1b]9;crosstalk: " + recovText + "\a\x1b\\"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := rung(c.o, c.events...); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestNotifyComesWithTheEvents: following goes on beside it.
func TestNotifyComesWithTheEvents(t *testing.T) {
	t.Parallel()
	tale := busyStory()
	m, src := screen(tale, 120, 36)
	cut := session.Event{Seq: m.s.Seq + 1, MS: tale.ms, T: m.now, Type: session.TypeGuardState, Body: &session.GuardChange{From: "run", To: "cut", Why: "x", Running: 3}}
	_, cmd := m.Update(eventsMsg{events: []session.Event{cut}})
	src.push(session.Event{Seq: cut.Seq + 1})
	var raw, more int
	for _, msg := range each(cmd) {
		switch msg.(type) {
		case tea.RawMsg:
			raw++
		case eventsMsg:
			more++
		}
	}
	if raw != 1 || more != 1 {
		t.Errorf("%d notifications, %d more events", raw, more)
	}
}

func TestWindowTitleAndProgress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		story *story
		want  string
		red   bool
	}{
		{newStory(), "crosstalk · no load · production no sight", false},
		{busyStory(), "crosstalk · 45 users · production green", false},
		{redStory(), "crosstalk · LOAD CUT · production amber", true},
		{unguardedStory(), "crosstalk · 5 users · production not watched", false},
	} {
		m, _ := screen(c.story, 120, 36)
		v := m.View()
		if v.WindowTitle != c.want {
			t.Errorf("title %q, want %q", v.WindowTitle, c.want)
		}
		if red := v.ProgressBar != nil && v.ProgressBar.State == tea.ProgressBarError; red != c.red {
			t.Errorf("%s: progress %v", c.want, v.ProgressBar)
		}
		m.o.Host = false
		if v := m.View(); v.ProgressBar != nil {
			t.Errorf("%s: a guest's terminal shows %v", c.want, v.ProgressBar)
		}
	}
}
