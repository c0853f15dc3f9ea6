package report

import (
	"fmt"
	"slices"
	"strings"

	"crosstalk/session"
)

// What makes a second slow: both are needed, twice in a row. A little that
// doubles harms nobody.
const (
	slowFactor = 2
	slowFloor  = 0.025 // seconds above the reference
	slowRefer  = 5     // seconds that make the reference
)

// slowness finds the first slow moment by the users' own requests: the p95 of
// two seconds in a row is at least twice, and 25 ms above, the median p95 of
// the first five seconds in which users ran as asked at one level.
type slowness struct {
	first []second
	of    *level // that these are of
	was   bool
}

func (s *slowness) reference() *float64 {
	if len(s.first) < slowRefer {
		return nil
	}
	median, _ := middle(s.first, func(s second) *float64 { return s.p95 })
	return median
}

// second takes a tick and returns why it is slow, or "".
func (s *slowness) second(ms int64, l *levels, t *session.LoadTick) string {
	if t.P95 == nil {
		s.was = false
		return ""
	}
	ref := s.reference()
	if ref == nil {
		c := l.current()
		if c != s.of {
			s.first, s.of = nil, c
		}
		if c.asked > 0 && t.Running == c.asked && ms-1000 >= c.from {
			s.first = append(s.first, second{p95: t.P95})
		}
		return ""
	}
	slow := *t.P95 >= *ref*slowFactor && *t.P95 >= *ref+slowFloor
	both := slow && s.was
	s.was = slow
	if !both {
		return ""
	}
	return fmt.Sprintf("for two seconds in a row the p95 of the users' own requests was at least twice the %s of the first level held (now %s)", millis(*ref), millis(*t.P95))
}

// model closes the Model. The builder can't be used after it.
func (b *builder) model(tail Tail) *Model {
	for _, name := range []string{staging, production} {
		if e := b.envs[name]; e != nil && e.silent.seen && b.ms-e.silent.last > silence {
			b.gap(name, e.silent.last, b.ms)
		}
	}
	if b.load.seen && b.ms-b.load.last > silence {
		b.gap(b.load.what, b.load.last, b.ms)
	}
	for _, e := range b.envs {
		e.settle(b)
	}
	b.header(tail)
	b.totals()
	b.debrief()
	b.sure(tail)
	m := b.m
	m.where.crew = b.signed
	m.Redacted = Profile{}.String()
	m.Notes = b.notes()
	m.Levels = b.levels.model(b.at)
	m.Knee = b.levels.knee(m.Session.Limits.RPS, b.st.Unit())
	m.Steps = b.stepModel()
	b.spans.model(m, secs(b.ms))
	m.Series = b.series.model()
	m.Thresholds = append([]session.Threshold{}, b.st.Baseline.Thresholds...)
	for _, name := range sortedKeys(b.envs) {
		e := b.envs[name]
		end := b.ms
		if e.lapsed(b) {
			end = e.heard
		}
		e.close(b, end)
	}
	slices.SortStableFunc(m.Health, func(a, b Span) int {
		if c := int(a.fromMS - b.fromMS); c != 0 {
			return c
		}
		return strings.Compare(a.Env, b.Env)
	})
	m.Answer.Link = b.told()
	b.firsts()
	b.answer()
	b.roles()
	m.fill()
	return m
}

func (b *builder) header(tail Tail) {
	h := &b.m.Session
	switch {
	case b.st.Seq == 0:
		h.State = Empty
	case b.st.Ended != nil && b.st.Ended.Lost():
		h.State = Crashed
	case b.st.Ended != nil:
		h.State, h.EndReason = Ended, b.st.Ended.Reason
	case tail.Running:
		h.State = Running
	default:
		h.State = Crashed
	}
	b.pause(false)
	h.Seconds, h.Paused = secs(b.ms), secs(b.pauses)
	h.Timebox = b.st.Timebox.Seconds()
	h.People, h.Roles = b.people, b.parts()
	h.GuardState = b.st.Guard.State
	h.Brake = b.st.Brake
	h.Baseline.Note = b.st.Baseline.Note
	if v := b.st.Baseline; !v.Running && v.To > v.From {
		took := secs(v.To - v.From)
		h.Baseline.Seconds = &took
	}
}

