package report

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode"

	"crosstalk/notes"
	"crosstalk/session"
)

// The session sheet of session-based test management, as the scanner of Jon and
// James Bach reads it: eight headings, each with a rule of dashes below it.

// sheetRule stands below every heading of a sheet.
const sheetRule = "-----------------------------------------------"

// The headings of a sheet, in the order in which they are written.
var sheetHeads = []string{"CHARTER", "START", "TESTER", "TASK BREAKDOWN", "DATA FILES", "TEST NOTES", "BUGS", "ISSUES"}

// writeSheet writes the sheet, and refuses to write one that the scanner would
// not take.
func writeSheet(w io.Writer, m *Model) error {
	s := &sheetPage{}
	s.charter(m)
	s.start(m)
	s.people(m)
	s.breakdown(m)
	s.files(m)
	s.notes(m)
	s.bugs(m)
	s.obstacles(m)
	text := s.b.String()
	if problems := CheckSheet(sheetName(m, 'a'), text); len(problems) > 0 {
		return fmt.Errorf("the scanner of session sheets would not take it: %w", errors.Join(problems...))
	}
	_, err := io.WriteString(w, text)
	return err
}

type sheetPage struct{ b strings.Builder }

func (s *sheetPage) line(format string, args ...any) { fmt.Fprintf(&s.b, format+"\n", args...) }

func (s *sheetPage) head(name string) {
	if s.b.Len() > 0 {
		s.line("")
	}
	s.line("%s\n%s", name, sheetRule)
}

// sheetLine makes foreign text one line of a sheet: no tab, and no double quote,
// which the scanner's tables are made of.
func sheetLine(text string) string {
	return strings.ReplaceAll(oneLine(tidy(text)), `"`, "'")
}

// risky tells whether a line could be taken for more than text where it begins:
// a heading, a tag, a rule.
func risky(line string) bool {
	if line == "" {
		return false
	}
	up := strings.ToUpper(line)
	for _, word := range append([]string{"BUG", "ISSUE", "#", "-"}, sheetHeads...) {
		if strings.HasPrefix(up, word) {
			return true
		}
	}
	return false
}

// prose writes a text of several lines, each indented by two; the first one only
// where it could be taken for more than text.
func (s *sheetPage) prose(text string) {
	first := true
	for l := range strings.SplitSeq(prose(text, maxFinding), "\n") {
		l = sheetLine(l)
		switch {
		case l == "":
		case first && !risky(l):
			s.line("%s", l)
			first = false
		default:
			s.line("  %s", l)
			first = false
		}
	}
	if first {
		s.line("(no text)")
	}
}

func (s *sheetPage) charter(m *Model) {
	s.head("CHARTER")
	s.prose(orNone(strings.TrimSpace(tidy(m.Session.Charter))))
	s.line("\n#AREAS")
	for _, a := range areas(m) {
		s.line("%s", a)
	}
}

// areas are the lines of a sheet's areas; the scanner knows those that stand in
// its coverage.ini.
func areas(m *Model) []string {
	build := NotKnown
	for _, b := range m.lastBuilds() {
		if b.Env == staging {
			build = b.Build
		}
	}
	out := []string{"Build | " + sheetLine(cut(build, 80)), "Strategy | Load by hand"}
	for _, a := range m.Session.Mission.Areas {
		a = sheetLine(cut(a, 80))
		if slices.ContainsFunc(sheetHeads, func(head string) bool { return strings.HasPrefix(a, head) }) {
			a = "Area | " + a // else it were a heading
		}
		if strings.Trim(a, "#-. ") != "" && !strings.HasPrefix(a, "#") && !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, a) }) {
			out = append(out, a)
		}
	}
	return out
}

// writeCoverage writes the areas as the scanner's coverage.ini has them.
func writeCoverage(w io.Writer, m *Model) error {
	_, err := io.WriteString(w, "#AREAS\n"+strings.Join(areas(m), "\n")+"\n")
	return err
}

func (s *sheetPage) start(m *Model) {
	s.head("START")
	if b := m.Session.Began; b != nil {
		s.line("%s", b.Format("01/02/06 3:04pm"))
		return
	}
	s.line("01/01/00 12:00am")
}

func (s *sheetPage) people(m *Model) {
	s.head("TESTER")
	list := m.Session.testers()
	if len(list) == 0 {
		list = []string{NotKnown}
	}
	for _, p := range list {
		p = sheetLine(cut(p, 80))
		if !strings.ContainsFunc(p, wordByte) { // the scanner reads ASCII words
			p += " (tester)"
		}
		if risky(p) {
			p = " " + p
		}
		s.line("%s", p)
	}
}

