package report

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"crosstalk/notes"
	"crosstalk/session"
)

// Around an incident that nobody gave a span for, this much before and after
// it is told as well: what led to it, and that it stayed over.
const (
	incidentBefore = 60.0 // seconds
	incidentAfter  = 30.0
)

// incident is the span of a blameless timeline, with what marks its course.
type incident struct {
	m     *Model
	of    Stretch
	found bool // there was trouble in production, or the guard took load away
	cast  *cast
	names *regexp.Regexp

	start, began, noticed, acted, guarded, mitigated, stopped, recovered, confirmed *stage
}

// stage is one mark of an incident's course and what shows it.
type stage struct {
	at   float64
	what string
}

// incidentOf finds the span: what was asked for, else from the first trouble of
// production's, or step of the guard's against the load, to the end of the last,
// and what is around it, else the whole session.
func incidentOf(m *Model) *incident {
	i := &incident{m: m, of: Stretch{0, m.Session.Seconds}, cast: m.cast()}
	if !m.unnamed {
		i.names = namesOf(i.cast.all(0))
	}
	first, last := -1.0, -1.0
	for _, s := range m.troubles() {
		if s.State != green {
			if first < 0 {
				first = s.From
			}
			last = s.To
		}
	}
	for _, a := range m.Guard {
		if a.To == "run" || a.From == a.To {
			continue
		}
		if first < 0 || a.Elapsed < first {
			first = a.Elapsed
		}
		last = max(last, a.Elapsed)
	}
	for _, r := range m.Recoveries {
		last = max(last, r.Elapsed)
	}
	if first >= 0 {
		i.of = Stretch{max(0, first-incidentBefore), min(m.Session.Seconds, last+incidentAfter)}
	}
	if m.of != nil {
		i.of = Stretch{max(0, m.of.From), min(m.Session.Seconds, m.of.To)}
	}
	i.stages()
	return i
}

func (i *incident) in(at float64) bool { return at >= i.of.From && at <= i.of.To }

