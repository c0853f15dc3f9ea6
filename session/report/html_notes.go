package report

import (
	"fmt"
	"slices"
	"strings"

	"crosstalk/notes"
	"crosstalk/session"
)

// anchor is where a note stands on the page. A journal may call a note by any
// name; only letters and digits of it count.
func (n Note) anchor() string {
	return "note-" + strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, cut(n.ID, 40))
}

// maxCards is how many bugs are told with all their numbers.
const maxCards = 80

func (m *Model) findings() []block {
	if m.Session.State == Empty {
		return nil
	}
	bugs := m.pick(func(n Note) bool { return n.Kind == notes.Bug })
	if len(bugs) == 0 {
		return []block{{Text: words("No bug was noted.")}}
	}
	var out []block
	room := maxPictures
	for i, n := range bugs {
		if i == maxCards {
			return append(out, m.noteBlocks("The other bugs; session.json holds all that is known of them", bugs[i:])...)
		}
		out = append(out, block{Finding: m.finding(n, &room)})
	}
	return out
}

func (m *Model) finding(n Note, room *int) []block {
	head := words(n.flag() + ": ")
	if n.Users != nil {
		head = words(fmt.Sprintf("%s%s: ", n.flag(), n.load()))
	}
	out := []block{{Heading: join(head, foreign(n.headline())), ID: n.anchor()}}
	if whole := prose(n.Text, maxFinding); whole != prose(n.headline(), maxFinding) {
		out = append(out, block{Quote: whole})
	}
	out = append(out, block{Text: join(words("Happened "), n.whenText())})
	if len(n.Links) > 0 {
		out = append(out, block{Text: join(words("Filed as "), n.filed())})
	}
	if len(n.Tags) > 0 {
		out = append(out, block{Text: join(words("Tags: "), foreign(strings.Join(n.Tags, " ")))})
	}
	out = append(out, block{Table: m.beforeAfter(n)})
	if n.Corrected() {
		out = append(out, block{Text: words("The text was changed later; earlier ones are in the appendix.")})
	}
	out = append(out, m.enclosed(n, room)...)
	out = append(out, n.examples()...)
	if n.Repro != "" {
		out = append(out, block{Text: words("Again, with the guard on:")}, block{Pre: n.Repro, Class: "wrap"})
	}
	if n.ReproOut != "" {
		out = append(out, block{Text: join(words("The command that repeats it is left out: "), foreign(n.ReproOut))})
	}
	return out
}

// headline is the first line of a note, for a heading.
func (n Note) headline() string {
	line, _, _ := strings.Cut(strings.TrimSpace(n.Text), "\n")
	return cut(line, 90)
}

// whenText tells when a note's thing happened and who wrote it down.
func (n Note) whenText() text {
	about := ""
	if n.Happened != nil {
		about = "about "
		if n.Elapsed < 0 {
			about = ""
		}
	}
	t := join(words(fmt.Sprintf("%s%s (%s), noted by ", about, clock(n.Elapsed), stamp(n.T))), foreign(n.author()))
	if n.Late {
		t = join(t, words(", recorded at "+stamp(n.Recorded)))
	}
	return t
}

// around is how long before and after a finding its numbers are looked at.
const around = 30.0 // seconds

