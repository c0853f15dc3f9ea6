package session

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crosstalk/monitors"
)

// past writes a journal's beginning as an earlier session left it.
func past(t *testing.T, home, name string, events ...Event) {
	t.Helper()
	dir := filepath.Join(home, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for i, e := range events {
		e.V, e.Seq, e.T, e.By = Version, uint64(i+1), time.Date(2026, 10, 17, 12, 0, i, 0, time.UTC), BySession
		b, err := e.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(b, '\n'))
	}
	if err := os.WriteFile(filepath.Join(dir, JournalName), []byte(lines.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// asWritten masks nothing.
func asWritten(text string) string { return text }

func TestEarlierBaselineIsTheNewestThatFits(t *testing.T) {
	t.Parallel()
	checks := []monitors.Check{fake(monitors.Production, "web-1", 0).check(), fake(monitors.Production, "web-2", 0).check(), fake(monitors.Self, "sink", 0).check()}
	infos := func(edit func([]CheckInfo)) []CheckInfo {
		out := checkInfos(checks, asWritten)
		out[2].Address = "127.0.0.1:40001" // this machine's own is another each time
		if edit != nil {
			edit(out)
		}
		return out
	}
	started := func(c []CheckInfo) Event { return Event{Type: TypeStart, Body: &Start{Checks: c}} }
	learned := func(p50 float64, edit func(*BaselineEnd)) Event {
		b := &BaselineEnd{}
		for _, c := range checks {
			b.Thresholds = append(b.Thresholds, Threshold{Env: c.Env, Check: c.Name, N: 100, P50: p50, Fresh: 0.001, Amber: p50 + 0.025, Red: p50 + 0.1})
		}
		if edit != nil {
			edit(b)
		}
		return Event{Type: TypeBaselineEnd, Body: b}
	}
	home := t.TempDir()
	find := func() string {
		ts, from := EarlierBaseline(home, checks, asWritten)
		if from == "" {
			return ""
		}
		return fmt.Sprintf("%s %v", from[:strings.IndexByte(from, ' ')], ts[0].P50)
	}
	if got := find(); got != "" {
		t.Errorf("an empty home: %q", got)
	}
	past(t, home, "20260101-1", started(infos(nil)), learned(0.01, nil))
	if got := find(); got != "20260101-1 0.01" {
		t.Errorf("one: %q", got)
	}
	past(t, home, "20260102-1", started(infos(nil)), Event{Type: TypeHealthTick, Body: &HealthTick{Env: "production"}}, learned(0.02, nil))
	// Each newer, and each not to be used.
	past(t, home, "20260103-1", started(infos(func(c []CheckInfo) { c[0].Every = 1 })), learned(0.03, nil))
	past(t, home, "20260103-2", started(infos(func(c []CheckInfo) { c[0].Address = "web-1:81" })), learned(0.03, nil))
	past(t, home, "20260103-3", started(infos(nil)[1:]), learned(0.03, nil))
	past(t, home, "20260104-1", started(infos(nil)))
	past(t, home, "20260104-2", started(infos(nil)), learned(0.03, func(b *BaselineEnd) { b.Thresholds[0].P50 = 0 }))
	past(t, home, "20260104-3", started(infos(nil)), learned(0.03, func(b *BaselineEnd) { b.Thresholds[1].Note = "short baseline" }))
	past(t, home, "20260104-4", started(infos(nil)), learned(0.03, func(b *BaselineEnd) { b.Note = "earlier baseline of x (1 Jan 2026 10:00)" }))
	past(t, home, "20260104-5", started(infos(nil)), learned(0.03, func(b *BaselineEnd) { b.Thresholds = nil }))
	past(t, home, "20260104-6", started(infos(nil)), Event{Type: TypeHealthTick, Body: &HealthTick{Why: strings.Repeat("x", mostHead)}}, learned(0.03, nil))
	if err := os.WriteFile(filepath.Join(home, "20260105"), []byte("no folder"), 0o644); err != nil {
		t.Fatal(err)
	}
	past(t, home, "20260106-1")
	if err := os.WriteFile(filepath.Join(home, "20260106-1", JournalName), []byte("{torn"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := find(); got != "20260102-1 0.02" {
		t.Errorf("the newest usable: %q", got)
	}
	_, from := EarlierBaseline(home, checks, asWritten)
	if want := "20260102-1 (" + time.Date(2026, 10, 17, 12, 0, 0, 0, time.UTC).Local().Format("2 Jan 2006 15:04") + ")"; from != want {
		t.Errorf("from %q, want %q", from, want)
	}
	for i := range mostLooked {
		past(t, home, fmt.Sprintf("20260201-%02d", i), started(nil))
	}
	if got := find(); got != "" {
		t.Errorf("older than the fifty newest: %q", got)
	}
	if ts, from := EarlierBaseline(filepath.Join(home, "nowhere"), checks, asWritten); ts != nil || from != "" {
		t.Errorf("no home: %v %q", ts, from)
	}
}

// quiet starts a session with a long quiet phase over one fake server.
func quiet(t *testing.T, edit func(*Options, *faked)) (*started, *faked) {
	t.Helper()
	w := newWorld(t)
	o := w.options(t)
	web := fake(monitors.Production, "web-1", 10*time.Millisecond)
	o.Checks, o.Baseline = []monitors.Check{web.check()}, time.Hour
	edit(&o, web)
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.watch.fitAfter = time.Second
	r := &started{Session: s, t: t, ended: make(chan error, 1)}
	go func() { r.ended <- s.Run(t.Context()) }()
	r.await("the quiet phase", ofType(TypeBaselineStart))
	return r, web
}

func earlier(p50 float64) []Threshold {
	return []Threshold{{Env: monitors.Production, Check: "web-1", N: 400, P50: p50, P99: p50, Amber: p50 + 0.03, Red: p50 + 0.123}}
}

func TestAnEarlierBaselineIsOfferedAndUsed(t *testing.T) {
	t.Parallel()
	r, _ := quiet(t, func(o *Options, _ *faked) { o.Earlier, o.EarlierFrom = earlier(0.010), "20260102-1 (2 Jan 2026 10:00)" })
	if why := r.refused(UseBaseline{}); !strings.Contains(why, "no earlier baseline is offered") {
		t.Errorf("before the offer: %q", why)
	}
	b := r.await("the offer", ofType(TypeBaselineOffer)).Body.(*BaselineOffer)
	if b.From != "20260102-1 (2 Jan 2026 10:00)" || b.Why == "" || b.Withdrawn {
		t.Errorf("offer %+v", b)
	}
	if st := r.Snapshot(); st.Baseline.Offer == nil || st.Baseline.Offer.From != b.From {
		t.Errorf("state %+v", st.Baseline)
	}
	if why := r.refusedTo(Person{Name: "obs", Role: Observer}, UseBaseline{}); !strings.Contains(why, "holds the dial") {
		t.Errorf("an observer: %q", why)
	}
	r.do(SetDial{To: 4})
	r.do(UseBaseline{})
	end := r.await("its end", ofType(TypeBaselineEnd)).Body.(*BaselineEnd)
	if end.Note != "earlier baseline of 20260102-1 (2 Jan 2026 10:00)" || len(end.Thresholds) != 1 || end.Thresholds[0].Red != 0.133 || end.Promise == nil {
		t.Errorf("end %+v", end)
	}
	r.await("the move that waited", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 4 })
	for _, c := range []Command{UseBaseline{}, SkipBaseline{}} {
		if why := r.refused(c); !strings.Contains(why, "no quiet phase") {
			t.Errorf("%s afterwards: %q", c.command(), why)
		}
	}
	ends := 0
	for _, e := range r.finish() {
		if e.Type == TypeBaselineEnd {
			ends++
		}
	}
	if st := r.Snapshot(); ends != 1 || st.Baseline.Offer != nil || st.Baseline.Running {
		t.Errorf("%d ends, %+v", ends, st.Baseline)
	}
}

func TestAnEarlierBaselineThatNoLongerFitsIsWithdrawn(t *testing.T) {
	t.Parallel()
	r, web := quiet(t, func(o *Options, _ *faked) { o.Earlier, o.EarlierFrom = earlier(0.010), "x" })
	r.await("the offer", ofType(TypeBaselineOffer))
	web.takes.Store(int64(300 * time.Millisecond))
	seconds := 0
	r.await("slow answers", func(e Event) bool {
		if b, ok := e.Body.(*HealthTick); ok && b.Env == monitors.Production && b.Now50 != nil && *b.Now50 > 0.2 {
			seconds++
		}
		return seconds == 4
	})
	r.do(UseBaseline{})
	b := r.await("the answer", ofType(TypeBaselineOffer)).Body.(*BaselineOffer)
	if !b.Withdrawn || !strings.Contains(b.Why, "goes on") {
		t.Errorf("offer %+v", b)
	}
	if st := r.Snapshot(); !st.Baseline.Running || st.Baseline.Offer != nil {
		t.Errorf("state %+v", st.Baseline)
	}
	r.finish()
}

func TestAnEarlierBaselineThatDoesNotFitIsNotOffered(t *testing.T) {
	t.Parallel()
	r, _ := quiet(t, func(o *Options, _ *faked) { o.Earlier, o.EarlierFrom = earlier(0.3), "x" })
	ticks := 0
	r.await("three seconds", func(e Event) bool {
		if e.Type == TypeBaselineOffer {
			t.Errorf("offered: %+v", e.Body)
		}
		if b, ok := e.Body.(*HealthTick); ok && b.Env == monitors.Production {
			ticks++
		}
		return ticks == 4
	})
	r.finish()
}

func TestTheQuietPhaseIsSkipped(t *testing.T) {
	t.Parallel()
	r, _ := quiet(t, func(*Options, *faked) {})
	seen := 0
	r.await("ten answers and more", func(e Event) bool {
		if b, ok := e.Body.(*HealthTick); ok && b.Env == monitors.Production && b.P50 != nil {
			seen++
		}
		return seen == 3
	})
	r.do(SkipBaseline{Why: "we know it"})
	end := r.await("its end", ofType(TypeBaselineEnd)).Body.(*BaselineEnd)
	if end.Note != "short baseline, ended early by mel: we know it" || end.Thresholds[0].P50 < 0.005 || end.Thresholds[0].N < 10 {
		t.Errorf("end %+v", end)
	}
	r.finish()
	r, _ = quiet(t, func(o *Options, web *faked) { web.takes.Store(int64(2 * time.Second)) })
	r.do(SkipBaseline{})
	end = r.await("its end", ofType(TypeBaselineEnd)).Body.(*BaselineEnd)
	if !strings.HasPrefix(end.Note, "uncalibrated: ") || !strings.HasSuffix(end.Note, ", ended early by mel") || end.Thresholds[0].P50 != 0 {
		t.Errorf("too early: %+v", end)
	}
	r.finish()
}
