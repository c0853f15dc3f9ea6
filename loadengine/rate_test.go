package loadengine

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

func rated(users int) Plan {
	p := onePlan("http://staging.test/", Step{URL: "/"})
	p.Mode, p.MaxUsers = ModeRate, users
	return p
}

func TestOpenModelKeepsItsRate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rate, users    int
		latency, think time.Duration
	}{
		"slow":               {1, 5, 10 * time.Millisecond, 0},
		"usual":              {12, 50, 50 * time.Millisecond, 0},
		"slower server":      {50, 200, 2 * time.Second, 0},
		"users who think":    {40, 200, 50 * time.Millisecond, 3 * time.Second},
		"many":               {900, 500, 200 * time.Millisecond, 0},
		"at the users' edge": {10, 10, 990 * time.Millisecond, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := rated(c.users)
				p.Journeys[0].Think = Think{Min: c.think}
				r := newRig(t, p, c.latency)
				defer r.end()
				r.SetAsked(c.rate)
				pass(5 * time.Second)
				before := r.server.sent.Load()
				pass(20 * time.Second)
				if got, want := float64(r.server.sent.Load()-before)/20, float64(c.rate); math.Abs(got-want) > want/100 {
					t.Errorf("%.2f requests a second, want %.2f within 1 %%", got, want)
				}
				if l := r.Live(); l.Asked != c.rate || l.Running != c.rate {
					t.Errorf("live: %+v", l)
				}
				if sum := r.total(); sum.Dropped != 0 {
					t.Errorf("%d dropped", sum.Dropped)
				}
				if most := r.server.most.Load(); most > int64(c.users) {
					t.Errorf("%d in flight at once with %d users", most, c.users)
				}
			})
		})
	}
}

// A server that is slower than the users can bear makes us drop sends, which we
// count as our own, and never send later.
func TestLateSendsAreDroppedByUs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rated(10), time.Second)
		defer r.end()
		r.SetAsked(50)
		pass(10*time.Second + time.Millisecond)
		_ = r.total()
		if sent := r.server.sent.Load(); sent < 95 || sent > 110 {
			t.Errorf("%d sent by ten users in 10 s of 1 s each", sent)
		}
		pass(time.Second)
		r.SetAsked(0)
		pass(2 * time.Second)
		sent := uint64(r.server.sent.Load())
		sum := r.total()
		if due := sent + sum.Dropped; due < 548 || due > 552 {
			t.Errorf("%d sent and %d dropped in 11 s at 50 a second", sent, sum.Dropped)
		}
		levels := r.newest()
		if l := levels[2]; l.Late != sum.Dropped {
			t.Errorf("the level counts %d dropped, the ticks %d", l.Late, sum.Dropped)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.found) != 1 || r.found[0].Kind != FindingCrowded {
			t.Errorf("found %+v", r.found)
		}
	})
}

// After the server stood still, what was due meanwhile does not come at once.
func TestNoBurstAfterTheServerStoodStill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rated(20), 10*time.Millisecond)
		defer r.end()
		r.server.stall = make(chan struct{})
		r.SetAsked(100)
		pass(5 * time.Second)
		if n := r.server.inFlight.Load(); n != 20 {
			t.Fatalf("%d in flight at a server that hangs, want all 20 users", n)
		}
		close(r.server.stall)
		after := time.Now()
		pass(3 * time.Second)
		r.server.mu.Lock()
		defer r.server.mu.Unlock()
		slots := map[int64]int{}
		n := 0
		for _, at := range r.server.times {
			if at.After(after) {
				slots[int64(at.Sub(after)/(100*time.Millisecond))]++
				n++
			}
		}
		for slot, n := range slots {
			if n > 11 {
				t.Errorf("%d sends within 100 ms, %d ms after the stall: 10 are due", n, slot*100)
			}
		}
		if n < 295 || n > 302 {
			t.Errorf("%d sends in 3 s after the stall, want 300", n)
		}
	})
}

