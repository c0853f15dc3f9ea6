package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

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
	case "up", "down": // they scroll where there is more than fits, else they are the dial's
		if l := m.preflightSheet(); l.n > l.place().h-2 {
			return nil, false
		}
	case "a":
		return m.announce(), true
	}
	m.overlay = overlayNone
	return nil, key == "p"
}

// announce gives the terminal what to paste: the announcement, or its all-clear
// once the load that was announced is over. Pressed again it is the announcement
// of more load.
func (m *Model) announce() tea.Cmd {
	text, what := strings.Join(m.s.Announcement(m.now), "\n"), "the announcement is on the clipboard, if this terminal allows it"
	if m.clearing() {
		text, what = m.s.AllClear(m.now.Location()), "the all-clear is on the clipboard, if this terminal allows it; a again: an announcement"
		m.cleared = m.s.Dial.Off
	} else {
		m.cleared = 0
	}
	m.say(what, false)
	return tea.SetClipboard(text)
}

// clearing tells whether the all-clear is what comes next: the load is over, and
// it was not copied just before.
func (m *Model) clearing() bool {
	return m.s.Clear() && m.cleared != m.s.Dial.Off
}

// preflightSheet says before the first user what will happen.
func (m *Model) preflightSheet() sheet {
	const name = 12
	w := min(116, m.w-4)
	var l [][]piece
	row := func(label string, parts ...piece) {
		for _, line := range wrapPieces(parts, w-name) {
			l = append(l, append([]piece{{fmt.Sprintf("%-*s", name, label), inkDim}}, line...))
			label = ""
		}
	}
	// whole is the first of several ways to say it that is one line, or the last.
	whole := func(ways ...[]piece) []piece {
		for _, g := range ways {
			if total([][]piece{g}) <= w-name {
				return g
			}
		}
		return ways[len(ways)-1]
	}
	wrapped := func(label, text string, k ink) { row(label, piece{text, k}) }
	s := m.s
	target := []piece{{"is loaded  ", inkStaging}, {s.Start.Target, inkStrong}}
	row("STAGING", whole(slices.Concat(target, []piece{{"  " + m.senders(true), inkDim}}), slices.Concat(target, []piece{{"  " + m.senders(false), inkDim}}))...)
	m.redRows(row, "staging")
	m.watchedRow(row, w-name)
	row("Limits", piece{limitsOf(s), inkText})
	row("Guard", m.guardRow()...)
	m.doorRow(row)
	m.brakeRow(row)
	m.storesRow(row)
	m.baselineRow(row, whole)
	for _, n := range s.Notes.Notes {
		if n.System && n.MS < 1000 && n.Kind == "risk" {
			wrapped("Look here", n.Text, inkAmber)
		}
	}
	if m.h >= roomyRows {
		l = append(l, nil)
	}
	m.pasteRows(func(head, key string) { l = append(l, []piece{{head, inkStrong}, {key, inkDim}}) }, func(text string) { wrapped("", text, inkText) })
	return sheet{m: m, title: "PRE-FLIGHT", about: "Enter goes on; but for the brake test, load waits for your dial ", w: w, n: len(l), line: fixed(l)}
}

// pasteRows are what to paste: first what the key copies now, then what it copies
// next.
func (m *Model) pasteRows(head func(what, key string), row func(string)) {
	s := m.s
	announcement := func(what, key string) {
		head(what, "  "+key)
		for _, line := range s.Announcement(m.now) {
			row(line)
		}
	}
	switch {
	case m.clearing():
		head("Paste now: the load is over", "  a copies it")
		row(s.AllClear(m.now.Location()))
		announcement("Paste before load begins again", "a, pressed again, copies it")
	case s.Clear():
		announcement("Paste before load begins again", "a copies it")
	case s.Dial.Own:
		announcement("Paste while load runs", "a copies it; when the load is over, the all-clear")
	default:
		announcement("Paste before the start", "a copies it")
		head("", "When it is over, a copies the all-clear")
	}
}

// roomyRows is how high a window is that has room for a line between the facts
// and what to paste.
const roomyRows = 30

// senders tell who sends the load, and what, with the journeys' names or without.
func (m *Model) senders(named bool) string {
	if n := m.nodes(); n != nil {
		return "by Locust at " + m.s.Start.Fleet.Address + ", as its locustfile says"
	}
	text, names, _ := strings.Cut(journeysOf(m.s), ": ")
	if named {
		text += ": " + names
	}
	return text
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
	unit := s.Unit()
	text := "no limit of " + unit.Word()
	if n := s.DialMax(); n > 0 {
		text = unit.Of(n) + " at most"
	}
	if r := s.Start.Limits.RPS; r > 0 && !unit.Rate() {
		text += fmt.Sprintf(" · %g requests a second", r)
	}
	if g := s.Dial.Glide; g > 0 {
		return text + fmt.Sprintf(" · up %g %s a second, down at once", g, unit.Word())
	}
	return text + " · up and down at once"
}

