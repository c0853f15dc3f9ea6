package monitors

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestStatesAndTheirOrder(t *testing.T) {
	const at = 20 * time.Second
	limited := func(time.Duration) (time.Duration, Result) {
		return 5 * ms, Result{Limited: true, Status: 429, Reason: "limits our checks (429)"}
	}
	blind := func(time.Duration) (time.Duration, Result) {
		return 5 * ms, Result{Blind: true, Reason: "name lookup of web failed"}
	}
	usual := steady(44 * ms)
	tests := []struct {
		name    string
		limits  Limits
		replies []reply
		want    []string // of the environment, from the fault on
		why     string   // in the reason of the first change
	}{
		{"quiet", Limits{}, []reply{usual, usual}, nil, ""},
		{"one late answer is a tick", Limits{}, []reply{usual.during(at, 100*ms, steady(212*ms)), usual}, nil, ""},
		{"one failure is a tick", Limits{}, []reply{usual.during(at, 100*ms, failing), usual}, nil, ""},
		{"two late answers at two servers", Limits{},
			[]reply{usual.during(at, 100*ms, steady(212*ms)), usual.during(at+time.Second, 100*ms, steady(212*ms))},
			[]string{"green>amber", "amber>green"}, "2 bad probes within 2 s: web-1 answered after 212 ms, usual 44; web-2 no answer after"},
		{"two late answers far apart", Limits{},
			[]reply{usual.during(at, 100*ms, steady(212*ms)).during(at+5*time.Second, 100*ms, steady(212*ms)), usual}, nil, ""},
		{"twice as slow", Limits{}, []reply{usual.during(at, 5*time.Second, steady(90*ms)), usual},
			[]string{"green>amber", "amber>green"}, "web-1 slower: 90 ms in the middle of the last 2 s, usual 44, limit 69 ms"},
		{"four times as slow, below the red limit of one answer", Limits{}, []reply{usual.during(at, 5*time.Second, steady(160*ms)), usual},
			[]string{"green>red", "red>amber", "amber>green"}, "web-1 much slower: 160 ms in the middle of the last 2 s, usual 44, limit 144 ms"},
		{"refuses", Limits{}, []reply{usual.during(at, 5*time.Second, refusing), usual},
			[]string{"green>red", "red>amber", "amber>green"}, "web-1 refused the connection twice in a row"},
		{"hangs", Limits{}, []reply{usual.during(at, 5*time.Second, hanging), usual},
			[]string{"green>red", "red>amber", "amber>green"}, "4 of the last 5 probes of web-1 late or failed, newest: no answer after 200 ms, usual 44"},
		{"answers 503", Limits{}, []reply{usual.during(at, 5*time.Second, failing), usual},
			[]string{"green>amber", "amber>red", "red>amber", "amber>green"}, "answered 503"},
		{"one red is tolerated", Limits{Tolerate: 1}, []reply{usual.during(at, 5*time.Second, refusing), usual},
			[]string{"green>amber", "amber>green"}, "(tolerated)"},
		{"two reds are one too many", Limits{Tolerate: 1}, []reply{usual.during(at, 5*time.Second, refusing), usual.during(at, 5*time.Second, refusing)},
			[]string{"green>amber", "amber>red", "red>amber", "amber>green"}, "web-2 refused the connection twice in a row"},
		{"absolute limit", Limits{SLO: 40 * ms}, []reply{steady(20*ms).during(at, 5*time.Second, steady(42*ms)), steady(20 * ms)},
			[]string{"green>amber", "amber>red", "red>amber", "amber>green"}, "web-1 answered after 42 ms, usual 20"},
		{"share of errors", Limits{Errors: 0.01},
			[]reply{usual.during(at, 100*ms, failing).during(at+3*time.Second, 100*ms, failing).during(at+6*time.Second, 100*ms, failing), usual},
			[]string{"green>amber", "amber>red", "red>amber", "amber>green"}, "2 of 201 probes failed within 10 s (1.0 %, limit 1.0 %)"},
		{"limits our checks", Limits{}, []reply{usual.during(at, 5*time.Second, limited), usual},
			[]string{"green>amber", "amber>green"}, "web-1 limits our checks (429); it is asked less often"},
		{"name lookups fail", Limits{}, []reply{usual.during(at, 5*time.Second, blind), usual},
			[]string{"green>no sight", "no sight>green"}, "web-1 not seen: name lookup of web failed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(100*ms, tt.limits, tt.replies...)
			w.baseline(10 * time.Second)
			if got := w.env(t).State; got != Green {
				t.Fatalf("after the quiet phase production is %v: %s", got, w.env(t).Why)
			}
			w.changes = nil
			w.run(100 * time.Second)
			if got := w.states(Production, ""); !slices.Equal(got, tt.want) {
				t.Errorf("states %v, want %v", got, tt.want)
			}
			if len(w.changes) > 0 && !strings.Contains(w.changes[0].Why, tt.why) {
				found := false
				for _, c := range w.changes {
					found = found || strings.Contains(c.Why, tt.why)
				}
				if !found {
					t.Errorf("no reason says %q: %q", tt.why, w.changes[0].Why)
				}
			}
			for _, c := range w.changes {
				if (c.To == Red || c.To == Amber && c.From == Green) && len(c.Samples) == 0 {
					t.Errorf("%s %v>%v names no samples", c.Check, c.From, c.To)
				}
				if c.Why == "" {
					t.Errorf("%s %v>%v has no reason", c.Check, c.From, c.To)
				}
			}
		})
	}
}

