// Package locust drives the users of a Locust master and its workers with the
// same dial, brake and permit as the engine of this machine. What it asks of
// the fleet it asks over the master's web API; that the fleet lets go when
// nobody renews its permit is the work of crosstalk_guard.py, the plug-in in
// this folder, on the master and on every worker.
package locust

import (
	"context"
	_ "embed" // the plug-in
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"crosstalk/loadengine"
)

// Plugin is the text of crosstalk_guard.py, which a locustfile imports.
//
//go:embed crosstalk_guard.py
var Plugin string

// Times of the fleet's lease. Workers are gevent programs that stand still for
// moments under load, so that the lease of the local engine would lapse on them.
const (
	Lease     = 2 * time.Second
	beatEvery = 250 * time.Millisecond
	pollEvery = time.Second
	turnEvery = 100 * time.Millisecond
	askFor    = 1500 * time.Millisecond // one question to the master
	protocol  = 4
	atOnce    = 1000 // users a second at most that Locust is asked to spawn
)

// Options is what a fleet is made of.
type Options struct {
	URL       string   // of the master's web API; user and password in it are used
	Login     string   // path that its login form is posted to; empty: none, or HTTP Basic
	Session   string   // a name that tells sessions apart
	Host      string   // staging's URL, set as the master's host; empty leaves the locustfile's
	Hosts     []string // host:port that load may reach
	Forbidden []string // host:port of production's checks
	MaxUsers  int      // hard cap
	MaxRPS    float64  // hard cap of the whole fleet; 0: none
	Glide     float64  // users a second upward; 0 follows at once
}

// Fleet is an engine whose users run elsewhere. It is good for one Run.
type Fleet struct {
	o        Options
	client   *client
	permit   *loadengine.Permit
	brake    *loadengine.Brake
	hooks    loadengine.Hooks
	plugged  bool // the master has the plug-in
	leased   bool // and so have all workers, so that they obey the lease
	remedy   string
	started  atomic.Bool
	asked    atomic.Int64
	ceiling  atomic.Int64 // -1: none
	running  atomic.Int64
	inFlight atomic.Int64
	change   chan struct{} // the setpoint moved

	polling sync.Mutex

	mu         sync.Mutex
	glide      float64
	slew       bool
	slewFactor float64
	epoch      int64     // of the present permit
	shut       bool      // that epoch is over
	beaten     time.Time // when the fleet answered a beat last
	dueAt      time.Time // of the next beat; zero: at once
	order      int       // users that were asked of the master last
	insist     bool      // that order is to be given again
	orderedAt  time.Time
	rose       time.Time // when the order last left zero
	yielded    int       // fewer are let be until the dial moves: that many and 1; 0: not
	yieldedAt  int       // where the dial was then
	below      bool      // the master sent out fewer than the order at the last look
	waitingAt  time.Time // since when users wait for room and none of them has got any
	surplusAt  time.Time // since when more run than were ordered; zero: no more do
	insisted   bool      // that was ordered again
	seen       *state
	lost       map[string]bool      // workers that were said to be lost, or to have let go by themselves
	apart      bool                 // one of them waits for a new epoch
	apartAt    int                  // where the dial was then
	joined     map[string]time.Time // workers that came without the plug-in, or before it has told
	said       map[string]bool      // troubles that were told and are not over, and what is told once
	foreignAt  time.Time            // when users that somebody else set were told of last
	wordsFrom  time.Time            // when the minute began in which words of workers are counted
	words      map[*deed]int        // that were told in it
	total      loadengine.Total

	tally *tally
}

// New reaches for the master and tells what is wrong with it. A master without
// the plug-in, or with a worker without it, is no error: Leased says so.
func New(ctx context.Context, o Options, permit *loadengine.Permit, brake *loadengine.Brake, h loadengine.Hooks) (*Fleet, error) {
	c, err := newClient(o.URL, o.Login)
	if err != nil {
		return nil, err
	}
	f := &Fleet{o: o, client: c, permit: permit, brake: brake, hooks: h, change: make(chan struct{}, 1), glide: o.Glide, slew: true, slewFactor: 1,
		lost: map[string]bool{}, joined: map[string]time.Time{}, said: map[string]bool{}, tally: newTally(time.Now())}
	f.ceiling.Store(-1)
	s, err := f.find(ctx)
	if err != nil {
		return nil, err
	}
	if len(here(s.Workers)) == 0 {
		return nil, fmt.Errorf("no worker is connected to the Locust master at %s: start one with locust --worker --master-host", c.base.Host)
	}
	if s.Session != "" && s.Session != o.Session && s.Epoch > s.Shut {
		return nil, fmt.Errorf("session %s drives the fleet at %s: end it first, or wait %s after its death", s.Session, c.base.Host, Lease)
	}
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	if f.leased {
		c.session = o.Session
		c.hands.Store(int64(s.Hands))
	} else {
		f.remedy = remedy(here(s.Workers))
		if s.Claimed {
			// A session that has died left it shut, and nobody else would open it.
			if s, err = c.post(ctx, "release", halt{Session: s.Session, Epoch: s.Epoch}); err != nil {
				return nil, err
			}
		}
		// What ended before this session is not its own.
		p, err := c.plain(ctx)
		if err != nil {
			return nil, err
		}
		f.tally.base(p)
	}
	f.epoch = max(time.Now().UnixMicro(), s.Epoch+1, s.Shut+1)
	f.seen = s
	f.tally.cancelled(s.Workers)
	f.running.Store(int64(s.Users))
	return f, nil
}

