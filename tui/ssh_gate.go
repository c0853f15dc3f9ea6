package tui

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// bounds are what the door takes at most of anybody.
type bounds struct {
	conns     int           // connections at once
	strangers int           // of those, without a proved key or a view
	tries     int           // keys a connection may offer
	free      int           // failures of an address before it has to wait
	handshake time.Duration // from the connection to the view
	knock     time.Duration // that the host takes to answer
	idle      time.Duration // without a key press
	stall     time.Duration // that a guest's connection takes nothing
	ping      time.Duration // between two looks whether somebody is there
	pong      time.Duration // that the answer may take
	longest   time.Duration // wait after failures
}

func usual() bounds {
	return bounds{conns: 64, strangers: 32, tries: 6, free: 5, handshake: 20 * time.Second, knock: time.Minute, idle: time.Hour,
		stall: 10 * time.Second, ping: 4 * time.Second, pong: 10 * time.Second, longest: 30 * time.Second}
}

// gate counts connections and failures, by address.
type gate struct {
	b         bounds
	now       func() time.Time
	turned    func(why string, count int) // tells of who was turned away
	mu        sync.Mutex
	conns     int
	strangers int
	callers   map[*caller]bool
	failed    map[string]*failures
	said      map[string]int // since the last telling, by reason
}

type failures struct {
	n     int
	until time.Time
	last  time.Time
}

// keptFailures is of how many addresses failures are kept, and forgotFailures
// for how long.
const (
	keptFailures   = 1024
	forgotFailures = 10 * time.Minute
	saidAtOnce     = 8 // reasons told in one second
)

func newGate(b bounds, now func() time.Time, turned func(string, int)) *gate {
	return &gate{b: b, now: now, turned: turned, callers: map[*caller]bool{}, failed: map[string]*failures{}, said: map[string]int{}}
}

// caller is one connection. Deadlines that the protocol's library sets are not
// for it: it has its own.
type caller struct {
	net.Conn
	gate   *gate
	addr   string
	known  atomic.Bool // has a view, or waits for one
	closed sync.Once
	timer  *time.Timer
}

// SetDeadline does nothing: see caller.
func (c *caller) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing: see caller.
func (c *caller) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing: see caller.
func (c *caller) SetWriteDeadline(time.Time) error { return nil }

// Close closes the connection and gives its place back.
func (c *caller) Close() error {
	err := net.ErrClosed
	c.closed.Do(func() {
		c.timer.Stop()
		err = c.Conn.Close()
		c.gate.mu.Lock()
		defer c.gate.mu.Unlock()
		c.gate.conns--
		delete(c.gate.callers, c)
		if !c.known.Load() {
			c.gate.strangers--
		}
	})
	return err
}

// gone tells whether the connection has been closed.
func (c *caller) gone() bool {
	c.gate.mu.Lock()
	defer c.gate.mu.Unlock()
	return !c.gate.callers[c]
}

// greet tells that a caller is no stranger any more.
func (c *caller) greet() {
	if !c.known.Swap(true) {
		c.gate.mu.Lock()
		defer c.gate.mu.Unlock()
		c.gate.strangers--
		delete(c.gate.failed, c.addr)
	}
}

// admit takes a connection in, or returns nil.
func (g *gate) admit(conn net.Conn) *caller {
	addr := hostOf(conn.RemoteAddr())
	g.mu.Lock()
	now := g.now()
	f := g.failed[addr]
	why := ""
	switch {
	case g.conns >= g.b.conns:
		why = fmt.Sprintf("%d connections are open already", g.b.conns)
	case g.strangers >= g.b.strangers:
		why = fmt.Sprintf("%d connections have not shown a key yet", g.b.strangers)
	case f != nil && now.Before(f.until):
		why = fmt.Sprintf("%s failed %d times and has to wait", addr, f.n)
	}
	if why == "" {
		g.conns++
		g.strangers++
	}
	g.mu.Unlock()
	if why != "" {
		g.tell(why)
		return nil
	}
	if t, ok := conn.(*net.TCPConn); ok {
		_ = t.SetWriteBuffer(32 << 10) // what is not sent yet is thrown away by nobody: keep it short
		_ = t.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3})
	}
	c := &caller{Conn: conn, gate: g, addr: addr}
	c.timer = time.AfterFunc(g.b.handshake, func() {
		if !c.known.Load() {
			_ = c.Close()
		}
	})
	g.mu.Lock()
	g.callers[c] = true
	g.mu.Unlock()
	return c
}

// hangUp closes every connection that is left.
func (g *gate) hangUp() {
	g.mu.Lock()
	all := slices.Collect(maps.Keys(g.callers))
	g.mu.Unlock()
	for _, c := range all {
		_ = c.Close()
	}
}

// fail counts a connection that did not prove a key: the more there were, the
// longer the address has to wait.
func (g *gate) fail(addr string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	f := g.failed[addr]
	if f == nil || now.Sub(f.last) > forgotFailures {
		if len(g.failed) >= keptFailures {
			g.forget(now)
		}
		f = &failures{}
		g.failed[addr] = f
	}
	f.n++
	f.last = now
	if over := f.n - g.b.free; over > 0 {
		f.until = now.Add(min(g.b.longest, time.Second<<min(over-1, 10)))
	}
}

// forget drops what is old, or the oldest.
func (g *gate) forget(now time.Time) {
	oldest, at := "", now
	for addr, f := range g.failed {
		if now.Sub(f.last) > forgotFailures {
			delete(g.failed, addr)
		} else if !f.last.After(at) {
			oldest, at = addr, f.last
		}
	}
	if len(g.failed) >= keptFailures {
		delete(g.failed, oldest)
	}
}

// tell counts one who was turned away; report says it.
func (g *gate) tell(why string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.said[why]; !ok && len(g.said) >= saidAtOnce {
		why = "and others"
	}
	g.said[why]++
}

// report writes down who was turned away since the last time: a few reasons a
// second at most, so that nobody fills the journal from outside.
func (g *gate) report() {
	g.mu.Lock()
	said := g.said
	g.said = map[string]int{}
	g.mu.Unlock()
	reasons := make([]string, 0, len(said))
	for why := range said {
		reasons = append(reasons, why)
	}
	slices.SortFunc(reasons, func(a, b string) int { return cmp.Or(cmp.Compare(said[b], said[a]), cmp.Compare(a, b)) })
	for _, why := range reasons {
		g.turned(why, said[why])
	}
}

func hostOf(a net.Addr) string {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host
}
