//go:build real

package locust

import (
	"testing"

	"crosstalk/bench/swarm"
	"crosstalk/loadengine"
)

// Users who are taken away finish the request that is on its way; a stop takes
// it back. Whatever Locust counts is of those who stay.
func TestUsersWhoAreTakenAwayFinishTheirRequest(t *testing.T) {
	t.Parallel()
	for name, fast := range clients {
		t.Run(name, func(t *testing.T) {
			b := fleetOf(t, func(o *swarm.Options) { o.Fast, o.Wait = fast, -1 }, nil)
			b.shop.slow.Store(1500)
			b.at(t, most)
			b.engine.SetAsked(1)
			b.runs(t, 1)
			b.at(t, 5) // some of the others are still on their way
			for _, w := range b.stands(t).Workers {
				if w.Users < 2 || w.Users > 3 {
					t.Errorf("a worker runs %d of 5 users", w.Users)
				}
			}
			b.engine.SetAsked(0)
			b.runs(t, 0)
			await(t, "nothing in flight", func() bool { return b.engine.Live().InFlight == 0 })
			b.silent(t)
			if n := b.shop.torn.Load(); n != 0 {
				t.Errorf("%d requests were taken back, and nobody stopped anything", n)
			}
			for _, w := range b.stands(t).Workers {
				if w.Cancelled != 0 {
					t.Errorf("a worker tells of %d requests that it took back", w.Cancelled)
				}
			}

			b.at(t, most)
			b.engine.SetAsked(1) // also who is on the way out
			b.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonOperator, By: "mel"})
			await(t, "the stop's report", b.stopped(1))
			if r := b.stops[0]; !r.Drained {
				t.Errorf("stop report %+v", r)
			}
			await(t, "requests that were taken back", func() bool { return b.shop.torn.Load() > 0 })
			b.silent(t)
		})
	}
}

// A worker that is killed at the cap leaves its room to the others when its
// permit has ended, and not when Locust forgets it; one that joins has its share.
func TestAWorkerDiesAtTheCap(t *testing.T) {
	t.Parallel()
	b := fleet(t)
	b.at(t, most)
	b.swarm.Workers[0].Kill()
	b.says(t, "is lost with its users", "1 left")
	b.runs(t, most/2)
	b.at(t, most-1)
	if err := b.swarm.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.says(t, "joined", "2 in all")
	await(t, "users at both that are left", func() bool {
		users, busy := 0, 0
		for _, w := range b.stands(t).Workers {
			if users += w.Users; w.Users >= most/2-1 {
				busy++
			}
		}
		return users == most-1 && busy == 2
	})
	b.silentAbout(t, most-1)
}

// A worker that joins where as many run as may takes over from others, whose
// users finish their request first: together they never pass the cap.
func TestAWorkerJoinsAtTheCap(t *testing.T) {
	t.Parallel()
	b := fleetOf(t, func(o *swarm.Options) { o.Workers, o.Wait = 1, -1 }, nil)
	b.shop.slow.Store(1500)
	b.at(t, most)
	if err := b.swarm.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	await(t, "half of the users at each worker", func() bool {
		s := b.stands(t)
		return len(s.Workers) == 2 && s.Workers[0].Users == most/2 && s.Workers[1].Users == most/2
	})
	b.silentAbout(t, most)
	if n := b.shop.peak.Load(); n > most {
		t.Errorf("%d requests at once, the cap is %d users", n, most)
	}
	if n := b.shop.torn.Load(); n != 0 {
		t.Errorf("%d requests were taken back, and nobody stopped anything", n)
	}
}
