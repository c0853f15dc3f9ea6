package report

import (
	"fmt"
	"html/template"
	"strings"

	"crosstalk/notes"
)

// documentOf lays out the page: the answer first, the long lists last.
func documentOf(m *Model) *document {
	h := m.Session
	d := &document{Policy: policy(), Style: template.HTML("<style>" + sheet + "</style>"), Generator: "Crosstalk " + oneLine(tidy(h.Version))} //nolint:gosec // our own style
	d.Head = oneLine(tidy(cut(h.Charter, 300)))
	if d.Head == "" {
		d.Head = "A session without a charter"
	}
	d.Title = "Crosstalk: " + cut(d.Head, 120)
	d.Over = words("Report of an exploratory load test")
	d.Meta = metaLine(m)
	d.Foot = words("Drawn by Crosstalk " + oneLine(tidy(orUnknown(h.Version))) + " from the session's journal: the same journal gives the same page. session.json beside it holds every number.")
	for _, s := range []section{
		{"answer", "In short", m.inShort()},
		{"charter", "Charter", m.charter()},
		{"numbers", "Numbers", m.numbers()},
		{"levels", "Levels", m.levelTable()},
		{"charts", "Over the session", m.chartBlocks()},
		{"findings", "Findings", m.findings()},
		{"left", "What we left behind", m.leftBehind()},
		{"open", "Open questions", m.openNotes()},
		{"noted", "Everything else that was noted", m.remarks()},
		{"timeline", "Timeline", m.timelineBlocks()},
		{"debrief", "Debrief", m.debriefed()},
		{"sure", "How sure are we", m.sureBlocks()},
		{"appendix", "Appendix", m.appendixBlocks()},
	} {
		if len(s.Blocks) > 0 {
			d.Sections = append(d.Sections, s)
		}
	}
	return d
}

func metaLine(m *Model) text {
	h := m.Session
	if h.State == Empty {
		return words("The journal is empty: nothing is known of this session.")
	}
	state := map[string]string{Ended: "ended", Running: "still running", Crashed: "broke off without an end"}[h.State]
	t := words(date(*h.Began) + " · " + lastedWords(h) + " · " + state)
	if h.EndReason != "" {
		t = join(t, words(" ("), foreign(h.EndReason), words(")"))
	}
	if len(h.People) > 0 {
		t = join(t, words(" · by "), foreign(list(h.people())))
	}
	t = join(t, words(" · staging "), foreign(orUnknown(h.Target)))
	for _, b := range m.lastBuilds() {
		t = join(t, words(", "), foreign(b.Env), words(" runs build "), foreign(b.Build))
	}
	if m.tells() {
		t = join(t, words(" · left out of this report: "+m.Redacted))
	}
	return t
}

// lastBuilds are the builds that ran at the end, one for each environment.
func (m *Model) lastBuilds() []BuildSeen {
	var out []BuildSeen
	for i, b := range m.Session.Builds {
		last := true
		for _, later := range m.Session.Builds[i+1:] {
			last = last && later.Env != b.Env
		}
		if last {
			out = append(out, b)
		}
	}
	return out
}

// inShort is the answer: the person's sentence, what can be said of
// production, the load and the findings.
func (m *Model) inShort() []block {
	a := m.Answer
	var out []block
	if a.Draft {
		out = append(out, block{Class: "draft", Text: join(strong("Draft: the sentence is missing. "), words("What was learned, in one sentence, heads this page once somebody says it."))})
	} else {
		out = append(out, block{Class: "learned", Quote: prose(a.Learned, 2000)})
	}
	class, word := "unknown", "? Production: not known"
	switch a.Production {
	case Touched:
		class, word = "touched", "▲ Production: touched"
	case Untouched:
		class, word = "untouched", "✓ Production: untouched"
	}
	out = append(out, block{Class: class, Verdict: word, Why: foreign(strings.Join(a.Why, " "))})
	if m.Session.State == Empty {
		return out
	}
	if text := m.Session.rateWords(); text != "" {
		out = append(out, block{Text: words(text)})
	}
	var lines []text
	for _, t := range a.Link {
		lines = append(lines, join(strong(t.name()+", at "+clock(t.Elapsed)+": "), foreign(cut(t.says(), maxTold))))
	}
	lines = append(lines,
		join(strong("Load on staging: "), foreign(m.loadSentence())),
		join(strong("Found: "), words(list(foundWords(m))+".")))
	bugs := m.pick(func(n Note) bool { return n.Kind == notes.Bug })
	for i, n := range bugs {
		if i == 5 {
			lines = append(lines, words("and "+count(len(bugs)-i, "bug", "bugs")+" below"))
			break
		}
		lines = append(lines, join(linked("#"+n.anchor(), n.flag()), words(n.load()+": "), foreign(cut(n.Text, 200))))
	}
	if g := m.Totals.LastGood; g != nil {
		lines = append(lines, join(strong("Last good: "), words(users(*g)+", held 10 s with "+m.goodWords()+".")))
	}
	out = append(out, block{List: lines})
	if len(a.Unknown) == 0 {
		return out
	}
	var unknown []text
	for i, u := range a.Unknown {
		if i == 8 {
			unknown = append(unknown, words(fmt.Sprintf("and %d more, under how sure we are", len(a.Unknown)-i)))
			break
		}
		unknown = append(unknown, foreign(u))
	}
	return append(out, block{Heading: words("What this session can't tell")}, block{List: unknown})
}

