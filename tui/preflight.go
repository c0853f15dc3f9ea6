package tui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"crosstalk/session"
)

// preflightKeys copy what a chat should know.
func preflightKeys() []binding {
	return []binding{
		{id: "announce", keys: []string{"a"}, show: "a", does: "copy the announcement, later its all-clear", group: groupSession,
			act: func(m *Model, _ string) tea.Cmd { return m.announce() }},
		{id: "preflight", keys: []string{"p"}, show: "p", does: "the pre-flight page, to check and to paste", group: groupSession,
			act: func(m *Model, _ string) tea.Cmd { m.open(overlayPreflight); return nil }},
	}
}

// onPreflight handles a key while the page lies there. It takes the keys that
// close and scroll it; any other does what it always does, and the page goes.
func (m *Model) onPreflight(key string) (tea.Cmd, bool) {
	switch key {
	case "enter", "esc":
		m.overlay = overlayNone
		return nil, true
	case "pgup", "pgdown", "home", "end":
		return nil, false
	case "a":
		return m.announce(), true
	}
	m.overlay = overlayNone
	return nil, key == "p"
}

// announce gives the terminal what to paste: the announcement until there was
// load, its all-clear when it is off again.
func (m *Model) announce() tea.Cmd {
	text, what := strings.Join(m.s.Announcement(m.now), "\n"), "the announcement"
	if m.s.Dial.Peak > 0 && m.s.Dial.Asked == 0 && m.s.Dial.Running == 0 {
		text, what = m.s.AllClear(m.now), "the all-clear"
	}
	m.say(what+" is on the clipboard, if this terminal allows it", false)
	return tea.SetClipboard(text)
}

// preflightSheet says before the first user what will happen.
func (m *Model) preflightSheet() sheet {
	const name = 12
	w := min(116, m.w-4)
	var l [][]piece
	row := func(label string, parts ...piece) {
		rest := w - name
		line := []piece{{fmt.Sprintf("%-*s", name, label), inkDim}}
		for _, p := range parts {
			p.text = cut(p.text, max(0, rest))
			rest -= width(p.text)
			line = append(line, p)
		}
		l = append(l, line)
	}
	wrapped := func(label, text string, k ink) {
		for line := range strings.SplitSeq(ansi.Wrap(text, w-name, " /"), "\n") {
			row(label, piece{line, k})
			label = ""
		}
	}
	s := m.s
	row("STAGING", piece{"is loaded    ", inkStaging}, piece{s.Start.Target, inkStrong}, piece{"  " + m.senders(), inkDim})
	m.watchedRow(row)
	row("Limits", piece{limitsOf(s), inkText})
	m.guardRow(row)
	m.brakeRow(row)
	m.storesRow(row)
	m.baselineRow(row)
	for _, n := range s.Notes.Notes {
		if n.System && n.MS < 1000 && n.Kind == "risk" {
			wrapped("Look here", n.Text, inkAmber)
		}
	}
	l = append(l, nil)
	l = append(l, []piece{{"Paste before the start", inkStrong}, {"  a copies it", inkDim}})
	for _, line := range s.Announcement(m.now) {
		wrapped("", line, inkText)
	}
	if s.Dial.Peak > 0 {
		l = append(l, []piece{{"Paste when it is over", inkStrong}, {"  a copies it when no load runs", inkDim}})
		wrapped("", s.AllClear(m.now), inkDim)
	} else {
		l = append(l, []piece{{"When it is over, a copies the all-clear", inkDim}})
	}
	return sheet{m: m, title: "PRE-FLIGHT", about: "Enter goes on; but for the brake test, load waits for your dial ", w: w, n: len(l), line: fixed(l)}
}

// senders tell who sends the load, and what.
func (m *Model) senders() string {
	if n := m.nodes(); n != nil {
		return "by Locust at " + m.s.Start.Fleet.Address + ", as its locustfile says"
	}
	return journeysOf(m.s)
}

func journeysOf(s *session.State) string {
	steps := 0
	var names []string
	for _, j := range s.Start.Journeys {
		steps += len(j.Steps)
		names = append(names, j.Name)
	}
	return fmt.Sprintf("%s, %s: %s", plural(len(s.Start.Journeys), "journey", "journeys"), plural(steps, "step", "steps"), strings.Join(names, ", "))
}

func limitsOf(s *session.State) string {
	text := users(s.Start.Limits.Users) + " at most"
	if r := s.Start.Limits.RPS; r > 0 {
		text += fmt.Sprintf(" · %g requests a second", r)
	}
	if g := s.Dial.Glide; g > 0 {
		return text + fmt.Sprintf(" · up %g users a second, down at once", g)
	}
	return text + " · up and down at once"
}

