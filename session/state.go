package session

import (
	"maps"
	"slices"
	"time"

	"crosstalk/notes"
)

// State is what a session looks like after an event: all that a screen, a
// report or a remote viewer draws. It is made by Apply alone and bounded: rings
// for what is measured, all notes, the last marks.
type State struct {
	Seq  uint64    // of the newest event applied
	T    time.Time // its stamp
	MS   int64     // its milliseconds since the start
	Last int64     // milliseconds of the last measured second

	Start   Start
	Began   time.Time // stamp of the first event
	Charter string
	Timebox time.Duration // as extended
	Paused  bool
	Mission CharterSet // the charter in full, as it was set last
	Ended   *End
	Learned string            // the person's one sentence
	Answers map[string]string // of the debrief, by question
	Gone    bool              // its process is gone without a last line: no event says so, whoever looks must

	Dial      Dial
	Ramp      *RampView // the planned ramp under way; nil: none. Replaced as a whole, never changed
	Load      LoadTick  // newest
	LoadMS    int64     // when it came
	Requests  uint64    // since the start
	Errors    uint64
	Steps     map[string]*StepTotal // by journey and step
	Late      uint64                // sends that we did not make in time, since the start
	Kinds     map[string]uint64     // errors by kind since the start
	Seen      map[string]KindSeen   // the same, with when
	Cached    uint64                // answered by a cache, since the start
	Logins    uint64                // good answers at a login page, since the start
	Servers   map[string]KindSeen   // by name: answers, and when
	Exemplars []*ExemplarAdd        // oldest first; replaced as a whole, never changed
	Limits    []LimitSpan           // in which we ourselves were the limit, oldest first; replaced as a whole, never changed
	Levels    []Level               // in order; values that are replaced, never changed
	Learnt    map[int]string        // by level: the worst that both environments were while it was held, or turned to in passing
	Envs      map[string]*Env
	Guard     GuardView
	Baseline  BaselineView
	Link      LinkView
	Asks      []Ask    // questions that wait for somebody's answer
	Pair      PairView // who is here and who holds the dial
	Brake     *BrakeTest
	Stops     []Mark // stop orders, newest last

	Notes    notes.List
	Marks    []Mark // for the charts and the timeline, newest last
	Refusals []Mark // the last few, for the status line
	Items    []Item // of the earlier session that this one repeats; replaced as a whole, never changed
	Taken    string // why the earlier session's moves ended; "" while they are made

	NotifyFailed   *NotifyFailed // newest; nil if everybody was told
	NotifyFailedMS int64         // when it came

	Fine   Ring // one second each, 15 minutes
	Coarse Ring // ten seconds each, 8 hours

	PausedAt int64    // milliseconds; of the pause under way
	Idle     int64    // milliseconds of pauses and gaps that are over
	Activity Activity // what the tester does; What is "" while nobody said

	split       Split // of the activities before the present one
	activeSince int64 // worked milliseconds when the present one began
	levelRun    int   // how often the session was taken up again
	levelSince  int64 // when running reached asked with both environments green; -1 if it has not
}

// Dial is the setpoint and what became of it.
type Dial struct {
	Asked    int
	Running  int
	InFlight int
	Ceiling  int     // -1: none
	Glide    float64 // users a second; 0 at once
	Held     bool    // by a person
	HeldAt   int
	LastGood int // highest level held 10 s with both environments green; 0 if none
	Ghost    int // users at the last cut; 0 if none
	Peak     int // most running at once
	Since    int64

	Rise int   // most running at once since the session began, or was taken up again
	Cuts int   // since then, for production's red
	Own  bool  // since then the dial has brought load, and not a check or the brake test alone
	Off  int64 // milliseconds; when the newest load went off; 0: there was none, or it runs

	turned  bool  // since then the dial asked for load, not a check
	settles int64 // milliseconds; until then what is wrong may be the level's above
	left    int   // that level; 0 once it can't be
	eased   int   // users when the guard began to ease last
}

// flowing tells whether load runs or is on its way.
func (d *Dial) flowing() bool { return d.Running > 0 || d.InFlight > 0 }

// StepTotal is a step since the start, with its newest window.
type StepTotal struct {
	Journey  string
	Step     string
	Requests uint64
	Errors   uint64
	P50, P95 *float64
	P99, Max *float64
	Seen     map[string]KindSeen // errors by kind since the start
}

// Env is one environment as its pane shows it.
type Env struct {
	Name  string
	State string // green, amber, red or no sight
	Why   string
	Since int64 // milliseconds; of State
	Tick  HealthTick
	At    int64 // milliseconds; when Tick came
	Tiles []Tile
	Build string
}

