package monitors

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// mostBody bounds how much of an answer a check reads, in bytes.
	mostBody = 256 << 10
	// mostRedirects bounds how many redirects within one host are followed.
	mostRedirects = 3
)

// HTTPOptions describes an HTTP check. Env, Name, URL and Every are needed.
type HTTPOptions struct {
	Env     string        // role of the environment
	Name    string        // unique within the environment
	URL     string        // http or https
	Every   time.Duration // period
	Timeout time.Duration // 0: DefaultTimeout
	Slow    bool          // slow evidence
	Method  string        // empty: GET
	Version string        // of the program, for the User-Agent; empty: dev

	Expect       string            // accepted statuses: "2xx", "200", "200,204"; empty: 2xx
	BodyContains string            // text the body must contain
	JSONPath     string            // path of a value the body must have, such as $.status
	JSONValue    json.RawMessage   // what that value must be; empty: anything but null
	Header       map[string]string // response headers that must be there, each containing its text
	Request      map[string]string // request headers; User-Agent may be set, too
	TLS          *tls.Config       // nil: this machine's roots
}

// HTTP makes a check that asks for a URL. It has connections of its own, kept
// open, and one probe in ten opens a new one. Redirects are followed within the
// same host and port only; anything else is a wrong answer. 403 and 429 mean
// that our checks are limited, unless Expect names them.
func HTTP(o HTTPOptions) (Check, error) {
	h, err := newHTTPProbe(o)
	if err != nil {
		return Check{}, fmt.Errorf("make http check %s of %s: %w", o.Name, o.Env, err)
	}
	kept, fresh := h.client(false), h.client(true)
	c := Check{
		Env: o.Env, Name: o.Name, Kind: kindHTTP, Address: hostPort(h.url),
		Every: o.Every, Timeout: h.timeout, Slow: o.Slow,
		Probe: func(ctx context.Context) Result { return h.ask(ctx, kept) },
		Fresh: func(ctx context.Context) Result { return h.ask(ctx, fresh) },
		Close: kept.CloseIdleConnections,
	}
	if err := c.complete(); err != nil {
		return Check{}, fmt.Errorf("make http check: %w", err)
	}
	return c, nil
}

// httpProbe is an HTTP check, read and ready.
type httpProbe struct {
	method   string
	url      *url.URL
	header   http.Header
	host     string // overrides the Host header; may be empty
	expect   statusSet
	contains []byte
	path     []jsonStep
	hasPath  bool
	anything bool // but null at the path; else value
	value    any
	want     map[string]string
	tls      *tls.Config
	timeout  time.Duration
}

func newHTTPProbe(o HTTPOptions) (*httpProbe, error) {
	u, err := url.Parse(o.URL)
	if err != nil {
		// The URL itself may hold a secret, and url.Error repeats it.
		return nil, errors.New("its URL cannot be read")
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, errors.New("its URL must be of the form http://host/path or https://host/path")
	}
	h := &httpProbe{
		method: o.Method, url: u, header: http.Header{}, contains: []byte(o.BodyContains),
		anything: len(o.JSONValue) == 0, want: o.Header, tls: o.TLS, timeout: o.Timeout,
	}
	if h.method == "" {
		h.method = http.MethodGet
	}
	if h.timeout == 0 {
		h.timeout = DefaultTimeout
	}
	version := o.Version
	if version == "" {
		version = "dev"
	}
	h.header.Set("User-Agent", "crosstalk-check/"+version)
	for name, value := range o.Request {
		if strings.EqualFold(name, "Host") {
			h.host = value
			continue
		}
		h.header.Set(name, value)
	}
	if h.expect, err = parseStatus(o.Expect); err != nil {
		return nil, err
	}
	if o.JSONPath != "" {
		if h.path, err = parseJSONPath(o.JSONPath); err != nil {
			return nil, err
		}
		h.hasPath = true
	} else if !h.anything {
		return nil, errors.New("a JSON value is expected, but no path says where")
	}
	if !h.anything {
		if h.value, err = readJSON(o.JSONValue); err != nil {
			return nil, fmt.Errorf("the expected JSON value: %w", err)
		}
	}
	if _, err := http.NewRequestWithContext(context.Background(), h.method, h.url.String(), nil); err != nil {
		return nil, fmt.Errorf("its method %q cannot be used", h.method)
	}
	return h, nil
}