// writeTimeline writes the blameless timeline of the trouble: what happened,
// with what shows it, by roles and not by names. Whatever is somebody's view
// stands apart from it, and what people have to add has its place.
func writeTimeline(w io.Writer, m *Model) error {
	p := &page{}
	i := incidentOf(m)
	p.line("# Timeline: %s\n", inline(i.unnamed(cut(orUnknown(m.Session.Charter), 200), i.of.From)))
	if m.Session.State == Empty {
		p.line("The journal is empty: nothing is known of this session.")
	} else {
		p.line("From %s to %s (%s to %s elapsed). All times are UTC. People stand here by their roles.", date(m.moment(i.of.From)), stamp(m.moment(i.of.To)), clock(i.of.From), clock(i.of.To))
		if text := m.Session.rateWords(); text != "" {
			p.line("\n%s", text)
		}
		i.impact(p)
		i.course(p)
		i.facts(p)
		i.beliefs(p)
		i.forPeople(p)
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}

func (i *incident) impact(p *page) {
	m := i.m
	p.section("Impact")
	if i.found && i.began.at < i.of.From {
		p.line("- It began before this time, at %s.", stamp(m.moment(i.began.at)))
	}
	time := map[string]float64{}
	bad := false
	for _, s := range m.Health {
		if s.Env == production {
			time[s.State] += max(0, min(s.To, i.of.To)-max(s.From, i.of.From))
			bad = bad || (s.State == amber || s.State == red) && i.over(s)
		}
	}
	if !bad {
		p.line("- Production's checks were neither amber nor red in this time. Whatever else it touched is not known from here.")
	}
	for _, state := range []string{amber, red, noSight} {
		if time[state] > 0 {
			word := state
			if state == noSight {
				word = "out of sight"
			}
			p.line("- Production was %s for %s.", word, lasting(time[state]))
		}
	}
	if dark := i.untold(); dark > 0 {
		p.line("- For %s of this time nothing was told of production: how it was then is not known.", lasting(dark))
	}
	for _, c := range []struct {
		name string
		v    []*float64
	}{{"staging (the users' own requests)", m.Series.StagingP95}, {"production (our checks)", m.Series.ProductionP95}} {
		if worst := m.Series.worst(c.v, i.of); worst != nil {
			p.line("- The worst second of %s had a p95 of %s.", c.name, millis(*worst))
		}
	}
	p.line("- For whom and how badly, in orders, customers or money: *to be added by a person*.")
}

// untold is how long in this time nothing was told of production.
func (i *incident) untold() (seconds float64) {
	for _, g := range i.m.Sure.Gaps {
		if slices.Contains(g.What, production) {
			seconds += max(0, min(g.To, i.of.To)-max(g.From, i.of.From))
		}
	}
	return seconds
}

// worst is the greatest of a line in a stretch.
func (s Series) worst(v []*float64, of Stretch) *float64 {
	var out *float64
	for i, p := range v {
		if at := (float64(i) + 0.5) * s.Step; at >= of.From && at <= of.To {
			out = greater(out, p)
		}
	}
	return out
}

// facts are the events of the span, each with the numbers of its moment.
func (i *incident) facts(p *page) {
	p.section("What happened")
	var rows [][]string
	left := 0
	for _, r := range i.m.Timeline {
		if !i.in(r.Elapsed) || r.Type == session.TypeExport || i.belief(r) {
			continue
		}
		if len(rows) == maxTimeline {
			left++
			continue
		}
		source := "program: " + r.By
		if r.Person {
			source = "person: " + i.role(r.By, r.Elapsed)
		}
		event := i.unnamed(cut(r.Text, maxCell), r.Elapsed)
		if n := i.note(r); n != nil && n.Late {
			event += " (of " + stamp(n.T) + ", written down later)"
		}
		rows = append(rows, []string{r.when(), r.elapsed(), inline(source), inline(event), inline(i.evidence(r))})
	}
	p.table([]string{"Time", "Elapsed", "Source", "Event", "What the panes showed"}, rows)
	if left > 0 {
		p.line("\n%s left out here: they are in `session.json`.", count(left, "event is", "events are"))
	}
}

// evidence is what the panes showed when something happened: what was missing,
// and how old it was, too.
func (i *incident) evidence(r Row) string {
	p := r.panes
	if r.Later {
		return "added after the end"
	}
	if p == nil {
		return "nothing was measured"
	}
	old := func(age float64) string {
		if age == 0 {
			return ""
		}
		return " (" + lasting(age) + " old)"
	}
	by, state := "", orUnknown(p.state)
	if p.checks && p.staging != nil {
		by = " by its checks"
	}
	if c := i.m.censor; c != nil {
		state = c.text(state)
	}
	return fmt.Sprintf("%s%s; staging p95 %s%s%s; production %s, p95 %s%s", users(p.users), old(p.loadAge), latency(p.staging), by, old(p.stagingAge),
		oneLine(tidy(state)), latency(p.production), old(p.productionAge))
}

// belief tells whether a row is a note of what somebody thought, not saw.
func (i *incident) belief(r Row) bool {
	n := i.note(r)
	return n != nil && r.Person && slices.Contains([]notes.Kind{notes.Question, notes.Idea, notes.Risk}, n.Kind)
}

// note is the note that a row tells of the saving of; nil if it tells of
// something else.
func (i *incident) note(r Row) *Note {
	if r.Type != session.TypeNoteAdd {
		return nil
	}
	id, _, _ := strings.Cut(r.Text, " ")
	n := slices.IndexFunc(i.m.Notes, func(n Note) bool { return n.ID == id })
	if n < 0 {
		return nil
	}
	return &i.m.Notes[n]
}

// beliefs are questions, ideas and worries as they were written at the time.
func (i *incident) beliefs(p *page) {
	list := i.m.pick(func(n Note) bool {
		return i.in(n.Elapsed) && slices.Contains([]notes.Kind{notes.Question, notes.Idea, notes.Risk}, n.Kind)
	})
	if len(list) == 0 {
		return
	}
	p.section("What was believed at the time")
	for _, n := range list[:min(len(list), maxLevelRows)] {
		late := ""
		if n.Late {
			late = ", written down at " + stamp(n.Recorded)
		}
		p.line("- %s (%s%s) the %s, %s: %s", stamp(n.T), clock(n.Elapsed), late, inline(i.role(n.By, n.Elapsed)), inline(string(n.Kind)), inline(i.unnamed(cut(n.Text, maxCell*2), n.Elapsed)))
	}
}

// forPeople are the parts that no journal can write.
func (i *incident) forPeople(p *page) {
	for _, s := range [][2]string{
		{"Contributing factors", "There are always several. What made this possible, what made it worse, what made it hard to see?"},
		{"What went well", "What worked as it should, and is worth keeping?"},
		{"What went poorly", "What was slow, missing or confusing?"},
		{"Where we were lucky", "What would have made it worse, and did not happen?"},
		{"Actions", "Each begins with a verb, is small enough to be finished, and has an owner, a date and a ticket."},
		{"What we chose not to do", "And why."},
	} {
		p.section(s[0])
		p.line("*%s*", s[1])
	}
}
