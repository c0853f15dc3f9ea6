//go:build real

package locust

import (
	"context"
	"sync"
	"testing"
	"time"

	"crosstalk/bench/swarm"
	"crosstalk/loadengine"
)

// engine is what a session asks of an engine.
type engine interface {
	Run(ctx context.Context) error
	SetAsked(n int)
	SetCeiling(n int)
	SetGlide(perSecond float64)
	SetSlew(on bool)
	SetSlewFactor(x float64)
	Live() loadengine.Live
	Total() loadengine.Total
}

// bench is one engine on a real shop, with what it told.
type bench struct {
	engine  engine
	shop    *shop
	brake   *loadengine.Brake
	permit  *loadengine.Permit
	guarded bool // its swarm has the plug-in
	swarm   *swarm.Swarm

	mu      sync.Mutex
	ticks   []loadengine.Tick
	stops   []loadengine.StopReport
	found   []loadengine.Finding
	renew   bool
	running sync.WaitGroup
	end     context.CancelFunc
}

const most = 12 // users, the hard cap

func (b *bench) hooks() loadengine.Hooks {
	return loadengine.Hooks{
		Tick:    func(k loadengine.Tick) { b.mu.Lock(); defer b.mu.Unlock(); b.ticks = append(b.ticks, k) },
		Stopped: func(r loadengine.StopReport) { b.mu.Lock(); defer b.mu.Unlock(); b.stops = append(b.stops, r) },
		Finding: func(f loadengine.Finding) { b.mu.Lock(); defer b.mu.Unlock(); b.found = append(b.found, f) },
	}
}

// start runs the engine under a permit that is renewed like the guard does.
func (b *bench) start(t *testing.T, e engine) {
	t.Helper()
	b.engine = e
	b.renew = true
	b.permit.Grant(750 * time.Millisecond)
	ctx, cancel := context.WithCancel(context.Background())
	b.end = cancel
	b.running.Go(func() {
		if err := e.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	b.running.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			b.mu.Lock()
			renew := b.renew
			b.mu.Unlock()
			if renew {
				b.permit.Renew(750 * time.Millisecond)
			}
		}
	})
	t.Cleanup(func() {
		b.finish()
		if t.Failed() {
			t.Logf("it said %+v, stops %+v, stands %+v", b.found, b.stops, b.engine.Live())
		}
	})
}

func (b *bench) finish() {
	b.end()
	b.running.Wait()
}

// guardStalls stops the renewing, as a guard does that stands still.
func (b *bench) guardStalls() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.renew = false
}

// again lets go of the brake, as a person does.
func (b *bench) again(t *testing.T) {
	t.Helper()
	stop, latched := b.brake.Latched()
	if !latched {
		t.Fatal("the brake is not latched")
	}
	b.mu.Lock()
	b.renew = true
	b.mu.Unlock()
	b.permit.Grant(750 * time.Millisecond)
	if !b.brake.Release(stop) {
		t.Fatal("the brake does not let go")
	}
}

// runs waits until n users run.
func (b *bench) runs(t *testing.T, n int) {
	t.Helper()
	await(t, "the number of users", func() bool {
		if _, latched := b.brake.Latched(); latched && n > 0 {
			t.Fatalf("the brake was pulled: %+v", b.found)
		}
		return b.engine.Live().Running == n
	})
}

// loads waits until the shop gets requests.
func (b *bench) loads(t *testing.T) {
	t.Helper()
	from := b.shop.requests.Load()
	await(t, "requests at the shop", func() bool { return b.shop.requests.Load() > from+3 })
}

// silent says that nothing comes to the shop over two ticks.
func (b *bench) silent(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	from := len(b.ticks)
	b.mu.Unlock()
	was := b.shop.requests.Load()
	await(t, "two more ticks", func() bool { b.mu.Lock(); defer b.mu.Unlock(); return len(b.ticks) >= from+2 })
	if now := b.shop.requests.Load(); now != was {
		t.Errorf("%d requests came after the load was said to be at zero", now-was)
	}
}

func (b *bench) stopped(n int) func() bool {
	return func() bool { b.mu.Lock(); defer b.mu.Unlock(); return len(b.stops) >= n }
}

func local(t *testing.T) *bench {
	t.Helper()
	b := &bench{shop: newShop(t), brake: loadengine.NewBrake(), permit: loadengine.NewPermit(loadengine.SystemClock())}
	e, err := loadengine.New(loadengine.Plan{Base: b.shop.URL, MaxUsers: most, Journeys: []loadengine.Journey{{Name: "look",
		Steps: []loadengine.Step{{URL: "/"}}, Think: loadengine.Think{Min: 20 * time.Millisecond}}}}, b.permit, b.brake, b.hooks())
	if err != nil {
		t.Fatal(err)
	}
	b.start(t, e)
	return b
}

func fleet(t *testing.T) *bench { t.Helper(); return fleetOf(t, nil, nil) }

// fleetOf is a fleet whose swarm and whose options differ from the usual.
func fleetOf(t *testing.T, swarmed func(*swarm.Options), joined func(*Options)) *bench {
	t.Helper()
	b := &bench{shop: newShop(t), brake: loadengine.NewBrake(), permit: loadengine.NewPermit(loadengine.SystemClock())}
	b.swarm = startSwarm(t, b.shop.URL, swarmed)
	b.guarded = b.swarm.Guarded()
	b.join(t, joined)
	return b
}