// loadSentence is the load in one plain sentence.
func (m *Model) loadSentence() string {
	t := m.Totals
	if t.Requests == 0 {
		return "no request was counted."
	}
	s := fmt.Sprintf("up to %s at once (%d asked), %s in %s with users running, %s failed", users(t.PeakUsers), t.PeakAsked,
		count(t.Requests, "request", "requests"), lasting(t.Loaded), percentOf(t.Errors, t.Requests))
	if t.Errors > 0 {
		s += " (" + cut(kindsOf(t.Kinds), maxCell) + ")"
	}
	if w := t.StagingP95; w != nil {
		s += fmt.Sprintf("; the worst second's p95 was %s, at %s with %s", millis(w.Value), clock(w.Elapsed), users(w.Users))
	}
	return s + "."
}

// prose is a foreign text of several lines, at most n runes of it.
func prose(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(tidy(cut(s, n))), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t")
	}
	return strings.Join(lines, "\n")
}

// charter is what was to be found out, and what was agreed before.
func (m *Model) charter() []block {
	h := m.Session
	if h.State == Empty {
		return nil
	}
	out := []block{{Quote: prose(orNone(h.Charter), 2000)}}
	g := keys("What was agreed")
	c := h.Mission
	for _, r := range []struct {
		name string
		list []string
	}{{"Areas", c.Areas}, {"Environments", c.Environments}, {"People", c.People}, {"Out of scope", c.OutOfScope}, {"Stop rules", c.StopRules}, {"Architecture, as its owners told it", c.Architecture}} {
		if len(r.list) > 0 {
			g.key(r.name, foreign(cut(strings.Join(r.list, "; "), maxCell*4)))
		}
	}
	if h.Timebox > 0 {
		g.key("Timebox", words(lasting(h.Timebox)+", worked "+lasting(h.Worked)))
	}
	g.key("Caps on the load", words(capWords(m)))
	guard := words("on; it " + m.guardDeeds())
	switch {
	case h.Unguarded:
		guard = words(unguardedWords())
	case !h.GuardOn:
		guard = join(words("off: "), foreign(h.GuardOff))
	}
	g.key("Guard", guard)
	out = append(out, block{Table: g})
	if len(h.Charters) == 0 {
		return out
	}
	var earlier []text
	for _, e := range h.Charters {
		earlier = append(earlier, foreign(cut(e, maxCell*4)))
	}
	return append(out, block{Heading: words("The charter before it was changed")}, block{List: earlier})
}

// guardDeeds tells whether any stop rule of the guard's fired.
func (m *Model) guardDeeds() string {
	t := m.Totals
	if t.Cuts+t.Holds == 0 {
		return "neither held nor cut the load"
	}
	return fmt.Sprintf("held the load %s and cut it %s", howOften(t.Holds), howOften(t.Cuts))
}

// holdsBy heads the number of holds: without a guard only this machine holds.
func (m *Model) holdsBy() string {
	if m.Session.GuardOn {
		return "Holds by the guard"
	}
	return "Holds because this machine was the limit"
}

func howOften(n int) string {
	if n == 0 {
		return "never"
	}
	return times(uint64(n)) //nolint:gosec // a count
}

