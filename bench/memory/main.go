//go:build linux

// Command memory measures what users cost in memory: those that wait for an
// answer, and those that think.
//
//	go run ./bench/memory                                    # 1,000 to 15,000 in flight, 1,000 to 100,000 thinking, beside k6
//	go run ./bench/memory -in-flight 1000 -thinking "" -k6-users "" -rounds 1
//
// A server on loopback holds every request, or answers at once to users who then
// think for an hour. What is told is the process's resident memory above that
// with one user in the same round, for each user. The order turns with every
// round, and medians are told. The open-file limit bounds what can be in flight.
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

	"crosstalk/bench/peer"
	"crosstalk/bench/stand"
)

// settings are the command line.
type settings struct {
	rounds                    int
	inFlight, thinking, peers string
	settle                    time.Duration
}

func main() {
	var s settings
	flag.IntVar(&s.rounds, "rounds", 5, "rounds, each with everything once")
	flag.StringVar(&s.inFlight, "in-flight", "1000,2000,10000,15000", "users that wait for an answer, with commas between them")
	flag.StringVar(&s.thinking, "thinking", "1000,2000,10000,100000", "users that think, with commas between them")
	flag.StringVar(&s.peers, "k6-users", "1000,2000", `users of k6, which waits and thinks beside us; "" for no k6`)
	flag.DurationVar(&s.settle, "settle", 3*time.Second, "how long all users stand before the memory is read")
	stand.Main("memory", s.run)
}

func (s *settings) run(ctx context.Context, work string) error {
	if flag.NArg() > 0 || s.rounds < 1 {
		return errors.New("-rounds is at least 1, and there are no arguments")
	}
	tools, err := s.tools(ctx, work)
	if err != nil {
		return err
	}
	cells, err := s.cells(tools)
	if err != nil {
		return err
	}
	got := map[cell][]memory{}
	began := time.Now()
	for round := range s.rounds {
		for _, c := range turned(cells, round) {
			m, err := c.tool.measure(ctx, c.kind, c.users, s.settle, filepath.Join(work, "one"))
			if err != nil {
				return fmt.Errorf("round %d, %s, %d users %s: %w", round+1, c.tool.name, c.users, c.kind, err)
			}
			fmt.Fprintf(os.Stderr, "round %d  %-12s %6d %-8s %7.1f MB  %6d connections\n", round+1, c.tool.name, c.users, c.kind, m.kB/1024, m.connections)
			got[c] = append(got[c], m)
		}
	}
	fmt.Fprintf(os.Stderr, "%s\n", time.Since(began).Round(time.Second))
	fmt.Printf("%s, %d rounds, medians; goals: %g kB for a user that waits, %g kB for one that thinks\n\n%s", stand.Machine(), s.rounds, goals[waiting], goals[thinking], table(cells, got))
	return nil
}

func (s *settings) tools(ctx context.Context, work string) ([]*tool, error) {
	path, err := peer.Ours(ctx, work)
	if err != nil {
		return nil, fmt.Errorf("build ours: %w", err)
	}
	all := []*tool{{name: "crosstalk", path: path, args: ours, users: map[kind]string{waiting: s.inFlight, thinking: s.thinking}}}
	if s.peers != "" {
		if path, err = peer.K6.Path(ctx); err != nil {
			return nil, fmt.Errorf("get k6: %w", err)
		}
		all = append(all, &tool{name: "k6 " + peer.K6.Version, path: path, args: k6, stdin: k6Script, users: map[kind]string{waiting: s.peers, thinking: s.peers}})
	}
	return all, nil
}

// kind is what the users do.
type kind string

const (
	waiting  kind = "waiting"
	thinking kind = "thinking"
)

// goals are our own, in kB for a user.
var goals = map[kind]float64{waiting: 40, thinking: 2}

// table prints a row for every number of users, with how ours compares where a
// peer had as many.
func table(cells []cell, got map[cell][]memory) string {
	var b strings.Builder
	b.WriteString("| users | tool | memory with 1 | with all | for each user | ours is | connections then |\n|---:|---|---:|---:|---:|---:|---:|\n")
	for _, c := range cells {
		if c.users == 1 {
			continue
		}
		each := forEach(got[c], got[cell{c.tool, c.kind, 1}], c.users)
		ratio := "–"
		for _, o := range cells {
			if o.tool != c.tool && o.tool.name == "crosstalk" && o.kind == c.kind && o.users == c.users && each > 0 {
				ratio = fmt.Sprintf("%.2f x", forEach(got[o], got[cell{o.tool, o.kind, 1}], o.users)/each)
			}
		}
		fmt.Fprintf(&b, "| %s %s | %s | %.1f MB | %.1f MB | %.2f kB | %s | %d |\n", thousands(c.users), c.kind, c.tool.name,
			middle(got[cell{c.tool, c.kind, 1}])/1024, middle(got[c])/1024, each, ratio, connections(got[c]))
	}
	return b.String()
}

// forEach is the median of what a user took above the one user of the same round.
func forEach(all, one []memory, users int) float64 {
	var v []float64
	for i := range min(len(all), len(one)) {
		v = append(v, (all[i].kB-one[i].kB)/float64(users-1))
	}
	return stand.Median(v)
}

func middle(all []memory) float64 {
	var v []float64
	for _, m := range all {
		v = append(v, m.kB)
	}
	return stand.Median(v)
}

func connections(all []memory) int64 {
	var v []int64
	for _, m := range all {
		v = append(v, int64(m.connections))
	}
	return stand.Median(v)
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}
