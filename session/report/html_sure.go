package report

import (
	"fmt"
	"strings"

	"crosstalk/session"
)

// guardBlocks tell what the guard did, each step with its evidence, every order
// to stop, and every link check.
func (m *Model) guardBlocks() []block {
	h := m.Session
	out := []block{{Heading: words("What the guard did, and every stop")}}
	switch {
	case h.Unguarded:
		out = append(out, block{Text: words(unguardedWords())})
	case h.GuardOn:
		out = append(out, block{Text: join(words("The guard was on. At the end it stood at "), foreign(orUnknown(h.GuardState)), words("."))})
	default:
		out = append(out, block{Text: join(words("The guard was off: "), foreign(h.GuardOff), words("."))})
	}
	if len(m.Guard) > 0 {
		g := &grid{Caption: words("The guard's steps with the samples that caused them"), RowHead: true}
		g.head("At", "Step", "Users", "Why", "Evidence")
		for _, a := range m.Guard[:min(len(m.Guard), maxLevelRows)] {
			g.row(words(clock(a.Elapsed)), join(foreign(a.From), words(" → "), foreign(a.To)), words(fmt.Sprint(a.Users)), foreign(cut(a.Why, maxCell)), evidence(a.Samples))
		}
		out = append(out, block{Table: g})
	}
	if len(m.Recoveries) > 0 {
		out = append(out, block{Text: words("Production was well again " + recoveryWords(m.Recoveries) + ".")})
	}
	if len(m.Stops) > 0 {
		g := &grid{Caption: words("Every order to stop, and what became of the requests in flight"), RowHead: true}
		g.head("At", "Reason", "By", "Users", "In flight", "None left after")
		for _, s := range m.Stops[:min(len(m.Stops), maxLevelRows)] {
			zero := NotKnown
			if s.InFlight == 0 {
				zero = none
			} else if s.MSToZero != nil {
				zero = millis(*s.MSToZero / 1000)
			}
			g.row(words(clock(s.Elapsed)), foreign(s.Reason), foreign(m.actor(s.By, s.Elapsed)), words(fmt.Sprint(s.Users)), words(fmt.Sprint(s.InFlight)), words(zero))
		}
		out = append(out, block{Table: g})
	}
	return append(out, m.linkBlocks()...)
}

func evidence(samples []session.Sample) text {
	var parts []string
	for i, s := range samples {
		if i == 4 {
			parts = append(parts, fmt.Sprintf("and %d more, in session.json", len(samples)-i))
			break
		}
		verdict := "answered in " + millis(s.Latency)
		if !s.OK {
			verdict = "failed after " + millis(s.Latency)
		}
		parts = append(parts, fmt.Sprintf("%s %s, due %s, %s%s", s.Env, s.Check, s.Due.UTC().Format("15:04:05.000Z"), verdict, because(s.Reason)))
	}
	if len(parts) == 0 {
		return words(none)
	}
	return foreign(cut(strings.Join(parts, "; "), maxCell*3))
}

func (m *Model) linkBlocks() []block {
	var out []block
	if len(m.Links) > 0 {
		g := &grid{Caption: words("Link checks: does load on staging reach production?"), RowHead: true}
		g.head("From", "To", "Check", "By", "Users", "Verdict", "In words")
		for _, l := range m.Links[:min(len(m.Links), maxLevelRows)] {
			verdict := "broke off"
			if l.Kind != "" {
				verdict = session.KindWords(l.Kind)
			}
			g.row(words(clock(l.From)), words(clock(l.To)), words(modeName(l.Mode)), foreign(m.actor(l.By, l.From)), words(fmt.Sprint(l.Users)), foreign(verdict), foreign(cut(l.Words, maxCell*2)))
		}
		out = append(out, block{Table: g})
	}
	if s := m.Stores; s != nil {
		out = append(out, block{Text: join(words("Data stores, compared at "+clock(s.Elapsed)+": "), foreign(s.Verdict), words(". "), foreign(s.Words))})
	}
	return out
}

// maxEvents is how many rows the page's timeline has.
const maxEvents = 1500

