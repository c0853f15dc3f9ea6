package session

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"crosstalk/monitors"
	"crosstalk/session/link"
)

// What is read once in five seconds has no value in most halves of four: it is asked
// more often for the check, or left out.
func TestCountersThatAreReadTooSeldomAreLeftOut(t *testing.T) {
	t.Parallel()
	metrics := func(every time.Duration, eager bool) monitors.Check {
		return monitors.Check{Env: monitors.Production, Name: "load", Kind: "metrics", Slow: true, Every: every, Eager: eager}
	}
	db := func(every time.Duration, eager bool) monitors.Check {
		return monitors.Check{Env: monitors.Production, Name: "db", Kind: "postgres", Every: every, Eager: eager, Counts: true}
	}
	staging := metrics(time.Hour, false)
	staging.Env = monitors.Staging
	for _, tt := range []struct {
		name            string
		check           monitors.Check
		profile         link.Profile
		p95             time.Duration
		seldom, hurries bool
	}{
		{"as configured without a period", metrics(5*time.Second, true), link.Standard(), 0, false, true},
		{"the same, quick", metrics(5*time.Second, true), link.Quick(), 0, false, true},
		{"the same, slow: one in 25 s is enough", metrics(5*time.Second, true), link.Slow(), 0, false, false},
		{"every 5 s by the file", metrics(5*time.Second, false), link.Standard(), 0, true, false},
		{"every 4 s by the file", metrics(4*time.Second, false), link.Standard(), 0, false, false},
		{"every 4 s, slow staging", metrics(4*time.Second, false), link.Standard(), 400 * time.Millisecond, true, false},
		{"a database, quick: two in 2 s, wherever they fall", db(time.Second, true), link.Quick(), 0, false, true},
		{"a database, quick, slow staging", db(time.Second, true), link.Quick(), 400 * time.Millisecond, false, true},
		{"a database, quick, staging too slow", db(time.Second, true), link.Quick(), 500 * time.Millisecond, true, false},
		{"a database every second by the file, quick", db(time.Second, false), link.Quick(), 0, true, false},
		{"the same, standard", db(time.Second, false), link.Standard(), 0, false, false},
		{"a database every 500 ms", db(500*time.Millisecond, false), link.Quick(), 0, false, false},
		{"a database every 250 ms, which tells every 500", db(250*time.Millisecond, false), link.Quick(), 400 * time.Millisecond, false, false},
		{"the same, staging too slow", db(250*time.Millisecond, false), link.Quick(), 500 * time.Millisecond, true, false},
		{"a database every 3 s", db(3*time.Second, false), link.Standard(), 0, true, false},
		{"staging's own", staging, link.Standard(), 0, false, false},
	} {
		p := newProbes([]monitors.Check{tt.check})
		u := p.countersIn(tt.profile, tt.p95)
		words := u.words(p.checks, tt.profile)
		if u.seldom[0] != tt.seldom || u.hurries != tt.hurries || strings.Contains(words, tt.check.Name) != tt.seldom {
			t.Errorf("%s: %+v: %q", tt.name, u, words)
		}
	}

	// A page that only has to be there is no counter that is missed.
	for numbers, want := range map[bool]int{false: 0, true: 1} {
		page := metrics(time.Second, false)
		page.Numbers = numbers
		if u := newProbes([]monitors.Check{page}).countersIn(link.Standard(), 0); len(u.asked) != want {
			t.Errorf("numbers %t: %+v are asked", numbers, u.asked)
		}
	}
	if u := newProbes([]monitors.Check{db(time.Second, true)}).countersIn(link.Standard(), 0); !slices.Equal(u.asked, []link.Counter{{Name: "db transactions", Counted: true}}) {
		t.Errorf("%+v are asked", u.asked)
	}

	p := newProbes([]monitors.Check{metrics(5*time.Second, false)})
	from := time.Now()
	p.offer(monitors.Sample{Due: from.Add(2 * time.Second), Phase: monitors.Done, Result: monitors.Result{OK: true, Measured: true, Value: 7}})
	p.drain()
	h := halfSpan{from: from, length: 5 * time.Second}
	if got := p.counters(h, p.countersIn(link.Standard(), 0)); len(got) > 0 {
		t.Errorf("%v is counted", got)
	}
	if got := p.counters(h, p.countersIn(link.Slow(), 0)); len(got) > 0 { // due before the used part
		t.Errorf("%v is counted", got)
	}
	h.from = from.Add(-5 * time.Second)
	h.length = 30 * time.Second
	if got := p.counters(h, p.countersIn(link.Slow(), 0)); !slices.Equal(got, []link.Counter{{Name: "load", Rate: 7}}) {
		t.Errorf("%v", got)
	}
}

