package fault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// pieceBytes is how much of an answer takes its turn on the line at once.
const pieceBytes = 32 << 10

// Uplink is one line that several servers are reached over: so many bytes a
// second together, first come, first served. Who loads it makes everyone wait.
type Uplink struct {
	rate float64 // bytes a second

	mu   sync.Mutex
	free time.Time // when the line has sent what it was given
	ends []io.Closer
	shut bool
}

// NewUplink makes a line for so many bytes a second. Close ends it.
func NewUplink(bytesPerSecond float64) *Uplink { return &Uplink{rate: bytesPerSecond} }

// To opens a way over the line to a server's host:port and returns the host:port
// to ask instead.
func (u *Uplink) To(address string) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("open an uplink: %w", err)
	}
	u.keep(l)
	go func() {
		for {
			near, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				go u.join(near, address)
			}
		}
	}()
	return l.Addr().String(), nil
}

// join carries one connection: questions at once, answers over the line.
func (u *Uplink) join(near net.Conn, address string) {
	defer near.Close()
	var d net.Dialer
	far, err := d.DialContext(context.Background(), "tcp", address)
	if err != nil {
		return
	}
	defer far.Close()
	if !u.keep(near) || !u.keep(far) {
		return
	}
	go func() {
		_, _ = io.Copy(far, near) // ends when either side leaves, and then so does the other way
		_ = far.Close()
	}()
	piece := make([]byte, pieceBytes)
	for {
		n, err := far.Read(piece)
		if n > 0 {
			u.pass(n)
			if _, err := near.Write(piece[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// pass waits for the turn of so many bytes.
func (u *Uplink) pass(bytes int) {
	u.mu.Lock()
	now := time.Now()
	if u.free.Before(now) {
		u.free = now
	}
	u.free = u.free.Add(time.Duration(float64(bytes) / u.rate * float64(time.Second)))
	turn := u.free.Sub(now)
	u.mu.Unlock()
	wait := time.NewTimer(turn)
	defer wait.Stop()
	<-wait.C
}

// Fill keeps the line full with so many bytes in the queue, as somebody's upload
// does, until Close.
func (u *Uplink) Fill(bytes int) {
	u.pass(0)
	for range max(1, bytes/pieceBytes) {
		go func() {
			for !u.over() {
				u.pass(pieceBytes)
			}
		}()
	}
}

func (u *Uplink) over() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.shut
}

// keep notes what Close has to end; false if it has been.
func (u *Uplink) keep(c io.Closer) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.shut {
		_ = c.Close()
		return false
	}
	u.ends = append(u.ends, c)
	return true
}

// Close ends every way over the line.
func (u *Uplink) Close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.shut = true
	for _, c := range u.ends {
		_ = c.Close()
	}
}
