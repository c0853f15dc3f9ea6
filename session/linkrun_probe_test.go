package session

import (
	"slices"
	"testing"
	"time"

	"crosstalk/monitors"
	"crosstalk/session/link"
)

func probeChecks() []monitors.Check {
	return []monitors.Check{
		{Env: monitors.Production, Name: "web-1", Kind: "http"},
		{Env: monitors.Production, Name: "load", Kind: "metrics", Slow: true},
		{Env: monitors.Staging, Name: "web-1", Kind: "http"},
		{Env: monitors.Self, Name: monitors.SinkName, Kind: "http"},
		{Env: monitors.Self, Name: monitors.HostName, Kind: "host"},
		{Env: monitors.Production, Name: "wall", Kind: "person", Slow: true},
		{Env: monitors.Production, Name: "db", Kind: "postgres"},
	}
}

func TestProbesOfAHalf(t *testing.T) {
	from := time.Now()
	at := func(ms int) time.Time { return from.Add(time.Duration(ms) * time.Millisecond) }
	done := func(check, due, took int, r monitors.Result) monitors.Sample {
		return monitors.Sample{Check: check, Due: at(due), Latency: time.Duration(took) * time.Millisecond, Phase: monitors.Done, Result: r}
	}
	good := monitors.Result{OK: true}
	p := newProbes(probeChecks())
	for _, s := range []monitors.Sample{
		done(0, -1, 5, good), // of the half before
		done(0, 0, 5, good),
		done(0, 100, 5, monitors.Result{Hard: true}),
		{Check: 0, Due: at(200), Phase: monitors.Missing},
		done(0, 300, 701, good), // answered when the half was over
		done(0, 400, 5, monitors.Result{Blind: true}),
		done(0, 950, 5, good),  // too late in the half to count
		done(2, 100, 5, good),  // staging's
		done(4, 100, 5, good),  // this machine's vital signs
		done(5, 100, 5, good),  // a person
		done(3, 100, 1, good),  // our own sink
		done(99, 100, 1, good), // no such check
		{Check: 6, Due: at(700), Phase: monitors.Sent},
		{Check: 6, Due: at(600), Phase: monitors.Sent}, // still under way
	} {
		p.offer(s)
	}
	p.drain()
	want := []link.Sample{
		{Env: link.Production, Check: "web-1", Due: 0, Latency: 5 * time.Millisecond, Outcome: link.OK},
		{Env: link.Production, Check: "web-1", Due: 100 * time.Millisecond, Latency: 5 * time.Millisecond, Outcome: link.Failed},
		{Env: link.Production, Check: "web-1", Due: 200 * time.Millisecond, Outcome: link.Missing},
		{Env: link.Production, Check: "web-1", Due: 300 * time.Millisecond, Latency: 701 * time.Millisecond, Outcome: link.Overdue},
		{Env: link.Production, Check: "web-1", Due: 400 * time.Millisecond, Latency: 5 * time.Millisecond, Outcome: link.Missing},
		{Env: link.Self, Check: monitors.SinkName, Due: 100 * time.Millisecond, Latency: time.Millisecond, Outcome: link.OK},
		{Env: link.Production, Check: "db", Due: 600 * time.Millisecond, Outcome: link.Overdue},
	}
	got := p.samples(halfSpan{from: from, length: time.Second, grace: 100 * time.Millisecond})
	if len(got) != len(want) {
		t.Fatalf("%d samples, want %d: %+v", len(got), len(want), got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("sample %d is %+v, want %+v", i, got[i], want[i])
		}
	}
}

