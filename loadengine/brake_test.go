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
	if !release(b) || release(b) {
		t.Error("release must succeed once")
	}
	if _, latched := b.Latched(); latched || b.Context().Err() != nil {
		t.Error("still latched after the release")
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

// release lets go of whatever latched the brake, as if it had just been judged.
func release(b *Brake) bool {
	seen, ok := b.Latched()
	return ok && b.Release(seen)
}

// A second order over a latched brake is the one that has to be judged: letting
// go of the first leaves it latched.
func TestReleaseJudgesTheNewestOrder(t *testing.T) {
	t.Parallel()
	b := NewBrake()
	b.Pull(Stop{Reason: ReasonOperator, By: "alice"})
	first, _ := b.Latched()
	b.Pull(Stop{Reason: ReasonOperator, By: "bob"})
	if b.Release(first) {
		t.Fatal("bob's stop was lost to a release of alice's")
	}
	newest, ok := b.Latched()
	if !ok || newest.By != "bob" || b.Context().Err() == nil {
		t.Fatalf("latched %v by %q", ok, newest.By)
	}
	if !b.Release(newest) {
		t.Fatal("the newest order can't be let go of")
	}
	if _, ok := b.Latched(); ok || b.Context().Err() != nil {
		t.Fatal("still latched")
	}
}

// Whatever the interleaving, a Pull that has returned leaves the brake latched
// unless somebody released that very order.
func TestNoOrderIsLostToARelease(t *testing.T) {
	t.Parallel()
	for range 2000 {
		b := NewBrake()
		b.Pull(Stop{Reason: ReasonOperator, By: "alice"})
		alice, _ := b.Latched()
		var wg sync.WaitGroup
		wg.Go(func() { b.Release(alice) })
		wg.Go(func() { b.Pull(Stop{Reason: ReasonGuard, By: "guard"}) })
		wg.Go(func() { b.Pull(Stop{Reason: ReasonOperator, By: "bob"}) })
		wg.Wait()
		if s, ok := b.Latched(); !ok || s.By == "alice" || b.Context().Err() == nil {
			t.Fatalf("an order was lost: latched %v by %q", ok, s.By)
		}
	}
}
