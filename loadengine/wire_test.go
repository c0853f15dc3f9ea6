package loadengine

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// once walks the plan's one journey and returns its first exchange.
func once(t *testing.T, p Plan) Exchange {
	t.Helper()
	all, _ := walked(t, p)
	if len(all) == 0 {
		t.Fatal("nothing was tried")
	}
	return all[0]
}

func TestProtocolsByALPN(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	for _, test := range []struct {
		name    string
		server  bool // offers HTTP/2
		wire    Wire
		want    string
		clients bool
		kind    string
	}{
		{name: "HTTP/2 where it is offered", server: true, wire: Wire{TLS: &tls.Config{RootCAs: a.pool}}, want: "HTTP/2.0"},
		{name: "HTTP/1.1 where it is not", wire: Wire{TLS: &tls.Config{RootCAs: a.pool}}, want: "HTTP/1.1"},
		{name: "HTTP/1.1 where it is asked for", server: true, wire: Wire{TLS: &tls.Config{RootCAs: a.pool}, HTTP1: true}, want: "HTTP/1.1"},
		{name: "client certificate", server: true, clients: true, want: "HTTP/2.0",
			wire: Wire{TLS: &tls.Config{RootCAs: a.pool, Certificates: []tls.Certificate{a.pair(t, "mel")}}}},
		{name: "no client certificate", clients: true, wire: Wire{TLS: &tls.Config{RootCAs: a.pool}}, kind: "tls"},
		{name: "unknown authority", server: true, kind: "tls"},
		{name: "insecure", server: true, wire: Wire{TLS: &tls.Config{InsecureSkipVerify: true}}, want: "HTTP/2.0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var proto, who atomic.Value
			who.Store("")
			s := serveTLS(t, a, test.server, test.clients, func(_ http.ResponseWriter, r *http.Request) {
				proto.Store(r.Proto)
				if len(r.TLS.PeerCertificates) > 0 {
					who.Store(r.TLS.PeerCertificates[0].Subject.CommonName)
				}
			})
			p := onePlan(s.URL, Step{URL: "/"})
			p.Wire = test.wire
			x := once(t, p)
			if x.Kind != test.kind {
				t.Fatalf("kind %q (%v), want %q", x.Kind, x.Err, test.kind)
			}
			if got := proto.Load(); test.kind == "" && got != test.want {
				t.Errorf("the server saw %v, want %s", got, test.want)
			}
			if test.clients && test.kind == "" && who.Load() != "mel" {
				t.Errorf("the server saw the certificate of %q", who.Load())
			}
		})
	}
}

// HTTP/2 under load: users share connections, the sums are the server's, and a
// stop ends every stream.
func TestLoadOverHTTP2(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	var mu sync.Mutex
	from := map[string]int{}
	var held atomic.Int64
	s := serveTLS(t, a, true, false, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		from[r.RemoteAddr]++
		mu.Unlock()
		if r.URL.Path == "/hold" {
			held.Add(1)
			<-r.Context().Done()
			return
		}
		fmt.Fprint(w, "ok")
	})
	p := onePlan(s.URL, Step{URL: "/"})
	p.MaxUsers, p.Wire = 20, Wire{TLS: &tls.Config{RootCAs: a.pool}}
	r := start(t, p)
	r.SetAsked(20)
	r.until(t, "500 answers", func(sum Tick) bool { return sum.Requests >= 500 })
	r.SetAsked(0)
	mu.Lock()
	if len(from) > 5 {
		t.Errorf("20 users needed %d connections of HTTP/2", len(from))
	}
	mu.Unlock()
	if sum := r.total(); sum.Errors > 0 {
		t.Errorf("errors: %v", sum.Kinds)
	}

	hold := onePlan(s.URL, Step{URL: "/hold"})
	hold.MaxUsers, hold.Wire = 20, p.Wire
	h := start(t, hold)
	h.SetAsked(20)
	for held.Load() < 20 {
		wait(t)
	}
	h.brake.Pull(Stop{Reason: ReasonOperator, By: "mel"})
	h.until(t, "the stop", func(sum Tick) bool { return sum.Cancelled == 20 })
}

// wait lets the others run, and ends a test that waits for nothing.
func wait(t *testing.T) {
	t.Helper()
	select {
	case <-t.Context().Done():
		t.Fatal("the test ended while it waited")
	case <-time.After(time.Millisecond):
	}
}

func TestKeepAliveOnAndOff(t *testing.T) {
	t.Parallel()
	for _, fresh := range []bool{false, true} {
		var mu sync.Mutex
		from := map[string]bool{}
		s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			from[r.RemoteAddr] = true
		})
		p := onePlan(s.URL, Step{URL: "/"})
		p.MaxUsers, p.Wire.Fresh = 1, fresh
		r := start(t, p)
		r.SetAsked(1)
		r.until(t, "20 answers", func(sum Tick) bool { return sum.Requests >= 20 })
		r.SetAsked(0)
		mu.Lock()
		if n := len(from); fresh && n < 20 || !fresh && n != 1 {
			t.Errorf("fresh %v: one user made %d connections", fresh, n)
		}
		mu.Unlock()
	}
}

func TestIPv6Target(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	var host atomic.Value
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { host.Store(r.Host) }))
	s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	if x := once(t, onePlan(s.URL, Step{URL: "/a"})); x.Status != http.StatusOK {
		t.Errorf("%d %v", x.Status, x.Err)
	}
	if host.Load() != l.Addr().String() {
		t.Errorf("Host %v, want %s", host.Load(), l.Addr())
	}
}

