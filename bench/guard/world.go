package main

import (
	"context"
	"fmt"
	"time"

	"crosstalk/monitors"
)

// wake is how often the guard looks for what is overdue.
const wake = 50 * time.Millisecond

// epoch is where simulated time begins.
var epoch = time.Date(2026, 10, 17, 12, 0, 0, 0, time.UTC)

// world drives a board as Monitor and the guard's goroutine do, without waiting
// for anything: every server has its fixed schedule and one probe at a time.
type world struct {
	board  *monitors.Board
	every  time.Duration
	probes []probe
	now    time.Time
	wake   time.Time
	// each is called after every sample, with what it changed, and after every
	// look for what is overdue.
	each func(now time.Time, changes []monitors.Change, looked bool)
}

// probe is the schedule of one server.
type probe struct {
	server  server
	due     time.Time
	waiting bool // sent and not answered
	sentDue time.Time
	done    time.Time
}

func newWorld(every time.Duration, all ...server) *world {
	w := &world{every: every, now: epoch, wake: epoch}
	var checks []monitors.Check
	for i, s := range all {
		checks = append(checks, monitors.Check{Env: monitors.Production, Name: fmt.Sprintf("web-%d", i+1), Kind: "http", Every: every,
			Probe: func(context.Context) monitors.Result { return monitors.Result{OK: true} }})
		w.probes = append(w.probes, probe{server: s, due: epoch.Add(every * time.Duration(i) / time.Duration(len(all)))})
	}
	w.board = monitors.NewBoard(checks, nil)
	return w
}

// baseline lets the board learn for a while.
func (w *world) baseline(length time.Duration) {
	w.board.StartBaseline(w.now)
	w.run(length)
	w.board.EndBaseline(w.now)
}

// run lets the world go on for a while.
func (w *world) run(length time.Duration) {
	end := w.now.Add(length)
	for {
		next, which := w.wake, -1
		for i := range w.probes {
			if t := w.probes[i].next(); t.Before(next) {
				next, which = t, i
			}
		}
		if next.After(end) {
			w.now = end
			return
		}
		w.now = next
		var changes []monitors.Change
		if which < 0 {
			changes = w.board.Advance(next)
			w.wake = next.Add(wake)
		} else {
			changes = w.board.Observe(w.sample(which))
		}
		if w.each != nil {
			w.each(next, changes, which < 0)
		}
	}
}

func (p *probe) next() time.Time {
	if p.waiting && p.done.Before(p.due) {
		return p.done
	}
	return p.due
}

func (w *world) sample(i int) monitors.Sample {
	p := &w.probes[i]
	s := monitors.Sample{Check: i, Env: monitors.Production, Name: w.name(i), At: w.now, Due: w.now, Next: p.due.Add(w.every)}
	switch {
	case p.waiting && !p.done.After(w.now):
		s.Phase, s.Due, s.Latency, s.Next = monitors.Done, p.sentDue, w.now.Sub(p.sentDue), p.due
		s.Result = monitors.Result{OK: true}
		p.waiting = false
		return s
	case p.waiting:
		s.Phase = monitors.Missing
	default:
		s.Phase = monitors.Sent
		p.waiting, p.sentDue, p.done = true, w.now, w.now.Add(p.server(w.now.Sub(epoch)))
	}
	p.due = p.due.Add(w.every)
	return s
}

var names = [...]string{"web-1", "web-2", "web-3", "web-4"}

func (w *world) name(i int) string { return names[i] }
