package loadengine

import (
	"context"
	"net"
	"sync"
	"testing"
)

// nothing is a connection that can only be closed.
type nothing struct{ net.Conn }

func (nothing) Close() error { return nil }

// A connection that a stop closes is never kept for the next request, however
// the two meet: that request would find it closed, long after the stop, and
// count as failed without having been sent.
func TestStoppedConnectionIsNotKept(t *testing.T) {
	t.Parallel()
	for range 5000 {
		l := newLean(Wire{}, nil, nil)
		ctx, cancel := context.WithCancel(t.Context())
		s := &sending{ctx: ctx}
		c := &leanConn{lean: l, net: nothing{}, addr: "a", keep: true}
		l.hold(s, c)
		cancel()
		var both sync.WaitGroup
		begin := make(chan struct{})
		both.Go(func() { <-begin; l.release(c) })
		both.Go(func() { <-begin; l.abort(s) })
		close(begin)
		both.Wait()
		if kept := l.idle["a"]; len(kept) > 0 && c.cut.Load() {
			t.Fatal("a connection that was closed is kept")
		}
		if len(l.busy) > 0 {
			t.Fatal("a connection stays booked")
		}
	}
}
