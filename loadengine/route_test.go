package loadengine

import (
	"errors"
	"fmt"
	"net/url"
	"sync"
	"testing"
)

// The function of a Wire is asked once for a host, and what it said holds for
// that host and scheme alone; an error is no way without a proxy.
func TestRoutes(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	asked := map[string]int{}
	r := newRoutes(Wire{Proxy: func(u *url.URL) (*url.URL, error) {
		mu.Lock()
		asked[u.Scheme+u.Host]++
		mu.Unlock()
		switch {
		case u.Host == "broken.test":
			return nil, errors.New("no such proxy")
		case u.Scheme == "https":
			return url.Parse("http://proxy.test:3128")
		}
		return nil, nil
	}})
	want := map[string]bool{"http://a.test/": true, "https://a.test/": false, "http://b.test/": true, "http://broken.test/": false}
	for range 3 {
		for target, direct := range want {
			u, err := url.Parse(target)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.direct(u); got != direct {
				t.Errorf("%s: direct %v", target, got)
			}
		}
	}
	for host, n := range asked {
		if n != 1 {
			t.Errorf("%s was asked for %d times", host, n)
		}
	}
	if !(*routes)(nil).direct(&url.URL{Scheme: "https"}) {
		t.Error("no routes are all direct")
	}
	// Redirects may bring any number of hosts, from many users at once.
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for j := range 600 {
				r.direct(&url.URL{Scheme: "http", Host: fmt.Sprintf("h%d-%d.test", i, j)})
			}
		})
	}
	all.Wait()
	if n := len(*r.known.Load()); n > routesMost {
		t.Errorf("%d routes are kept", n)
	}
}
