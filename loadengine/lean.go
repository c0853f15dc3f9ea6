package loadengine

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// leanBody is the longest body of a request that the lean path sends. It fits
// into the system's buffers, so that a server which answers before it has read
// everything and we never wait for each other.
const leanBody = 64 << 10

// lean speaks HTTP/1.1 over plain connections for load: whoever sends a request
// writes and reads in its own goroutine, where net/http keeps two for each
// connection and hands everything over. It knows no proxies, no TLS, no
// upgrades and no Expect: those go by net/http (see wire.RoundTrip).
type lean struct {
	dial  func(ctx context.Context, network, addr string) (net.Conn, error)
	again func() error // asked before a request is sent a second time
	alive func(net.Conn) (quiet, known bool)
	fresh bool // a connection for every request

	mu      sync.Mutex
	idle    map[string][]*leanConn // by address, the one used last at the end
	busy    map[*leanConn]struct{}
	reaping bool
}

func newLean(w Wire, dial func(context.Context, string, string) (net.Conn, error), again func() error) *lean {
	return &lean{dial: dial, again: again, alive: alive, fresh: w.Fresh, idle: map[string][]*leanConn{}, busy: map[*leanConn]struct{}{}}
}

// call is one request, ready to be written.
type call struct {
	addr   string // host:port to connect to
	method string
	uri    string
	host   string
	trace  string // a traceparent that goes along; "" is none
	raw    []byte // the header, written and checked before; nil: header
	header http.Header
	body   []byte
	kit    *kit // for its answer
}

// replayable tells whether sending it twice is what sending it once is.
func (c *call) replayable() bool {
	switch c.method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return len(c.body) == 0
	}
	return false
}

var errCancelled = errors.New("the request was taken back")

// send sends one call and returns the head of its answer; reading the body to
// its end gives the connection back, closing it before gives it up. until ends
// everything, the body included. The end of s closes the connection.
func (l *lean) send(s *sending, until time.Time, c *call) (*http.Response, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if conn := l.take(s, c); conn != nil {
		resp, err := conn.exchange(until, c)
		switch {
		case err == nil && isFarewell(resp) && c.replayable():
			closeBody(resp.Body)
		case err == nil:
			return resp, nil
		default:
			l.drop(conn)
			// The server may have closed a kept connection just as it was used again.
			// Nothing came back, so what may be sent twice is, once, on a new one.
			if conn.heard || !c.replayable() || !isClosed(err) || s.ctx.Err() != nil {
				return nil, err
			}
		}
		if err := l.again(); err != nil {
			return nil, err
		}
	}
	conn, err := l.connect(s, until, c)
	if err != nil {
		return nil, err
	}
	resp, err := conn.exchange(until, c)
	if err != nil {
		l.drop(conn)
		return nil, err
	}
	return resp, nil
}

// isClosed tells of an error that a connection closed by its server gives.
func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || classifyNumber(err) == "reset"
}

// isFarewell tells of the answer with which some balancers close a connection
// that was idle for long. It may have crossed a request on its way, of which it
// says nothing (RFC 9110, 15.5.9).
func isFarewell(resp *http.Response) bool {
	return resp.StatusCode == http.StatusRequestTimeout && (resp.Close || resp.ProtoMinor == 0)
}

// take returns a kept connection, or nil: none that its server has closed, and
// none on which something came meanwhile, which would be taken for the answer.
func (l *lean) take(s *sending, c *call) *leanConn {
	if l.fresh {
		return nil
	}
	for {
		l.mu.Lock()
		kept := l.idle[c.addr]
		if len(kept) == 0 {
			l.mu.Unlock()
			return nil
		}
		conn := kept[len(kept)-1]
		kept[len(kept)-1] = nil
		l.idle[c.addr] = kept[:len(kept)-1]
		rested := time.Since(conn.rests)
		if rested < idleTimeout {
			l.hold(s, conn)
		}
		l.mu.Unlock()
		if rested >= idleTimeout {
			closeConn(conn.net)
			continue
		}
		if rested > staleAfter && !l.usable(conn, rested, c) {
			l.drop(conn)
			continue
		}
		return conn
	}
}

// staleAfter is how long a connection must have rested before it is worth
// asking what has become of it: users without think time need not pay for that.
const staleAfter = 5 * time.Millisecond

// doubtAfter is how long a connection may have rested that can't be asked, and
// still carry what may not be sent twice.
const doubtAfter = time.Second

// usable tells whether a connection that rested may carry c.
func (l *lean) usable(conn *leanConn, rested time.Duration, c *call) bool {
	quiet, known := l.alive(conn.net)
	if !known {
		return c.replayable() || rested <= doubtAfter
	}
	return quiet
}

// hold books a connection as in use under s, so that the end of s finds it.
func (l *lean) hold(s *sending, c *leanConn) {
	c.under = s
	c.heard = false
	l.busy[c] = struct{}{}
}

