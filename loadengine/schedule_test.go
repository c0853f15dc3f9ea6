package loadengine

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

func TestClosedModelRate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		users          int
		latency, think time.Duration
	}{
		"no think":    {10, 50 * time.Millisecond, 0},
		"think":       {40, 50 * time.Millisecond, 150 * time.Millisecond},
		"think alone": {100, time.Millisecond, 999 * time.Millisecond},
		"one user":    {1, 20 * time.Millisecond, 30 * time.Millisecond},
		"many":        {1000, 200 * time.Millisecond, 800 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := users(c.users)
				p.Journeys[0].Think = Think{Min: c.think}
				r := newRig(t, p, c.latency)
				defer r.end()
				r.SetAsked(c.users)
				pass(5 * time.Second)
				before := r.server.sent.Load()
				pass(10 * time.Second)
				got := float64(r.server.sent.Load()-before) / 10
				want := float64(c.users) / (c.latency + c.think).Seconds()
				if math.Abs(got-want) > want/100 {
					t.Errorf("%.2f requests a second, want %.2f within 1 %%", got, want)
				}
				if most := r.server.most.Load(); most > int64(c.users) {
					t.Errorf("%d requests in flight at once with %d users", most, c.users)
				}
				r.mu.Lock()
				last := r.ticks[len(r.ticks)-1]
				r.mu.Unlock()
				if last.Ten.P50 < c.latency || last.Ten.P99 > c.latency+c.latency/50 {
					t.Errorf("latency %v .. %v, want %v", last.Ten.P50, last.Ten.P99, c.latency)
				}
				if math.Abs(last.Ten.RPS-want) > want*0.03 {
					t.Errorf("window of ten seconds shows %.2f requests a second, want %.2f", last.Ten.RPS, want)
				}
			})
		})
	}
}

func TestThinkIsUniform(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := users(50)
		p.Journeys[0].Think = Think{Min: 100 * time.Millisecond, Max: 300 * time.Millisecond}
		r := newRig(t, p, 50*time.Millisecond)
		defer r.end()
		r.SetAsked(50)
		pass(5 * time.Second)
		before := r.server.sent.Load()
		pass(20 * time.Second)
		if got, want := float64(r.server.sent.Load()-before)/20, 50/0.25; math.Abs(got-want) > want/50 {
			t.Errorf("%.2f requests a second, want %.2f", got, want)
		}
	})
}

func TestGlideIsALine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := users(200)
		p.Glide = 10
		p.Journeys[0].Think = Think{Min: time.Second}
		r := newRig(t, p, 10*time.Millisecond)
		defer r.end()
		pass(3 * time.Second) // time at rest earns nothing
		r.SetAsked(50)
		for s := 1; s <= 5; s++ {
			for range 10 {
				pass(100 * time.Millisecond)
				if n := r.Live().Running; n > 50 {
					t.Fatalf("overshoot: %d running, 50 asked", n)
				}
			}
			if n := r.Live().Running; n < 10*s-1 || n > 10*s {
				t.Errorf("%d running after %d s, want %d", n, s, 10*s)
			}
		}
		pass(10 * time.Second)
		if n := r.Live().Running; n != 50 {
			t.Errorf("%d running at the end, want 50", n)
		}
		r.SetAsked(20)
		if n := r.Live().Running; n != 20 {
			t.Errorf("%d running after a move down, want 20 at once", n)
		}
		r.SetAsked(500)
		if l := r.Live(); l.Asked != 200 {
			t.Errorf("asked %d, want the cap of 200", l.Asked)
		}
		r.SetAsked(-1)
		if l := r.Live(); l.Asked != 0 || l.Running != 0 {
			t.Errorf("asked below nothing: %+v", l)
		}
	})
}

