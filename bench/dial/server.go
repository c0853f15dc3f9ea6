//go:build unix

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// server answers after a while, and remembers when each request came and when
// how many were in flight.
type server struct {
	target, watch string
	http          []*http.Server

	mu       sync.Mutex
	inFlight int
	came     []time.Time // every request of load
	moved    []move
	changed  chan struct{} // closed at the next change
}

// move is the number in flight from a moment on.
type move struct {
	at time.Time
	n  int
}

// listen starts it on loopback, with a second address that only watches.
func listen(ctx context.Context, answer time.Duration) (*server, error) {
	s := &server{changed: make(chan struct{})}
	load := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.move(+1)
		defer s.move(-1)
		wait := time.NewTimer(answer)
		defer wait.Stop()
		select {
		case <-wait.C:
			_, _ = w.Write([]byte("hello, world\n"))
		case <-r.Context().Done(): // let go of
		}
	})
	well := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("well\n")) })
	for _, h := range []struct {
		handler http.Handler
		at      *string
	}{{load, &s.target}, {well, &s.watch}} {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			s.close()
			return nil, fmt.Errorf("listen: %w", err)
		}
		*h.at = "http://" + l.Addr().String() + "/"
		srv := &http.Server{Handler: h.handler, ReadHeaderTimeout: time.Minute}
		s.http = append(s.http, srv)
		go func() { _ = srv.Serve(l) }() // ends with close
	}
	return s, nil
}

func (s *server) close() {
	for _, srv := range s.http {
		_ = srv.Close()
	}
}

func (s *server) move(by int) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight += by
	if by > 0 {
		s.came = append(s.came, now)
	}
	s.moved = append(s.moved, move{now, s.inFlight})
	close(s.changed)
	s.changed = make(chan struct{})
}

// reached waits until so many are in flight (at least; for 0: none), and returns
// when that was first so from a moment on; the zero time if it is not by then.
func (s *server) reached(ctx context.Context, n int, from, until time.Time) time.Time {
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	enough := func(m int) bool { return n > 0 && m >= n || n == 0 && m == 0 }
	looked, before := 0, 0 // moves that were looked at, and in flight before the next
	for {
		s.mu.Lock()
		moved, changed := s.moved, s.changed // what is there does not change any more
		s.mu.Unlock()
		for ; looked < len(moved); looked++ {
			m := moved[looked]
			if m.at.After(from) && enough(before) {
				return from
			}
			if before = m.n; !m.at.Before(from) && enough(m.n) {
				return m.at
			}
		}
		if !time.Now().Before(from) && enough(before) {
			return from
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return time.Time{}
		}
	}
}

// after returns the last request that came after a moment, and when the last of
// all was no longer in flight; zero times where there was none.
func (s *server) after(t time.Time) (last, quiet time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.came); n > 0 && s.came[n-1].After(t) {
		last = s.came[n-1]
	}
	if n := len(s.moved); n > 0 && s.moved[n-1].n == 0 {
		quiet = s.moved[n-1].at
	}
	return last, quiet
}
