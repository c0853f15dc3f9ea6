package report

import (
	"fmt"
	"math"
	"slices"

	"crosstalk/session"
)

// The words of health, as the journal has them.
const (
	green   = "green"
	amber   = "amber"
	red     = "red"
	noSight = "no sight"

	staging    = "staging"
	production = "production"
)

// graver tells whether a state is worse than another. What is known to fail is
// worse than what is not seen.
func graver(a, b string) bool { return grave(a) > grave(b) }

func grave(state string) int {
	return slices.Index([]string{"", green, noSight, amber, red}, state)
}

// silent notices when nothing is told of something.
type silent struct {
	what string
	last int64
	seen bool
}

// told takes a word at ms and returns since when it tells: the one before, or
// the second that it covers.
func (s *silent) told(b *builder, ms int64) (from int64) {
	from = max(0, ms-1000)
	if s.seen {
		from = s.last
		if ms-s.last > silence {
			b.gap(s.what, s.last, ms)
			from = max(s.last, ms-1000)
		}
	}
	s.last, s.seen = ms, true
	return from
}

func (b *builder) gap(what string, from, to int64) {
	for i := range b.m.Sure.Gaps {
		if g := &b.m.Sure.Gaps[i]; near(g.From, secs(from)) && near(g.To, secs(to)) {
			g.What = append(g.What, what)
			return
		}
	}
	g := Gap{What: []string{what}, From: secs(from), To: secs(to), Why: "nothing was told"}
	for _, r := range b.m.Sure.Resumes {
		if r.Elapsed > g.From && r.Elapsed <= g.To {
			g.Why = "the program was not running"
		}
	}
	b.m.Sure.Gaps = append(b.m.Sure.Gaps, g)
}

// near tells whether two ends of gaps are one: what is told once a second stops
// and begins within two.
func near(a, b float64) bool { return math.Abs(a-b) <= 2 }

// loadTail is how long after the last user what production shows may still be
// the load's: a check that was sent under load is given up after 3 s, and two bad
// ones within 2 s are what makes an environment amber.
const loadTail = 5000 // milliseconds

// lately tells whether load is there, or was a moment ago. The one user of the
// brake's rehearsal leaves nothing behind that could show.
func (b *builder) lately() bool {
	return b.busy() || b.busyAt >= 0 && b.ms-b.busyAt <= loadTail && !b.st.Baseline.Running
}

// ranBy tells whether any user of the dial's had run by a moment.
func (b *builder) ranBy(ms int64) bool {
	return slices.ContainsFunc(b.levels.list, func(l *level) bool { return l.asked > 0 && l.reached > 0 && l.from < ms })
}

// idle is how long production was amber or red by itself, in seconds.
func (b *builder) idle() float64 {
	var ms int64
	for _, s := range b.m.Health {
		if s.Env == production && s.AtRest && (s.State == amber || s.State == red) {
			ms += int64((s.To-s.From)*1000) - s.loadedMS
		}
	}
	return secs(ms)
}

// envTrack follows one environment.
type envTrack struct {
	name   string
	state  string
	open   Span
	silent silent
	rates  []float64
	errors float64 // newest share of failed checks
	since  int64   // what the newest tick tells of begins here
	seen   bool    // it answered once
	time   map[string]*stateTime
	heard  int64     // when a tick or a state of it was told last
	later  stateTime // since then: of the open span if it is heard of again in time
	over   bool      // the process that looked at it is gone
	blind  int64     // longest time without sight under load
	lost   bool      // it was out of sight under load, or a moment after, and not green since
}

type stateTime struct{ all, loaded int64 }

func (b *builder) env(name string) *envTrack {
	e := b.envs[name]
	if e == nil {
		e = &envTrack{name: name, silent: silent{what: name}, time: map[string]*stateTime{}}
		b.envs[name] = e
		e.to(b, noSight, "not looked at yet", b.ms)
	}
	return e
}

