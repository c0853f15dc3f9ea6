package session

import (
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"crosstalk/bench/fault"
	"crosstalk/loadengine"
	"crosstalk/monitors"
)

// sites are a staging under load and a production of some servers, all real, and
// all of them can be made to fail.
type sites struct {
	t          *testing.T
	staging    *fault.Server
	production []*fault.Server
}

func newSites(t *testing.T, servers int, usual time.Duration) *sites {
	t.Helper()
	f := &sites{t: t, staging: serve(t, fault.Options{Usual: 5 * time.Millisecond})}
	for range servers {
		f.production = append(f.production, serve(t, fault.Options{Usual: usual}))
	}
	return f
}

func serve(t *testing.T, o fault.Options) *fault.Server {
	t.Helper()
	s, err := fault.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func watched(t *testing.T, env, name, url string) monitors.Check {
	t.Helper()
	c, err := monitors.HTTP(monitors.HTTPOptions{Env: env, Name: name, URL: url, Every: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// options of a session on the sites, with a quiet phase and waits short enough
// for a test.
func (f *sites) options() Options {
	rules := DefaultRules()
	rules.GreenAfter, rules.SightAfter = 300*time.Millisecond, 300*time.Millisecond
	rules.EaseAfter, rules.EaseEvery = 500*time.Millisecond, 500*time.Millisecond
	rules.BlindEase, rules.BlindCut = 400*time.Millisecond, 1200*time.Millisecond
	o := Options{Dir: filepath.Join(f.t.TempDir(), "s"), Rules: rules, Baseline: time.Second,
		Hold: monitors.Hold{Amber: 100 * time.Millisecond, Red: 100 * time.Millisecond},
		Plan: loadengine.Plan{Base: f.staging.URL(), Version: "test", MaxUsers: 50,
			Journeys: []loadengine.Journey{{Name: "visit", Think: loadengine.Think{Min: 20 * time.Millisecond, Max: 40 * time.Millisecond},
				Steps: []loadengine.Step{{URL: "/"}}}}},
		Start: Start{ID: "s", As: "mel", Charter: "explore"}}
	for i, s := range f.production {
		o.Checks = append(o.Checks, watched(f.t, monitors.Production, fmt.Sprintf("web-%d", i+1), s.URL()))
	}
	return o
}

// load starts a session and waits until ten users run and production is green.
func (f *sites) load(o Options) *started {
	f.t.Helper()
	return loadOn(f.t, start(f.t, o))
}

func loadOn(t *testing.T, r *started) *started {
	t.Helper()
	r.await("the limits", ofType(TypeBaselineEnd))
	r.do(SetDial{To: 10})
	r.await("ten users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 10 })
	if st := r.Snapshot(); st.Guard.State != string(GuardRun) {
		t.Logf("before the fault the guard is at %s: %s", st.Guard.State, st.Guard.Why)
	}
	return r
}

// stopped waits for the cut and the stop of the load, and then holds that no
// request reaches staging any more: at most those that were in flight at the
// order are on their way. The first is nil if the guard itself could not tell.
func (f *sites) stopped(r *started) (cut *GuardChange, stop *LoadStop) {
	f.t.Helper()
	r.await("the stop", func(e Event) bool {
		switch b := e.Body.(type) {
		case *GuardChange:
			if b.To == string(GuardCut) || b.To == string(GuardLockout) {
				cut = b
			}
		case *LoadStop:
			stop = b
		}
		return stop != nil && (cut != nil || stop.Reason == loadengine.ReasonPermit)
	})
	if stop.MSToZero == nil {
		f.t.Errorf("the load did not drain: %+v", stop)
	}
	f.silent(r, stop.InFlight)
	return cut, stop
}

// known returns the first event like this, of those seen or still to come.
func (r *started) known(what string, is func(Event) bool) Event {
	r.t.Helper()
	if i := firstOf(r.seen, is); i >= 0 {
		return r.seen[i]
	}
	return r.await(what, is)
}

// silent holds that staging gets no more than so many requests, and soon none.
func (f *sites) silent(r *started, onTheWire int) {
	f.t.Helper()
	before := f.staging.Arrived()
	nothing := func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 0 && b.InFlight == 0 }
	r.await("a second", nothing)
	after := f.staging.Arrived()
	if n := after - before; n > int64(onTheWire) {
		f.t.Errorf("%d requests arrived after the load was stopped, %d were in flight", n, onTheWire)
	}
	r.await("another second", nothing)
	if n := f.staging.Arrived() - after; n > 0 {
		f.t.Errorf("%d requests arrived later than a second after the load was stopped", n)
	}
}

// awaitsAPerson holds that nothing but a person brings the load back.
func (f *sites) awaitsAPerson(r *started) {
	f.t.Helper()
	r.refused(SetDial{To: 1})
	if st := r.Snapshot(); st.Dial.Asked != 0 || st.Load.Running != 0 {
		f.t.Errorf("after the cut %d are asked for and %d run", st.Dial.Asked, st.Load.Running)
	}
}

// goOn mends production, lets a person go on, and holds that load comes back
// from zero, and to half the level of the cut at most.
func (f *sites) goOn(r *started) {
	f.t.Helper()
	n := f.staging.Arrived()
	r.await("recovery", ofType(TypeGuardRecov))
	if got := f.staging.Arrived(); got != n {
		f.t.Errorf("%d requests arrived because production recovered", got-n)
	}
	r.do(Hold{})
	r.await("going on", guardTo(string(GuardRun)))
	r.refused(SetDial{To: 10})
	r.do(SetDial{To: 5})
	r.await("five users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 5 })
}

// rungs lists the guard's states, with hold first, up to the first cut. It holds
// that no rung is taken back on the way up other than by running again.
func rungs(t *testing.T, events []Event) []string {
	t.Helper()
	order := []string{string(GuardRun), string(GuardHold), string(GuardEase), string(GuardCut)}
	var out []string
	at := string(GuardRun)
	for _, e := range events {
		b, ok := e.Body.(*GuardChange)
		if !ok || b.From == b.To {
			continue
		}
		if b.From != at {
			t.Errorf("the guard went from %s, and was at %s", b.From, at)
		}
		if slices.Index(order, b.To) < slices.Index(order, at) && b.To != string(GuardRun) {
			t.Errorf("the guard went back from %s to %s", at, b.To)
		}
		at = b.To
		if out = append(out, at); at == string(GuardCut) {
			return out
		}
	}
	return out
}

// firstOf is the place of the first event like this; -1 if there is none.
func firstOf(events []Event, is func(Event) bool) int { return slices.IndexFunc(events, is) }

// health matches a change of a check, or of the environment if it is "".
func health(env, check, to string) func(Event) bool {
	return func(e Event) bool {
		b, ok := e.Body.(*HealthState)
		return ok && b.Env == env && b.Check == check && b.To == to
	}
}

// Whatever happens to production, the load stops by itself and stays stopped.
func TestFaultsOfProductionStopTheLoad(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		servers int
		usual   time.Duration
		fault   func(f *sites)
		mend    func(f *sites) // nil: the test ends with the fault
		amber   bool           // it begins slowly enough to be amber on the way
		red     string         // the check that must be red
	}{
		{name: "refuses", servers: 2, usual: 10 * time.Millisecond, red: "web-1",
			fault: func(f *sites) {
				for _, s := range f.production {
					s.Refuse()
				}
			}},
		{name: "hangs", servers: 2, usual: 10 * time.Millisecond, red: "web-1",
			fault: func(f *sites) { f.all(fault.Hangs) }},
		{name: "answers six times slower", servers: 2, usual: 40 * time.Millisecond, amber: true, red: "web-1",
			fault: func(f *sites) { f.all(fault.Slow) }, mend: func(f *sites) { f.all(fault.Well) }},
		{name: "answers half with 503", servers: 2, usual: 10 * time.Millisecond, amber: true, red: "web-1",
			fault: func(f *sites) { f.all(fault.Half) }},
		{name: "loses one of four servers", servers: 4, usual: 10 * time.Millisecond, red: "web-3",
			fault: func(f *sites) { f.production[2].Refuse() }},
		{name: "one of four servers hangs", servers: 4, usual: 10 * time.Millisecond, red: "web-3",
			fault: func(f *sites) { f.production[2].Become(fault.Hangs) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newSites(t, c.servers, c.usual)
			r := f.load(f.options())
			c.fault(f)
			cut, stop := f.stopped(r)
			if cut.Cause != CauseRed || len(cut.Samples) == 0 || stop.Reason != loadengine.ReasonGuard || stop.By != ByGuard {
				t.Errorf("cut %+v, stop %+v", cut, stop)
			}
			f.awaitsAPerson(r)
			if c.mend != nil {
				c.mend(f)
				f.goOn(r)
			}
			events := r.finish()
			states := rungs(t, events)
			if len(states) == 0 || states[len(states)-1] != string(GuardCut) {
				t.Errorf("the guard went %v", states)
			}
			red := firstOf(events, health(monitors.Production, c.red, "red"))
			all := firstOf(events, health(monitors.Production, "", "red"))
			at := firstOf(events, guardTo(string(GuardCut)))
			if c.servers > 1 && c.red == "web-1" { // either may be the first
				red = firstOf(events, func(e Event) bool {
					b, ok := e.Body.(*HealthState)
					return ok && b.Env == monitors.Production && b.Check != "" && b.To == "red"
				})
			}
			if red < 0 || all < red || at < all {
				t.Errorf("a server was red at %d, production at %d, the cut was at %d: %v", red, all, at, kinds(events))
			}
			if amber := firstOf(events, health(monitors.Production, "", "amber")); c.amber && (amber < 0 || amber > all) {
				t.Errorf("amber at %d, red at %d", amber, all)
			}
			if st := Fold(events); st.Guard.Cuts != 1 {
				t.Errorf("%d cuts", st.Guard.Cuts)
			}
		})
	}
}

func (f *sites) all(w fault.Way) {
	for _, s := range f.production {
		s.Become(w)
	}
}

// A line that the load itself has filled makes everything late that is behind
// it, production and the unrelated control alike. Whose side it is does not
// matter for stopping, and once the load is gone everything is well again.
func TestASaturatedUplinkStopsTheLoad(t *testing.T) {
	t.Parallel()
	line := fault.NewUplink(1 << 20)
	t.Cleanup(line.Close)
	f := newSites(t, 1, 5*time.Millisecond)
	big := serve(t, fault.Options{Body: 64 << 10})
	f.staging = big
	other := serve(t, fault.Options{Usual: 5 * time.Millisecond})
	o := f.options()
	over := func(s *fault.Server) string {
		t.Helper()
		address, err := line.To(s.Address())
		if err != nil {
			t.Fatal(err)
		}
		return "http://" + address + "/"
	}
	o.Plan.Base = over(big)
	o.Checks = []monitors.Check{watched(t, monitors.Production, "web-1", over(f.production[0])), watched(t, monitors.Control, "intranet", over(other))}
	r := start(t, o)
	r.await("the limits", ofType(TypeBaselineEnd))
	r.do(SetDial{To: 20})
	// The guard may hold, ease, and find that less is enough; then a person asks again.
	cut, _ := f.stopped(r)
	if cut.Cause != CauseRed && cut.Cause != CauseNoSight {
		t.Errorf("cut %+v", cut)
	}
	f.awaitsAPerson(r)
	r.await("recovery", ofType(TypeGuardRecov))
	events := r.finish()
	if states := rungs(t, events); states[len(states)-1] != string(GuardCut) {
		t.Errorf("the guard went %v", states)
	}
	at := firstOf(events, guardTo(string(GuardCut)))
	if late := firstOf(events, func(e Event) bool {
		b, ok := e.Body.(*HealthState)
		return ok && b.Env == monitors.Control && b.Check != "" && b.From == "green" && b.To != "green"
	}); late < 0 {
		t.Errorf("the control was not late on the same line; the cut was at %d: %v", at, kinds(events))
	}
}

// Names that can't be looked up any more are no sight: held at once, then eased,
// then cut. It replaces the resolver of the whole process, so it runs alone.
func TestLosingNamesHoldsEasesAndCuts(t *testing.T) { //nolint:paralleltest // see above
	names, err := fault.NewNames()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(names.Close)
	was := net.DefaultResolver
	net.DefaultResolver = names.Resolver()
	t.Cleanup(func() { net.DefaultResolver = was })

	const name = "production.test."
	f := newSites(t, 0, 0)
	s := serve(t, fault.Options{Usual: 5 * time.Millisecond, Brief: true}) // every check looks the name up
	_, port, err := net.SplitHostPort(s.Address())
	if err != nil {
		t.Fatal(err)
	}
	o := f.options()
	o.Checks = []monitors.Check{watched(t, monitors.Production, "web-1", "http://"+name+":"+port+"/")}
	r := f.load(o)
	names.Break(name)
	cut, stop := f.stopped(r)
	if cut.Cause != CauseNoSight || stop.Reason != loadengine.ReasonGuard {
		t.Errorf("cut %+v, stop %+v", cut, stop)
	}
	f.awaitsAPerson(r)
	names.Mend(name)
	f.goOn(r)
	events := r.finish()
	states := rungs(t, events)
	if n := len(states); n < 3 || !slices.Equal(states[n-3:], []string{"hold", "ease", "cut"}) {
		t.Errorf("the guard went %v", states)
	}
	// No sight is nobody's fault: it never counts towards a lockout.
	if st := Fold(events); st.Guard.Blind != 1 || st.Guard.Cuts != 0 {
		t.Errorf("blind %d, cuts %d", st.Guard.Blind, st.Guard.Cuts)
	}
}
