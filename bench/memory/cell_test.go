//go:build linux

package main

import (
	"strings"
	"testing"
)

func TestCellsAndTheirTable(t *testing.T) {
	us := &tool{name: "crosstalk", users: map[kind]string{waiting: "1000,15000", thinking: ""}}
	them := &tool{name: "k6", users: map[kind]string{waiting: "1000", thinking: ""}}
	s := settings{}
	cells, err := s.cells([]*tool{us, them})
	if err != nil {
		t.Fatal(err)
	}
	want := []cell{{us, waiting, 1}, {them, waiting, 1}, {us, waiting, 1000}, {them, waiting, 1000}, {us, waiting, 15000}}
	if len(cells) != len(want) {
		t.Fatalf("%d cells, want %d", len(cells), len(want))
	}
	for i := range want {
		if cells[i] != want[i] {
			t.Errorf("cell %d: %+v", i, cells[i])
		}
	}
	first := map[cell]bool{}
	for round := range 5 {
		order := turned(cells, round)
		seen := map[cell]bool{}
		for _, c := range order {
			seen[c] = true
		}
		if len(seen) != len(cells) {
			t.Errorf("round %d measures %d of %d", round+1, len(seen), len(cells))
		}
		first[order[0]] = true
	}
	if len(first) < 3 {
		t.Errorf("five rounds begin with %d cells", len(first))
	}
	// 10 kB a user of ours, 40 kB of theirs, each above the one of its round.
	got := map[cell][]memory{
		want[0]: {{kB: 100}, {kB: 300}, {kB: 200}},
		want[2]: {{kB: 100 + 9990, connections: 1000}, {kB: 300 + 9990, connections: 1000}, {kB: 900_000, connections: 1000}},
		want[1]: {{kB: 500}, {kB: 500}, {kB: 500}},
		want[3]: {{kB: 500 + 39960}, {kB: 500 + 39960}, {kB: 500 + 39960}},
		want[4]: {{kB: 100 + 14999}, {kB: 300 + 14999}, {kB: 200 + 14999}},
	}
	text := table(cells, got)
	for _, row := range []string{
		"| 1,000 waiting | crosstalk | 0.2 MB | 10.0 MB | 10.00 kB | – | 1000 |\n",
		"| 1,000 waiting | k6 | 0.5 MB | 39.5 MB | 40.00 kB | 0.25 x | 0 |\n",
		"| 15,000 waiting | crosstalk | 0.2 MB | 14.8 MB | 1.00 kB | – | 0 |\n",
	} {
		if !strings.Contains(text, row) {
			t.Errorf("no row %q in\n%s", row, text)
		}
	}
	us.users[waiting] = "many"
	if _, err := s.cells([]*tool{us}); err == nil || !strings.Contains(err.Error(), `"many"`) {
		t.Errorf("%v", err)
	}
}
