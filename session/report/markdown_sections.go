package report

import (
	"fmt"
	"strings"

	"crosstalk/notes"
	"crosstalk/session"
)

// Bounds of what a page shows; session.json and the CSV files hold everything.
const (
	maxTimeline  = 600
	maxLevelRows = 200
	maxFinding   = 4000 // runes of a finding's text
	maxCell      = 240  // runes of a text in a table
)

// none stands in a cell where there was nothing to measure.
const none = "–"

func (p *page) levels(m *Model) {
	if len(m.Levels) == 0 {
		return
	}
	p.section("Levels")
	held := m.heldLevels()
	if len(held) == 0 {
		p.line("No number of users was asked for as long as %s; what there was is in `levels.csv`.\n", lasting(heldLeast))
	} else {
		p.line("%s\n", inline(m.levelWords()))
		heads := m.levelHeads()
		for i, name := range []string{"p50", "p95", "failed", "state"} {
			heads[levelErrors+1+i] = "Production " + name
		}
		var rows [][]string
		for _, l := range held[:min(len(held), maxLevelRows)] {
			cells := l.cells()
			for i := range cells {
				cells[i] = inline(cells[i])
			}
			rows = append(rows, cells)
		}
		p.table(heads, rows)
		p.line("%s", m.levelsLeft(len(rows)))
	}
	for _, f := range m.firstsOf() {
		p.line("- **%s:** %s", f[0], inline(f[1]))
	}
}

// levelsLeft tells of the levels that have no row.
func (m *Model) levelsLeft(shown int) string {
	var parts []string
	if n := m.passed(); n > 0 {
		parts = append(parts, fmt.Sprintf("%s asked for in passing", count(n, "level", "levels")))
	}
	if n := len(m.heldLevels()) - shown; n > 0 {
		parts = append(parts, fmt.Sprintf("the last %d held", n))
	}
	if len(parts) == 0 {
		return ""
	}
	return "\nNot shown: " + list(parts) + "; all are in `levels.csv`.\n"
}

// label is a note's kind and number.
func (n Note) label() string { return fmt.Sprintf("%s %s", inline(string(n.Kind)), inline(n.ID)) }

// load tells at how many users a note was taken.
func (n Note) load() string {
	if n.Users == nil {
		return ""
	}
	return " at " + users(*n.Users)
}

func (p *page) findings(m *Model) {
	if m.Session.State == Empty {
		return
	}
	p.section("Findings")
	bugs := m.pick(func(n Note) bool { return n.Kind == notes.Bug })
	if len(bugs) == 0 {
		p.line("No bug was noted.")
		return
	}
	for i, n := range bugs {
		if i > 0 {
			p.line("")
		}
		p.line("### %s%s\n", n.label(), n.load())
		p.line("%s", quoted(cut(n.Text, maxFinding)))
		p.line("- Happened %s", n.when())
		p.line("- Staging: %s", seenWords(n.Staging))
		p.line("- Production: %s", seenWords(n.Production))
		for _, l := range n.Links {
			p.line("- Filed as %s%s", inline(l.Key), inline(because(l.URL)))
		}
		p.files(n)
		if n.Corrected() {
			p.line("- The text was changed later; earlier ones are in the appendix.")
		}
		p.examples(n)
		p.again(n)
	}
}

// when tells when a note's thing happened, who wrote it down, and when if that
// was later.
func (n Note) when() string {
	text := fmt.Sprintf("%s (%s), noted by %s", clock(n.Elapsed), stamp(n.T), inline(n.author()))
	switch {
	case n.Elapsed < 0:
		text = fmt.Sprintf("before the session (%s), noted by %s", stamp(n.T), inline(n.author()))
	case n.Happened != nil:
		text = "about " + text
	}
	if n.Late {
		text += ", recorded at " + stamp(n.Recorded)
	}
	return text
}