func TestOneLateAnswerIsATickInWords(t *testing.T) {
	const at = 20 * time.Second
	w := newWorld(100*ms, Limits{}, steady(44*ms), steady(44*ms).during(at, 100*ms, steady(212*ms)))
	w.baseline(10 * time.Second)
	w.run(at + time.Second)
	e := w.env(t)
	if e.State != Green || e.BadRecently != 1 || e.LateTicks != 1 {
		t.Errorf("state %v, bad %d, ticks %d; want green, 1, 1", e.State, e.BadRecently, e.LateTicks)
	}
	if c := e.Checks[1]; !c.Late || c.Reason != "one late answer from web-2 (212 ms, usual 44)" {
		t.Errorf("late %v, reason %q", c.Late, c.Reason)
	}
	w.run(at + 4*time.Second)
	if e = w.env(t); e.BadRecently != 0 || e.Checks[1].Late || e.LateTicks != 1 {
		t.Errorf("4 s later: bad %d, late %v, ticks %d; want 0, false, 1", e.BadRecently, e.Checks[1].Late, e.LateTicks)
	}
}

// A server that stops answering is red from the age of its probes alone: no
// answer and no timeout is waited for.
func TestOverdueIsBadBeforeItsTimeout(t *testing.T) {
	const at = 20 * time.Second
	tests := []struct {
		every time.Duration
		fault reply
	}{
		{100 * ms, hanging},
		{250 * ms, hanging},
		{100 * ms, refusing},
		{250 * ms, refusing},
	}
	for _, tt := range tests {
		w := newWorld(tt.every, Limits{}, steady(44*ms), steady(44*ms), steady(44*ms).from(at, tt.fault), steady(44*ms))
		w.baseline(10 * time.Second)
		refused, hangs, _ := w.board.Promise(Production)
		w.run(at + 5*time.Second)
		took, change, ok := w.first(Production, "", Red, at)
		if !ok {
			t.Fatalf("every %v: never red", tt.every)
		}
		promise := hangs
		if change.Samples[0].Result.Refused {
			promise = refused
		}
		// 50 ms for the round of Advance.
		if took > promise+50*ms || took >= DefaultTimeout {
			t.Errorf("every %v: red after %v, promised %v", tt.every, took, promise)
		}
		if change.Env != Production || len(change.Samples) < 2 || change.Samples[0].Name != "web-3" {
			t.Errorf("every %v: change %+v does not name the samples", tt.every, change)
		}
		t.Logf("every %v: red after %v, promised %v: %s", tt.every, took, promise, change.Why)
	}
}