// A shorter period is recommended only where the database would tell more often for it.
func TestAShorterPeriodIsRecommendedWhereItHelps(t *testing.T) {
	t.Parallel()
	const shorter, slower = "A shorter every: or another profile helps.", "too short for two readings: db (every 500ms). A slower profile helps."
	for _, tt := range []struct {
		name  string
		wait  time.Duration // what the database's answers take
		p95   time.Duration // staging's
		every time.Duration // the database's period in the file
		want  string
	}{
		{"a second, quick", 0, 0, time.Second, shorter},
		{"500 ms is enough", 0, 0, 500 * time.Millisecond, ""},
		{"a far database", 100 * time.Millisecond, 0, 500 * time.Millisecond, ""},
		{"a far database that is asked seldom", 100 * time.Millisecond, 0, 950 * time.Millisecond, shorter},
		{"slow staging, and asked four times a second", 0, 500 * time.Millisecond, 250 * time.Millisecond, slower},
		{"slow staging and a far database", 200 * time.Millisecond, 430 * time.Millisecond, 250 * time.Millisecond, slower},
	} {
		p := newProbes([]monitors.Check{{Env: monitors.Production, Name: "db", Kind: "postgres", Every: tt.every, Counts: true}})
		for i := range 10 {
			p.offer(monitors.Sample{Due: time.Now().Add(time.Duration(i) * time.Second), Phase: monitors.Done, Latency: tt.wait, Result: monitors.Result{OK: true}})
		}
		p.drain()
		w := p.countersIn(link.Quick(), tt.p95).words(p.checks, link.Quick())
		if !strings.HasSuffix(w, tt.want) || (w == "") != (tt.want == "") {
			t.Errorf("%s: %q", tt.name, w)
		}
	}
}

// One that never told what it does keeps a check open also where its readings would not fit a half.
func TestADatabaseThatNeverToldIsMissedInShortHalves(t *testing.T) {
	t.Parallel()
	for _, tells := range []bool{true, false} {
		p := newProbes([]monitors.Check{{Env: monitors.Production, Name: "db", Kind: "postgres", Every: time.Second, Counts: true}})
		p.offer(monitors.Sample{Due: time.Now(), Phase: monitors.Done, Result: monitors.Result{OK: true, Worked: tells, WorkedAt: time.Now()}})
		p.drain()
		if u := p.countersIn(link.Quick(), 500*time.Millisecond); !u.seldom[0] || (len(u.asked) == 0) != tells {
			t.Errorf("tells %t: %+v", tells, u)
		}
	}
}

// Whatever the phase of its readings, a database that was not left out has a value in every
// half of the shortest profile, also where its answers take a while.
func TestADatabaseCountsInEveryQuickHalf(t *testing.T) {
	t.Parallel()
	profile := link.Quick()
	for _, wait := range []time.Duration{0, 20 * time.Millisecond, 150 * time.Millisecond, 300 * time.Millisecond} {
		checks := []monitors.Check{{Env: monitors.Production, Name: "db", Kind: "postgres", Every: time.Second, Eager: true, Counts: true}}
		p := newProbes(checks)
		from := time.Now()
		told := func(due time.Time) {
			p.offer(monitors.Sample{Due: due, Phase: monitors.Done, Latency: wait,
				Result: monitors.Result{OK: true, Worked: true, Work: float64(due.Sub(from).Milliseconds()), WorkedAt: due.Add(wait)}})
			p.drain()
		}
		for at := -time.Minute; at < 0; at += time.Second {
			told(from.Add(at))
		}
		u := p.countersIn(profile, 0)
		if u.seldom[0] || !u.hurries {
			t.Fatalf("answers of %v: %+v", wait, u)
		}
		every := checks[0].Counted(CountersEvery)
		for at := time.Duration(0); at < 10*time.Second; at += every {
			told(from.Add(at))
		}
		for phase := time.Duration(0); phase < every; phase += 10 * time.Millisecond {
			if got := p.counters(halfSpan{from: from.Add(phase), length: profile.Half}, u); len(got) != 1 {
				t.Errorf("answers of %v, a half %v into the readings: %+v", wait, phase, got)
			}
		}
	}
}

// A number that only grows tells nothing of a half: it is no counter, and that is said.
func TestATotalIsNoCounter(t *testing.T) {
	t.Parallel()
	checks := []monitors.Check{{Env: monitors.Production, Name: "requests", Kind: "metrics", Slow: true, Every: time.Second, Numbers: true}}
	p := newProbes(checks)
	from := time.Now()
	for i := range 5 {
		p.offer(monitors.Sample{Due: from.Add(time.Duration(i) * time.Second), Phase: monitors.Done,
			Result: monitors.Result{OK: true, Measured: true, Value: 1e6 + float64(i), Total: true}})
	}
	p.drain()
	u := p.countersIn(link.Standard(), 0)
	if w := u.words(checks, link.Standard()); len(u.asked) > 0 || !strings.Contains(w, "a total that only grows: requests. With rate: true") {
		t.Errorf("%+v: %q", u, w)
	}
	if got := p.counters(halfSpan{from: from, length: 5 * time.Second}, u); len(got) > 0 {
		t.Errorf("%v is counted", got)
	}
}