// to takes that a state holds, and has since from if nothing was heard before that
// for too long: then nobody knows what was between, and a span of its own begins.
func (e *envTrack) to(b *builder, state, why string, from int64) {
	lapsed, last := e.lapsed(b), e.heard
	e.settle(b)
	e.heard, e.over = b.ms, false
	if state == e.state && !lapsed {
		return
	}
	begin := b.ms
	if lapsed {
		begin = max(last, from)
		e.close(b, last)
		e.later.all = b.ms - begin // what the tick tells of
	} else {
		e.close(b, b.ms)
	}
	busy, known := b.lately(), e.state != ""
	worse := graver(state, e.state)
	// What follows trouble that was there before any user, and is no worse, is
	// still that trouble.
	atRest := !busy || !worse && e.open.AtRest && (e.state == amber || e.state == red)
	e.state = state
	e.lost = state != green && (e.lost || state == noSight && known && busy)
	e.open = Span{Env: e.name, State: state, Why: why, From: secs(begin), fromMS: begin, Users: b.st.Dial.Running, AtRest: atRest}
	if e.name == production {
		if len(b.levels.list) > 0 && known {
			b.levels.current().state(state)
		}
		if worse && (state == amber || state == red) && busy && !b.firstProd.Seen {
			b.firstMoved("production's checks went " + state + ": " + why)
		}
	}
	if e.name == staging && worse && (state == amber || state == red) && b.busy() && !b.firstSlow.Seen {
		b.firstSlow = b.firstNow("staging's checks went " + state + ": " + why)
	}
}

// firstMoved keeps the first moment at which production moved with the load, or a
// moment after it was gone.
func (b *builder) firstMoved(how string) {
	b.firstProd = b.firstNow(how)
	if b.st.Dial.Running > 0 || b.lastUsers == 0 {
		return
	}
	b.firstAfter = fmt.Sprintf("%s after the last of %s", lasting(secs(b.ms-b.ranAt)), users(b.lastUsers))
	b.firstProd.Users = b.lastUsers
}

// lapsed tells whether nothing was heard of it for too long to know that its state
// still holds.
func (e *envTrack) lapsed(b *builder) bool {
	return e.state != "" && (e.over || b.ms-e.heard > silence)
}

// settle gives the time since it was heard of to the state that held; after too
// long a silence to none.
func (e *envTrack) settle(b *builder) {
	if t := e.time[e.state]; t != nil && !e.lapsed(b) {
		t.all += e.later.all
		t.loaded += e.later.loaded
		e.open.loadedMS += e.later.loaded
		if e.state == noSight && e.later.loaded > 0 {
			e.lost = true
			e.blind = max(e.blind, e.open.loadedMS)
		}
	}
	e.later = stateTime{}
}

func (e *envTrack) close(b *builder, at int64) {
	if e.state == "" || at == e.open.fromMS && e.state == noSight {
		return
	}
	e.open.To, e.open.Loaded = secs(at), secs(e.open.loadedMS)
	b.m.Health = append(b.m.Health, e.open)
}

func (e *envTrack) pass(span int64, busy bool) {
	if e.time[e.state] == nil {
		e.time[e.state] = &stateTime{}
	}
	e.later.all += span
	if busy {
		e.later.loaded += span
	}
}

func (e *envTrack) tick(b *builder, t *session.HealthTick) {
	e.since = e.silent.told(b, b.ms)
	e.to(b, t.State, t.Why, e.since)
	e.seen = e.seen || t.State != noSight
	e.open.Users = max(e.open.Users, b.st.Dial.Running)
	e.errors = t.Errors
	e.rates = append(e.rates, t.Rate)
}

// checkRates tells how often each environment was looked at, in the order of
// the configuration and then of appearance by name.
func (b *builder) checkRates() []CheckRate {
	out := []CheckRate{}
	index := map[string]int{}
	row := func(env string) *CheckRate {
		i, ok := index[env]
		if !ok {
			i = len(out)
			index[env] = i
			out = append(out, CheckRate{Env: env})
		}
		return &out[i]
	}
	for _, c := range b.st.Start.Checks {
		r := row(c.Env)
		r.Checks++
		if c.Every > 0 && c.Kind != "person" { // nobody's server is asked
			r.Planned = round(r.Planned+1/c.Every, 3)
		}
	}
	var told []string
	for name := range b.envs {
		told = append(told, name)
	}
	slices.Sort(told)
	for _, name := range told {
		e, r := b.envs[name], row(name)
		r.Ticks = len(e.rates)
		if n := len(e.rates); n > 0 {
			slices.Sort(e.rates)
			r.Rate = &e.rates[(n-1)/2]
		}
	}
	return out
}

func (b *builder) shares(env string) []StateShare {
	out := []StateShare{}
	e := b.envs[env]
	if e == nil {
		return out
	}
	for _, s := range []string{green, amber, red, noSight} {
		if t := e.time[s]; t != nil {
			out = append(out, StateShare{State: s, Seconds: secs(t.all), Loaded: secs(t.loaded)})
		}
	}
	return out
}
