package session

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"crosstalk/loadengine"
	"crosstalk/monitors"
	"crosstalk/session/link"
)

// linkTick is how often a running check looks at guard and brake.
const linkTick = 25 * time.Millisecond

// linkRunner drives link checks and dips: it turns the load on and off as the
// statistics say, and tells them what production answered. One goroutine runs
// it; between checks it only remembers the last minutes' probes.
type linkRunner struct {
	unit    Unit // of the dial
	probes  *probes
	engine  Engine
	brake   *loadengine.Brake
	permit  *loadengine.Permit
	watch   *watch
	facts   *outbox
	version string
	mix     string
	proxy   string                    // that load and production's checks share
	late    time.Duration             // after how long a request that has ended is told; 0: at once
	hurry   func(every time.Duration) // production's counters

	named func(string) (link.Profile, error)
	dips  func(p95 time.Duration) link.Profile
	// staging is [State.StagingP95], and stagingP95 that of now.
	staging    func(st *State, users int, enough uint64) time.Duration
	stagingP95 func(users int, enough uint64) time.Duration

	orders chan linkOrder
	stops  chan string // why; of whoever ends the check
	level  int         // users running
	still  time.Time   // since when as many
}

// linkOrder is a check to make.
type linkOrder struct {
	by      string
	mode    string
	profile link.Profile
	users   int
	off     int // users in the halves without load; 0: none
	before  link.Before
	seed    uint64
	p95     time.Duration // staging's
	at      time.Time     // of the command
}

// between says how much load a check makes.
func (o linkOrder) between(u Unit) string {
	if o.off == 0 {
		return u.Of(o.users)
	}
	return fmt.Sprintf("%d or %s by lot", o.off, u.Of(o.users))
}

// linkCore is what a check and dips have in common.
type linkCore interface {
	Next() (link.Half, bool)
	Observe(link.Observation) error
	Progress() link.Progress
	Stop(why string)
}

func (s *Session) newLinkRunner(checks []monitors.Check) *linkRunner {
	probes := newProbes(checks)
	for _, u := range s.o.Uncounted {
		u.Said = s.mask(u.Said)
		probes.missed = append(probes.missed, u)
	}
	if s.o.Hurried {
		probes.pace = CountersEvery
		s.monitor.Hurry(probes.pace)
	}
	r := &linkRunner{unit: s.unit(), probes: probes, engine: s.engine, brake: s.brake, permit: s.permit, watch: s.watch, facts: s.facts,
		version: s.o.Plan.Version, mix: mixOf(s.journeys(), s.o.Fleet != nil), hurry: s.monitor.Hurry, named: link.Named, dips: link.DipsFor, staging: (*State).StagingP95, stagingP95: s.stagingP95,
		orders: make(chan linkOrder, 1), stops: make(chan string, 1)}
	r.proxy = s.o.Proxy
	if f := s.o.Fleet; f != nil {
		r.late, r.proxy = f.Late, "" // its workers have ways of their own
	}
	s.watch.tap = r.probes.offer
	return r
}

// startLinks starts what finds links, and asks the data stores if there are any
// to ask.
func (s *Session) startLinks(ctx context.Context, of *sync.WaitGroup) {
	of.Go(func() { s.links.run(ctx) })
	if r := s.o.Told; r != nil {
		s.facts.put(fact{by: BySession, kind: TypeIdentity, body: &IdentityResult{Result: *r, Words: r.Words()}})
	}
	if s.o.Identity.Staging != "" && s.o.Identity.Production != "" {
		of.Go(func() { s.askStores(ctx) })
	}
}

// run serves orders until ctx is done.
func (r *linkRunner) run(ctx context.Context) {
	tick := time.NewTicker(2 * linkTick)
	defer tick.Stop()
	r.still = time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case q := <-r.probes.in:
			r.probes.keep(q)
		case <-tick.C:
			r.look(time.Now())
			r.probes.forget(time.Now())
		case o := <-r.orders:
			r.check(ctx, o)
		}
	}
}

// look keeps since when the load has been what it is.
func (r *linkRunner) look(now time.Time) {
	if l := r.engine.Live(); l.Running != r.level || l.Running == 0 && l.InFlight > 0 {
		r.level, r.still = l.Running, now
	}
}

// stop asks the check that runs to end; without one it does nothing.
func (r *linkRunner) stop(why string) {
	select {
	case r.stops <- why:
	default: // one reason is enough
	}
}

// end says why a wait was over before its time; "" when it was not.
type end string

// wait takes probes in until a moment, or until the check has to end. Every
// tick it looks, and ends when that says so.
func (r *linkRunner) wait(ctx context.Context, until time.Time, look func() end) end {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	tick := time.NewTicker(linkTick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return "the session ended"
		case why := <-r.stops:
			return end(why)
		case q := <-r.probes.in:
			r.probes.keep(q)
		case <-timer.C:
			r.probes.drain()
			return ""
		case <-tick.C:
			r.look(time.Now())
			if why := look(); why != "" {
				return why
			}
		}
	}
}

// check makes one check or dips, from the order to the verdict.
func (r *linkRunner) check(ctx context.Context, o linkOrder) {
	t := trial{linkRunner: r, o: o, counted: r.probes.countersIn(o.profile, o.p95)}
	r.hurry(CountersEvery)
	t.make(ctx)
	r.hurry(r.probes.pace)
	if t.sham != nil {
		t.sham.close()
	}
	body := t.verdict()
	if !body.Refused || o.mode == ModeCheck {
		r.engine.SetAsked(0)
	}
	lifts := body.Mode == ModeCheck && (body.Kind == string(link.NoLinkSeen) || body.Kind == string(link.Linked))
	// The guard is back before the dial is: the verdict unlocks it.
	if !r.watch.orderAndWait(ctx, func(now time.Time) { r.watch.endCheck(now, lifts) }) && ctx.Err() == nil {
		body.Words += " The guard did not answer."
	}
	r.facts.put(fact{by: BySession, kind: TypeLinkVerdict, body: body})
}

// mixOf names the requests of journeys. What a fleet's users do stands in its
// locustfile.
func mixOf(journeys []loadengine.Journey, fleet bool) string {
	if fleet {
		return "what the locustfile says"
	}
	const most = 4
	var names []string
	n, reads := 0, true
	for _, j := range journeys {
		for _, st := range j.Steps {
			name := journeyStep(st)
			if n++; n <= most {
				names = append(names, name)
			}
			reads = reads && (st.Method == "" && st.Body.Kind == loadengine.BodyNone || st.Method == http.MethodGet || st.Method == http.MethodHead)
		}
	}
	text := strings.Join(names, ", ")
	if n > most {
		text += fmt.Sprintf(" and %d more", n-most)
	}
	if reads && n > 0 {
		text += "; reads only"
	}
	return text
}
