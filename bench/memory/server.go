//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// server holds requests, or answers at once; it counts them and its connections.
type server struct {
	target, watch string
	http          []*http.Server
	requests      atomic.Int64
	inFlight      atomic.Int64
	connections   atomic.Int64
}

// listen starts it on loopback, with a second address that only watches.
func listen(ctx context.Context, k kind) (*server, error) {
	s := &server{}
	load := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		s.inFlight.Add(1)
		defer s.inFlight.Add(-1)
		if k == waiting {
			<-r.Context().Done()
			return
		}
		_, _ = w.Write([]byte("hello, world\n"))
	}), ConnState: func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			s.connections.Add(1)
		case http.StateClosed, http.StateHijacked:
			s.connections.Add(-1)
		}
	}}
	well := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("well\n")) })}
	for _, l := range []struct {
		srv *http.Server
		at  *string
	}{{load, &s.target}, {well, &s.watch}} {
		at, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			s.close()
			return nil, fmt.Errorf("listen: %w", err)
		}
		*l.at = "http://" + at.Addr().String() + "/"
		s.http = append(s.http, l.srv)
		go func() { _ = l.srv.Serve(at) }() // ends with close
	}
	return s, nil
}

func (s *server) close() {
	for _, srv := range s.http {
		_ = srv.Close()
	}
}
