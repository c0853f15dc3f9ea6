package report

import (
	"fmt"

	"crosstalk/session"
)

// stages finds when it began, was noticed, answered, and over.
func (i *incident) stages() {
	m := i.m
	for _, s := range m.Health {
		if s.Env != production || s.State != amber && s.State != red || !i.in(s.From) {
			continue
		}
		if i.began == nil {
			i.found = true
			i.began = &stage{s.From, "production went " + s.State + because(s.Why)}
		}
	}
	if i.began == nil {
		return
	}
	i.start = i.firstLate()
	from := i.began.at
	set := func(p **stage, at float64, what string) {
		if at >= from && i.in(at) && (*p == nil || at < (*p).at) {
			*p = &stage{at, what}
		}
	}
	for _, n := range m.Notes {
		if !n.Program && n.Retracted == nil {
			set(&i.noticed, n.Elapsed, fmt.Sprintf("the %s noted %s: %s", i.role(n.By), n.ID, cut(n.Text, 120)))
		}
	}
	for _, r := range m.Timeline {
		if r.Person && (r.Type == session.TypeDialSet || r.Type == session.TypeDialHold || r.Type == session.TypeStop) {
			set(&i.noticed, r.Elapsed, fmt.Sprintf("the %s %s", i.role(r.By), r.Text))
			set(&i.acted, r.Elapsed, fmt.Sprintf("the %s %s", i.role(r.By), r.Text))
		}
	}
	for _, a := range m.Guard {
		if a.From != a.To && a.To != "run" {
			what := fmt.Sprintf("the guard went from %s to %s%s", a.From, a.To, because(a.Why))
			set(&i.guarded, a.Elapsed, what)
			set(&i.acted, a.Elapsed, what)
		}
	}
	for _, s := range m.Stops {
		if s.Users > 0 || s.InFlight > 0 {
			set(&i.mitigated, s.Elapsed, fmt.Sprintf("load stopped at %s: %s", users(s.Users), drained(s.InFlight, s.MSToZero)))
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

// lookBack is how long before production's trouble was told the late answers may
// have been due that it was told for, in seconds.
const lookBack = 30.0

// firstLate is when the first of the samples was due for which the guard first
// acted: the impact began no later, and the first signal came after it.
func (i *incident) firstLate() *stage {
	out := *i.began
	for _, a := range i.m.Guard {
		if a.From == a.To || a.To == "run" || a.Elapsed < i.began.at-lookBack {
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
	}{{"Signalled by the checks", i.began}, {"Detected by the guard", i.guarded}, {"Noticed by a person", i.noticed}, {"Load stopped", i.mitigated}, {"Recovered", i.recovered}, {"Green again for good", i.confirmed}} {
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
		{"First noticed by a person", i.noticed, "nobody noted or did anything in this time"},
		{"First action", i.acted, "none is in the journal"},
		{"Mitigated", i.mitigated, "the load was not stopped in this time"},
		{"Recovered", i.recovered, "not seen"},
		{"Confirmed", i.confirmed, "production was not green at the end of this time"},
	} {
		if s.at == nil {
			rows = append(rows, []string{s.name, none, none, s.none})
			continue
		}
		rows = append(rows, []string{s.name, stamp(i.m.moment(s.at.at)), "+" + lasting(s.at.at-i.start.at), inline(i.unnamed(s.at.what))})
	}
	p.table([]string{"What", "Time", "After it began", "What shows it"}, rows)
	i.times(p)
}
