package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"crosstalk/notes"
)

// page writes Markdown: GFM tables, no raw HTML. Its own words are plain;
// whatever came from a journal goes through inline or quoted first.
type page struct{ b strings.Builder }

func (p *page) line(format string, args ...any) {
	fmt.Fprintf(&p.b, format, args...)
	p.b.WriteByte('\n')
}

// section begins a section.
func (p *page) section(title string) { p.line("\n## %s\n", title) }

// table writes a table; its cells are Markdown already.
func (p *page) table(head []string, rows [][]string) {
	p.line("| %s |", strings.Join(head, " | "))
	rule := make([]string, len(head))
	for i := range rule {
		rule[i] = "---"
	}
	p.line("| %s |", strings.Join(rule, " | "))
	for _, r := range rows {
		p.line("| %s |", strings.Join(r, " | "))
	}
}

// writeMarkdown writes the session for a reader.
func writeMarkdown(w io.Writer, m *Model) error {
	_, err := io.WriteString(w, markdownOf(m))
	return err
}

// markdownOf is the session as Markdown: the answer first, the long lists last.
func markdownOf(m *Model) string {
	p := &page{}
	p.title(m)
	p.short(m)
	p.chart(m)
	p.numbers(m)
	p.levels(m)
	p.findings(m)
	p.open(m)
	p.guard(m)
	p.earlier(m)
	p.debrief(m)
	p.sure(m)
	p.steps(m)
	p.setup(m)
	p.remarks(m)
	p.allFiles(m)
	p.timeline(m)
	p.appendix(m)
	return p.b.String()
}

func (p *page) title(m *Model) {
	h := m.Session
	title := h.Charter
	if strings.TrimSpace(tidy(title)) == "" {
		title = "A session without a charter"
	}
	p.line("# %s\n", inline(cut(title, 300)))
	if m.Answer.Draft {
		p.line("**Draft: the sentence is missing.** What was learned, in one sentence, heads this page once somebody says it.\n")
	} else {
		p.line("%s", quoted(cut(m.Answer.Learned, 2000)))
	}
	if h.State == Empty {
		p.line("The journal is empty: nothing is known of this session.")
		return
	}
	state := map[string]string{Ended: "ended", Running: "still running", Crashed: "broke off without an end"}[h.State]
	if h.EndReason != "" {
		state += " (" + inline(h.EndReason) + ")"
	}
	parts := []string{date(*h.Began), lasting(h.Seconds), state}
	if len(h.People) > 0 {
		parts = append(parts, "by "+inline(list(h.people())))
	}
	p.line("%s", strings.Join(parts, " · "))
	if text := h.rateWords(); text != "" {
		p.line("\n%s", text)
	}
	if m.tells() {
		p.line("\nLeft out of this report: %s.", m.Redacted)
	}
}

// short is the answer: three or four lines that stand alone.
func (p *page) short(m *Model) {
	p.section("In short")
	a, t := m.Answer, m.Totals
	p.line("- **Production: %s.** %s", a.Production, sentences(a.Why))
	for _, t := range a.Link {
		p.line("- **%s, at %s:** %s", inline(t.name()), clock(t.Elapsed), inline(cut(t.says(), maxTold)))
	}
	p.line("- **Load on staging:** %s", loadLine(m))
	p.line("- **Found:** %s.", list(foundWords(m)))
	bugs := m.pick(func(n Note) bool { return n.Kind == notes.Bug })
	for i, n := range bugs {
		if i == 5 {
			p.line("  - and %s below", count(len(bugs)-i, "bug", "bugs"))
			break
		}
		p.line("  - %s%s: %s", n.label(), n.load(), inline(cut(n.Text, 200)))
	}
	if len(a.Unknown) > 0 {
		p.line("- **Not known:**")
		for i, u := range a.Unknown {
			if i == 8 {
				p.line("  - and %s more; see how sure we are, below", number(float64(len(a.Unknown)-i)))
				break
			}
			p.line("  - %s", inline(u))
		}
	}
	if t.LastGood != nil {
		p.line("- **Last good:** %s, held 10 s with %s.", users(*t.LastGood), m.goodWords())
	}
}

func sentences(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = inline(s)
	}
	return strings.Join(out, " ")
}

func loadLine(m *Model) string {
	t := m.Totals
	if t.Requests == 0 {
		return "no request was counted."
	}
	text := fmt.Sprintf("up to %s at once (%d asked), %s in %s with users running, %s failed", users(t.PeakUsers), t.PeakAsked,
		count(t.Requests, "request", "requests"), lasting(t.Loaded), percentOf(t.Errors, t.Requests))
	if t.Errors > 0 {
		text += " (" + inline(kindsOf(t.Kinds)) + ")"
	}
	if w := t.StagingP95; w != nil {
		text += fmt.Sprintf("; the worst second's p95 was %s, at %s with %s", millis(w.Value), clock(w.Elapsed), users(w.Users))
	}
	return text + "."
}

