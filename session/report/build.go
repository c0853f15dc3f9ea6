package report

import (
	"iter"
	"slices"
	"strconv"
	"time"

	"crosstalk/session"
)

// Tail is what is known of a journal beside its events.
type Tail struct {
	Running bool   // a process writes it
	Torn    int64  // bytes after the last whole line
	Why     string // what is wrong with them
}

// Build makes the Model of a journal's events in one pass. Memory grows with
// what people and the guard did, and by a few numbers for each second of load,
// not with the events themselves.
func Build(events iter.Seq[session.Event], tail Tail) *Model {
	b := newBuilder()
	for e := range events {
		b.add(e)
	}
	return b.model(tail)
}

// silence is how long nothing may be told of something before it is a gap:
// everything is told once a second.
const silence = 3000

// builder folds events into a Model. Fold's State does what it can; what a
// screen does not need is gathered here.
type builder struct {
	m      *Model
	st     *session.State
	ms     int64 // of the newest event
	before int64 // of the one before it
	paused int64 // since when; -1 if not

	ownOpen bool // we ourselves are the limit, since the newest of the own limits
	ownOver bool // we were, in the second that the next tick tells of
	pauses  int64
	loaded  int64 // milliseconds with at least one user

	cancelled, dropped uint64
	codes              map[string]uint64
	causes             map[string]uint64
	unknown            map[string]uint64
	peakAsked          int

	levels levels
	moves  []move // persons'
	steps  map[[2]string]*stepSeconds
	order  [][2]string
	envs   map[string]*envTrack
	load   silent
	series series

	firstSlow, firstErrors, firstProd First
	slow                              slowness
	worstStaging, worstProd           *Worst
	worstLoaded                       *Worst // of production, with users running
	ran, ranBefore                    int    // users at the newest tick and at the one before it
	busyAt                            int64  // when load was there last; -1: never
	ranAt                             int64  // when users ran last
	lastUsers                         int    // and how many
	firstAfter                        string // how long after the load firstProd was; "" if with it
	redCuts, sightCuts                uint64 // for production's red and for no sight of it, of users that ran
	selfMS                            int64
	people                            []string  // who took part
	signed                            []string  // who signed anything, later ones too
	late                              bool      // facts are added after the end
	toldAt                            time.Time // of the newest event
	exemplars                         []*session.ExemplarAdd
	spans                             spans
	panes                             *panes // as they were shown last
}

func newBuilder() *builder {
	m := &Model{Schema: Schema}
	m.Session.GuardOn = true
	return &builder{m: m, st: session.NewState(), paused: -1, busyAt: -1, codes: map[string]uint64{}, causes: map[string]uint64{}, unknown: map[string]uint64{},
		steps: map[[2]string]*stepSeconds{}, envs: map[string]*envTrack{}, load: silent{what: "load"}, series: newSeries(), spans: spans{paused: -1}}
}

// add takes the next event.
func (b *builder) add(e session.Event) {
	if e.Seq <= b.st.Seq {
		return
	}
	first := b.st.Seq == 0
	b.later(e)
	b.pass(max(b.ms, e.MS))
	seen := b.shown(e)
	role := b.st.RoleHere(e.By) // before: who gives the dial away holds it
	b.st.Apply(e)
	if role == "" {
		role = b.st.RoleHere(e.By)
	}
	if first {
		began := utc(b.st.Began)
		b.m.Session.Began = &began
		b.levels.open(b.ms, 0)
	}
	b.m.Totals.Events++
	b.signer(e)
	b.dialled(e)
	switch body := e.Body.(type) {
	case *session.LoadTick:
		b.loadTick(body)
		return
	case *session.HealthTick:
		b.healthTick(body)
		return
	case *session.HealthState:
		if body.Check == "" {
			b.env(body.Env).to(b, body.To, body.Why, b.ms)
		}
	case *session.DialSet:
		b.ask(body.To)
	case *session.LoadStop:
		b.stop(body)
	case *session.GuardChange:
		b.guard(body)
	case *session.GuardRecovered:
		b.m.Recoveries = append(b.m.Recoveries, Recovery{Moment: b.now(), Seconds: body.Seconds, Level: body.Level})
	case *session.Refused:
		b.m.Refusals = append(b.m.Refusals, Refusal{Moment: b.now(), Who: e.By, Cmd: body.Cmd, Why: body.Why, Count: body.Count})
	case *session.NoteAdd:
	case *session.ExemplarAdd:
		b.exchanged(body)
		return
	default:
		b.frame(e)
	}
	r := b.row(e, seen)
	r.Role = string(role)
	b.m.Timeline = append(b.m.Timeline, r)
}

