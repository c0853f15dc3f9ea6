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
// that was taken away would else count in the halves without.
func TestPairsBeginAnewWhereStagingIsSlow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		p95  time.Duration
		anew bool
		used float64 // seconds of a half; 0: it is refused
	}{
		"fast enough": {30 * time.Millisecond, false, 0.3},
		"slow":        {60 * time.Millisecond, true, 0.22},
		"too slow":    {time.Second, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startTwins(t, newTwins(t, 0), nil)
			var asked atomic.Int32
			r.links.stagingP95 = func() time.Duration {
				if asked.Add(1) < 3 { // by the order, and after the first pair
					return 0
				}
				return c.p95
			}
			r.do(StartCheck{Users: 3, Seed: 7})
			first := r.await("its pairs", ofType(TypeLinkStart)).Body.(*LinkStart)
			r.await("a second pair", func(e Event) bool { b, ok := e.Body.(*LinkPair); return ok && b.Pair == 2 })
			if c.anew {
				if again := r.await("pairs anew", ofType(TypeLinkStart)).Body.(*LinkStart); again.Order != first.Order || !strings.HasPrefix(again.Words, "Staging takes up to 60ms: more of each half is left out, and the pairs begin anew. ") {
					t.Errorf("began with %+v, then with %+v", first, again)
				}
			}
			if c.used > 0 {
				r.await("a pair", func(e Event) bool { b, ok := e.Body.(*LinkPair); return ok && (!c.anew || b.Pair == 1) })
				r.do(StopCheck{})
			}
			v := r.verdict()
			if v.Refused != (c.used == 0) || c.used == 0 && !strings.Contains(v.Words, "staging answers in 1s, too slow for halves of 400ms: use the slow profile") {
				t.Fatalf("verdict %+v", v)
			}
			if c.used > 0 && v.Verdict.UsedSeconds != c.used {
				t.Errorf("%v s of each half are used, want %v", v.Verdict.UsedSeconds, c.used)
			}
			st := Fold(r.finish())
			if past := st.Link.Past[len(st.Link.Past)-1]; c.used > 0 && len(past.Strip) != v.Verdict.Pairs {
				t.Errorf("%d pairs are shown, %d were weighed", len(past.Strip), v.Verdict.Pairs)
			}
		})
	}
}
