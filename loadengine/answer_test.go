package loadengine

import (
	"compress/gzip"
	"crypto/tls"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"
)

// A long answer is read to its end, however long it is: its latency is that of
// the whole, and what breaks off late is no good answer. On both paths.
func TestLongBodiesAreReadToTheirEnd(t *testing.T) {
	t.Parallel()
	const long = 40 << 20
	part := make([]byte, 1<<20)
	serveBody := func(w http.ResponseWriter, r *http.Request) {
		n := long
		switch r.URL.Path {
		case "/cut":
			n = long - len(part)
			fallthrough
		case "/whole":
			w.Header().Set("Content-Length", strconv.Itoa(long))
		case "/moved": // whoever follows does not wait for it
			w.Header().Set("Location", "/")
			w.WriteHeader(http.StatusFound)
			n = 1 << 40
		case "/endless":
			n = 1 << 40
		}
		for ; n > 0; n -= len(part) {
			if _, err := w.Write(part); err != nil {
				return
			}
		}
	}
	a := newAuthority(t)
	plain := serve(t, serveBody)
	secret := serveTLS(t, a, false, false, serveBody)
	for name, base := range map[string]string{"lean": plain.URL, "net/http": secret.URL} {
		for path, want := range map[string]Result{
			"/whole": {In: long}, "/chunks": {In: long}, "/moved": {In: long, FollowedHops: 1}, "/cut": {Kind: "closed"}, "/endless": {Kind: "timeout"},
		} {
			t.Run(name+path, func(t *testing.T) {
				p := onePlan(base, Step{URL: path})
				if path == "/endless" {
					p.Journeys[0].Steps[0].Timeout = 100 * time.Millisecond
				}
				p.Wire = Wire{TLS: &tls.Config{RootCAs: a.pool}}
				p.Journeys[0].Think = Think{Min: time.Hour}
				got := make(chan Result, 1)
				r := startWith(t, p, func(h *Hooks) { h.Result = func(x Result) { got <- x } })
				r.SetAsked(1)
				if x := <-got; x.Kind != want.Kind || x.In != want.In || x.FollowedHops != want.FollowedHops {
					t.Errorf("%q, %d bytes, %d redirects; want %q, %d, %d", x.Kind, x.In, x.FollowedHops, want.Kind, want.In, want.FollowedHops)
				}
			})
		}
	}
}

// The name of a coding is one in any case.
func TestGzipInAnyCase(t *testing.T) {
	t.Parallel()
	for _, coding := range []string{"gzip", "GZIP", "Gzip", "x-gzip"} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", coding)
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, `{"id": 7}`)
			_ = z.Close()
		})
		p := onePlan(s.URL, Step{Save: map[string]string{"id": "$.id"}})
		if x := once(t, p); x.Kind != "" || string(x.Body) != `{"id": 7}` {
			t.Errorf("%s: %q, body %q", coding, x.Kind, x.Body)
		}
		p.Journeys[0].Think = Think{Min: time.Hour}
		r := start(t, p)
		r.SetAsked(1)
		r.until(t, "a request", func(sum Tick) bool { return sum.Requests == 1 })
		if sum := r.end(); sum.Errors != 0 {
			t.Errorf("%s under load: %v", coding, sum.Kinds)
		}
	}
}
