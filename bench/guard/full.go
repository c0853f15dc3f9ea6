package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"crosstalk/bench/fault"
	"crosstalk/bench/stand"
)

// fullUsers send at full speed.
const fullUsers = 64

// fullSpeed measures the guard while this machine sends as fast as it can, in
// turn with the usual load, and tells how much later it lets go.
func (s *settings) fullSpeed(ctx context.Context, work string) error {
	names, err := fault.NewNames()
	if err != nil {
		return err
	}
	defer names.Close()
	net.DefaultResolver = names.Resolver()
	usual := s.people()
	usual.spike = true
	if usual.apart, err = fault.Build(ctx, work); err != nil {
		return err
	}
	loads := []load{usual, {users: fullUsers, apart: usual.apart, spike: true}}
	var rows [][]string
	for _, k := range kinds {
		if !s.chosen(k.key) || s.only == "" && k.key != "refuses" && k.key != "hangs" {
			continue
		}
		for _, rate := range []int{10, 4} {
			all, err := s.inTurn(ctx, loads, k, rate, names)
			if err != nil {
				return err
			}
			rows = append(rows, beside(k, rate, all))
		}
	}
	fmt.Printf("Fault of production to the last request at staging; 4 servers, quiet phase %s, staging in a process of its own.\nUsual: %d users who think for 20 to 60 ms. Full speed: %d users who do not. In turn, %d runs each, medians.\n\n",
		s.baseline, usual.users, fullUsers, s.runs)
	printTable([]string{"production …", "checks a second", "usual: requests a second", "last request", "longest", "full speed: requests a second", "last request", "longest", "full speed is", "budget", "kept", "sent later", "void"}, rows)
	return nil
}

// inTurn makes a run of each load in every round, another one first each time.
// One that says nothing is made again, and told.
func (s *settings) inTurn(ctx context.Context, loads []load, k kind, rate int, names *fault.Names) ([][]outcome, error) {
	all := make([][]outcome, len(loads))
	for round := range s.runs {
		for i := range loads {
			n := (i + round) % len(loads)
			for try := range 3 {
				o, err := s.measure(ctx, loads[n], k, rate, names)
				if err != nil {
					return nil, fmt.Errorf("%s, %d users: %w", k.name, loads[n].users, err)
				}
				all[n] = append(all[n], o)
				progress("%s, %d checks a second, %d users: %.0f requests a second, last request %s, decided %s %s", k.name, rate, loads[n].users, o.rate, show(o.last), show(o.decided), o.void)
				if o.void == "" || try == 2 {
					break
				}
			}
		}
	}
	return all, nil
}

// beside is a row: the usual load, full speed, and their ratio.
func beside(k kind, rate int, all [][]outcome) []string {
	row := []string{k.name, fmt.Sprint(rate)}
	var middle, longest []time.Duration
	var later int64
	voids := 0
	for _, runs := range all {
		var last []time.Duration
		var rates []float64
		for _, o := range runs {
			if o.void != "" {
				voids++
				continue
			}
			last, rates, later = append(last, o.last), append(rates, o.rate), later+o.after
		}
		middle, longest = append(middle, stand.Median(last)), append(longest, quantile(last, 1))
		row = append(row, fmt.Sprintf("%.0f", stand.Median(rates)), show(middle[len(middle)-1]), show(longest[len(longest)-1]))
	}
	ratio, budget, ok := "–", "", ""
	if middle[0] > 0 && middle[1] > 0 {
		ratio = fmt.Sprintf("%.2f x", float64(middle[1])/float64(middle[0]))
	}
	if b := k.budget[rate]; b > 0 {
		budget, ok = show(b), kept(middle[1] > 0 && max(longest[0], longest[1]) <= b)
	}
	return append(row, ratio, budget, ok, fmt.Sprint(later), fmt.Sprint(voids))
}
