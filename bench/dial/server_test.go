//go:build unix

package main

import (
	"testing"
	"time"
)

// The first crossing counts, not what is so when somebody looks.
func TestReachedIsTheFirstTime(t *testing.T) {
	began := time.Now().Add(-time.Minute)
	at := func(ms int) time.Time { return began.Add(time.Duration(ms) * time.Millisecond) }
	s := &server{changed: make(chan struct{}), moved: []move{{at(0), 1}, {at(10), 0}, {at(20), 1}, {at(30), 2}, {at(40), 3}, {at(50), 2}, {at(60), 0}, {at(70), 1}, {at(80), 0}}}
	s.inFlight = 0
	for _, c := range []struct {
		n    int
		from time.Time
		want time.Time
	}{
		{1, time.Time{}, at(0)},
		{2, at(0), at(30)},
		{3, at(15), at(40)},
		{2, at(35), at(35)}, // it is so already
		{2, at(40), at(40)},
		{0, at(40), at(60)},
		{0, at(65), at(65)},
		{0, at(90), at(90)},
		{4, at(0), time.Time{}},
		{1, at(75), at(75)},
		{1, at(85), time.Time{}},
	} {
		if got := s.reached(t.Context(), c.n, c.from, time.Now()); !got.Equal(c.want) {
			t.Errorf("%d from %v on: %v after the beginning, want %v", c.n, c.from.Sub(began), got.Sub(began), c.want.Sub(began))
		}
	}
	// What comes while it is waited for is seen, too.
	order := time.Now()
	found := make(chan time.Time, 1)
	go func() { found <- s.reached(t.Context(), 2, order, order.Add(time.Minute)) }()
	s.move(+1)
	s.move(+1)
	s.move(+1)
	if got := <-found; !got.Equal(s.moved[len(s.moved)-2].at) {
		t.Errorf("of three that come, the second was %v after the order", got.Sub(order))
	}
}
