// Package fault holds servers, a name server and a line that fail on order, for
// the tests and the benches that ask what the guard does about it. Everything
// listens on loopback only.
package fault

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Way is how a server behaves.
type Way int32

// The ways.
const (
	Well  Way = iota
	Hangs     // takes requests and does not answer
	Slow      // answers six times slower
	Half      // answers every other request with 503, at once
)

// slower is by how much a Slow server is.
const slower = 6

// Server is an HTTP server on a free port of its own that can be made to fail.
// It counts what arrives, before anything else happens to it.
type Server struct {
	address string
	usual   time.Duration
	body    []byte
	brief   bool

	way     atomic.Int32
	arrived atomic.Int64
	last    atomic.Pointer[time.Time]

	mu      sync.Mutex
	running *http.Server
	mended  chan struct{} // closed when hanging requests may go on
}

// Options of a Server; all may be left out.
type Options struct {
	Usual time.Duration // how long an answer usually takes
	Body  int           // bytes of an answer
	Brief bool          // each answer ends its connection
}

// NewServer starts a server that is well. Close ends it.
func NewServer(o Options) (*Server, error) {
	s := &Server{usual: o.Usual, body: make([]byte, o.Body), brief: o.Brief, mended: make(chan struct{})}
	for i := range s.body {
		s.body[i] = 'x'
	}
	if err := s.listen("127.0.0.1:0"); err != nil {
		return nil, err
	}
	return s, nil
}

// listen begins to take connections; the first time at a free port, and from
// then on at the same one.
func (s *Server) listen(address string) error {
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", address)
	if err != nil {
		return fmt.Errorf("open a server: %w", err)
	}
	running := &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: time.Minute}
	running.SetKeepAlivesEnabled(!s.brief)
	s.mu.Lock()
	s.address, s.running = l.Addr().String(), running
	s.mu.Unlock()
	go func() {
		if err := running.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			// The listener is nobody else's, so this can only be our own Close coming first.
			_ = l.Close()
		}
	}()
	return nil
}

// URL is where the server is asked.
func (s *Server) URL() string { return "http://" + s.address + "/" }

// Address is its host:port. It stays the same when the server refuses for a while.
func (s *Server) Address() string { return s.address }

// Arrived is how many requests have arrived.
func (s *Server) Arrived() int64 { return s.arrived.Load() }

// Last is when the newest request arrived; zero if none did.
func (s *Server) Last() time.Time {
	if t := s.last.Load(); t != nil {
		return *t
	}
	return time.Time{}
}

// Become changes how requests are answered from now on. Those that hang are let
// go, unless they are to go on hanging.
func (s *Server) Become(w Way) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := Way(s.way.Swap(int32(w)))
	if was == Hangs && w != Hangs {
		close(s.mended)
		s.mended = make(chan struct{})
	}
}

// Refuse ends every connection and takes no new one, as a machine does whose
// program has died.
func (s *Server) Refuse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.running.Close()
}

// Accept ends Refuse.
func (s *Server) Accept() error { return s.listen(s.address) }

// Close ends the server.
func (s *Server) Close() {
	s.Become(Well)
	s.Refuse()
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	n := s.arrived.Add(1)
	for {
		was := s.last.Load()
		if was != nil && was.After(now) || s.last.CompareAndSwap(was, &now) {
			break
		}
	}
	wait := s.usual
	switch Way(s.way.Load()) {
	case Well:
	case Hangs:
		s.mu.Lock()
		mended := s.mended
		s.mu.Unlock()
		select {
		case <-mended:
		case <-r.Context().Done():
			return
		}
	case Slow:
		wait *= slower
	case Half:
		if n%2 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
	}
	if wait > 0 {
		done := time.NewTimer(wait)
		defer done.Stop()
		select {
		case <-done.C:
		case <-r.Context().Done():
			return
		}
	}
	_, _ = w.Write(s.body) // who no longer listens has told it by leaving
}