func (m *Model) timelineBlocks() []block {
	if len(m.Timeline) == 0 {
		return nil
	}
	rows, left := m.Timeline, 0
	if len(rows) > maxEvents {
		// People, the guard and the load tell the story; single checks are the
		// first that a reader can do without.
		var told []Row
		for _, r := range rows {
			if r.Type != session.TypeHealthState && r.Type != session.TypeRefused {
				told = append(told, r)
			}
		}
		told = told[:min(len(told), maxEvents)]
		left, rows = len(rows)-len(told), told
	}
	g := &grid{Caption: words("Every event but the ticks, in order. Times are UTC."), RowHead: true, Class: "timeline"}
	g.head("Elapsed", "Time", "Who", "What")
	for _, r := range rows {
		class, who := "person", strong(oneLine(tidy(signed(r.By, r.Role))))
		if !r.Person {
			class, who = "program", words(r.By+" (program)")
		}
		g.Rows = append(g.Rows, gridRow{Class: class, Cells: []text{words(r.elapsed()), words(r.when()), who, foreign(cut(r.Text, maxCell))}})
	}
	out := []block{{Filtered: g}}
	if left > 0 {
		out = append(out, block{Class: "soft", Text: words(count(left, "event is", "events are") + " left out here; session.json holds them.")})
	}
	return out
}

// sureBlocks tell how far the numbers carry.
func (m *Model) sureBlocks() []block {
	if m.Session.State == Empty {
		return nil
	}
	s := m.Sure
	g := &grid{Caption: words("How often each environment was looked at"), RowHead: true}
	g.head("Environment", "Checks", "A second, planned", "A second, in the median second", "Seconds heard of")
	for _, c := range s.Checks {
		rate := NotKnown
		if c.Rate != nil {
			rate = number(*c.Rate)
		}
		g.row(foreign(c.Env), words(fmt.Sprint(c.Checks)), words(number(c.Planned)), words(rate), words(fmt.Sprint(c.Ticks)))
	}
	lines := []text{foreign(baselineWords(m))}
	say := func(format string, args ...any) { lines = append(lines, foreign(fmt.Sprintf(format, args...))) }
	if s.NoSight > 0 {
		say("Production was out of sight for %s while users ran.", lasting(s.NoSight))
	}
	if len(s.Gaps) == 0 {
		say("No gap: load, staging and production were told of all the time.")
	}
	for i, x := range s.Gaps {
		if i == 20 {
			say("And %d more gaps, in session.json.", len(s.Gaps)-i)
			break
		}
		say("Gap: nothing of %s from %s to %s (%s).", list(x.What), clock(x.From), clock(x.To), x.Why)
	}
	for _, r := range s.Resumes {
		say("The session was taken up again at %s.", clock(r.Elapsed))
	}
	if s.Torn > 0 {
		say("%s at the journal's end could not be read: %s.", count(s.Torn, "byte", "bytes"), s.TornWhy)
	}
	if s.SetAside > 0 {
		say("%s of torn lines were set aside before its journal was written on.", count(s.SetAside, "byte", "bytes"))
	}
	m.ownLimits(say)
	if len(s.UnknownType) > 0 {
		say("Events this version does not know, shown in the timeline only: %s.", cut(kindsOf(s.UnknownType), maxCell))
	}
	say("Percentiles are %s. Staging's are of the users' own requests, production's of our checks.", s.Percentiles)
	say("These levels are a small exploration with one person's hand on a dial. They are not a capacity figure.")
	return []block{{List: lines}, {Table: g}}
}

// ownLimits tell how far we ourselves, or this machine, were the limit.
func (m *Model) ownLimits(say func(string, ...any)) {
	s := m.Sure
	if s.SelfTrouble > 0 {
		say("This machine was short of breath for %s: some of what was measured may be our own.", lasting(s.SelfTrouble))
	}
	for i, l := range s.SelfLimits {
		if i == 20 {
			say("And %d more of our own limits, in session.json.", len(s.SelfLimits)-i)
			break
		}
		say("Our own limit %s: %s.", l.when(), l.Why)
	}
	switch {
	case s.SelfTrouble > 0 || len(s.SelfLimits) > 0:
	case watchedSelf(m):
		say("This machine was not seen at its limit.")
	default:
		say("Whether this machine was at its limit is not known: it was not watched.")
	}
}
