package locust

import (
	"testing"
	"time"

	"crosstalk/loadengine"
)

// A request belongs to the level that its worker knew of, however late it is
// told; rate and latencies are of what was sent while as many ran as were asked.
func TestLevelsKeepApart(t *testing.T) {
	t.Parallel()
	at := time.Now()
	y := newTally(at)
	step := func(level int, held bool, n, failures uint64, ms string) row {
		r := row{Level: level, Held: held, Method: "GET", Name: "/", Requests: n, Failures: failures, Times: map[string]uint64{ms: n}}
		if failures > 0 {
			r.Errors = map[string]uint64{"BadStatusCode('x', code=503)": failures}
		}
		return r
	}
	take := func(final bool, seq uint64, rows ...row) loadengine.Tick {
		at = at.Add(time.Second)
		return y.take(&stats{Session: "s", Seq: seq, Rows: rows}, at, final)
	}
	y.begin(10, at)
	take(false, 1, step(2, false, 20, 0, "50"))
	y.hold(true, at)
	y.hold(true, at.Add(time.Second))
	k := take(false, 2, step(2, true, 30, 0, "10"))
	if l := k.Levels; len(l) != 1 || l[0].Number != 2 || l[0].Asked != 10 || l[0].Over || l[0].Held != time.Second || l[0].Sum.Requests != 50 ||
		l[0].Sum.Basis != loadengine.BasisHeld || l[0].Sum.Measured != 30 || l[0].Sum.P95 != 10*time.Millisecond || l[0].Sum.RPS != 30 {
		t.Errorf("an open level: %+v", l)
	}

	// The dial moves; what is told a second later is of the level before.
	y.begin(40, at)
	k = take(false, 3, step(2, true, 45, 3, "10"), step(3, false, 5, 0, "900"))
	if k.Requests != 20 || k.Errors != 3 || k.Kinds["status 503"] != 3 || k.Ten.P50 != 900*time.Millisecond {
		t.Errorf("the tick: %+v", k)
	}
	if l := k.Levels; len(l) != 2 || !l[0].Over || l[0].Sum.Requests != 65 || l[0].Sum.Errors != 3 || l[0].Sum.Kinds[0].Count != 3 || len(l[0].Steps) != 1 ||
		l[1].Number != 3 || l[1].Sum.Requests != 5 || l[1].Sum.Basis != loadengine.BasisAll {
		t.Errorf("two levels: %+v", l)
	}
	if l := take(false, 4).Levels; len(l) != 1 || l[0].Number != 3 {
		t.Errorf("a level that is over is told again: %+v", l)
	}

	// And what comes even later brings it back.
	if l := take(true, 5, step(2, true, 46, 3, "10")).Levels; len(l) != 2 || l[0].Number != 2 || l[0].Sum.Requests != 66 || l[1].Steps == nil {
		t.Errorf("late news: %+v", l)
	}
	if y.total.Requests != 71 {
		t.Errorf("in all %+v", y.total)
	}
}

// The windows are of one level alone: where nothing of it has been told yet they
// have no latency, and a level of nobody leaves them to run out.
func TestWindowsAreOfOneLevel(t *testing.T) {
	t.Parallel()
	at := time.Now()
	y := newTally(at)
	take := func(seq uint64, r row) loadengine.Tick {
		at = at.Add(time.Second)
		return y.take(&stats{Session: "s", Seq: seq, Rows: []row{r}}, at, false)
	}
	y.begin(4, at)
	take(1, row{Level: 2, Name: "/", Requests: 10, Times: map[string]uint64{"40": 10}})
	y.begin(8, at)
	if k := take(2, row{Level: 2, Name: "/", Requests: 16, Times: map[string]uint64{"40": 16}}); k.Requests != 6 || k.Last.Requests != 0 || k.Ten.Requests != 0 || k.Last.RPS != 8 {
		t.Errorf("late numbers of the level before: %d requests, windows %+v and %+v", k.Requests, k.Last, k.Ten)
	}
	if k := take(3, row{Level: 3, Name: "/", Requests: 9, Failures: 2, Times: map[string]uint64{"70": 9}}); k.Last.Requests != 9 || k.Last.Errors != 2 || k.Ten.P50 != 70*time.Millisecond {
		t.Errorf("the first of the new one: %+v", k.Last)
	}
	y.begin(0, at)
	if k := take(4, row{Level: 3, Name: "/", Requests: 12, Times: map[string]uint64{"70": 12}}); k.Last.Requests != 12 || k.Last.P50 != 70*time.Millisecond {
		t.Errorf("the last of it, when nobody is asked for any more: %+v", k.Last)
	}
}

