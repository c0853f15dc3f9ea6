package monitors

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// A monitor and a board on real servers: production is green, one server stops
// answering, and production is red from the age of its probes, before the first
// of them is given up. The sink of this machine stays out of it.
func TestAHangingServerIsRedBeforeItsProbeIsGivenUp(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var hang atomic.Bool
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if hang.Load() {
			<-r.Context().Done()
		}
	})
	good, bad := httptest.NewServer(http.NotFoundHandler()), httptest.NewServer(handler)
	defer good.Close()
	defer bad.Close()
	sink, err := Sink(ctx)
	if err != nil {
		t.Fatal(err)
	}
	m := mustMonitor(t,
		httpCheck(t, HTTPOptions{Env: Production, Name: "good", URL: good.URL, Expect: "404", Every: 50 * ms}),
		httpCheck(t, HTTPOptions{Env: Production, Name: "bad", URL: bad.URL, Every: 50 * ms, Timeout: 20 * time.Second}),
		sink, Host(200*ms),
	)
	out := make(chan Sample, 1000)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		m.Run(ctx, out)
	}()
	b := NewBoard(m.Checks(), nil)
	tick := time.NewTicker(50 * ms)
	defer tick.Stop()
	var states []string
	answers := 0
	for b.Env(Production, time.Now()).State != Red {
		var changes []Change
		select {
		case <-ctx.Done():
			t.Fatalf("never red: %v", states)
		case s := <-out:
			changes = b.Observe(s)
			if s.Phase == Done && s.Name == "bad" {
				if answers++; hang.Load() && !s.Result.OK {
					t.Errorf("a probe was given up before: %+v", s)
				}
			}
		case now := <-tick.C:
			if len(out) == 0 {
				changes = b.Advance(now)
			}
		}
		for _, c := range changes {
			if c.Env == Production && c.Check == "" {
				states = append(states, c.To.String())
			}
		}
		if answers == 10 {
			hang.Store(true)
		}
	}
	e := b.Env(Production, time.Now())
	if !slices.Contains(states, "green") || e.RedCount != 1 || e.Checks[1].State != Red || e.Checks[0].State == Red {
		t.Errorf("states %v, %d red: %s", states, e.RedCount, e.Why)
	}
	if self := b.Env(Self, time.Now()); self.Newest.IsZero() || self.Checks[1].Vitals == nil {
		t.Errorf("nothing seen of this machine: %+v", self)
	}
	cancel()
	<-ended
}
