package loadengine

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxHeader bounds the header of a response, in bytes.
const maxHeader = 256 << 10

// Wire says how load connects. The zero value speaks HTTP/1.1, and HTTP/2 where
// a server of https offers it, keeps connections, and uses no proxy.
type Wire struct {
	TLS   *tls.Config // of every https connection; nil: this machine's authorities
	HTTP1 bool        // never HTTP/2
	Fresh bool        // a connection of its own for every request
	// Proxy returns the proxy for a URL, or nil for none. The name of the host is
	// then resolved by the proxy: see detour.
	Proxy func(*url.URL) (*url.URL, error)
}

// transport makes the connections of load, shared with nobody else. An idle
// connection may be kept for every user.
func (g *gate) transport(w Wire, users int) *http.Transport {
	t := &http.Transport{
		DialContext:            g.dial,
		MaxIdleConnsPerHost:    users,
		IdleConnTimeout:        idleTimeout,
		TLSHandshakeTimeout:    dialTimeout,
		TLSClientConfig:        w.TLS.Clone(),
		DisableKeepAlives:      w.Fresh,
		DisableCompression:     true, // we ask for gzip as a browser does, but unpack only what is looked at
		MaxResponseHeaderBytes: maxHeader,
		ResponseHeaderTimeout:  0, // the step's own timeout holds
		ExpectContinueTimeout:  time.Second,
		Protocols:              new(http.Protocols),
	}
	t.Protocols.SetHTTP1(true)
	t.Protocols.SetHTTP2(!w.HTTP1)
	if w.Proxy != nil {
		t.Proxy = func(r *http.Request) (*url.URL, error) { return w.Proxy(r.URL) }
		t.OnProxyConnectResponse = func(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
			if resp.StatusCode != http.StatusOK {
				return &ProxyError{Proxy: proxy.Host, Status: resp.StatusCode}
			}
			return nil
		}
	}
	return t
}

// ProxyError is the refusal of a proxy to lead on to a host of https.
type ProxyError struct {
	Proxy  string // host and port
	Status int
}

// Error says what the proxy answered.
func (e *ProxyError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the proxy %s answered %d %s", e.Proxy, e.Status, http.StatusText(e.Status)))
}

// wire sends requests the way that fits: by the lean path where it is plain
// HTTP/1.1 without a proxy, by net/http all else.
type wire struct {
	lean   *lean
	rest   *http.Transport
	routes *routes
}

func (g *gate) newWire(w Wire, users int) *wire {
	return &wire{lean: newLean(w, g.connect, g.again), rest: g.transport(w, users), routes: g.routes}
}

// longestLife ends a request whose context has no end of its own.
const longestLife = 24 * time.Hour

// RoundTrip sends r under its own context.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if !w.plain(r) {
		return w.rest.RoundTrip(r)
	}
	c, err := callOf(r, new(kit))
	if err != nil {
		return nil, err
	}
	until, ok := r.Context().Deadline()
	if !ok {
		until = time.Now().Add(longestLife)
	}
	s := &sending{ctx: r.Context()}
	context.AfterFunc(s.ctx, func() { w.lean.abort(s) })
	resp, err := w.lean.send(s, until, c)
	if err == nil {
		resp.Request = r
	} else if s.ctx.Err() != nil {
		err = context.Cause(s.ctx)
	}
	return resp, err
}

// CloseIdleConnections closes what is not in use.
func (w *wire) CloseIdleConnections() {
	w.lean.CloseIdleConnections()
	w.rest.CloseIdleConnections()
}

// plain tells whether the lean path knows how to send r.
func (w *wire) plain(r *http.Request) bool {
	if r.URL.Scheme != "http" || r.URL.Opaque != "" || r.ContentLength > leanBody || r.ContentLength < 0 {
		return false
	}
	if _, ok := r.Header["Expect"]; ok || len(r.Header["Upgrade"]) > 0 || len(r.Header["Connection"]) > 0 {
		return false
	}
	return plainHost(r.URL.Host) && plainHost(r.Host) && w.routes.direct(r.URL)
}

// plainHost tells of a host that can be sent as it is written: no name that
// needs IDNA, no zone.
func plainHost(host string) bool {
	for i := range len(host) {
		if c := host[i]; c >= 0x80 || c == '%' {
			return false
		}
	}
	return true
}

// payload is a body that is in memory.
type payload struct {
	data []byte
	at   int
}

func (p *payload) Read(b []byte) (int, error) {
	if p.at == len(p.data) {
		return 0, io.EOF
	}
	n := copy(b, p.data[p.at:])
	p.at += n
	return n, nil
}

func (p *payload) Close() error { return nil }

// callOf is what the lean path sends for r; the answer will be in k.
func callOf(r *http.Request, k *kit) (*call, error) {
	k.call = call{addr: addressOf(r.URL), method: r.Method, uri: r.URL.RequestURI(), host: r.Host, header: r.Header, kit: k}
	c := &k.call
	if c.host == "" {
		c.host = r.URL.Host
	}
	switch b := r.Body.(type) {
	case nil:
	case *payload:
		c.body = b.data
	default:
		data, err := io.ReadAll(io.LimitReader(r.Body, leanBody))
		closeBody(r.Body)
		if err != nil {
			return nil, err
		}
		c.body = data
	}
	return c, nil
}

// addressOf is where a URL of http leads to, with its port.
func addressOf(u *url.URL) string {
	if i := strings.LastIndexByte(u.Host, ':'); i > strings.LastIndexByte(u.Host, ']') && i < len(u.Host)-1 {
		return u.Host
	}
	return net.JoinHostPort(u.Hostname(), "80")
}
