package lab

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Site is one environment of the lab as its clients see it.
type Site struct {
	// URL is the front door: it hands requests to the servers in turn.
	URL string `json:"url"`
	// DSN is the SQLite file, as "sqlite:///absolute/path".
	DSN string `json:"dsn"`
	// Servers are web-1, web-2 and so on.
	Servers []Server `json:"servers"`
}

// Server is one web server of an environment. URL has no trailing slash.
type Server struct {
	Name string `json:"name"`
	URL  string `json:"url"`
	// Health answers without the database, DeepHealth only with it.
	Health     string `json:"health"`
	DeepHealth string `json:"deep_health"`
}

// open starts n servers of a shop and the front door before them.
func (l *Lab) open(ctx context.Context, s *shop, n int) (Site, error) {
	site := Site{DSN: dsn(s.db.path)}
	door := &frontDoor{}
	for i := 1; i <= n; i++ {
		name := fmt.Sprintf("web-%d", i)
		h := s.server(name, i)
		addr, err := l.serve(ctx, h)
		if err != nil {
			return Site{}, fmt.Errorf("start %s %s: %w", s.environment, name, err)
		}
		door.servers = append(door.servers, h)
		site.Servers = append(site.Servers, Server{
			Name: name, URL: addr, Health: addr + "/health", DeepHealth: addr + "/health/deep",
		})
	}
	addr, err := l.serve(ctx, door)
	if err != nil {
		return Site{}, fmt.Errorf("start front door of %s: %w", s.environment, err)
	}
	site.URL = addr
	return site, nil
}

// dsn writes an absolute path as a URL, with the slash that a Windows path
// (C:\shop.db) lacks.
func dsn(path string) string {
	p := filepath.ToSlash(path)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	return (&url.URL{Scheme: "sqlite", Path: p}).String()
}

// frontDoor hands each request to the next server's handler. A load balancer
// of its own process would cost a second hop of CPU and teach nobody anything.
type frontDoor struct {
	servers []http.Handler
	next    atomic.Uint64
}

func (f *frontDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.servers[(f.next.Add(1)-1)%uint64(len(f.servers))].ServeHTTP(w, r)
}

// newServer returns a server whose requests end with ctx and whose open
// connections are counted in conns.
func newServer(ctx context.Context, h http.Handler, conns *sync.WaitGroup) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		// A client's broken connection must not write over a terminal UI.
		ErrorLog: log.New(io.Discard, "", 0),
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				conns.Add(1)
			case http.StateClosed, http.StateHijacked:
				conns.Done()
			}
		},
	}
}
