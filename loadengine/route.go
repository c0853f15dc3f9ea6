package loadengine

import (
	"maps"
	"net/url"
	"sync"
	"sync/atomic"
)

// routes tells which hosts are reached without a proxy. It is asked for every
// request, so what the function of the Wire answered is kept: that one follows
// the environment, which does not change. A nil one knows no proxy.
type routes struct {
	proxy func(*url.URL) (*url.URL, error) // nil: no proxy at all
	known atomic.Pointer[map[route]bool]

	mu sync.Mutex // of who adds to known
}

// route is what a proxy is chosen by.
type route struct{ scheme, host string }

// routesMost bounds what is kept: hosts may come out of redirects.
const routesMost = 1024

func newRoutes(w Wire) *routes { return &routes{proxy: w.Proxy} }

// direct tells whether a request to u needs no proxy. Where the function fails,
// it is not direct: who asks it again then has its error.
func (r *routes) direct(u *url.URL) bool {
	if r == nil || r.proxy == nil {
		return true
	}
	to := route{u.Scheme, u.Host}
	if known := r.known.Load(); known != nil {
		if direct, ok := (*known)[to]; ok {
			return direct
		}
	}
	p, err := r.proxy(u)
	direct := p == nil && err == nil
	r.mu.Lock()
	defer r.mu.Unlock()
	next := map[route]bool{}
	if known := r.known.Load(); known != nil && len(*known) < routesMost {
		next = maps.Clone(*known)
	}
	next[to] = direct
	r.known.Store(&next)
	return direct
}
