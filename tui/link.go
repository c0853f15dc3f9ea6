package tui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"crosstalk/session"
	"crosstalk/session/link"
)

// linkKeys ask whether load on staging reaches production.
func linkKeys() []binding {
	return []binding{
		{id: "check", keys: []string{"c"}, show: "c", does: "link check: does production follow staging?", group: groupLook,
			act: func(m *Model, _ string) tea.Cmd { m.open(overlayLink); return nil }},
		{id: "recheck", keys: []string{"R"}, show: "R", does: "check again: from what was checked to here", group: groupLook,
			act: func(m *Model, _ string) tea.Cmd { return m.recheck() }},
		{id: "dips", keys: []string{"i"}, show: "i", does: "is it me? random dips, some minutes", group: groupLook, cmd: session.StartDips{},
			act: func(m *Model, _ string) tea.Cmd { return m.dips() }},
		{id: "unlock", keys: []string{"U"}, show: "U", does: "unlock a dial that a link locks (asks why)", group: groupStop, cmd: session.Unlock{Why: "any"},
			act: func(m *Model, _ string) tea.Cmd { m.unlock(); return nil }},
	}
}

// dips starts "is it me?" after a question: load goes up and down by itself.
func (m *Model) dips() tea.Cmd {
	if m.s.Link.Running != nil {
		m.open(overlayLink)
		return nil
	}
	if err := m.src.May(m.o.Who, session.StartDips{}); err != nil {
		m.say(err.Error(), true)
		return nil
	}
	m.asking(fmt.Sprintf("Is it me? Dips from %s to nothing and back, at random, at most %s. Start?", m.amount(m.s.Dial.Running), span(link.DipsFor(m.s.StagingP95(m.s.Dial.Running, 0)).Longest())),
		func(m *Model) tea.Cmd { return m.do(session.StartDips{}) })
	return nil
}

func (m *Model) unlock() {
	if err := m.src.May(m.o.Who, session.Unlock{Why: "any"}); err != nil {
		m.say(err.Error(), true)
		return
	}
	m.mode, m.editor = modeEdit, editor{purpose: editUnlock}
}

// profiles are what can be started in the card, by key.
var profiles = map[string]string{"enter": "standard", "s": "standard", "q": "quick", "l": "slow"}

// checkKey handles a key in the link check's card and tells whether it was its
// own.
func (m *Model) checkKey(key string) (tea.Cmd, bool) {
	if m.s.Link.Running != nil {
		if key != "x" {
			return nil, false
		}
		return m.do(session.StopCheck{}), true
	}
	name, ok := profiles[key]
	if !ok {
		return nil, false
	}
	m.overlay = overlayNone
	return m.do(m.checkFrom(name)), true
}

// checkFrom is the check that a key in the card starts: from nothing, or where more
// runs than a clean check was made at, between that and what runs.
func (m *Model) checkFrom(profile string) session.StartCheck {
	c := session.StartCheck{Profile: profile}
	if v := m.s.Link; v.Reach > 0 && v.Level > 0 && m.s.Dial.Running > v.Level {
		c.Users, c.Off = m.s.Dial.Running, v.Level
	}
	return c
}

// recheck checks again between the level that was checked and the one that runs, at
// one key: the load only goes down for it, and back.
func (m *Model) recheck() tea.Cmd {
	if m.s.Link.Running != nil {
		m.open(overlayLink)
		return nil
	}
	order, no := m.again("standard")
	if no != "" {
		m.say(no, true)
		return nil
	}
	return m.do(order)
}

// again is the check from what runs; no says why there is none.
func (m *Model) again(profile string) (order session.StartCheck, no string) {
	order = m.checkFrom(profile)
	switch {
	case order.Off > 0:
	case m.s.Link.Reach > 0:
		no = fmt.Sprintf("nothing to check again: no more runs than the %s that were checked. Go up first, within %d", m.amount(m.s.Link.Level), m.s.Link.Reach)
	default:
		no = "no clean check has been made yet: c makes the first one, from nothing"
	}
	return order, no
}

// linkWords is what is known of a link, for the status line.
func (m *Model) linkWords() piece {
	v := m.s.Link
	switch {
	case v.Running != nil && v.Running.Mode == session.ModeDips:
		return piece{"is it me? runs", inkStaging}
	case v.Running != nil:
		return piece{"link check runs", inkStaging}
	case v.Lock != nil:
		return piece{"LINKED, " + m.s.Unit().One() + ": U", inkRed}
	case v.Last == nil:
		return piece{"link: not checked", inkDim}
	case v.Reach > 0:
		return piece{fmt.Sprintf("checked to %d, guarded above", v.Reach), inkText}
	}
	return piece{"link: " + session.KindWords(v.Last.Kind), inkText}
}

