//go:build real

package locust

import (
	"encoding/json"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"time"

	"crosstalk/bench/swarm"
	"crosstalk/loadengine"
)

// stands asks the plug-in how the fleet stands.
func (b *bench) stands(t *testing.T) *state {
	t.Helper()
	res, err := http.Get(b.swarm.URL + "/crosstalk/state")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	s := &state{}
	if err := json.NewDecoder(res.Body).Decode(s); err != nil {
		t.Fatal(err)
	}
	return s
}

// answers tells whether the plug-in answers at all.
func (b *bench) answers() bool {
	res, err := http.Get(b.swarm.URL + "/crosstalk/state")
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// signal sends a signal to a worker.
func signal(t *testing.T, p *swarm.Process, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(p.PID(), s); err != nil {
		t.Fatal(err)
	}
}

// One worker dies: it is said, what is left is left, and the dial still moves.
func TestAWorkerDies(t *testing.T) {
	t.Parallel()
	b := fleetOf(t, func(o *swarm.Options) { o.Wait = 100 * time.Millisecond }, nil)
	b.at(t, 4)
	await(t, "two workers in a tick", func() bool { n := b.nodes(); return n.Workers == 2 && n.Leased })
	b.swarm.Workers[0].Kill()
	b.says(t, "is lost with its users", "1 left")
	b.runs(t, 2)
	b.loads(t)
	await(t, "one worker and one lost in a tick", func() bool { n := b.nodes(); return n.Workers == 1 && n.Lost == 1 })
	b.silentAbout(t, 2) // nobody makes up for it
	b.at(t, 6)
	if err := b.swarm.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.says(t, "joined", "2 in all")
	await(t, "users at both", func() bool {
		busy := 0
		for _, w := range b.stands(t).Workers {
			if w.Users > 0 {
				busy++
			}
		}
		return busy == 2
	})
	b.runs(t, 6)
	if stop, latched := b.brake.Latched(); latched {
		t.Errorf("the brake was pulled: %+v", stop)
	}
}

// silentAbout holds that no more than so many run over three ticks.
func (b *bench) silentAbout(t *testing.T, n int) {
	t.Helper()
	b.mu.Lock()
	from := len(b.ticks)
	b.mu.Unlock()
	await(t, "three more ticks", func() bool { b.mu.Lock(); defer b.mu.Unlock(); return len(b.ticks) >= from+3 })
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, k := range b.ticks[from:] {
		if k.Running > n {
			t.Errorf("%d users run, want at most %d", k.Running, n)
		}
	}
}

// A worker that is told to end leaves at once, and Locust itself would make up
// for its users in the same moment.
func TestAWorkerLeaves(t *testing.T) {
	t.Parallel()
	b := fleet(t)
	b.at(t, 6)
	signal(t, b.swarm.Workers[0], syscall.SIGTERM)
	b.says(t, "is lost with its users", "1 left")
	b.runs(t, 3)
	b.silentAbout(t, 3)
	b.at(t, 4)
}

// All workers die: nobody runs until one is back and the dial moves.
func TestAllWorkersDie(t *testing.T) {
	t.Parallel()
	b := fleet(t)
	b.at(t, 4)
	for _, w := range b.swarm.Workers {
		w.Kill()
	}
	b.says(t, "no worker is left")
	b.runs(t, 0)
	if err := b.swarm.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.says(t, "joined", "1 in all")
	b.silent(t)
	b.at(t, 2)
}

// A worker that stands still ends its own users by its own clock. It is said,
// nobody spawns there, and it is back when the dial moves.
func TestAWorkerStandsStill(t *testing.T) {
	t.Parallel()
	b := fleetOf(t, func(o *swarm.Options) { o.Wait = 100 * time.Millisecond }, nil)
	b.at(t, 4)
	signal(t, b.swarm.Workers[0], syscall.SIGSTOP)
	b.says(t, "is lost with its users")
	b.runs(t, 2)
	signal(t, b.swarm.Workers[0], syscall.SIGCONT)
	await(t, "the worker that has let go", func() bool {
		s := b.stands(t)
		return slices.ContainsFunc(s.Workers, func(w worker) bool { return w.Shut == s.Epoch && !w.Fit && w.here() })
	})
	b.silentAbout(t, 2)
	if n := b.nodes(); n.Workers != 1 || n.Lost != 1 {
		t.Errorf("the nodes: %+v", n)
	}
	b.engine.SetAsked(6)
	b.says(t, "is back", "2 in all")
	b.runs(t, 6)
	for _, w := range b.stands(t).Workers {
		if w.Users != 3 {
			t.Errorf("a worker runs %d of 6 users", w.Users)
		}
	}
	await(t, "two workers in a tick", func() bool { n := b.nodes(); return n.Workers == 2 && n.Lost == 0 })
	if stop, latched := b.brake.Latched(); latched {
		t.Errorf("the brake was pulled: %+v", stop)
	}
}

// A worker that joins gets users only when it holds the permit: without it, it
// would send wherever its locustfile says.
func TestALateWorkerWaitsForItsPermit(t *testing.T) {
	t.Parallel()
	other := newShop(t)
	b := fleetOf(t, func(o *swarm.Options) { o.Workers, o.Reach = 1, other.URL+"/" }, nil)
	b.at(t, 4)
	if err := b.swarm.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	await(t, "users at both workers", func() bool {
		busy := 0
		for _, w := range b.stands(t).Workers {
			if w.Users > 0 {
				busy++
				if !w.Fit {
					t.Errorf("worker %s runs %d users without a permit", brief(w.ID), w.Users)
				}
			}
		}
		return busy == 2
	})
	b.loads(t)
	if n := other.requests.Load(); n != 0 {
		t.Errorf("%d requests went where none may go", n)
	}
}

// A worker without the plug-in that joins gets nothing, and the fleet stays on
// the lease.
func TestALateWorkerWithoutThePlugIn(t *testing.T) {
	t.Parallel()
	b := fleetOf(t, func(o *swarm.Options) { o.Workers = 1 }, nil)
	b.at(t, 2)
	if err := b.swarm.JoinBare(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.says(t, "does not import crosstalk_guard.py, and gets no users")
	b.at(t, 6)
	s := b.stands(t)
	if len(s.Workers) != 2 {
		t.Fatalf("the fleet: %+v", s)
	}
	for _, w := range s.Workers {
		if w.Guarded != (w.Users == 6) {
			t.Errorf("worker %+v", w)
		}
	}
	b.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonOperator, By: "mel"})
	await(t, "the stop's report", b.stopped(1))
	if !b.stops[0].Drained {
		t.Errorf("stop report %+v", b.stops[0])
	}
	b.silent(t)
}

