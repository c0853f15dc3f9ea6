package loadengine

import (
	"crypto/tls"
	"net/http"
	"net/url"
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
	}
	return t
}
