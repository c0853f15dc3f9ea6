package session

import "testing"

// A longer slot shows the worst that was told in it, also of the state: a red
// of three seconds is seen in a slot of ten.
func TestSlotKeepsTheWorstState(t *testing.T) {
	r := NewRing(10_000, 4)
	for i, state := range []string{"green", "no sight", "red", "amber", "green"} {
		r.slot(int64(i) * 1000).Prod.worse(Curve{OK: i%2 == 0, P95: float64(i), State: state})
	}
	if s := r.At(0); s.Prod.State != "red" || s.Prod.P95 != 4 || !s.Prod.OK {
		t.Errorf("the slot says %+v", s.Prod)
	}
	r.slot(10_000).Prod.worse(Curve{State: "green"})
	if s := r.At(1); s.Prod.State != "green" || s.Prod.OK {
		t.Errorf("the next slot says %+v", s.Prod)
	}
}