// client makes a client with a transport of its own.
func (h *httpProbe) client(fresh bool) *http.Client {
	// HTTP/1.1 only: a kept HTTP/2 connection to a server that vanished is used
	// again after a timeout, where one of HTTP/1.1 is thrown away.
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Client{
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{}).DialContext,
			Protocols:           &protocols,
			TLSClientConfig:     h.tls.Clone(),
			MaxIdleConns:        1,
			MaxIdleConnsPerHost: 1,
			DisableKeepAlives:   fresh,
			DisableCompression:  true,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if hostPort(req.URL) != hostPort(via[0].URL) || len(via) > mostRedirects {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
}

func (h *httpProbe) ask(ctx context.Context, client *http.Client) Result {
	r, _ := h.fetch(ctx, client, nil, mostBody)
	return r
}

// fetch sends a body, if any, and returns the outcome with at most most bytes of
// what was answered; nil when there was no whole answer.
func (h *httpProbe) fetch(ctx context.Context, client *http.Client, send []byte, most int64) (Result, []byte) {
	req, err := http.NewRequestWithContext(ctx, h.method, h.url.String(), bytes.NewReader(send))
	if err != nil {
		return Result{Blind: true, Reason: "the request could not be made"}, nil
	}
	req.Header = h.header.Clone()
	req.Host = h.host
	resp, err := client.Do(req)
	if err != nil {
		return failure(err, h.timeout), nil
	}
	defer resp.Body.Close()
	// Read to the end, so that the connection is kept and a broken answer is
	// noticed even when nothing is expected of the body.
	body, err := io.ReadAll(io.LimitReader(resp.Body, most))
	if err != nil {
		r := failure(err, h.timeout)
		r.Status = resp.StatusCode
		return r, nil
	}
	r := h.judge(resp, body)
	r.Status = resp.StatusCode
	if resp.TLS != nil && len(resp.TLS.PeerCertificates) > 0 {
		r.Expires = resp.TLS.PeerCertificates[0].NotAfter
	}
	return r, body
}

// judge compares an answer with what was expected.
func (h *httpProbe) judge(resp *http.Response, body []byte) Result {
	status := resp.StatusCode
	if !h.expect.has(status) {
		switch {
		case status == http.StatusForbidden || status == http.StatusTooManyRequests:
			return Result{
				Limited: true, Reason: fmt.Sprintf("limits our checks (%d)", status),
				RetryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now()),
			}
		case status >= 300 && status < 400:
			return Result{Hard: true, Reason: redirectReason(resp)}
		}
		return Result{Hard: true, Reason: fmt.Sprintf("answered %d", status)}
	}
	if len(h.contains) > 0 && !bytes.Contains(body, h.contains) {
		return Result{Hard: true, Reason: "the body does not contain the expected text"}
	}
	for name, text := range h.want {
		if !strings.Contains(resp.Header.Get(name), text) || resp.Header.Get(name) == "" {
			return Result{Hard: true, Reason: "the header " + name + " is not as expected"}
		}
	}
	if h.hasPath {
		got, err := jsonAt(body, h.path)
		if err != nil {
			return Result{Hard: true, Reason: err.Error()}
		}
		if h.anything && got == nil || !h.anything && !sameValue(got, h.value) {
			return Result{Hard: true, Reason: "the JSON value is not as expected"}
		}
	}
	if fromCache(resp.Header) {
		return Result{OK: true, Cached: true, Reason: "answered from a cache: the server may not have been asked"}
	}
	return Result{OK: true}
}

func redirectReason(resp *http.Response) string {
	to, err := resp.Location()
	if err != nil {
		return fmt.Sprintf("answered %d", resp.StatusCode)
	}
	if hostPort(to) != hostPort(resp.Request.URL) {
		return "redirects to " + to.Host + ", which was not followed"
	}
	return "redirects too often"
}

// hostPort returns the host:port of a URL, with the scheme's port when none is
// given.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "80"
		if u.Scheme == "https" {
			port = "443"
		}
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
