//go:build real && unix

package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"crosstalk/bench/fault"
	"crosstalk/bench/swarm"
	"crosstalk/loadengine/locust"
)

// onFleet is a headless session whose load comes from two real Locust workers,
// watching a production that can be made to fail.
type onFleet struct {
	t          *testing.T
	swarm      *swarm.Swarm
	staging    *site
	production *fault.Server
	arrived    atomic.Int64 // requests of the fleet, not Crosstalk's own check
	last       atomic.Int64 // when the newest of them came, in Unix microseconds
}

func newFleet(t *testing.T, plugin string) *onFleet {
	t.Helper()
	f := &onFleet{t: t}
	f.staging = newSite(t, func(_ http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.UserAgent(), "crosstalk-check/") {
			f.arrived.Add(1)
			f.last.Store(time.Now().UnixMicro())
		}
	})
	var err error
	if f.production, err = fault.NewServer(fault.Options{Usual: 5 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.production.Close)
	if f.swarm, err = swarm.Start(t.Context(), swarm.Options{Dir: t.TempDir(), Target: f.staging.URL, Workers: 2, Plugin: plugin}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(f.swarm.Said())
		}
		f.swarm.Close()
	})
	return f
}

func (f *onFleet) run(dial string, more ...string) *process {
	f.t.Helper()
	args := append([]string{"run", "--headless", "--baseline", "3s", "--events", "-", "--out", filepath.Join(f.t.TempDir(), "session"), "--as", "mel",
		"--locust", f.swarm.URL, "--target", f.staging.URL, "--watch", f.production.URL(), "--watch-every", "100ms", "--dial", dial}, more...)
	return start(f.t, command(f.t, args...))
}

// unhurried is for a machine that does other things as well.
const unhurried = 3 * time.Second

func (f *onFleet) lastCame() time.Time { return time.UnixMicro(f.last.Load()) }

// fleetState is how the plug-in says the fleet stands.
type fleetState struct {
	Users, Shut, Epoch int64
	Why                string
	Workers            []struct{ Users, Shut int64 }
}

func (f *onFleet) state() (s fleetState) {
	f.t.Helper()
	res, err := http.Get(f.swarm.URL + "/crosstalk/state")
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if err := json.NewDecoder(res.Body).Decode(&s); err != nil {
		f.t.Fatal(err)
	}
	return s
}

// until waits until the fleet is so; nothing announces it.
func (f *onFleet) until(what string, is func(fleetState) bool) {
	f.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for s := f.state(); !is(s); s = f.state() {
		select {
		case <-late.C:
			f.t.Fatalf("%s does not come: %+v", what, s)
		case <-look.C:
		}
	}
}

// nothingComes holds that no request reaches staging while the fleet is asked
// how it stands again and again.
func (f *onFleet) nothingComes() {
	f.t.Helper()
	from, asked := f.arrived.Load(), 0
	f.until("twenty looks", func(fleetState) bool { asked++; return asked > 20 })
	if n := f.arrived.Load() - from; n != 0 {
		f.t.Errorf("%d requests came after the load was said to be at zero", n)
	}
}

// Crosstalk is killed in mid-run: every worker lets go by its own clock, nobody
// told it, and the next session takes the fleet anew.
func TestAFleetStopsWhenCrosstalkIsKilled(t *testing.T) {
	t.Parallel()
	f := newFleet(t, locust.Plugin)
	p := f.run("0s=4")
	p.await("four users", func(e event) bool { return loaded(e) && e.num("running") == 4 })
	epoch := f.state().Epoch
	if s := f.state(); s.Shut >= epoch || s.Users != 4 {
		t.Fatalf("the fleet stands so before: %+v", s)
	}
	p.signal(syscall.SIGKILL)
	killed := time.Now()
	p.wait()
	f.until("every worker's own end", func(s fleetState) bool {
		over := s.Shut == epoch && s.Why == "lapsed" && s.Users == 0 && len(s.Workers) == 2
		for _, w := range s.Workers {
			over = over && w.Shut == epoch && w.Users == 0
		}
		return over
	})
	lasted := f.lastCame().Sub(killed)
	if lasted > locust.Lease+unhurried {
		t.Errorf("Crosstalk killed → last request %.2f s", lasted.Seconds())
	}
	t.Logf("Crosstalk killed → last request %.2f s", lasted.Seconds())
	f.nothingComes()

	p = f.run("0s=3")
	p.await("three users of the next session", func(e event) bool { return loaded(e) && e.num("running") == 3 })
	p.signal(os.Interrupt)
	p.exits(130)
	f.until("nobody", func(s fleetState) bool { return s.Users == 0 })
	f.nothingComes()
}

