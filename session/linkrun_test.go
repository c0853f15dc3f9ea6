package session

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"crosstalk/loadengine"
	"crosstalk/monitors"
	"crosstalk/notes"
	"crosstalk/session/link"
)

// twins are a staging and a production that may share what makes them slow.
type twins struct {
	staging, production *httptest.Server
	busy                atomic.Int64 // requests in flight on staging
	hits                atomic.Int64
	slower              time.Duration // what a loaded staging adds to production's answers
	sick                atomic.Bool   // production fails while staging is loaded
}

func newTwins(t *testing.T, slower time.Duration) *twins {
	t.Helper()
	w := &twins{slower: slower}
	w.staging = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		w.hits.Add(1)
		w.busy.Add(1)
		defer w.busy.Add(-1)
		nap(r, 5*time.Millisecond)
	}))
	w.production = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		d := 2 * time.Millisecond
		if w.busy.Load() > 0 {
			d += w.slower
			if w.sick.Load() {
				rw.WriteHeader(http.StatusServiceUnavailable)
			}
		}
		nap(r, d)
	}))
	t.Cleanup(func() { w.staging.Close(); w.production.CloseClientConnections(); w.production.Close() })
	return w
}

func nap(r *http.Request, d time.Duration) {
	select {
	case <-time.After(d):
	case <-r.Context().Done():
	}
}

// shortCheck is a check of a few seconds.
func shortCheck() link.Profile {
	return link.Profile{Name: "short", Half: 400 * time.Millisecond, Discard: 100 * time.Millisecond, Quiet: 2400 * time.Millisecond,
		MinPairs: 6, MaxPairs: 16, Alpha: 0.01, UMax: 5, MDEMax: 50, ShamFrom: 10}
}

func shortDips() link.Profile {
	p := shortCheck()
	p.Name, p.Half, p.Quiet, p.ShamFrom, p.MaxPairs = "short dips", 600*time.Millisecond, 2400*time.Millisecond, 0, 14
	return p
}