// frame takes what opens, closes and interrupts a session.
func (b *builder) frame(e session.Event) {
	h := &b.m.Session
	b.spans.take(b, e)
	switch body := e.Body.(type) {
	case *session.Start:
		b.start(body)
	case *session.Recovered:
		b.levels.breakOff(b.before)
		b.levels.run++
		b.levels.open(b.ms, 0) // the process that sent the load is gone
		for _, e := range b.envs {
			e.over = true
		}
		b.endOwnLimit(b.before)
		b.m.Sure.SetAside += body.Dropped
		b.m.Sure.Resumes = append(b.m.Sure.Resumes, b.now())
		b.pause(false)
	case *session.CharterSet:
		b.charter(body.Text)
	case *session.Build:
		h.Builds = append(h.Builds, BuildSeen{Moment: b.now(), Env: body.Env, Build: body.Build})
	case *session.BaselineStart:
		h.Baseline.Planned = body.Seconds
	case *session.BaselineEnd:
		if body.Promise != nil && h.GuardOn && !h.Unguarded {
			h.Promise = &body.Promise.Hangs
		}
	case *session.Reason:
		switch e.Type {
		case session.TypePause:
			b.pause(true)
		case session.TypeResume:
			b.pause(false)
		}
	case *session.SelfLimit:
		b.ownLimit(body)
	case *session.Redaction:
		b.m.Sure.SetAside += body.Dropped
	case *session.End:
		b.m.Sure.SetAside += body.Dropped
	case *session.Unknown:
		b.unknown[e.Type]++
	}
}

func (b *builder) start(s *session.Start) {
	h := &b.m.Session
	h.ID, h.Version, h.Target, h.Demo, h.Headless = s.ID, s.Version, hidden(s.Target), s.Demo, s.Headless
	if f := s.Fleet; f != nil {
		h.Fleet = &session.FleetInfo{Address: hidden(f.Address), Lease: f.Lease, Leased: f.Leased}
	}
	h.StartedBy, h.Limits, h.Journeys, h.Mode = s.As, s.Limits, s.Journeys, s.Mode
	h.GuardOn, h.GuardOff, h.Insecure = s.NoGuard == "", s.NoGuard, s.Insecure
	h.Unguarded = h.GuardOn && !b.st.Watched(production)
	h.Seed = strconv.FormatUint(s.Seed, 10)
	h.Baseline.Planned = s.Baseline
	b.m.where.begun(s)
	b.charter(s.Charter)
	b.person(s.As)
	for _, p := range s.People {
		b.person(p)
	}
}

// charter keeps every text a charter had.
func (b *builder) charter(text string) {
	h := &b.m.Session
	if h.Charter != "" && h.Charter != text {
		h.Charters = append(h.Charters, h.Charter)
	}
	h.Charter = text
}

// later follows whether facts are added after the end: then the session's clock
// stands still, and theirs is another day's.
func (b *builder) later(e session.Event) {
	_, again := e.Body.(*session.Recovered)
	stands := b.st.Seq > 0 && e.MS <= b.ms
	b.late = !again && stands && (b.late || b.st.Ended != nil || e.T.Sub(b.toldAt) > lateFact)
	b.toldAt = e.T
}

// lateFact is how much later than the newest event one of the same moment of the
// session is, where it was added to a session that had broken off.
const lateFact = time.Second

