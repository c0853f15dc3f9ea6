package loadengine

import (
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Tick is what happened since the last one, and how things stand. Counts of
// all ticks of a run add up exactly.
type Tick struct {
	At                                time.Time
	Asked, Running, InFlight, Ceiling int // Ceiling is -1 for none

	Requests  uint64 // ended: answered or failed; a followed redirect is part of its request
	Errors    uint64 // of these
	Dropped   uint64 // turns that the brake, the permit or a removal stopped before they were sent, and Late
	Late      uint64 // in ModeRate: sends that we did not make in time, because every user was busy, we stood still, or followed redirects used up MaxRPS
	Missed    uint64 // of Late, because we stood still
	Users     int    // in ModeRate: users on their journeys
	Lag       Lag    // of the sends since the last tick
	Cancelled uint64 // taken back in flight by a stop; the server may have seen them; not in Requests

	Cached  uint64            // answers out of a cache in between (Age, X-Cache)
	Logins  uint64            // good answers that were a login page's, of steps that are none
	Servers map[string]uint64 // by the header that Plan.ServedBy names: answers

	Last, Ten Window            // about 1 s and 10 s, up to now, of the present level alone; their rate is of all that ended
	Codes     map[string]uint64 // status: responses
	Kinds     map[string]uint64 // kind of error: requests, such as timeout, refused, status 503, expect body
	Steps     []StepTick        // those with requests since the last tick, in the plan's order
	Levels    []LevelTick       // those with requests since the last tick, oldest first
	Final     bool              // the last of the run
	Nodes     *Nodes            // of an engine on several machines; nil for this machine's own
}

// StepTick is one step's share of a Tick.
type StepTick struct {
	Journey, Name    string
	Requests, Errors uint64
	Kinds            map[string]uint64
	Window           Window // since the last tick
}

// maxKinds bounds the kinds of error in a tick; further ones are "other".
const maxKinds = 64

// stats gathers outcomes between ticks and over the sliding windows.
type stats struct {
	began time.Time
	steps []*step

	mu                 sync.Mutex
	last, ten          *ring
	since              time.Duration
	requests, errors   uint64
	dropped, cancelled uint64
	total              Total
	lag                lag
	cached, logins     uint64
	servers            map[string]uint64
	codes              map[int]uint64
	kinds              map[string]uint64
	byStep             []stepStats
	level              *level   // the windows are of
	levels             []*level // with something to tell
}

type stepStats struct {
	tally tally
	kinds map[string]uint64
}

func newStats(steps []*step) *stats {
	s := &stats{
		began: time.Now(), steps: steps,
		last: newRing(lastSlots, fineDigits), ten: newRing(tenSlots, roughDigit), lag: newLag(),
		codes: map[int]uint64{}, kinds: map[string]uint64{},
		byStep: make([]stepStats, len(steps)),
	}
	return s
}

func (s *stats) now() time.Duration { return time.Since(s.began) }

// record counts one finished turn, that was given at a level.
func (s *stats) record(st *step, o outcome, l *level, held bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch o.fate {
	case fateUnsent:
		s.dropped++
		return
	case fateCancelled:
		s.cancelled++
		return
	case fateNotBuilt, fateAnswered, fateFailed, fateTimeout:
	}
	now := s.now()
	s.lag.record(o.late)
	s.enter(l)
	s.last.record(now, o, l == s.level)
	s.ten.record(now, o, l == s.level)
	l.record(st, o, held, len(s.steps), s.began.Add(now))
	if !l.listed {
		l.listed = true
		s.levels = append(s.levels, l)
	}
	s.requests++
	s.total.Requests++
	if o.cached {
		s.cached++
	}
	if o.login {
		s.logins++
	}
	if o.server != "" {
		s.serve(o.server)
	}
	if o.code != 0 {
		s.codes[o.code]++
	}
	b := &s.byStep[st.index]
	if b.tally.hist == nil { // most plans name steps that are never reached
		b.tally = newTally(roughDigit)
	}
	b.tally.record(o)
	if o.kind == "" {
		return
	}
	s.errors++
	s.total.Errors++
	count(s.kinds, o.kind)
	if b.kinds == nil {
		b.kinds = map[string]uint64{}
	}
	count(b.kinds, o.kind)
}

// enter begins the windows anew where a level begins. One that sends nothing
// leaves them to run out.
func (s *stats) enter(l *level) {
	if s.level != nil && (l.number <= s.level.number || l.asked == 0) {
		return
	}
	s.level = l
	s.last.restart()
	s.ten.restart()
}

// tellLevels returns those of which there is news. One that is over stays no
// longer than it takes to say so; a late answer brings it back.
func (s *stats) tellLevels(now time.Time, whole bool) []LevelTick {
	slices.SortFunc(s.levels, func(a, b *level) int { return a.number - b.number })
	var out []LevelTick
	kept := s.levels[:0]
	for _, l := range s.levels {
		t := l.tick(s.steps, now, whole)
		out = append(out, t)
		if l.listed = !t.Over; l.listed {
			kept = append(kept, l)
		}
	}
	clear(s.levels[len(kept):])
	s.levels = kept
	return out
}

// serve counts an answer of a server by its name.
func (s *stats) serve(name string) {
	if s.servers == nil {
		s.servers = map[string]uint64{}
	}
	if _, known := s.servers[name]; !known && len(s.servers) >= maxServers {
		name = "other"
	}
	s.servers[clip(name)]++
}

func count(kinds map[string]uint64, kind string) {
	if _, known := kinds[kind]; !known && len(kinds) >= maxKinds {
		kind = "other"
	}
	kinds[kind]++
}

// take returns the tick up to now and begins the next. The present level is
// where the windows are; whole asks for the steps of every level.
func (s *stats) take(present *level, whole bool) Tick {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.enter(present)
	span := now - s.since
	s.since = now
	t := Tick{
		At: time.Now(), Requests: s.requests, Errors: s.errors, Dropped: s.dropped, Cancelled: s.cancelled,
		Last: s.last.window(now), Ten: s.ten.window(now),
		Codes: make(map[string]uint64, len(s.codes)), Kinds: maps.Clone(s.kinds),
	}
	for code, n := range s.codes {
		t.Codes[strconv.Itoa(code)] = n
	}
	for i := range s.byStep {
		b := &s.byStep[i]
		if b.tally.requests == 0 {
			continue
		}
		t.Steps = append(t.Steps, StepTick{
			Journey: s.steps[i].journey, Name: s.steps[i].name,
			Requests: b.tally.requests, Errors: b.tally.errors, Kinds: b.kinds, Window: b.tally.window(span),
		})
		b.tally.reset()
		b.kinds = nil
	}
	t.Lag = s.lag.take()
	t.Cached, t.Logins, t.Servers = s.cached, s.logins, s.servers
	s.cached, s.logins, s.servers = 0, 0, nil
	t.Levels = s.tellLevels(s.began.Add(now), whole)
	s.requests, s.errors, s.dropped, s.cancelled = 0, 0, 0, 0
	clear(s.codes)
	clear(s.kinds)
	return t
}
