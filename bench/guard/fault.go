package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"crosstalk/bench/fault"
)

// kind is one fault and what was promised for it.
type kind struct {
	name   string
	key    string // for -only
	usual  time.Duration
	inject func(*rig)
	k6     bool
	budget map[int]time.Duration // of the longest run, by checks a second
}

// The usual latency of production's servers; where six times slower is to be red
// and not merely amber, it is longer: red never begins below the usual and 100 ms.
const (
	quick = 8 * time.Millisecond
	roomy = 40 * time.Millisecond
)

const (
	ms  = time.Millisecond
	sec = time.Second
)

var kinds = []kind{
	{name: "refuses", key: "refuses", usual: quick, k6: true, inject: func(r *rig) { r.refuse(r.production...) },
		budget: map[int]time.Duration{10: 300 * ms, 4: 600 * ms}},
	{name: "hangs", key: "hangs", usual: quick, k6: true, inject: func(r *rig) { r.become(fault.Hangs) },
		budget: map[int]time.Duration{10: 750 * ms, 4: sec}},
	{name: "six times slower (40 → 240 ms)", key: "slow", usual: roomy, inject: func(r *rig) { r.become(fault.Slow) }},
	{name: "half answered with 503", key: "half", usual: quick, k6: true, inject: func(r *rig) { r.become(fault.Half) }},
	{name: "one of four servers refuses", key: "one", usual: quick, inject: func(r *rig) { r.refuse(r.production[2]) },
		budget: map[int]time.Duration{10: sec}},
	{name: "one of four servers hangs", key: "one-hangs", usual: quick, inject: func(r *rig) { r.production[2].Become(fault.Hangs) },
		budget: map[int]time.Duration{10: sec}},
	{name: "the guard stands still", key: "dead", usual: quick, inject: (*rig).kill,
		budget: map[int]time.Duration{10: 750 * ms, 4: 750 * ms}},
	{name: "names are not known any more", key: "names", usual: quick, inject: func(r *rig) { r.names.Break(r.name) },
		budget: map[int]time.Duration{10: 6 * sec, 4: 6 * sec}},
	{name: "is reached over a line that is full", key: "uplink", usual: quick, inject: func(r *rig) { r.line.Fill(lineRate) }},
	{name: "the wall clock jumps by 3 s", key: "clock", usual: quick, inject: func(r *rig) { r.wall.Store(int64(3 * sec)) },
		budget: map[int]time.Duration{10: 750 * ms, 4: 750 * ms}},
}

// lineRate is the line's bytes a second; once it is full, a second of them wait.
const lineRate = 1 << 20

// byName tells whether the checks go by a name that has to be looked up.
func (k kind) byName() bool { return k.key == "names" }

// byLine tells whether production is reached over the line.
func (k kind) byLine() bool { return k.key == "uplink" }

// byPermit tells whether it is the permit, and not the guard, that has to stop the load.
func (k kind) byPermit() bool { return k.key == "dead" || k.key == "clock" }

// outcome is one run: how long after the fault.
type outcome struct {
	last    time.Duration // the last request reached staging
	decided time.Duration // the guard decided; 0 where nobody did
	limit   time.Duration // the largest red limit learned
	after   int64         // requests that arrived after the load was reported at zero
	rate    float64       // requests a second at staging before the fault
	void    string        // why the run says nothing; "" if it does
}

