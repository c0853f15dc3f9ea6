//go:build unix

package main

import (
	"context"
	"fmt"
	"runtime"
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
	for _, s.users = range levels {
		var err error
		if at[s.users], err = s.measured(ctx, tools, server, work); err != nil {
			return err
		}
	}
	fmt.Printf("%s/%s, %d processors, %s, %d rounds of %s, medians\n\n| users |", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), s.rounds, s.length)
	for _, t := range tools {
		fmt.Printf(" %s | x its first | requests a second | peak memory |", t.shown())
	}
	fmt.Println("\n|---:" + strings.Repeat("|---:|---:|---:|---:", len(tools)) + "|")
	for _, n := range levels {
		fmt.Printf("| %d |", n)
		for _, t := range tools {
			runs := at[n][t.name]
			m := middle(runs, micros)
			fmt.Printf(" %.1f µs | %.2f | %.0f | %.0f MB |", m, m/middle(at[levels[0]][t.name], micros), middle(runs, rate), middle(runs, peak))
		}
		fmt.Println()
	}
	return nil
}
