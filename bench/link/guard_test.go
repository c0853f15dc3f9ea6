package main

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"crosstalk/monitors"
)

// spells are how often production turned amber and red, and how many ticks it
// pressed.
type spells struct{ ambers, reds, amberTicks int }

// onBoard plays a world to the board that a session uses.
func onBoard(w *world, baselineTicks, ticks int) (s spells, t []monitors.Threshold) {
	epoch := time.Date(2026, 10, 17, 12, 0, 0, 0, time.UTC)
	at := func(sec float64) time.Time { return epoch.Add(time.Duration(math.Round(sec * 1e9))) }
	every := time.Duration(w.tick * 1e9)
	var checks []monitors.Check
	d := newDriver(w, users)
	for i := range w.servers {
		checks = append(checks, monitors.Check{Env: monitors.Production, Name: d.names[i], Kind: "http", Every: every,
			Probe: func(context.Context) monitors.Result { return monitors.Result{OK: true} }})
	}
	board := monitors.NewBoard(checks, nil)
	board.StartBaseline(at(0))
	out := make([]monitors.Sample, w.servers) // the probe that is out
	until := make([]float64, w.servers)
	wasAmber, wasRed := false, false
	answered := func(now float64) {
		for {
			first := -1
			for i := range until {
				if until[i] > 0 && until[i] <= now && (first < 0 || until[i] < until[first]) {
					first = i
				}
			}
			if first < 0 {
				return
			}
			q := out[first]
			q.Phase, q.At = monitors.Done, at(until[first])
			q.Latency, q.Result = q.At.Sub(q.Due), monitors.Result{OK: true}
			board.Observe(q)
			until[first] = 0
		}
	}
	for k := range ticks {
		now := float64(k) * w.tick
		answered(now)
		if k == baselineTicks {
			t = board.EndBaseline(at(now))
		}
		for i := range w.servers {
			q := monitors.Sample{Check: i, Env: monitors.Production, Name: d.names[i], At: at(now), Due: at(now), Next: at(now + w.tick)}
			if until[i] > 0 {
				q.Phase = monitors.Missing
			} else {
				q.Phase = monitors.Sent
				out[i], until[i] = q, now+math.Exp(d.measured(i))
			}
			board.Observe(q)
		}
		d.advance(0, 0)
		// The guard looks every 50 ms.
		for part := now; part < now+w.tick-1e-9; part += 0.05 {
			answered(part)
			board.Advance(at(part))
		}
		answered(now + w.tick - 1e-6)
		board.Advance(at(now + w.tick - 1e-6))
		if k < baselineTicks {
			continue
		}
		h := board.Env(monitors.Production, at(now+w.tick-1e-6))
		amber, red := h.State == monitors.Amber && h.Pressing, h.State == monitors.Red && h.Pressing
		s.amberTicks += count(amber || red)
		s.ambers += count(amber && !wasAmber && !wasRed)
		s.reds += count(red && !wasRed)
		wasAmber, wasRed = amber, red
	}
	return s, t
}

// inShort plays it to the guard of this bench.
func inShort(w *world, baselineTicks, ticks int) (s spells, t []limits) {
	d := newDriver(w, users)
	wasAmber, wasRed := false, false
	for k := range ticks {
		if k == baselineTicks {
			d.learn()
			for i := range d.guard.servers {
				t = append(t, d.guard.servers[i].limits)
			}
		}
		for i := range w.servers {
			d.ask(i)
		}
		d.advance(0, 0)
		amber, red := d.guard.state(d.now() - 1e-6)
		s.amberTicks += count(amber)
		s.ambers += count(amber && !red && !wasAmber)
		s.reds += count(red && !wasRed)
		wasAmber, wasRed = amber, red
	}
	return s, t
}

// The bench's guard is a shortened one: it must be amber and red as often as the
// board is, or its table would tell of a program that does not exist.
func TestGuardInShortIsTheBoards(t *testing.T) {
	models, err := allModels()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range models {
		var board, short spells
		for seed := range uint64(4) {
			baselineTicks := int(120 / m.tick)
			ticks := 3 * baselineTicks
			w := m.make(&scenario{disturb: storms}, rand.New(rand.NewPCG(seed, 9)), ticks+8)
			b, learned := onBoard(w, baselineTicks, ticks)
			s, limits := inShort(w, baselineTicks, ticks)
			for i, l := range limits {
				if r := l.red / learned[i].Red.Seconds(); r < 0.99 || r > 1.01 {
					t.Errorf("%s, seed %d: %s is red from %.0f ms, the board's from %v", m.name, seed, learned[i].Check, 1000*l.red, learned[i].Red)
				}
				if r := l.amber / learned[i].Amber.Seconds(); r < 0.97 || r > 1.03 {
					t.Errorf("%s, seed %d: %s is amber from %.0f ms, the board's from %v", m.name, seed, learned[i].Check, 1000*l.amber, learned[i].Amber)
				}
			}
			board.ambers, board.reds, board.amberTicks = board.ambers+b.ambers, board.reds+b.reds, board.amberTicks+b.amberTicks
			short.ambers, short.reds, short.amberTicks = short.ambers+s.ambers, short.reds+s.reds, short.amberTicks+s.amberTicks
		}
		near := func(a, b, room int) bool { return a-b <= room && b-a <= room }
		if board.amberTicks == 0 || !near(board.ambers, short.ambers, 3) || !near(board.reds, short.reds, 2) ||
			!near(board.amberTicks, short.amberTicks, 5+board.amberTicks/20) {
			t.Errorf("%s: board %+v, in short %+v", m.name, board, short)
		}
	}
}