// beforeAfter sets both panes' numbers as the author saw them between those of
// the half minutes around.
func (m *Model) beforeAfter(n Note) *grid {
	g := &grid{Caption: words(fmt.Sprintf("Both environments around %s. Before and after are %s each, the median of their %s.", n.flag(), lasting(around), columnWord(m.Series.Step))), RowHead: true}
	seen := map[string]string{"typed": "when its author began to type", "saved": "when it was saved", "history": "when it happened"}[n.From]
	g.head("What", "Before", orUnknown(title(seen)), "After")
	s := m.Series
	row := func(name string, v []*float64, now *float64, word func(float64) string) {
		cell := func(p *float64) text {
			if p == nil {
				return words(NotKnown)
			}
			return words(word(*p))
		}
		g.row(words(name), cell(s.median(v, n.Elapsed-around, n.Elapsed)), cell(now), cell(s.median(v, n.Elapsed, n.Elapsed+around)))
	}
	var running *float64
	if n.Users != nil {
		f := float64(*n.Users)
		running = &f
	}
	row("Users running", floats(s.Running), running, wholeWord)
	st, pr := n.Staging, n.Production
	if st == nil {
		st = &notes.Seen{}
	}
	if pr == nil {
		pr = &notes.Seen{}
	}
	row("Staging p50", s.StagingP50, st.P50, millis)
	row("Staging p95", s.StagingP95, st.P95, millis)
	row("Staging errors", s.failed().high, st.Errors, percent)
	row("Production p50", s.ProductionP50, pr.P50, millis)
	row("Production p95", s.ProductionP95, pr.P95, millis)
	row("Production, failed checks", s.ProductionErrors, pr.Errors, percent)
	for _, e := range []struct {
		name string
		seen *notes.Seen
	}{{staging, st}, {production, pr}} {
		state := foreign(orUnknown(e.seen.State))
		if e.seen.Stale && e.seen.Age != nil {
			state = join(state, words(fmt.Sprintf("; these were %s old", lasting(*e.seen.Age))))
		}
		if e.seen.Build != "" {
			state = join(state, words(", build "), foreign(e.seen.Build))
		}
		if e.seen.Detail != "" {
			state = join(state, words("; "), foreign(cut(e.seen.Detail, maxCell)))
		}
		g.row(words(title(e.name)+" by its checks"), m.stateAt(e.name, n.Elapsed-around), state, m.stateAt(e.name, n.Elapsed+around))
	}
	return g
}

func columnWord(step float64) string {
	if step <= 1 {
		return "seconds"
	}
	return "columns of " + lasting(step) + ", each its worst second"
}

// stateAt is an environment's state at a moment of the session.
func (m *Model) stateAt(env string, at float64) text {
	for _, s := range m.Health {
		if s.Env == env && at >= s.From && at < s.To {
			return foreign(s.State)
		}
	}
	return words(NotKnown)
}

// median is the lower middle of what a line shows from one moment to another.
func (s Series) median(v []*float64, from, to float64) *float64 {
	var list []second
	for i, p := range v {
		if at := (float64(i) + 0.5) * s.Step; at >= from && at < to {
			list = append(list, second{p50: p})
		}
	}
	m, _ := middle(list, func(s second) *float64 { return s.p50 })
	return m
}

// leftBehind counts what may have changed something on staging.
func (m *Model) leftBehind() []block {
	if m.Session.State == Empty || m.Totals.Requests == 0 {
		return nil
	}
	if len(m.Wrote) == 0 {
		return []block{{Text: words("Nothing that is known of: no step whose method writes (POST, PUT, PATCH, DELETE) was sent.")}}
	}
	g := &grid{Caption: words("Requests to staging that write"), RowHead: true}
	g.head("Step", "Journey", "Method", "Answered as expected", "Failed: written or not, nobody knows")
	byMethod := map[string]uint64{}
	for i, w := range m.Wrote {
		byMethod[w.Method] += w.Requests
		if i < maxLevelRows {
			g.row(foreign(w.Step), foreign(w.Journey), words(w.Method), words(fmt.Sprint(w.Requests-min(w.Requests, w.Failed))), words(fmt.Sprint(w.Failed)))
		}
	}
	var sums []string
	for _, k := range kinds(byMethod) {
		sums = append(sums, fmt.Sprintf("%d %s", k.Count, k.Name))
	}
	lines := []text{words("Sent to staging: " + list(sums) + ". Orders, mails and charges that they stand for are still there unless somebody cleared them away.")}
	if c := m.Totals.Cancelled; c > 0 {
		lines = append(lines, words(count(c, "request was", "requests were")+" taken back in flight by a stop and "+isAre(c)+" not in this table: the server may still have carried out "+itThem(c)+"."))
	}
	return []block{{List: lines}, {Table: g}}
}

