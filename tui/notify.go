package tui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"crosstalk/notes"
	"crosstalk/session"
)

// staleNews is how old an event may be and still be rung for: who looks at
// what was is not called to it.
const staleNews = 10 * time.Second

// maxNews is how much of a reason a notification holds, in bytes.
const maxNews = 200

// notify rings the terminal's bell at a cut and tells the desktop of it and of
// the recovery. It returns the terminal's own sequences as one Cmd, which the
// program writes when it gets to it; nothing here waits. Only the host's
// terminal is told: a guest did not ask to be called.
func (m *Model) notify(events []session.Event) tea.Cmd {
	if !m.o.Host {
		return nil
	}
	var out strings.Builder
	rang := false
	for _, e := range events {
		if m.now.Sub(e.T) > staleNews {
			continue
		}
		switch b := e.Body.(type) {
		case *session.GuardChange:
			if b.From == b.To || b.From == "cut" || b.To != "cut" && b.To != "lockout" {
				continue
			}
			if !rang {
				out.WriteByte(ansi.BEL)
				rang = true
			}
			out.WriteString(m.desktop(m.s.Unit().CutAt(b.Running) + ": " + b.Why))
		case *session.GuardRecovered:
			out.WriteString(m.desktop(fmt.Sprintf("production recovered %.1f s after the cut", b.Seconds)))
		}
	}
	if out.Len() == 0 {
		return nil
	}
	return tea.Raw(out.String())
}

// desktop is a notification as OSC 9 and as OSC 777: terminals know one or the
// other, and skip what they do not know. Those known to know both get one, and
// the consoles that know neither get none.
func (m *Model) desktop(text string) string {
	text = strings.Join(strings.Fields(notes.Clean(text)), " ")
	if len(text) > maxNews {
		text = strings.ToValidUTF8(text[:maxNews], "") + "…"
	}
	term := m.env("TERM")
	if m.console() || term == "" || term == "dumb" {
		return ""
	}
	seq := ansi.Notify("crosstalk: " + text)
	if !knowsBoth(term, m.env("TERM_PROGRAM")) {
		seq += ansi.URxvtExt("notify", "crosstalk", strings.ReplaceAll(text, ";", ","))
	}
	if m.env("TMUX") != "" {
		return ansi.TmuxPassthrough(seq)
	}
	return seq
}

func knowsBoth(term, program string) bool {
	for _, t := range []string{"xterm-kitty", "xterm-ghostty", "foot"} {
		if strings.HasPrefix(term, t) {
			return true
		}
	}
	return program == "WezTerm" || program == "ghostty"
}

// windowTitle is what a person reads in a list of windows.
func (m *Model) windowTitle() string {
	s := m.s
	load := "no load"
	switch {
	case s.Ended != nil:
		return "crosstalk · ended"
	case s.Guard.Latched():
		load = "LOAD CUT"
	case s.Dial.Running > 0:
		load = m.amount(s.Dial.Running)
	}
	production := s.Env("production").State
	if s.Start.ID != "" && !s.Watched("production") {
		production = "not watched"
	}
	return "crosstalk · " + load + " · production " + production
}

// progress is the terminal's own bar, which some show in the task bar: red
// after a cut, else none. Older iTerm2 takes it for a notification.
func (m *Model) progress() *tea.ProgressBar {
	if !m.o.Host || !m.s.Guard.Latched() || m.s.Ended != nil || m.console() || m.env("TERM_PROGRAM") == "iTerm.app" {
		return nil
	}
	return tea.NewProgressBar(tea.ProgressBarError, 100)
}
