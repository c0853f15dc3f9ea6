// Command share measures what those who look on do to a session: a run alone, and
// the same run with viewers by SSH of which some take nothing from their line.
//
//	go run ./bench/share                       # 20 viewers, 5 stalled, 5 rounds
//	go run ./bench/share -rounds 1 -for 4s     # in brief
//
// Both runs are at full speed: the users do not think. In the first the guard's
// ladder is off, and requests, ticks and journal are measured; in the second it is
// on, and production refuses once the stalled views wait for their lines. It prints
// a Markdown table of medians with ratios and generous bounds, and fails when one is
// not kept. The viewers' own ends run in this process, on the same processors;
// staging has a process of its own in the second run, and all listen on loopback.
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

	"crosstalk/bench/fault"
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
	answer  string // the program of a staging in a process of its own
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
	react   time.Duration // from production's refusal to the last request at staging
	guarded float64       // requests a second then
	void    int           // runs that said nothing
	waited  time.Duration // the longest that one of the other viewers waited for more of the screen
	drawn   float64       // bytes a second that each of the other viewers took
	staying int           // of them
}

func (s *settings) run(ctx context.Context, work string) error {
	if flag.NArg() > 0 || s.rounds < 1 || s.length <= 0 || s.users < 1 || s.viewers < 1 || s.stalled < 0 || s.stalled >= s.viewers || s.viewers > 30 {
		return errors.New("-rounds and -users are at least 1, -viewers 1 to 30, -stalled fewer than they; there are no arguments")
	}
	fmt.Printf("%s, %d processors, %s, %d users, %d viewers of which %d are stalled, %d rounds of %s, medians\n\n", runtime.GOOS+"/"+runtime.GOARCH,
		runtime.NumCPU(), runtime.Version(), s.users, s.viewers, s.stalled, s.rounds, s.length)
	var err error
	if s.answer, err = fault.Build(ctx, work); err != nil {
		return err
	}
	var alone, shared []outcome
	for i := range s.rounds {
		for _, viewers := range []int{0, s.viewers} {
			dir := filepath.Join(work, fmt.Sprintf("%d-%d", i, viewers))
			o, err := s.round(ctx, dir, viewers)
			if err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "round %d, %d viewers: %.0f requests/s, ticks at most %s apart, %s to the disk; with the guard %.0f requests/s, the last one %s after the refusal\n",
				i+1, viewers, o.rps, o.gap, o.behind, o.guarded, o.react)
			if viewers == 0 {
				alone = append(alone, o)
			} else {
				shared = append(shared, o)
			}
		}
	}
	return s.table(alone, shared)
}

// row is one thing that is measured, and how far it may go: Most of it in itself
// with viewers, and Ratio of the run alone, whichever allows more; 0 is no bound.
type row struct {
	name  string
	of    func(outcome) float64
	less  bool // it must not be less than Ratio of the run alone
	most  float64
	ratio float64
}

func (r row) kept(alone, shared float64) bool {
	if r.less {
		return shared >= r.ratio*alone
	}
	return shared <= max(r.most, r.ratio*alone)
}

// bound is what is kept, in words.
func (r row) bound() string {
	if r.less {
		return fmt.Sprintf("at least %.1f x", r.ratio)
	}
	return fmt.Sprintf("%.0f, or %.0f x", r.most, r.ratio)
}

// table prints medians, ratios and bounds, and reports whether one is not kept.
func (s *settings) table(alone, shared []outcome) error {
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	broken := 0
	word := map[bool]string{true: "kept", false: "**not kept**"}
	judge := func(kept bool) string {
		if !kept {
			broken++
		}
		return word[kept]
	}
	fmt.Println("| what | alone | with viewers | ratio | bound | |\n|---|---:|---:|---:|---|---|")
	for _, r := range []row{
		{name: "requests a second", of: func(o outcome) float64 { return o.rps }, less: true, ratio: 0.5},
		{name: "longest time between two ticks, ms", of: func(o outcome) float64 { return ms(o.gap) }, most: 1500, ratio: 1},
		{name: "longest time from a tick to the disk, ms", of: func(o outcome) float64 { return ms(o.behind) }, most: 500, ratio: 2},
		{name: "with the guard on: requests a second", of: func(o outcome) float64 { return o.guarded }, less: true, ratio: 0.5},
		{name: "production refuses → last request at staging, ms", of: func(o outcome) float64 { return ms(o.react) }, most: 400, ratio: 2},
	} {
		var a, b []float64
		for i := range alone {
			a, b = append(a, r.of(alone[i])), append(b, r.of(shared[i]))
		}
		x, y := stand.Median(a), stand.Median(b)
		fmt.Printf("| %s | %.0f | %.0f | %.2f x | %s | %s |\n", r.name, x, y, y/x, r.bound(), judge(r.kept(x, y)))
	}
	lost, lostAlone, void, staying := 0, 0, 0, shared[0].staying
	var drawn, waited []float64
	for i := range shared {
		lost, lostAlone, staying = lost+shared[i].lost, lostAlone+alone[i].lost, min(staying, shared[i].staying)
		void += alone[i].void + shared[i].void
		drawn, waited = append(drawn, shared[i].drawn), append(waited, ms(shared[i].waited))
	}
	fmt.Printf("| events missing in the journal | %d | %d | | 0 | %s |\n", lostAlone, lost, judge(lost+lostAlone == 0))
	fmt.Printf("| the longest that another viewer waited for more of the screen, ms | | %.0f | | 2500 | %s |\n", stand.Median(waited), judge(stand.Median(waited) <= 2500))
	fmt.Printf("| viewers that were not stalled and stayed | | %d | | %d | %s |\n\n", staying, s.viewers-s.stalled, judge(staying == s.viewers-s.stalled))
	fmt.Printf("Each of the other viewers took %.1f KB of screen a second. Runs that said nothing, as the guard acted before the fault, and were made again: %d.\n", stand.Median(drawn)/1000, void)
	if broken > 0 {
		return fmt.Errorf("%d of the bounds are not kept", broken)
	}
	return nil
}

// round measures both ways of running with so many viewers: with the guard's ladder
// off, and with the guard on until production refuses.
func (s *settings) round(ctx context.Context, dir string, viewers int) (o outcome, err error) {
	if err := s.speed(ctx, filepath.Join(dir, "speed"), viewers, &o); err != nil {
		return o, fmt.Errorf("with the guard off: %w", err)
	}
	if err := s.guard(ctx, filepath.Join(dir, "guard"), viewers, &o); err != nil {
		return o, fmt.Errorf("with the guard on: %w", err)
	}
	return o, nil
}