// The plug-in on the master alone is no lease, and the dial works all the same,
// even where a session that died has left the fleet shut.
func TestThePlugInOnTheMasterAlone(t *testing.T) {
	t.Parallel()
	b := fleetOf(t, func(o *swarm.Options) { o.Bare = true }, func(o *Options) { o.Session = "first" })
	if b.engine.(*Fleet).Leased() {
		t.Error("a fleet whose workers are without the plug-in is on the lease")
	}
	b.at(t, 3)
	await(t, "numbers in a tick", func() bool {
		k := b.newest()
		return k.Requests > 0 && k.Running == 3 && k.Ten.P95 > 0 && k.Nodes.Workers == 2 && !k.Nodes.Leased && len(k.Levels) > 0
	})
	b.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonOperator, By: "mel"})
	await(t, "the stop's report", b.stopped(1))
	if !b.stops[0].Drained {
		t.Errorf("stop report %+v", b.stops[0])
	}
	b.silent(t)
	b.finish()

	// Somebody who believed in the lease takes the fleet, and dies.
	dead, err := newClient(b.swarm.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dead.post(t.Context(), "permit", permit{Session: "dead", Epoch: time.Now().UnixMicro(), TTL: 0.05, Users: 5, Hosts: []string{}, Forbidden: []string{}}); err != nil {
		t.Fatal(err)
	}
	await(t, "the end of its lease", func() bool { s := b.stands(t); return s.Claimed && s.Shut == s.Epoch })
	next := &bench{shop: b.shop, swarm: b.swarm, brake: loadengine.NewBrake(), permit: loadengine.NewPermit(loadengine.SystemClock())}
	next.join(t, nil)
	next.at(t, 2)
}