func TestGzip(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			w.WriteHeader(http.StatusNotAcceptable)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		fmt.Fprint(z, `{"id":"a-7","items":[1,2]}`)
		if err := z.Close(); err != nil {
			t.Error(err)
		}
	})
	x := once(t, onePlan(s.URL, Step{URL: "/", Save: map[string]string{"id": "$.id"}, Expect: Expect{Body: "items", JSON: map[string]string{"$.items[1]": "2"}}}))
	if x.Kind != "" || len(x.Saved) != 1 || x.Saved[0].Value != "a-7" {
		t.Errorf("%q %s, saved %v", x.Kind, x.Detail, x.Saved)
	}
}

// forward is a proxy that knows names which nobody else does.
type forward struct {
	*httptest.Server
	names map[string]string // host:port asked for: where it leads
	mu    sync.Mutex
	asked map[string]int
}

func newForward(t *testing.T, names map[string]string) *forward {
	t.Helper()
	f := &forward{names: names, asked: map[string]int{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *forward) wire(t *testing.T) func(*url.URL) (*url.URL, error) {
	t.Helper()
	u, err := url.Parse(f.URL)
	if err != nil {
		t.Fatal(err)
	}
	return func(*url.URL) (*url.URL, error) { return u, nil }
}

func (f *forward) seen() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.asked))
}

func (f *forward) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.asked[r.Host]++
	f.mu.Unlock()
	to := f.names[r.Host]
	out, err := net.Dial("tcp", to)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer out.Close()
	in, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer in.Close()
	if r.Method == http.MethodConnect {
		fmt.Fprint(in, "HTTP/1.1 200 Connected\r\n\r\n")
	} else {
		r.Header.Set("Connection", "close")
		if r.Write(out) != nil {
			return
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(out, in)
		out.Close()
	}()
	_, _ = io.Copy(in, bufio.NewReader(out))
	in.Close()
	<-done
}

func TestProxyKeepsTheAllowList(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	var served atomic.Int64
	plain := serve(t, func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "http://elsewhere.test/", http.StatusFound)
		}
	})
	secret := serveTLS(t, a, true, false, func(http.ResponseWriter, *http.Request) { served.Add(1) })
	f := newForward(t, map[string]string{"staging.test:80": hostOf(plain), "staging.test": hostOf(plain), "staging.test:443": secret.Listener.Addr().String()})
	base := Plan{Version: "test", MaxUsers: 1, Wire: Wire{Proxy: f.wire(t), TLS: &tls.Config{RootCAs: a.pool}}}
	journey := func(steps ...Step) []Journey { return []Journey{{Name: "j", Steps: steps}} }

	for _, scheme := range []string{"http", "https"} {
		p := base
		p.Base, p.Journeys = scheme+"://staging.test", journey(Step{URL: "/"})
		before := served.Load()
		x := once(t, p)
		if x.Status != http.StatusOK || served.Load() != before+1 {
			t.Fatalf("%s through the proxy: %d %v", scheme, x.Status, x.Err)
		}
		// A name that only the proxy knows is a finding: nobody here can check it.
		if len(x.Found) != 1 || x.Found[0].Kind != FindingProxy || !strings.HasPrefix(x.Found[0].Host, "staging.test:") {
			t.Errorf("%s: found %+v", scheme, x.Found)
		}
	}

	p := base
	p.Base, p.Journeys = "http://staging.test", journey(Step{URL: "/away"})
	x := once(t, p)
	if x.Status != http.StatusFound || len(x.Hops) != 1 {
		t.Errorf("a redirect to a foreign host: %d after %d hops", x.Status, len(x.Hops))
	}
	if got := f.seen(); slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "elsewhere") }) {
		t.Errorf("the proxy was asked for %v", got)
	}
}

// lookup is a resolver with one answer.
type lookup []netip.Addr

func (l lookup) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) { return l, nil }

func TestProxyNeverLeadsToProductionsAddress(t *testing.T) {
	t.Parallel()
	f := newForward(t, nil)
	p := Plan{Base: "http://staging.test:9081", Version: "test", MaxUsers: 1, Forbidden: []string{"192.0.2.7:9081"},
		Journeys: []Journey{{Name: "j", Steps: []Step{{URL: "/"}}}}, Wire: Wire{Proxy: f.wire(t)}}
	run := start(t, p, func(e *Engine) {
		e.gate.detour.resolver = lookup{netip.MustParseAddr("192.0.2.8"), netip.MustParseAddr("192.0.2.7")}
	})
	run.SetAsked(1)
	run.until(t, "3 refusals", func(sum Tick) bool { return sum.Kinds["forbidden"] >= 3 })
	if got := f.seen(); len(got) > 0 {
		t.Errorf("the proxy was asked for %v", got)
	}
	if found := run.Findings(); len(found) != 1 || found[0].Kind != FindingAddress || found[0].Addr != "192.0.2.7:9081" {
		t.Errorf("found %+v", found)
	}
}

// The proxy itself may be what production's checks watch.
func TestProxyAtProductionsAddressIsRefused(t *testing.T) {
	t.Parallel()
	f := newForward(t, nil)
	p := Plan{Base: "http://staging.test", Version: "test", MaxUsers: 1, Forbidden: []string{hostOf(f.Server)},
		Journeys: []Journey{{Name: "j", Steps: []Step{{URL: "/"}}}}, Wire: Wire{Proxy: f.wire(t)}}
	if x := once(t, p); x.Kind != "forbidden" || len(f.seen()) > 0 {
		t.Errorf("%q, the proxy was asked for %v", x.Kind, f.seen())
	}
}