func wordByte(r rune) bool {
	return r == '_' || r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

func (s *sheetPage) breakdown(m *Model) {
	s.head("TASK BREAKDOWN")
	setup, test, bug, beside := 0, 100, 0, 0
	if p := m.Session.Split; p != nil && p.Test+p.Bug+p.Setup > 0 {
		shares := hundred(p.Setup, p.Test, p.Bug)
		setup, test, bug = shares[0], shares[1], shares[2]
		beside = int(math.Round(100 * p.Opportunity / (p.Test + p.Bug + p.Setup)))
	}
	beside = min(100, max(0, beside))
	s.line("\n#DURATION\n%s", durationWord(m.Session.Worked))
	s.line("\n#SESSION SETUP\n%d", setup)
	s.line("\n#TEST DESIGN AND EXECUTION\n%d", test)
	s.line("\n#BUG INVESTIGATION AND REPORTING\n%d", bug)
	s.line("\n#CHARTER VS. OPPORTUNITY\n%d/%d", 100-beside, beside)
}

// files lists what lies in the session's folder. The scanner looks for it in its
// folder of data files, and does not take an empty one.
func (s *sheetPage) files(m *Model) {
	s.head("DATA FILES")
	if m.Session.State == Empty {
		s.line("#N/A")
		return
	}
	s.line("%s", session.JournalName)
	for _, n := range m.Notes {
		for _, f := range n.Files {
			if f.Size > 0 && f.File != "" && f.File == notes.SafeName(f.File) {
				s.line("%s/%s", session.AttachmentsName, f.File)
			}
		}
	}
}

// stamped begins a note: when, how far into the session, and what it is. Nothing
// that begins like this can be taken for a heading.
func (s *sheetPage) stamped(at Moment, kind, text string) {
	sign := "+" + clock(at.Elapsed)
	if at.Elapsed < 0 {
		sign = "before"
	}
	first := true
	for l := range strings.SplitSeq(prose(text, maxFinding), "\n") {
		l = sheetLine(l)
		switch {
		case first:
			s.line("[%s %s] %s %s", at.T.UTC().Format("15:04:05"), sign, strings.ToUpper(sheetLine(kind)), l)
			first = false
		case l != "":
			s.line("  %s", l)
		}
	}
}

func (s *sheetPage) notes(m *Model) {
	s.head("TEST NOTES")
	s.b.WriteString(sheetMark(m))
	s.line("Times are UTC. Production: %s.", m.Answer.Production)
	if text := m.Session.rateWords(); text != "" {
		s.line("%s", text)
	}
	if text := m.Session.roleWords(); text != "" {
		s.line("%s", sheetLine(text))
	}
	if worked := m.Session.Worked; worked < 45*60 {
		s.line("Worked %s, which is less than a short session.", lasting(worked))
	}
	if p := m.Session.Split; p == nil || p.Test+p.Bug+p.Setup <= 0 {
		s.line("How the time was spent was not measured: it counts as test design and execution.")
	}
	type entry struct {
		at         Moment
		kind, text string
	}
	var list []entry
	for _, n := range m.Notes {
		if n.Program || n.Retracted != nil || sheetBug(n) || sheetIssue(n) {
			continue
		}
		text := n.Text
		if n.Resolved != nil {
			text += "\n(resolved" + because(n.Resolved.Why) + ")"
		}
		list = append(list, entry{n.Moment, string(n.Kind) + n.load(), text})
	}
	for _, l := range m.Levels {
		if !l.kept() {
			continue
		}
		_, p95, _ := l.percentiles()
		list = append(list, entry{l.Moment, "level", fmt.Sprintf("%d asked, %d reached, %s: %d requests, p95 %s, %s failed; production p95 %s, %s",
			l.Asked, l.Reached, lasting(l.Seconds), l.Requests, latency(p95), percentOf(l.Errors, l.Requests), latency(l.Production.P95), l.ProductionState)})
	}
	for _, a := range m.Guard {
		list = append(list, entry{a.Moment, "guard", fmt.Sprintf("%s to %s at %s: %s", a.From, a.To, users(a.Users), a.Why)})
	}
	slices.SortStableFunc(list, func(a, b entry) int {
		switch {
		case a.at.Elapsed < b.at.Elapsed:
			return -1
		case a.at.Elapsed > b.at.Elapsed:
			return 1
		}
		return 0
	})
	for _, e := range list {
		s.stamped(e.at, e.kind, e.text)
	}
}

func sheetBug(n Note) bool { return n.Kind == notes.Bug }

// sheetIssue tells whether a note is what the sheet calls an issue: something in
// the way of testing, or a question that nobody answered.
func sheetIssue(n Note) bool {
	return n.Kind == notes.Obstacle && n.Resolved == nil || n.Kind == notes.Question && n.Open
}

// tagged writes notes below a heading, each below its tag and with what more is
// known of it.
func (s *sheetPage) tagged(head, tag string, list []Note, more func(Note)) {
	s.head(head)
	if len(list) == 0 {
		s.line("#N/A")
	}
	for i, n := range list {
		if i > 0 {
			s.line("")
		}
		s.line("#%s %s", tag, sheetLine(n.key()))
		s.prose(n.Text)
		more(n)
	}
}

func (s *sheetPage) bugs(m *Model) {
	s.tagged("BUGS", "BUG", m.pick(sheetBug), func(n Note) {
		s.line("  Happened %s, +%s, noted by %s", stamp(n.T), clock(n.Elapsed), sheetLine(n.author()))
		if n.Users != nil {
			s.line("  Load: %s", users(*n.Users))
		}
		s.line("  Staging: %s", seenPlain(n.Staging))
		s.line("  Production: %s", seenPlain(n.Production))
		if n.Repro != "" {
			s.line("  Again: %s", sheetLine(n.Repro))
		}
		if n.ReproOut != "" {
			s.line("  Again: left out, %s", sheetLine(n.ReproOut))
		}
	})
}

// seenPlain is an environment as its pane showed it, in a sheet's line.
func seenPlain(v *notes.Seen) string {
	if v == nil {
		return NotKnown
	}
	text := fmt.Sprintf("%s, p95 %s", sheetLine(orUnknown(v.State)), latency(v.P95))
	if v.Errors != nil {
		text += ", errors " + percent(*v.Errors)
	}
	return text
}

func (s *sheetPage) obstacles(m *Model) {
	s.tagged("ISSUES", "ISSUE", m.pick(sheetIssue), func(n Note) {
		s.line("  Noted as %s at %s, +%s, by %s", sheetLine(string(n.Kind)), stamp(n.T), clock(n.Elapsed), sheetLine(n.author()))
	})
}
