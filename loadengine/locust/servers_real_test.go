//go:build real

package locust

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"crosstalk/bench/swarm"
)

// patience for real Python programs on a busy machine.
const long = 90 * time.Second

// shop is a server that counts what comes to it.
type shop struct {
	*httptest.Server
	requests atomic.Int64
	failing  atomic.Bool
	slow     atomic.Int64           // milliseconds until it answers
	torn     atomic.Int64           // requests whose sender did not wait for that
	inside   atomic.Int64           // requests that it is at now
	peak     atomic.Int64           // the most of these
	leads    atomic.Pointer[string] // where its answers lead; nil: nowhere
	mu       sync.Mutex
	last     time.Time
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		defer s.inside.Add(-1)
		now := s.inside.Add(1)
		s.mu.Lock()
		s.last = time.Now()
		s.peak.Store(max(now, s.peak.Load()))
		s.mu.Unlock()
		if ms := s.slow.Load(); ms > 0 {
			select {
			case <-r.Context().Done():
				s.torn.Add(1)
				return
			case <-time.After(time.Duration(ms) * time.Millisecond):
			}
		}
		if to := s.leads.Load(); to != nil {
			w.Header().Set("Location", *to)
			w.WriteHeader(http.StatusFound)
			return
		}
		if s.failing.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *shop) place() string { return s.Listener.Addr().String() }

// lastCame is when the newest request came.
func (s *shop) lastCame() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.last }

// startSwarm starts Locust with two workers and the plug-in, as changed.
func startSwarm(t *testing.T, target string, change func(*swarm.Options)) *swarm.Swarm {
	t.Helper()
	o := swarm.Options{Dir: t.TempDir(), Target: target, Workers: 2, Plugin: Plugin}
	if change != nil {
		change(&o)
	}
	s, err := swarm.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.Said())
		}
		s.Close()
	})
	return s
}

// await waits for a state of other processes, which nothing announces.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !is() {
		select {
		case <-ctx.Done():
			t.Fatalf("not seen within %s: %s", long, what)
		case <-look.C:
		}
	}
}