// join makes the fleet of the bench's swarm its engine.
func (b *bench) join(t *testing.T, change func(*Options)) {
	t.Helper()
	o := Options{URL: b.swarm.URL, Session: t.Name(), Host: b.shop.URL, Hosts: []string{b.shop.place()}, MaxUsers: most}
	if change != nil {
		change(&o)
	}
	var f *Fleet
	await(t, "workers that speak of their permit", func() bool {
		var err error
		if f, err = New(t.Context(), o, b.permit, b.brake, b.hooks()); err != nil {
			t.Fatal(err)
		}
		return f.Leased() || !b.guarded
	})
	b.start(t, f)
}

// levelsAddUp holds that every request is in one level, and that levels are in
// the dial's order.
func (b *bench) levelsAddUp(t *testing.T, told uint64) {
	t.Helper()
	newest := map[int]loadengine.LevelTick{}
	for _, k := range b.ticks {
		for _, l := range k.Levels {
			newest[l.Number] = l
		}
	}
	var sum uint64
	asked := map[int]bool{}
	for n, l := range newest {
		sum += l.Sum.Requests
		asked[l.Asked] = true
		var steps uint64
		for _, s := range l.Steps {
			steps += s.Sum.Requests
		}
		if steps != l.Sum.Requests || l.Sum.P50 <= 0 || l.Sum.P50 > l.Sum.Max || l.Held > l.Span {
			t.Errorf("level %d: %+v", n, l)
		}
		if later, known := newest[n+1]; known && later.Began.Before(l.Began.Add(l.Span-time.Millisecond)) {
			t.Errorf("level %d began %s, before the one of %d users was over", n+1, later.Began, l.Asked)
		}
	}
	if sum != told {
		t.Errorf("the levels tell of %d requests, the ticks of %d", sum, told)
	}
	if !asked[4] || !asked[most] {
		t.Errorf("levels of %v", asked)
	}
}

// TestEnginesConform holds both engines to what a session relies on.
func TestEnginesConform(t *testing.T) {
	for name, make := range map[string]func(*testing.T) *bench{"local": local, "fleet": fleet} {
		t.Run(name, func(t *testing.T) { conforms(t, make(t)) })
	}
}

func conforms(t *testing.T, b *bench) {
	e := b.engine
	e.SetGlide(0)
	e.SetSlew(false)

	e.SetAsked(4)
	b.runs(t, 4)
	b.loads(t)
	e.SetAsked(1)
	b.runs(t, 1)
	e.SetAsked(0)
	b.runs(t, 0)
	await(t, "nothing in flight", func() bool { return e.Live().InFlight == 0 })
	b.silent(t)

	// The ceiling holds whatever the dial asks, and so does the cap.
	e.SetCeiling(2)
	e.SetAsked(1000)
	if got := e.Live().Asked; got != most {
		t.Errorf("asked %d, want the cap of %d", got, most)
	}
	b.runs(t, 2)
	e.SetCeiling(-1)
	b.runs(t, most)

	// Errors are told with their kind.
	b.shop.failing.Store(true)
	await(t, "errors of status 503", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.ticks[len(b.ticks)-1].Kinds["status 503"] > 0
	})
	b.shop.failing.Store(false)

	// The brake stops all, and nothing begins until it is released.
	b.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonOperator, By: "mel"})
	await(t, "the stop's report", b.stopped(1))
	if r := b.stops[0]; !r.Drained || r.By != "mel" || r.Running != most {
		t.Errorf("stop report %+v", r)
	}
	e.SetAsked(3)
	if got := e.Live().Asked; got != 0 {
		t.Errorf("asked %d under a latched brake", got)
	}
	b.silent(t)
	b.again(t)
	e.SetAsked(3)
	b.runs(t, 3)
	b.loads(t)

	// A guard that stands still lets go.
	b.guardStalls()
	await(t, "the lapsed permit's stop", b.stopped(2))
	if stop, latched := b.brake.Latched(); !latched || stop.Reason != loadengine.ReasonPermit {
		t.Errorf("the brake: %+v", stop)
	}
	if r := b.stops[1]; !r.Drained {
		t.Errorf("stop report %+v", r)
	}
	b.silent(t)
	b.again(t)
	e.SetAsked(2)
	b.runs(t, 2)
	e.SetAsked(0)
	b.runs(t, 0)

	b.finish()
	b.mu.Lock()
	defer b.mu.Unlock()
	var told, cancelled, errors uint64
	for _, k := range b.ticks {
		told += k.Requests
		cancelled += k.Cancelled
		errors += k.Errors
		if k.Running > most {
			t.Errorf("%d users ran, the cap is %d", k.Running, most)
		}
	}
	if errors == 0 || !b.ticks[len(b.ticks)-1].Final {
		t.Errorf("%d errors told, last tick %+v", errors, b.ticks[len(b.ticks)-1])
	}
	// A request that a stop took back may have reached the shop or not.
	if got := uint64(b.shop.requests.Load()); told > got || told+cancelled < got {
		t.Errorf("the ticks tell of %d requests and %d cancelled, the shop of %d", told, cancelled, got)
	}
	b.levelsAddUp(t, told)
}