// A pause that a server takes once makes one bad probe, however many due times
// it spans in half a second; it does not count once for each.
func TestOnePauseIsOneBadProbe(t *testing.T) {
	const at = 20 * time.Second
	w := newWorld(100*ms, Limits{}, steady(44*ms).during(at, 100*ms, steady(490*ms)))
	w.baseline(10 * time.Second)
	w.changes = nil
	w.run(at + 10*time.Second)
	if e := w.env(t); e.LateTicks != 1 || len(w.changes) != 0 {
		t.Errorf("%d ticks, changes %+v; want 1 and none", e.LateTicks, w.changes)
	}
}

func TestSilenceIsNoSightAndRedOutranksIt(t *testing.T) {
	const at = 20 * time.Second
	for _, every := range []time.Duration{100 * ms, 250 * ms, time.Second} {
		w := newWorld(every, Limits{}, steady(44*ms), steady(44*ms))
		w.baseline(10 * time.Second)
		w.servers[1].dead = epoch.Add(at)
		w.run(at + 10*time.Second)
		took, change, ok := w.first(Production, "", NoSight, at)
		limit := max(500*ms, 3*every) + every + 50*ms + 150*ms
		if !ok || took > limit || took < max(500*ms, 3*every)-every {
			t.Errorf("every %v: no sight %v after %v, want at most %v", every, ok, took, limit)
		}
		if len(change.Samples) != 0 {
			t.Errorf("silence has samples")
		}
	}
	w := newWorld(100*ms, Limits{}, steady(44*ms).from(at, refusing), steady(44*ms))
	w.baseline(10 * time.Second)
	w.servers[0].dead = epoch.Add(at + time.Second)
	w.servers[1].dead = epoch.Add(at + time.Second)
	w.run(at + 60*time.Second)
	e := w.env(t)
	if e.State != Red || e.Checks[0].State != Red || e.Checks[1].State != NoSight {
		t.Errorf("production %v, its checks %v and %v; want red, red, no sight", e.State, e.Checks[0].State, e.Checks[1].State)
	}
}

func TestSightReturnsWithTheSecondAnswer(t *testing.T) {
	w := newWorld(100*ms, Limits{}, steady(5*ms))
	w.run(50 * ms)
	if got := w.env(t).State; got != Green {
		t.Errorf("after the first answer: %v, want green", got)
	}
	w.servers[0].dead = epoch.Add(10 * time.Second)
	w.run(12 * time.Second)
	if got := w.env(t).State; got != NoSight {
		t.Fatalf("after the silence: %v, want no sight", got)
	}
	w.servers[0].dead = time.Time{}
	w.run(12*time.Second + 50*ms)
	first := w.env(t).State
	w.run(12*time.Second + 250*ms)
	if second := w.env(t).State; first != NoSight || second != Green {
		t.Errorf("%v after one answer, %v after two; want no sight, green", first, second)
	}
}

func TestHysteresis(t *testing.T) {
	const at = 20 * time.Second
	w := newWorld(100*ms, Limits{}, steady(44*ms).during(at, time.Second, refusing))
	w.board.Hold = Hold{Amber: 5 * time.Second, Red: 15 * time.Second}
	w.baseline(10 * time.Second)
	w.run(at + 60*time.Second)
	red, _, _ := w.first(Production, "", Red, at)
	amber, _, _ := w.first(Production, "", Amber, at)
	green, _, ok := w.first(Production, "", Green, at)
	if !ok || red > 200*ms {
		t.Fatalf("red at %v, green %v", red, ok)
	}
	// The last bad probe is at 0.9 s; green's conditions hold 2 s after it.
	for _, x := range []struct {
		name      string
		got, want time.Duration
	}{{"amber", amber, 2900*ms + 15*time.Second}, {"green", green, 2900*ms + 20*time.Second}} {
		if d := x.got - x.want; d < 0 || d > 250*ms {
			t.Errorf("%s %v after the fault, want %v", x.name, x.got, x.want)
		}
	}
	w.run(at + 90*time.Second)
	if e := w.env(t); e.GreenFor < 80*time.Second || e.Pressing || e.Why != "" {
		t.Errorf("green for %v, pressing %v, why %q", e.GreenFor, e.Pressing, e.Why)
	}
}

