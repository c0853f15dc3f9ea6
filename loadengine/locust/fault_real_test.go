//go:build real

package locust

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"crosstalk/bench/swarm"
	"crosstalk/loadengine"
)

// way is the network between this program and the master, which can fail.
type way struct {
	*httptest.Server
	cut   atomic.Bool // nothing comes through, and nobody says so
	stops atomic.Int64
	fails atomic.Bool // orders to stop are answered with an error
}

// through puts a way before the master of a bench's swarm.
func through(t *testing.T, s *swarm.Swarm) *way {
	t.Helper()
	to, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	w := &way{}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		stop := strings.HasSuffix(r.URL.Path, "/stop")
		if stop {
			w.stops.Add(1)
		}
		switch {
		case w.cut.Load():
			_, _ = io.Copy(io.Discard, r.Body) // only then the server notices who goes
			<-r.Context().Done()
		case stop && w.fails.Load():
			rw.WriteHeader(http.StatusInternalServerError)
		default:
			proxy.ServeHTTP(rw, r)
		}
	}))
	t.Cleanup(w.Close)
	return w
}

func behindAWay(t *testing.T) (*bench, *way) {
	t.Helper()
	b := &bench{shop: newShop(t), brake: loadengine.NewBrake(), permit: loadengine.NewPermit(loadengine.SystemClock())}
	b.swarm = startSwarm(t, b.shop.URL, nil)
	b.guarded = true
	w := through(t, b.swarm)
	b.join(t, func(o *Options) { o.URL = w.URL })
	return b, w
}

// The network between Crosstalk and the master goes: the workers let go by
// their own clocks, then it is said; when the network is back, the stop is
// confirmed and a person may go on.
func TestTheNetworkGoes(t *testing.T) {
	t.Parallel()
	b, w := behindAWay(t)
	b.at(t, 4)
	w.cut.Store(true)
	gone := time.Now()
	await(t, "the brake", func() bool { _, latched := b.brake.Latched(); return latched })
	b.says(t, "could not be reached")
	await(t, "the workers' own end", func() bool { s := b.stands(t); return s.Shut == s.Epoch && s.Users == 0 && s.InFlight == 0 })
	last := b.shop.lastCame()
	if last.Sub(gone) > Lease+generous {
		t.Errorf("the network gone → last request %.2f s", last.Sub(gone).Seconds())
	}
	t.Logf("the network gone → last request %.2f s", last.Sub(gone).Seconds())
	b.mu.Lock()
	for _, k := range b.ticks {
		if k.At.After(gone.Add(2 * pollEvery)) {
			t.Errorf("a tick %s after the network went, with %d users", k.At.Sub(gone), k.Running)
		}
	}
	b.mu.Unlock()
	w.cut.Store(false)
	await(t, "the stop's report", b.stopped(1))
	if r := b.stops[0]; !r.Drained || r.Reason != loadengine.ReasonPermit {
		t.Errorf("stop report %+v", r)
	}
	b.silent(t)
	b.again(t)
	b.at(t, 2)
}

// A master that does not take the order to stop: no permit comes any more, and
// the lease ends.
func TestTheMasterDoesNotTakeAStop(t *testing.T) {
	t.Parallel()
	b, w := behindAWay(t)
	b.at(t, 4)
	w.fails.Store(true)
	pulled := time.Now()
	b.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonOperator, By: "mel"})
	await(t, "the stop's report", b.stopped(1))
	b.says(t, "answers 500")
	last := b.shop.lastCame()
	if r := b.stops[0]; !r.Drained || last.Sub(pulled) > Lease+generous || r.Zero < last.Sub(pulled)-100*time.Millisecond {
		t.Errorf("order → last request %.2f s, stop report %+v", last.Sub(pulled).Seconds(), r)
	}
	if w.stops.Load() < 2 {
		t.Error("the order was not given again")
	}
	b.silent(t)
}

// Nobody was seen to run when the order to stop came: it is confirmed by the
// workers, not by numbers of a moment before.
func TestAStopRightAfterAnOrder(t *testing.T) {
	t.Parallel()
	b := fleet(t)
	b.at(t, 1)
	b.engine.SetAsked(0)
	b.runs(t, 0)
	f := b.engine.(*Fleet)
	for i := range 3 {
		b.engine.SetAsked(most)
		await(t, "the order", func() bool { f.mu.Lock(); defer f.mu.Unlock(); return f.order == most })
		b.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonOperator, By: "mel"})
		await(t, "the stop's report", b.stopped(i+1))
		b.mu.Lock()
		r := b.stops[i]
		b.mu.Unlock()
		if !r.Drained {
			t.Errorf("stop report %+v", r)
		}
		b.silent(t)
		b.again(t)
	}
	b.at(t, 2)
}
