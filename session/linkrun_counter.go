package session

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"crosstalk/monitors"
	"crosstalk/session/link"
)

// CountersEvery is how often production's counters are asked during a link check, where they
// are asked less often else: what is used of a half is a few seconds. Databases are
// asked twice as often.
const CountersEvery = time.Second

// counterUse is how the counters are read in the halves of one check.
type counterUse struct {
	from    time.Duration // start of a half, which is left out
	seldom  map[int]bool  // asked too seldom to have a value in every half
	short   map[int]bool  // of these: the half is too short, also for what is asked as often as any
	totals  map[int]bool  // their number only grows
	hurries bool          // some are asked more often for the check
	asked   []link.Counter
	missed  []Uncounted
}

// Uncounted is a database of production that was to count in link checks and can't: without
// it a check is never clean.
type Uncounted struct {
	Name string `json:"name"`           // what its check would be called
	Kind string `json:"kind,omitempty"` // postgres, mysql or redis; empty where that is not known
	Said string `json:"said"`           // what is not counted, and why: a sentence without its capital and its end
}

// Counter is what its counter would be called.
func (u Uncounted) Counter() string { return counterName(u.Name, u.Kind, works[u.Kind] != "") }

// Words says it in sentences, with what helps: a session asks what it asked at its start.
func (u Uncounted) Words() string {
	end := "."
	if strings.HasSuffix(u.Said, "?") {
		end = ""
	}
	return u.Said + end + " Start again once that is mended."
}

// countersIn looks at what can be read of the counters in the used part of a half.
func (p *probes) countersIn(profile link.Profile, p95 time.Duration) counterUse {
	u := counterUse{from: max(profile.Discard, 3*p95), seldom: map[int]bool{}, short: map[int]bool{}, totals: maps.Clone(p.totals), missed: p.missed}
	for _, m := range p.missed {
		u.asked = append(u.asked, link.Counter{Name: m.Counter(), Counted: true})
	}
	used := profile.Half - u.from
	for i := range p.checks {
		c, use := &p.checks[i], p.use[i]
		switch {
		case !use.counter && !use.work || u.totals[i]:
		case p.reads(i, CountersEvery, profile.Half) > used:
			u.seldom[i] = true
			u.short[i] = use.work && twice(CountersEvery/2, p.answers(i, profile.Half)) > used
			if use.work && !p.told[i] { // that is no matter of the halves
				u.asked = append(u.asked, link.Counter{Name: counterName(c.Name, c.Kind, true), Counted: true})
			}
		default:
			u.hurries = u.hurries || p.reads(i, p.pace, profile.Half) > used
			if use.work || c.Numbers { // not a page that only has to be there
				u.asked = append(u.asked, link.Counter{Name: counterName(c.Name, c.Kind, use.work), Counted: use.work})
			}
		}
	}
	return u
}

// reads is how much of a half it takes until a counter has its value, wherever in it the
// first reading falls: a gauge needs one, and what is counted since ever two, the last of
// which has to be answered before the half ends. The checks are hurried to every; 0: not.
func (p *probes) reads(check int, every, half time.Duration) time.Duration {
	c := &p.checks[check]
	if !p.use[check].work {
		return c.Hurried(every)
	}
	return twice(c.Counted(every), p.answers(check, half))
}

// twice is the span in which two of the readings made once in every have surely come, each
// answered within patience.
func twice(every, patience time.Duration) time.Duration { return 2*every + patience }

// counterName is what the counter of a check is called, which may be what a database does.
func counterName(name, kind string, work bool) string {
	if work {
		return name + " " + works[kind]
	}
	return name
}

// words says which counters are left out or missed, and what helps; empty when none is.
func (u counterUse) words(checks []monitors.Check, profile link.Profile) string {
	var b strings.Builder
	for _, m := range u.missed {
		b.WriteString(" Look here: " + m.Words())
	}
	var names, short, totals []string
	for i := range checks {
		c := &checks[i]
		every := c.Hurried(CountersEvery)
		if c.Counts {
			every = c.Counted(CountersEvery)
		}
		switch name := fmt.Sprintf("%s (every %s)", c.Name, every); {
		case u.short[i]:
			short = append(short, name)
		case u.seldom[i]:
			names = append(names, name)
		}
		if u.totals[i] {
			totals = append(totals, checks[i].Name)
		}
	}
	if len(names) > 0 {
		fmt.Fprintf(&b, " Not counted, as it is asked too seldom for the %s that are used of each half: %s. A shorter every: or another profile helps.",
			profile.Half-u.from, strings.Join(names, ", "))
	}
	if len(short) > 0 {
		fmt.Fprintf(&b, " Not counted, as the %s that are used of each half are too short for two readings: %s. A slower profile helps.",
			profile.Half-u.from, strings.Join(short, ", "))
	}
	if len(totals) > 0 {
		fmt.Fprintf(&b, " Not counted, as its page calls it a total that only grows: %s. With rate: true it tells.", strings.Join(totals, ", "))
	}
	return b.String()
}

// counters returns, its start left out, the mean of what each check of production
// measured in a half, and how much each database did in a second.
func (p *probes) counters(h halfSpan, u counterUse) []link.Counter {
	sum, n := make([]float64, len(p.checks)), make([]int, len(p.checks))
	first, last := make([]probe, len(p.checks)), make([]probe, len(p.checks))
	end := h.from.Add(h.length)
	for _, q := range p.past {
		if u.seldom[q.check] || !q.measured {
			continue
		}
		// A half is read when it ends: what was answered later counts for none, also
		// where the quiet phase knows it.
		if p.use[q.check].work && q.counted.Sub(h.from) >= u.from && !q.answered().After(end) {
			if !first[q.check].measured {
				first[q.check] = q
			}
			last[q.check] = q
		}
		if d := q.due.Sub(h.from); p.use[q.check].counter && d >= u.from && d < h.length {
			sum[q.check] += q.value
			n[q.check]++
		}
	}
	var out []link.Counter
	for i, k := range n {
		c := &p.checks[i]
		if k > 0 {
			out = append(out, link.Counter{Name: c.Name, Rate: sum[i] / float64(k)})
		}
		// A server that began anew has counted nothing that can be compared.
		if took := last[i].counted.Sub(first[i].counted); took > 0 && last[i].value >= first[i].value {
			out = append(out, link.Counter{Name: counterName(c.Name, c.Kind, true), Counted: true, Rate: (last[i].value - first[i].value) / took.Seconds()})
		}
	}
	return out
}
