package monitors

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// collect runs a monitor for a time in a synctest bubble and returns the
// samples.
func collect(t *testing.T, m *Monitor, length time.Duration) []Sample {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	out := make(chan Sample, 100_000)
	m.Run(ctx, out)
	close(out)
	var all []Sample
	for s := range out {
		all = append(all, s)
	}
	if n := m.Lost(); n != 0 {
		t.Errorf("%d samples lost", n)
	}
	return all
}

func phase(all []Sample, p Phase, name string) []Sample {
	var out []Sample
	for _, s := range all {
		if s.Phase == p && s.Name == name {
			out = append(out, s)
		}
	}
	return out
}

// takes makes a probe that needs a time.
func takes(d time.Duration) Probe {
	return func(ctx context.Context) Result {
		select {
		case <-time.After(d):
			return Result{OK: true}
		case <-ctx.Done():
			return Result{Hard: true, Reason: "no answer"}
		}
	}
}

func mustMonitor(t *testing.T, checks ...Check) *Monitor {
	t.Helper()
	m, err := New(checks)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDueTimesAreFixed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		all := collect(t, mustMonitor(t,
			Check{Env: Production, Name: "a", Every: 100 * ms, Probe: takes(30 * ms)},
			Check{Env: Production, Name: "b", Every: 100 * ms, Probe: takes(ms)},
			Check{Env: Staging, Name: "a", Every: 100 * ms, Probe: takes(ms)},
		), 10*time.Second-ms)
		sent := phase(all, Sent, "a")
		if len(sent) != 200 || len(phase(all, Sent, "b")) != 100 || len(phase(all, Missing, "a")) != 0 {
			t.Fatalf("%d and %d sent", len(sent), len(phase(all, Sent, "b")))
		}
		seen := map[int]int{}
		for _, s := range all {
			offset := 0 * ms
			if s.Name == "b" {
				offset = 50 * ms // half a period after its neighbour
			}
			if s.Phase == Sent {
				if want := start.Add(offset + time.Duration(seen[s.Check])*100*ms); !s.Due.Equal(want) || !s.At.Equal(want) {
					t.Fatalf("%s %s due %v, sent %v, want %v", s.Env, s.Name, s.Due, s.At, want)
				}
				seen[s.Check]++
			}
			if s.Phase == Done && s.Name == "a" && s.Env == Production && (s.Latency != 30*ms || !s.Result.OK || s.At.Sub(s.Due) != 30*ms) {
				t.Fatalf("done %+v", s)
			}
		}
	})
}

func TestASlowAnswerMovesNoDueTimeAndMissingIsASample(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var running, most atomic.Int32
		probe := func(ctx context.Context) Result {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			return takes(250 * ms)(ctx)
		}
		all := collect(t, mustMonitor(t, Check{Env: Production, Name: "a", Every: 100 * ms, Probe: probe}), 3*time.Second-ms)
		sent, missing, done := phase(all, Sent, "a"), phase(all, Missing, "a"), phase(all, Done, "a")
		if len(sent) != 10 || len(missing) != 20 || len(done) != 10 || most.Load() != 1 {
			t.Fatalf("%d sent, %d missing, %d done, %d in flight; want 10, 20, 10, 1", len(sent), len(missing), len(done), most.Load())
		}
		for i, s := range sent {
			if want := start.Add(time.Duration(i) * 300 * ms); !s.Due.Equal(want) {
				t.Errorf("sent %d due %v, want %v", i, s.Due.Sub(start), want.Sub(start))
			}
		}
		for i, s := range missing {
			want := start.Add(time.Duration(i/2)*300*ms + time.Duration(1+i%2)*100*ms)
			if !s.Due.Equal(want) || s.Result.Blind || s.Result.Reason == "" {
				t.Errorf("missing %d due %v: %+v", i, s.Due.Sub(start), s.Result)
			}
		}
	})
}

func TestATimeoutEndsAProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := collect(t, mustMonitor(t, Check{Env: Production, Name: "a", Every: 100 * ms, Timeout: 450 * ms, Probe: takes(time.Hour)}), time.Second)
		done := phase(all, Done, "a")
		if len(done) != 1 && len(done) != 2 {
			t.Fatalf("%d done", len(done))
		}
		if done[0].Latency != 450*ms || !done[0].Result.Hard {
			t.Errorf("%+v", done[0])
		}
	})
}

// When the whole program stood still, what was not sent is told once and not
// sent afterwards.
func TestNoCatchUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := mustMonitor(t, Check{Env: Production, Name: "a", Every: 100 * ms, Probe: takes(ms)})
		out := make(chan Sample, 100)
		ctx, cancel := context.WithCancel(t.Context())
		s := &schedule{monitor: m, check: &m.checks[0], out: out, period: 100 * ms, due: time.Now().Add(-2050 * ms), answers: make(chan answer, 1)}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			var wg sync.WaitGroup
			s.run(ctx, &wg)
			wg.Wait()
		}()
		<-time.After(140 * ms)
		cancel()
		<-ended
		close(out)
		var all []Sample
		for x := range out {
			all = append(all, x)
		}
		missing, sent := phase(all, Missing, "a"), phase(all, Sent, "a")
		if len(missing) != 1 || !missing[0].Result.Blind || !strings.Contains(missing[0].Result.Reason, "20 probes") {
			t.Errorf("missing %+v", missing)
		}
		if len(sent) != 2 {
			t.Errorf("%d sent after the stop, want 2", len(sent))
		}
	})
}

func TestOneProbeInTenIsFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fresh := func(context.Context) Result { return Result{OK: true, Reason: "fresh"} }
		all := collect(t, mustMonitor(t,
			Check{Env: Production, Name: "a", Every: 100 * ms, Probe: takes(ms), Fresh: fresh},
			Check{Env: Production, Name: "b", Every: 100 * ms, Probe: takes(ms), Fresh: fresh},
		), 10*time.Second-ms)
		at := map[string]int{}
		for _, name := range []string{"a", "b"} {
			n := 0
			for i, s := range phase(all, Done, name) {
				if s.Fresh != (s.Result.Reason == "fresh") {
					t.Fatalf("%+v", s)
				}
				if s.Fresh {
					n++
					at[name] = i % 10
				}
			}
			if n != 10 {
				t.Errorf("%s: %d of 100 fresh", name, n)
			}
		}
		if at["a"] == at["b"] {
			t.Error("neighbours open connections in the same round")
		}
	})
}

func TestLimitedChecksSlowDownUntilTheyAreAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		asked := 0
		probe := func(context.Context) Result {
			asked++
			switch {
			case asked < 7:
				return Result{Limited: true, Reason: "limits our checks (429)"}
			case asked == 7:
				return Result{Limited: true, RetryAfter: 100 * time.Second, Reason: "limits our checks (429)"}
			case asked == 8:
				return Result{Hard: true, Reason: "answered 503"}
			default:
				return Result{OK: true}
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		out := make(chan Sample, 10_000)
		ended := make(chan struct{})
		m := mustMonitor(t, Check{Env: Production, Name: "a", Every: time.Second, Probe: probe})
		go func() {
			defer close(ended)
			m.Run(ctx, out)
		}()
		next := func() time.Duration {
			for s := range out {
				if s.Phase == Sent {
					return s.Due.Sub(start)
				}
			}
			return 0
		}
		// Doubled each time up to 30 s, then by the server's wish, then as before.
		for i, want := range []time.Duration{0, 2, 6, 14, 30, 60, 90, 190, 191, 192} {
			if got := next(); got != want*time.Second {
				t.Errorf("probe %d at %v, want %d s", i, got, want)
			}
		}
		cancel()
		<-ended
	})
}

func TestPeriodsStretchToTheCap(t *testing.T) {
	var checks []Check
	for name := range strings.FieldsSeq("a b c d e f g h i j k l m n o p q r s t") {
		checks = append(checks, Check{Env: Production, Name: name, Every: 100 * ms, Probe: noProbe})
	}
	m := mustMonitor(t, append(checks, Check{Env: Self, Name: "a", Every: time.Second, Probe: noProbe})...)
	if got := m.Rate(Production); got < 99.9 || got > 100.1 {
		t.Errorf("rate %v, want 100", got)
	}
	if got := m.Checks()[0].Every; got != 200*ms || m.Stretched(Production) != 2 {
		t.Errorf("period %v, stretched %v; want 200ms, 2", got, m.Stretched(Production))
	}
	if got := m.Checks()[20].Every; got != time.Second || m.Stretched(Self) != 1 || m.Rate(Control) != 0 {
		t.Errorf("the other environment's period is %v", got)
	}
	if checks[0].Every != 100*ms {
		t.Error("the caller's checks were changed")
	}
}

func TestNewRefuses(t *testing.T) {
	good := Check{Env: Production, Name: "a", Every: time.Second, Probe: noProbe}
	tests := []struct {
		name   string
		change func(*Check)
	}{
		{"same name", func(*Check) {}},
		{"no environment", func(c *Check) { c.Env = "" }},
		{"no name", func(c *Check) { c.Name = "" }},
		{"no probe", func(c *Check) { c.Probe = nil }},
		{"no period", func(c *Check) { c.Every = 0 }},
		{"negative timeout", func(c *Check) { c.Timeout = -1 }},
	}
	for _, tt := range tests {
		c := good
		tt.change(&c)
		if _, err := New([]Check{good, c}); err == nil {
			t.Errorf("%s: no error", tt.name)
		}
	}
	same := good
	same.Env = Staging
	if _, err := New([]Check{good, same}); err != nil {
		t.Errorf("the same name in another environment: %v", err)
	}
}

func TestAStuckReaderCostsSamplesNotTheSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		m := mustMonitor(t, Check{Env: Production, Name: "a", Every: 100 * ms, Probe: func(context.Context) Result {
			asked.Add(1)
			return Result{OK: true}
		}})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second-ms)
		defer cancel()
		m.Run(ctx, make(chan Sample))
		if asked.Load() != 20 || m.Lost() != 40 {
			t.Errorf("%d asked, %d lost; want 20, 40", asked.Load(), m.Lost())
		}
	})
}

func TestAProbeThatPanicsTellsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := collect(t, mustMonitor(t, Check{Env: Production, Name: "a", Every: 100 * ms, Probe: func(context.Context) Result { panic("broken") }}), time.Second-ms)
		done := phase(all, Done, "a")
		if len(done) != 10 || !done[0].Result.Blind || !strings.Contains(done[0].Result.Reason, "broken") {
			t.Errorf("%d done: %+v", len(done), done)
		}
	})
}

func TestRunGivesConnectionsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closed := 0
		c := Check{Env: Production, Name: "a", Every: 100 * ms, Probe: takes(time.Hour), Close: func() { closed++ }}
		all := collect(t, mustMonitor(t, c), 50*ms)
		if closed != 1 || len(phase(all, Done, "a")) != 0 {
			t.Errorf("closed %d times; a probe that we cancelled was reported: %v", closed, len(phase(all, Done, "a")))
		}
	})
}
