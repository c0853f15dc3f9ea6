package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"crosstalk/monitors"
	"crosstalk/session"
)

// tally is what a simulated session came to.
type tally struct {
	reds   int           // production went red
	ambers int           // production went amber
	holds  int           // the guard held
	held   time.Duration // the guard held, eased or had cut
	paused time.Duration // rising paused for a single late answer
	cuts   int
}

// simulated simulates as many sessions as there are hours, each with a quiet
// phase, servers of its own and an hour of load, and adds up what happened.
func (s *settings) simulated(ctx context.Context, hours int, one func(*rand.Rand) tally) (sum tally, err error) {
	var mu sync.Mutex
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.NumCPU() {
		wg.Go(func() {
			for {
				n := next.Add(1)
				if n > int64(hours) || ctx.Err() != nil {
					return
				}
				t := one(rand.New(rand.NewPCG(s.seed, uint64(n))))
				mu.Lock()
				sum.reds, sum.ambers, sum.holds, sum.cuts = sum.reds+t.reds, sum.ambers+t.ambers, sum.holds+t.holds, sum.cuts+t.cuts
				sum.held, sum.paused = sum.held+t.held, sum.paused+t.paused
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return sum, ctx.Err()
}

// four makes a production of four servers.
func four(r *rand.Rand, kind func(*rand.Rand) server) []server {
	return []server{kind(r), kind(r), kind(r), kind(r)}
}

// watchOnly simulates a session of the board alone.
func watchOnly(r *rand.Rand, kind func(*rand.Rand) server, every, baseline, length time.Duration) (t tally) {
	w := newWorld(every, four(r, kind)...)
	w.baseline(baseline)
	w.each = func(_ time.Time, changes []monitors.Change, _ bool) {
		for _, c := range changes {
			switch {
			case c.Check != "":
			case c.To == monitors.Red:
				t.reds++
			case c.To == monitors.Amber && c.From == monitors.Green:
				t.ambers++
			}
		}
	}
	w.run(length)
	return t
}

// falseReds prints how often production is red for nothing.
func (s *settings) falseReds(ctx context.Context) error {
	var rows [][]string
	for _, m := range []struct {
		name string
		kind func(*rand.Rand) server
	}{{"harsh", harsh}, {"quiet", quiet}} {
		for _, rate := range []int{4, 10} {
			for _, b := range []struct {
				length time.Duration
				goal   float64
			}{{2 * time.Minute, 0.5}, {5 * time.Minute, 0.1}} {
				if m.name == "quiet" && b.length > 2*time.Minute {
					continue // nothing to tell apart
				}
				progress("%s noise, %d checks a second, quiet phase %s", m.name, rate, b.length)
				t, err := s.simulated(ctx, s.hours, func(r *rand.Rand) tally {
					return watchOnly(r, m.kind, time.Second/time.Duration(rate), b.length, time.Hour)
				})
				if err != nil {
					return err
				}
				an := float64(t.reds) / float64(s.hours)
				rows = append(rows, []string{m.name, fmt.Sprint(rate), b.length.String(), fmt.Sprint(s.hours), fmt.Sprintf("%.3f", an), fmt.Sprintf("%.1f", b.goal),
					kept(an <= b.goal), fmt.Sprintf("%.1f", float64(t.ambers)/float64(s.hours))})
			}
		}
	}
	fmt.Printf("False reds of four servers, simulated, seed %d.\n\n", s.seed)
	printTable([]string{"noise", "checks a second", "quiet phase", "hours", "false reds an hour", "goal", "kept", "ambers an hour"}, rows)
	return nil
}

func kept(yes bool) string {
	if yes {
		return "yes"
	}
	return "**no**"
}

// guarded simulates a session of the board and the guard with it.
func guarded(r *rand.Rand, kind func(*rand.Rand) server, every, baseline, length time.Duration) (t tally) {
	w := newWorld(every, four(r, kind)...)
	w.baseline(baseline)
	g := session.NewGuard(session.DefaultRules())
	const users = 80
	running, late := users, w.board.Env(monitors.Production, w.now).LateTicks
	cut := false // until production is green again
	was, from := session.Verdict{State: session.GuardRun, Ceiling: -1}, w.now
	w.each = func(now time.Time, changes []monitors.Change, looked bool) {
		if !looked && len(changes) == 0 {
			return // what a sample might add, the next look adds
		}
		h := w.board.Env(monitors.Production, now)
		in := session.Reading{Now: now, Production: h.State, Why: h.Why, Pressing: h.Pressing, GreenFor: h.GreenFor, Running: running}
		if h.LateTicks > late {
			late, in.Late = h.LateTicks, "one late answer"
		}
		v := was
		switch {
		case !cut:
			v = g.Step(in)
		case h.State == monitors.Green:
			// A person looks, finds nothing, and goes on: a new guard.
			cut, g, v = false, session.NewGuard(session.DefaultRules()), session.Verdict{State: session.GuardRun, Ceiling: -1}
		}
		switch span := now.Sub(from); {
		case was.State != session.GuardRun:
			t.held += span
		case was.Ceiling >= 0:
			t.paused += span
		}
		from = now
		if v.Changed && !cut {
			switch v.State {
			case session.GuardHold:
				t.holds++
			case session.GuardCut, session.GuardLockout:
				t.cuts++
				cut = true
			}
		}
		was = v
		// Users follow the ceiling down at once, and come back at once.
		if running = users; v.Ceiling >= 0 {
			running = min(running, v.Ceiling)
		}
	}
	w.run(length)
	return t
}

// heldShares prints how much of the time the dial is held for nothing.
func (s *settings) heldShares(ctx context.Context) error {
	var rows [][]string
	for _, n := range []int{10_000, 1000, 100} {
		for _, rate := range []int{4, 10} {
			progress("1 late answer in %d, %d checks a second", n, rate)
			t, err := s.simulated(ctx, s.heldFor, func(r *rand.Rand) tally {
				return guarded(r, strays(n), time.Second/time.Duration(rate), 2*time.Minute, time.Hour)
			})
			if err != nil {
				return err
			}
			all := time.Duration(s.heldFor) * time.Hour
			share := float64(t.held) / float64(all)
			goal, ok := "", ""
			if n == 1000 && rate == 4 {
				goal, ok = "2 %", kept(share < 0.02)
			}
			rows = append(rows, []string{fmt.Sprintf("1 in %d", n), fmt.Sprint(rate), fmt.Sprint(s.heldFor), fmt.Sprintf("%.2f %%", 100*share), goal, ok,
				fmt.Sprintf("%.1f", float64(t.holds)/float64(s.heldFor)), fmt.Sprintf("%.2f %%", 100*float64(t.paused)/float64(all)), fmt.Sprint(t.cuts)})
		}
	}
	fmt.Printf("The share of time that the dial is held by answers that are late for no reason: four servers, quiet phase 2m0s, simulated, seed %d.\n\n", s.seed)
	printTable([]string{"late answers", "checks a second", "hours", "held", "goal", "kept", "holds an hour", "rising paused", "cuts"}, rows)
	return nil
}
