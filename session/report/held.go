package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"crosstalk/session"
)

// heldLeast is how long users must be asked for before their level counts as
// one that the tester held, in seconds: the dial passes through others.
const heldLeast = 5.0

// kept tells whether a level is one of those that the tester held: with users,
// for at least heldLeast or until the guard cut it.
func (l Level) kept() bool { return l.Asked > 0 && (l.Seconds >= heldLeast || l.Cut) }

// heldLevels are the levels that the tester held, in order.
func (m *Model) heldLevels() []Level {
	var out []Level
	for _, l := range m.Levels {
		if l.kept() {
			out = append(out, l)
		}
	}
	return out
}

// passed counts the levels with users that were not held.
func (m *Model) passed() int {
	n := 0
	for _, l := range m.Levels {
		if l.Asked > 0 && !l.kept() {
			n++
		}
	}
	return n
}

// Knee is where more users stopped bringing more requests in proportion: an
// estimate from the levels held.
type Knee struct {
	Seen bool   `json:"seen"`
	From *int   `json:"from"` // users of the last level that scaled; null when not seen
	To   *int   `json:"to"`   // users of the first that did not
	How  string `json:"how"`  // how it was found, or why it is not known
}

// What makes a knee: requests a second for each user fall below this share of
// what they are at the lowest level held, which needs this many levels.
const (
	kneeShare  = 0.8
	kneeLevels = 3
)

// yield is what one number of users brought in the seconds in which all of them
// ran: requests a second, the median second.
type yield struct {
	users int
	rate  float64
}

// yields are those of the levels held, each number of users once. Seconds in
// which we ourselves were the limit say nothing of the server.
func (l *levels) yields() []yield {
	rates := map[int][]second{}
	for _, c := range l.list {
		if c.asked > 0 && secs(c.to-c.from) >= heldLeast {
			rates[c.asked] = append(rates[c.asked], slices.DeleteFunc(slices.Clone(c.full), func(s second) bool { return s.ours })...)
		}
	}
	var out []yield
	for n, list := range rates {
		if median, _ := middle(list, func(s second) *float64 { return s.rps }); median != nil && *median > 0 {
			out = append(out, yield{n, *median})
		}
	}
	slices.SortFunc(out, func(a, b yield) int { return cmp.Compare(a.users, b.users) })
	return out
}

// knee looks for the first level at which a user gets less than four fifths of
// what one gets at the lowest level: with a fixed number of users that each
// wait for their answer, that is where answers begin to queue.
func (l *levels) knee(capped float64, u session.Unit) Knee {
	if u.Rate() {
		return Knee{How: "not known: the dial counted requests a second, which come whatever the server does; where they came later than asked is in the levels"}
	}
	list := l.yields()
	if len(list) < kneeLevels {
		return Knee{How: fmt.Sprintf("not known: it takes at least %d different levels, each held for %s with all users running; there %s", kneeLevels, lasting(heldLeast), wereLevels(len(list))) + l.leftOut()}
	}
	each := func(y yield) float64 { return y.rate / float64(y.users) }
	low, top := list[0], list[len(list)-1]
	doubt := fmt.Sprintf("found from %d levels of one session: a small exploration, not a capacity figure", len(list)) + l.leftOut()
	if capped > 0 {
		doubt += fmt.Sprintf("; the cap of %s requests a second may be the reason", number(capped))
	}
	for i, y := range list[1:] {
		if each(y) >= kneeShare*each(low) {
			continue
		}
		from, to := list[i].users, y.users
		return Knee{Seen: true, From: &from, To: &to,
			How: fmt.Sprintf("between %d and %s: requests a second for each user fell from %s (at %d) to %s (at %d), below %.0f %% of the lowest level's; %s",
				from, users(to), number(each(low)), low.users, number(each(y)), y.users, kneeShare*100, doubt)}
	}
	return Knee{How: fmt.Sprintf("not reached up to %s: each user still got at least %.0f %% of the %s requests a second that one gets at %d; %s", users(top.users), kneeShare*100, number(each(low)), low.users, doubt)}
}

// leftOut tells of levels held in which our own machine was the bottleneck.
func (l *levels) leftOut() string {
	ours := map[int]bool{}
	for _, c := range l.list {
		if c.asked > 0 && secs(c.to-c.from) >= heldLeast && slices.ContainsFunc(c.full, func(s second) bool { return s.ours }) {
			ours[c.asked] = true
		}
	}
	var at []string
	for _, n := range slices.Sorted(maps.Keys(ours)) {
		at = append(at, fmt.Sprint(n))
	}
	if len(at) == 0 {
		return ""
	}
	return fmt.Sprintf("; left out are the seconds at %s users in which %s", list(at), bottleneck)
}