// find reads how the fleet stands. A worker tells of its plug-in a moment after
// it has connected.
func (f *Fleet) find(ctx context.Context) (*state, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*askFor)
	defer cancel()
	for until := time.Now().Add(askFor); ; {
		s, err := f.look(ctx)
		if err != nil || s.Protocol == 0 || len(here(s.Workers)) == 0 {
			return s, err
		}
		f.plugged, f.leased = true, true
		told := true
		for _, w := range here(s.Workers) {
			f.leased, told = f.leased && w.Guarded, told && w.Protocol > 0
		}
		if f.leased || told || time.Now().After(until) {
			return s, nil
		}
		select {
		case <-ctx.Done():
			return s, nil
		case <-time.After(turnEvery):
		}
	}
}

// look reads the fleet's state, from the plug-in where there is one.
func (f *Fleet) look(ctx context.Context) (*state, error) {
	var s state
	switch err := f.client.call(ctx, http.MethodGet, "/crosstalk/state", "", nil, &s); {
	case err == nil:
		if s.Protocol != protocol {
			return nil, fmt.Errorf("crosstalk_guard.py on the Locust master speaks version %d of its protocol, this program %d: copy the newer one", s.Protocol, protocol)
		}
		if s.Shape {
			return nil, errShape
		}
		return &s, nil
	case !errors.Is(err, errNoPlugin):
		return nil, err
	}
	p, err := f.client.plain(ctx)
	if err != nil {
		return nil, err
	}
	return p.state(), nil
}

// state is how the fleet stands by Locust's own statistics, which do not tell
// what was asked for and are up to two seconds old. Without the plug-in each
// running user counts as one request in flight.
func (p *stats) state() *state {
	return &state{State: p.State, Target: p.Users, Users: p.Users, InFlight: p.Users, Workers: p.Workers}
}

func here(all []worker) []worker {
	var some []worker
	for _, w := range all {
		if w.here() {
			some = append(some, w)
		}
	}
	return some
}

// Leased tells whether the fleet lets go by itself when this program dies: the
// master and all its workers import the plug-in.
func (f *Fleet) Leased() bool { return f.leased }

// Remedy is what a person does so that the fleet is on the lease the next time;
// empty where it is.
func (f *Fleet) Remedy() string { return f.remedy }

// Workers is how many there were when the fleet was found.
func (f *Fleet) Workers() int { return len(here(f.seen.Workers)) }

// SetAsked sets the dial, clamped to 0 and MaxUsers. While the brake is latched
// it stays 0, and must be set again after its release.
func (f *Fleet) SetAsked(n int) {
	if _, latched := f.brake.Latched(); latched {
		n = 0
	}
	f.ask(min(max(n, 0), f.o.MaxUsers))
	f.moved()
}

// ask moves the dial, which begins a level.
func (f *Fleet) ask(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if int64(n) == f.asked.Load() {
		return
	}
	f.asked.Store(int64(n))
	f.tally.begin(n, time.Now())
	f.dueAt = time.Time{} // workers hear of it at once
}

// SetCeiling sets the most that may run; below 0 is no ceiling.
func (f *Fleet) SetCeiling(n int) {
	f.ceiling.Store(int64(max(n, -1)))
	f.moved()
}

// SetGlide sets how many users a second running may rise; 0 follows at once.
func (f *Fleet) SetGlide(perSecond float64) { f.set(func() { f.glide = max(perSecond, 0) }) }

// SetSlew turns the guard's limit of max(2, 10 % of running) users a second
// upward on or off.
func (f *Fleet) SetSlew(on bool) { f.set(func() { f.slew = on }) }

// SetSlewFactor scales that limit; what is not above 0 is taken as 1.
func (f *Fleet) SetSlewFactor(x float64) {
	if !(x > 0) {
		x = 1
	}
	f.set(func() { f.slewFactor = x })
}

func (f *Fleet) set(change func()) {
	f.mu.Lock()
	change()
	f.mu.Unlock()
	f.moved()
}

func (f *Fleet) moved() {
	select {
	case f.change <- struct{}{}:
	default:
	}
}

// Live returns how things stand as the fleet has told last. Without the plug-in
// each running user counts as one request in flight.
func (f *Fleet) Live() loadengine.Live {
	return loadengine.Live{Asked: int(f.asked.Load()), Running: int(f.running.Load()),
		InFlight: int(f.inFlight.Load()), Ceiling: int(f.ceiling.Load())}
}

// Total returns what has ended since the start, as the master has told last.
func (f *Fleet) Total() loadengine.Total {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.total
}
