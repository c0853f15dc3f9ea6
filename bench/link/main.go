// Command link measures the link check and "is it me?" on simulated production,
// beside two naive methods on the same noise, and prints one table of each:
//
//	go run ./bench/link -runs 1000
//
// It also records the noise of the lab that it replays, and draws the picture of
// docs/link-check.md:
//
//	go run ./bench/link -record bench/link/testdata/lab-quiet.csv
//	go run ./bench/link -picture docs/link-check.svg
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"crosstalk/session/link"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench link:", err)
		os.Exit(1)
	}
}

func run() error {
	var o options
	flag.IntVar(&o.runs, "runs", 200, "runs of each row")
	flag.StringVar(&o.only, "only", "", "only rows whose text contains this")
	flag.StringVar(&o.profiles, "profiles", "standard,quick", "profiles of the check")
	recordTo := flag.String("record", "", "record the lab's latencies to this file instead")
	recordFor := flag.Duration("for", 8*time.Minute, "how long to record")
	pictureTo := flag.String("picture", "", "draw the picture to this file instead")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	switch {
	case *recordTo != "":
		return record(ctx, *recordTo, *recordFor)
	case *pictureTo != "":
		return picture(*pictureTo)
	}
	return table(o)
}

type options struct {
	runs           int
	only, profiles string
}

func (o options) wants(words ...string) bool {
	return strings.Contains(strings.Join(words, " "), o.only)
}

// table prints both tables as Markdown, row by row as they are done.
func table(o options) error {
	models, err := allModels()
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	fmt.Fprintf(out, "%d runs a row. Noise:\n\n", o.runs)
	for _, m := range models {
		fmt.Fprintf(out, "- *%s*: %s.\n", m.name, m.about)
	}
	fmt.Fprint(out, "\n| profile | noise | what goes on | linked | suspected | no link seen | cannot tell | our machine | not begun | load lowered | found at full load | s to linked, median (p90) | s to any | Welch | square wave |\n")
	fmt.Fprintln(out, "|---|---|---|"+strings.Repeat("---:|", 12))
	for name := range strings.SplitSeq(o.profiles, ",") {
		p, err := link.Named(name)
		if err != nil {
			return err
		}
		for _, m := range models {
			for i := range scenarios {
				if s := &scenarios[i]; o.wants(p.Name, m.name, s.name) {
					t := runMany(m, s, p, o.runs)
					fmt.Fprintln(out, t.row())
					_ = out.Flush()
				}
			}
		}
	}
	fmt.Fprint(out, "\n| noise | trouble | follows us | green at zero | not ours now | our machine | cannot tell | stopped | s, median (p90) |\n")
	fmt.Fprintln(out, "|---|---|"+strings.Repeat("---:|", 7))
	for _, m := range models {
		for i := range troubles {
			if t := &troubles[i]; o.wants("dips", m.name, t.name) {
				fmt.Fprintln(out, runManyDips(m, t, o.runs).row())
				_ = out.Flush()
			}
		}
	}
	return out.Flush()
}

func allModels() ([]model, error) {
	r, err := recorded()
	if err != nil {
		return nil, err
	}
	return []model{bursty, heavy, r}, nil
}

func (t *tally) row() string {
	n := t.runs - t.refused
	cells := []string{t.profile, t.model, t.scenario}
	for _, k := range []link.Kind{link.Linked, link.Suspected, link.NoLinkSeen, link.Inconclusive, link.OwnMachine} {
		cells = append(cells, share(t.verdicts[k], n))
	}
	cells = append(cells, share(t.refused, t.runs), share(t.lowered, n), share(t.full, t.fullRuns),
		spread(t.toLinked), spread(t.toAny), share(t.welch, n), share(t.square, n))
	return "| " + strings.Join(cells, " | ") + " |"
}

func (t dipsTally) row() string {
	cells := []string{t.model, t.trouble}
	for _, a := range []link.Answer{link.FollowsUs, link.Drained, link.NotOursNow, link.OurMachine, link.CannotTell, link.Stopped} {
		cells = append(cells, share(t.answers[a], t.runs))
	}
	return "| " + strings.Join(append(cells, spread(t.took)), " | ") + " |"
}

func share(k, n int) string {
	if k == 0 || n == 0 {
		return "0"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(k)/float64(n))
}

// spread is the median of sorted values, and the 90th percentile.
func spread(x []float64) string {
	if len(x) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f (%.0f)", x[len(x)/2], x[len(x)*9/10])
}