// checkLines are the banner while a check runs: what happens, and why.
func (m *Model) checkLines() []string {
	r := m.s.Link.Running
	if r == nil {
		return nil
	}
	name := "LINK CHECK"
	if r.Mode == session.ModeDips {
		name = "IS IT ME?"
	}
	ms := m.elapsed().Milliseconds()
	switch r.Phase {
	case session.LinkPhaseQuiet:
		left := time.Duration(r.Quiet*float64(time.Second)) - time.Duration(ms-r.Since)*time.Millisecond
		return m.bannerOf(fmt.Sprintf("%s  how much production moves by itself, %s to go", name, minutes(max(0, left))),
			"then load goes on and off at random", m.named("c", "shows more and ends it"))
	case session.LinkPhaseZero:
		return m.bannerOf(name+"  the dips did not tell: a minute without load", r.Words, m.named("c", "shows more and ends it"))
	}
	first := m.progressLine(name, r)
	other := "none"
	if r.Off > 0 {
		other = fmt.Sprint(r.Off)
	}
	return m.bannerOf(first, fmt.Sprintf("load is on and off at random, %s or %s: does production follow?", m.amount(r.Users), other), m.named("c", "shows more and ends it"))
}

// progressLine is how far a check is: its pairs, its evidence on the way to the line,
// and what production does. What there is no room for becomes shorter.
func (m *Model) progressLine(name string, r *session.LinkRun) string {
	made := float64(len(r.Strip)) / float64(max(1, r.Profile.MaxPairs))
	for _, v := range []struct {
		most   string
		cells  int
		change func(link.Effect) string
	}{
		{"at most ", 10, interval},
		{"at most ", 10, func(e link.Effect) string { return signed(e.Estimate) + " so far" }},
		{"at most ", 6, func(e link.Effect) string { return signed(e.Estimate) }},
		{"", 5, func(e link.Effect) string { return signed(e.Estimate) }},
		{"", 3, nil},
	} {
		line := fmt.Sprintf("%s  pair %d of %s%d %s", name, len(r.Strip)+1, v.most, r.Profile.MaxPairs, bar(made, v.cells))
		if r.Newest.Pairs > 0 {
			line += fmt.Sprintf("  evidence %s %s", evidence(r.Newest), bar(r.Newest.Toward, v.cells))
			if v.change != nil {
				line += "  production " + v.change(r.Newest.Effect)
			}
		}
		if width(line) <= m.w-2 || v.change == nil {
			return line
		}
	}
	return name
}

// evidence is how much there is, of how much is enough.
func evidence(p session.LinkPair) string {
	number := func(x float64) string {
		switch {
		case x < 9.95:
			return fmt.Sprintf("%.1f", x)
		case x < 9999.5:
			return fmt.Sprintf("%.0f", x)
		}
		return "over 9999"
	}
	return number(p.Evidence) + " of " + fmt.Sprintf("%.0f", p.Line)
}

// bar is how much of the way is behind: "▰▰▰▱▱".
func bar(share float64, n int) string {
	k := min(n, max(0, int(share*float64(n)+0.5)))
	return strings.Repeat("▰", k) + strings.Repeat("▱", n-k)
}

// interval words a change with its 95 % interval. One that is wider than is
// worth saying says so.
func interval(e link.Effect) string {
	if e.High >= 10 {
		return signed(e.Estimate) + " so far, nothing ruled out yet"
	}
	return fmt.Sprintf("%s so far (%s to %s)", signed(e.Estimate), signed(e.Low), signed(e.High))
}

func signed(share float64) string {
	return fmt.Sprintf("%+.0f %%", 100*share)
}

