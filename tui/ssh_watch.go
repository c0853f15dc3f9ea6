package tui

import (
	"context"
	"fmt"
	"sync"
	"time"

	"crosstalk/session"
)

// age is how old the door is.
func (d *Door) age() time.Duration { return time.Since(d.made) }

// holds keeps who holds the dial.
func (d *Door) holds(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dial = name
}

// drives tells whether a view is one of who holds the dial.
func (d *Door) drives(v *view) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return v.drives(d.dial)
}

func (v *view) drives(holder string) bool {
	return v.id != 0 && holder == v.who.Name && v.who.Role != session.Observer
}

// watch asks every few seconds whether somebody is still there, every second of who
// holds the dial, and ends a view that nobody has touched for long.
func (d *Door) watch(v *view) {
	tick := time.NewTicker(min(d.b.ask, d.b.ping))
	defer tick.Stop()
	trip := time.Duration(0) // how long the last answer took
	asked := time.Now()
	for came := int64(0); ; {
		select {
		case <-v.ctx.Done():
			return
		case <-tick.C:
		}
		drives := d.drives(v)
		if !drives && time.Since(asked) < d.b.ping-d.b.ask/2 {
			continue
		}
		asked = time.Now()
		if d.idle(v, drives) {
			return
		}
		if now := v.pace.through(); now != came {
			came = now
			continue // it has answered since
		}
		off := v.pace.late(d.b.pong, func() { v.cut("the connection does not answer") })
		answers := func() {}
		if drives {
			answers = d.listen(v, max(d.b.silence, 2*trip))
		}
		_, _, err := v.conn.SendRequest("keepalive@openssh.com", true, nil)
		off()
		if err != nil {
			v.end("the connection was lost") // before anybody thinks that it answers
			return
		}
		answers()
		trip = time.Since(asked)
	}
}

// idle ends a view that nobody has touched for long, and warns of it before. Who
// holds the dial while load runs looks on, whatever the fingers do.
func (d *Door) idle(v *view, drives bool) bool {
	left := d.b.idle - (d.age() - time.Duration(v.heard.Load()))
	if left < d.b.warn && drives && d.loaded() {
		v.heard.Store(int64(d.age())) // so that there is a warning when the load is over, too
		left = d.b.idle
	}
	if left < 0 {
		v.end(fmt.Sprintf("no key was pressed for %.0f min", d.b.idle.Minutes()))
		return true
	}
	ends := int64(0)
	if left < d.b.warn {
		ends = int64(d.age() + left)
	}
	v.ends.Store(ends)
	return false
}

func (d *Door) loaded() bool {
	dial := d.hall.Snapshot().Dial
	return dial.Running > 0 || dial.Asked > 0
}

// EndsIn is what is left of a view that nobody touches; ok is false while that is
// long.
func (g *guestSource) EndsIn() (left time.Duration, ok bool) {
	ends := time.Duration(g.v.ends.Load())
	if ends == 0 || time.Duration(g.v.heard.Load()) > ends-g.d.b.warn {
		return 0, false
	}
	return ends - g.d.age(), true
}

// silence is whether a view of who holds the dial answers.
type silence struct {
	turn sync.Mutex // one word to the session at a time
	on   bool       // the door's lock is for it
}

// listen has the session hold when nothing of a view's has come for so long: no
// answer and no key. What it returns is for the answer.
func (d *Door) listen(v *view, after time.Duration) (answers func()) {
	over := false
	var timer *time.Timer
	v.silent.turn.Lock()
	defer v.silent.turn.Unlock()
	began := time.Now()
	timer = time.AfterFunc(after, func() {
		v.silent.turn.Lock()
		defer v.silent.turn.Unlock()
		if over || v.ctx.Err() != nil {
			return
		}
		last := v.pace.last()
		for _, t := range []time.Time{began, d.made.Add(time.Duration(v.heard.Load()))} {
			if t.After(last) {
				last = t
			}
		}
		if left := after - time.Since(last); left > 0 {
			timer.Reset(left)
			return
		}
		d.unheard(v, true)
	})
	return func() {
		v.silent.turn.Lock()
		defer v.silent.turn.Unlock()
		over = true
		timer.Stop()
		d.unheard(v, false)
	}
}

// unheard tells the session when the last view of who holds the dial has fallen
// silent, and when the first one answers.
func (d *Door) unheard(v *view, on bool) {
	d.mu.Lock()
	was, all := v.silent.on, true
	v.silent.on = on
	for o := range d.views {
		if o != v && o.drives(v.who.Name) && !o.silent.on {
			all = false
		}
	}
	d.mu.Unlock()
	if was == on || !all {
		return
	}
	ctx, cancel := context.WithTimeout(v.ctx, farewellFor)
	defer cancel()
	_, _ = d.hall.Do(ctx, v.who, session.Unheard{ID: v.id, Again: !on}) // a no means that the dial has passed on
}
