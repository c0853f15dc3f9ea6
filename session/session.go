package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"crosstalk/loadengine"
	"crosstalk/monitors"
	"crosstalk/monitors/identity"
	"crosstalk/notes"
)

// Options is what a session is made of.
type Options struct {
	Dir         string // its folder; created if it is not there
	Start       Start  // what the journal's first line says; Checks, Uncounted, Journeys, Limits and Promise are filled in
	Plan        loadengine.Plan
	Fleet       *Fleet // who sends the load; nil: this machine
	Checks      []monitors.Check
	Proxy       string                     // host:port of one that both load and production's checks go through; empty: none
	Uncounted   []Uncounted                // databases of production that were to count in link checks, and can't
	Hurried     bool                       // what counts in link checks is asked as often as they need from the start, and so in the quiet phase
	Limits      map[string]monitors.Limits // by environment
	Baseline    time.Duration              // quiet phase; 0: none
	Rules       GuardRules
	AtEnd       string                                 // of the timebox: EndEase (also ""), EndHold, EndStop or EndNone
	Charter     Charter                                // in full; Start.Charter is its one line
	Build       func(context.Context) (string, error)  // what staging runs; nil if nobody said where that can be read
	Hold        monitors.Hold                          // zero: the board's own
	Hints       []string                               // what a person should know from the start; each becomes a note
	Answers     map[CheckKey]*monitors.Answers         // of the checks that ask a person; each of Checks of that kind has its own
	Earlier     []Threshold                            // of an earlier session, offered when they fit the quiet phase; not headless: that keeps its own --baseline
	EarlierFrom string                                 // that session's id and date
	Mask        func(text string) string               // hides secrets, such as names of hosts, in what is said of hosts; nil: nothing is secret
	Exemplar    func(loadengine.Exemplar) *ExemplarAdd // masks an exchange that is kept; nil: none is
	Result      func(loadengine.Result)                // is called for every request that has ended, and must not wait; may be nil
	Identity    IdentityConfig                         // data stores to compare at the start
	Told        *identity.Result                       // what the owners of both environments said of what they share; nil: nobody asked them
	Now         func() time.Time                       // with its monotonic reading; nil: time.Now
	Clock       loadengine.Clock                       // both clocks of the permit; nil: this machine's
}

// Session owns the state and the order. Run is its only writer.
type Session struct {
	o         Options
	now       func() time.Time
	log       *Log
	journal   *Journal
	torn      int64
	engine    Engine
	monitor   *monitors.Monitor
	brake     *loadengine.Brake
	permit    *loadengine.Permit
	ceiling   *ceiling
	watch     *watch
	links     *linkRunner
	facts     *outbox
	requests  chan request
	samples   chan monitors.Sample
	exemplars chan loadengine.Exemplar // from the engine, not masked yet; closed after it has ended
	done      chan struct{}            // closed when Run has returned

	// Run's own.
	began     time.Time
	base      int64 // milliseconds before began, of a session taken up again
	phase     phase
	phaseAt   time.Time
	pending   *waiting // asked during the quiet phase
	ramp      *ramping // under way; nil: none
	spike     int      // following at once until this many run; 0: not
	nextNote  int
	refused   map[refusalKey]*refusalCount
	flew      time.Time   // when the rehearsal's user was first seen in flight
	rehearsed int         // users at the rehearsal
	learned   bool        // the order to end the baseline is on its way
	asks      []asking    // the questions to people
	stalled   atomic.Bool // the journal can't be written
	stalledAt uint64      // what must be on the disk before it is well again
	lost      lost        // what became of the load while nobody has the dial in hand
	quiet     unheard     // and while its holder does not answer
	here      presences   // what screens show just now
	sends     ownSends    // what the engine tells of itself
	alive     time.Time   // when a person was last heard of
	script    script      // of an earlier session
	timeUp    time.Time   // when the timebox was seen to be over
	turned    time.Time   // of the last turn
	timed     time.Time   // when the timebox was looked at last
	ending    *Finish
	cancel    context.CancelFunc // of engine and monitors
	stops     int                // stop orders not reported yet, while ending
}

// waiting is a move of the dial that waits for the end of the quiet phase.
type waiting struct {
	who string
	to  int
	at  time.Time // when it was asked for
}

// request is one command on its way to the writer, with its answer's way back.
type request struct {
	who   Person
	cmd   Command
	at    time.Time // when it was given: a move must not undo a stop that came after it
	reply chan answer
}

type answer struct {
	reply Reply
	err   error
}

