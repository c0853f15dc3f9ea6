//go:build unix

// Command engine measures what a request costs us, beside other tools: nginx on
// loopback answers a few bytes, 64 users ask for them without a pause. Ours is
// the whole program, headless, with guard and journal.
//
//	go run ./bench/engine                          # all tools, 5 rounds
//	go run ./bench/engine -only crosstalk,wrk -rounds 3 -for 3s
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
	"runtime"
	"time"

	"crosstalk/bench/stand"
)

// settings are the command line.
type settings struct {
	rounds int
	length time.Duration
	users  int
	only   string
}

func main() {
	var s settings
	flag.IntVar(&s.rounds, "rounds", 5, "rounds, each with every tool once")
	flag.DurationVar(&s.length, "for", 4*time.Second, "how long each tool sends in a round")
	flag.IntVar(&s.users, "users", 64, "users, or connections")
	flag.StringVar(&s.only, "only", "", "tools, with commas between them (default: all)")
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
	tools, err := s.tools(ctx, work)
	if err != nil {
		return err
	}
	server, err := startNginx(ctx, work)
	if err != nil {
		return err
	}
	defer server.stop()
	all := map[string][]cost{}
	for round := range s.rounds {
		for i := range tools {
			t := tools[(i+round)%len(tools)]
			c, err := t.measure(ctx, server, filepath.Join(work, fmt.Sprintf("%s-%d", t.name, round)), s)
			if err != nil {
				return fmt.Errorf("round %d, %s: %w", round+1, t.name, err)
			}
			fmt.Fprintf(os.Stderr, "round %d  %-10s %6.1f us  %7.0f/s  %4.0f MB\n", round+1, t.name, c.micros, c.rate, c.peak)
			all[t.name] = append(all[t.name], c)
		}
	}
	s.table(tools, all)
	return nil
}

// table prints medians, and how ours compares.
func (s *settings) table(tools []tool, all map[string][]cost) {
	middle := func(name string, of func(cost) float64) float64 {
		var v []float64
		for _, c := range all[name] {
			v = append(v, of(c))
		}
		return stand.Median(v)
	}
	micros := func(c cost) float64 { return c.micros }
	ours := middle("crosstalk", micros)
	fmt.Printf("%s, %d processors, %s, %d users, %d rounds of %s, medians\n\n", runtime.GOOS+"/"+runtime.GOARCH, runtime.NumCPU(), runtime.Version(), s.users, s.rounds, s.length)
	fmt.Println("| tool | CPU for a request | ours is | requests a second | peak memory |")
	fmt.Println("|---|---:|---:|---:|---:|")
	for _, t := range tools {
		m, ratio := middle(t.name, micros), "–"
		if t.name != "crosstalk" && ours > 0 && m > 0 {
			ratio = fmt.Sprintf("%.2f x", ours/m)
		}
		fmt.Printf("| %s | %.1f µs | %s | %.0f | %.0f MB |\n", t.shown(), m, ratio, middle(t.name, func(c cost) float64 { return c.rate }), middle(t.name, func(c cost) float64 { return c.peak }))
	}
}