// Locust's own counts hold what ended before the session, and begin again when
// a run does.
func TestEarlierRequestsAreNotOurs(t *testing.T) {
	t.Parallel()
	at := time.Now()
	plain := func(state string, n, errors uint64) *stats {
		return &stats{State: state, Rows: []row{{Method: "GET", Name: "/", Requests: n, Failures: errors}}, Errors: []failure{{"GET", "/", "timed out", errors}}}
	}
	for _, c := range []struct {
		name   string
		before *stats
		then   []*stats
		want   []uint64
	}{
		{"of a run that goes on", plain("running", 1000, 10), []*stats{plain("running", 1040, 12), plain("running", 1050, 12)}, []uint64{40, 10}},
		{"of a run that is over", plain("stopped", 1000, 10), []*stats{plain("stopped", 1000, 10), plain("spawning", 1500, 2)}, []uint64{0, 1500}},
		{"stopped and begun again", plain("running", 10, 0), []*stats{plain("stopped", 30, 0), plain("running", 90, 1)}, []uint64{20, 90}},
	} {
		y := newTally(at)
		y.base(c.before)
		for i, s := range c.then {
			k := y.take(s, at.Add(time.Duration(i+1)*time.Second), false)
			if k.Requests != c.want[i] {
				t.Errorf("%s, tick %d: %d requests, want %d", c.name, i, k.Requests, c.want[i])
			}
			if k.Requests == 0 && len(k.Kinds) > 0 || k.Errors > 2 {
				t.Errorf("%s, tick %d: %d errors, %v", c.name, i, k.Errors, k.Kinds)
			}
		}
	}
}

// A level of a master without the plug-in is the one that was on the dial some
// seconds before.
func TestLevelsOfAMasterWithoutThePlugIn(t *testing.T) {
	t.Parallel()
	at := time.Now()
	y := newTally(at)
	y.begin(5, at)
	run := func(n uint64, after time.Duration) []loadengine.LevelTick {
		at = at.Add(after)
		return y.take(&stats{State: "running", Rows: []row{{Method: "GET", Name: "/", Requests: n}}}, at, false).Levels
	}
	run(10, behind+time.Second)
	y.begin(9, at)
	if l := run(16, time.Second); len(l) != 1 || l[0].Asked != 5 || l[0].Sum.Requests != 16 || l[0].Sum.Max != 0 {
		t.Errorf("a second after the dial moved: %+v", l)
	}
	if l := run(20, behind); len(l) != 1 || l[0].Asked != 9 || l[0].Sum.Requests != 4 {
		t.Errorf("later: %+v", l)
	}
}

// What workers took back in flight is told once.
func TestWhatWasTakenBackIsCounted(t *testing.T) {
	t.Parallel()
	at := time.Now()
	y := newTally(at)
	y.cancelled([]worker{{ID: "a", Cancelled: 7}})
	y.cancelled([]worker{{ID: "a", Cancelled: 9}, {ID: "b", Cancelled: 3}})
	y.cancelled([]worker{{ID: "a", Cancelled: 9}, {ID: "b", Cancelled: 4}})
	for _, want := range []uint64{3, 0} {
		if k := y.take(&stats{Session: "s"}, at, false); k.Cancelled != want {
			t.Errorf("%d are told, want %d", k.Cancelled, want)
		}
	}
}