// seenWords is an environment as its pane showed it.
func seenWords(s *notes.Seen) string {
	if s == nil {
		return NotKnown
	}
	text := fmt.Sprintf("%s, p50 %s, p95 %s", inline(s.State), latency(s.P50), latency(s.P95))
	if s.Errors != nil {
		text += ", errors " + percent(*s.Errors)
	} else {
		text += ", errors not known"
	}
	if s.Rate != nil {
		text += fmt.Sprintf(", %s requests a second", number(*s.Rate))
	}
	if s.Build != "" {
		text += ", build " + inline(s.Build)
	}
	if s.Stale && s.Age != nil {
		text += fmt.Sprintf("; these were %s old", lasting(*s.Age))
	}
	if s.Detail != "" {
		text += "; " + inline(cut(s.Detail, maxCell))
	}
	return text
}

// noteRows draws notes as a table's rows.
func noteRows(list []Note) [][]string {
	var rows [][]string
	for _, n := range list {
		kind := inline(string(n.Kind))
		if n.Resolved != nil {
			kind += ", resolved"
		}
		at := none
		if n.Users != nil {
			at = fmt.Sprintf("%d", *n.Users)
		}
		rows = append(rows, []string{clock(n.Elapsed), inline(n.ID), kind, at, inline(n.author()), inline(cut(n.Text, maxCell*2)) + n.enclosed()})
	}
	return rows
}

var noteHead = []string{"At", "Note", "Kind", "Users", "By", "Text"}

func (p *page) open(m *Model) {
	list := m.pick(func(n Note) bool { return n.Open })
	if len(list) == 0 {
		return
	}
	p.section("Open: questions, obstacles, follow-ups")
	p.table(noteHead, noteRows(list))
}

// remarks are the notes that are neither bugs nor open.
func (p *page) remarks(m *Model) {
	list := m.pick(func(n Note) bool { return n.Kind != notes.Bug && !n.Open })
	if len(list) == 0 {
		return
	}
	p.section("Everything else that was noted")
	p.table(noteHead, noteRows(list))
}

func (p *page) steps(m *Model) {
	if len(m.Steps) == 0 {
		return
	}
	p.section("Steps")
	p.line("Over the whole session, so across levels. *p50* and *p95* are the median of the seconds, *worst* is the worst second.\n")
	var rows [][]string
	for _, s := range m.Steps {
		rows = append(rows, []string{inline(s.Journey), inline(s.Step), fmt.Sprintf("%d", s.Requests), percentOf(s.Errors, s.Requests),
			latency(s.P50), latency(s.P95), latency(s.P95Worst), latency(s.Max)})
	}
	p.table([]string{"Journey", "Step", "Requests", "Errors", "p50", "p95", "p95 worst", "Max"}, rows)
}

func (p *page) guard(m *Model) {
	if m.Session.State == Empty {
		return
	}
	p.section("Guard and stops")
	h := m.Session
	if h.Unguarded {
		p.line("%s", unguardedWords())
	} else if h.GuardOn {
		p.line("The guard was on. At the end it stood at *%s*.", inline(h.GuardState))
	} else {
		p.line("The guard was off: %s.", inline(h.GuardOff))
	}
	if len(m.Guard) > 0 {
		p.line("")
	}
	well := m.Recoveries
	for _, a := range m.Guard {
		for len(well) > 0 && well[0].Elapsed < a.Elapsed {
			p.recovered(well[0])
			well = well[1:]
		}
		p.action(a)
	}
	for _, r := range well {
		p.recovered(r)
	}
	if len(m.Stops) == 0 {
		p.line("\nNo order to stop is in the journal.")
		return
	}
	p.line("\nEvery order to stop, and what became of the requests in flight:\n")
	var rows [][]string
	for _, s := range m.Stops {
		zero := "not known"
		if s.InFlight == 0 {
			zero = none
		} else if s.MSToZero != nil {
			zero = millis(*s.MSToZero / 1000)
		}
		rows = append(rows, []string{clock(s.Elapsed), inline(s.Reason), inline(m.actor(s.By, s.Elapsed)), fmt.Sprintf("%d", s.Users), fmt.Sprintf("%d", s.InFlight), zero})
	}
	p.table([]string{"At", "Reason", "By", "Users", "In flight", "None left after"}, rows)
}