func TestSlewHoldsBackWhatGlideWouldAllow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := users(1000)
		p.Journeys[0].Think = Think{Min: time.Second}
		r := newRig(t, p, 10*time.Millisecond)
		defer r.end()
		r.SetSlew(true)
		r.SetAsked(10)
		pass(5 * time.Second)
		if n := r.Live().Running; n < 9 || n > 10 {
			t.Errorf("%d running after 5 s at 2 a second, want 10", n)
		}
		r.SetSlew(false)
		r.SetAsked(100)
		if n := r.Live().Running; n != 100 {
			t.Fatalf("%d running, want 100 at once without slew and glide", n)
		}
		r.SetSlew(true)
		r.SetAsked(1000)
		pass(time.Second)
		// A tenth a second, of a number that grows by it.
		if n := r.Live().Running; n < 109 || n > 111 {
			t.Errorf("%d running a second later, want 110", n)
		}
		r.SetSlewFactor(0.5)
		before := r.Live().Running
		pass(time.Second)
		if n := r.Live().Running - before; n < 5 || n > 6 {
			t.Errorf("%d came in a second at half the slew, want 5 or 6", n)
		}
		r.SetSlewFactor(0)
		before = r.Live().Running
		pass(time.Second)
		if n := r.Live().Running - before; n < 11 || n > 13 {
			t.Errorf("%d came in a second at the whole slew, want 12", n)
		}
	})
}

func TestCeilingHoldsAndZeroIsZero(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, users(100), 50*time.Millisecond)
		defer r.end()
		r.SetAsked(80)
		pass(time.Second)
		r.SetCeiling(40)
		if l := r.Live(); l.Running != 40 || l.Asked != 80 || l.Ceiling != 40 {
			t.Errorf("under a ceiling of 40: %+v", l)
		}
		pass(time.Second)
		if n := r.server.inFlight.Load(); n != 40 {
			t.Errorf("%d in flight, want 40", n)
		}
		r.SetCeiling(-1)
		pass(time.Second)
		if l := r.Live(); l.Running != 80 {
			t.Errorf("without a ceiling: %+v", l)
		}
		r.SetAsked(0)
		sent := r.server.sent.Load()
		if l := r.Live(); l.Running != 0 {
			t.Errorf("asked 0: %+v", l)
		}
		if n := r.server.inFlight.Load(); n != 80 {
			t.Errorf("%d in flight, want the 80 that finish", n)
		}
		pass(time.Minute)
		if got := r.server.sent.Load(); got != sent {
			t.Errorf("%d requests after zero was asked", got-sent)
		}
		if got := r.total(); got.Cancelled != 0 || got.Errors != 0 || got.Requests != uint64(sent) {
			t.Errorf("removed users must finish: %d sent, %+v", sent, got)
		}
	})
}

func TestCapHoldsWhileAServerHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, users(50), time.Hour)
		defer r.end()
		for range 20 {
			r.SetAsked(50)
			pass(50 * time.Millisecond)
			r.SetAsked(0)
			pass(50 * time.Millisecond)
		}
		r.SetAsked(50)
		pass(time.Second)
		if n, l := r.server.most.Load(), r.Live(); n != 50 || l.Running != 50 || l.InFlight != 50 {
			t.Errorf("%d requests in flight at most, want 50; %+v", n, l)
		}
	})
}

func TestMaxRPSSpacesSends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := users(100)
		p.MaxRPS = 100
		r := newRig(t, p, time.Millisecond)
		defer r.end()
		r.SetAsked(100)
		pass(10 * time.Second)
		r.SetAsked(0)
		pass(5 * time.Second) // a pause must not be caught up
		r.SetAsked(100)
		pass(5 * time.Second)
		r.server.mu.Lock()
		defer r.server.mu.Unlock()
		times := r.server.times
		if n := len(times); n < 1480 || n > 1510 {
			t.Errorf("%d requests in 15 s under 100 a second", n)
		}
		for i := 1; i < len(times); i++ {
			if gap := times[i].Sub(times[i-1]); gap < 10*time.Millisecond {
				t.Fatalf("sends %d and %d are %v apart, want 10 ms", i-1, i, gap)
			}
		}
	})
}

func TestBrakeInFakeTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, users(100), 10*time.Second)
		defer r.end()
		if r.brake.Pull(Stop{Reason: ReasonPlan, By: "session"}); len(r.stopped()) != 0 {
			t.Error("reported before the engine could know")
		}
		synctest.Wait()
		if s := r.stopped(); len(s) != 1 || !s[0].Drained || s[0].InFlight != 0 || s[0].Zero != 0 {
			t.Errorf("an order at 0 users: %+v", s)
		}
		r.SetAsked(100)
		if l := r.Live(); l.Asked != 0 {
			t.Errorf("asked under a latched brake: %+v", l)
		}
		release(r.brake)
		pass(time.Second)
		if l := r.Live(); l.Asked != 0 || l.Running != 0 {
			t.Errorf("released, but not asked again: %+v", l)
		}
		r.SetAsked(100)
		pass(time.Second)
		if n := r.server.inFlight.Load(); n != 100 {
			t.Fatalf("%d in flight, want 100", n)
		}
		r.brake.Pull(Stop{Reason: ReasonOperator, By: "mel"})
		r.brake.Pull(Stop{Reason: ReasonGuard, By: "guard"})
		synctest.Wait()
		if n := r.server.inFlight.Load(); n != 0 {
			t.Errorf("%d in flight after a stop", n)
		}
		s := r.stopped()
		if len(s) != 3 {
			t.Fatalf("%d stop reports, want 3: %+v", len(s), s)
		}
		for i, want := range []string{ReasonPlan, ReasonOperator, ReasonGuard} {
			if s[i].Reason != want || !s[i].Drained {
				t.Errorf("report %d is %+v, want %s", i, s[i], want)
			}
		}
		if s[1].InFlight != 100 || s[1].Zero != 0 {
			t.Errorf("the order of the stop: %+v", s[1])
		}
		sent := r.server.sent.Load()
		release(r.brake)
		r.SetAsked(3) // asked again at once, before the control goroutine came by
		pass(time.Second)
		if l := r.Live(); l.Running != 3 || r.server.sent.Load() != sent+3 {
			t.Errorf("%d more sent, %+v", r.server.sent.Load()-sent, l)
		}
		r.end()
		got := r.total()
		if got.Cancelled != 103 || got.Requests != 0 || got.Errors != 0 || !got.Final {
			t.Errorf("counted %+v", got)
		}
	})
}

func TestLapsedPermitPullsTheBrake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, users(10), time.Hour)
		defer r.end()
		r.permit.Grant(time.Second)
		r.SetAsked(10)
		for range 4 {
			pass(500 * time.Millisecond)
			if !r.permit.Renew(time.Second) {
				t.Fatal("not renewed")
			}
		}
		if _, latched := r.brake.Latched(); latched || r.server.inFlight.Load() != 10 {
			t.Fatal("latched under a valid permit")
		}
		pass(time.Second + 2*controlPeriod)
		s, latched := r.brake.Latched()
		if !latched || s.Reason != ReasonPermit || s.By != "engine" {
			t.Errorf("after the lapse: latched %v by %+v", latched, s)
		}
		if n := r.server.inFlight.Load(); n != 0 {
			t.Errorf("%d in flight after the lapse", n)
		}
		if got := r.stopped(); len(got) != 1 || got[0].InFlight != 10 || !got[0].Drained {
			t.Errorf("reports %+v", got)
		}
	})
}

func TestNothingIsSentWithoutAPermit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, users(10), time.Millisecond)
		defer r.end()
		r.permit.Void()
		r.SetAsked(10)
		pass(time.Second)
		r.end()
		if n := r.server.sent.Load(); n != 0 {
			t.Errorf("%d requests without a permit", n)
		}
		if got := r.total(); got.Requests != 0 || got.Errors != 0 {
			t.Errorf("counted %+v", got)
		}
	})
}