// watchedRow tells how many checks production has and how they are: by name
// where that is one line more, else counted.
func (m *Model) watchedRow(row func(string, ...piece), w int) {
	e := m.s.Env("production")
	if len(e.Tiles) == 0 && !m.s.Watched("production") {
		row("PRODUCTION", piece{"is not watched: nothing tells whether load reaches it (--watch URL)", inkAmber})
		return
	}
	rate, n := 0.0, 0
	for _, c := range m.s.Start.Checks {
		if c.Env == "production" {
			n++
			if c.Every > 0 && c.Kind != personKind {
				rate += 1 / c.Every
			}
		}
	}
	often := fmt.Sprintf("%.3g checks a second, nothing else", rate)
	about := piece{"is only watched  ", inkProd}
	if len(e.Tiles) == 0 {
		row("PRODUCTION", about, piece{"first answers are awaited  ", inkDim}, piece{often, inkDim})
		return
	}
	var names []piece
	for _, t := range worstFirst(e.Tiles) {
		mark, k := shape(t.Now.State)
		names = append(names, piece{mark + "\u00a0", k}, piece{strings.ReplaceAll(t.Info.Name, " ", "\u00a0") + "  ", inkText})
	}
	if all := append(append([]piece{about}, names...), piece{often, inkDim}); total([][]piece{all}) <= w {
		row("PRODUCTION", all...)
		m.redRows(row, "production")
		return
	}
	row("PRODUCTION", about, piece{often, inkDim})
	m.redRows(row, "production")
	if total([][]piece{names})-2 <= w {
		row("", names...)
		return
	}
	row("", append([]piece{{plural(n, "check", "checks") + "  ", inkText}}, statesOf(e.Tiles)...)...)
}

// worstFirst sorts tiles by how much they ask for attention.
func worstFirst(tiles []session.Tile) []session.Tile {
	return slices.SortedStableFunc(slices.Values(tiles), func(a, b session.Tile) int { return rank(b.Now.State) - rank(a.Now.State) })
}

// statesOf counts tiles by their state, the worst first.
func statesOf(tiles []session.Tile) []piece {
	n := map[string]int{}
	for _, t := range tiles {
		n[t.Now.State]++
	}
	var out []piece
	for _, state := range []string{"red", "amber", "no sight", "green"} {
		if n[state] > 0 {
			mark, k := shape(state)
			out = append(out, piece{mark + "\u00a0", k}, piece{fmt.Sprintf("%d\u00a0%s  ", n[state], state), inkText})
		}
	}
	return out
}

// mostReds is how many red servers the page tells one by one.
const mostReds = 3

// redRows name the servers that are red before there is load, each with why, and
// what can be done about it.
func (m *Model) redRows(row func(string, ...piece), env string) {
	reds := slices.DeleteFunc(slices.Clone(m.s.Env(env).Tiles), func(t session.Tile) bool { return t.Now.State != "red" })
	mark, k := shape("red")
	var hint []piece
	for i, t := range reds {
		if !t.Now.Aside && hint == nil {
			hint = m.asideHint(t, len(reds) > 1)
		}
		if i >= mostReds {
			continue
		}
		parts := []piece{{mark + " ", k}, {t.Info.Name + " red", inkStrong}}
		switch {
		case t.Now.Aside:
			parts = append(parts, piece{", set aside: it does not count", inkDim})
		case t.Now.Reason != "":
			why := strings.TrimPrefix(strings.Join(strings.Fields(t.Now.Reason), " "), t.Info.Name+" ")
			parts = append(parts, piece{": " + cut(strings.TrimRight(why, "."), 120), inkText})
		}
		if len(reds) == 1 && hint != nil {
			parts = append(append(parts, piece{" · ", inkFaint}), hint...)
		}
		row("", parts...)
	}
	if len(reds) < 2 {
		return
	}
	var end []piece
	if n := len(reds) - mostReds; n > 0 {
		end = []piece{{mark + " ", k}, {fmt.Sprintf("and %d more red", n), inkStrong}, {" · ", inkFaint}}
	}
	if end = append(end, hint...); hint != nil {
		row("", end...)
	} else if end != nil {
		row("", end[:2]...)
	}
}

