package loadengine

import (
	"testing"
	"testing/synctest"
	"time"
)

// A send that we begin late counts as late from when it was due, in both modes.
func TestLagCountsFromTheDueTime(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{ModeUsers, ModeRate} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := rated(4)
				p.Mode = mode
				permit := NewPermit(SystemClock())
				permit.Grant(time.Hour)
				server := &fakeServer{}
				e, err := newEngine(p, permit, NewBrake(), Hooks{}, options{base: server})
				if err != nil {
					t.Fatal(err)
				}
				e.gate.run = t.Context()
				e.SetSlew(false)
				e.SetAsked(2)
				for i, late := range []time.Duration{0, 30 * time.Millisecond} {
					if mode == ModeRate && i > 0 {
						time.Sleep(time.Second / 2) // until it is due
					}
					e.schedule.Pace(0, 0)
					u := <-e.schedule.assigned
					time.Sleep(late) // as if no processor were free
					e.turn(u, new(kit))
					lag := e.stats.take(e.schedule.level.Load(), false).Lag
					if want := (Lag{Sends: 1, P50: late, P95: late, P99: late, Max: late}); lag != want {
						t.Errorf("%v late: %+v", late, lag)
					}
				}
			})
		})
	}
}

// A user that waits for its place under a limit, or thinks, is not late.
func TestWaitingForALimitIsNoLag(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := users(20)
		p.MaxRPS = 10
		r := newRig(t, p, 50*time.Millisecond)
		r.SetAsked(20)
		pass(10 * time.Second)
		r.end()
		r.record.mu.Lock()
		defer r.record.mu.Unlock()
		var sends uint64
		for _, tick := range r.ticks {
			sends += tick.Lag.Sends
			if tick.Lag.Max > time.Millisecond {
				t.Errorf("late by %v: all wait for their turn", tick.Lag.Max)
			}
		}
		if sends < 95 || sends > 105 {
			t.Errorf("%d sends in 10 s at 10 a second", sends)
		}
	})
}