// watchedRow names production's checks and how they are.
func (m *Model) watchedRow(row func(string, ...piece)) {
	e := m.s.Env("production")
	if len(e.Tiles) == 0 && !m.s.Watched("production") {
		row("PRODUCTION", piece{"is not watched: nothing tells whether load reaches it (--watch URL)", inkAmber})
		return
	}
	parts := []piece{{"is only watched  ", inkProd}}
	rate := 0.0
	for _, c := range m.s.Start.Checks {
		if c.Env == "production" && c.Every > 0 && c.Kind != personKind {
			rate += 1 / c.Every
		}
	}
	for _, t := range e.Tiles {
		mark, k := shape(t.Now.State)
		parts = append(parts, piece{mark + " ", k}, piece{t.Info.Name + "  ", inkText})
	}
	if len(e.Tiles) == 0 {
		parts = append(parts, piece{"first answers are awaited  ", inkDim})
	}
	row("PRODUCTION", append(parts, piece{fmt.Sprintf("%.3g checks a second, nothing else", rate), inkDim})...)
}

func (m *Model) guardRow(row func(string, ...piece)) {
	s := m.s
	switch {
	case s.Start.NoGuard != "":
		row("Guard", piece{"■ off: " + s.Start.NoGuard, inkAmber})
	case !s.Watched("production"):
		row("Guard", piece{"▲ has nothing to watch: at most " + users(fewUsers(s)), inkAmber})
	case s.Guard.Promise != nil:
		p, lease := s.Guard.Promise, ""
		if p.Lease > 0 {
			lease = fmt.Sprintf(": the fleet's lease of %s is in it", span1(p.Lease))
		}
		row("Guard", piece{fmt.Sprintf("● armed: lets go %s after production refuses, %s after it hangs%s", span1(p.Refuses), span1(p.Hangs), lease), inkText})
	default:
		row("Guard", piece{"● armed; how fast it lets go is known when the baseline is learned", inkText})
	}
}

// fewUsers is how far the dial goes without a guard's sight.
func fewUsers(s *session.State) int {
	return min(s.Start.Limits.Users, session.DefaultRules().FewUsers)
}

func (m *Model) brakeRow(row func(string, ...piece)) {
	b := m.s.Brake
	switch {
	case m.s.Start.NoGuard != "" || !m.s.Watched("production"):
		row("Brake test", piece{"none without a guard: ctrl+x stops all load", inkDim})
	case b == nil:
		row("Brake test", piece{"○ one user begins, then all load is stopped …", inkDim})
	case b.OK:
		row("Brake test", piece{"● ", inkGreen}, piece{fmt.Sprintf("%s stopped after %.1f ms, %s in flight", users(b.Users), b.MSToZero, plural(b.InFlight, "request", "requests")), inkText})
	default:
		row("Brake test", piece{"▲ staging answered too fast, or not at all, to have a request in flight", inkAmber})
	}
}

func (m *Model) storesRow(row func(string, ...piece)) {
	switch v := m.s.Link.Stores; {
	case v != nil && m.s.Link.Lock != nil:
		row("Data stores", piece{"■ " + v.Verdict.String() + ": ", inkRed}, piece{v.Words, inkText})
	case v != nil:
		row("Data stores", piece{"● " + v.Verdict.String() + ": ", inkText}, piece{v.Words, inkDim})
	default:
		row("Data stores", piece{"not compared: identity in crosstalk.yaml does; c asks by gentle load", inkDim})
	}
}

func (m *Model) baselineRow(row func(string, ...piece)) {
	b := m.s.Baseline
	switch {
	case b.Running:
		left := time.Duration(b.To)*time.Millisecond - m.elapsed()
		done := 1 - float64(left)/float64(max(1, b.To-b.From))/float64(time.Millisecond)
		row("Baseline", piece{bar(done, 20), inkStaging}, piece{fmt.Sprintf("  learning what is usual, %s to go; a dial turned now moves then", minutes(max(0, left))), inkText})
	case len(b.Thresholds) > 0:
		amber, red := 0.0, 0.0
		for _, t := range b.Thresholds {
			if t.Env == "production" && (amber == 0 || t.Amber < amber) {
				amber, red = t.Amber, t.Red
			}
		}
		text := "learned: the dial is yours"
		if amber > 0 {
			text = fmt.Sprintf("learned: production is amber from %s, red from %s", millis(amber), millis(red))
		}
		row("Baseline", piece{"● ", inkGreen}, piece{text, inkText})
	default:
		row("Baseline", piece{"begins after the brake test", inkDim})
	}
}
