package tui

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"crosstalk/notes"
	"crosstalk/session"
)

// storyBegan is when the told session starts.
var storyBegan = time.Date(2026, 10, 17, 15, 30, 0, 0, time.UTC)

// story tells a session second by second: two environments that share one
// database, so that production follows staging.
type story struct {
	events []session.Event
	ms     int64
	rnd    *rand.Rand
	notes  int

	asked, running int
	reasons        map[string]string // of checks
	states         map[string]string // of checks ("production/web-3") and environments
	ceiling        int
	guard          string
	servers        map[string]int
	muted          map[string]bool      // by check: "production/web-3"
	begin          func(*session.Start) // changes how it starts
	s              *session.State
}

func newStory() *story {
	return &story{rnd: rand.New(rand.NewPCG(1, 2)), states: map[string]string{}, reasons: map[string]string{}, ceiling: -1, guard: "run", servers: map[string]int{"staging": 2, "production": 4}, s: session.NewState()}
}

func (t *story) add(by, kind string, body any) {
	e := session.Event{V: 1, Seq: uint64(len(t.events) + 1), T: storyBegan.Add(time.Duration(t.ms) * time.Millisecond), MS: t.ms, By: by, Type: kind, Body: body}
	t.events = append(t.events, e)
	t.s.Apply(e)
}

func (t *story) start() {
	var checks []session.CheckInfo
	for i := range t.servers["staging"] {
		checks = append(checks, session.CheckInfo{Env: "staging", Name: fmt.Sprintf("web-%d", i+1), Kind: "http", Every: 1})
	}
	for i := range t.servers["production"] {
		checks = append(checks, session.CheckInfo{Env: "production", Name: fmt.Sprintf("web-%d", i+1), Kind: "http", Every: 0.25})
	}
	start := &session.Start{ID: "et-mel-261017-a", As: "mel", People: []string{"mel"}, Timebox: 3600, Target: "http://127.0.0.1:8080",
		Charter: "Explore checkout with rising users to discover where orders slow down or get lost",
		Limits:  session.LoadLimits{Users: 200, Glide: 10}, Baseline: 5, Checks: checks,
		Journeys: []session.JourneyInfo{{Name: "buy", Weight: 3, Steps: []string{"GET /products", "POST /cart", "POST /checkout"}}, {Name: "browse", Weight: 1, Steps: []string{"GET /products"}}}}
	if t.begin != nil {
		t.begin(start)
	}
	t.add("mel", session.TypeStart, start)
	t.add(session.BySession, session.TypeBaselineStart, &session.BaselineStart{Seconds: 5})
}

// strain is how much the shared database suffers, 1 at rest.
func (t *story) strain() float64 {
	u := float64(t.running)
	return 1 + u/25 + math.Pow(u/78, 7)
}

// second plays one second: users glide, both environments answer.
func (t *story) second() {
	t.ms += 1000
	goal := t.asked
	if t.ceiling >= 0 {
		goal = min(goal, t.ceiling)
	}
	if goal > t.running {
		t.running = min(goal, t.running+10)
	} else {
		t.running = goal
	}
	jitter := func() float64 { return 0.85 + 0.3*t.rnd.Float64() }
	f := t.strain()
	tick := &session.LoadTick{Asked: t.asked, Running: t.running, Ceiling: t.ceiling}
	if t.running > 0 {
		p50, p95, p99 := 0.012*f*jitter(), 0.038*f*jitter(), 0.061*f*jitter()
		n := uint64(float64(t.running) / (0.4 + p50))
		tick.InFlight = min(t.running, int(float64(n)*p50)+1)
		tick.Requests, tick.RPS = n, float64(n)
		tick.P50, tick.P95, tick.P99, tick.Max = &p50, &p95, &p99, new(p99*1.4)
		if f > 5 {
			tick.Errors = n / 90
			tick.Kinds = map[string]uint64{"503 Service Unavailable": n / 120, "timeout after 5 s": n/90 - n/120}
		}
		tick.Ten = &session.Window{Requests: n * 10, RPS: float64(n), Errors: tick.Errors * 10, P50: &p50, P95: &p95, P99: &p99, Max: tick.Max}
		for i, st := range []string{"GET /products", "POST /cart", "POST /checkout"} {
			g := float64(i+1) / 2
			tick.ByStep = append(tick.ByStep, session.StepTick{Journey: "buy", Step: st, Requests: n / 3, Errors: tick.Errors * uint64(i/2), P50: new(p50 * g), P95: new(p95 * g), Max: new(p99 * g * 1.4)})
		}
	}
	t.add(session.ByEngine, session.TypeLoadTick, tick)
	t.healthTick("staging", t.servers["staging"], 0.009*f, 1)
	t.healthTick("production", t.servers["production"], 0.011*(1+(f-1)*0.75), 0.25)
}

