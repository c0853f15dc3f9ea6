// Package stand is what the benches stand on: how each begins and ends, which
// tools were asked for, and the middle of its rounds.
package stand

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// Main reads the flags and runs a bench, with a folder of its own that is gone
// afterwards, until it is done or interrupted. A failure is told and exits with 1.
func Main(name string, run func(ctx context.Context, work string) error) {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	work, err := os.MkdirTemp("", "bench-"+name+"-")
	if err == nil {
		err = run(ctx, work)
		_ = os.RemoveAll(work) // what is left of it is the system's temporary folder's
	}
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench/%s: %v\n", name, err)
		os.Exit(1)
	}
}

// Chosen tells whether a name is in a list with commas; an empty list has all.
func Chosen(list, name string) bool {
	return list == "" || slices.Contains(strings.Split(list, ","), name)
}

// Median is the middle of values, or halfway between the middle two; 0 of none.
// It sorts them.
func Median[T ~int64 | ~float64](values []T) T {
	n := len(values)
	if n == 0 {
		return 0
	}
	slices.SortFunc(values, cmp.Compare[T])
	return (values[(n-1)/2] + values[n/2]) / 2
}