func (m *Model) numbers() []block {
	if m.Session.State == Empty {
		return nil
	}
	t := m.Totals
	g := keys("The session in numbers")
	g.key("Most users at once", words(fmt.Sprintf("%d (%d asked)", t.PeakUsers, t.PeakAsked)))
	g.key("Requests", words(requestWords(t)))
	g.key("Errors by kind", foreign(cut(orNone(kindsOf(t.Kinds)), maxCell*2)))
	g.key("Taken back in flight by a stop", words(count(t.Cancelled, "request", "requests")))
	g.key("Worst second of staging, p95", words(worstWords(t.StagingP95)))
	g.key("Worst second of production, p95", words(worstWords(t.ProdP95)))
	g.key("Production by state", foreign(shareWords(t.Production)))
	cutBy := words(fmt.Sprint(t.Cuts))
	if len(t.CutsBy) > 0 {
		cutBy = join(cutBy, words(" ("), foreign(kindsOf(t.CutsBy)), words(")"))
	}
	g.key("Cuts by the guard", cutBy)
	g.key(m.holdsBy(), words(fmt.Sprint(t.Holds)))
	g.key("Recoveries after a cut", words(recoveryWords(m.Recoveries)))
	g.key("Last good level", words(m.lastGoodWords()))
	g.key("Noted", words(list(foundWords(m))))
	g.key("Open questions, obstacles, follow-ups", words(fmt.Sprint(t.Open)))
	g.key("Time split", words(splitWords(m.Session.Split)))
	g.key("Gaps in the data", words(fmt.Sprint(t.Gaps)))
	return []block{{Table: g}}
}

func (m *Model) levelTable() []block {
	if len(m.Levels) == 0 {
		return nil
	}
	var out []block
	held := m.heldLevels()
	if len(held) == 0 {
		out = append(out, block{Text: words("No number of users was asked for as long as " + lasting(heldLeast) + "; what there was is in levels.csv.")})
	} else {
		g := &grid{Caption: words("The levels that were held"), RowHead: true, Class: "levels"}
		g.Over = []headSpan{{"", 4}, {"Staging: the users' own requests", 6}, {"Production: our checks", 4}}
		g.head(m.levelHeads()...)
		for _, l := range held[:min(len(held), maxLevelRows)] {
			cells := make([]text, 0, len(g.Heads))
			for i, c := range l.cells() {
				if i == levelErrors || i == levelState {
					cells = append(cells, foreign(c))
					continue
				}
				cells = append(cells, words(c))
			}
			class := ""
			if l.LastGood {
				class = "good"
			}
			g.Rows = append(g.Rows, gridRow{Class: class, Cells: cells})
		}
		out = append(out, block{Class: "soft", Text: foreign(m.levelWords())}, block{Table: g})
		if left := strings.ReplaceAll(strings.TrimSpace(m.levelsLeft(len(g.Rows))), "`", ""); left != "" {
			out = append(out, block{Class: "soft", Text: words(left)})
		}
	}
	g := keys("Where it began")
	for _, f := range m.firstsOf() {
		g.key(f[0], foreign(f[1]))
	}
	return append(out, block{Table: g})
}

// chartBlocks are the five charts, and what their flags and tags mean.
func (m *Model) chartBlocks() []block {
	figures := m.charts()
	if len(figures) == 0 {
		return nil
	}
	column := "one second"
	if m.Series.Step > 1 {
		column = lasting(m.Series.Step)
	}
	out := []block{{Class: "soft", Text: words("All charts share one time axis. Where many seconds fall on one pixel, the line is the worst of them and the band reaches to the least. Hatching is a gap: nothing was measured there. Point at a chart for its numbers; they are in a table behind each, too, at a resolution of " + column + ".")},
		{Defs: patterns}}
	for _, f := range figures {
		f.table.Summary = "The numbers behind this chart"
		both := pictureOf(m, f, true) + "\n" + pictureOf(m, f, false)
		out = append(out, block{ID: f.id + "-figure", Title: f.title, Chart: template.HTML(both), Behind: f.table}) //nolint:gosec // escapes what it shows
	}
	if g := m.flagTable(); g != nil {
		out = append(out, block{Title: "What the flags on the charts say", Folded: []block{{Table: g}}})
	}
	return append(out, m.guardBlocks()...)
}

// maxNotes is how many notes a table shows.
const maxNotes = 500

func (m *Model) flagTable() *grid {
	list := m.pick(func(Note) bool { return true })
	if len(list) == 0 {
		return nil
	}
	g := &grid{Caption: words("Notes as the charts' flags number them"), RowHead: true}
	g.head("Flag", "At", "Kind", "Text")
	for _, n := range list[:min(len(list), maxNotes)] {
		g.row(linked("#"+n.anchor(), n.flag()), words(clock(n.Elapsed)), foreign(string(n.Kind)), foreign(cut(n.Text, 120)))
	}
	return g
}
