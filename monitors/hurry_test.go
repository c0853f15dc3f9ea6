package monitors

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// An eager check asks more often while it is hurried, from the moment on that it
// is, and as before afterwards; others never do.
func TestHurry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		m := mustMonitor(t,
			Check{Env: Production, Name: "counter", Every: 5 * time.Second, Eager: true, Probe: takes(ms)},
			Check{Env: Production, Name: "named", Every: 5 * time.Second, Probe: takes(ms)},
			Check{Env: Production, Name: "fast", Every: 500 * ms, Eager: true, Probe: takes(ms)},
		)
		out := make(chan Sample, 10_000)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); m.Run(ctx, out) }()
		m.Hurry(0) // nothing
		<-time.After(11500 * ms)
		m.Hurry(time.Second)
		<-time.After(4 * time.Second)
		m.Hurry(time.Second) // nothing new
		m.Hurry(0)
		<-time.After(14 * time.Second)
		cancel()
		<-ended
		close(out)
		got := map[string][]time.Duration{}
		for s := range out {
			if s.Phase == Sent {
				got[s.Name] = append(got[s.Name], s.Due.Sub(start))
			}
		}
		want := []time.Duration{0, 5000, 10000, 12500, 13500, 14500, 15500, 16500, 21500, 26500}
		if len(got["counter"]) != len(want) {
			t.Fatalf("asked at %v", got["counter"])
		}
		for i, at := range want {
			if got["counter"][i] != at*ms {
				t.Errorf("asked at %v, want %d ms", got["counter"][i], at)
			}
		}
		if len(got["named"]) != 6 || len(got["fast"]) != 59 {
			t.Errorf("the others were asked %d and %d times", len(got["named"]), len(got["fast"]))
		}
	})
}

// Who limits our checks is not hurried, and comes back to the pace of then.
func TestAServerThatLimitsUsIsNotHurried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var limits atomic.Bool
		limits.Store(true)
		m := mustMonitor(t, Check{Env: Production, Name: "counter", Every: 5 * time.Second, Eager: true, Probe: func(context.Context) Result {
			return Result{OK: !limits.Load(), Limited: limits.Load()}
		}})
		out := make(chan Sample, 10_000)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); m.Run(ctx, out) }()
		<-time.After(time.Second)
		m.Hurry(time.Second)
		<-time.After(15 * time.Second) // asked at 0 and 10 s: now 20 s later
		limits.Store(false)
		<-time.After(16 * time.Second)
		cancel()
		<-ended
		close(out)
		var got []time.Duration
		for s := range out {
			if s.Phase == Sent {
				got = append(got, s.Due.Sub(start))
			}
		}
		want := []time.Duration{0, 10 * time.Second, 30 * time.Second, 31 * time.Second}
		if len(got) < len(want) {
			t.Fatalf("asked at %v", got)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("asked at %v, want %v first", got, want)
				break
			}
		}
	})
}