func TestTicks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := users(10)
		p.Journeys[0].Think = Think{Min: 100 * time.Millisecond}
		r := newRig(t, p, 10*time.Millisecond)
		defer r.end()
		pass(10*time.Second + 100*time.Millisecond)
		r.mu.Lock()
		if n := len(r.ticks); n != 10 {
			t.Errorf("%d ticks in 10 quiet seconds", n)
		}
		r.ticks = nil
		r.mu.Unlock()
		r.SetGlide(1)
		r.SetAsked(5)
		pass(5 * time.Second)
		r.mu.Lock()
		if n := len(r.ticks); n != 20 {
			t.Errorf("%d ticks in 5 s of a glide, want 20", n)
		}
		r.mu.Unlock()
		pass(10*time.Second + 300*time.Millisecond)
		r.end()
		r.mu.Lock()
		defer r.mu.Unlock()
		finals := 0
		for _, tk := range r.ticks {
			if tk.Final {
				finals++
			}
			var bySteps uint64
			for _, s := range tk.Steps {
				bySteps += s.Requests
			}
			if bySteps != tk.Requests {
				t.Errorf("steps have %d requests, the tick %d", bySteps, tk.Requests)
			}
		}
		if finals != 1 || !r.ticks[len(r.ticks)-1].Final {
			t.Errorf("%d final ticks", finals)
		}
	})
}

// Users who reach nobody must neither spin nor be miscounted.
func TestBackOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := onePlan("http://staging.test/", Step{URL: "{{u}}"})
		p.Data = []map[string]string{{"u": "http://elsewhere.test/x"}}
		r := newRig(t, p, time.Millisecond)
		defer r.end()
		r.SetAsked(1)
		pass(10 * time.Second)
		r.end()
		got := r.total()
		// 10, 20 … 640 ms take seven, then one a second.
		if got.Requests < 15 || got.Requests > 18 || got.Errors != got.Requests || got.Kinds["host not allowed"] != got.Errors {
			t.Errorf("counted %+v", got)
		}
		if n := r.server.sent.Load(); n != 0 {
			t.Errorf("%d sent to a host that is not allowed", n)
		}
		if f := r.Findings(); len(f) != 1 || f[0].Kind != FindingHost || f[0].Count != got.Errors || f[0].Remedy != `staging.hosts: ["elsewhere.test:80"]` {
			t.Errorf("findings %+v", f)
		}
		if len(r.found) != 1 {
			t.Errorf("told %d times", len(r.found))
		}
	})
}

func TestWeights(t *testing.T) {
	t.Parallel()
	p := onePlan("http://staging.test/", Step{URL: "/a"})
	p.Journeys = append(p.Journeys, Journey{Name: "k", Weight: 3, Steps: []Step{{URL: "/b"}}})
	prog, errs := compile(p)
	if errs != nil {
		t.Fatal(errs)
	}
	run := func(seed uint64) (chosen string, share float64) {
		u := newUser(0)
		u.join(prog, seed, 1)
		n := 0
		for range 4000 {
			u.choose(prog)
			if u.journey.name == "k" {
				n++
			}
			if len(chosen) < 50 {
				chosen += u.journey.name
			}
		}
		return chosen, float64(n) / 4000
	}
	a, share := run(7)
	if math.Abs(share-0.75) > 0.03 {
		t.Errorf("weight 3 of 4 was chosen %.1f %% of the time", share*100)
	}
	if b, _ := run(7); a != b {
		t.Error("the same seed chose other journeys")
	}
	if b, _ := run(8); a == b {
		t.Error("another seed chose the same journeys")
	}
}

func TestHeapKeepsOrder(t *testing.T) {
	t.Parallel()
	var h heap
	all := make([]user, 500)
	for i := range all {
		all[i] = newUser(i)
		all[i].due = int64(i * 7919 % 503)
		h.push(&all[i])
	}
	for i := 0; i < len(all); i += 3 {
		h.remove(&all[i])
	}
	last := int64(-1)
	for len(h) > 0 {
		u := h.pop()
		if u.due < last || u.slot%3 == 0 || u.heapAt != -1 {
			t.Fatalf("user %d due %d after %d", u.slot, u.due, last)
		}
		last = u.due
	}
}