// A counter that never gives a number is missed before the first pair and at the end.
func TestACounterThatGivesNoNumberIsMissed(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 0)
	r := startTwins(t, w, func(o *Options) {
		o.Checks = slices.Clone(o.Checks)
		o.Checks[3].Probe = func(context.Context) monitors.Result {
			return monitors.Result{Blind: true, Reason: "the page has no number for a_typo"}
		}
		o.Checks[3].Numbers = true
	})
	r.do(StartCheck{Users: 3})
	if b := r.await("its pairs", ofType(TypeLinkStart)).Body.(*LinkStart); !strings.Contains(b.Words, "db gave no number in the quiet phase") {
		t.Errorf("%q", b.Words)
	}
	v := r.verdict()
	if v.Kind == string(link.NoLinkSeen) || v.Kind == string(link.Inconclusive) && !strings.Contains(v.Words, "db gave no number in the quiet phase") {
		t.Errorf("%s: %s", v.Kind, v.Words)
	}
}

// A database that could not be asked is missed as one that gives no number: a check
// without it is not clean, and says why.
func TestADatabaseThatCannotBeAskedIsMissed(t *testing.T) {
	t.Parallel()
	const said = "what production's redis does is not counted: it lets nobody in"
	r := startTwins(t, newTwins(t, 0), func(o *Options) {
		o.Uncounted = []Uncounted{{Name: "database", Kind: "redis", Said: said}}
	})
	if got := r.Snapshot().Start.Uncounted; len(got) != 1 || got[0] != (Uncounted{Name: "database", Kind: "redis", Said: said}) {
		t.Errorf("the record begins without %+v", got)
	}
	r.do(StartCheck{Users: 3})
	begun := r.await("its pairs", ofType(TypeLinkStart)).Body.(*LinkStart)
	if !strings.Contains(begun.Words, "database commands gave no number in the quiet phase, as nobody asks it") || strings.Contains(begun.Words, "its check") ||
		!strings.Contains(begun.Words, " Look here: "+said+". Start again once that is mended.") ||
		begun.Forecast == nil || !slices.Equal(begun.Forecast.Silent, []string{"database commands"}) {
		t.Errorf("%q, %+v", begun.Words, begun.Forecast)
	}
	v := r.verdict()
	if v.Kind == string(link.NoLinkSeen) || v.Kind == string(link.Inconclusive) && !strings.Contains(v.Words, said) {
		t.Errorf("%s: %s", v.Kind, v.Words)
	}
}

// Who hurries from the start has the counters in the quiet phase as often as in the halves:
// no check waits for a quiet phase of its own, and the pace stays when it has ended.
func TestASessionMayHurryCountersFromTheStart(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 0)
	r := startTwins(t, w, func(o *Options) { o.Hurried = true })
	if got := r.links.probes.pace; got != CountersEvery {
		t.Errorf("hurried to %v", got)
	}
	hurried := make(chan time.Duration, 10)
	hurry := r.links.hurry
	r.links.hurry = func(every time.Duration) { hurried <- every; hurry(every) }
	r.do(StartCheck{Users: 3})
	r.await("its pairs", ofType(TypeLinkStart))
	r.do(StopCheck{})
	r.verdict()
	for _, when := range []string{"for the check", "after it"} {
		if got := <-hurried; got != CountersEvery {
			t.Errorf("hurried to %v %s", got, when)
		}
	}
	p := newProbes([]monitors.Check{{Env: monitors.Production, Name: "db", Kind: "postgres", Every: time.Second, Eager: true, Counts: true}})
	p.pace = CountersEvery
	if u := p.countersIn(link.Quick(), 0); u.hurries || u.seldom[0] {
		t.Errorf("a quiet phase that was hurried is not read: %+v", u)
	}
}

// Counters are hurried from the order of a check to its end, and no longer.
func TestACheckHurriesCounters(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 0)
	r := startTwins(t, w, func(o *Options) {
		o.Checks = slices.Clone(o.Checks)
		o.Checks[3].Eager, o.Checks[3].Every = true, time.Hour
	})
	hurried := make(chan time.Duration, 10)
	hurry := r.links.hurry
	r.links.hurry = func(every time.Duration) { hurried <- every; hurry(every) }
	r.do(StartCheck{Users: 3})
	if got := <-hurried; got != CountersEvery {
		t.Errorf("hurried to %v", got)
	}
	begun := r.await("its pairs", ofType(TypeLinkStart)).Body.(*LinkStart)
	if !strings.Contains(begun.Words, "Not counted, as it is asked too seldom for the 300ms that are used of each half: db (every 1s).") {
		t.Errorf("%q", begun.Words)
	}
	if len(hurried) > 0 {
		t.Error("the hurry ended before the check")
	}
	r.do(StopCheck{})
	if v := r.verdict(); v.Kind == string(link.Inconclusive) && !strings.Contains(v.Words, "Not counted") {
		t.Errorf("%q", v.Words)
	}
	if got := <-hurried; got != 0 {
		t.Errorf("hurried to %v after it", got)
	}
}
