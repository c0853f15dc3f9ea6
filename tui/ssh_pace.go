package tui

import (
	"context"
	"sync"

	gossh "golang.org/x/crypto/ssh"
)

// onTheWay is how many bytes of a guest's screen may be on their way at most. A
// line of 56 kbit/s takes two to three seconds for so many; without a bound, the
// buffers between here and there would fill with frames that are long past.
const onTheWay = 16 << 10

// pace keeps what is on its way to a guest short: the other end is asked for a
// sign of life behind what was written, and its answer tells that all before it
// has come through.
type pace struct {
	mu    sync.Mutex
	sent  int64
	came  int64         // of it, for certain
	moved chan struct{} // closed and replaced when more came
	due   chan struct{} // enough was sent to ask
}

func newPace() *pace { return &pace{moved: make(chan struct{}), due: make(chan struct{}, 1)} }

// wrote counts bytes as on their way.
func (p *pace) wrote(n int) {
	p.mu.Lock()
	p.sent += int64(n)
	ask := p.sent-p.came >= onTheWay/4
	p.mu.Unlock()
	if ask {
		select {
		case p.due <- struct{}{}:
		default:
		}
	}
}

// clear waits until more may be sent, or the view ends.
func (p *pace) clear(ctx context.Context) {
	for {
		p.mu.Lock()
		full, moved := p.sent-p.came >= onTheWay, p.moved
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
		p.came = asked
		more := p.sent-p.came >= onTheWay/4
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
