// Command fleet measures what a Locust fleet under Crosstalk's lease costs on
// this machine, and plans from that how large a fleet has to be.
//
//	go run ./bench/fleet                         # measures, then plans a million users
//	go run ./bench/fleet -users 50000 -think 5s
//
// It needs Linux and Locust (Debian: python3-locust). What is measured is
// processor time and memory of each process, not how many requests a second came
// out: other work on the machine changes that, and hardly these. Everything
// listens on loopback. It prints Markdown.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"crosstalk/bench/stand"
	"crosstalk/bench/swarm"
	"crosstalk/loadengine"
	"crosstalk/loadengine/locust"
)

// settings are the command line.
type settings struct {
	span    time.Duration
	busy    int
	idle    int
	workers int
	users   int
	think   time.Duration
}

func main() {
	var s settings
	flag.DurationVar(&s.span, "span", 15*time.Second, "how long each measurement lasts")
	flag.IntVar(&s.busy, "busy", 20, "users without a pause, while requests are measured")
	flag.IntVar(&s.idle, "idle", 1000, "users that only wait, while memory is measured")
	flag.IntVar(&s.workers, "workers", 6, "workers, while the master is measured; at least 2")
	flag.IntVar(&s.users, "users", 1_000_000, "users to plan for")
	flag.DurationVar(&s.think, "think", 10*time.Second, "between a planned user's requests")
	stand.Main("fleet", func(ctx context.Context, _ string) error { return run(ctx, s) })
}

func run(ctx context.Context, s settings) error {
	var all []cost
	for _, kind := range []string{"HttpUser", "FastHttpUser"} {
		c, err := measure(ctx, s, kind)
		if err != nil {
			return fmt.Errorf("measure %s: %w", kind, err)
		}
		all = append(all, c)
	}
	m, err := measureMaster(ctx, s)
	if err != nil {
		return fmt.Errorf("measure the master: %w", err)
	}
	tell(all, m)
	for _, c := range all {
		plan(c, m, s)
	}
	return nil
}

// cost is what one kind of user costs.
type cost struct {
	kind    string
	request time.Duration // of a worker's processor
	sent    uint64        // requests that it was measured over
	user    float64       // bytes of a worker that waits with it
	idle    float64       // of a core, for a worker of so many that only wait
	base    float64       // bytes of a worker without users
	users   int           // that only waited
}

// measure drives one worker with users that never pause, then one with many that
// only wait.
func measure(ctx context.Context, s settings, kind string) (cost, error) {
	c := cost{kind: kind, users: s.idle}
	err := with(ctx, kind, 1, -1, s.busy, func(f *locust.Fleet, w *swarm.Swarm) error {
		before, sent := usage{}, f.Total().Requests
		if err := before.read(w.Workers[0].PID()); err != nil {
			return err
		}
		if err := wait(ctx, s.span); err != nil {
			return err
		}
		after := usage{}
		if err := after.read(w.Workers[0].PID()); err != nil {
			return err
		}
		if c.sent = f.Total().Requests - sent; c.sent == 0 {
			return fmt.Errorf("nothing was sent; Locust said:\n%s", w.Said())
		}
		c.request = (after.cpu - before.cpu) / time.Duration(c.sent) //nolint:gosec // a count
		return nil
	})
	if err != nil {
		return c, err
	}
	return c, with(ctx, kind, 1, time.Hour, 0, func(f *locust.Fleet, w *swarm.Swarm) error {
		var empty, full, later usage
		if err := empty.read(w.Workers[0].PID()); err != nil {
			return err
		}
		if err := to(ctx, f, s.idle); err != nil {
			return err
		}
		if err := wait(ctx, 5*time.Second); err != nil { // their first requests
			return err
		}
		if err := full.read(w.Workers[0].PID()); err != nil {
			return err
		}
		if err := wait(ctx, s.span); err != nil {
			return err
		}
		if err := later.read(w.Workers[0].PID()); err != nil {
			return err
		}
		c.base, c.user = empty.memory, (full.memory-empty.memory)/float64(s.idle)
		c.idle = (later.cpu - full.cpu).Seconds() / s.span.Seconds()
		return nil
	})
}

// master is what the master costs, of its one core: by itself, and for each
// worker.
type master struct{ base, worker float64 }

// measureMaster compares a master of one worker with one of several, each with a
// user that asks twice a second, so that workers have news as often as they tell.
func measureMaster(ctx context.Context, s settings) (master, error) {
	used := map[int]float64{}
	for _, n := range []int{1, s.workers} {
		err := with(ctx, "HttpUser", n, 500*time.Millisecond, n, func(_ *locust.Fleet, w *swarm.Swarm) error {
			var before, after usage
			if err := before.read(w.Master.PID()); err != nil {
				return err
			}
			if err := wait(ctx, s.span); err != nil {
				return err
			}
			if err := after.read(w.Master.PID()); err != nil {
				return err
			}
			used[n] = (after.cpu - before.cpu).Seconds() / s.span.Seconds()
			return nil
		})
		if err != nil {
			return master{}, err
		}
	}
	each := (used[s.workers] - used[1]) / float64(s.workers-1)
	return master{base: used[1] - each, worker: each}, nil
}

// with runs so many workers under the lease with so many users.
func with(ctx context.Context, kind string, workers int, pause time.Duration, users int, do func(*locust.Fleet, *swarm.Swarm) error) error {
	shop := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer shop.Close()
	dir, err := os.MkdirTemp("", "crosstalk-fleet-")
	if err != nil {
		return fmt.Errorf("make a folder for the fleet: %w", err)
	}
	defer os.RemoveAll(dir)
	w, err := swarm.Start(ctx, swarm.Options{Dir: dir, Target: shop.URL, Workers: workers, Plugin: locust.Plugin, Wait: pause, Fast: kind == "FastHttpUser"})
	if err != nil {
		return err
	}
	defer w.Close()
	permit, brake := loadengine.NewPermit(loadengine.SystemClock()), loadengine.NewBrake()
	f, err := join(ctx, locust.Options{URL: w.URL, Session: "bench", Host: shop.URL, Hosts: []string{shop.Listener.Addr().String()}, MaxUsers: 100_000}, permit, brake)
	if err != nil {
		return err
	}
	permit.Grant(time.Hour)
	running, end := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- f.Run(running) }()
	f.SetGlide(0)
	f.SetSlew(false)
	err = to(ctx, f, users)
	if err == nil && users > 0 {
		err = wait(ctx, 3*time.Second)
	}
	if err == nil {
		err = do(f, w)
	}
	end()
	if ran := <-done; err == nil {
		err = ran
	}
	return err
}

// join waits until the worker has told the master that it has the plug-in.
func join(ctx context.Context, o locust.Options, permit *loadengine.Permit, brake *loadengine.Brake) (*locust.Fleet, error) {
	for {
		f, err := locust.New(ctx, o, permit, brake, loadengine.Hooks{})
		if err != nil || f.Leased() {
			return f, err
		}
		if err := wait(ctx, 200*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// to sets the dial and waits until so many run.
func to(ctx context.Context, f *locust.Fleet, users int) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	f.SetAsked(users)
	for f.Live().Running != users {
		if err := wait(ctx, 100*time.Millisecond); err != nil {
			return fmt.Errorf("wait for %d users, %d run: %w", users, f.Live().Running, err)
		}
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
