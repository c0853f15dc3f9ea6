package tui

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"crosstalk/session"
)

// Who compares the fingerprint, types a passphrase and looks for a token has the
// time for it. One that never shows a key is closed, said in words of its own,
// and does not count as one that guesses.
func TestWhoComparesTheFingerprintHasTime(t *testing.T) {
	for _, c := range []struct {
		takes time.Duration
		in    bool
	}{{110 * time.Second, true}, {130 * time.Second, false}} {
		synctest.Test(t, func(t *testing.T) {
			var said []string
			d := NewDoor(DoorOptions{})
			d.gate = newGate(usual(), time.Now, func(why string, n int) { said = append(said, fmt.Sprint(why, " ", n)) })
			here, there := net.Pipe()
			guest, door := newRoomy(here, ""), newRoomy(there, "192.0.2.7")
			in := d.gate.admit(door)
			served, over := make(chan error, 1), make(chan struct{})
			go func() {
				cfg := d.config(nil)
				cfg.AddHostKey(signer(t))
				cfg.PublicKeyCallback = func(gossh.ConnMetadata, gossh.PublicKey) (*gossh.Permissions, error) { return nil, nil }
				conn, chans, reqs, err := gossh.NewServerConn(in, cfg)
				if err != nil {
					d.gate.nothing(in.RemoteAddr(), err)
				} else {
					in.greet()
					go gossh.DiscardRequests(reqs)
					go func() { <-chans }()
					defer func() { _ = conn.Close() }()
				}
				served <- err
				<-over
			}()
			_, _, _, err := gossh.NewClientConn(guest, "", &gossh.ClientConfig{User: "jon", Auth: []gossh.AuthMethod{gossh.PublicKeys(signer(t))},
				HostKeyCallback: func(string, net.Addr, gossh.PublicKey) error { time.Sleep(c.takes); return nil }})
			if told := <-served; (err == nil) != c.in || (told == nil) != c.in {
				t.Errorf("after %v: guest %v, server %v", c.takes, err, told)
			}
			close(over)
			_ = in.Close()
			_ = guest.Close()
			_ = door.Close()
			synctest.Wait()
			d.gate.report(true)
			want := ""
			if !c.in {
				want = "no key was shown in 2 min, from 192.0.2.7 1"
			}
			if got := strings.Join(said, "; "); got != want || len(d.gate.failed) != 0 {
				t.Errorf("after %v: said %q, counted %d", c.takes, got, len(d.gate.failed))
			}
		})
	}
}

// The same at a real door: however often somebody takes too long, the address
// does not have to wait; who hangs up is said to have done so.
func TestWhoTakesTooLongIsNoGuesser(t *testing.T) {
	h := openHouse(t, func(_ *DoorOptions, d *Door) { d.b.handshake, d.b.free = 50*time.Millisecond, 2 })
	refused := func(want string, n int) {
		t.Helper()
		for all := 0; all < n; {
			all = 0
			h.await(want, func(e session.Event) bool {
				if b, ok := e.Body.(*session.Refused); ok && strings.HasPrefix(b.Why, want) {
					all += b.Count
				}
				return all >= n
			})
		}
	}
	for range 4 {
		c, err := net.Dial("tcp", h.addr)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(c); err != nil || !strings.HasPrefix(string(b), "SSH-2.0-") {
			t.Errorf("it reads %q, %v", b, err)
		}
		_ = c.Close()
	}
	refused("no key was shown in 0 s, from 127.0.0.1", 4)
	h.door.gate.mu.Lock()
	counted := len(h.door.gate.failed)
	h.door.gate.b.handshake = time.Hour
	h.door.gate.mu.Unlock()
	if counted != 0 {
		t.Error("it counts as a failure to take long")
	}
	c, err := net.Dial("tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.ReadFull(c, make([]byte, 8))
	_ = c.Close()
	refused("hung up before a key was shown, from 127.0.0.1", 1)
	h.empty()
}

// roomy is one end of a pipe that takes what is written at once, as a network
// does.
type roomy struct {
	net.Conn
	addr string
	out  chan []byte
	done chan struct{}
	once sync.Once
}

func newRoomy(c net.Conn, addr string) *roomy {
	r := &roomy{Conn: c, addr: addr, out: make(chan []byte, 1024), done: make(chan struct{})}
	go func() {
		for {
			select {
			case b := <-r.out:
				_, _ = r.Conn.Write(b)
			case <-r.done:
				return
			}
		}
	}()
	return r
}

func (r *roomy) Write(b []byte) (int, error) {
	select {
	case r.out <- bytes.Clone(b):
		return len(b), nil
	case <-r.done:
		return 0, net.ErrClosed
	}
}

func (r *roomy) Close() error {
	r.once.Do(func() { close(r.done) })
	return r.Conn.Close()
}

func (r *roomy) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(r.addr), Port: 5} }

func signer(t *testing.T) gossh.Signer {
	t.Helper()
	s, err := hostKey(t.TempDir() + "/key")
	if err != nil {
		t.Fatal(err)
	}
	return s
}
