package loadengine

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// record keeps what an engine's hooks were told.
type record struct {
	mu    sync.Mutex
	ticks []Tick
	stops []StopReport
	found []Finding
}

func (r *record) listen() Hooks {
	return Hooks{
		Tick:    func(t Tick) { r.mu.Lock(); defer r.mu.Unlock(); r.ticks = append(r.ticks, t) },
		Stopped: func(s StopReport) { r.mu.Lock(); defer r.mu.Unlock(); r.stops = append(r.stops, s) },
		Finding: func(f Finding) { r.mu.Lock(); defer r.mu.Unlock(); r.found = append(r.found, f) },
	}
}

// total sums up all ticks.
func (r *record) total() Tick {
	r.mu.Lock()
	defer r.mu.Unlock()
	sum := Tick{Codes: map[string]uint64{}, Kinds: map[string]uint64{}}
	for _, t := range r.ticks {
		sum.Requests += t.Requests
		sum.Errors += t.Errors
		sum.Dropped += t.Dropped
		sum.Cancelled += t.Cancelled
		for k, n := range t.Codes {
			sum.Codes[k] += n
		}
		for k, n := range t.Kinds {
			sum.Kinds[k] += n
		}
		sum.Final = t.Final
	}
	return sum
}

func (r *record) stopped() []StopReport {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]StopReport(nil), r.stops...)
}

// fakeServer is a RoundTripper that answers after a latency of fake time. /from
// leads on to /to.
type fakeServer struct {
	latency  time.Duration
	sent     atomic.Int64
	inFlight atomic.Int64
	most     atomic.Int64
	mu       sync.Mutex
	times    []time.Time
	stall    chan struct{} // not nil: nothing is answered until it is closed
}

func (f *fakeServer) RoundTrip(r *http.Request) (*http.Response, error) {
	f.sent.Add(1)
	f.mu.Lock()
	f.times = append(f.times, time.Now())
	f.mu.Unlock()
	n := f.inFlight.Add(1)
	defer f.inFlight.Add(-1)
	for most := f.most.Load(); n > most && !f.most.CompareAndSwap(most, n); most = f.most.Load() {
	}
	if f.stall != nil {
		select {
		case <-f.stall:
		case <-r.Context().Done():
			return nil, context.Cause(r.Context())
		}
	}
	timer := time.NewTimer(f.latency)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
	if r.URL.Path == "/from" {
		return &http.Response{StatusCode: http.StatusSeeOther, Header: http.Header{"Location": {"/to"}}, Body: http.NoBody, Request: r}, nil
	}
	return &http.Response{StatusCode: http.StatusOK, Status: "200 OK", Header: http.Header{}, Body: io.NopCloser(strings.NewReader("ok")), Request: r}, nil
}

// rig is an engine on fake time and a fake server.
type rig struct {
	*Engine
	*record
	server *fakeServer
	end    func()
}

// newRig starts an engine inside a synctest bubble: glide and slew are off and
// the permit lasts a day unless the test changes them.
func newRig(t *testing.T, p Plan, latency time.Duration) *rig {
	t.Helper()
	r := &rig{record: &record{}, server: &fakeServer{latency: latency}}
	permit := NewPermit(SystemClock())
	permit.Grant(24 * time.Hour)
	e, err := newEngine(p, permit, NewBrake(), r.listen(), options{base: r.server})
	if err != nil {
		t.Fatal(err)
	}
	r.Engine = e
	e.SetSlew(false)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	ended := false
	r.end = func() {
		if ended {
			return
		}
		ended = true
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	return r
}

// pass lets fake time pass and everything that falls due in it happen.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func users(n int) Plan {
	p := onePlan("http://staging.test/", Step{URL: "/"})
	p.MaxUsers = n
	return p
}