func (t *story) healthTick(env string, servers int, base, every float64) {
	if servers == 0 {
		return
	}
	h := &session.HealthTick{Env: env, State: t.state(env), Rate: float64(servers) / every, Age: new(0.1)}
	p50, p95 := base*(0.9+0.2*t.rnd.Float64()), base*(1.6+0.5*t.rnd.Float64())
	h.P50, h.P95, h.Now50, h.Now95, h.Max = &p50, &p95, &p50, &p95, new(p95*1.2)
	for i := range servers {
		name := fmt.Sprintf("web-%d", i+1)
		c := session.CheckState{Name: name, State: t.state(env + "/" + name), Latency: new(base * (1 + 0.25*float64(i%4)) * (0.9 + 0.2*t.rnd.Float64())), Age: new(0.1), Amber: 0.06, Red: 0.25, Muted: t.muted[env+"/"+name]}
		if c.State != "green" {
			c.Reason = t.reasons[env+"/"+name]
		}
		h.Checks = append(h.Checks, c)
	}
	t.add(session.ByMonitors, session.TypeHealthTick, h)
}

func (t *story) state(key string) string {
	if s, ok := t.states[key]; ok {
		return s
	}
	return "green"
}

func (t *story) turns(env, check, to, why string) {
	key := env
	if check != "" {
		key += "/" + check
	}
	t.add(session.ByMonitors, session.TypeHealthState, &session.HealthState{Env: env, Check: check, From: t.state(key), To: to, Why: why})
	t.states[key], t.reasons[key] = to, why
}

func (t *story) dialTo(n int) {
	t.add("mel", session.TypeDialSet, &session.DialSet{From: t.asked, To: n})
	t.asked = n
}

func (t *story) guardTo(to, why, cause string, ceiling int) {
	t.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: t.guard, To: to, Why: why, Cause: cause, Running: t.running, Ceiling: ceiling})
	t.guard, t.ceiling = to, ceiling
	t.note(session.ByGuard, ":", why)
	if to == "cut" {
		t.asked, t.running = 0, 0
		t.add(session.ByGuard, session.TypeStop, &session.LoadStop{Reason: "guard", By: "guard", InFlight: 31, MSToZero: new(22.0), Running: 80})
	}
}

func (t *story) note(by, mark, text string) {
	t.notes++
	d := notes.Parse(mark + text)
	now := storyBegan.Add(time.Duration(t.ms) * time.Millisecond)
	c := t.s.Context(now)
	t.add(by, session.TypeNoteAdd, &session.NoteAdd{ID: fmt.Sprintf("n%d", t.notes), Kind: d.Kind, Text: d.Text, Tags: d.Tags, Typed: now, Begun: c, Context: c})
}

// until plays seconds up to a moment.
func (t *story) until(second int) {
	for t.ms < int64(second)*1000 {
		t.second()
	}
}

// baseline is the story up to the end of the quiet phase.
func baselineStory(seconds int) *story { return newStory().baseline(seconds) }

func (t *story) baseline(seconds int) *story {
	t.start()
	for _, e := range []string{"staging", "production"} {
		for i := range t.servers[e] {
			t.turns(e, fmt.Sprintf("web-%d", i+1), "green", "first answers")
		}
		if t.servers[e] > 0 {
			t.turns(e, "", "green", "all checks are green")
		}
	}
	t.until(min(seconds, 5))
	if seconds >= 5 {
		b := &session.BaselineEnd{Note: "short baseline"}
		if t.servers["production"] > 0 {
			b.Promise = &session.Promise{Refuses: 0.25, Hangs: 0.65, NoSight: 5.05}
		}
		for _, c := range t.s.Start.Checks {
			b.Thresholds = append(b.Thresholds, session.Threshold{Env: c.Env, Check: c.Name, N: 20, P50: 0.011, P99: 0.019, Amber: 0.06, Red: 0.25})
		}
		t.add(session.BySession, session.TypeBaselineEnd, b)
	}
	t.until(seconds)
	return t
}