// asideHint are the keys that set a red server aside; nil where that may not be.
func (m *Model) asideHint(t session.Tile, several bool) []piece {
	if m.src.May(m.o.Who, session.SetAside{Env: t.Info.Env, Check: t.Info.Name, Why: "any"}) != nil {
		return nil
	}
	keys := "Shift+Tab, a" // production's tiles are the last of what Tab goes through
	if t.Info.Env == "staging" && len(m.s.Env("production").Tiles) > 0 {
		keys = "Shift+Tab twice, a"
	}
	what := "set aside: "
	if several {
		keys, what = strings.Replace(keys, ", a", ", arrows, a", 1), "set one aside: "
	}
	return []piece{{strings.ReplaceAll(what, " ", "\u00a0"), inkDim}, {strings.ReplaceAll(keys, " ", "\u00a0"), inkKey}}
}

// guardRow is the guard in words: the status line's where it does not just watch.
func (m *Model) guardRow() []piece {
	s := m.s
	switch g := s.Guard; {
	case s.Start.NoGuard != "":
		return []piece{{"■ off: " + s.Start.NoGuard, inkAmber}}
	case m.unwatched():
		return []piece{{"▲ " + unguardedWords(s), inkAmber}}
	case g.State != string(session.GuardRun) && !s.Baseline.Running:
		return append([]piece{{"▲ ", inkAmber}}, status{m}.guard(false)[1:]...)
	case m.warnLeft() > 0:
		return []piece{{"▲ only warns " + minutes(m.warnLeft()) + ", red still cuts", inkAmber}}
	case g.Promise != nil:
		p, lease := g.Promise, ""
		if p.Lease > 0 {
			lease = fmt.Sprintf(": the fleet's lease of %s is in it", span1(p.Lease))
		}
		return []piece{{fmt.Sprintf("● armed: lets go %s after production refuses, %s after it hangs%s", span1(p.Refuses), span1(p.Hangs), lease), inkText}}
	}
	return []piece{{"● armed; how fast it lets go is known after the baseline", inkText}}
}

// unguardedWords say that nothing of production is watched, and what that allows.
func unguardedWords(s *session.State) string {
	return fmt.Sprintf("%s, %s at most", unguarded, s.Unit().Of(fewUsers(s)))
}

// fewUsers is how far the dial goes without a guard's sight.
func fewUsers(s *session.State) int {
	few := session.DefaultRules().FewUsers
	if n := s.DialMax(); n > 0 {
		return min(n, few)
	}
	return few
}

func (m *Model) brakeRow(row func(string, ...piece)) {
	b := m.s.Brake
	switch {
	case m.s.Start.NoGuard != "" || !m.s.Watched("production"):
		row("Brake test", piece{"none without a guard: ctrl+x stops all load", inkDim})
	case b == nil:
		row("Brake test", piece{"○ one user begins, then all load is stopped …", inkDim})
	case b.OK:
		row("Brake test", piece{"● ", inkGreen}, piece{fmt.Sprintf("%s stopped after %.1f ms, %s in flight", m.amount(b.Users), b.MSToZero, plural(b.InFlight, "request", "requests")), inkText})
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
		row("Data stores", piece{"not compared (identity in crosstalk.yaml); c asks by gentle load", inkDim})
	}
}

func (m *Model) baselineRow(row func(string, ...piece), whole func(...[]piece) []piece) {
	b := m.s.Baseline
	switch {
	case b.Running:
		left := time.Duration(b.To)*time.Millisecond - m.elapsed()
		done := 1 - float64(left)/float64(max(1, b.To-b.From))/float64(time.Millisecond)
		far := []piece{{bar(done, 20), inkStaging}, {fmt.Sprintf("  learning what is usual, %s to go", minutes(max(0, left))), inkText}}
		row("Baseline", whole(slices.Concat(far, []piece{{"; a dial turned now moves then", inkText}}), far)...)
	case len(b.Thresholds) > 0:
		text, learned := learnedWords(m.s)
		mark, k := shape(map[bool]string{true: "green", false: "amber"}[learned])
		row("Baseline", piece{mark + " ", k}, piece{text, inkText})
	default:
		row("Baseline", piece{"begins after the brake test", inkDim})
	}
}

// learnedWords are the limits that the quiet phase has left behind, with what
// there is to say against them; learned is false where nothing was.
func learnedWords(s *session.State) (text string, learned bool) {
	amber, red := 0.0, 0.0
	for _, t := range s.Baseline.Thresholds {
		learned = learned || t.P50 > 0
		if t.Env == "production" && (amber == 0 || t.Amber < amber) {
			amber, red = t.Amber, t.Red
		}
	}
	text = "learned"
	if !learned {
		text = "nothing learned"
	}
	if amber > 0 {
		text += fmt.Sprintf(": production is amber from %s, red from %s", millis(amber), millis(red))
	}
	if note := s.Baseline.Note; note != "" {
		text += " · " + note
	}
	return text, learned
}
