package loadengine

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// hello answers a few bytes and counts.
type hello struct {
	url    string
	served atomic.Int64
	until  atomic.Int64
	enough atomic.Pointer[chan struct{}]
}

func newHello(b *testing.B) *hello {
	b.Helper()
	h := new(hello)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "hello")
		if h.served.Add(1) == h.until.Load() {
			close(*h.enough.Load())
		}
	}))
	b.Cleanup(s.Close)
	h.url = s.URL
	return h
}

// after returns what is closed when n more were answered.
func (h *hello) after(n int) <-chan struct{} {
	c := make(chan struct{})
	h.enough.Store(&c)
	h.until.Store(h.served.Load() + int64(n))
	return c
}

const benchUsers = 64

// runEngine sends about n requests through the whole engine, as the program
// sets it up, and returns how many and how long they took.
func runEngine(b *testing.B, h *hello, n int) (requests uint64, took time.Duration) {
	b.Helper()
	p := onePlan(h.url, Step{URL: "/"})
	p.MaxUsers = benchUsers
	p.Wire.Proxy = func(*url.URL) (*url.URL, error) { return nil, nil } // the environment names none
	permit := NewPermit(SystemClock())
	permit.Grant(time.Hour)
	e, err := New(p, permit, NewBrake(), Hooks{Tick: func(t Tick) { requests += t.Requests }, Exemplar: func(Exemplar) {}})
	if err != nil {
		b.Fatal(err)
	}
	e.SetSlew(false)
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	// The server counts, so that the benchmark need not poll.
	enough := h.after(n)
	e.SetAsked(benchUsers)
	began := time.Now()
	go func() { done <- e.Run(ctx) }()
	<-enough
	took = time.Since(began)
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	return requests, took
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// limitPacer sends without a pause until n hits.
type limitPacer uint64

func (l limitPacer) Pace(_ time.Duration, hits uint64) (time.Duration, bool) {
	return 0, hits >= uint64(l)
}
func (limitPacer) Rate(time.Duration) float64 { return 0 }
func (limitPacer) String() string             { return "limit" }

// runVegeta sends n requests with the plain attacker, as vegeta attack does
// with -rate=0 -max-workers=64.
func runVegeta(url string, n int) time.Duration {
	a := vegeta.NewAttacker(vegeta.Workers(benchUsers), vegeta.MaxWorkers(benchUsers), vegeta.MaxBody(0))
	tr := vegeta.NewStaticTargeter(vegeta.Target{Method: http.MethodGet, URL: url + "/"})
	var m vegeta.Metrics
	began := time.Now()
	for r := range a.Attack(tr, limitPacer(n), 0, "") {
		m.Add(r)
	}
	return time.Since(began)
}

func BenchmarkEngine(b *testing.B) {
	h := newHello(b)
	b.ReportAllocs()
	b.ResetTimer()
	requests, took := runEngine(b, h, b.N)
	b.ReportMetric(float64(requests)/took.Seconds(), "requests/s")
}

func BenchmarkVegeta(b *testing.B) {
	h := newHello(b)
	b.ReportAllocs()
	b.ResetTimer()
	took := runVegeta(h.url, b.N)
	b.ReportMetric(float64(b.N)/took.Seconds(), "requests/s")
}

// BenchmarkBesideVegeta runs both in turn on one server and prints how our time
// for a request compares. Client and server share this machine, so that the
// ratio says more than either number.
func BenchmarkBesideVegeta(b *testing.B) {
	h := newHello(b)
	var ours, theirs time.Duration
	b.ResetTimer()
	for rounds := 4; rounds > 0; rounds-- {
		n := b.N/4 + 1
		_, took := runEngine(b, h, n)
		ours += took
		theirs += runVegeta(h.url, n)
	}
	b.ReportMetric(float64(ours)/float64(theirs), "x-vegeta")
}

// BenchmarkWholeTurn is a turn without a network: Pacer, Targeter, gate, drain.
func BenchmarkWholeTurn(b *testing.B) {
	p := onePlan("http://staging.test/", Step{URL: "/"})
	p.MaxUsers = benchUsers
	permit := NewPermit(SystemClock())
	permit.Grant(time.Hour)
	enough := make(chan struct{})
	var sent atomic.Int64
	resp := http.Response{StatusCode: http.StatusOK, Status: "200 OK", Header: http.Header{}, Body: http.NoBody}
	e, err := newEngine(p, permit, NewBrake(), Hooks{}, options{base: roundTrip(func(*http.Request) (*http.Response, error) {
		if sent.Add(1) == int64(b.N) {
			close(enough)
		}
		r := resp
		return &r, nil
	})})
	if err != nil {
		b.Fatal(err)
	}
	e.SetSlew(false)
	e.SetAsked(benchUsers)
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	b.ReportAllocs()
	b.ResetTimer()
	go func() { done <- e.Run(ctx) }()
	<-enough
	b.StopTimer()
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}
