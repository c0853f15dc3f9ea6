package tui

import (
	"bytes"
	"context"
	"io"
	"sync/atomic"
	"time"
)

// What a guest may type: far more than fingers do.
const (
	typedRate  = 600       // bytes a second
	typedBurst = 3000      // bytes at once
	pasteRate  = 64        // a pasted byte counts as one of so many
	maxPaste   = 256 << 10 // bytes of one paste
)

// keptKeys is how many pieces of what was typed wait for a screen at most: a
// whole paste, and what is typed behind it.
const keptKeys = 1024

// typed takes a guest's keys in. Stop all goes its own way from here, so that it
// acts although the guest's screen may hang; whatever comes faster than a person
// types waits at the other end.
type typed struct {
	d       *Door
	v       *view
	src     atomic.Pointer[guestSource]
	waiting atomic.Bool // for the host's answer: keys go nowhere
	keys    chan []byte // on their way to the screen
	lost    bool        // some did not get there
	tail    []byte      // the last bytes, to know a key by
	pasting bool
	pasted  int
	tokens  float64
	at      time.Time
}

func newTyped(d *Door, v *view) *typed {
	return &typed{d: d, v: v, keys: make(chan []byte, keptKeys), tokens: typedBurst, at: d.o.Now()}
}

// pump reads until the guest is gone. It never waits for the screen, so that a
// stop is found at once.
func (t *typed) pump(from io.Reader) {
	b := make([]byte, 512)
	for {
		n, err := from.Read(b)
		if n > 0 {
			t.v.heard.Store(int64(t.d.age()))
			inPaste := t.pasting
			cost, stops := t.look(b[:n])
			if t.pasted > maxPaste {
				t.v.end("one paste was longer than 256 KB")
			} else if t.pay(max(1, cost)) { // a piece is work, however short
				t.hand(b[:n], inPaste, stops)
			}
		}
		if err != nil {
			t.v.end("the connection was lost")
			return
		}
		if t.v.ctx.Err() != nil {
			t.drain(from, b)
			return
		}
	}
}

// drain reads on behind a view's end, so that the other end is not kept waiting
// for the last words. Who stops all load at that moment still does.
func (t *typed) drain(from io.Reader, b []byte) {
	for left := 1 << 20; left > 0; {
		n, err := from.Read(b)
		if n > 0 {
			t.look(b[:n])
		}
		if left -= n; err != nil {
			return
		}
	}
}

// hand gives keys to the screen. What a screen that hangs has no room for is
// dropped, and whatever follows until it has taken the rest: half a paste must not
// count as keys.
func (t *typed) hand(b []byte, inPaste bool, stops int) {
	src := t.src.Load()
	if src == nil || t.waiting.Load() {
		t.lost = true
		return
	}
	if t.lost && (inPaste || len(t.keys) > 0) {
		return
	}
	if t.lost = len(t.keys) >= keptKeys-1; t.lost { // one place is kept for a paste's end
		if inPaste {
			t.keys <- pasteEnd
		}
		return
	}
	src.owe(stops)
	t.keys <- bytes.Clone(b) // nobody else puts anything there: it has room
}

// feed waits for the screen to take the keys, until the view's end.
func (t *typed) feed(to *io.PipeWriter) {
	defer to.Close()
	for {
		select {
		case b := <-t.keys:
			if _, err := to.Write(b); err != nil {
				return
			}
		case <-t.v.ctx.Done():
			return
		}
	}
}

// look finds the keys that the door knows, and returns what the bytes count, and
// how often the screen will find a stop in them.
func (t *typed) look(b []byte) (cost float64, stops int) {
	if alone := stopKey(b) == 'x'; t.pasting && (alone || len(bytes.Trim(b, "\x18")) == 0) {
		t.stop() // by itself, it is a key: the paste's end may have got lost
		if alone {
			stops++
		}
	}
	for _, c := range b {
		if len(t.tail) == longestStop {
			t.tail = append(t.tail[:0], t.tail[1:]...)
		}
		t.tail = append(t.tail, c)
		if t.pasting {
			t.pasted++
			cost += 1.0 / pasteRate
			if bytes.HasSuffix(t.tail, pasteEnd) {
				t.pasting = false
			}
			continue
		}
		cost++
		switch key := stopKeyAtEnd(t.tail); {
		case bytes.HasSuffix(t.tail, pasteStart):
			t.pasting, t.pasted = true, 0
		case key == 'x':
			t.stop()
			stops++
		case t.waiting.Load() && (key == 'c' || c == 0x04):
			t.v.end("you gave up")
		}
	}
	return cost, stops
}

// stop stops all load, whatever the guest's screen does.
func (t *typed) stop() {
	if src := t.src.Load(); src != nil {
		ctx := context.WithoutCancel(t.v.ctx)
		t.d.help.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, farewellFor)
			defer cancel()
			_, _ = src.stopAll(ctx)
		})
	}
}

// pay waits until the bytes may pass. It reports false when the view ended first.
func (t *typed) pay(cost float64) bool {
	for {
		now := t.d.o.Now()
		t.tokens = min(typedBurst, t.tokens+now.Sub(t.at).Seconds()*typedRate)
		t.at = now
		if t.tokens >= cost || t.tokens >= typedBurst {
			t.tokens -= cost
			return true
		}
		wait := time.NewTimer(time.Duration((cost-t.tokens)/typedRate*float64(time.Second)) + time.Millisecond)
		select {
		case <-wait.C:
		case <-t.v.ctx.Done():
			wait.Stop()
			return false
		}
	}
}