// startTwins runs a session whose checks are short.
func startTwins(t *testing.T, w *twins, change func(*Options)) *started {
	t.Helper()
	var checks []monitors.Check
	for _, name := range []string{"web-1", "web-2", "web-3"} {
		check, err := monitors.HTTP(monitors.HTTPOptions{Env: monitors.Production, Name: name, URL: w.production.URL, Every: 40 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		checks = append(checks, check)
	}
	// What production counts of its own work: no busy machine disturbs it.
	checks = append(checks, monitors.Check{Env: monitors.Production, Name: "db", Kind: "metrics", Slow: true, Every: 20 * time.Millisecond,
		Probe: func(context.Context) monitors.Result {
			r := monitors.Result{OK: true, Measured: true, Value: 100}
			if w.slower > 0 && w.busy.Load() > 0 {
				r.Value = 200
			}
			return r
		}})
	rules := DefaultRules()
	rules.GreenAfter, rules.SightAfter, rules.ProveFor = 300*time.Millisecond, 200*time.Millisecond, 200*time.Millisecond
	o := Options{Dir: filepath.Join(t.TempDir(), "s"), Rules: rules, Hold: monitors.Hold{Amber: 100 * time.Millisecond, Red: 100 * time.Millisecond},
		Plan: loadengine.Plan{Base: w.staging.URL, Version: "test", MaxUsers: 50,
			Journeys: []loadengine.Journey{{Name: "visit", Steps: []loadengine.Step{{URL: "/"}}}}},
		Limits: map[string]monitors.Limits{monitors.Production: {SLO: 5 * time.Second}}, Checks: checks, Start: Start{ID: "s", As: "mel"}}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.links.named = func(string) (link.Profile, error) { return shortCheck(), nil }
	s.links.staging = func(*State, int, uint64) time.Duration { return 0 } // however slow a busy machine makes it
	s.links.dips = func(time.Duration) link.Profile { return shortDips() }
	r := &started{Session: s, t: t, ended: make(chan error, 1)}
	go func() { r.ended <- s.Run(t.Context()) }()
	r.await("the limits", ofType(TypeBaselineEnd))
	r.await("sight of production", func(e Event) bool {
		b, ok := e.Body.(*HealthTick)
		return ok && b.Env == monitors.Production && b.State == monitors.Green.String()
	})
	return r
}

// sooner returns the first event of a type, seen already or not.
func (r *started) sooner(what, kind string) Event {
	r.t.Helper()
	for _, e := range r.seen {
		if e.Type == kind {
			return e
		}
	}
	return r.await(what, ofType(kind))
}

func (r *started) verdict() *LinkVerdict {
	r.t.Helper()
	return r.await("the verdict", ofType(TypeLinkVerdict)).Body.(*LinkVerdict)
}

func TestLinkCheckFindsALink(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 25*time.Millisecond)
	r := startTwins(t, w, nil)
	r.do(StartCheck{Users: 3, Seed: 7})
	if no := r.refused(MoveDial{By: 1}); !strings.Contains(no, "a link check runs: at most 16 pairs to go") {
		t.Errorf("the dial moved, or: %s", no)
	}
	begun := r.await("its pairs", ofType(TypeLinkStart)).Body.(*LinkStart)
	if begun.Seed != 7 || begun.Order != link.Assign(7, 16).String() || begun.Forecast == nil || begun.Words == "" {
		t.Errorf("started with %+v", begun)
	}
	v := r.verdict()
	if v.Kind != string(link.Linked) || v.Users != 3 || v.Verdict.ShamPairs == 0 || v.Verdict.SentOn < 10*max(1, v.Verdict.SentOff) {
		t.Fatalf("verdict %+v of %+v", v, v.Verdict)
	}
	had, _ := monitors.OwnProcessor()
	if waiting := v.Verdict.Waiting; waiting < 0 || waiting >= 1 || had > 0 && waiting == 0 {
		t.Errorf("this program waited for a processor in %v of its time", waiting)
	}
	pairs := 0
	for _, e := range r.seen {
		if b, ok := e.Body.(*LinkPair); ok {
			if pairs++; b.Pair != pairs || b.OnFirst != (begun.Order[pairs-1] == '+') {
				t.Errorf("pair %d is %+v, order %s", pairs, b, begun.Order)
			}
		}
	}
	if pairs != v.Verdict.Pairs {
		t.Errorf("%d pairs told, %d made", pairs, v.Verdict.Pairs)
	}
	note := r.await("its note", ofType(TypeNoteAdd)).Body.(*NoteAdd)
	if note.Kind != notes.Risk || !strings.Contains(note.Text, v.Words[1:]) {
		t.Errorf("noted as %s: %s", note.Kind, note.Text)
	}

	if no := r.refused(SetDial{To: 2}); !strings.Contains(no, "locked at 1 user") {
		t.Errorf("linked, and the dial says: %s", no)
	}
	if no := r.refused(StartCheck{Users: 20}); !strings.Contains(no, "Type a reason to unlock the dial first, or check with ") {
		t.Errorf("linked, and a check with 20 users says: %s", no)
	}
	r.do(SetDial{To: 1})
	r.refused(Unlock{})
	r.do(Unlock{Why: "the shop is closed today"})
	r.do(SetDial{To: 2})
	events := r.finish()
	st := Fold(events)
	if st.Link.Running != nil || st.Link.Lock != nil || st.Link.Last == nil || st.Link.Last.Kind != v.Kind || st.Link.Last.By != "mel" {
		t.Errorf("folded: %+v", st.Link)
	}
}

func TestLinkCheckWithoutALink(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 0)
	r := startTwins(t, w, nil)
	r.links.named = func(string) (link.Profile, error) {
		p := shortCheck()
		p.Alpha = 1e-5 // a test runs more often than a check
		return p, nil
	}
	r.do(StartCheck{Users: 3})
	if v := r.verdict(); v.Kind == string(link.Linked) || v.Kind == string(link.Void) || v.Refused {
		t.Errorf("verdict %+v", v)
	}
	r.do(SetDial{To: 20})
	r.await("users above the check's", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running > 3 })
}

func TestStoppingAllLoadEndsTheCheck(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 0)
	r := startTwins(t, w, nil)
	r.do(StartCheck{Users: 3})
	r.await("a pair", ofType(TypeLinkPair))
	if _, err := r.Do(t.Context(), Person{Name: "guest", Role: Observer}, StopAll{}); err != nil {
		t.Fatal(err)
	}
	v := r.verdict()
	if v.Verdict == nil || !strings.HasPrefix(v.Verdict.Why, "stopped: all load was stopped (operator, guest)") {
		t.Errorf("verdict %+v of %+v", v, v.Verdict)
	}
	if l := r.engine.Live(); l.Asked != 0 {
		t.Errorf("%d are asked for after the stop", l.Asked)
	}
	r.do(SetDial{To: 2}) // what a person stopped, a person may go on with
}

func TestEveryoneMayEndACheck(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 0)
	r := startTwins(t, w, nil)
	if no := r.refused(StopCheck{}); no != "no link check runs: c starts one" {
		t.Errorf("nothing runs: %s", no)
	}
	r.do(StartCheck{Users: 3})
	r.await("its pairs", ofType(TypeLinkStart))
	if _, err := r.Do(t.Context(), Person{Name: "guest", Role: Observer}, StopCheck{}); err != nil {
		t.Fatal(err)
	}
	if v := r.verdict(); v.Verdict == nil || v.Verdict.Why != "stopped: ended by guest" {
		t.Errorf("verdict %+v of %+v", v, v.Verdict)
	}
}

func TestRedUnderTheCheckCutsAndIsSuspected(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 0)
	w.sick.Store(true)
	r := startTwins(t, w, nil)
	r.do(StartCheck{Users: 3, Seed: 1})
	v := r.verdict()
	if v.Kind != string(link.Suspected) {
		t.Errorf("verdict %+v of %+v", v, v.Verdict)
	}
	st := r.Snapshot()
	if st.Guard.State != string(GuardCut) || st.Guard.Cuts != 1 {
		t.Errorf("guard %+v", st.Guard)
	}
}

