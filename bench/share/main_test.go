package main

import (
	"strings"
	"testing"
	"time"
)

// Bounds are kept by what is in them or no worse than the run alone, and the table
// fails by any one that is not.
func TestBounds(t *testing.T) {
	good := outcome{rps: 1000, gap: time.Second, behind: 10 * time.Millisecond, guarded: 900, react: 200 * time.Millisecond}
	with := good
	with.staying, with.waited, with.drawn = 15, time.Second, 5000
	s := settings{viewers: 20, stalled: 5}
	if err := s.table([]outcome{good}, []outcome{with}); err != nil {
		t.Errorf("good: %v", err)
	}
	for name, worse := range map[string]func(*outcome){
		"requests": func(o *outcome) { o.rps = 400 }, "ticks": func(o *outcome) { o.gap = 2 * time.Second }, "disk": func(o *outcome) { o.behind = time.Second },
		"guarded": func(o *outcome) { o.guarded = 100 }, "reaction": func(o *outcome) { o.react = time.Second }, "journal": func(o *outcome) { o.lost = 1 },
		"screens": func(o *outcome) { o.waited = 3 * time.Second }, "viewers": func(o *outcome) { o.staying = 14 },
	} {
		bad := with
		worse(&bad)
		if err := s.table([]outcome{good}, []outcome{bad}); err == nil || !strings.Contains(err.Error(), "1 of the bounds") {
			t.Errorf("%s: %v", name, err)
		}
	}
	slow := good
	slow.react = 600 * time.Millisecond
	worse := with
	worse.react = 900 * time.Millisecond
	if err := s.table([]outcome{slow}, []outcome{worse}); err != nil {
		t.Errorf("no more than twice the run alone: %v", err)
	}
}
