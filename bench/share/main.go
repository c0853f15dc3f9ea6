// Command share measures what those who look on do to a session: a run alone, and
// the same run with viewers by SSH of which some take nothing from their line.
//
//	go run ./bench/share                       # 20 viewers, 5 stalled, 5 rounds
//	go run ./bench/share -rounds 1 -for 4s     # in brief
//
// It prints a Markdown table of medians with ratios. The viewers' own ends run in
// this process, on the same processors, and everything listens on loopback.
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
	"crosstalk/session"
)

// settings are the command line.
type settings struct {
	rounds  int
	viewers int
	stalled int
	users   int
	length  time.Duration
}

var who = session.Person{Name: "bench", Role: session.Driver}

// most bounds a wait for what should come within seconds.
const most = 30 * time.Second

func main() {
	var s settings
	flag.IntVar(&s.rounds, "rounds", 5, "rounds, each alone and with viewers")
	flag.IntVar(&s.viewers, "viewers", 20, "viewers by SSH")
	flag.IntVar(&s.stalled, "stalled", 5, "of them, how many take nothing from their line")
	flag.IntVar(&s.users, "users", 64, "users on staging; at full speed they do not think")
	flag.DurationVar(&s.length, "for", 6*time.Second, "how long each run is measured")
	stand.Main("share", s.run)
}

// outcome is what one run was like.
type outcome struct {
	rps     float64       // requests a second
	gap     time.Duration // the longest time between two ticks
	behind  time.Duration // from a tick to its being on the disk: the longest
	lost    int           // seqs that are missing in the journal
	react   time.Duration // from production's refusal to the stop of all load
	drawn   float64       // bytes a second that each of the other viewers took
	staying int           // of them
}

func (s *settings) run(ctx context.Context, work string) error {
	if flag.NArg() > 0 || s.rounds < 1 || s.length <= 0 || s.users < 1 || s.viewers < 1 || s.stalled < 0 || s.stalled >= s.viewers || s.viewers > 30 {
		return errors.New("-rounds and -users are at least 1, -viewers 1 to 30, -stalled fewer than they; there are no arguments")
	}
	fmt.Printf("%s, %d processors, %s, %d users, %d viewers of which %d are stalled, %d rounds of %s, medians\n\n", runtime.GOOS+"/"+runtime.GOARCH,
		runtime.NumCPU(), runtime.Version(), s.users, s.viewers, s.stalled, s.rounds, s.length)
	var alone, shared []outcome
	for i := range s.rounds {
		for _, viewers := range []int{0, s.viewers} {
			dir := filepath.Join(work, fmt.Sprintf("%d-%d", i, viewers))
			o, err := s.round(ctx, dir, viewers)
			if err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "round %d, %d viewers: %.0f requests/s, ticks at most %s apart, %s to the disk, stopped in %s\n",
				i+1, viewers, o.rps, o.gap, o.behind, o.react)
			if viewers == 0 {
				alone = append(alone, o)
			} else {
				shared = append(shared, o)
			}
		}
	}
	table(alone, shared)
	return nil
}

// table prints medians and ratios.
func table(alone, shared []outcome) {
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	fmt.Println("| what | alone | with viewers | ratio |\n|---|---:|---:|---:|")
	for _, row := range []struct {
		name string
		of   func(outcome) float64
	}{
		{"requests a second", func(o outcome) float64 { return o.rps }},
		{"longest time between two ticks, ms", func(o outcome) float64 { return ms(o.gap) }},
		{"longest time from a tick to the disk, ms", func(o outcome) float64 { return ms(o.behind) }},
		{"production refuses → all load stopped, ms", func(o outcome) float64 { return ms(o.react) }},
	} {
		var a, b []float64
		for i := range alone {
			a, b = append(a, row.of(alone[i])), append(b, row.of(shared[i]))
		}
		x, y := stand.Median(a), stand.Median(b)
		fmt.Printf("| %s | %.0f | %.0f | %.2f x |\n", row.name, x, y, y/x)
	}
	lost, lostAlone, staying := 0, 0, shared[0].staying
	var drawn []float64
	for i := range shared {
		lost, lostAlone, staying = lost+shared[i].lost, lostAlone+alone[i].lost, min(staying, shared[i].staying)
		drawn = append(drawn, shared[i].drawn)
	}
	fmt.Printf("| events missing in the journal | %d | %d | |\n\n", lostAlone, lost)
	fmt.Printf("Of the viewers that were not stalled at least %d stayed to the end; each took %.1f KB of screen a second.\n", staying, stand.Median(drawn)/1000)
}

// round measures both ways of running with so many viewers: at full speed, with
// the guard's ladder off, and with the guard on until production refuses.
func (s *settings) round(ctx context.Context, dir string, viewers int) (o outcome, err error) {
	if err := s.session(ctx, filepath.Join(dir, "speed"), viewers, true, &o); err != nil {
		return o, fmt.Errorf("at full speed: %w", err)
	}
	if err := s.session(ctx, filepath.Join(dir, "guard"), viewers, false, &o); err != nil {
		return o, fmt.Errorf("with the guard: %w", err)
	}
	return o, nil
}