func (b *builder) totals() {
	t := &b.m.Totals
	t.Requests, t.Errors, t.Kinds, t.Codes = b.st.Requests, b.st.Errors, kinds(b.st.Kinds), kinds(b.codes)
	t.Cancelled, t.Dropped = b.cancelled, b.dropped
	t.PeakAsked, t.PeakUsers = b.peakAsked, b.st.Dial.Peak
	if good := b.st.Dial.LastGood; good > 0 {
		t.LastGood = &good
	}
	t.Loaded = secs(b.loaded)
	t.StagingP95, t.ProdP95 = b.worstStaging, b.worstProd
	t.CutsBy, t.Holds, t.Recoveries = kinds(b.causes), b.st.Guard.Holds, len(b.m.Recoveries)
	t.Gaps = len(b.m.Sure.Gaps)
	t.Notes = len(b.st.Notes.Notes)
	by := map[string]uint64{}
	for _, n := range b.st.Notes.Notes {
		if n.Gone == nil && !n.System {
			by[string(n.Kind)]++
		}
		if n.Open() {
			t.Open++
		}
	}
	t.NotesBy = kinds(by)
	t.Production = b.shares(production)
	t.LastSeq, t.LastElapsed = b.st.Seq, secs(b.ms)
}

func (b *builder) sure(tail Tail) {
	s := &b.m.Sure
	b.endOwnLimit(b.ms)
	s.Checks = b.checkRates()
	if e := b.envs[production]; e != nil && e.time[noSight] != nil {
		s.NoSight = secs(e.time[noSight].loaded)
	}
	// What a live writer has not finished is not torn.
	if !tail.Running {
		s.Torn, s.TornWhy = tail.Torn, tail.Why
	}
	s.SelfTrouble = secs(b.selfMS)
	s.UnknownType = kinds(b.unknown)
	s.Percentiles = "of single seconds, never averaged: the median of the seconds' values, and the worst second's"
}

func (b *builder) firsts() {
	f := &b.m.Firsts
	f.Slow, f.Errors, f.Production = b.firstSlow, b.firstErrors, b.firstProd
	if !f.Slow.Seen {
		checks, _ := b.unmoved(staging)
		f.Slow.How = fmt.Sprintf("not seen: the users' p95 did not reach twice the first level's and 25 ms more in two seconds in a row; %s", checks)
		if b.slow.reference() == nil {
			f.Slow.How = fmt.Sprintf("not known: no level had %d whole seconds with all users running, so there is nothing to compare with; %s", slowRefer, checks)
		}
	}
	if !f.Errors.Seen {
		f.Errors.How = "not seen: no request failed"
		if b.st.Requests == 0 {
			f.Errors.How = "not known: no request was counted"
		}
	}
	if !f.Production.Seen {
		f.Production.How = unseen(b.unmoved(production))
	}
}

// watched tells whether anything was ever heard of production.
func (b *builder) watched() bool {
	e := b.envs[production]
	return b.st.Watched(production) || e != nil && len(e.rates) > 0
}

// answer decides what can be said of production. Touched: its checks were amber
// or red while users ran or just after, or the guard cut running users for its
// red, or a link check moved it. Not known: nobody looked, or not enough, or it
// was lost under load and not seen well again, or it was not well already while no
// user ran. Untouched otherwise.
func (b *builder) answer() {
	a := &b.m.Answer
	a.Learned = strings.TrimSpace(b.st.Learned)
	a.Draft = a.Learned == ""
	e := b.envs[production]
	var bad, rest int64 // milliseconds under load in spans that began with it, and without
	before := false     // one of the latter began before the first user
	for _, s := range b.m.Health {
		if s.Env != production || s.State != amber && s.State != red {
			continue
		}
		if s.AtRest {
			rest += s.loadedMS
			before = before || s.loadedMS > 0 && !b.ranBy(s.fromMS)
		} else {
			bad += max(1, s.loadedMS)
		}
	}
	mover := b.mover()
	switch {
	case b.st.Seq == 0:
		a.Production, a.Why = NotKnown, []string{"The journal has no event."}
	case bad > 0 || b.redCuts > 0:
		a.Production = Touched
		cause := "Whether the load was the cause can't be told from this alone."
		if mover != nil {
			cause = mover.evidence()
		}
		a.Why = append(b.moved(), b.times(), cause)
	case mover != nil:
		a.Production = Touched
		a.Why = []string{mover.evidence(), b.times()}
	case !b.watched():
		a.Production, a.Why = NotKnown, []string{"No check of production was configured, so nobody looked."}
	case rest > 0:
		a.Production = NotKnown
		since := "while no user ran"
		if before {
			since = "before the first user ran"
		}
		a.Why = []string{"Production was already amber or red " + since + ", so nothing can be told from it.", b.times()}
	case e == nil || len(e.rates) == 0 || e.time[green] == nil && b.loaded > 0:
		a.Production, a.Why = NotKnown, []string{"Production's checks never answered, so nobody saw it."}
	case b.loaded == 0:
		a.Production, a.Why = Untouched, []string{"No load ran in what the journal holds."}
	case b.sightCuts > 0:
		a.Production = NotKnown
		a.Why = []string{b.times(), "The guard cut the load " + times(b.sightCuts) + " because production was out of sight: how it was then nobody saw."}
	case e.lost:
		a.Production = NotKnown
		a.Why = []string{b.times(), "It went out of sight with users running and was not seen green after that."}
	case b.blind():
		a.Production = NotKnown
		a.Why = []string{b.times(), "It was not seen for too long while users ran to call it untouched."}
	default:
		a.Production = Untouched
		a.Why = []string{b.times(), "Its checks see what they ask for; what they do not ask for is not known."}
	}
	if idle := b.idle(); idle > 0 && a.Production == Untouched {
		a.Why = append(a.Why, fmt.Sprintf("With no user running, and none in the %s before, they were amber or red for %s.", lasting(secs(loadTail)), lasting(idle)))
	}
	switch text := b.sharing(); {
	case text == "":
	case a.Production == Untouched:
		a.Why = append([]string{"Untouched as far as its checks saw, but " + text}, a.Why...)
	default:
		a.Why = append(a.Why, title(text))
	}
	if (a.Production == Untouched || a.Production == Touched) && b.st.Baseline.Note != "" {
		a.Why = append(a.Why, fmt.Sprintf("The limits of amber and red: %s.", b.st.Baseline.Note))
	}
	b.unknowns()
}