func isAre(n uint64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func itThem(n uint64) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

// noteTable draws notes as rows; it returns false when there are none.
func (m *Model) noteTable(caption string, list []Note) (*grid, bool) {
	g := &grid{Caption: words(caption), RowHead: true}
	g.head("Note", "At", "Kind", "Users", "By", "Text")
	size := 0
	for _, n := range list[:min(len(list), maxNotes)] {
		if size > maxTable {
			break
		}
		kind := foreign(string(n.Kind))
		if n.Resolved != nil {
			kind = join(kind, words(", resolved"+because(cut(oneLine(tidy(n.Resolved.Why)), maxCell))))
		}
		at := none
		if n.Users != nil {
			at = fmt.Sprint(*n.Users)
		}
		what := foreign(cut(n.Text, maxCell*2))
		size += escaped(what[0].Words)
		for i, f := range n.Files {
			sep := ", "
			if i == 0 {
				sep = " attached: "
			}
			what = join(what, words(sep), f.linkText())
		}
		g.row(words(n.flag()), words(clock(n.Elapsed)), kind, words(at), foreign(n.author()), what)
	}
	return g, len(list) > 0
}

// noteBlocks are a table of notes, and what was attached to them.
func (m *Model) noteBlocks(caption string, list []Note) []block {
	g, ok := m.noteTable(caption, list)
	if !ok {
		return nil
	}
	out := []block{{Table: g}}
	if more := len(list) - len(g.Rows); more > 0 {
		out = append(out, block{Class: "soft", Text: words(count(more, "more note is", "more notes are") + " in notes.csv.")})
	}
	for i, n := range list[:len(g.Rows)] {
		g.Rows[i].ID = n.anchor()
	}
	room := maxPictures
	for _, n := range list[:len(g.Rows)] {
		if shots := m.enclosed(n, &room); slices.ContainsFunc(shots, func(b block) bool { return b.Image != "" || b.Folded != nil }) {
			out = append(out, block{Heading: join(words("Attached to "+n.flag()+": "), foreign(n.headline()))})
			out = append(out, shots...)
		}
	}
	return out
}

func (m *Model) openNotes() []block {
	out := m.noteBlocks("Questions, obstacles and follow-ups that nobody resolved", m.pick(func(n Note) bool { return n.Open }))
	if len(m.Again) == 0 {
		return out
	}
	g := &grid{Caption: words("What an earlier session left open, and what became of it"), RowHead: true}
	g.head("Now", "Note", "Kind", "Text", "Session")
	for _, a := range m.Again[:min(len(m.Again), maxNotes)] {
		outcome := a.Outcome
		if outcome == "" {
			outcome = "not looked at"
		}
		g.row(foreign(outcome), foreign(a.Note), foreign(a.Kind), foreign(cut(a.Text, maxCell*2)), foreign(a.From))
	}
	return append(out, block{Heading: words("From the earlier session")}, block{Table: g})
}

// remarks are the notes that are neither bugs nor open.
func (m *Model) remarks() []block {
	return m.noteBlocks("Ideas, praise, risks, decisions and what else was seen", m.pick(func(n Note) bool { return n.Kind != notes.Bug && !n.Open }))
}

// debriefed are the debrief's answers.
func (m *Model) debriefed() []block {
	var out []block
	asks := map[string]string{}
	for _, q := range session.Questions() {
		asks[q.Key] = q.Asks
	}
	for _, r := range m.Debrief {
		out = append(out, block{Heading: words(r.Name + ": " + asks[r.Question])}, block{Quote: prose(r.Text, maxFinding)})
	}
	return out
}