// When we ourselves stood still, the sends of that time are lost and counted.
func TestNoBurstAfterWeStoodStill(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rate          int
		stood         time.Duration
		burst, missed int
	}{
		"long":            {100, 5 * time.Second, 1, 500},
		"short":           {100, 15 * time.Millisecond, 1, 1},
		"a busy machine":  {100, 40 * time.Millisecond, 1, 4},
		"within patience": {1000, 9 * time.Millisecond, 10, 0},
		"just beyond":     {1000, 11 * time.Millisecond, 1, 11},
		"a pause of ours": {1000, 49 * time.Millisecond, 1, 49},
		"beyond":          {1000, 60 * time.Millisecond, 1, 60},
		"slow":            {2, 400 * time.Millisecond, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := rated(200)
			prog, errs := compile(p)
			if errs != nil {
				t.Fatal(errs)
			}
			s := newSchedule(p, prog, NewBrake())
			s.slew = false
			s.ask(c.rate)
			at := s.open.at
			u, next := s.nextOpen(at)
			if u == nil {
				t.Fatal("the first send is not due at once")
			}
			burst := 0
			now := next + int64(c.stood)
			for {
				u, at := s.nextOpen(now)
				if u == nil {
					if at <= now {
						t.Errorf("the next send is due in the past")
					}
					break
				}
				burst++
			}
			if late := int(s.open.late.Load()); burst != c.burst || late < c.missed-1 || late > c.missed+1 {
				t.Errorf("after %v: %d sends at once and %d dropped, want %d and %d", c.stood, burst, late, c.burst, c.missed)
			}
		})
	}
}

func TestRateFollowsTheDialWithoutOvershoot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := rated(300)
		p.Glide = 10
		r := newRig(t, p, 20*time.Millisecond)
		defer r.end()
		r.SetAsked(60)
		for range 120 {
			pass(50 * time.Millisecond)
			if n := r.Live().Running; n > 60 {
				t.Fatalf("running %d, asked 60", n)
			}
		}
		if n := r.Live().Running; n != 60 {
			t.Errorf("running %d after 6 s at 10 a second, want 60", n)
		}
		before := r.server.sent.Load()
		pass(time.Second)
		if n := r.server.sent.Load() - before; n < 59 || n > 61 {
			t.Errorf("%d requests in the next second, want 60", n)
		}
		r.SetCeiling(30)
		before = r.server.sent.Load()
		pass(10 * time.Second)
		if n, l := r.server.sent.Load()-before, r.Live(); n < 299 || n > 301 || l.Running != 30 {
			t.Errorf("%d requests in 10 s under a ceiling of 30; %+v", n, l)
		}
		r.SetCeiling(-1)
		r.SetAsked(0)
		sent := r.server.sent.Load()
		pass(time.Minute)
		if n := r.server.sent.Load(); n != sent {
			t.Errorf("%d requests after zero was asked", n-sent)
		}
		if n := r.schedule.live.users.Load(); n != 0 || len(r.schedule.free) != 300 {
			t.Errorf("%d users are left, %d of 300 are free", n, len(r.schedule.free))
		}
		r.SetAsked(5000)
		if l := r.Live(); l.Asked != DefaultRate {
			t.Errorf("asked %d, want the cap of %d", l.Asked, DefaultRate)
		}
	})
}

func TestStopInTheOpenModel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rated(100), time.Minute)
		defer r.end()
		r.SetAsked(20)
		pass(2 * time.Second)
		r.brake.Pull(Stop{Reason: ReasonOperator, By: "mel"})
		pass(time.Second)
		if l := r.Live(); l != (Live{Ceiling: -1}) || r.server.inFlight.Load() != 0 {
			t.Errorf("after the stop: %+v, %d in flight at the server", l, r.server.inFlight.Load())
		}
		stop, _ := r.brake.Latched()
		r.brake.Release(stop)
		sent := r.server.sent.Load()
		pass(time.Second)
		if r.server.sent.Load() != sent {
			t.Error("load came back with the release")
		}
		r.SetAsked(5)
		pass(2 * time.Second)
		if n := r.server.sent.Load() - sent; n < 10 || n > 11 {
			t.Errorf("%d requests in 2 s at 5 a second", n)
		}
	})
}

func TestRateModeIsChecked(t *testing.T) {
	t.Parallel()
	p := rated(10)
	p.MaxRPS = 0.5
	if errs := p.Validate(); len(errs) != 1 {
		t.Errorf("a cap of half a request a second: %v", errs)
	}
	p.MaxRPS, p.Mode = 20, "speed"
	if errs := p.Validate(); len(errs) != 1 {
		t.Errorf("an unknown mode: %v", errs)
	}
	p.Mode = ModeRate
	if n := p.DialMax(); n != 20 || p.Validate() != nil {
		t.Errorf("the dial goes to %d, want 20; %v", n, p.Validate())
	}
}
