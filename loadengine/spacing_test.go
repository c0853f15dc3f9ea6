package loadengine

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// Redirects that are followed count under limits.rps, in both modes, in every
// second; the wait for their turn is no latency of the server's.
func TestRedirectsAreRequestsUnderMaxRPS(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode           string
		asked          int
		least, most    int // a second
		drops          bool
		longestLatency time.Duration
	}{
		"users":              {ModeUsers, 50, 98, 101, false, 202 * time.Millisecond},
		"rate, at the limit": {ModeRate, 100, 98, 104, true, 202 * time.Millisecond},
		"rate, well below":   {ModeRate, 40, 79, 81, false, 202 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := onePlan("http://staging.test/", Step{URL: "/from"})
				p.Mode, p.MaxUsers, p.MaxRPS = c.mode, 100, 100
				r := newRig(t, p, 100*time.Millisecond)
				defer r.end()
				r.SetAsked(c.asked)
				pass(5 * time.Second)
				from := time.Now()
				pass(10 * time.Second)
				sum := r.total()
				bySecond := make([]int, 10)
				r.server.mu.Lock()
				for _, at := range r.server.times {
					if i := int(at.Sub(from) / time.Second); !at.Before(from) && i < len(bySecond) {
						bySecond[i]++
					}
				}
				r.server.mu.Unlock()
				for i, n := range bySecond {
					if n < c.least || n > c.most {
						t.Errorf("second %d: %d requests, want %d to %d", i, n, c.least, c.most)
					}
				}
				r.record.mu.Lock()
				last := r.ticks[len(r.ticks)-1]
				missed := uint64(0)
				for _, tick := range r.ticks {
					missed += tick.Missed
				}
				found := slices.ContainsFunc(r.found, func(f Finding) bool { return f.Kind == FindingCapped })
				r.record.mu.Unlock()
				if found != c.drops || len(r.Findings()) > 1 {
					t.Errorf("sends dropped: %v, found %+v", c.drops, r.Findings())
				}
				if last.Last.Requests == 0 || last.Last.Max > c.longestLatency {
					t.Errorf("latency up to %v of %d requests", last.Last.Max, last.Last.Requests)
				}
				if (sum.Dropped > 0) != c.drops || missed > 0 {
					t.Errorf("%d dropped, %d missed", sum.Dropped, missed)
				}
			})
		})
	}
}

// A stop does not wait for the turn of a redirect.
func TestStopWhileARedirectWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := onePlan("http://staging.test/", Step{URL: "/from"})
		p.MaxUsers, p.MaxRPS = 3, 0.1
		r := newRig(t, p, 10*time.Millisecond)
		defer r.end()
		r.SetAsked(3)
		pass(5 * time.Second)
		if n := r.server.sent.Load(); n != 1 || r.Live().InFlight != 1 {
			t.Fatalf("%d sent, %d in flight: no redirect waits", n, r.Live().InFlight)
		}
		r.brake.Pull(Stop{Reason: ReasonOperator, By: "mel"})
		pass(100 * time.Millisecond)
		stops := r.stopped()
		if r.Live().InFlight != 0 || r.server.sent.Load() != 1 || len(stops) != 1 || stops[0].Zero > 20*time.Millisecond {
			t.Errorf("%d in flight, %d sent, stops %+v", r.Live().InFlight, r.server.sent.Load(), stops)
		}
	})
}

// A redirect that waits has its whole timeout all the same.
func TestWaitIsNoPartOfTheTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := onePlan("http://staging.test/", Step{URL: "/from", Timeout: time.Second})
		p.MaxUsers, p.MaxRPS = 1, 0.5
		r := newRig(t, p, 100*time.Millisecond)
		defer r.end()
		r.SetAsked(1)
		pass(20 * time.Second)
		if sum := r.total(); sum.Requests < 3 || sum.Errors > 0 {
			t.Errorf("%d requests, errors %v", sum.Requests, sum.Kinds)
		}
	})
}
