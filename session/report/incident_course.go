package report

import (
	"fmt"
	"slices"

	"crosstalk/session"
)

// stages finds when it began, was noticed, answered, and over.
func (i *incident) stages() {
	m := i.m
	i.began = i.trouble()
	if i.began == nil {
		return
	}
	i.found = true
	i.start = i.firstLate()
	from := i.began.at
	set := func(p **stage, at float64, what string) {
		if at >= from && i.in(at) && (*p == nil || at < (*p).at) {
			*p = &stage{at, what}
		}
	}
	for _, n := range m.Notes {
		if !n.Program && n.Retracted == nil {
			what := fmt.Sprintf("the %s noted %s: %s", i.role(n.By, n.Elapsed), n.ID, cut(n.Text, 120))
			if n.Late {
				what += " (written down at " + stamp(n.Recorded) + ")"
			}
			set(&i.noticed, n.Elapsed, what)
		}
	}
	for _, r := range m.Timeline {
		what := fmt.Sprintf("the %s %s", i.role(r.By, r.Elapsed), r.Text)
		if r.Person && (r.down || r.Type == session.TypeDialHold || r.Type == session.TypeStop) {
			set(&i.acted, r.Elapsed, what)
		}
		if r.down && r.zero {
			set(&i.mitigated, r.Elapsed, what)
			set(&i.stopped, r.Elapsed, what)
		}
	}
	for _, a := range m.Guard {
		if a.tightens() {
			what := fmt.Sprintf("the guard went from %s to %s%s", a.From, a.To, because(a.Why))
			set(&i.guarded, a.Elapsed, what)
			set(&i.acted, a.Elapsed, what)
			set(&i.mitigated, a.Elapsed, what)
		}
	}
	for _, s := range m.Stops {
		if s.Users > 0 || s.InFlight > 0 {
			what := fmt.Sprintf("load stopped at %s: %s", users(s.Users), drained(s.InFlight, s.MSToZero))
			set(&i.mitigated, s.Elapsed, what)
			set(&i.stopped, s.Elapsed, what)
		}
	}
	for _, r := range m.Recoveries {
		set(&i.recovered, r.Elapsed, fmt.Sprintf("production was well again %s after the cut", lasting(r.Seconds)))
	}
	// Confirmed is the end of the last trouble in the span, not a green in between.
	for _, s := range m.Health {
		if s.Env != production || !i.in(s.From) || s.From < from {
			continue
		}
		switch s.State {
		case green:
			if i.confirmed == nil {
				i.confirmed = &stage{s.From, "production's checks were green" + because(s.Why)}
			}
		default:
			i.confirmed = nil
		}
	}
}

// trouble is when production's trouble in the span began: amber, red, or a loss of
// sight of it; it may have been before the span. Where its checks showed none, it
// began with the first step by which the guard took load away. Nil: neither.
func (i *incident) trouble() *stage {
	var began *stage // of the trouble that lasts
	for _, s := range i.m.troubles() {
		if s.State == green {
			began = nil
			continue
		}
		if began == nil {
			began = &stage{s.From, "production went " + s.State + because(s.Why)}
			if s.State == noSight {
				began.what = "production went out of sight" + because(s.Why)
			}
		}
		if !i.over(s) {
			continue
		}
		if began.at < i.of.From {
			began.what += "; this began before this time"
		}
		return began
	}
	for _, a := range i.m.Guard {
		if a.tightens() && i.in(a.Elapsed) {
			return &stage{a.Elapsed, fmt.Sprintf("the guard went from %s to %s%s", a.From, a.To, because(a.Why))}
		}
	}
	return nil
}

// over tells whether a state held in the span.
func (i *incident) over(s Span) bool {
	return s.From <= i.of.To && (s.To > i.of.From || s.From >= i.of.From)
}

// troubles are production's states in order, without those in which it had not
// been seen yet: at the beginning, and after a time of which nothing was told.
func (m *Model) troubles() []Span {
	var out []Span
	last := -1.0
	for _, s := range m.Health {
		if s.Env != production {
			continue
		}
		if s.State != noSight || s.From == last {
			out = append(out, s)
			last = s.To
		}
	}
	return out
}

// tightens tells whether a step of the guard took load away or kept it from
// rising; the others give some of it back.
func (a Action) tightens() bool {
	rung := func(state string) int { return slices.Index([]string{"run", "hold", "ease", "cut", "lockout"}, state) }
	return rung(a.To) > rung(a.From)
}

// lookBack is how long before production's trouble was told the late answers may
// have been due that it was told for, in seconds.
const lookBack = 30.0

// firstLate is when the first of the samples was due for which the guard first
// acted: the impact began no later, and the first signal came after it.
func (i *incident) firstLate() *stage {
	out := *i.began
	for _, a := range i.m.Guard {
		if !a.tightens() || a.Elapsed < i.began.at-lookBack {
			continue
		}
		for _, s := range a.Samples {
			if s.Env != production || i.m.Session.Began == nil {
				continue
			}
			if at := s.Due.Sub(*i.m.Session.Began).Seconds(); at >= i.began.at-lookBack && at < out.at && at >= 0 {
				verdict := "answered after " + millis(s.Latency)
				if !s.OK {
					verdict = "failed" + because(s.Reason)
				}
				out = stage{at, fmt.Sprintf("the check of %s that was due then %s", s.Check, verdict)}
			}
		}
		break
	}
	return &out
}

// times tell how long it took until it was seen, answered and over.
func (i *incident) times(p *page) {
	p.line("")
	for _, t := range []struct {
		name string
		to   *stage
	}{{"Signalled by the checks", i.began}, {"Detected by the guard", i.guarded}, {"First noted by a person", i.noticed}, {"First mitigated", i.mitigated}, {"Load stopped", i.stopped}, {"Recovered", i.recovered}, {"Green again for good", i.confirmed}} {
		if t.to == nil {
			p.line("- %s: not seen in this time", t.name)
			continue
		}
		p.line("- %s: %s after the impact began", t.name, lasting(t.to.at-i.start.at))
	}
	for _, r := range i.m.Recoveries {
		if i.in(r.Elapsed) {
			p.line("- Production was well again %s after the cut at %s", lasting(r.Seconds), users(r.Level))
		}
	}
}

// course tells the marks of it and how long lay between them.
func (i *incident) course(p *page) {
	if !i.found {
		return
	}
	p.section("Course")
	var rows [][]string
	for _, s := range []struct {
		name string
		at   *stage
		none string
	}{
		{"Impact began, at the latest", i.start, ""},
		{"First signal", i.began, ""},
		{"First note by a person after it began", i.noticed, "nobody noted anything in this time"},
		{"First action", i.acted, "none is in the journal"},
		{"First mitigated", i.mitigated, "the load was neither held, eased nor stopped in this time"},
		{"Load stopped", i.stopped, "the load was not stopped in this time"},
		{"Recovered", i.recovered, "not seen"},
		{"Confirmed", i.confirmed, "production was not green at the end of this time"},
	} {
		if s.at == nil {
			rows = append(rows, []string{s.name, none, none, s.none})
			continue
		}
		rows = append(rows, []string{s.name, stamp(i.m.moment(s.at.at)), "+" + lasting(s.at.at-i.start.at), inline(i.unnamed(s.at.what, s.at.at))})
	}
	p.table([]string{"What", "Time", "After it began", "What shows it"}, rows)
	i.times(p)
}