// A server of 250 ms, asked every 100 ms, is a server of 250 ms: what could not
// be sent meanwhile counts like the probe that was out.
func TestAProbeBehindAnotherWaitsAsLong(t *testing.T) {
	from := time.Now()
	at := func(ms int) time.Time { return from.Add(time.Duration(ms) * time.Millisecond) }
	p := newProbes(probeChecks())
	for _, s := range []monitors.Sample{
		{Check: 0, Due: at(0), Phase: monitors.Sent},
		{Check: 0, Due: at(100), Phase: monitors.Missing},
		{Check: 3, Due: at(100), Phase: monitors.Done, Latency: time.Millisecond, Result: monitors.Result{OK: true}},
		{Check: 0, Due: at(200), Phase: monitors.Missing},
		{Check: 0, Due: at(0), Phase: monitors.Done, Latency: 250 * time.Millisecond, Result: monitors.Result{OK: true}},
		{Check: 0, Due: at(300), Phase: monitors.Missing, Result: monitors.Result{Blind: true}}, // we stood still
		{Check: 0, Due: at(400), Phase: monitors.Sent},
		{Check: 0, Due: at(500), Phase: monitors.Missing}, // not known yet
	} {
		p.offer(s)
	}
	p.drain()
	var took []time.Duration
	var outcomes []link.Outcome
	for _, s := range p.samples(halfSpan{from: from, length: time.Second}) {
		if s.Env == link.Production {
			took, outcomes = append(took, s.Latency), append(outcomes, s.Outcome)
		}
	}
	const ms = time.Millisecond
	if want := []time.Duration{250 * ms, 250 * ms, 250 * ms, 0, 0, 0}; !slices.Equal(sorted(took), sorted(want)) {
		t.Errorf("latencies %v, want %v", took, want)
	}
	missing := 0
	for _, o := range outcomes {
		if o == link.Missing {
			missing++
		}
	}
	if missing != 2 || len(outcomes) != 6 {
		t.Errorf("%d of %d are missing, want 2 of 6", missing, len(outcomes))
	}
}

func sorted(d []time.Duration) []time.Duration { return slices.Sorted(slices.Values(d)) }

func TestCountersAreMeansOfTheUsedPart(t *testing.T) {
	from := time.Now()
	p := newProbes(probeChecks())
	for i, v := range []float64{1000, 10, 20, 1000} { // the first is discarded, the last is of the next half
		p.offer(monitors.Sample{Check: 1, Due: from.Add(time.Duration(i) * 300 * time.Millisecond), Phase: monitors.Done,
			Result: monitors.Result{OK: true, Measured: true, Value: v}})
	}
	p.drain()
	got := p.counters(halfSpan{from: from, length: 900 * time.Millisecond}, counterUse{from: 200 * time.Millisecond})
	if len(got) != 1 || got[0] != (link.Counter{Name: "load", Rate: 15}) {
		t.Errorf("counters %+v", got)
	}
}

// A reader that does not keep up costs samples, never time.
func TestProbesNeverWait(t *testing.T) {
	p := newProbes(probeChecks())
	for range probeRoom + 10 {
		p.offer(monitors.Sample{Check: 0, Phase: monitors.Done, Result: monitors.Result{OK: true}})
	}
	if p.lost.Load() != 10 {
		t.Errorf("%d were lost, want 10", p.lost.Load())
	}
	p.drain()
	if len(p.past) != probeRoom {
		t.Errorf("%d are remembered", len(p.past))
	}
}

func TestProbesAreForgotten(t *testing.T) {
	p := newProbes(probeChecks())
	now := time.Now()
	for i := range 100 {
		p.keep(probe{due: now.Add(-2*rememberFor + time.Duration(i)*rememberFor/50)})
	}
	p.forget(now.Add(rememberFor / 2))
	if n := len(p.past); n != 25 {
		t.Errorf("%d are remembered", n)
	}
}

