package link

import (
	"math"
	"strings"
	"testing"
)

func TestReach(t *testing.T) {
	for _, tt := range []struct {
		before Before
		off    int
		on     int
		bound  float64
		want   int
	}{
		{Before{}, 0, 5, 0.04, 7},
		{Before{}, 0, 5, 0, 7},
		{Before{}, 0, 10, 0.10, 15},
		{Before{}, 0, 100, 0.2, 120},
		{Before{}, 0, 1, 0.02, 1},
		// From what was checked: never more than 1.5 times, ...
		{Before{0.03, 7}, 5, 7, 0.03, 10},
		// ... one user more tells little of fifty, and takes nothing back, ...
		{Before{0.04, 104}, 100, 101, 0.04, 104},
		{Before{0.04, 150}, 100, 101, 0.04, 150},
		// ... and the steps add up: 3 %, 4.5 %, 7.5 % and 9 % are 25 % together.
		{Before{0.03, 10}, 7, 10, 0.045, 15},
		{Before{0.0764, 15}, 10, 15, 0.075, 19},
		{Before{0.1571, 19}, 15, 19, 0.09, 19},
		{Before{0.25, 19}, 19, 20, 0.01, 19},
		{Before{0.3, 19}, 19, 20, 0, 19},
	} {
		if got := tt.before.reach(tt.off, tt.on, tt.bound); got != tt.want {
			t.Errorf("after %+v, %d against %d with a bound of %v reaches to %d, want %d", tt.before, tt.on, tt.off, tt.bound, got, tt.want)
		}
	}
}

// A check from what runs carries what those before it left open, and says so.
func TestStepsAddUp(t *testing.T) {
	s := standardSetup()
	s.Users, s.OffUsers, s.Before = 7, 5, Before{Bound: 0.04, Reach: 7}
	p := newPlant(3)
	p.staging = func(h Half, o *Observation) { o.Sent, o.Succeeded = 40*h.Users, 40*h.Users }
	p.effect = 0
	c := p.begin(t, s)
	v := finish(t, c, p)
	if want := 1.04*(1+v.Bound) - 1; v.Verdict != NoLinkSeen || v.Whole < want-1e-9 || v.Whole > want+1e-9 || v.Reach != 10 {
		t.Errorf("%s, bound %v, in all %v, reaches to %d: %s", v.Verdict, v.Bound, v.Whole, v.Reach, v.Words())
	}
	if w := v.Words(); !strings.Contains(w, "With the checks before it, up to "+percent(v.Whole)+" cannot be ruled out at 7 users. Checked to 10 users") {
		t.Error(w)
	}

	s.Before = Before{Bound: 0.24, Reach: 7}
	if v := newRun(p, s, t); v.Reach != 7 || !strings.Contains(v.Words(), "more than a check from below can clear") && v.Reach < v.Users {
		t.Errorf("reaches to %d: %s", v.Reach, v.Words())
	}
}

func newRun(p *plant, s Setup, t *testing.T) Verdict { return finish(t, p.begin(t, s), p) }

// A step that is too small to reach further is told before it is made.
func TestASmallStepIsToldBefore(t *testing.T) {
	for _, tt := range []struct {
		on    int
		small bool
	}{{101, true}, {130, false}} {
		s := standardSetup()
		s.Users, s.OffUsers, s.Before = tt.on, 100, Before{Bound: 0.04, Reach: 150}
		f, err := NewForecast(s, newPlant(8).quiet(s.Profile, 12))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(f.Words(), "no further than before (to 150 users)"); got != tt.small || (f.Reach <= 150) != tt.small {
			t.Errorf("to %d: would reach %d: %s", tt.on, f.Reach, f.Words())
		}
	}
}

// A bound is written without a sign, also that of a production which was faster with load.
func TestABoundOfNothingIsNothing(t *testing.T) {
	t.Parallel()
	for _, x := range []float64{0, math.Copysign(0, -1), -0.003} {
		if got := percent(x); got != "0 %" {
			t.Errorf("percent(%v) = %q", x, got)
		}
	}
}