func wereLevels(n int) string {
	switch n {
	case 0:
		return "was none"
	case 1:
		return "was 1"
	}
	return fmt.Sprintf("were %d", n)
}

// goodWords tell what was green while the last good level was held: what nobody
// watched speaks for nothing.
func (m *Model) goodWords() string {
	staged, produced := m.watched(staging), m.watched(production)
	switch {
	case staged && produced:
		return "both environments green"
	case staged:
		return "staging green; production not watched"
	case produced:
		return "production green; staging not watched"
	}
	return "neither environment watched"
}

// watched tells whether an environment had a check, or was told of.
func (m *Model) watched(env string) bool {
	return slices.ContainsFunc(m.Sure.Checks, func(r CheckRate) bool { return r.Env == env && (r.Checks > 0 || r.Ticks > 0) })
}

func (m *Model) lastGoodWords() string {
	if n := m.Totals.LastGood; n != nil {
		return users(*n)
	}
	return "none was held for 10 s with " + m.goodWords()
}

// quietWords tell production before the first user, which every level is read
// against.
func (m *Model) quietWords() string {
	for _, l := range m.Levels {
		if l.Asked > 0 {
			break
		}
		if p := l.Production; p.P50 != nil {
			return fmt.Sprintf("Before the first user production's p50 was %s and its p95 %s.", latency(p.P50), latency(p.P95))
		}
	}
	return ""
}

// levelHeads are the heads of the table of levels, and how many of them belong
// to staging and production.
var levelHeads = []string{"From", "Users asked", "Reached", "Lasted, held", "Requests", "A second", "p50", "p95", "p99", "Errors by kind", "p50", "p95", "Failed", "State"}

// levelHeads are the heads in the unit of the session's dial.
func (m *Model) levelHeads() []string {
	heads := slices.Clone(levelHeads)
	if u := session.Unit(m.Session.Mode); u.Rate() {
		heads[1] = "Asked, " + u.Word()
	}
	return heads
}

// The columns that hold what a journal calls by name.
const (
	levelErrors = 9
	levelState  = 13
)

// cells are a level's cells as plain words.
func (l Level) cells() []string {
	asked := fmt.Sprint(l.Asked)
	if l.LastGood {
		asked += " (last good)"
	}
	lasted := lasting(l.Seconds) + ", " + lasting(l.Held)
	if l.Cut {
		lasted += ", cut"
	}
	rate, failed, errs := NotKnown, NotKnown, none
	if l.RPS != nil {
		rate = number(*l.RPS)
	}
	if l.ProductionError != nil {
		failed = percent(*l.ProductionError)
	}
	if l.Requests > 0 {
		errs = percentOf(l.Errors, l.Requests)
		if l.Errors > 0 {
			errs += " (" + cut(kindsOf(l.Kinds), maxCell) + ")"
		}
	}
	p50, p95, p99 := l.percentiles()
	q := l.Production
	ms := func(p *float64) string {
		if p == nil && l.Requests == 0 {
			return none
		}
		return latency(p)
	}
	return []string{clock(l.Elapsed), asked, fmt.Sprint(l.Reached), lasted, fmt.Sprint(l.Requests), rate,
		ms(p50), ms(p95), ms(p99), errs, latency(q.P50), latency(q.P95), failed, l.ProductionState}
}

// levelWords tell how the table of levels is to be read.
func (m *Model) levelWords() string {
	how := "Staging's p50, p95 and p99 are of all the level's requests at once, production's the median of its seconds: no percentile is an average."
	if slices.ContainsFunc(m.heldLevels(), func(l Level) bool { return l.Whole == nil && l.Requests > 0 }) {
		how = "Latencies are those of single seconds and are never averaged: p50, p95 and p99 are the median of the level's seconds, staging's of all its requests at once where the engine kept them."
	}
	text := fmt.Sprintf("One row for each number of users that was asked for at least %s, or until the guard cut it. %s The worst seconds are in levels.csv. Held is how long all users asked for were running; where they were, only that time counts. Failed is the worst share of production's checks in 10 s, State its worst.", lasting(heldLeast), how)
	if quiet := m.quietWords(); quiet != "" {
		text += " " + quiet
	}
	return text
}

// firstsOf names the moments at which things began, for the list below the
// levels.
func (m *Model) firstsOf() [][2]string {
	word := func(f First) string {
		if !f.Seen {
			return f.How
		}
		return fmt.Sprintf("%s (%s) with %s: %s", clock(f.At.Elapsed), stamp(f.At.T), users(f.Users), f.How)
	}
	return [][2]string{{"First slow at", word(m.Firsts.Slow)}, {"First errors at", word(m.Firsts.Errors)},
		{"Production first moved at", word(m.Firsts.Production)}, {"Knee, an estimate", m.Knee.How}}
}
