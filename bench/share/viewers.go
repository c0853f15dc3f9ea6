package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"crosstalk/session"
	"crosstalk/tui"
)

// crowd is a door and those who look on through it.
type crowd struct {
	door    *tui.Door
	viewers []*viewer
}

// viewer is one client with a terminal.
type viewer struct {
	conn  *gossh.Client
	line  *line
	taken atomic.Int64 // bytes of screen
	drew  atomic.Int64 // when some of it came last, in nanoseconds of Unix time
	wait  atomic.Int64 // the longest time between two pieces, in nanoseconds
	gone  chan struct{}
}

// line is a viewer's connection; once it is stalled, nothing is taken from it.
type line struct {
	net.Conn
	stalled atomic.Bool
	over    chan struct{}
	once    sync.Once
}

// Read reads until the line is stalled, and then waits for its end.
func (l *line) Read(b []byte) (int, error) {
	if l.stalled.Load() {
		<-l.over
		return 0, io.EOF
	}
	return l.Conn.Read(b)
}

// Close closes the line.
func (l *line) Close() error {
	l.once.Do(func() { close(l.over) })
	return l.Conn.Close()
}

// gather opens a door to a session and lets n viewers in, each with a key.
func gather(ctx context.Context, s *session.Session, dir string, n int) (*crowd, error) {
	keys := make([]gossh.Signer, n)
	var file []byte
	for i := range keys {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("make a key: %w", err)
		}
		if keys[i], err = gossh.NewSignerFromKey(private); err != nil {
			return nil, fmt.Errorf("make a key: %w", err)
		}
		file = append(file, gossh.MarshalAuthorizedKey(keys[i].PublicKey())...)
	}
	allow := filepath.Join(dir, "keys")
	if err := os.WriteFile(allow, file, 0o600); err != nil {
		return nil, fmt.Errorf("write who may come in: %w", err)
	}
	c := &crowd{door: tui.NewDoor(tui.DoorOptions{Addr: "127.0.0.1:0", Allow: allow, HostKey: filepath.Join(dir, "host")})}
	c.door.For(s, who.Name)
	if err := c.door.Open(ctx); err != nil {
		return nil, err
	}
	for i := range n {
		v, err := enter(ctx, c.door.Sight().Addr, fmt.Sprintf("viewer-%d", i+1), keys[i])
		if err != nil {
			c.leave()
			return nil, fmt.Errorf("viewer %d: %w", i+1, err)
		}
		c.viewers = append(c.viewers, v)
	}
	return c, nil
}

// enter comes in as one viewer, and waits for the first of the screen.
func enter(ctx context.Context, addr, name string, key gossh.Signer) (*viewer, error) {
	var d net.Dialer
	raw, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	v := &viewer{line: &line{Conn: raw, over: make(chan struct{})}, gone: make(chan struct{})}
	cc, chans, reqs, err := gossh.NewClientConn(v.line, addr, &gossh.ClientConfig{User: name, Auth: []gossh.AuthMethod{gossh.PublicKeys(key)},
		HostKeyCallback: gossh.InsecureIgnoreHostKey()}) //nolint:gosec // the bench's own server
	if err != nil {
		return nil, err
	}
	v.conn = gossh.NewClient(cc, chans, reqs)
	s, err := v.conn.NewSession()
	if err != nil {
		return nil, err
	}
	drawn := make(chan struct{})
	s.Stdout = &eye{v: v, first: drawn}
	if _, err := s.StdinPipe(); err != nil {
		return nil, err
	}
	if err := s.RequestPty("xterm-256color", 36, 120, nil); err != nil {
		return nil, err
	}
	if err := s.Shell(); err != nil {
		return nil, err
	}
	go func() { _ = s.Wait(); close(v.gone) }()
	late := time.NewTimer(most)
	defer late.Stop()
	select {
	case <-drawn:
		return v, nil
	case <-v.gone:
		return nil, fmt.Errorf("%s was sent away at once", name)
	case <-late.C:
		return nil, fmt.Errorf("%s saw nothing for %s", name, most)
	}
}

// eye takes a screen in and tells when the first of it was drawn.
type eye struct {
	v     *viewer
	first chan struct{}
	seen  bool
}

// Write counts what is drawn.
func (e *eye) Write(b []byte) (int, error) {
	e.v.taken.Add(int64(len(b)))
	now := time.Now().UnixNano()
	if last := e.v.drew.Swap(now); now-last > e.v.wait.Load() {
		e.v.wait.Store(now - last)
	}
	if !e.seen && bytes.Contains(b, []byte("STAGING")) {
		e.seen = true
		close(e.first)
	}
	return len(b), nil
}

// stall lets the first n take nothing more.
func (c *crowd) stall(n int) {
	for _, v := range c.viewers[:n] {
		v.line.stalled.Store(true)
	}
}

// anew begins to measure how long the others wait for more of their screens.
func (c *crowd) anew(stalled int) {
	for _, v := range c.viewers[stalled:] {
		v.drew.Store(time.Now().UnixNano())
		v.wait.Store(0)
	}
}

// waited is the longest that one of the others waited.
func (c *crowd) waited(stalled int) (d time.Duration) {
	for _, v := range c.viewers[stalled:] {
		d = max(d, time.Duration(v.wait.Load()), time.Duration(time.Now().UnixNano()-v.drew.Load()))
	}
	return d
}

// taken is how much the others have taken, in bytes.
func (c *crowd) taken(stalled int) (sum int64) {
	for _, v := range c.viewers[stalled:] {
		sum += v.taken.Load()
	}
	return sum
}

// here is how many of the others still look on.
func (c *crowd) here(stalled int) (n int) {
	for _, v := range c.viewers[stalled:] {
		select {
		case <-v.gone:
		default:
			n++
		}
	}
	return n
}

// leave ends all views and the door.
func (c *crowd) leave() {
	for _, v := range c.viewers {
		_ = v.line.Close()
	}
	c.door.Shut("the bench is over")
}
