package session

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"crosstalk/loadengine"
)

// A guard whose goroutine is gone stops the load on its way out, and nobody is
// told to press a key that no guard would see.
func TestAKilledGuardStopsTheLoad(t *testing.T) {
	t.Parallel()
	f := newSites(t, 1, 5*time.Millisecond)
	r := f.load(f.options())
	gone := make(chan struct{})
	r.watch.order(func(time.Time) {
		close(gone)
		runtime.Goexit()
	})
	<-gone
	if _, stop := f.stopped(r); stop.Reason != loadengine.ReasonGuard {
		t.Errorf("stop %+v", stop)
	}
	f.awaitsAPerson(r)
	if err := r.May(mel, SetDial{To: 5}); err == nil || !strings.Contains(err.Error(), "start the session again") {
		t.Errorf("the refusal is %v", err)
	}
	// Whoever says "go on" to a guard that is not there is not obeyed.
	_, _ = r.Do(t.Context(), mel, Hold{})
	_, _ = r.Do(t.Context(), mel, SetDial{To: 5})
	f.silent(r, 0)
	r.finish()
}

// clocks are a session's, and can be made to jump.
type clocks struct {
	real loadengine.Clock
	wall atomic.Int64 // how far the wall clock is ahead
	mono atomic.Int64 // how far the monotonic clock is ahead
}

func (c *clocks) read() (time.Time, time.Duration) {
	wall, mono := c.real()
	return wall.Add(time.Duration(c.wall.Load())), mono + time.Duration(c.mono.Load())
}

// jumpy makes a session whose permit reads clocks of the test.
func (f *sites) jumpy(c *clocks) *started {
	f.t.Helper()
	o := f.options()
	o.Clock = c.read
	s, err := New(o)
	if err != nil {
		f.t.Fatal(err)
	}
	r := &started{Session: s, t: f.t, ended: make(chan error, 1)}
	go func() { r.ended <- s.Run(f.t.Context()) }()
	return loadOn(f.t, r)
}

// A clock that jumps has slept, or was set: either way nobody watched meanwhile.
func TestAClockJumpStopsTheLoad(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		wall, mono time.Duration
	}{
		{"the wall clock is set forward", 3 * time.Second, 0},
		{"the machine slept", 8 * time.Hour, 0},
		{"the program stood still", 2 * time.Second, 2 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newSites(t, 1, 5*time.Millisecond)
			k := &clocks{real: loadengine.SystemClock()}
			r := f.jumpy(k)
			k.mono.Store(int64(c.mono))
			k.wall.Store(int64(c.wall))
			_, stop := f.stopped(r)
			if stop.Reason != loadengine.ReasonPermit {
				t.Errorf("stop %+v", stop)
			}
			if cut := r.known("the cut", guardTo(string(GuardCut))).Body.(*GuardChange); cut.Cause != CausePermit {
				t.Errorf("cut %+v", cut)
			}
			f.awaitsAPerson(r)
			k.wall.Store(0) // a clock that jumps back does not bring it to life
			f.silent(r, 0)
			f.awaitsAPerson(r)
			if st := Fold(r.finish()); st.Guard.Cuts != 0 {
				t.Errorf("%d cuts counted against the person", st.Guard.Cuts)
			}
		})
	}
}

// A wall clock that is set back must not keep a permit alive that nobody renews.
func TestAClockSetBackKeepsNoPermitAlive(t *testing.T) {
	t.Parallel()
	f := newSites(t, 1, 5*time.Millisecond)
	k := &clocks{real: loadengine.SystemClock()}
	r := f.jumpy(k)
	release := make(chan struct{})
	r.watch.order(func(time.Time) {
		k.wall.Store(int64(-time.Hour))
		<-release
	})
	if _, stop := f.stopped(r); stop.Reason != loadengine.ReasonPermit {
		t.Errorf("stop %+v", stop)
	}
	close(release)
	r.known("the cut", guardTo(string(GuardCut)))
	f.awaitsAPerson(r)
	r.finish()
}