func (p *page) recovered(r Recovery) {
	p.line("- **%s** production was well again %s after the cut at %s", clock(r.Elapsed), lasting(r.Seconds), users(r.Level))
}

// action tells one step of the guard with the samples that caused it.
func (p *page) action(a Action) {
	p.line("- **%s** %s → %s at %s: %s", clock(a.Elapsed), inline(a.From), inline(a.To), users(a.Users), inline(cut(a.Why, maxCell)))
	for i, s := range a.Samples {
		if i == 6 {
			p.line("  - and %s more, in `session.json`", number(float64(len(a.Samples)-i)))
			return
		}
		verdict := "answered in " + millis(s.Latency)
		if !s.OK {
			verdict = "failed after " + millis(s.Latency)
		}
		p.line("  - evidence: %s %s, due %s, %s%s", inline(s.Env), inline(s.Check), s.Due.UTC().Format("15:04:05.000Z"), verdict, inline(because(s.Reason)))
	}
}

func (p *page) timeline(m *Model) {
	if len(m.Timeline) == 0 {
		return
	}
	p.section("Timeline")
	rows := m.Timeline
	left := 0
	if len(rows) > maxTimeline {
		// People, the guard and the load tell the story; single checks are the
		// first that a reader can do without.
		var main []Row
		for _, r := range rows {
			if r.Type != "health.state" && r.Type != "refused" {
				main = append(main, r)
			}
		}
		main = main[:min(len(main), maxTimeline)]
		left, rows = len(rows)-len(main), main
	}
	p.line("Every event but the ticks. Times are UTC.\n")
	var cells [][]string
	for _, r := range rows {
		who := inline(signed(r.By, r.Role))
		if !r.Person {
			who = "*" + who + "*"
		}
		cells = append(cells, []string{r.when(), r.elapsed(), who, inline(cut(r.Text, maxCell))})
	}
	p.table([]string{"Time", "Elapsed", "Who", "What"}, cells)
	if left > 0 {
		p.line("\n%s left out here: they are in `session.json`.", count(left, "event is", "events are"))
	}
}

func (p *page) appendix(m *Model) {
	var gone, changed [][]string
	for _, n := range m.Notes {
		if n.Retracted != nil {
			gone = append(gone, []string{inline(n.ID), "~~" + inline(cut(n.Text, maxCell)) + "~~", inline(m.actorAt(n.Retracted.By, n.Retracted.At)), stamp(n.Retracted.At), inline(orNone(n.Retracted.Why))})
		}
		if n.Corrected() {
			for _, e := range n.Edits {
				changed = append(changed, []string{inline(n.ID), "~~" + inline(cut(e.Text, maxCell)) + "~~", inline(m.actorAt(e.By, e.At)), stamp(e.At)})
			}
		}
	}
	if len(gone)+len(changed)+len(m.Refusals) > 0 {
		p.section("Appendix")
	}
	if len(gone) > 0 {
		p.line("Taken back:\n")
		p.table([]string{"Note", "Text", "By", "At", "Why"}, gone)
	}
	if len(changed) > 0 {
		p.line("\nEarlier texts:\n")
		p.table([]string{"Note", "Text before", "Changed by", "At"}, changed)
	}
	if len(m.Refusals) > 0 {
		p.line("\nRefused:\n")
		var rows [][]string
		for i, r := range m.Refusals {
			if i == maxLevelRows {
				break
			}
			rows = append(rows, []string{clock(r.Elapsed), inline(m.actor(r.Who, r.Elapsed)), inline(r.Cmd), fmt.Sprintf("%d", r.Count), inline(cut(r.Why, maxCell))})
		}
		p.table([]string{"At", "Who", "What", "Times", "Why"}, rows)
		if more := len(m.Refusals) - len(rows); more > 0 {
			p.line("\n%s more in `session.json`.", strings.TrimSuffix(count(more, "refusal", "refusals"), " "))
		}
	}
}

// unguardedWords tell of a session that nothing of production was watched in.
func unguardedWords() string {
	return fmt.Sprintf("Unguarded: nothing of production was watched, at most %d users.", session.DefaultRules().FewUsers)
}
