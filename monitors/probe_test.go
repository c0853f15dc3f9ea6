package monitors

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func httpCheck(t *testing.T, o HTTPOptions) Check {
	t.Helper()
	if o.Env == "" {
		o.Env, o.Name, o.Every = Production, "web-1", time.Second
	}
	c, err := HTTP(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// shop answers each path in a way of its own.
func shop(t *testing.T) *httptest.Server {
	t.Helper()
	elsewhere := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(elsewhere.Close)
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Build", "shop 7.1")
		w.Header().Set("X-Agent", r.UserAgent())
		fmt.Fprint(w, `{"status":"up","db":{"ok":true,"nodes":[{"lag":3}]},"none":null}`)
	})
	for path, status := range map[string]int{"/404": 404, "/500": 500, "/503": 503, "/403": 403, "/429": 429, "/204": 204} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(status)
		})
	}
	mux.HandleFunc("/here", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/ok", http.StatusFound) })
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/ok", http.StatusFound)
	})
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	mux.HandleFunc("/cached", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Age", "30") })
	mux.HandleFunc("/hit", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Cache", "Hit from edge") })
	mux.HandleFunc("/huge", func(w http.ResponseWriter, _ *http.Request) {
		for range 2 * mostBody / 1024 {
			if _, err := io.WriteString(w, strings.Repeat("x", 1024)); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/hang", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, "half of")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func TestHTTP(t *testing.T) {
	s := shop(t)
	tests := []struct {
		name   string
		path   string
		o      HTTPOptions
		want   Result
		reason string
	}{
		{"up", "/ok", HTTPOptions{}, Result{OK: true, Status: 200}, ""},
		{"another status class", "/204", HTTPOptions{Expect: "200, 204"}, Result{OK: true, Status: 204}, ""},
		{"404 is wrong", "/404", HTTPOptions{}, Result{Hard: true, Status: 404}, "answered 404"},
		{"404 is wanted", "/404", HTTPOptions{Expect: "404"}, Result{OK: true, Status: 404}, ""},
		{"500", "/500", HTTPOptions{}, Result{Hard: true, Status: 500}, "answered 500"},
		{"429", "/429", HTTPOptions{}, Result{Limited: true, Status: 429, RetryAfter: 7 * time.Second}, "limits our checks (429)"},
		{"403", "/403", HTTPOptions{}, Result{Limited: true, Status: 403, RetryAfter: 7 * time.Second}, "limits our checks (403)"},
		{"403 is wanted", "/403", HTTPOptions{Expect: "403"}, Result{OK: true, Status: 403}, ""},
		{"body", "/ok", HTTPOptions{BodyContains: `"up"`}, Result{OK: true, Status: 200}, ""},
		{"wrong body", "/ok", HTTPOptions{BodyContains: "welcome"}, Result{Hard: true, Status: 200}, "does not contain"},
		{"header", "/ok", HTTPOptions{Header: map[string]string{"x-build": "7."}}, Result{OK: true, Status: 200}, ""},
		{"wrong header", "/ok", HTTPOptions{Header: map[string]string{"X-Build": "8."}}, Result{Hard: true, Status: 200}, "X-Build"},
		{"no header", "/ok", HTTPOptions{Header: map[string]string{"X-None": ""}}, Result{Hard: true, Status: 200}, "X-None"},
		{"value", "/ok", HTTPOptions{JSONPath: "$.status", JSONValue: json.RawMessage(`"up"`)}, Result{OK: true, Status: 200}, ""},
		{"deep value", "/ok", HTTPOptions{JSONPath: "$.db.nodes[0]['lag']", JSONValue: json.RawMessage(`3.0`)}, Result{OK: true, Status: 200}, ""},
		{"bool value", "/ok", HTTPOptions{JSONPath: "$.db.ok", JSONValue: json.RawMessage(`true`)}, Result{OK: true, Status: 200}, ""},
		{"wrong value", "/ok", HTTPOptions{JSONPath: "$.status", JSONValue: json.RawMessage(`"down"`)}, Result{Hard: true, Status: 200}, "JSON value"},
		{"another kind of value", "/ok", HTTPOptions{JSONPath: "$.db.ok", JSONValue: json.RawMessage(`"true"`)}, Result{Hard: true, Status: 200}, "JSON value"},
		{"whole value", "/ok", HTTPOptions{JSONPath: "$.db.nodes", JSONValue: json.RawMessage(`[{"lag": 3.00}]`)}, Result{OK: true, Status: 200}, ""},
		{"null is wanted", "/ok", HTTPOptions{JSONPath: "$.none", JSONValue: json.RawMessage("null")}, Result{OK: true, Status: 200}, ""},
		{"any value", "/ok", HTTPOptions{JSONPath: "$.status"}, Result{OK: true, Status: 200}, ""},
		{"null is none", "/ok", HTTPOptions{JSONPath: "$.none"}, Result{Hard: true, Status: 200}, "JSON value"},
		{"no value", "/ok", HTTPOptions{JSONPath: "$.db.nodes[1].lag"}, Result{Hard: true, Status: 200}, "no [1]"},
		{"no JSON", "/hit", HTTPOptions{JSONPath: "$.a"}, Result{Hard: true, Status: 200}, "not JSON"},
		{"redirect within", "/here", HTTPOptions{}, Result{OK: true, Status: 200}, ""},
		{"redirect elsewhere", "/away", HTTPOptions{}, Result{Hard: true, Status: 302}, "which was not followed"},
		{"redirect without end", "/round", HTTPOptions{}, Result{Hard: true, Status: 302}, "redirects too often"},
		{"cached by age", "/cached", HTTPOptions{}, Result{OK: true, Status: 200, Cached: true}, "cache"},
		{"cached by name", "/hit", HTTPOptions{}, Result{OK: true, Status: 200, Cached: true}, "cache"},
		{"huge", "/huge", HTTPOptions{}, Result{OK: true, Status: 200}, ""},
		{"cut off", "/cut", HTTPOptions{}, Result{Hard: true, Refused: true, Status: 200}, "broke off the connection"},
		{"hangs", "/hang", HTTPOptions{Timeout: 50 * ms}, Result{Hard: true}, "no answer within 50ms"},
		{"names itself", "/ok", HTTPOptions{Version: "1.2", Header: map[string]string{"X-Agent": "crosstalk-check/1.2"}}, Result{OK: true, Status: 200}, ""},
		{"names itself as told", "/ok", HTTPOptions{Request: map[string]string{"User-Agent": "probe"}, Header: map[string]string{"X-Agent": "probe"}}, Result{OK: true, Status: 200}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.URL = s.URL + tt.path
			c := httpCheck(t, tt.o)
			for _, probe := range []Probe{c.Probe, c.Fresh} {
				got := ask(t.Context(), probe, c.Timeout)
				if !strings.Contains(got.Reason, tt.reason) || (tt.reason == "") != (got.Reason == "") {
					t.Errorf("reason %q, want %q", got.Reason, tt.reason)
				}
				got.Reason = ""
				if got != tt.want {
					t.Errorf("got %+v, want %+v", got, tt.want)
				}
			}
		})
	}
}

func TestHTTPKeepsItsConnectionAndOpensFreshOnes(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	var mu sync.Mutex
	opened := 0
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			mu.Lock()
			opened++
			mu.Unlock()
		}
	}
	s.Start()
	defer s.Close()
	c, other := httpCheck(t, HTTPOptions{URL: s.URL}), httpCheck(t, HTTPOptions{URL: s.URL})
	for range 5 {
		c.Probe(t.Context())
		other.Probe(t.Context())
	}
	for range 3 {
		c.Fresh(t.Context())
	}
	mu.Lock()
	defer mu.Unlock()
	if opened != 5 {
		t.Errorf("%d connections opened, want one kept by each check and 3 fresh", opened)
	}
	if c.Address != s.Listener.Addr().String() {
		t.Errorf("address %q, want %q", c.Address, s.Listener.Addr())
	}
}

func TestRefusedAndReset(t *testing.T) {
	var lc net.ListenConfig
	listener, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			// Read the request, so that closing is a reset after it.
			_, _ = bufio.NewReader(conn).ReadString('\n')
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	}()
	h := httpCheck(t, HTTPOptions{URL: "http://" + address + "/?key=hidden"})
	if got := h.Probe(t.Context()); !got.Hard || !got.Refused || got.Reason != "broke off the connection" {
		t.Errorf("reset: %+v", got)
	}
	c, err := TCP(TCPOptions{Env: Production, Name: "db", Address: address, Every: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Probe(t.Context()); !got.OK {
		t.Errorf("tcp: %+v", got)
	}
	_ = listener.Close()
	<-ended
	for _, probe := range []Probe{h.Probe, h.Fresh, c.Probe} {
		if got := probe(t.Context()); !got.Hard || !got.Refused || got.Reason != "refused the connection" {
			t.Errorf("refused: %+v", got)
		}
	}
}

func TestTCPHangsUntilItsTimeout(t *testing.T) {
	c, err := TCP(TCPOptions{Env: Production, Name: "db", Address: "127.0.0.1:9", Every: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if got := c.Probe(ctx); !got.Hard || got.Refused || !strings.Contains(got.Reason, "no answer within") {
		t.Errorf("%+v", got)
	}
}

func certificate(t *testing.T, notAfter time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: notAfter.Add(-48 * time.Hour), NotAfter: notAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestTLS(t *testing.T) {
	valid, expired := time.Now().Add(24*time.Hour).Truncate(time.Second), time.Now().Add(-time.Hour)
	tests := []struct {
		name     string
		notAfter time.Time
		trusted  bool
		ok       bool
		reason   string
	}{
		{"valid", valid, true, true, ""},
		{"expired", expired, true, false, "expired"},
		{"of nobody", valid, false, false, "nobody this machine trusts"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cert, pool := certificate(t, tt.notAfter)
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.StartTLS()
			defer s.Close()
			config := &tls.Config{}
			if tt.trusted {
				config.RootCAs = pool
			}
			c := httpCheck(t, HTTPOptions{URL: s.URL, TLS: config})
			got := c.Probe(t.Context())
			if got.OK != tt.ok || got.Hard == tt.ok || !strings.Contains(got.Reason, tt.reason) {
				t.Errorf("%+v", got)
			}
			if tt.ok && !got.Expires.Equal(tt.notAfter) {
				t.Errorf("expires %v, want %v", got.Expires, tt.notAfter)
			}
		})
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	c := httpCheck(t, HTTPOptions{URL: strings.Replace(plain.URL, "http:", "https:", 1)})
	if got := c.Probe(t.Context()); !got.Hard || got.Refused {
		t.Errorf("plain HTTP where TLS is expected: %+v", got)
	}
}

func TestFailureTellsWhoseTroubleItIs(t *testing.T) {
	tests := []struct {
		err                  error
		hard, refused, blind bool
	}{
		{&net.DNSError{Name: "web", IsNotFound: true}, false, false, true},
		{&net.OpError{Err: &net.DNSError{Name: "web", IsTimeout: true}}, false, false, true},
		{&net.OpError{Err: syscall.ECONNREFUSED}, true, true, false},
		{&net.OpError{Err: wsaConnReset}, true, true, false},
		{&net.OpError{Err: syscall.EMFILE}, false, false, true},
		{&net.OpError{Err: syscall.EADDRNOTAVAIL}, false, false, true},
		{&net.OpError{Err: syscall.ENETUNREACH}, false, false, true},
		{&net.OpError{Err: syscall.EHOSTUNREACH}, true, false, false},
		{context.DeadlineExceeded, true, false, false},
		{io.ErrUnexpectedEOF, true, true, false},
		{errors.New(strings.Repeat("long ", 100)), true, false, false},
	}
	for _, tt := range tests {
		got := failure(fmt.Errorf("probe: %w", tt.err), time.Second)
		if got.OK || got.Hard != tt.hard || got.Refused != tt.refused || got.Blind != tt.blind || got.Reason == "" || len(got.Reason) > longestReasonBytes+3 {
			t.Errorf("%v: %+v", tt.err, got)
		}
	}
}

func TestOptionsAreRefused(t *testing.T) {
	for _, o := range []HTTPOptions{
		{URL: "ftp://a/"}, {URL: "http://"}, {URL: "http://a b/"}, {URL: "http://a/", Expect: "20"},
		{URL: "http://a/", JSONPath: "status"}, {URL: "http://a/", JSONValue: json.RawMessage(`"up"`)}, {URL: "http://a/", Method: "G T"},
		{URL: "http://user:hidden@a:b/"},
	} {
		o.Env, o.Name, o.Every = Production, "web-1", time.Second
		if _, err := HTTP(o); err == nil || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%+v: %v", o, err)
		}
	}
	for _, o := range []TCPOptions{{Address: "db"}, {Address: ":5432"}, {Address: "db:5432", Timeout: -1}} {
		o.Env, o.Name, o.Every = Production, "db", time.Second
		if _, err := TCP(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
	for _, o := range []DNSOptions{{}, {Host: "a.test", Server: "127.0.0.1"}, {Host: "a.test", Address: "here"}, {Host: "a.test", Every: -1}} {
		o.Env, o.Name = Production, "dns"
		if _, err := DNS(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}

// nameServer answers every A question with 192.0.2.7, or with an error code.
func nameServer(t *testing.T, code byte) string {
	t.Helper()
	var lc net.ListenConfig
	conn, err := lc.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() {
		_ = conn.Close()
		<-ended
	})
	go func() {
		defer close(ended)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			q := buf[:n]
			end := 12
			for end < n && q[end] != 0 {
				end += int(q[end]) + 1
			}
			end += 5 // the root label, type and class
			if end > n {
				continue
			}
			isA := q[end-3] == 1
			reply := append([]byte{q[0], q[1], 0x81, 0x80 | code, 0, 1, 0, 0, 0, 0, 0, 0}, q[12:end]...)
			if isA && code == 0 {
				reply[7] = 1
				reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7)
			}
			_, _ = conn.WriteTo(reply, from)
		}
	}()
	return conn.LocalAddr().String()
}

func TestDNS(t *testing.T) {
	good, unknown := nameServer(t, 0), nameServer(t, 3)
	tests := []struct {
		name   string
		o      DNSOptions
		ok     bool
		reason string
	}{
		{"any", DNSOptions{Server: good}, true, ""},
		{"the right one", DNSOptions{Server: good, Address: "192.0.2.7"}, true, ""},
		{"another", DNSOptions{Server: good, Address: "192.0.2.8"}, false, "another address"},
		{"unknown", DNSOptions{Server: unknown}, false, "is not known"},
	}
	for _, tt := range tests {
		tt.o.Env, tt.o.Name, tt.o.Every, tt.o.Host = Production, "dns", time.Second, "shop.test."
		c, err := DNS(tt.o)
		if err != nil {
			t.Fatal(err)
		}
		got := ask(t.Context(), c.Probe, c.Timeout)
		if got.OK != tt.ok || got.Hard == tt.ok || !strings.Contains(got.Reason, tt.reason) || c.Address != tt.o.Server {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
	if got := dnsFailure(&net.DNSError{IsTimeout: true}, "shop.test"); !got.Hard || got.Reason != "no answer about shop.test" {
		t.Errorf("%+v", got)
	}
}

func TestSinkEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c, err := Sink(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if c.Env != Self || c.Every != 200*ms {
		t.Errorf("%+v", c)
	}
	for range 3 {
		if got := c.Probe(t.Context()); !got.OK {
			t.Fatalf("%+v", got)
		}
	}
	cancel()
	for c.Fresh(t.Context()).OK {
	}
}

func TestHostVitals(t *testing.T) {
	c := Host(time.Second)
	if _, err := New([]Check{c}); err != nil {
		t.Fatal(err)
	}
	got := c.Probe(t.Context())
	v := got.Vitals
	if !got.OK || v == nil {
		t.Fatalf("%+v", got)
	}
	if v.Cores < 1 || v.Memory <= 0 || v.Memory > 100 || v.CPU < 0 || v.CPU > 100 || v.RSS == 0 || v.Goroutines < 1 || v.OpenFiles == 0 {
		t.Errorf("%+v", v)
	}
	if v.OwnCPU < 0 || v.OwnShare() > v.OwnCPU || v.NetIn < 0 || v.NetOut < 0 {
		t.Errorf("%+v", v)
	}
	b, err := json.Marshal(v)
	if err != nil || !strings.Contains(string(b), `"own_cpu":`) {
		t.Errorf("%s, %v", b, err)
	}
	if (&Vitals{OwnCPU: 150, Cores: 2}).OwnShare() != 75 || (&Vitals{OwnCPU: 50}).OwnShare() != 50 {
		t.Error("own share of all cores")
	}
}
