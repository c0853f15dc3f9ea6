package report

import (
	"fmt"
	"strings"
)

// sure tells how far the numbers carry.
func (p *page) sure(m *Model) {
	if m.Session.State == Empty {
		return
	}
	p.section("How sure are we")
	s := m.Sure
	for _, c := range s.Checks {
		rate := NotKnown
		if c.Rate != nil {
			rate = number(*c.Rate) + " a second"
		}
		p.line("- %s: %s, %s a second planned; in the median second it was %s (%s heard of).", lead(inline(title(c.Env))), count(c.Checks, "check", "checks"),
			number(c.Planned), rate, count(c.Ticks, "second", "seconds"))
	}
	p.line("- %s", inline(baselineWords(m)))
	if s.NoSight > 0 {
		p.line("- Production was out of sight for %s while users ran.", lasting(s.NoSight))
	}
	switch {
	case len(s.Gaps) == 0:
		p.line("- No gap: load, staging and production were told of all the time.")
	default:
		for i, g := range s.Gaps {
			if i == 20 {
				p.line("- and %s more gaps, in `session.json`.", number(float64(len(s.Gaps)-i)))
				break
			}
			p.line("- Gap: nothing of %s from %s to %s (%s).", inline(list(g.What)), clock(g.From), clock(g.To), g.Why)
		}
	}
	for _, r := range s.Resumes {
		p.line("- The session was taken up again at %s.", clock(r.Elapsed))
	}
	if s.Torn > 0 {
		p.line("- %s at the journal's end could not be read: %s.", count(s.Torn, "byte", "bytes"), inline(s.TornWhy))
	}
	if s.SetAside > 0 {
		p.line("- %s of torn lines were set aside before its journal was written on.", count(s.SetAside, "byte", "bytes"))
	}
	p.own(m)
	if len(s.UnknownType) > 0 {
		p.line("- Events this version does not know, shown in the timeline only: %s.", inline(kindsOf(s.UnknownType)))
	}
	p.line("- Percentiles are %s. Staging's are of the users' own requests, production's of our checks.", s.Percentiles)
	p.line("- These levels are a small exploration with one person's hand on a dial. They are not a capacity figure.")
}

// own tells how far we ourselves were the limit.
func (p *page) own(m *Model) {
	s := m.Sure
	if s.SelfTrouble > 0 {
		p.line("- This machine was short of breath for %s: some of what was measured may be our own.", lasting(s.SelfTrouble))
	}
	for i, l := range s.SelfLimits {
		if i == 20 {
			p.line("- and %s more of our own limits, in `session.json`.", number(float64(len(s.SelfLimits)-i)))
			break
		}
		p.line("- Our own limit %s: %s.", l.when(), inline(l.Why))
	}
	if s.SelfTrouble == 0 && len(s.SelfLimits) == 0 {
		if watchedSelf(m) {
			p.line("- This machine was not seen at its limit.")
		} else {
			p.line("- Whether this machine was at its limit is not known: it was not watched.")
		}
	}
}

func watchedSelf(m *Model) bool {
	for _, c := range m.Sure.Checks {
		if c.Env == "self" && c.Ticks > 0 {
			return true
		}
	}
	return false
}

func baselineWords(m *Model) string {
	b := m.Session.Baseline
	if b.Seconds == nil {
		text := "No baseline was finished: where amber and red begin was not learned here"
		if b.Note != "" {
			text += " (" + b.Note + ")"
		}
		return text + "."
	}
	text := fmt.Sprintf("The baseline lasted %s and gave limits for %s", lasting(*b.Seconds), count(len(m.Thresholds), "check", "checks"))
	var fast, slow float64
	n := 0
	for _, t := range m.Thresholds {
		if t.Env != production {
			continue
		}
		if n == 0 || t.P50 < fast {
			fast = t.P50
		}
		slow = max(slow, t.P50)
		n++
	}
	if n > 0 {
		text += fmt.Sprintf("; production's usual p50 was %s to %s", millis(fast), millis(slow))
	}
	if b.Note != "" {
		text += " (" + b.Note + ")"
	}
	return text + "."
}

