//go:build real

package locust

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"crosstalk/bench/swarm"
	"crosstalk/loadengine"
)

const many = 1600 // users: more than Locust is asked to spawn in a second

// quietFor waits until nothing has come to the shop for a while.
func (b *bench) quietFor(t *testing.T, d time.Duration) {
	t.Helper()
	n, since := b.shop.requests.Load(), time.Now()
	await(t, "silence at the shop", func() bool {
		if now := b.shop.requests.Load(); now != n {
			n, since = now, time.Now()
		}
		return time.Since(since) > d
	})
}

// Locust takes users away a second's worth at a time, and its numbers on the way
// down are orders to spawn for workers whose users have ended. Each user asks
// once when it begins and then waits for long: whoever comes back is counted.
func TestNobodyComesBackAfterAStopOfMany(t *testing.T) {
	t.Parallel()
	b := fleetOf(t, func(o *swarm.Options) { o.Fast, o.Wait = true, 10*time.Minute }, func(o *Options) { o.MaxUsers = many })
	start := func(n int) {
		b.engine.SetGlide(0)
		b.engine.SetSlew(false)
		b.engine.SetAsked(n)
		b.runs(t, n)
	}
	start(many)
	b.quietFor(t, time.Second)

	// Down at once: in one order, not a thousand a second.
	start(200)
	if want := fmt.Sprintf("Sending spawn jobs of 200 users at %d.00", many); !strings.Contains(b.swarm.Master.Log(), want) {
		t.Errorf("the master was not told %q", want)
	}
	start(many)
	b.quietFor(t, time.Second)
	from := b.shop.requests.Load()
	b.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonOperator, By: "mel"})
	await(t, "the stop's report", b.stopped(1))
	if r := b.stops[0]; !r.Drained || r.Running != many {
		t.Errorf("stop report %+v", r)
	}

	// One user more is one request more, although the fleet has just been full.
	b.again(t)
	start(1)
	b.quietFor(t, 4*time.Second)
	if n := b.shop.requests.Load() - from; n != 1 {
		t.Errorf("%d requests after the stop, want 1 of the one user", n)
	}
	start(many)
	b.quietFor(t, time.Second)
	from = b.shop.requests.Load()
	b.finish() // gives the fleet back: no lease holds workers any more
	b.quietFor(t, 4*time.Second)
	if n := b.shop.requests.Load() - from; n != 0 {
		t.Errorf("%d requests came after the session had ended", n)
	}
	if s := b.stands(t); s.Users != 0 || s.Claimed {
		t.Errorf("the fleet was given back with %+v", s)
	}
}
