package tui

import (
	"bytes"
	"crypto/rand"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"crosstalk/session"
)

func TestABadGuestHarmsNobody(t *testing.T) {
	h := openHouse(t, func(_ *DoorOptions, d *Door) {
		d.b.stall, d.b.ping, d.b.pong = 300*time.Millisecond, 100*time.Millisecond, 500*time.Millisecond
		shape := d.shape
		d.shape = func(src Source, o Options) *Model {
			if o.Who.Name == "bea" {
				src = &failing{Source: src}
			}
			return shape(src, o)
		}
	})
	jon := h.guest("jon", 120, 36, nil)
	jon.sees("STAGING")
	// One whose screen fails.
	bea := h.guest("bea", 80, 24, nil)
	bea.sees("this screen failed: broken on purpose")
	if b := h.leaves("bea"); !strings.Contains(b.Why, "broken on purpose") {
		t.Errorf("bea is gone: %s", b.Why)
	}
	// One that floods with keys, pastes and sizes.
	ann := h.guest("ann", 80, 24, nil)
	ann.sees("STAGING")
	for range 2000 {
		_ = ann.sess.WindowChange(24+rand32()%40, 80+rand32()%200)
	}
	go func() { // it waits at the guest's own end
		b := bytes.Repeat([]byte("\x1b[A?vz"), 4096)
		for range 64 {
			if _, err := ann.in.Write(b); err != nil {
				return
			}
		}
	}()
	jon.press("?")
	jon.sees("every key there is")
	ann.press("")
	_ = ann.conn.Close() // and vanishes
	// One that takes nothing more from its line.
	raw, err := net.Dial("tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	deaf := &deafConn{Conn: raw, open: make(chan struct{})}
	defer close(deaf.open)
	cc, chans, reqs, err := gossh.NewClientConn(deaf, h.addr, h.config("ann2", "ann"))
	if err != nil {
		t.Fatal(err)
	}
	client := gossh.NewClient(cc, chans, reqs)
	s, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RequestPty("xterm", 24, 80, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	h.await("ann2", func(e session.Event) bool { b, ok := e.Body.(*session.ViewerJoin); return ok && b.Name == "ann2" })
	deaf.stop()
	if b := h.leaves("ann2"); !strings.Contains(b.Why, "connection") && !strings.Contains(b.Why, "taken") {
		t.Errorf("ann2 is gone: %s", b.Why)
	}
	jon.press("?") // closes the help
	jon.press("q")
	_ = jon.end()
	h.empty()
}

func rand32() int {
	var b [1]byte
	_, _ = rand.Read(b[:])
	return int(b[0])
}

// failing is a source that fails on purpose once its screen has come up.
type failing struct {
	Source
	n int
}

func (f *failing) May(who session.Person, cmd session.Command) error {
	if f.n++; f.n > 200 {
		panic("broken on purpose")
	}
	return f.Source.May(who, cmd)
}

// deafConn is a line that is taken nothing from, once it is stopped.
type deafConn struct {
	net.Conn
	mu      sync.Mutex
	stopped bool
	open    chan struct{}
}

func (d *deafConn) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped = true
}

func (d *deafConn) Read(b []byte) (int, error) {
	d.mu.Lock()
	stopped := d.stopped
	d.mu.Unlock()
	if stopped {
		<-d.open
	}
	return d.Conn.Read(b)
}