// connect makes a new connection.
func (l *lean) connect(s *sending, until time.Time, c *call) (*leanConn, error) {
	if most := time.Now().Add(dialTimeout); most.Before(until) {
		until = most
	}
	ctx, cancel := context.WithDeadline(s.ctx, until)
	defer cancel()
	raw, err := l.dial(ctx, "tcp", c.addr)
	if err != nil {
		return nil, err
	}
	conn := &leanConn{lean: l, net: raw, addr: c.addr}
	l.mu.Lock()
	l.hold(s, conn)
	l.mu.Unlock()
	return conn, nil
}

// release takes a connection back whose answer was read to its end.
func (l *lean) release(c *leanConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.busy, c)
	// Asked under the lock: abort marks under it what it closes a moment later.
	if !c.keep || c.ended || c.cut.Load() || l.fresh {
		closeConn(c.net)
		return
	}
	c.under = nil
	c.rests = time.Now()
	c.tidy()
	l.idle[c.addr] = append(l.idle[c.addr], c)
	if !l.reaping {
		l.reaping = true
		time.AfterFunc(idleTimeout, l.reap)
	}
}

// drop closes a connection.
func (l *lean) drop(c *leanConn) {
	l.mu.Lock()
	delete(l.busy, c)
	l.mu.Unlock()
	closeConn(c.net)
}

func closeConn(c io.Closer) { _ = c.Close() }

// abort closes every connection in use under s. It is called when the context
// of s has ended; a connection that is booked after that is found cut by
// leanConn.exchange, which looks at the context once it is booked.
func (l *lean) abort(s *sending) {
	l.mu.Lock()
	var all []*leanConn
	for c := range l.busy {
		if c.under == s {
			c.cut.Store(true)
			all = append(all, c)
		}
	}
	l.mu.Unlock()
	for _, c := range all {
		closeConn(c.net)
	}
}

// reap closes connections that nobody has used for long.
func (l *lean) reap() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reaping = false
	for addr, kept := range l.idle {
		n := 0
		for n < len(kept) && time.Since(kept[n].rests) >= idleTimeout {
			closeConn(kept[n].net)
			n++
		}
		if kept = append([]*leanConn(nil), kept[n:]...); len(kept) == 0 {
			delete(l.idle, addr)
			continue
		}
		l.idle[addr] = kept
		l.reaping = true
	}
	if l.reaping {
		time.AfterFunc(idleTimeout/2, l.reap)
	}
}

// CloseIdleConnections closes what is not in use.
func (l *lean) CloseIdleConnections() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, kept := range l.idle {
		for _, c := range kept {
			closeConn(c.net)
		}
	}
	clear(l.idle)
}

// leanConn is one connection.
type leanConn struct {
	lean  *lean
	net   net.Conn
	addr  string
	rests time.Time // since when it is idle
	under *sending  // under the lock of lean
	cut   atomic.Bool

	out   []byte
	in    []byte // read from the connection, of which in[at:] was not looked at
	at    int
	heard bool // something came back
	keep  bool // may be used again after this answer
	ended bool // a request could not be written to its end: not to be used again
}

const (
	leanBuffer = 4 << 10
	leanKeep   = 16 << 10 // a larger buffer is not kept with an idle connection
)

func (c *leanConn) tidy() {
	if cap(c.in) > leanKeep {
		c.in = nil
	}
	if cap(c.out) > leanKeep {
		c.out = nil
	}
	c.in, c.at = c.in[:0], 0
}

// exchange writes a call and reads the head of its answer.
func (c *leanConn) exchange(until time.Time, k *call) (*http.Response, error) {
	if err := c.under.ctx.Err(); err != nil {
		return nil, errCancelled
	}
	c.out = k.write(c.out[:0], c.lean.fresh)
	if err := c.net.SetDeadline(until); err != nil {
		return nil, err
	}
	if _, err := c.net.Write(c.out); err != nil {
		// It may have answered before it hung up.
		c.ended = true
		if len(k.body) > 0 && !c.cut.Load() {
			if resp, herr := c.head(k); herr == nil {
				return resp, nil
			}
		}
		return nil, err
	}
	return c.head(k)
}

// fill reads more of the answer.
func (c *leanConn) fill() error {
	if c.at > 0 && c.at == len(c.in) {
		c.in, c.at = c.in[:0], 0
	}
	if len(c.in) == cap(c.in) {
		if c.at > 0 {
			n := copy(c.in, c.in[c.at:])
			c.in, c.at = c.in[:n], 0
		} else {
			bigger := make([]byte, len(c.in), max(leanBuffer, 2*cap(c.in)))
			copy(bigger, c.in)
			c.in = bigger
		}
	}
	n, err := c.net.Read(c.in[len(c.in):cap(c.in)])
	c.in = c.in[:len(c.in)+n]
	if n > 0 {
		c.heard = true
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}