// Recovery is told from the conditions, long before the state follows.
func TestGreenForRunsAheadOfTheState(t *testing.T) {
	const at = 20 * time.Second
	w := newWorld(100*ms, Limits{}, steady(44*ms).during(at, 3*time.Second, hanging), steady(44*ms))
	w.baseline(10 * time.Second)
	var recovered time.Duration
	w.each = func(now time.Time) {
		if e := w.board.Env(Production, now); now.Sub(epoch) > at+time.Second && recovered == 0 && e.GreenFor >= 2*time.Second {
			recovered = now.Add(-e.GreenFor).Sub(epoch) - at
			if e.State != Red || e.Pressing {
				t.Errorf("at recovery the state is %v, pressing %v; want red, false", e.State, e.Pressing)
			}
		}
	}
	w.run(at + 30*time.Second)
	if recovered < 4500*ms || recovered > 5500*ms {
		t.Errorf("recovered %v after the fault began, want about 5 s: 3 s of it and 2 s without a bad probe", recovered)
	}
}

func TestMuteWarnsUntilGreen(t *testing.T) {
	const at = 20 * time.Second
	w := newWorld(100*ms, Limits{}, steady(44*ms).during(at, 5*time.Second, refusing).from(at+70*time.Second, refusing), steady(44*ms))
	w.baseline(10 * time.Second)
	if w.board.Mute(Production, "web-1", true) || w.board.Mute(Production, "none", true) {
		t.Error("muted a green check, or one that is not there")
	}
	w.run(at + time.Second)
	if !w.board.Mute(Production, "web-1", true) {
		t.Fatal("a red check could not be muted")
	}
	w.run(at + 2*time.Second)
	if e := w.env(t); e.State != Amber || e.Checks[0].State != Red || !e.Checks[0].Muted || e.RedCount != 0 || e.BadRecently != 0 {
		t.Errorf("muted: production %v, check %v, muted %v, reds %d, bad %d; want amber, red, true, 0, 0",
			e.State, e.Checks[0].State, e.Checks[0].Muted, e.RedCount, e.BadRecently)
	}
	w.run(at + 65*time.Second)
	if e := w.env(t); e.State != Green || e.Checks[0].Muted {
		t.Errorf("after recovery: %v, muted %v; want green, false", e.State, e.Checks[0].Muted)
	}
	w.run(at + 75*time.Second)
	if e := w.env(t); e.State != Red {
		t.Errorf("the next fault: %v, want red", e.State)
	}
}

func TestSlowEvidenceWarnsAndItsQuietDoesNotCount(t *testing.T) {
	warn := func(time.Duration) (time.Duration, Result) {
		return 900 * ms, Result{OK: true, Warn: true, Reason: "replica 40 s behind"}
	}
	w := &world{now: epoch, advance: epoch, checks: []Check{
		{Env: Production, Name: "web-1", Kind: kindHTTP, Every: 100 * ms, Probe: noProbe},
		{Env: Production, Name: "lag", Kind: "metrics", Every: 5 * time.Second, Slow: true, Probe: noProbe},
	}}
	w.build(nil, steady(44*ms), steady(900*ms).during(20*time.Second, 5*time.Second, warn).from(60*time.Second, failing))
	w.run(19 * time.Second)
	if e := w.env(t); e.State != Green {
		t.Fatalf("a slow check's latency counts: %v %s", e.State, e.Why)
	}
	w.run(24 * time.Second)
	if e := w.env(t); e.State != Amber || e.Why != "lag: replica 40 s behind" {
		t.Errorf("warned: %v %q", e.State, e.Why)
	}
	w.run(55 * time.Second)
	if e := w.env(t); e.State != Green {
		t.Errorf("after the warning: %v %q", e.State, e.Why)
	}
	w.run(90 * time.Second)
	if e := w.env(t); e.State != Red {
		t.Errorf("failing: %v %q, want red", e.State, e.Why)
	}
	w.servers[1].dead = epoch.Add(90 * time.Second)
	w.run(140 * time.Second)
	if e := w.env(t); e.State != Green || e.Checks[1].State != NoSight {
		t.Errorf("quiet: %v and %v, want green and no sight", e.State, e.Checks[1].State)
	}

	w = &world{now: epoch, advance: epoch, checks: []Check{{Env: Production, Name: "lag", Every: time.Second, Slow: true}}}
	w.build(nil, steady(ms))
	w.run(10 * time.Second)
	if e := w.env(t); e.State != NoSight {
		t.Errorf("slow evidence alone: %v, want no sight", e.State)
	}
}

