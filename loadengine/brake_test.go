package loadengine

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestBrakeLatchesOnceAndKeepsEveryOrder(t *testing.T) {
	t.Parallel()
	b := NewBrake()
	ctx := b.Context()
	var wg sync.WaitGroup
	var first atomic.Int32
	const pullers = 64
	for range pullers {
		wg.Go(func() {
			if b.Pull(Stop{Reason: ReasonOperator, By: "mel"}) {
				first.Add(1)
			}
			if _, latched := b.Latched(); !latched {
				t.Error("not latched after a pull")
			}
		})
	}
	wg.Wait()
	if first.Load() != 1 {
		t.Errorf("%d pulls latched, want 1", first.Load())
	}
	if ctx.Err() == nil {
		t.Error("the context of the epoch is not cancelled")
	}
	if got := len(b.take()); got != pullers {
		t.Errorf("%d orders kept, want %d", got, pullers)
	}
	if !b.Release() || b.Release() {
		t.Error("release must succeed once")
	}
	if _, latched := b.Latched(); latched || b.Context().Err() != nil {
		t.Error("still latched after the release")
	}
}

func TestBrakeOrderSurvivesAReleaseAtTheSameMoment(t *testing.T) {
	t.Parallel()
	for range 2000 {
		b := NewBrake()
		b.Pull(Stop{Reason: ReasonOperator, By: "mel"})
		var wg sync.WaitGroup
		released := false
		wg.Go(func() { released = b.Release() })
		wg.Go(func() { b.Pull(Stop{Reason: ReasonGuard, By: "guard"}) })
		wg.Wait()
		s, latched := b.Latched()
		// Either order of the two is right: released and pulled, or pulled in
		// vain and released. An epoch in between would be neither.
		if !released {
			t.Fatal("nobody else releases")
		}
		if latched && s.Reason != ReasonGuard || !latched && b.Context().Err() != nil {
			t.Fatalf("latched %v by %+v, context %v", latched, s, b.Context().Err())
		}
	}
}

func TestBrakeOrdersAreBounded(t *testing.T) {
	t.Parallel()
	b := NewBrake()
	for range maxOrders + 100 {
		b.Pull(Stop{Reason: ReasonGuard})
	}
	if got := len(b.take()); got != maxOrders {
		t.Errorf("%d orders kept, want %d", got, maxOrders)
	}
}
