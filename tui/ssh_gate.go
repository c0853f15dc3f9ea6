package tui

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// bounds are what the door takes at most of anybody.
type bounds struct {
	conns     int           // connections at once
	strangers int           // of those, without a proved key or a view
	near      int           // of those, from one address
	views     int           // of one key
	tries     int           // keys a connection may offer
	free      int           // failures of an address or a key before it has to wait
	told      int           // refusals of one of them that are written down a minute
	toldAll   int           // and of all
	handshake time.Duration // from the connection to the view: somebody compares a fingerprint, types a passphrase, looks for a token
	knock     time.Duration // that the host takes to answer
	idle      time.Duration // without a key press
	warn      time.Duration // before that end
	stall     time.Duration // that a guest's connection takes nothing
	ping      time.Duration // between two looks whether somebody is there
	ask       time.Duration // the same, of who holds the dial
	silence   time.Duration // of who holds the dial, after which nothing rises
	pong      time.Duration // that the answer may take
	longest   time.Duration // wait after failures
}

func usual() bounds {
	return bounds{conns: 64, strangers: 32, near: 8, views: 3, tries: 6, free: 5, told: 4, toldAll: 30, handshake: 2 * time.Minute, knock: time.Minute, idle: time.Hour,
		warn: 5 * time.Minute, ask: time.Second, silence: 3 * time.Second,
		stall: 10 * time.Second, ping: 4 * time.Second, pong: 10 * time.Second, longest: 30 * time.Second}
}

// gate counts connections and failures, by address and by key.
type gate struct {
	*ledger
	b         bounds
	now       func() time.Time
	mu        sync.Mutex
	conns     int
	strangers int
	near      map[string]int // of the strangers, by address
	callers   map[*caller]bool
	failed    map[string]*failures
}

type failures struct {
	n     int
	until time.Time
	last  time.Time
}

// keptFailures is of how many addresses and keys failures are kept, and
// forgotFailures for how long.
const (
	keptFailures   = 1024
	forgotFailures = 10 * time.Minute
)

func newGate(b bounds, now func() time.Time, turned func(string, int)) *gate {
	return &gate{ledger: newLedger(b.told, b.toldAll, now, turned), b: b, now: now, near: map[string]int{}, callers: map[*caller]bool{}, failed: map[string]*failures{}}
}

// caller is one connection. Deadlines that the protocol's library sets are not
// for it: it has its own.
type caller struct {
	net.Conn
	gate   *gate
	addr   string
	known  bool // has a view, or waits for one; the gate's lock is for it
	late   bool // was closed because no view came in time; the same
	closed sync.Once
	timer  *time.Timer
}

// SetDeadline does nothing: see caller.
func (c *caller) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing: see caller.
func (c *caller) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing: see caller.
func (c *caller) SetWriteDeadline(time.Time) error { return nil }

// peer is a caller's address, and the way back to it: the protocol's library
// tells of a connection that failed by one of its own around it.
type peer struct {
	net.Addr
	c *caller
}

// RemoteAddr is where the caller calls from.
func (c *caller) RemoteAddr() net.Addr { return peer{c.Conn.RemoteAddr(), c} }

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
		if !c.known {
			c.gate.strangerLess(c.addr)
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

// greet tells that a caller is no stranger any more. One that is gone stays what
// it was: its place has been given back.
func (c *caller) greet() {
	c.gate.mu.Lock()
	defer c.gate.mu.Unlock()
	if !c.known && c.gate.callers[c] {
		c.known = true
		c.gate.strangerLess(c.addr)
	}
}

func (g *gate) strangerLess(addr string) {
	g.strangers--
	if g.near[addr]--; g.near[addr] == 0 {
		delete(g.near, addr)
	}
}

// admit takes a connection in, or returns nil.
func (g *gate) admit(conn net.Conn) *caller {
	addr := hostOf(conn.RemoteAddr())
	if t, ok := conn.(*net.TCPConn); ok {
		_ = t.SetWriteBuffer(32 << 10) // what is not sent yet is thrown away by nobody: keep it short
		_ = t.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3})
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	why := ""
	switch {
	case g.conns >= g.b.conns:
		why = fmt.Sprintf("%d connections are open already", g.b.conns)
	case g.strangers >= g.b.strangers:
		why = fmt.Sprintf("%d connections have not shown a key yet", g.b.strangers)
	case g.near[addr] >= g.b.near:
		why = fmt.Sprintf("%d connections from %s have not shown a key yet", g.b.near, addr)
	case g.late(addr):
		why = addr + " failed again and again and has to wait"
	}
	if why != "" {
		g.tell(addr, why)
		return nil
	}
	g.conns++
	g.strangers++
	g.near[addr]++
	c := &caller{Conn: conn, gate: g, addr: addr}
	c.timer = time.AfterFunc(g.b.handshake, func() {
		g.mu.Lock()
		c.late = !c.known
		late := c.late
		g.mu.Unlock()
		if late {
			_ = c.Close()
		}
	})
	g.callers[c] = true
	return c
}

// nothing says why a connection came to nothing before it was a guest's, and
// counts it, unless all that it did was to take long: a person who compares a
// fingerprint does.
func (g *gate) nothing(a net.Addr, err error) {
	host := hostOf(a)
	p, ok := a.(peer)
	g.mu.Lock()
	late := ok && p.c.late
	g.mu.Unlock()
	if late {
		g.tell(host, fmt.Sprintf("no key was shown in %s, from %s", span(g.b.handshake), host))
		return
	}
	g.fail(host)
	if _, auth := errors.AsType[*gossh.ServerAuthError](err); !auth {
		g.tell(host, "hung up before a key was shown, from "+host)
		return
	}
	g.tell(host, "no key that may come in, from "+host)
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

// fail counts an address that did not prove a key, or a key that was refused: the
// more there were, the longer it has to wait.
func (g *gate) fail(who string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f := g.failures(who)
	f.n++
	if over := f.n - g.b.free; over > 0 {
		f.wait(f.last.Add(min(g.b.longest, time.Second<<min(over-1, 10))))
	}
}

// hush keeps a key or an address out for a while.
func (g *gate) hush(who string, d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f := g.failures(who)
	f.wait(f.last.Add(d))
}

// failures are somebody's, of now.
func (g *gate) failures(who string) *failures {
	now := g.now()
	f := g.failed[who]
	if f == nil || now.Sub(f.last) > forgotFailures {
		if len(g.failed) >= keptFailures {
			g.forgive(now)
		}
		f = &failures{}
		g.failed[who] = f
	}
	f.last = now
	return f
}

func (f *failures) wait(until time.Time) {
	if until.After(f.until) {
		f.until = until
	}
}

// waits tells whether somebody has to wait.
func (g *gate) waits(who string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.late(who)
}

func (g *gate) late(who string) bool {
	f := g.failed[who]
	return f != nil && g.now().Before(f.until)
}

// welcome forgets the failures of who came in.
func (g *gate) welcome(who ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, w := range who {
		delete(g.failed, w)
	}
}

// forgive drops what is old, or the oldest.
func (g *gate) forgive(now time.Time) {
	oldest, at := "", now
	for who, f := range g.failed {
		if now.Sub(f.last) > forgotFailures {
			delete(g.failed, who)
		} else if !f.last.After(at) {
			oldest, at = who, f.last
		}
	}
	if len(g.failed) >= keptFailures {
		delete(g.failed, oldest)
	}
}

// anew forgets all failures: who opens the door once more begins anew.
func (g *gate) anew() {
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.failed)
}

func hostOf(a net.Addr) string {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host
}