// foundWords counts the notes of people by kind, in the order of the kinds.
func foundWords(m *Model) []string {
	var out []string
	for _, k := range notes.Kinds() {
		all := m.pick(func(n Note) bool { return n.Kind == k.Kind })
		if len(all) == 0 {
			continue
		}
		text := count(len(all), kindWord(k.Kind, 1), kindWord(k.Kind, 2))
		open := 0
		for _, n := range all {
			if n.Open {
				open++
			}
		}
		if k.Open && open > 0 {
			text += fmt.Sprintf(" (%d open)", open)
		}
		out = append(out, text)
	}
	if len(out) == 0 {
		return []string{"nothing was noted"}
	}
	return out
}

// kindWord is a kind's name for one or many.
func kindWord(k notes.Kind, n int) string {
	switch k {
	case notes.Works:
		return "seen to work"
	case notes.Setup:
		return "about the setup"
	case notes.Next:
		if n == 1 {
			return "follow-up"
		}
		return "follow-ups"
	}
	if n == 1 {
		return string(k)
	}
	return string(k) + "s"
}

// pick returns the notes of people that were not taken back and fit, in the
// order of what they tell of.
func (m *Model) pick(fits func(Note) bool) []Note {
	var out []Note
	for _, n := range m.Notes {
		if !n.Program && n.Retracted == nil && fits(n) {
			out = append(out, n)
		}
	}
	slices.SortStableFunc(out, func(a, b Note) int { return a.T.Compare(b.T) })
	return out
}

func (p *page) chart(m *Model) {
	text := m.Series.chart(m.Session.Seconds)
	if m.Session.State == Empty || text == "" {
		return
	}
	p.section("Over the session")
	for _, c := range pictured {
		p.line("![%s](%s)\n", c.name, c.file)
	}
	p.line("```text\n%s```\n", text)
	mute := ""
	if m.Series.anyMute() {
		mute = fmt.Sprintf(" At `%c` production was seen: its checks %s.", muteMark, failedMute)
	}
	p.line("Each line has its own height, from 0 to the value at its end. A character shows the worst second of its %s; `%c` is a gap: nothing was measured there.%s",
		lasting(m.Session.Seconds/float64(max(1, min(sparkWidth, len(m.Series.Running))))), gapDot, mute)
}

func (p *page) numbers(m *Model) {
	if m.Session.State == Empty {
		return
	}
	t := m.Totals
	p.section("Numbers")
	row := func(name, value string) []string { return []string{name, value} }
	rows := [][]string{
		row("Most users at once", fmt.Sprintf("%d (%d asked)", t.PeakUsers, t.PeakAsked)),
		row("Requests", requestWords(t)),
		row("Errors by kind", inline(orNone(kindsOf(t.Kinds)))),
		row("Taken back in flight by a stop", count(t.Cancelled, "request", "requests")),
		row("Worst second of staging, p95", worstWords(t.StagingP95)),
		row("Worst second of production, p95", worstWords(t.ProdP95)),
		row("Production by state", shareWords(t.Production)),
		row("Cuts by the guard", fmt.Sprintf("%d%s", t.Cuts, inParens(kindsOf(t.CutsBy)))),
		row(m.holdsBy(), number(float64(t.Holds))),
		row("Recoveries after a cut", recoveryWords(m.Recoveries)),
		row("Last good level", m.lastGoodWords()),
		row("Gaps in the data", number(float64(t.Gaps))),
		row("Open questions, obstacles, follow-ups", number(float64(t.Open))),
	}
	p.table([]string{"What", "Value"}, rows)
}

func requestWords(t Totals) string {
	if t.Requests == 0 {
		return "0"
	}
	return fmt.Sprintf("%d, %d failed (%s)", t.Requests, t.Errors, percentOf(t.Errors, t.Requests))
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func inParens(s string) string {
	if s == "" {
		return ""
	}
	return " (" + inline(s) + ")"
}

func worstWords(w *Worst) string {
	if w == nil {
		return NotKnown
	}
	return fmt.Sprintf("%s at %s (%s) with %s", millis(w.Value), clock(w.Elapsed), stamp(w.T), users(w.Users))
}

func shareWords(shares []StateShare) string {
	var parts []string
	for _, s := range shares {
		parts = append(parts, s.State+" "+lasting(s.Seconds))
	}
	if len(parts) == 0 {
		return NotKnown
	}
	return strings.Join(parts, ", ")
}

func recoveryWords(list []Recovery) string {
	if len(list) == 0 {
		return "none"
	}
	var parts []string
	for _, r := range list {
		parts = append(parts, fmt.Sprintf("%s after the cut at %s", lasting(r.Seconds), users(r.Level)))
	}
	return strings.Join(parts, ", ")
}
