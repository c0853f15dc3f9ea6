//go:build linux

package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// cell is what is measured once in each round.
type cell struct {
	tool  *tool
	kind  kind
	users int
}

// cells are those that were asked for: for every kind one user, and each number
// of users, with the tools that have it side by side.
func (s *settings) cells(tools []*tool) ([]cell, error) {
	var out []cell
	for _, k := range []kind{waiting, thinking} {
		numbers := map[*tool][]int{}
		for _, t := range tools {
			var err error
			if numbers[t], err = parse(t.users[k]); err != nil {
				return nil, err
			}
		}
		done := map[cell]bool{}
		for _, first := range tools {
			for _, n := range numbers[first] {
				for _, t := range tools {
					c := cell{t, k, n}
					if done[c] || !slices.Contains(numbers[t], n) {
						continue
					}
					done[c] = true
					out = append(out, c)
				}
			}
		}
	}
	return out, nil
}

// parse reads numbers of users; where there is one, one user alone comes first.
func parse(list string) ([]int, error) {
	var out []int
	for field := range strings.SplitSeq(list, ",") {
		if field = strings.TrimSpace(field); field == "" {
			continue
		}
		n, err := strconv.Atoi(field)
		if err != nil || n < 2 {
			return nil, fmt.Errorf("%q is no number of users: 2 or more", field)
		}
		if len(out) == 0 {
			out = append(out, 1)
		}
		out = append(out, n)
	}
	return out, nil
}

// turned is the order of a round: it begins elsewhere each time, and every other
// round goes backwards, so that no tool always follows the same one.
func turned(cells []cell, round int) []cell {
	out := make([]cell, 0, len(cells))
	for i := range cells {
		out = append(out, cells[(i+round*len(cells)/5)%len(cells)])
	}
	if round%2 == 1 {
		slices.Reverse(out)
	}
	return out
}
