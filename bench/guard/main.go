// Command guard measures what the guard promises, on this machine: the time from
// a fault of production to the last request that reaches staging, how often it
// is red for nothing, and how much of the time it holds the dial for nothing.
//
//	go run ./bench/guard                        # faults, 30 runs each
//	go run ./bench/guard -only refuses,hangs -runs 5
//	go run ./bench/guard -k6 install            # the same faults beside k6
//	go run ./bench/guard -full-speed -runs 7    # at full speed, in turn with the usual load
//	go run ./bench/guard -sim -held             # false alarms, simulated
//	go run ./bench/guard -demo 10m              # the demo, unlinked, at 80 users
//
// Each prints a Markdown table. Everything listens on loopback.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"crosstalk/bench/stand"
)

// settings are the command line.
type settings struct {
	runs     int
	only     string
	users    int
	baseline time.Duration
	atOnce   int
	full     bool
	k6       string
	k6Warm   time.Duration
	sim      bool
	held     bool
	hours    int
	heldFor  int
	demo     time.Duration
	linked   bool
	seed     uint64
}

func main() {
	var s settings
	flag.IntVar(&s.runs, "runs", 30, "runs of each fault at each rate")
	flag.StringVar(&s.only, "only", "", "faults to measure, with commas between them (default: all)")
	flag.IntVar(&s.users, "users", 20, "users on staging")
	flag.DurationVar(&s.baseline, "baseline", 5*time.Second, "quiet phase of each run")
	flag.IntVar(&s.atOnce, "at-once", 3, "runs side by side, each with servers of its own")
	flag.BoolVar(&s.full, "full-speed", false, "the same at full speed, 64 users who never think, in turn with the usual load: one run after the other, staging in a process of its own; refuses and hangs alone unless -only says otherwise")
	flag.StringVar(&s.k6, "k6", "", `also measure k6: its path, or "install" for the pinned version`)
	flag.DurationVar(&s.k6Warm, "k6-warm", 10*time.Second, "how long k6 runs before the fault: its thresholds look at the whole run")
	flag.BoolVar(&s.sim, "sim", false, "simulate false reds")
	flag.BoolVar(&s.held, "held", false, "simulate the share of time that the dial is held")
	flag.IntVar(&s.hours, "hours", 200, "hours to simulate of each kind of noise")
	flag.IntVar(&s.heldFor, "held-hours", 50, "hours to simulate of each kind of late answers")
	flag.DurationVar(&s.demo, "demo", 0, "run the demo this long and count what the guard did")
	flag.BoolVar(&s.linked, "linked", false, "the demo's environments share a database")
	flag.Uint64Var(&s.seed, "seed", 1, "seed of the simulations")
	stand.Main("guard", s.run)
}

func (s *settings) run(ctx context.Context, work string) error {
	if flag.NArg() > 0 || s.runs < 1 || s.users < 1 || s.atOnce < 1 || s.hours < 1 || s.heldFor < 1 {
		return errors.New("-runs, -users, -at-once, -hours and -held-hours are at least 1, and there are no arguments")
	}
	fmt.Printf("%s\n\n", stand.Machine())
	faults := true
	for _, part := range []struct {
		on bool
		do func(context.Context) error
	}{{s.sim, s.falseReds}, {s.held, s.heldShares}, {s.demo > 0, s.runDemo}, {s.full, func(ctx context.Context) error { return s.fullSpeed(ctx, work) }}} {
		if !part.on {
			continue
		}
		faults = false
		if err := part.do(ctx); err != nil {
			return err
		}
	}
	if !faults {
		return nil
	}
	return s.faults(ctx)
}

// chosen tells whether a fault is wanted.
func (s *settings) chosen(name string) bool {
	if s.only == "" {
		return true
	}
	for o := range strings.SplitSeq(s.only, ",") {
		if strings.TrimSpace(o) == name {
			return true
		}
	}
	return false
}

// progress tells people what goes on; the tables alone are for stdout.
func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