// New makes a session in a new or an earlier session's folder. Nothing is sent
// and nothing is written before Run.
func New(o Options) (*Session, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Clock == nil {
		o.Clock = loadengine.SystemClock()
	}
	journal, state, torn, err := OpenJournal(o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Session{o: o, now: o.Now, journal: journal, torn: torn, log: NewLog(state, journal.Read), facts: newOutbox(),
		brake: loadengine.NewBrake(), permit: loadengine.NewPermit(o.Clock),
		requests: make(chan request), samples: make(chan monitors.Sample, 1024), done: make(chan struct{}),
		refused: map[refusalKey]*refusalCount{}, nextNote: len(state.Notes.Notes) + 1}
	if err := s.assemble(); err != nil {
		return nil, errors.Join(err, journal.close())
	}
	return s, nil
}

func (s *Session) assemble() error {
	var err error
	if s.o.Exemplar != nil {
		s.exemplars = make(chan loadengine.Exemplar, exemplarRoom)
	}
	if err = s.makeEngine(); err != nil {
		return fmt.Errorf("prepare the load: %w", err)
	}
	if slices.ContainsFunc(s.o.Checks, func(c monitors.Check) bool { return c.Env == monitors.Self }) {
		s.o.Checks = append(slices.Clone(s.o.Checks), s.sends.check())
		room := monitors.OwnRoom()
		s.o.Start.Room = &room
	}
	if s.monitor, err = monitors.New(s.o.Checks); err != nil {
		return fmt.Errorf("prepare the checks: %w", err)
	}
	checks := s.monitor.Checks()
	board := monitors.NewBoard(checks, s.o.Limits)
	if s.o.Hold != (monitors.Hold{}) {
		board.Hold = s.o.Hold
	}
	s.ceiling = newCeiling(s.engine)
	s.engine.SetSlew(s.slewed(s.o.Plan.Glide))
	watched := false
	for _, c := range checks {
		watched = watched || c.Env == monitors.Production
	}
	if s.o.Plan.Mode == loadengine.ModeRate {
		s.o.Start.Mode = loadengine.ModeRate
	}
	s.o.Start.Checks = append(s.o.Start.Checks, checkInfos(checks, s.mask)...)
	s.asks = askings(s.o.Answers)
	for _, j := range s.journeys() {
		info := JourneyInfo{Name: j.Name, Weight: j.Weight}
		for _, st := range j.Steps {
			info.Steps = append(info.Steps, journeyStep(st))
		}
		s.o.Start.Journeys = append(s.o.Start.Journeys, info)
	}
	s.o.Rules.Unguarded, s.o.Rules.Unit = !watched, s.unit()
	s.o.Start.Limits = LoadLimits{Dial: dialLimit(s.o.Plan), Users: s.o.Plan.MaxUsers, RPS: s.o.Plan.MaxRPS, Glide: s.o.Plan.Glide}
	s.o.Start.Baseline = seconds(s.o.Baseline)
	s.watch = &watch{guard: s.newGuard(), board: board, engine: s.engine, ceiling: s.ceiling, brake: s.brake, permit: s.permit,
		samples: s.samples, orders: make(chan func(time.Time), 16), facts: s.facts, envs: board.Envs(), now: s.now, told: map[string]tileTold{}, quiet: true,
		slew: 1, unit: s.unit(), earlier: s.earlier(), earlierFrom: s.o.EarlierFrom, fitAfter: fitAfter}
	s.watch.status.Store(s.watch.guard.status(s.now()))
	if s.o.Fleet != nil && !s.o.Rules.Unleased {
		s.watch.lease = s.o.Fleet.Lease
	}
	s.links = s.newLinkRunner(checks)
	s.o.Start.Uncounted = s.links.probes.missed
	return nil
}

// slewed tells whether the guard's own limit of rising holds: not without a
// guard, and not for who chose to follow at once.
func (s *Session) slewed(glide float64) bool { return !s.o.Rules.Off && glide > 0 }

func journeyStep(st loadengine.Step) string {
	if st.Name != "" {
		return st.Name
	}
	method := st.Method
	if method == "" {
		method = "GET"
	}
	return method + " " + st.URL
}

// Run writes the session until somebody finishes it or ctx ends, which counts
// as leaving. It returns when the load has stopped and the journal is whole.
// It may be called once.
func (s *Session) Run(ctx context.Context) error {
	defer close(s.done)
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	s.cancel = cancel
	guard, stopGuard := context.WithCancel(context.WithoutCancel(ctx))
	defer stopGuard()

	// Before anybody may ask for load: an engine without a permit pulls the brake.
	s.grant()
	var engine, rest, writer sync.WaitGroup
	engineDone := make(chan error, 1)
	engine.Go(func() { engineDone <- s.engine.Run(work) })
	rest.Go(func() { s.monitor.Run(guard, s.samples) })
	rest.Go(func() { s.watch.run(guard) })
	if s.exemplars != nil {
		rest.Go(s.maskExemplars)
	}
	s.startLinks(guard, &rest)
	if s.o.Build != nil {
		rest.Go(func() { s.followBuild(guard) })
	}
	failures := make(chan error, 1)
	var lost error
	writer.Go(func() {
		lost = s.journal.follow(context.WithoutCancel(ctx), s.log, func(err error) {
			select {
			case failures <- err:
			default:
			}
		})
	})
	door, derr := s.openDoor()
	s.open()
	if derr == nil {
		rest.Go(func() { s.answerDoor(guard, door) })
	} else {
		// A help, not a condition: some file systems have no sockets.
		s.add(BySession, TypeSelfLimit, &SelfLimit{Why: derr.Error()})
	}
	err := s.write(ctx, engineDone, failures)
	stopGuard()
	engine.Wait()
	if s.exemplars != nil {
		close(s.exemplars) // its only sender has returned
	}
	rest.Wait()
	s.settle()
	s.log.close()
	writer.Wait()
	return errors.Join(err, lost, s.journal.close())
}

// write is the loop of the only writer. It waits for nothing but its own next
// turn.
func (s *Session) write(ctx context.Context, engineDone <-chan error, failures <-chan error) error {
	// Short turns while the cut is rehearsed: one request is not in flight for long.
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	left := ctx.Done()
	calm := false
	var last time.Time // by when the load must have drained
	for {
		select {
		case r := <-s.requests:
			reply, err := s.serve(r.who, r.cmd, r.at)
			r.reply <- answer{reply, err}
		case <-s.facts.ready:
			s.record()
		case err := <-failures:
			s.journalFailed(err)
		case <-left:
			left = nil
			s.finish(Finish{Reason: "signal"}, BySession)
		case err := <-engineDone:
			s.record()
			return err
		case <-tick.C:
			if s.phase != phaseRehearsal && !calm {
				calm = true
				tick.Reset(wakeEvery)
			}
			s.turn(s.now())
		}
		if s.ending == nil {
			continue
		}
		if last.IsZero() {
			last = s.now().Add(s.draining())
		}
		if s.stops == 0 || s.now().After(last) {
			s.cancel() // the engine gives its last tick and returns
		}
	}
}

// record writes what engine, guard and monitors have told.
func (s *Session) record() {
	for _, f := range s.facts.take() {
		switch b := f.body.(type) {
		case loadengine.StopReport:
			s.stopped(b)
		case *NoteAdd:
			s.addNote(f.by, b)
		case *LoadTick:
			b.stamp(s.msAt)
			s.add(f.by, f.kind, b)
		case *ExemplarAdd:
			b.Sent = s.msAt(b.sent)
			s.add(f.by, f.kind, b)
		case *LinkVerdict, *IdentityResult:
			s.foundLink(f.body)
		case *BaselineEnd:
			s.add(f.by, f.kind, b)
			if s.phase == phaseBaseline {
				s.live()
			}
		default:
			s.add(f.by, f.kind, f.body)
		}
	}
}

// add writes one fact now.
func (s *Session) add(by, kind string, body any) Event {
	return s.log.append(s.now(), s.ms(), by, kind, body)
}

// ms is the session's own clock: it goes on over a resume by what the wall
// clock says has passed.
func (s *Session) ms() int64 { return s.base + s.now().Sub(s.began).Milliseconds() }

// msAt is the session's own clock at a moment that was, as the engine saw it.
func (s *Session) msAt(t time.Time) int64 {
	return min(max(0, s.base+t.Sub(s.began).Milliseconds()), s.ms())
}

// addNote gives a note its number and what the panes show now.
func (s *Session) addNote(by string, b *NoteAdd) Event {
	b.ID = fmt.Sprintf("n%d", s.nextNote)
	s.nextNote++
	if b.Tags == nil {
		b.Tags = notes.Tags(b.Text)
	}
	b.Typed = b.Typed.UTC().Round(time.Millisecond)
	c := s.context()
	c.Running = s.engine.Live().Running
	if b.Context != nil { // the guard's own: a cut has taken the users away already
		c.Running = b.Context.Running
	}
	b.Context = c
	return s.add(by, TypeNoteAdd, b)
}

func (s *Session) context() *notes.Context {
	var c *notes.Context
	now := s.now()
	s.log.read(func(st *State) { c = st.Context(now) })
	return c
}

// Since returns the events after seq; see Log.Since.
func (s *Session) Since(ctx context.Context, seq uint64) ([]Event, error) {
	return s.log.Since(ctx, seq)
}

// Snapshot returns a copy of the state to start from.
func (s *Session) Snapshot() *State { return s.log.Snapshot() }

// WaitDurable waits until an event is on the disk.
func (s *Session) WaitDurable(ctx context.Context, seq uint64) error {
	return s.log.WaitDurable(ctx, seq)
}

// Durable is the seq of the newest event that is on the disk.
func (s *Session) Durable() uint64 { return s.log.Durable() }

// Dir is the session's folder.
func (s *Session) Dir() string { return s.o.Dir }

// Done is closed when Run has returned.
func (s *Session) Done() <-chan struct{} { return s.done }