// How busy this machine is comes from its vital signs, a half at a time; whether
// production shares it, from the addresses of what is timed.
func TestProbesOfThisMachine(t *testing.T) {
	checks := probeChecks()
	checks[0].Address, checks[6].Address = "127.0.0.2:80", "localhost:5432"
	p := newProbes(checks)
	from := time.Now()
	for ms, cpu := range map[int]float64{0: 5, 400: 60, 1000: 90, 1400: 5} {
		p.offer(monitors.Sample{Check: 4, Due: from.Add(time.Duration(ms) * time.Millisecond), Phase: monitors.Done,
			Result: monitors.Result{OK: true, Vitals: &monitors.Vitals{CPU: cpu}}})
	}
	p.drain()
	h := halfSpan{from: from, length: time.Second}
	if got := p.busy(h); got != 0.75 {
		t.Errorf("busy %v, want 0.75: a sample tells of the time before it", got)
	}
	if got := p.busy(halfSpan{from: from.Add(time.Hour), length: time.Second}); got != 0 {
		t.Errorf("busy %v with nothing known", got)
	}
	if got := p.counters(h, counterUse{}); len(got) > 0 {
		t.Errorf("%v counts as production's", got)
	}
	if !p.here() {
		t.Error("production on loopback is not seen to be here")
	}
	for _, a := range []string{"192.0.2.1:80", "shop.test:80", ""} {
		checks[0].Address = a
		if newProbes(checks).here() {
			t.Errorf("production at %q counts as on this machine", a)
		}
	}
	if newProbes(checks[2:5]).here() {
		t.Error("no production counts as on this machine")
	}
}

// What a database did in a half is the difference of what it counts, a second; its
// connections in use, which are asked every ten seconds, are nobody's work.
func TestWorkOfAHalf(t *testing.T) {
	p := newProbes(probeChecks())
	from := time.Now()
	read := func(ms int, work float64, worked bool) {
		p.offer(monitors.Sample{Check: 6, Due: from.Add(time.Duration(ms) * time.Millisecond), Phase: monitors.Done,
			Result: monitors.Result{OK: true, Measured: true, Value: 40, Unit: "%", Worked: worked, Work: work, WorkedAt: from.Add(time.Duration(ms) * time.Millisecond)}})
	}
	read(0, 1000, true) // of the time that does not count
	read(1000, 2000, true)
	read(1250, 0, false)
	read(2000, 2300, true)
	read(5000, 3000, true)
	read(5250, 9000, true) // of the half after
	read(9000, 9100, true)
	read(10000, 5, true) // began anew
	p.drain()
	h := halfSpan{from: from, length: 5 * time.Second}
	want := []link.Counter{{Name: "db transactions", Rate: 250, Counted: true}}
	if got := p.counters(h, counterUse{from: time.Second}); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	h.from = from.Add(5 * time.Second)
	if got := p.counters(h, counterUse{from: time.Second}); len(got) > 0 {
		t.Errorf("%v of a server that began anew", got)
	}
}

// On a new connection to a far server the count comes late, and what else is asked later
// still: what was done is done in the time between the counts, not between the moments
// when they were due, nor between whole answers.
func TestWorkIsCountedBetweenCounts(t *testing.T) {
	p := newProbes(probeChecks())
	from := time.Now()
	for _, r := range []struct {
		due, told, took time.Duration
		work            float64
	}{{time.Second, 150 * time.Millisecond, 450 * time.Millisecond, 2030}, {2 * time.Second, 0, 100 * time.Millisecond, 2200}} { // 200 a second
		p.offer(monitors.Sample{Check: 6, Due: from.Add(r.due), Latency: r.took, Phase: monitors.Done,
			Result: monitors.Result{OK: true, Worked: true, Work: r.work, WorkedAt: from.Add(r.due + r.told)}})
	}
	p.drain()
	want := []link.Counter{{Name: "db transactions", Rate: 200, Counted: true}}
	if got := p.counters(halfSpan{from: from, length: 2500 * time.Millisecond}, counterUse{from: 500 * time.Millisecond}); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	// The quiet phase is read some time after its halves, and must not promise more
	// than a half has that is read when it ends.
	if got := p.counters(halfSpan{from: from, length: 2050 * time.Millisecond}, counterUse{from: 500 * time.Millisecond}); len(got) > 0 {
		t.Errorf("%v of one whole answer", got)
	}
}
