package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Bounds of what waits and for how long.
const (
	queueLen = 64
	patience = 5 * time.Minute // a server that asks for a longer pause loses the message
	longRest = 24 * time.Hour  // nobody is believed to need a longer one
)

// sender hands one kind of messages over, one after another.
type sender struct {
	target string // webhook or grafana
	url    string
	token  string
	client *http.Client
	times  times
	tally  *tally
	queue  *queue

	rest time.Time // nothing is sent before; run's own
}

// newClient follows no redirect: what is posted may hold a token, and a 302 would turn it into a GET that answers
// 200 and has told nobody.
func newClient(trip http.RoundTripper) *http.Client {
	if trip == nil {
		// A few messages an hour: connections are not kept, so none outlives its message.
		trip = &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10}
	}
	return &http.Client{Transport: trip, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// put never waits.
func (s *sender) put(body []byte, err error) {
	if err != nil {
		s.tally.add(s.target, "the message could not be written", 1)
		return
	}
	if s.queue.put(body) {
		s.tally.add(s.target, fmt.Sprintf("more than %d messages wait: the oldest is dropped", queueLen), 1)
	}
}

// run sends until the queue has ended and is empty, or ctx is done.
func (s *sender) run(ctx context.Context) {
	for {
		body, ok := s.queue.next(ctx)
		if ok && s.deliver(ctx, body) {
			continue
		}
		left := s.queue.len()
		if ok {
			left++
		}
		if left > 0 {
			s.tally.add(s.target, "not told before the program ended", left)
		}
		return
	}
}

// deliver tries until a message has been taken or is given up. It reports false when ctx ended it.
func (s *sender) deliver(ctx context.Context, body []byte) bool {
	for try := 0; ; try++ {
		if !sleep(ctx, time.Until(s.rest)) {
			return false
		}
		why, again, pause := s.post(ctx, body)
		if why == "" {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		s.rest = time.Now().Add(pause)
		if !again || pause > patience || try >= len(s.times.pauses) {
			s.tally.add(s.target, why, 1)
			return true
		}
		if least := time.Now().Add(s.times.pauses[try]); s.rest.Before(least) {
			s.rest = least
		}
	}
}

// post sends one message once. Why is empty when it was taken; again tells whether another try makes sense, and
// pause what the server asked for before it.
func (s *sender) post(ctx context.Context, body []byte) (why string, again bool, pause time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, s.times.answer)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return "its address can't be used", false, 0 // err quotes it
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "crosstalk")
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return reason(err, s.times.answer), true, 0
	}
	_ = resp.Body.Close() // whatever it says: the status is the answer
	switch code := resp.StatusCode; {
	case code >= 200 && code < 300:
		return "", false, 0
	case code >= 300 && code < 400:
		return fmt.Sprintf("it answered %d and points elsewhere, which is not followed: write the address it points to", code), false, 0
	default:
		again = code >= 500 || slices.Contains([]int{http.StatusTooManyRequests, http.StatusRequestTimeout}, code)
		return strings.TrimSpace(fmt.Sprintf("it answered %d %s", code, http.StatusText(code))), again, retryAfter(resp.Header.Get("Retry-After"), time.Now())
	}
}

// retryAfter reads seconds or a date (RFC 9110, section 10.2.3); nothing is no pause.
func retryAfter(s string, now time.Time) time.Duration {
	var d time.Duration
	if n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 31); err == nil {
		d = time.Duration(n) * time.Second
	} else if at, err := http.ParseTime(s); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), longRest)
}

// reason says why there was no answer in words of our own: a client's error quotes the address, a proxy's or a
// server's may quote anything.
func reason(err error, waited time.Duration) string {
	var timeout net.Error
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var number syscall.Errno
	switch {
	case errors.As(err, &dns):
		return "its host name is not found"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Sprintf("no answer within %s", waited)
	case errors.As(err, &cert):
		return "its certificate is not accepted"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "it does not speak TLS: write its address with http"
	case errors.As(err, &number):
		return number.Error()
	}
	return "the connection failed"
}

// sleep waits, and reports false when ctx ended it.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// queue holds what waits to be sent, the newest queueLen of it. Putting never waits.
type queue struct {
	mu    sync.Mutex
	items [][]byte
	over  bool
	ready chan struct{} // holds one token when there is something new to see
}

func newQueue() *queue { return &queue{ready: make(chan struct{}, 1)} }

// put adds a message and tells whether the oldest had to go for it.
func (q *queue) put(body []byte) (dropped bool) {
	q.mu.Lock()
	if dropped = len(q.items) >= queueLen; dropped {
		q.items = slices.Delete(q.items, 0, 1)
	}
	q.items = append(q.items, body)
	q.mu.Unlock()
	q.wake()
	return dropped
}

// end says that nothing more comes.
func (q *queue) end() {
	q.mu.Lock()
	q.over = true
	q.mu.Unlock()
	q.wake()
}

func (q *queue) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// next takes the oldest message, waiting for one; false once there will be none, or ctx is done.
func (q *queue) next(ctx context.Context) ([]byte, bool) {
	for {
		q.mu.Lock()
		if len(q.items) > 0 && ctx.Err() == nil {
			body := q.items[0]
			q.items = slices.Delete(q.items, 0, 1)
			q.mu.Unlock()
			return body, true
		}
		over := q.over
		q.mu.Unlock()
		if over {
			return nil, false
		}
		select {
		case <-q.ready:
		case <-ctx.Done():
			return nil, false
		}
	}
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}