// times tells how long production was in which state under load, and its worst.
func (b *builder) times() string {
	var parts []string
	for _, s := range b.shares(production) {
		if s.Loaded > 0 {
			parts = append(parts, s.State+" for "+lasting(s.Loaded))
		}
	}
	text := fmt.Sprintf("With users running (%s in all) its checks were %s", lasting(secs(b.loaded)), list(parts))
	if len(parts) == 0 {
		text = "No second with users running has a state of production"
	}
	if w := b.worstLoaded; w != nil {
		text += fmt.Sprintf("; the worst second's p95 was %s, at %s", millis(w.Value), users(w.Users))
	}
	return text + "."
}

// moved tells when production first moved and what the guard did.
func (b *builder) moved() []string {
	var out []string
	if f := b.firstProd; f.Seen {
		with := "with " + users(f.Users) + " running"
		if b.firstAfter != "" {
			with = b.firstAfter
		}
		out = append(out, fmt.Sprintf("It first moved at %s %s: %s.", clock(f.At.Elapsed), with, strings.TrimRight(f.How, ".")))
	}
	if n := b.redCuts; n > 0 {
		text := "The guard cut the load " + times(n) + " for production's red"
		var took []string
		for _, r := range b.m.Recoveries {
			took = append(took, lasting(r.Seconds))
		}
		if len(took) > 0 {
			text += "; production was well again after " + list(took)
		} else {
			text += "; that it was well again after that was not seen"
		}
		out = append(out, text+".")
	}
	return out
}

func times(n uint64) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// unknowns lists what the session can't tell.
func (b *builder) unknowns() {
	a, h := &b.m.Answer, &b.m.Session
	say := func(when bool, format string, args ...any) {
		if when {
			a.Unknown = append(a.Unknown, fmt.Sprintf(format, args...))
		}
	}
	say(h.State == Crashed, "The journal has no end: what happened after %s is not known.", clock(h.Seconds))
	say(h.State == Running, "The session still runs: this is how it stood at %s.", clock(h.Seconds))
	say(b.m.Sure.Torn > 0, "%s after the last whole line could not be read (%s).", count(b.m.Sure.Torn, "byte", "bytes"), b.m.Sure.TornWhy)
	if h.State == Empty {
		return
	}
	say(h.Insecure, "Whether it was staging that answered: certificates were NOT VERIFIED (staging.insecure).")
	say(!b.watched(), "How production was.")
	say(b.watched() && h.Baseline.Seconds == nil, "What is usual for production: no baseline was finished, so where amber and red begin was not learned from it.")
	say(!h.GuardOn, "What the guard would have done: it was off (%s).", h.GuardOff)
	say(h.Brake == nil, "How fast the brake is: it was not rehearsed.")
	say(h.Brake != nil && !h.Brake.OK, "How fast the brake is: at the rehearsal it was not seen to drain.")
	b.reaching(say)
	for _, s := range b.m.Stops {
		say(s.MSToZero == nil && s.InFlight > 0, "When the last request ended after the stop at %s.", clock(s.Elapsed))
	}
	for _, g := range b.m.Sure.Gaps {
		say(true, "How %s went from %s to %s: %s.", list(g.What), clock(g.From), clock(g.To), g.Why)
	}
}