// setup tells how the session was made.
func (p *page) setup(m *Model) {
	h := m.Session
	if h.State == Empty {
		return
	}
	p.section("Setup")
	row := func(name, value string) []string { return []string{name, value} }
	rows := [][]string{
		row("Session", inline(h.ID)),
		row("Began", date(*h.Began)),
		row("Lasted", lastedWords(h)),
		row("Started by", inline(orUnknown(h.StartedBy))),
		row("Charter", inline(orNone(cut(h.Charter, maxCell*4)))),
	}
	for _, c := range h.Charters {
		rows = append(rows, row("Charter before", inline(cut(c, maxCell*4))))
	}
	rows = append(rows, mission(h)...)
	rows = append(rows,
		row("Staging", inline(orUnknown(h.Target))),
	)
	if h.Fleet != nil {
		rows = append(rows, row("Load from", "Locust at "+inline(h.Fleet.Address)+fleetWords(h.Fleet)))
	}
	rows = append(rows,
		row("Caps", capWords(m)),
		row("Crosstalk", inline(orUnknown(h.Version))),
	)
	if h.Demo != "" {
		rows = append(rows, row("On the embedded lab", inline(h.Demo)))
	}
	for _, b := range h.Builds {
		rows = append(rows, row("Build of "+inline(b.Env), fmt.Sprintf("%s, seen at %s", inline(b.Build), clock(b.Elapsed))))
	}
	if len(h.Builds) == 0 {
		rows = append(rows, row("Builds", NotKnown))
	}
	for _, j := range h.Journeys {
		rows = append(rows, row("Journey "+inline(j.Name), fmt.Sprintf("weight %d: %s", j.Weight, inline(cut(strings.Join(j.Steps, ", then "), maxCell*2)))))
	}
	rows = append(rows, row("Brake rehearsal", brakeWords(m)), row("Promise", h.promise()))
	p.table([]string{"What", "Value"}, rows)
	if len(m.Thresholds) == 0 {
		return
	}
	p.line("\nWhere amber and red begin:\n")
	var limits [][]string
	for _, t := range m.Thresholds {
		limits = append(limits, []string{inline(t.Env), inline(t.Check), fmt.Sprintf("%d", t.N), millis(t.P50), millis(t.P99), millis(t.Amber), millis(t.Red), inline(t.Note)})
	}
	p.table([]string{"Environment", "Check", "Learned from samples", "p50", "p99", "Amber from", "Red from", "Remark"}, limits)
}

func orUnknown(s string) string {
	if s == "" {
		return NotKnown
	}
	return s
}

func lastedWords(h Header) string {
	text := lasting(h.Seconds)
	if h.Paused > 0 {
		text += ", of these paused " + lasting(h.Paused)
	}
	if h.Timebox > 0 {
		text += ", in a timebox of " + lasting(h.Timebox)
	}
	return text
}

func capWords(m *Model) string {
	l := m.Session.Limits
	text := users(l.Users)
	if l.RPS > 0 {
		text += ", " + number(l.RPS) + " requests a second"
	}
	if l.Glide > 0 {
		return text + ", glide " + number(l.Glide) + " users a second"
	}
	return text + ", glide off"
}

func brakeWords(m *Model) string {
	b := m.Session.Brake
	switch {
	case b == nil:
		return "not made"
	case !b.OK:
		return "at " + users(b.Users) + ", not seen to drain"
	}
	return "at " + users(b.Users) + ": " + drained(b.InFlight, &b.MSToZero)
}

// promise is what the guard kept. Without one there is none, whatever one would
// have kept.
func (h Header) promise() string {
	switch {
	case h.Unguarded:
		return "none: nothing of production was watched"
	case !h.GuardOn:
		return "none: the guard was off"
	case h.Promise == nil:
		return NotKnown
	}
	return fmt.Sprintf("if production stops answering, the last request is sent at most %s later", millis(*h.Promise))
}

// title begins a word with a capital.
func title(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return s
	}
	return strings.ToUpper(string(r[:1])) + string(r[1:])
}
