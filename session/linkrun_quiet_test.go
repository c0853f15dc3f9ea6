package session

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"crosstalk/monitors"
	"crosstalk/session/link"
)

// Dips begin at once where the load has been what it is for long: for no counter do they
// wait under full load. A check's quiet phase is read as its halves are.
func TestDipsDoNotWaitForCounters(t *testing.T) {
	t.Parallel()
	for _, check := range []monitors.Check{
		{Env: monitors.Production, Name: "db", Kind: "postgres", Every: time.Second, Eager: true, Counts: true},
		{Env: monitors.Production, Name: "load", Kind: "metrics", Slow: true, Every: 5 * time.Second, Eager: true, Numbers: true},
	} {
		for mode, profile := range map[string]link.Profile{ModeDips: link.IsItMe(), ModeCheck: link.Quick()} {
			now := time.Now()
			p := newProbes([]monitors.Check{check})
			for due := now.Add(-2 * time.Minute); due.Before(now); due = due.Add(check.Every) {
				p.offer(monitors.Sample{Due: due, Phase: monitors.Done, Result: monitors.Result{OK: true, Worked: true, Work: 1, WorkedAt: due, Measured: true, Value: 1}})
			}
			p.drain()
			r := &linkRunner{probes: p, still: now.Add(-time.Hour)}
			tr := &trial{linkRunner: r, o: linkOrder{mode: mode, profile: profile, users: 5}, counted: p.countersIn(profile, 0)}
			if !tr.counted.hurries {
				t.Fatalf("%s, %s: nothing is hurried: %+v", check.Name, mode, tr.counted)
			}
			ended, cancel := context.WithCancel(t.Context())
			cancel() // whoever waits is told so
			why := tr.quiet(ended)
			if waited := why != ""; waited != (mode == ModeCheck) || !waited && len(tr.before()) != 6 {
				t.Errorf("%s, %s: %d halves, %q", check.Name, mode, len(tr.before()), why)
			}
		}
	}
}

// The first check learns from its own pairs how slow staging is: what is left of a load
// that was taken away would else count in the halves without. Those pairs do not count, and
// are no second try: the check goes on with the rest of the order.
func TestPairsOfASlowStagingDoNotCount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		p95  time.Duration
		anew bool
		used float64 // seconds of a half
	}{
		"fast enough": {30 * time.Millisecond, false, 0.3},
		"slow":        {60 * time.Millisecond, true, 0.22},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startTwins(t, newTwins(t, 0), nil)
			var asked atomic.Int32
			r.links.stagingP95 = func(int, uint64) time.Duration {
				if asked.Add(1) < 3 { // by the order, and after the first pair
					return 0
				}
				return c.p95
			}
			r.do(StartCheck{Users: 3, Seed: 7})
			first := r.await("its pairs", ofType(TypeLinkStart)).Body.(*LinkStart)
			r.await("a second pair", func(e Event) bool { b, ok := e.Body.(*LinkPair); return ok && b.Pair == 2 })
			most := 16
			if c.anew {
				again := r.await("pairs anew", ofType(TypeLinkStart)).Body.(*LinkStart)
				if again.Order != first.Order[2:] || !strings.HasPrefix(again.Words, "Staging takes up to 60ms: more of each half is left out, and what was made so far does not count. ") {
					t.Errorf("began with %+v, then with %+v", first, again)
				}
				most = 14
			}
			r.await("a pair", func(e Event) bool { b, ok := e.Body.(*LinkPair); return ok && (!c.anew || b.Pair == 1) })
			if left := r.Snapshot().Link.Running.Left(); left >= most {
				t.Errorf("%d pairs are left", left)
			}
			r.do(StopCheck{})
			v := r.verdict()
			if v.Refused || v.Verdict.UsedSeconds != c.used || v.Verdict.MaxPairs != most {
				t.Fatalf("verdict %+v of %+v", v, v.Verdict)
			}
			if got := v.Verdict; c.anew && (got.SkippedPairs != 2 || got.StagingP95 != c.p95.Seconds()) || !c.anew && got.SkippedPairs > 0 {
				t.Errorf("%d pairs were left out, staging takes %v s", v.Verdict.SkippedPairs, v.Verdict.StagingP95)
			}
			st := Fold(r.finish())
			if past := st.Link.Past[len(st.Link.Past)-1]; len(past.Strip) != v.Verdict.Pairs {
				t.Errorf("%d pairs are shown, %d were weighed", len(past.Strip), v.Verdict.Pairs)
			}
		})
	}
}

// Where staging's load lingers for as long as a half, the check ends as soon as that is known.
func TestAStagingTooSlowForItsHalvesEndsTheCheck(t *testing.T) {
	t.Parallel()
	r := startTwins(t, newTwins(t, 0), nil)
	var asked atomic.Int32
	r.links.stagingP95 = func(int, uint64) time.Duration { return time.Duration(asked.Add(1)-1) * time.Second }
	r.do(StartCheck{Users: 3})
	v := r.verdict()
	if v.Kind != string(link.Void) || v.Verdict.Pairs != 1 || v.Verdict.StagingP95 != 1 || !strings.HasPrefix(v.Words, "This check does not count: staging takes up to 1s, too slow for halves of 0.4 s: use the slow profile.") {
		t.Errorf("verdict %+v of %+v", v, v.Verdict)
	}
}

