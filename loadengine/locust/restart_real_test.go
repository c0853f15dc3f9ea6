//go:build real

package locust

import (
	"testing"

	"crosstalk/bench/swarm"
	"crosstalk/loadengine"
)

// replace kills the master, and lets a spare take its place when the way to
// there is done.
func (b *bench) replace(t *testing.T, then func()) {
	t.Helper()
	if err := b.swarm.Spare(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.swarm.Master.Kill()
	then()
	if err := b.swarm.Replace(); err != nil {
		t.Fatal(err)
	}
}

// back waits for a master that knows nobody and has nothing running under it.
func (b *bench) back(t *testing.T) {
	t.Helper()
	await(t, "the new master's page", b.answers)
	await(t, "nobody at the workers of before", func() bool {
		s := b.stands(t)
		return len(s.Workers) == 2 && s.Users == 0 && s.InFlight == 0
	})
}

// A master that is back before the leases end knows no workers, and they go on
// sending: it ends them, and nobody runs until there is a worker of its own.
func TestAMasterIsBackAtOnce(t *testing.T) {
	t.Parallel()
	b := fleet(t)
	b.at(t, 4)
	b.replace(t, func() {})
	b.back(t)
	stop, latched := b.brake.Latched()
	t.Logf("the brake: %t, %+v", latched, stop)
	b.silent(t)
	if latched { // the machine was slow, and the leases had ended
		await(t, "the stop's report", b.stopped(1))
		b.again(t)
	} else {
		b.says(t, "no worker is left")
	}
	b.engine.SetAsked(3)
	b.silentAbout(t, 0)
	if err := b.swarm.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.says(t, "joined", "1 in all")
	b.at(t, 2)
}

// A master that is back after the leases have ended confirms the stop, and gives
// the fleet back when the session ends.
func TestAMasterIsBackLate(t *testing.T) {
	t.Parallel()
	b := fleet(t)
	b.at(t, 4)
	b.replace(t, func() {
		await(t, "the brake", func() bool { _, latched := b.brake.Latched(); return latched })
	})
	b.back(t)
	b.says(t, "could not be reached")
	await(t, "the stop's report", b.stopped(1))
	if r := b.stops[0]; !r.Drained || r.Reason != loadengine.ReasonPermit {
		t.Errorf("stop report %+v", r)
	}
	b.silent(t)
	b.finish()
	if s := b.stands(t); s.Claimed {
		t.Errorf("the fleet was not given back: %+v", s)
	}
}

// A climb that began before the session, and not in Locust's page, does not go
// on under it.
func TestAClimbFromBeforeTheSession(t *testing.T) {
	t.Parallel()
	const theirs = 500
	b := &bench{shop: newShop(t), brake: loadengine.NewBrake(), permit: loadengine.NewPermit(loadengine.SystemClock()), guarded: true}
	b.swarm = startSwarm(t, b.shop.URL, func(o *swarm.Options) {
		o.Master = []string{"--autostart", "--expect-workers", "2", "-u", "500", "-r", "4"}
	})
	await(t, "their climb", func() bool { s := b.stands(t); return s.Target == theirs && s.Users > 2 })
	b.join(t, nil)
	b.says(t, "someone else set 500 users", "set back to 0")
	b.runs(t, 0)
	b.silent(t)
	b.at(t, 2)
	b.silentAbout(t, 2)
	b.silentAbout(t, 2)
	if s := b.stands(t); s.Users != 2 || s.Target != 2 {
		t.Errorf("the fleet: %+v", s)
	}
}

// A worker with the plug-in of before joins: it is said and gets nothing, and
// the fleet stays on the lease.
func TestALateWorkerWithAnOlderPlugIn(t *testing.T) {
	t.Parallel()
	b := fleetOf(t, func(o *swarm.Options) { o.Workers = 1 }, nil)
	b.at(t, 2)
	if err := b.swarm.JoinOlder(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.says(t, "imports an older crosstalk_guard.py, and gets no users")
	b.at(t, 6)
	if err := b.swarm.Join(t.Context()); err != nil { // the master still looks after who comes
		t.Fatal(err)
	}
	await(t, "users at both that are fit", func() bool {
		busy := 0
		for _, w := range b.stands(t).Workers {
			if !w.Guarded && (w.Users > 0 || w.Fit) {
				t.Errorf("worker %+v", w)
			}
			if w.Users > 0 {
				busy++
			}
		}
		return busy == 2
	})
	b.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonOperator, By: "mel"})
	await(t, "the stop's report", b.stopped(1))
	if !b.stops[0].Drained {
		t.Errorf("stop report %+v", b.stops[0])
	}
	b.silent(t)
}
