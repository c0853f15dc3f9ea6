//go:build unix

// Command engine measures what a request costs us, beside other tools: nginx on
// loopback answers a few bytes, 64 users ask for them without a pause. Ours is
// the whole program, headless, with guard and journal.
//
//	go run ./bench/engine                          # all tools, 5 rounds of 10 s
//	go run ./bench/engine -only crosstalk,wrk -rounds 3 -for 3s
//	go run ./bench/engine -rise 10,100,1000,10000  # ours and wrk, as the users grow
//	go run ./bench/engine -last 30m                # ours alone, minute by minute
//
// vegeta writes every result to a file, so ours with --results, which does the
// same, runs beside it as a tool of its own.
//
// The order of the tools turns with every round, and medians are told. Requests
// are those that nginx counted; CPU and memory are the process's own, by the
// system. It wants nginx and wrk of the distribution, and builds the other tools
// at pinned versions into the user's cache.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"crosstalk/bench/stand"
)

// settings are the command line.
type settings struct {
	rounds int
	length time.Duration
	users  int
	only   string
	rise   string        // numbers of users; "" for one number
	last   time.Duration // of one run of ours; 0 for rounds
}

func main() {
	var s settings
	flag.IntVar(&s.rounds, "rounds", 5, "rounds, each with every tool once")
	flag.DurationVar(&s.length, "for", 10*time.Second, "how long each tool sends in a round")
	flag.IntVar(&s.users, "users", 64, "users, or connections")
	flag.StringVar(&s.only, "only", "", "tools, with commas between them (default: all)")
	flag.StringVar(&s.rise, "rise", "", "numbers of users, with commas between them: what a request costs at each, ours beside wrk's")
	flag.DurationVar(&s.last, "last", 0, "ours alone for so long, minute by minute: a request's cost, and memory")
	stand.Main("engine", s.run)
}

// cost is one run of one tool.
type cost struct {
	requests float64
	micros   float64 // of CPU for a request
	rate     float64 // requests a second
	peak     float64 // MB of memory
}

func (s *settings) run(ctx context.Context, work string) error {
	if flag.NArg() > 0 || s.rounds < 1 || s.users < 1 || s.length < time.Second {
		return errors.New("-rounds and -users are at least 1, -for at least 1s, and there are no arguments")
	}
	switch {
	case s.last != 0 && (s.last < 2*time.Minute || s.rise != ""):
		return errors.New("-last is at least 2m, and without -rise")
	case s.last != 0:
		s.only = oursName
	case s.rise != "" && s.only == "":
		s.only = oursName + ",wrk"
	}
	if err := moreFiles(); err != nil {
		return err
	}
	tools, err := s.tools(ctx, work)
	if err != nil {
		return err
	}
	server, err := startNginx(ctx, work)
	if err != nil {
		return err
	}
	defer server.stop()
	switch {
	case s.last != 0:
		return s.lasting(ctx, tools[0], server, work)
	case s.rise != "":
		return s.rising(ctx, tools, server, work)
	}
	all, err := s.measured(ctx, tools, server, work)
	if err != nil {
		return err
	}
	s.table(tools, all, server)
	for _, t := range tools {
		if t.name != oursName {
			continue
		}
		idle, err := t.idle(ctx, server, filepath.Join(work, "idle"), s)
		if err != nil {
			return fmt.Errorf("%s without users: %w", t.name, err)
		}
		fmt.Printf("\nWithout users, the same %s take crosstalk %d ms of CPU: start and end, checks, guard and journal. That is %.1f µs of each request above.\n",
			s.length, idle.Milliseconds(), float64(idle.Microseconds())/middle(all[t.name], count))
	}
	return nil
}

// measured runs every tool once in each round, and tells what each run cost.
func (s *settings) measured(ctx context.Context, tools []tool, server *nginx, work string) (map[string][]cost, error) {
	all := map[string][]cost{}
	for round := range s.rounds {
		for i := range tools {
			t := tools[(i+round)%len(tools)]
			c, err := t.measure(ctx, server, filepath.Join(work, fmt.Sprintf("%s-%d-%d", strings.ReplaceAll(t.name, " ", ""), s.users, round)), s)
			if err != nil {
				return nil, fmt.Errorf("round %d, %s: %w", round+1, t.name, err)
			}
			fmt.Fprintf(os.Stderr, "round %d  %-19s %5d users %6.1f us  %7.0f/s  %4.0f MB\n", round+1, t.name, s.users, c.micros, c.rate, c.peak)
			all[t.name] = append(all[t.name], c)
		}
	}
	return all, nil
}

// middle is the median of a number of a tool's runs.
func middle(runs []cost, of func(cost) float64) float64 {
	var v []float64
	for _, c := range runs {
		v = append(v, of(c))
	}
	return stand.Median(v)
}

func count(c cost) float64  { return c.requests }
func micros(c cost) float64 { return c.micros }
func rate(c cost) float64   { return c.rate }
func peak(c cost) float64   { return c.peak }

// heading is what every table begins with.
func (s *settings) heading(server *nginx) string {
	return stand.Machine() + ", nginx " + server.version
}

// table prints medians, and how ours compares.
func (s *settings) table(tools []tool, all map[string][]cost, server *nginx) {
	fmt.Printf("%s, %d users, %d rounds of %s, medians\n\n", s.heading(server), s.users, s.rounds, s.length)
	fmt.Println("| tool | CPU for a request | ours is | goal | ours with `--results` is | requests a second | peak memory |")
	fmt.Println("|---|---:|---:|---:|---:|---:|---:|")
	for _, t := range tools {
		m, goal := middle(all[t.name], micros), ""
		if t.goal > 0 {
			goal = fmt.Sprintf("%g x", t.goal)
		}
		ratio := func(ours string) string {
			o := middle(all[ours], micros)
			if t.name == oursName || t.name == ours || o == 0 || m == 0 {
				return "–"
			}
			return fmt.Sprintf("%.2f x", o/m)
		}
		fmt.Printf("| %s | %.1f µs | %s | %s | %s | %.0f | %.0f MB |\n", t.shown(), m, ratio(oursName), goal, ratio(resultsName), middle(all[t.name], rate), middle(all[t.name], peak))
	}
}