// Production refuses, or hangs: the guard cuts the fleet as it cuts our own
// engine, within what it promised.
func TestFaultsOfProductionStopAFleet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fault func(*fault.Server)
	}{
		{"refuses", (*fault.Server).Refuse},
		{"hangs", func(s *fault.Server) { s.Become(fault.Hangs) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, locust.Plugin)
			p := f.run("0s=6")
			rehearsal := p.await("the rehearsal", func(e event) bool { return e.Type == "brake.test" })
			if rehearsal.Body["ok"] != true || rehearsal.num("users") != 1 || rehearsal.num("ms_to_zero") <= 0 {
				t.Errorf("the rehearsal: %v", rehearsal.Body)
			}
			promise := p.await("the limits", func(e event) bool { return e.Type == "baseline.end" }).object("promise")
			if promise.num("lease") != locust.Lease.Seconds() || promise.num("refuses") <= promise.num("lease") || promise.num("hangs") <= promise.num("lease") {
				t.Errorf("the promise is without the lease: %v", promise.Body)
			}
			p.await("six users", func(e event) bool { return loaded(e) && e.num("running") == 6 })
			c.fault(f.production)
			failed := time.Now()
			cut := p.await("the cut", func(e event) bool { return e.Type == "guard.state" && e.text("to") == "cut" })
			stop := p.await("the stop", func(e event) bool { return e.Type == "load.stop" })
			if cut.text("cause") != "red" || stop.text("reason") != "guard" || stop.Body["ms_to_zero"] == nil {
				t.Errorf("cut %v, stop %v", cut.Body, stop.Body)
			}
			last := f.lastCame()
			if promised := time.Duration(promise.num(c.name) * float64(time.Second)); last.Sub(failed) > promised+unhurried {
				t.Errorf("production %s → last request %s, promised %s", c.name, last.Sub(failed), promised)
			}
			if cut.Seq >= stop.Seq {
				t.Errorf("the cut is told in line %d, its stop in %d", cut.Seq, stop.Seq)
			}
			t.Logf("production %s → last request %.2f s (promised %.2f s); order → nobody runs %.0f ms, at the rehearsal %.0f ms",
				c.name, last.Sub(failed).Seconds(), promise.num(c.name), stop.num("ms_to_zero"), rehearsal.num("ms_to_zero"))
			f.nothingComes()
			p.signal(os.Interrupt)
			p.exits(3)
		})
	}
}

// A fleet that would go on when Crosstalk dies is kept to a few users, and that
// is said.
func TestAFleetOffTheLeaseIsKeptSmall(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "")
	p := f.run("0s=50")
	p.says("the fleet is not on the lease")
	p.await("five users", func(e event) bool { return loaded(e) && e.num("running") == 5 && e.num("asked") == 50 })
	p.await("another tick", func(e event) bool { return e.Type == "load.tick" && e.num("running") == 5 && e.num("ceiling") == 5 })
	p.signal(os.Interrupt)
	p.exits(130)
	for line := range strings.SplitSeq(strings.TrimSpace(p.out.text()), "\n") {
		if e := parseEvent(t, []byte(line)); e.Type == "load.tick" && e.num("running") > 5 {
			t.Errorf("%v users ran", e.num("running"))
		}
	}
}
