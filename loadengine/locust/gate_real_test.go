//go:build real

package locust

import (
	"testing"
	"time"

	"crosstalk/bench/swarm"
	"crosstalk/loadengine"
)

// clients are Locust's two: their requests go out by different libraries.
var clients = map[string]bool{"HttpUser": false, "FastHttpUser": true}

// Workers hold the allow-list: what is not on it gets nothing, also where an
// answer leads there.
func TestWorkersHoldTheAllowList(t *testing.T) {
	t.Parallel()
	for name, fast := range clients {
		t.Run(name, func(t *testing.T) {
			other := newShop(t)
			b := fleetOf(t, func(o *swarm.Options) { o.Fast, o.Reach = fast, other.URL+"/" }, nil)
			b.at(t, 2)
			if f := b.says(t, loadengine.FindingHost, other.place()); f.Remedy != `hosts: ["`+other.place()+`"]` {
				t.Errorf("finding %+v", f)
			}
			await(t, "errors of hosts that are not allowed", func() bool { return b.newest().Kinds["host not allowed"] > 0 })
			if n := other.requests.Load(); n != 0 {
				t.Errorf("%d requests reached a host that is not allowed", n)
			}
		})
		t.Run(name+" by a redirect", func(t *testing.T) {
			other := newShop(t)
			b := fleetOf(t, func(o *swarm.Options) { o.Fast = fast }, nil)
			to := other.URL + "/"
			b.shop.leads.Store(&to)
			b.at(t, 2)
			b.says(t, loadengine.FindingHost, other.place())
			b.loads(t)
			if n := other.requests.Load(); n != 0 {
				t.Errorf("%d requests were led to a host that is not allowed", n)
			}
		})
	}
}

// The same host, allowed by name, is refused while production's checks use its
// address.
func TestWorkersKeepOffProductionsAddresses(t *testing.T) {
	t.Parallel()
	other := newShop(t)
	b := fleetOf(t, func(o *swarm.Options) { o.Reach = other.URL + "/" },
		func(o *Options) { o.Hosts = append(o.Hosts, other.place()); o.Forbidden = []string{other.place()} })
	b.at(t, 2)
	b.says(t, loadengine.FindingHost, other.place())
	if n := other.requests.Load(); n != 0 {
		t.Errorf("%d requests reached an address of production's", n)
	}
}

// The fleet's cap of requests a second is held by all workers together, and what
// waits for it does not look like a slow server.
func TestWorkersHoldTheCapOfRequests(t *testing.T) {
	t.Parallel()
	for name, fast := range clients {
		t.Run(name, func(t *testing.T) {
			const limit = 10
			b := fleetOf(t, func(o *swarm.Options) { o.Fast, o.Wait = fast, -1 }, func(o *Options) { o.MaxRPS = limit })
			b.at(t, most)
			from, n := time.Now(), b.shop.requests.Load()
			b.silentAbout(t, most)
			b.silentAbout(t, most)
			took := time.Since(from).Seconds()
			if got := float64(b.shop.requests.Load() - n); got > limit*took+most || got < 3 {
				t.Errorf("%.0f requests in %.1f s, the cap is %d a second", got, took, limit)
			}
			// A user's turn comes every 1.2 s; an answer that is there at once is one of 0 ms to Locust.
			if k := b.newest(); k.Ten.Requests == 0 || k.Ten.P50 > 600*time.Millisecond {
				t.Errorf("%d requests, p50 %s: waiting for the cap is in it", k.Ten.Requests, k.Ten.P50)
			}
		})
	}
}