// Tile is one check.
type Tile struct {
	Info CheckInfo
	Now  CheckState
	At   int64 // milliseconds; when it was last told
}

// GuardView is what the guard does and why.
type GuardView struct {
	State    string // run, hold, ease, cut or lockout
	Why      string
	Cause    string
	Since    int64
	Ceiling  int
	Cuts     int // for production's red
	Blind    int // cuts for no sight of production
	Lapsed   int // cuts because the permit lapsed: our own side
	Holds    int
	Recov    *GuardRecovered
	OurSide  bool     // our own side had trouble at the same moment as the newest change
	OurHolds int      // of Holds, those
	Warn     int64    // until these milliseconds amber only warns
	Promise  *Promise // nil until the limits are known, and without production's checks
}

// Latched tells whether a person has to act before any load can be sent.
func (g GuardView) Latched() bool { return g.State == "cut" || g.State == "lockout" }

// BaselineView is the quiet phase.
type BaselineView struct {
	Running    bool
	From, To   int64 // milliseconds; To is when it is planned to end
	Thresholds []Threshold
	Note       string
	Offer      *BaselineOffer // an earlier baseline that fits; nil when none is offered
}

// Mark is something that happened at a moment, for charts and lists.
type Mark struct {
	MS   int64
	T    time.Time
	By   string
	Type string // the event's
	ID   string // a note's
	Text string
}

// Bounds of what is kept.
const (
	fineStep   = 1000
	fineLen    = 15 * 60
	coarseStep = 10_000
	coarseLen  = 8 * 360
	maxMarks   = 4000
	maxRefusal = 20
	goodAfter  = 10_000 // milliseconds a level is held before it is the last good one
)

// NewState returns the state before the first event.
func NewState() *State {
	return &State{
		Envs: map[string]*Env{}, Steps: map[string]*StepTotal{}, Kinds: map[string]uint64{}, Seen: map[string]KindSeen{}, Servers: map[string]KindSeen{}, Learnt: map[int]string{},
		Fine: NewRing(fineStep, fineLen), Coarse: NewRing(coarseStep, coarseLen),
		Dial: Dial{Ceiling: -1}, Guard: GuardView{State: "run", Ceiling: -1}, levelSince: -1, Pair: PairView{Lost: -1},
	}
}

// Fold returns the state after events.
func Fold(events []Event) *State {
	s := NewState()
	for _, e := range events {
		s.Apply(e)
	}
	return s
}

// Clone returns a copy that Apply on s does not touch.
func (s *State) Clone() *State {
	c := *s
	c.Envs = make(map[string]*Env, len(s.Envs))
	for k, v := range s.Envs {
		e := *v
		e.Tiles = slices.Clone(v.Tiles)
		c.Envs[k] = &e
	}
	c.Steps = make(map[string]*StepTotal, len(s.Steps))
	for k, v := range s.Steps {
		t := *v
		t.Seen = maps.Clone(v.Seen)
		c.Steps[k] = &t
	}
	c.Kinds, c.Seen, c.Levels = maps.Clone(s.Kinds), maps.Clone(s.Seen), slices.Clone(s.Levels)
	c.Servers, c.Learnt = maps.Clone(s.Servers), maps.Clone(s.Learnt)
	c.Exemplars = slices.Clone(s.Exemplars)
	c.Asks = slices.Clone(s.Asks)
	c.Answers = maps.Clone(s.Answers)
	c.Notes = s.Notes.Clone()
	c.Marks, c.Stops, c.Refusals = slices.Clone(s.Marks), slices.Clone(s.Stops), slices.Clone(s.Refusals)
	c.Fine, c.Coarse = s.Fine.clone(), s.Coarse.clone()
	return &c
}

// Env returns an environment's view; one nothing is known of has no sight.
func (s *State) Env(name string) Env {
	if e, ok := s.Envs[name]; ok {
		return *e
	}
	return Env{Name: name, State: "no sight", Why: "no checks"}
}

// Watched tells whether an environment has any check.
func (s *State) Watched(env string) bool {
	return slices.ContainsFunc(s.Start.Checks, func(c CheckInfo) bool { return c.Env == env })
}

// Elapsed is the time since the start at the newest event.
func (s *State) Elapsed() time.Duration { return time.Duration(s.MS) * time.Millisecond }

// At returns the wall clock at so many milliseconds since the start.
func (s *State) At(ms int64) time.Time { return s.Began.Add(time.Duration(ms) * time.Millisecond) }

// Level is how long the present level has been asked for.
func (s *State) Level() time.Duration { return time.Duration(s.MS-s.Dial.Since) * time.Millisecond }