func TestSelfWarnsAndIsNeverRed(t *testing.T) {
	busy := func(time.Duration) (time.Duration, Result) {
		return ms, Result{OK: true, Warn: true, Reason: "this program uses 93 % of all cores", Vitals: &Vitals{CPU: 95}}
	}
	w := &world{now: epoch, advance: epoch, checks: []Check{
		{Env: Self, Name: HostName, Kind: kindHost, Every: time.Second},
		{Env: Self, Name: SinkName, Kind: kindHTTP, Every: 200 * ms},
	}}
	w.build(nil, steady(ms).during(10*time.Second, 3*time.Second, busy), steady(ms).from(40*time.Second, refusing))
	w.run(12 * time.Second)
	if e := w.board.Env(Self, w.now); e.State != Amber || e.Why != "this program uses 93 % of all cores" {
		t.Errorf("busy: %v %q", e.State, e.Why)
	}
	w.run(60 * time.Second)
	if e := w.board.Env(Self, w.now); e.State != Amber {
		t.Errorf("the sink refuses: %v %q, want amber", e.State, e.Why)
	}
	if slices.Contains(w.states(Self, ""), "amber>red") || slices.Contains(w.states(Self, SinkName), "amber>red") {
		t.Error("self went red")
	}
}

func TestAnAnswerThatCameInTimeTakesItsVerdictBack(t *testing.T) {
	b := NewBoard([]Check{{Env: Production, Name: "web-1", Kind: kindHTTP, Every: 100 * ms}}, nil)
	sent := Sample{Env: Production, Name: "web-1", Due: epoch, At: epoch}
	b.Observe(sent)
	// The owner was busy: the answer waits in its channel meanwhile.
	now := epoch.Add(900 * ms)
	b.Advance(now)
	if e := b.Env(Production, now); e.BadRecently != 1 {
		t.Fatalf("%d bad, want 1", e.BadRecently)
	}
	done := sent
	done.Phase, done.At, done.Latency, done.Result = Done, epoch.Add(20*ms), 20*ms, Result{OK: true}
	b.Observe(done)
	if e := b.Env(Production, now); e.BadRecently != 0 || e.P50 != 20*ms || e.N != 1 {
		t.Errorf("%d bad, p50 %v, n %d; want 0, 20ms, 1", e.BadRecently, e.P50, e.N)
	}
}

func TestEnvOfNothing(t *testing.T) {
	b := NewBoard(nil, nil)
	if e := b.Env(Control, epoch); e.State != NoSight || e.Why == "" {
		t.Errorf("%v %q", e.State, e.Why)
	}
	if c := b.Observe(Sample{Env: Control, Name: "x", Check: 7, At: epoch}); c != nil {
		t.Errorf("a sample of no check changed %v", c)
	}
	if b.Advance(epoch) != nil || b.EndBaseline(epoch) != nil {
		t.Error("an empty board changed")
	}
}

func TestEnvNumbers(t *testing.T) {
	w := newWorld(100*ms, Limits{}, steady(10*ms), steady(30*ms), steady(20*ms).from(8*time.Second, failing))
	w.run(12 * time.Second)
	e := w.env(t)
	if e.Rate < 29.9 || e.Rate > 30.1 || e.N < 295 || e.N > 305 {
		t.Errorf("rate %v, n %d; want 30, about 300", e.Rate, e.N)
	}
	if e.P50 != 20*ms || e.P95 != 30*ms || e.Max != 30*ms || e.P50s1 == 0 || e.Max1 != 30*ms {
		t.Errorf("p50 %v p95 %v max %v, 1 s: %v %v", e.P50, e.P95, e.Max, e.P50s1, e.Max1)
	}
	if e.Errors < 0.12 || e.Errors > 0.15 || e.RedCount != 1 {
		t.Errorf("errors %v, reds %d; want 4 of 30, 1", e.Errors, e.RedCount)
	}
	if age := w.now.Sub(e.Newest); age < 0 || age > 100*ms {
		t.Errorf("newest is %v old", age)
	}
}