// signer keeps who signed an event. Whoever keeps a key, or adds a fact after the
// end, did not take part for that.
func (b *builder) signer(e session.Event) {
	if e.By == "" || program(e.By) {
		return
	}
	if !slices.Contains(b.signed, e.By) {
		b.signed = append(b.signed, e.By)
	}
	if _, key := e.Body.(*session.NoteLink); !key && !b.late {
		b.person(e.By)
	}
}

func (b *builder) person(by string) {
	if by != "" && !program(by) && !slices.Contains(b.people, by) {
		b.people = append(b.people, by)
	}
}

// program tells whether a name is one of the program's own.
func program(by string) bool {
	switch by {
	case session.ByGuard, session.ByEngine, session.ByMonitors, session.BySession:
		return true
	}
	return false
}

func (b *builder) pause(on bool) {
	switch {
	case on && b.paused < 0:
		b.paused = b.ms
	case !on && b.paused >= 0:
		b.pauses += b.ms - b.paused
		b.paused = -1
	}
}

// pass lets the time up to the next event go by: what held since the last event
// held until now. A long silence is known to nobody and counts for nothing.
func (b *builder) pass(ms int64) {
	if span := ms - b.ms; span <= silence {
		busy := b.busy()
		if busy {
			b.loaded += span
			b.loadThere(ms)
		}
		for _, e := range b.envs {
			e.pass(span, busy)
		}
		b.levels.pass(ms, span, b.st.Dial.Running)
		if e := b.envs["self"]; e != nil && !e.lapsed(b) && (e.state == amber || e.state == red) {
			b.selfMS += span
		}
	}
	b.before, b.ms = b.ms, ms
}

// busy tells whether load was there at the newest tick.
func (b *builder) busy() bool { return b.st.Dial.Running > 0 || b.st.Dial.InFlight > 0 }

// loadThere keeps that load was there until a moment.
func (b *builder) loadThere(ms int64) {
	b.busyAt = ms
	if n := b.st.Dial.Running; n > 0 {
		b.ranAt, b.lastUsers = ms, n
	}
}

func (b *builder) now() Moment { return b.at(b.ms) }

func (b *builder) at(ms int64) Moment {
	return Moment{Elapsed: secs(ms), T: utc(b.st.At(ms))}
}

// ask begins a level.
func (b *builder) ask(users int) {
	if users == b.levels.asked() {
		return
	}
	b.levels.open(b.ms, users)
	b.peakAsked = max(b.peakAsked, users)
	if p := b.envs[production]; p != nil {
		b.levels.current().state(p.state)
		b.levels.current().errorsBefore = p.errors
	}
}

func (b *builder) stop(s *session.LoadStop) {
	b.m.Stops = append(b.m.Stops, Stop{Moment: b.now(), Reason: s.Reason, By: s.By, Users: s.Running, InFlight: s.InFlight, MSToZero: s.MSToZero})
	if s.Reason != "operator" { // a person's stop is a move of the dial of its own
		b.ask(0)
	}
}

func (b *builder) guard(g *session.GuardChange) {
	a := Action{Moment: b.now(), From: g.From, To: g.To, Why: g.Why, Cause: g.Cause, Users: g.Running, Samples: slices.Clone(g.Samples)}
	for i := range a.Samples {
		a.Samples[i].Due = utc(a.Samples[i].Due)
	}
	if g.Ceiling >= 0 {
		a.Ceiling = &g.Ceiling
	}
	b.m.Guard = append(b.m.Guard, a)
	if cuts(g.To) && !cuts(g.From) {
		b.m.Totals.Cuts++
		b.causes[g.Cause]++
		if g.Cause == session.CauseRed && (g.Running > 0 || b.lately()) {
			b.redCuts++ // one that found no load took none away
		}
		// The users that it took may have been eased away before.
		if p := b.envs[production]; g.Cause == session.CauseNoSight && (g.Running > 0 || b.lately() || p != nil && p.lost) {
			b.sightCuts++
		}
	}
	if cuts(g.To) {
		if c := b.levels.current(); c.asked > 0 {
			c.cut = true
		}
		b.ask(0)
	}
}

func cuts(state string) bool { return state == "cut" || state == "lockout" }
