package session

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"crosstalk/loadengine"
	"crosstalk/monitors"
	"crosstalk/notes"
)

// world is a staging and a production that a test can break.
type world struct {
	staging, production *httptest.Server
	sick                atomic.Bool // production answers 503
	hang                atomic.Bool // production does not answer
	hits                atomic.Int64
	slow                time.Duration // staging's own time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{slow: 5 * time.Millisecond}
	w.staging = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.hits.Add(1)
		select {
		case <-time.After(w.slow):
		case <-r.Context().Done():
		}
	}))
	w.production = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.hang.Load() {
			<-r.Context().Done()
			return
		}
		if w.sick.Load() {
			rw.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(func() { w.staging.Close(); w.production.CloseClientConnections(); w.production.Close() })
	return w
}

// options of a session on the world, with waits short enough for a test.
func (w *world) options(t *testing.T) Options {
	t.Helper()
	check, err := monitors.HTTP(monitors.HTTPOptions{Env: monitors.Production, Name: "web-1", URL: w.production.URL, Every: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	rules := DefaultRules()
	rules.GreenAfter, rules.SightAfter, rules.ProveFor = 300*time.Millisecond, 200*time.Millisecond, 200*time.Millisecond
	return Options{Dir: filepath.Join(t.TempDir(), "s"), Rules: rules, Hold: monitors.Hold{Amber: 100 * time.Millisecond, Red: 100 * time.Millisecond},
		Plan: loadengine.Plan{Base: w.staging.URL, Version: "test", MaxUsers: 50, Glide: 0,
			Journeys: []loadengine.Journey{{Name: "visit", Steps: []loadengine.Step{{URL: "/"}}}}},
		Checks: []monitors.Check{check}, Start: Start{ID: "s", As: "mel", Charter: "explore"}}
}

// started runs a session until the test ends.
type started struct {
	*Session
	t     *testing.T
	ended chan error
	seen  []Event
}

func start(t *testing.T, o Options) *started {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	r := &started{Session: s, t: t, ended: make(chan error, 1)}
	go func() { r.ended <- s.Run(t.Context()) }()
	return r
}

var mel = Person{Name: "mel", Role: Driver}

// await reads events until one satisfies is, and returns it.
func (r *started) await(what string, is func(Event) bool) Event {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Second)
	defer cancel()
	for {
		var last uint64
		if n := len(r.seen); n > 0 {
			last = r.seen[n-1].Seq
		}
		events, err := r.Since(ctx, last)
		if err != nil {
			r.t.Fatalf("waiting for %s: %v; seen %s", what, err, kinds(r.seen))
		}
		for _, e := range events {
			r.seen = append(r.seen, e)
			if is(e) {
				return e
			}
		}
	}
}

func kinds(events []Event) (out []string) {
	for _, e := range events {
		if e.Type != TypeLoadTick && e.Type != TypeHealthTick {
			out = append(out, e.Type)
		}
	}
	return out
}

func ofType(kind string) func(Event) bool { return func(e Event) bool { return e.Type == kind } }

func guardTo(state string) func(Event) bool {
	return func(e Event) bool { c, ok := e.Body.(*GuardChange); return ok && c.To == state }
}

// finish ends the session and returns its journal as it stands on the disk.
func (r *started) finish() []Event {
	r.t.Helper()
	if _, err := r.Do(r.t.Context(), mel, Finish{Reason: "quit"}); err != nil {
		r.t.Fatal(err)
	}
	if err := <-r.ended; err != nil {
		r.t.Fatal(err)
	}
	events, rest, err := ReadJournal(r.Dir())
	if err != nil || rest.Torn > 0 {
		r.t.Fatalf("journal: %v, %+v", err, rest)
	}
	for i, e := range events {
		if e.Seq != uint64(i+1) {
			r.t.Fatalf("event %d has seq %d", i+1, e.Seq)
		}
		if i > 0 && e.MS < events[i-1].MS {
			r.t.Fatalf("ms went back at seq %d", e.Seq)
		}
	}
	return events
}

func TestSessionFromStartToEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := start(t, w.options(t))
	brake := r.await("the rehearsal", ofType(TypeBrakeTest)).Body.(*BrakeTest)
	if !brake.OK {
		t.Errorf("rehearsal %+v", brake)
	}
	r.do(SetDial{To: 10})
	r.await("ten users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 10 && b.P50 != nil })
	reply := r.do(AddNote{Draft: notes.Parse("! slow checkout #orders")})
	if reply.Note != "n1" || r.log.Durable() < reply.Seq {
		t.Errorf("a note was answered before it was on the disk: %+v, durable %d", reply, r.log.Durable())
	}
	events := r.finish()
	st := Fold(events)
	n := st.Notes.Notes[0]
	if n.Kind != notes.Bug || n.Text != "slow checkout #orders" || n.Context == nil || n.Context.Running != 10 || n.Context.Production.State == "" {
		t.Errorf("note %+v with %+v", n, n.Context)
	}
	if events[0].Type != TypeStart || events[len(events)-1].Type != TypeEnd {
		t.Errorf("the journal is %v", kinds(events))
	}
	if sent := uint64(w.hits.Load()); st.Requests > sent || st.Requests == 0 {
		t.Errorf("the ticks count %d requests, the server %d", st.Requests, sent)
	}
	if st.Dial.Peak != 10 || st.Ended == nil || st.Ended.Reason != "quit" || st.Ended.Peak != 10 {
		t.Errorf("peak %d, end %+v", st.Dial.Peak, st.Ended)
	}
}

func (r *started) do(c Command) Reply {
	r.t.Helper()
	reply, err := r.Do(r.t.Context(), mel, c)
	if err != nil {
		r.t.Fatalf("%s: %v", c.command(), err)
	}
	return reply
}

func (r *started) refused(c Command) string {
	r.t.Helper()
	_, err := r.Do(r.t.Context(), mel, c)
	var no *Refusal
	if !errors.As(err, &no) {
		r.t.Fatalf("%s was not refused: %v", c.command(), err)
	}
	return no.Why
}

func TestNoSightHoldsEasesAndCuts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.options(t)
	o.Rules.BlindEase, o.Rules.BlindCut = 300*time.Millisecond, 900*time.Millisecond
	check, err := monitors.TCP(monitors.TCPOptions{Env: monitors.Production, Name: "db", Address: "nowhere.invalid:5432", Every: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	o.Checks = []monitors.Check{check}
	r := start(t, o)
	r.await("the hold", guardTo("hold"))
	c := r.await("the cut", guardTo("cut")).Body.(*GuardChange)
	if c.Cause != CauseNoSight {
		t.Errorf("cut %+v", c)
	}
	if st := Fold(r.finish()); st.Guard.Blind != 1 || st.Guard.Cuts != 0 {
		t.Errorf("blind %d, cuts %d", st.Guard.Blind, st.Guard.Cuts)
	}
}

func TestStopAllIsOpenToEveryoneAndActsFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.slow = time.Hour
	r := start(t, w.options(t))
	r.await("the rehearsal", ofType(TypeBrakeTest))
	r.do(SetDial{To: 8})
	r.await("eight in flight", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.InFlight == 8 })
	director := Person{Name: "dana", Role: Observer}
	if _, err := r.Do(t.Context(), director, SetDial{To: 30}); err == nil {
		t.Error("an observer moved the dial")
	}
	if _, err := r.Do(t.Context(), director, StopAll{}); err != nil {
		t.Fatal(err)
	}
	stop := r.await("the stop", ofType(TypeStop)).Body.(*LoadStop)
	if stop.By != "dana" || stop.Reason != "operator" || stop.InFlight != 8 || stop.MSToZero == nil {
		t.Errorf("stop %+v", stop)
	}
	r.do(SetDial{To: 3}) // a person's own stop never counts against the person
	r.await("three users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 3 })
	st := Fold(r.finish())
	if len(st.Stops) != 2 || st.Dial.Asked != 0 {
		t.Errorf("stops %+v, asked %d", st.Stops, st.Dial.Asked)
	}
}

func TestMovesInTheBaselineWaitForItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.options(t)
	o.Baseline = 800 * time.Millisecond
	r := start(t, o)
	r.await("the baseline", ofType(TypeBaselineStart))
	for _, to := range []int{5, 40, 8} {
		r.do(SetDial{To: to})
	}
	set := r.await("the move", ofType(TypeDialSet))
	if b := set.Body.(*DialSet); b.To != 8 || b.From != 0 {
		t.Errorf("moved %+v", b)
	}
	events := r.finish()
	var ended bool
	for _, e := range events {
		switch b := e.Body.(type) {
		case *BaselineEnd:
			ended = true
			if len(b.Thresholds) != 1 || b.Thresholds[0].Check != "web-1" {
				t.Errorf("thresholds %+v", b.Thresholds)
			}
		case *DialSet:
			if !ended {
				t.Error("the dial moved before the baseline was learned")
			}
		}
	}
}

func TestUnguardedIsLimitedToAFewUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.options(t)
	o.Checks = nil
	r := start(t, o)
	r.do(SetDial{To: 30})
	r.await("five users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 5 && b.Asked == 30 })
	for _, e := range r.finish() {
		if b, ok := e.Body.(*LoadTick); ok && b.Running > 5 {
			t.Fatalf("%d users run unguarded", b.Running)
		}
	}
}

func TestMutingAndWarningNeedAReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sick.Store(true) // from the start, and load is wanted all the same
	o := w.options(t)
	o.Rules.Attended = true // else there is nobody to say so, and red cuts
	r := start(t, o)
	r.await("red", func(e Event) bool {
		b, ok := e.Body.(*HealthState)
		return ok && b.Env == "production" && b.To == "red"
	})
	r.refused(WarnOnly{})
	r.refused(Mute{Env: monitors.Production, Check: "web-1"})
	r.refused(Mute{Env: monitors.Production, Check: "web-9", Why: "x"})
	r.do(Mute{Env: monitors.Production, Check: "web-1", Why: "a rolling deploy"})
	r.await("amber at most", func(e Event) bool {
		b, ok := e.Body.(*HealthState)
		return ok && b.Env == "production" && b.Check == "" && b.To == "amber"
	})
	r.do(WarnOnly{Why: "we know"})
	r.await("warning only", func(e Event) bool { b, ok := e.Body.(*GuardChange); return ok && b.Warn > 0 })
	st := Fold(r.finish())
	if n := len(st.Notes.Notes); n < 2 || st.Guard.Warn == 0 {
		t.Errorf("%d notes, warns until %d", n, st.Guard.Warn)
	}
}

func TestRefusalsAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := start(t, w.options(t))
	r.await("the rehearsal", ofType(TypeBrakeTest))
	for range 7 {
		r.refused(SetDial{To: 51})
	}
	e := r.await("the refusal", ofType(TypeRefused))
	if b := e.Body.(*Refused); b.Count != 7 || b.Cmd != "dial" || e.By != "mel" {
		t.Errorf("refused %+v by %s", b, e.By)
	}
	r.finish()
}

func TestAPanickingGuardStopsTheLoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := start(t, w.options(t))
	r.await("the rehearsal", ofType(TypeBrakeTest))
	r.do(SetDial{To: 10})
	r.await("ten users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 10 })
	r.watch.order(func(time.Time) { panic("a bug") })
	r.await("the cut", guardTo("cut"))
	r.await("nobody running", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 0 && b.InFlight == 0 })
	r.refused(SetDial{To: 1})
	r.refused(Hold{})
	r.finish()
}

func TestABlockedGuardLosesThePermit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := start(t, w.options(t))
	r.await("the rehearsal", ofType(TypeBrakeTest))
	r.do(SetDial{To: 10})
	r.await("ten users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 10 })
	release := make(chan struct{})
	r.watch.order(func(time.Time) { <-release })
	stop := r.await("the stop", ofType(TypeStop)).Body.(*LoadStop)
	if stop.Reason != "permit" {
		t.Errorf("stop %+v", stop)
	}
	close(release)
	if c := r.await("the cut", guardTo("cut")).Body.(*GuardChange); c.Cause != CausePermit {
		t.Errorf("cut %+v", c)
	}
	r.finish()
}
