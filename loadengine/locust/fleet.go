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
	stopFor   = 60 * time.Second        // Locust's own stop waits for tasks
	protocol  = 1
	atOnce    = 1000 // users a second: as fast as Locust spawns and stops
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
	leased   bool // every worker obeys the lease
	started  atomic.Bool
	asked    atomic.Int64
	ceiling  atomic.Int64 // -1: none
	running  atomic.Int64
	inFlight atomic.Int64
	change   chan struct{} // the setpoint moved

	mu         sync.Mutex
	glide      float64
	slew       bool
	slewFactor float64
	epoch      int64 // of the present permit
	shut       bool  // that epoch is over
	beaten     time.Time
	order      int // users that were asked of the master last
	orderedAt  time.Time
	foreigns   int // times that somebody else asked for more, as told last
	yielded    int // somebody else asked for fewer: that many and 1; 0: nobody did
	yieldedAt  int // what was wanted then
	seen       *state
	lost       map[string]bool // workers that were said to be lost
	said       map[string]bool // troubles and refused hosts that were told
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
	f := &Fleet{o: o, client: c, permit: permit, brake: brake, hooks: h, change: make(chan struct{}, 1),
		glide: o.Glide, slew: true, slewFactor: 1, lost: map[string]bool{}, said: map[string]bool{}}
	f.ceiling.Store(-1)
	ctx, cancel := context.WithTimeout(ctx, 2*askFor)
	defer cancel()
	s, err := f.look(ctx)
	if err != nil {
		return nil, err
	}
	if len(here(s.Workers)) == 0 {
		return nil, fmt.Errorf("no worker is connected to the Locust master at %s: start one with locust --worker --master-host", c.base.Host)
	}
	if s.Session != "" && s.Session != o.Session && s.Epoch > s.Shut {
		return nil, fmt.Errorf("session %s drives the fleet at %s: end it first, or wait %s after its death", s.Session, c.base.Host, Lease)
	}
	f.epoch = max(time.Now().UnixMicro(), s.Epoch+1, s.Shut+1)
	f.seen = s
	f.tally = newTally(time.Now())
	return f, nil
}

// look reads the fleet's state, from the plug-in where there is one.
func (f *Fleet) look(ctx context.Context) (*state, error) {
	var s state
	switch err := f.client.call(ctx, "GET", "/crosstalk/state", "", nil, &s); {
	case err == nil:
		if s.Protocol != protocol {
			return nil, fmt.Errorf("crosstalk_guard.py on the Locust master speaks version %d of its protocol, this program %d: copy the newer one", s.Protocol, protocol)
		}
		if s.Shape {
			return nil, errShape
		}
		f.leased = true
		for _, w := range here(s.Workers) {
			f.leased = f.leased && w.Guarded
		}
		return &s, nil
	case !errors.Is(err, errNoPlugin):
		return nil, err
	}
	p, err := f.client.plain(ctx)
	if err != nil {
		return nil, err
	}
	return &state{State: p.State, Target: p.Users, Users: p.Users, Workers: p.Workers}, nil
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

// Workers is how many there were when the fleet was found.
func (f *Fleet) Workers() int { return len(here(f.seen.Workers)) }

// SetAsked sets the dial, clamped to 0 and MaxUsers. While the brake is latched
// it stays 0, and must be set again after its release.
func (f *Fleet) SetAsked(n int) {
	if _, latched := f.brake.Latched(); latched {
		n = 0
	}
	f.asked.Store(int64(min(max(n, 0), f.o.MaxUsers)))
	f.moved()
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
