//go:build unix

// Command dial measures how fast a dial is: from 1 user to 1000 on a server that
// answers after 200 ms, and from there to silence, both as the server sees them.
//
//	go run ./bench/dial                          # ours, k6 and Locust, 5 rounds
//	go run ./bench/dial -only crosstalk -rounds 3
//
// The order of the tools turns with every round, and medians are told. Each is
// ordered from outside as it offers it, and counts from the moment before the
// order: ours by a line on stdin (the whole program, --plain, guard and journal
// on), k6 by its REST interface, Locust (the distribution's) by its page.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"crosstalk/bench/stand"
)

// settings are the command line.
type settings struct {
	rounds int
	users  int
	answer time.Duration
	only   string
}

func main() {
	var s settings
	flag.IntVar(&s.rounds, "rounds", 5, "rounds, each with every tool once")
	flag.IntVar(&s.users, "users", 1000, "users to rise to")
	flag.DurationVar(&s.answer, "answer", 200*time.Millisecond, "how long the server takes for an answer")
	flag.StringVar(&s.only, "only", "", "tools, with commas between them (default: all)")
	stand.Main("dial", s.run)
}

// times are one run of one tool; below 0 is never.
type times struct {
	rise  time.Duration // order → 95 % of the users in flight
	last  time.Duration // order → the last new request
	still time.Duration // order → none in flight
}

// waits bounds what is waited for; afterwards is how long a silence is looked at.
const (
	waits      = 10 * time.Second
	afterwards = 500 * time.Millisecond
)

func (s *settings) run(ctx context.Context, work string) error {
	if flag.NArg() > 0 || s.rounds < 1 || s.users < 2 || s.answer <= 0 {
		return errors.New("-rounds is at least 1, -users at least 2, -answer above 0, and there are no arguments")
	}
	tools, err := s.tools(ctx, work)
	if err != nil {
		return err
	}
	all := map[string][]times{}
	for round := range s.rounds {
		for i := range tools {
			t := tools[(i+round)%len(tools)]
			got, err := s.measure(ctx, t, filepath.Join(work, fmt.Sprintf("%s-%d", t.name, round)))
			if err != nil {
				return fmt.Errorf("round %d, %s: %w", round+1, t.name, err)
			}
			fmt.Fprintf(os.Stderr, "round %d  %-10s rise %s, last request %s, silent %s\n", round+1, t.name, ms(got.rise), ms(got.last), ms(got.still))
			all[t.name] = append(all[t.name], got)
		}
	}
	s.table(tools, all)
	return nil
}

// measure runs a tool once on a server of its own.
func (s *settings) measure(ctx context.Context, t tool, dir string) (times, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	server, err := listen(ctx, s.answer)
	if err != nil {
		return times{}, err
	}
	defer server.close()
	d, err := t.start(ctx, server, dir, s.users)
	if err != nil {
		return times{}, err
	}
	defer d.end()
	ordered, err := d.rise(ctx)
	if err != nil {
		return times{}, fmt.Errorf("turn it up: %w", err)
	}
	enough := server.reached(ctx, (s.users*95+99)/100, ordered, ordered.Add(waits))
	if enough.IsZero() {
		return times{-1, -1, -1}, nil // a stop of fewer users is another measurement
	}
	out := times{rise: since(ordered, enough)}
	if ordered, err = d.stop(ctx); err != nil {
		return times{}, fmt.Errorf("stop it: %w", err)
	}
	still := server.reached(ctx, 0, ordered, ordered.Add(waits))
	// What comes after the first silence counts as well, so it is given time to come.
	select {
	case <-time.After(afterwards):
	case <-ctx.Done():
		return times{}, ctx.Err()
	}
	if now := time.Now(); !still.IsZero() && server.reached(ctx, 0, now, now.Add(waits)).IsZero() {
		still = time.Time{}
	}
	last, quiet := server.after(ordered)
	out.last = max(since(ordered, last), 0)
	if out.still = since(ordered, still); out.still >= 0 {
		out.still = max(out.still, since(ordered, quiet))
	}
	return out, nil
}

// since is how long after an order something was; -1 for never.
func since(order, at time.Time) time.Duration {
	if at.IsZero() {
		return -1
	}
	return at.Sub(order)
}

func ms(d time.Duration) string {
	if d < 0 {
		return "never"
	}
	return fmt.Sprintf("%.0f ms", float64(d.Microseconds())/1000)
}

// table prints medians, and how ours compares.
func (s *settings) table(tools []tool, all map[string][]times) {
	middle := func(name string, of func(times) time.Duration) time.Duration {
		var v []time.Duration
		for _, t := range all[name] {
			v = append(v, of(t))
		}
		if m := stand.Median(v); len(v) > 0 && v[0] >= 0 { // one that never came leaves no median
			return m
		}
		return -1
	}
	rise, last, still := func(t times) time.Duration { return t.rise }, func(t times) time.Duration { return t.last }, func(t times) time.Duration { return t.still }
	cell := func(name string, of func(times) time.Duration) string {
		m, ours := middle(name, of), middle("crosstalk", of)
		if name == "crosstalk" || m <= 0 || ours < 0 {
			return ms(m)
		}
		return fmt.Sprintf("%s (ours %.2f x)", ms(m), float64(ours)/float64(m))
	}
	fmt.Printf("%s, a server that answers after %s, %d rounds, medians\n\n", stand.Machine(), s.answer, s.rounds)
	fmt.Printf("| tool | 1 → %d users: 95 %% in flight | stop: last new request | stop: none in flight |\n|---|---:|---:|---:|\n", s.users)
	for _, t := range tools {
		fmt.Printf("| %s | %s | %s | %s |\n", t.shown, cell(t.name, rise), cell(t.name, last), cell(t.name, still))
	}
}