// faults measures every fault and prints the table.
func (s *settings) faults(ctx context.Context) error {
	// Checks by name ask this server, and no other: one for the process, since
	// the process has one resolver.
	names, err := fault.NewNames()
	if err != nil {
		return err
	}
	defer names.Close()
	net.DefaultResolver = names.Resolver()
	peer, err := s.k6Path(ctx)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, k := range kinds {
		if !s.chosen(k.key) {
			continue
		}
		var k6 []outcome
		if peer != "" && k.k6 {
			progress("k6: %s", k.name)
			if k6, err = s.repeat(ctx, func(ctx context.Context) (outcome, error) { return s.k6Run(ctx, peer, k) }); err != nil {
				return err
			}
		}
		for _, rate := range []int{10, 4} {
			progress("%s, %d checks a second", k.name, rate)
			ours, err := s.repeat(ctx, func(ctx context.Context) (outcome, error) { return s.measure(ctx, s.people(), k, rate, names) })
			if err != nil {
				return err
			}
			row := append([]string{k.name, fmt.Sprint(rate)}, summary(ours, k.budget[rate])...)
			if peer != "" {
				if rate == 10 && k.k6 {
					row = append(row, times(k6)...)
				} else {
					row = append(row, "", "")
				}
			}
			rows = append(rows, row)
		}
	}
	head := []string{"production …", "checks a second", "runs", "last request: median", "p99", "guard decided: median", "red limit", "budget", "kept", "void", "sent later"}
	if peer != "" {
		head = append(head, k6Name(ctx, peer)+": median", "p99")
	}
	fmt.Printf("Fault of production to the last request at staging; 4 servers, %d users, quiet phase %s, %d at once.\n\n", s.users, s.baseline, s.atOnce)
	printTable(head, rows)
	return nil
}

// repeat makes the runs, some side by side. A run that says nothing is made
// again, up to as many times as there are runs.
func (s *settings) repeat(ctx context.Context, once func(context.Context) (outcome, error)) ([]outcome, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	var out []outcome
	var failed error
	left, good := 2*s.runs, 0
	var wg sync.WaitGroup
	for range s.atOnce {
		wg.Go(func() {
			for {
				mu.Lock()
				if left == 0 || good >= s.runs || failed != nil {
					mu.Unlock()
					return
				}
				left--
				good++ // until it turns out not to be
				mu.Unlock()
				o, err := once(ctx)
				mu.Lock()
				if err != nil && failed == nil {
					failed = err
					cancel()
				}
				if err == nil {
					out = append(out, o)
				}
				if o.void != "" {
					good--
					progress("  void: %s", o.void)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return out, failed
}

// summary is the columns of our own runs.
func summary(all []outcome, budget time.Duration) []string {
	var last, decided, limits []time.Duration
	voids := 0
	var later int64
	for _, o := range all {
		if o.void != "" {
			voids++
			continue
		}
		last, limits = append(last, o.last), append(limits, o.limit)
		if o.decided > 0 {
			decided = append(decided, o.decided)
		}
		later += o.after
	}
	ok := ""
	if len(last) > 0 && budget > 0 {
		ok = kept(quantile(last, 0.99) <= budget)
	}
	return []string{fmt.Sprint(len(last)), show(quantile(last, 0.5)), show(quantile(last, 0.99)), show(quantile(decided, 0.5)), show(quantile(limits, 0.5)),
		strings.Trim(show(budget), "–"), ok, fmt.Sprint(voids), fmt.Sprint(later)}
}

// times is median and p99 alone.
func times(all []outcome) []string {
	var last []time.Duration
	for _, o := range all {
		if o.void == "" {
			last = append(last, o.last)
		}
	}
	return []string{show(quantile(last, 0.5)), show(quantile(last, 0.99))}
}

func show(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

// quantile is the nearest-rank quantile; 0 of nothing. Of 30 runs p99 is the
// longest.
func quantile(d []time.Duration, q float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	d = slices.Clone(d)
	slices.Sort(d)
	i := int(q*float64(len(d))+0.999999) - 1
	return d[min(max(i, 0), len(d)-1)]
}

func printTable(head []string, rows [][]string) {
	line := func(cells []string) { fmt.Println("| " + strings.Join(cells, " | ") + " |") }
	line(head)
	fmt.Println("|" + strings.Repeat("---|", len(head)))
	for _, r := range rows {
		line(r)
	}
	fmt.Println()
}
