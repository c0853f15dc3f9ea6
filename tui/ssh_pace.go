package tui

import (
	"context"
	"sync"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// onTheWay is how many bytes of a guest's screen may be on their way at most. A
// line of 9600 bit/s takes seven seconds for so many, and so answers before it
// looks dead; without a bound, the buffers between here and there would fill with
// frames that are long past.
const onTheWay = 8 << 10

// askAfter is how many bytes are asked about at least.
const askAfter = onTheWay / 2

// pace keeps what is on its way to a guest short: the other end is asked for a
// sign of life behind what was written, and its answer tells that all before it
// has come through.
type pace struct {
	mu    sync.Mutex
	sent  int64
	came  int64         // of it, for certain
	at    time.Time     // when more came last
	moved chan struct{} // closed and replaced when more came
	due   chan struct{} // enough was sent to ask
}

func newPace() *pace { return &pace{moved: make(chan struct{}), due: make(chan struct{}, 1)} }

// wrote counts bytes as on their way.
func (p *pace) wrote(n int) {
	p.mu.Lock()
	p.sent += int64(n)
	ask := p.sent-p.came >= askAfter
	p.mu.Unlock()
	if ask {
		select {
		case p.due <- struct{}{}:
		default:
		}
	}
}

// clear waits until n more bytes may be sent, or the view ends.
func (p *pace) clear(ctx context.Context, n int) {
	for {
		p.mu.Lock()
		full, moved := p.sent > p.came && p.sent-p.came+int64(n) > onTheWay, p.moved
		p.mu.Unlock()
		if !full {
			return
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return
		}
	}
}

// through is how many bytes have come for certain.
func (p *pace) through() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.came
}

// last is when more came through.
func (p *pace) last() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at
}

// late calls cut when nothing came through for so long, unless it is called off
// before. However slow a line is, it is not late while it answers.
func (p *pace) late(after time.Duration, cut func()) (off func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	called := false
	var timer *time.Timer
	timer = time.AfterFunc(after, func() {
		p.mu.Lock()
		left := after - time.Since(p.at)
		if !called && left > 0 {
			timer.Reset(left)
		}
		over := !called && left <= 0
		p.mu.Unlock()
		if over {
			cut()
		}
	})
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		called = true
		timer.Stop()
	}
}

// follow asks again and again how much came through, until the connection ends.
func (p *pace) follow(ctx context.Context, conn gossh.Conn) {
	for {
		select {
		case <-p.due:
		case <-ctx.Done():
			return
		}
		p.mu.Lock()
		asked := p.sent
		p.mu.Unlock()
		if _, _, err := conn.SendRequest("keepalive@openssh.com", true, nil); err != nil {
			return // the connection has ended, and with it whoever waits
		}
		p.mu.Lock()
		if asked > p.came {
			p.came, p.at = asked, time.Now()
		}
		more := p.sent-p.came >= askAfter
		close(p.moved)
		p.moved = make(chan struct{})
		p.mu.Unlock()
		if more {
			select {
			case p.due <- struct{}{}:
			default:
			}
		}
	}
}