func TestDipsTellThatProductionFollows(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 25*time.Millisecond)
	r := startTwins(t, w, nil)
	if no := r.refused(StartDips{}); !strings.Contains(no, "no load runs") {
		t.Errorf("no load, and: %s", no)
	}
	r.do(SetDial{To: 6})
	r.await("six users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 6 })
	if no := r.refused(StartCheck{}); !strings.Contains(no, "starts from nothing") {
		t.Errorf("under load: %s", no)
	}
	r.do(StartDips{Seed: 3})
	quiet := r.await("the dips", ofType(TypeLinkQuiet)).Body.(*LinkQuiet)
	if quiet.Users != 6 || quiet.Mode != ModeDips {
		t.Errorf("dips %+v", quiet)
	}
	v := r.verdict()
	if v.Kind != string(link.FollowsUs) || v.Dips == nil || v.Dips.Relaxed < v.Dips.Dips-1 || !strings.Contains(v.Words, "stays at zero") {
		t.Errorf("answer %+v of %+v", v, v.Dips)
	}
	r.await("the dial at nothing", func(e Event) bool { b, ok := e.Body.(*DialSet); return ok && b.To == 0 && e.By == "mel" })
	for _, e := range r.seen {
		if b, ok := e.Body.(*LoadTick); ok && b.Running > 6 {
			t.Errorf("%d users ran in dips from 6", b.Running)
		}
	}
}

func TestEasingTheLoadEndsTheCheck(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 0)
	r := startTwins(t, w, nil)
	r.do(StartCheck{Users: 3})
	for _, c := range []Command{StartCheck{}, StartDips{}, SetDial{To: 5}, BackToGood{}, SetGlide{To: 5}, Hold{}} {
		if no := r.refused(c); !strings.Contains(no, "a link check runs") {
			t.Errorf("%s under a check: %s", c.command(), no)
		}
	}
	r.do(EaseOff{})
	if v := r.verdict(); v.Kind != string(link.Inconclusive) {
		t.Errorf("verdict %+v", v)
	}
	if no := r.refused(StartCheck{Users: 51}); !strings.Contains(no, "the cap of 50") {
		t.Errorf("too many users: %s", no)
	}
}

func TestACheckWaitsForTheBaseline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.options(t)
	o.Baseline = time.Minute
	r := start(t, o)
	r.await("the baseline", ofType(TypeBaselineStart))
	for _, c := range []Command{StartCheck{}, StartDips{}} {
		if no := r.refused(c); !strings.Contains(no, "after the baseline") {
			t.Errorf("%s in the baseline: %s", c.command(), no)
		}
	}
}

// Production that is too noisy to tell anything gets no load, and the reason is
// a sentence.
func TestNoCheckWhenProductionIsTooNoisy(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 0)
	r := startTwins(t, w, nil)
	r.links.named = func(string) (link.Profile, error) {
		p := shortCheck()
		p.MDEMax = 1e-9
		return p, nil
	}
	r.do(StartCheck{Users: 3})
	v := r.verdict()
	if !v.Refused || v.Kind != string(link.Inconclusive) || !strings.HasPrefix(v.Words, "Production is too noisy to check now: in ") || v.Verdict != nil {
		t.Errorf("verdict %+v", v)
	}
	if hits := w.hits.Load(); hits > 100 { // the rehearsal's
		t.Errorf("%d requests reached staging", hits)
	}
	r.do(SetDial{To: 1})
}

// The sham load comes nearer to staging's rate from half to half.
func TestShamLoadLearnsItsPace(t *testing.T) {
	x := &sham{users: 2, wanted: 100} // 20 ms a turn
	const overhead = 5 * time.Millisecond
	for range 20 {
		delay := 20*time.Millisecond - x.over
		turns := int64(time.Second) * 2 / int64(delay+overhead)
		x.learn(turns, time.Second)
	}
	if x.over < 4*time.Millisecond || x.over > 6*time.Millisecond {
		t.Errorf("learned %v of overhead, it is %v", x.over, overhead)
	}
	x.learn(0, time.Second)
	if x.over < 4*time.Millisecond {
		t.Error("a half in which nobody ran changed the pace")
	}
}

func TestLinkCheckNeedsSomethingToSee(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 0)
	r := startTwins(t, w, func(o *Options) { o.Rules.Off = true })
	for _, c := range []Command{StartCheck{}, StartDips{}} {
		if no := r.refused(c); no != unguarded {
			t.Errorf("%s without a guard: %s", c.command(), no)
		}
	}
	if no := r.refused(Unlock{Why: "why not"}); no != "the dial is not locked: turn it" {
		t.Errorf("unlock: %s", no)
	}
	who := Person{Name: "guest", Role: Navigator}
	if err := r.May(who, StartCheck{}); err == nil {
		t.Error("a navigator may start a check")
	}
}
