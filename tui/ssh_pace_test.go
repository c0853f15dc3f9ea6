package tui

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"
)

// crawl is both ends of a connection by a line that takes all at once and hands on
// so many bytes a second, or nothing any more.
type crawl struct {
	ssh.Session
	rate int
	turn chan struct{} // one question at a time, as the protocol's library has it
	mu   sync.Mutex
	free time.Time // when all that it took has come
	dead bool
}

func (c *crawl) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); c.free.Before(now) {
		c.free = now
	}
	c.free = c.free.Add(time.Duration(len(b)) * time.Second / time.Duration(c.rate))
	return len(b), nil
}

// asked is the connection that a crawl's signs of life go by.
type asked struct {
	gossh.Conn
	*crawl
}

// SendRequest answers when all that was sent before has come.
func (c asked) SendRequest(string, bool, []byte) (bool, []byte, error) {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	c.mu.Lock()
	wait := time.Until(c.free)
	if c.dead {
		wait = time.Hour
	}
	c.mu.Unlock()
	time.Sleep(wait)
	return false, nil, nil
}

// A line of 9600 bit/s that answers is not taken for one that is dead, however
// much there is to draw; one that is dead is, after ten seconds.
func TestASlowLineThatAnswersIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := &crawl{rate: 1200, turn: make(chan struct{}, 1)}
		conn := asked{crawl: line}
		d := NewDoor(DoorOptions{})
		g := newGate(d.b, time.Now, func(string, int) {})
		here, there := net.Pipe()
		defer there.Close()
		v := &view{s: line, conn: &gossh.ServerConn{Conn: conn}, caller: g.admit(here), pace: newPace()}
		v.caller.greet()
		v.ctx, v.cancel = context.WithCancel(t.Context())
		v.heard.Store(int64(d.age()))
		var all sync.WaitGroup
		all.Go(func() { v.pace.follow(v.ctx, conn) })
		all.Go(func() { d.watch(v) })
		out := v.sink(d)
		for _, n := range []int{40_000, 100, 3000, 9000, 4095, 8193, 60_000} {
			if _, err := out.Write(make([]byte, n)); err != nil {
				t.Fatal(err)
			}
		}
		if v.ctx.Err() != nil {
			t.Fatalf("it is sent away: %s", v.reason("nobody says why"))
		}
		line.mu.Lock()
		behind := time.Until(line.free)
		line.dead = true
		line.mu.Unlock()
		if most := onTheWay * time.Second / 1200; behind > most {
			t.Errorf("the line is %v behind, want at most %v", behind, most)
		}
		from := time.Now()
		_, _ = out.Write(make([]byte, 3*onTheWay))
		if why := v.reason(""); !strings.Contains(why, "taken") && !strings.Contains(why, "answer") {
			t.Errorf("a dead line's end: %q", why)
		}
		if took := time.Since(from); took > 2*d.b.stall {
			t.Errorf("it took %v to find out", took)
		}
		all.Wait()
	})
}
