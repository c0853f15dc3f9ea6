package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"crosstalk/bench/fault"
	"crosstalk/monitors"
	"crosstalk/session"
)

// The dial must not be held by answers that are late now and then anyway.
func TestStrayAnswersHardlyHoldTheDial(t *testing.T) {
	t.Parallel()
	const span = 30 * time.Minute
	sum := guarded(seeded(), strays(1000), 250*time.Millisecond, 2*time.Minute, span)
	if sum.held > span/50 || sum.cuts > 0 || sum.paused == 0 {
		t.Errorf("1 late answer in 1000: %+v in %v, at most 2 %% of it may be held", sum, span)
	}
}

func seeded() *rand.Rand { return rand.New(rand.NewPCG(7, 1)) }

func TestHarshNoiseIsHardlyEverRed(t *testing.T) {
	t.Parallel()
	sum := watchOnly(seeded(), harsh, 250*time.Millisecond, 2*time.Minute, 15*time.Minute)
	// Half a red an hour is allowed: two in a quarter of an hour would be chance once
	// in 140 times. The bench counts hundreds of hours.
	if sum.reds > 1 || sum.ambers == 0 {
		t.Errorf("%+v in a quarter of an hour", sum)
	}
}

// A simulation that could not see real trouble would prove nothing.
func TestSimulatedTroubleIsSeen(t *testing.T) {
	t.Parallel()
	sick := func(r *rand.Rand) server {
		well := quiet(r)
		return func(at time.Duration) time.Duration {
			if at > 3*time.Minute {
				return 6 * well(at)
			}
			return well(at)
		}
	}
	alone := watchOnly(seeded(), sick, 250*time.Millisecond, 2*time.Minute, 5*time.Minute)
	held := guarded(seeded(), sick, 250*time.Millisecond, 2*time.Minute, 5*time.Minute)
	if alone.reds != 1 || held.cuts == 0 {
		t.Errorf("six times slower for minutes: %+v, guarded %+v", alone, held)
	}
}

// The seed alone decides, whatever runs at the same time.
func TestSimulationsAreTheSameAgain(t *testing.T) {
	t.Parallel()
	s := settings{seed: 7}
	var sums [2]tally
	for i := range sums {
		var err error
		if sums[i], err = s.simulated(t.Context(), 3, func(r *rand.Rand) tally {
			return guarded(r, harsh, 250*time.Millisecond, 10*time.Second, time.Minute)
		}); err != nil {
			t.Fatal(err)
		}
	}
	if sums[0] != sums[1] {
		t.Errorf("%+v, and then %+v", sums[0], sums[1])
	}
}

// Whatever is measured, the load has to stop, and to stay stopped. Times are the
// bench's to tell.
func TestEachRunStopsTheLoad(t *testing.T) {
	t.Parallel()
	names, err := fault.NewNames()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(names.Close)
	s := settings{users: 5, baseline: 1500 * time.Millisecond}
	for _, k := range kinds {
		if k.key != "refuses" && k.key != "dead" {
			continue
		}
		t.Run(k.key, func(t *testing.T) {
			t.Parallel()
			o, err := s.measure(t.Context(), s.people(), k, 10, names)
			if err != nil {
				t.Fatal(err)
			}
			if o.void != "" {
				t.Logf("the machine is busy: %s", o.void)
				return
			}
			if o.after != 0 || o.limit <= 0 || (o.decided > 0) != (k.key == "refuses") {
				t.Errorf("%+v", o)
			}
		})
	}
}

func TestDemoIsCounted(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 10, 17, 12, 0, 0, 0, time.UTC)
	var events []session.Event
	tell := func(after time.Duration, body any) {
		at = at.Add(after)
		events = append(events, session.Event{T: at, Body: body})
	}
	guard := func(after time.Duration, from, to session.GuardState, cause string, ours bool) {
		tell(after, &session.GuardChange{From: string(from), To: string(to), Cause: cause, OurSide: ours, Why: cause})
	}
	worst := 0.2
	tell(0, &session.LoadTick{Running: 80, Requests: 100})
	guard(time.Second, session.GuardRun, session.GuardHold, session.CauseAmber, false)
	guard(time.Second, session.GuardHold, session.GuardHold, session.CauseAmber, true)
	guard(time.Second, session.GuardHold, session.GuardRun, session.CauseAmber, false)
	tell(10*time.Second, &session.HealthTick{Env: monitors.Self, Max: &worst})
	guard(time.Second/2, session.GuardRun, session.GuardHold, session.CauseAmber, false)
	guard(time.Second, session.GuardHold, session.GuardEase, session.CauseAmber, false)
	guard(time.Second, session.GuardEase, session.GuardCut, session.CauseRed, false)
	tell(time.Second, &session.GuardRecovered{Seconds: 3.25})
	tell(time.Second, &session.LoadTick{Running: 0, Requests: 7})
	want := demoCount{holds: 2, ours: 1, near: 1, eases: 1, cuts: 1, peak: 80, held: 6 * time.Second, first: "amber", beforeCut: "2.00 s",
		recovered: "3.2 s", requests: 107}
	if got := count(events); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	d := []time.Duration{4, 1, 3, 2}
	for q, want := range map[float64]time.Duration{0: 1, 0.5: 2, 0.75: 3, 0.99: 4, 1: 4} {
		if got := quantile(d, q); got != want {
			t.Errorf("quantile %g is %d, want %d", q, got, want)
		}
	}
	if d[0] != 4 || quantile(nil, 0.5) != 0 {
		t.Error("it sorted what it was given, or made something of nothing")
	}
}
