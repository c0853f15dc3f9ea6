package loadengine

import (
	"testing"
	"time"
)

func TestRingLosesNothing(t *testing.T) {
	t.Parallel()
	r := newRing(lastSlots, fineDigits)
	ok := outcome{fate: fateAnswered, latency: 20 * time.Millisecond}
	for i := range 1000 { // 10 ms apart
		r.record(time.Duration(i)*10*time.Millisecond, ok, true)
	}
	w := r.window(9990 * time.Millisecond)
	// The present slot began at 9.75 s: with four whole ones before it.
	if want := 1240 * time.Millisecond; w.Span != want || w.Requests != 125 {
		t.Errorf("span %v, requests %d, want %v and 125", w.Span, w.Requests, want)
	}
	if w = r.window(10 * time.Second); w.Requests != 100 || w.Span != time.Second || w.RPS != 100 {
		t.Errorf("on the boundary: %+v", w)
	}
	if w = r.window(20 * time.Second); w.Requests != 0 || w.P99 != 0 || w.Max != 0 {
		t.Errorf("after silence: %+v", w)
	}
}

func TestTallyOfLatencies(t *testing.T) {
	t.Parallel()
	tl := newTally(fineDigits)
	for i := 1; i <= 1000; i++ {
		tl.record(outcome{fate: fateAnswered, latency: time.Duration(i) * time.Millisecond})
	}
	for range 5000 {
		tl.record(outcome{fate: fateFailed, kind: "refused", latency: time.Microsecond})
	}
	w := tl.window(10 * time.Second)
	near := func(got, want time.Duration) bool { return (got - want).Abs() <= want/500 }
	if !near(w.P50, 500*time.Millisecond) || !near(w.P95, 950*time.Millisecond) || !near(w.P99, 990*time.Millisecond) || w.Max != time.Second {
		t.Errorf("percentiles %+v", w)
	}
	if w.Requests != 6000 || w.Errors != 5000 || w.RPS != 600 {
		t.Errorf("counts %+v", w)
	}
	tl.record(outcome{fate: fateTimeout, kind: "timeout", latency: time.Hour})
	if w = tl.window(time.Second); w.Max != time.Hour {
		t.Errorf("beyond the histogram: %+v", w)
	}
}

func TestKindsAreBounded(t *testing.T) {
	t.Parallel()
	kinds := map[string]uint64{}
	for i := range 1000 {
		count(kinds, string(rune('a'+i)))
	}
	if len(kinds) > maxKinds+1 || kinds["other"] != 1000-maxKinds {
		t.Errorf("%d kinds, %d others", len(kinds), kinds["other"])
	}
}