// linkSheet is the link check's card: what it is, how far it is, or what it
// found.
func (m *Model) linkSheet() sheet {
	const w = 92
	var l [][]piece
	add := func(p ...piece) { l = append(l, p) }
	wrapped := func(text string, k ink) {
		for line := range strings.SplitSeq(ansi.Wrap(strings.Join(strings.Fields(text), " "), min(w, m.w-4), " -/"), "\n") {
			add(piece{line, k})
		}
	}
	v := m.s.Link
	if r := v.Running; r != nil {
		m.runningLines(r, add, wrapped)
		return sheet{m: m, title: "LINK CHECK", about: "runs; the guard stays on: red still cuts ", w: w, n: len(l), line: fixed(l)}
	}
	if v.Lock != nil {
		add(piece{"■ The dial is locked at " + m.s.Unit().One() + ": ", inkRed}, piece{"U unlocks it with a reason", inkKey})
		wrapped(v.Lock.Why, inkText)
		add()
	}
	if v.Last != nil {
		name := "The last link check"
		if v.Last.Mode == session.ModeDips {
			name = "The last \"is it me?\""
		}
		add(piece{fmt.Sprintf("%s, at %s with %s: ", name, short(time.Duration(v.Last.MS)*time.Millisecond), m.amount(v.Last.Users)), inkDim},
			piece{session.KindWords(v.Last.Kind), inkStrong})
		wrapped(v.Last.Words, inkText)
		add()
	}
	if s := v.Stores; s != nil {
		add(piece{"Data stores: ", inkDim}, piece{s.Verdict.String(), inkStrong})
		wrapped(s.Words, inkText)
		add()
	}
	wrapped("Load on staging goes on and off in an order drawn by lot. If production follows that order it hears staging; whatever else production does was not told the order.", inkText)
	wrapped("It finds fast couplings at gentle load. A wide pool, a hard limit or a slow coupling gives no warning: the guard stays on whatever it says.", inkDim)
	add()
	order := m.checkFrom("")
	if order.Off > 0 {
		wrapped(fmt.Sprintf("From here: %d or %s by lot, never more than runs now. %d were checked before.", order.Off, m.amount(order.Users), order.Off), inkStrong)
		add()
	}
	if err := m.src.May(m.o.Who, order); err != nil {
		wrapped("not now: "+err.Error(), inkAmber)
		add()
	}
	for _, p := range []struct {
		key, does string
		of        link.Profile
	}{{"Enter", "standard", link.Standard()}, {"q", "quick: fast and strong couplings only", link.Quick()}, {"l", "slow: queues, caches, replication", link.Slow()}} {
		add(piece{fmt.Sprintf("%6s ", p.key), inkKey}, piece{fmt.Sprintf("%-38s", p.does), inkText}, piece{"at most " + span(p.of.Longest()), inkDim})
	}
	return sheet{m: m, title: "LINK CHECK", about: "does load on staging reach production? ", w: w, n: len(l), line: fixed(l)}
}

// runningLines are a running check in full.
func (m *Model) runningLines(r *session.LinkRun, add func(...piece), wrapped func(string, ink)) {
	wrapped(r.Words, inkText)
	wrapped("Evidence of 1 says nothing. Without a link, one check in 200 gets to 200 by chance. With 200 it is a link, unless our own machine moves as well.", inkDim)
	add()
	if f := r.Forecast; f != nil {
		wrapped(f.Words(), inkDim)
		add()
	}
	add(piece{"pairs     ", inkDim}, piece{bar(float64(len(r.Strip))/float64(max(1, r.Profile.MaxPairs)), 30), inkStaging}, piece{fmt.Sprintf("  %d of at most %d", len(r.Strip), r.Profile.MaxPairs), inkText})
	if r.Newest.Pairs > 0 {
		add(piece{"evidence  ", inkDim}, piece{bar(r.Newest.Toward, 30), inkProd}, piece{"  " + evidence(r.Newest), inkText})
		add(piece{"change    ", inkDim}, piece{"production " + interval(r.Newest.Effect), inkText})
	}
	add()
	add(piece{"load      ", inkDim}, piece{onOff(r.Strip, 36), inkStaging}, piece{"  ▀ on, ▄ off; newest right, as over the charts", inkDim})
	add(piece{"follows   ", inkDim}, piece{followed(r.Strip, 36), inkProd}, piece{"  + slower with load, - faster", inkDim})
	add()
	add(piece{"x", inkKey}, piece{" ends it: what was learned stays valid", inkText})
}

// onOff is the load of the newest pairs, two characters a pair.
func onOff(strip []link.Strip, most int) string {
	var b strings.Builder
	for _, s := range newest(strip, most/2) {
		if s.OnFirst {
			b.WriteString("▀▄")
		} else {
			b.WriteString("▄▀")
		}
	}
	return b.String()
}

// followed tells of each pair whether production was slower with the load.
func followed(strip []link.Strip, most int) string {
	var b strings.Builder
	for _, s := range newest(strip, most/2) {
		switch {
		case s.Lost:
			b.WriteString("? ")
		case s.Difference > 0:
			b.WriteString("+ ")
		default:
			b.WriteString("- ")
		}
	}
	return b.String()
}

func newest(strip []link.Strip, n int) []link.Strip { return strip[max(0, len(strip)-n):] }
