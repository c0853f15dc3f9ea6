//go:build unix

package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// rising measures every tool at each number of users, and tells how much more a
// request costs than at the first.
func (s *settings) rising(ctx context.Context, tools []tool, server *nginx, work string) error {
	var levels []int
	for text := range strings.SplitSeq(s.rise, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("-rise %s: %q is no number of users", s.rise, text)
		}
		levels = append(levels, n)
	}
	at := map[int]map[string][]cost{}
	var failed error
	for i, n := range levels {
		s.users = n
		if at[n], failed = s.measured(ctx, tools, server, work); failed != nil {
			levels = levels[:i] // what was measured is told all the same
			break
		}
	}
	if len(levels) == 0 {
		return failed
	}
	fmt.Printf("%s, %d rounds of %s, medians\n\n| users |", s.heading(server), s.rounds, s.length)
	for _, t := range tools {
		fmt.Printf(" %s | x its first | requests a second | peak memory |", t.shown())
	}
	// Ours beside the first peer's: the machine and nginx rise with both.
	beside := len(tools) > 1 && tools[0].name == oursName
	columns := 4 * len(tools)
	if beside {
		fmt.Printf(" our rise is (goal 1.3 x) |")
		columns++
	}
	fmt.Println("\n|---:" + strings.Repeat("|---:", columns) + "|")
	rise := func(n int, t tool) float64 {
		return middle(at[n][t.name], micros) / middle(at[levels[0]][t.name], micros)
	}
	for _, n := range levels {
		fmt.Printf("| %d |", n)
		for _, t := range tools {
			runs := at[n][t.name]
			fmt.Printf(" %.1f µs | %.2f | %.0f | %.0f MB |", middle(runs, micros), rise(n, t), middle(runs, rate), middle(runs, peak))
		}
		if beside {
			fmt.Printf(" %.2f x |", rise(n, tools[0])/rise(n, tools[1]))
		}
		fmt.Println()
	}
	return failed
}
