package loadengine

import (
	"bytes"
	"io"
	"net/http"
)

// tracer stands between the gate and its connections and keeps what passes. It
// serves one user, so one request at a time.
type tracer struct {
	base http.RoundTripper
	hops []Hop
	last *copied
}

func (t *tracer) reset() { t.hops, t.last = nil, nil }

// RoundTrip sends r and keeps both sides of it.
func (t *tracer) RoundTrip(r *http.Request) (*http.Response, error) {
	shown := *r.URL
	shown.Fragment, shown.RawFragment = "", "" // the slot of the user
	h := Hop{Method: r.Method, URL: shown.String(), Header: r.Header.Clone()}
	if r.Host != "" && r.Host != r.URL.Host {
		h.Host = r.Host
	}
	if r.GetBody != nil {
		if body, err := r.GetBody(); err == nil {
			h.Body, _ = io.ReadAll(io.LimitReader(body, keptBody)) // it is in memory and cannot fail
			closeBody(body)
		}
	}
	t.last = nil
	resp, err := t.base.RoundTrip(r)
	if err == nil {
		h.Status, h.Answer = resp.StatusCode, resp.Header.Clone()
		t.last = &copied{ReadCloser: resp.Body, zipped: isZipped(resp.Header)}
		resp.Body = t.last
	}
	t.hops = append(t.hops, h)
	return resp, err
}

// answer returns the start of the last answer's body, unpacked.
func (t *tracer) answer() []byte {
	if t.last == nil {
		return nil
	}
	body := t.last.kept.Bytes()
	if t.last.zipped {
		return unzip(body)
	}
	return body
}

func (t *tracer) closeIdle() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// copied is a body that keeps the start of what is read from it.
type copied struct {
	io.ReadCloser
	kept   bytes.Buffer
	zipped bool
}

func (c *copied) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	if room := keptBody - c.kept.Len(); room > 0 {
		c.kept.Write(p[:min(n, room)])
	}
	return n, err
}