// redStory is six minutes: users rise in levels, production turns amber, the
// guard holds, then the dial goes too far and the guard cuts.
func redStory() *story {
	t := baselineStory(10)
	t.dialTo(10)
	t.until(40)
	t.note("mel", "", "baseline is calm, dial up in tens")
	t.dialTo(20)
	t.until(75)
	t.note("mel", "?", "is the retry banner by design? #banner")
	t.dialTo(40)
	t.until(125)
	t.note("mel", "!", "duplicate order when checkout times out and the customer presses pay again: two rows with the same cart #checkout")
	t.dialTo(60)
	t.until(170)
	t.turns("production", "web-4", "amber", "slow: 78 ms, usual 11")
	t.turns("production", "", "amber", "web-4 is slow: 78 ms, usual 11")
	t.guardTo("hold", "web-4 late twice (78 ms, usual 11): held at 60 users. Not known whether it is you", "amber", 60)
	t.until(190)
	t.turns("production", "web-4", "green", "usual again")
	t.turns("production", "", "green", "all checks are green")
	t.guardTo("run", "production is green again", "amber", -1)
	t.note("mel", "~", "database pool may be shared, nobody knows")
	t.dialTo(80)
	t.until(225)
	t.turns("staging", "web-2", "amber", "slow: 92 ms, usual 9")
	t.turns("staging", "", "amber", "web-2 is slow: 92 ms, usual 9")
	t.note("mel", "", "数据库连接池可能是共享的 — orders still complete")
	t.until(250)
	t.turns("production", "web-3", "amber", "slow: 110 ms, usual 11")
	t.turns("production", "", "amber", "web-3 is slow: 110 ms, usual 11")
	t.dialTo(100)
	t.until(262)
	for i, w := range []string{"web-3", "web-4"} {
		t.turns("production", w, "red", fmt.Sprintf("no answer in 2 s, %d times", i+3))
	}
	t.turns("production", "", "red", "web-3 and web-4: no answer in 2 s")
	t.guardTo("cut", "production is red: web-3 and web-4 gave no answer in 2 s. All load on staging is off", "red", 0)
	t.until(271)
	t.add(session.ByGuard, session.TypeGuardRecov, &session.GuardRecovered{Seconds: 8.4, Level: 100})
	t.turns("production", "web-3", "green", "usual again")
	t.turns("production", "web-4", "amber", "slow: 64 ms, usual 11")
	t.turns("production", "", "amber", "web-4 is slow: 64 ms, usual 11")
	t.turns("staging", "web-2", "green", "usual again")
	t.turns("staging", "", "green", "all checks are green")
	t.until(300)
	t.note("mel", "=", "we stop at 60 until the database owners answer")
	t.until(360)
	return t
}

// busyStory is in the middle of work: nothing is wrong.
func busyStory() *story {
	t := baselineStory(10)
	for i, n := range []int{5, 10, 15, 20, 30} {
		t.dialTo(n)
		t.until(10 + (i+1)*45)
	}
	t.note("mel", "+", "checkout is quick at 30 users")
	t.until(250)
	t.dialTo(45)
	t.until(252)
	return t
}

// fakeSource serves a story and remembers what it was asked to do.
type fakeSource struct {
	mu     sync.Mutex
	state  *session.State
	events []session.Event
	wake   chan struct{}
	closed bool

	did   []session.Command
	reply func(session.Command) (session.Reply, error)
	may   func(session.Command) error
}

var errOver = errors.New("the session is over")

func newSource(t *story) *fakeSource {
	return &fakeSource{state: t.s.Clone(), events: slices.Clone(t.events), wake: make(chan struct{})}
}

func (f *fakeSource) Snapshot() *session.State { return f.state.Clone() }

func (f *fakeSource) push(events ...session.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events = append(f.events, events...)
	close(f.wake)
	f.wake = make(chan struct{})
}

func (f *fakeSource) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	close(f.wake)
	f.wake = make(chan struct{})
}

func (f *fakeSource) Since(ctx context.Context, seq uint64) ([]session.Event, error) {
	for {
		f.mu.Lock()
		i, _ := slices.BinarySearchFunc(f.events, seq+1, func(e session.Event, s uint64) int { return int(e.Seq) - int(s) })
		out, wake, closed := slices.Clone(f.events[i:]), f.wake, f.closed
		f.mu.Unlock()
		switch {
		case len(out) > 0:
			return out, nil
		case closed:
			return nil, errOver
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (f *fakeSource) Do(_ context.Context, _ session.Person, cmd session.Command) (session.Reply, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.did = append(f.did, cmd)
	if f.reply != nil {
		return f.reply(cmd)
	}
	return session.Reply{}, nil
}

func (f *fakeSource) May(_ session.Person, cmd session.Command) error {
	if f.may != nil {
		return f.may(cmd)
	}
	return nil
}

func (f *fakeSource) done() []session.Command {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.did)
}
