package tui

import (
	"fmt"
	"sync"
	"time"
)

// Bounds of one key, however many views it has.
const (
	joinRate  = 1.0 / 6 // views a second
	joinBurst = 12
	quietFor  = 5 * time.Minute // a key that the host refused, or sent away
)

// allowance is what a key may ask of the session in all of its views together.
type allowance struct {
	mu     sync.Mutex
	asks   bucket
	writes bucket
	joins  bucket
}

// allowed returns a key's allowance. There are no more than keys in the file.
func (d *Door) allowed(key string) *allowance {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.allow[key]
	if a == nil {
		a = &allowance{asks: bucket{rate: askRate, burst: askBurst}, writes: bucket{rate: writeRate, burst: writeBurst}, joins: bucket{rate: joinRate, burst: joinBurst}}
		d.allow[key] = a
	}
	return a
}

// mayJoin tells whether the key may come in once more so soon.
func (a *allowance) mayJoin(now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.joins.take(now)
}

// crowded ends the oldest views of a key that has as many as it may: whoever
// comes back is not kept out by a connection that nobody knows to be dead. The
// door is locked.
func (d *Door) crowded(key string) {
	for {
		var oldest *view
		n := 0
		for v := range d.views {
			if v.key != key || v.ctx.Err() != nil {
				continue
			}
			if n++; oldest == nil || v.order < oldest.order {
				oldest = v
			}
		}
		if n < d.b.views {
			return
		}
		oldest.end(fmt.Sprintf("the same key came in once more, and has %d views at most", d.b.views))
	}
}

// refused counts a key that was not let in. One that was sent away has heard so
// by now, and proves nothing for a while.
func (d *Door) refused(key string) {
	d.mu.Lock()
	sent := d.sent[key]
	d.mu.Unlock()
	if sent {
		d.gate.hush(key, quietFor)
		return
	}
	d.gate.fail(key)
}

// hush makes a key that the host refused keep quiet.
func (d *Door) hush(key string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.quiet[key] = d.o.Now().Add(quietFor)
}