// Slow answers may be under way when the first pair ends: what that tells is not final.
func TestAStagingThatTurnsOutTooSlowEndsTheCheck(t *testing.T) {
	t.Parallel()
	r := startTwins(t, newTwins(t, 0), nil)
	var asked atomic.Int32
	r.links.stagingP95 = func(int, uint64) time.Duration {
		return map[int32]time.Duration{2: 10 * time.Millisecond, 3: time.Second}[asked.Add(1)]
	}
	r.do(StartCheck{Users: 3})
	if v := r.verdict(); v.Kind != string(link.Void) || v.Verdict.Pairs != 2 || v.Verdict.Why != "too slow" {
		t.Errorf("verdict %+v of %+v", v, v.Verdict)
	}
}

// Where no check can be made of what is left of each half, pairs of whole halves are none.
func TestASlowStagingThatLeavesTooLittleEndsTheCheck(t *testing.T) {
	t.Parallel()
	r := startTwins(t, newTwins(t, 0), nil)
	r.links.named = func(string) (link.Profile, error) {
		p := shortCheck()
		p.MinPairs = p.MaxPairs // a check begun anew has fewer
		return p, nil
	}
	var asked atomic.Int32
	r.links.stagingP95 = func(int, uint64) time.Duration {
		if asked.Add(1) < 2 {
			return 0
		}
		return 60 * time.Millisecond
	}
	r.do(StartCheck{Users: 3})
	if v := r.verdict(); v.Kind != string(link.Inconclusive) || v.Verdict.Pairs != 1 || !strings.HasPrefix(v.Words, "Cannot tell. Stopped after 1 random pair (staging takes up to 60ms, and production is too noisy") {
		t.Errorf("verdict %+v of %+v", v, v.Verdict)
	}
}

// Production may turn red by itself before any load: that is no suspicion.
func TestRedInTheQuietPhaseIsNoSuspicion(t *testing.T) {
	t.Parallel()
	extra := fake(monitors.Production, "web-9", time.Millisecond)
	r := startTwins(t, newTwins(t, 0), func(o *Options) {
		o.Rules.Attended = true
		o.Checks = append(o.Checks, extra.check())
	})
	r.links.named = func(string) (link.Profile, error) {
		p := shortCheck()
		p.Quiet = time.Hour
		return p, nil
	}
	r.do(StartCheck{Users: 3})
	extra.takes.Store(-1)
	v := r.verdict()
	if !v.Refused || v.Kind != string(link.Inconclusive) || !strings.HasPrefix(v.Words, "Stopped before the first pair: production is red before any load: web-9") {
		t.Errorf("verdict %+v", v)
	}
}

// What a gentle load took counts, and enough of it: not what an overload did.
func TestHowSlowStagingIsForACheck(t *testing.T) {
	t.Parallel()
	level := func(asked int, requests uint64, p95 float64) Level {
		return Level{LevelTick: LevelTick{Asked: asked, LevelSum: LevelSum{Requests: requests, P50: new(min(p95, 0.02)), P95: &p95}}}
	}
	st := NewState()
	st.Levels = []Level{level(1, 1, 0.9), level(5, 12, 0.5), level(0, 2, 9), level(5, 24, 0.6), level(200, 9000, 3)}
	for _, c := range []struct {
		users  int
		enough uint64
		want   time.Duration
	}{{5, 20, 600 * time.Millisecond}, {5, 27, 0}, {5, 1, 600 * time.Millisecond}, {4, 20, 0}, {4, 1, 900 * time.Millisecond}, {300, 20, 3 * time.Second}, {0, 1, 0}, {5, 0, 600 * time.Millisecond}, {4, 0, 900 * time.Millisecond}} {
		if got := st.StagingP95(c.users, c.enough); got != c.want {
			t.Errorf("with %d users, of %d requests: %v, want %v", c.users, c.enough, got, c.want)
		}
	}
	st.Dial.Running, st.Load.Ten = 5, &Window{Requests: 30, P95: new(0.07)}
	if got := st.StagingP95(5, 0); got != 70*time.Millisecond {
		t.Errorf("of what runs %v", got)
	}

	// One slow answer is no percentile, neither of two short levels nor of what runs.
	st.Levels, st.Load.Ten = []Level{level(5, 10, 0.02), level(5, 10, 0.9)}, &Window{Requests: 9, P95: new(2.6)}
	for _, enough := range []uint64{20, 0} {
		if got := st.StagingP95(5, enough); got != 20*time.Millisecond {
			t.Errorf("with one slow answer of 20, of %d: %v", enough, got)
		}
	}
	if st.Levels = st.Levels[1:]; st.StagingP95(5, 0) != 20*time.Millisecond || st.StagingP95(5, 1) != 900*time.Millisecond {
		t.Errorf("of 10 that run %v, at the last look %v", st.StagingP95(5, 0), st.StagingP95(5, 1))
	}
}

// A staging that is too slow for dips is said before anything is suspended for them.
func TestDipsOfATooSlowStagingAreRefused(t *testing.T) {
	t.Parallel()
	r := startTwins(t, newTwins(t, 0), nil)
	r.do(SetDial{To: 3})
	r.await("the users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 3 })
	r.links.staging = func(*State, int, uint64) time.Duration { return 3 * time.Second }
	r.links.dips = link.DipsFor
	if no := r.refused(StartDips{}); !strings.Contains(no, "staging answers in 3s, too slow for halves of 15s") || !strings.HasSuffix(no, "ease the load first, then ask again") {
		t.Errorf("refused: %s", no)
	}
}
