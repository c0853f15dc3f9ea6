package report

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"crosstalk/notes"
	"crosstalk/session"
)

// tape builds the journal of a session that never was.
type tape struct {
	began time.Time
	ms    int64
	buf   bytes.Buffer
	seq   uint64
	note  int

	asked, running int
	slow           float64 // how much slower than usual everything is
	prodState      string
	refuses        bool // production refuses every check
	tiles          bool // every ten seconds a tick names all its checks
	peak           int
	requests       uint64
}

func newTape() *tape {
	return &tape{began: time.Date(2026, 10, 17, 15, 20, 3, 0, time.UTC), slow: 1, prodState: "green"}
}

func (t *tape) now() time.Time { return t.began.Add(time.Duration(t.ms) * time.Millisecond) }

func (t *tape) add(by, kind string, body any) {
	t.seq++
	e := session.Event{V: session.Version, Seq: t.seq, T: t.now(), MS: t.ms, By: by, Type: kind, Body: body}
	b, err := e.MarshalJSON()
	if err != nil {
		panic(err)
	}
	t.buf.Write(b)
	t.buf.WriteByte('\n')
}

func (t *tape) raw(line string) { t.buf.WriteString(line) }

func (t *tape) start() {
	t.add(session.BySession, session.TypeStart, &session.Start{ID: "demo-20261017-152003", Version: "0.1.0", As: "mel", People: []string{"mel", "jo"},
		Charter: "Explore checkout with rising users to discover where orders slow", Timebox: 3600, Target: "http://tester:secret@127.0.0.1:8080/",
		Demo: "linked", Seed: 18446744073709551615, Limits: session.LoadLimits{Users: 200, Glide: 10}, Baseline: 20,
		Checks: []session.CheckInfo{
			{Env: "staging", Name: "web-1", Kind: "http", Every: 1}, {Env: "staging", Name: "web-2", Kind: "http", Every: 1},
			{Env: "production", Name: "web-1", Kind: "http", Every: 0.25}, {Env: "production", Name: "web-2", Kind: "http", Every: 0.25},
			{Env: "production", Name: "web-3", Kind: "http", Every: 0.25}, {Env: "production", Name: "web-4", Kind: "http", Every: 0.25},
			{Env: "self", Name: "vitals", Kind: "vitals", Every: 1}},
		Journeys: []session.JourneyInfo{{Name: "buy", Weight: 3, Steps: []string{"GET /products", "POST /cart", "POST /cart/{id}/checkout"}}}})
}

// seconds lets n seconds pass, with their ticks.
func (t *tape) seconds(n int) {
	for range n {
		t.ms += 1000
		t.tick()
	}
}

func (t *tape) tick() {
	if d := t.asked - t.running; d > 0 {
		t.running += min(d, 10)
	} else {
		t.running = t.asked
	}
	t.peak = max(t.peak, t.running)
	l := &session.LoadTick{Asked: t.asked, Running: t.running, InFlight: t.running / 2, Ceiling: -1}
	// A little that moves, so that medians and worsts differ.
	wave := 1 + float64(t.ms/1000%7)/50
	if t.running > 0 {
		rtt := 0.04 * t.slow * wave
		l.Requests = uint64(float64(t.running) * 4 / t.slow)
		l.RPS = float64(l.Requests)
		l.P50, l.P95, l.P99, l.Max = new(r4(rtt)), new(r4(rtt*2)), new(r4(rtt*3)), new(r4(rtt*4))
		if t.slow > 4 {
			l.Errors = l.Requests / 10
			l.Kinds = map[string]uint64{"timeout": l.Errors - l.Errors/3, "status 503": l.Errors / 3}
		}
		l.Codes = map[string]uint64{"200": l.Requests - l.Errors}
		l.ByStep = []session.StepTick{
			{Journey: "buy", Step: "GET /products", Requests: l.Requests / 2, P50: new(r4(rtt / 2)), P95: new(r4(rtt)), Max: new(r4(rtt * 2))},
			{Journey: "buy", Step: "POST /cart/{id}/checkout", Requests: l.Requests - l.Requests/2, Errors: l.Errors, P50: new(r4(rtt)), P95: new(r4(rtt * 2)), Max: new(r4(rtt * 4))}}
	}
	t.requests += l.Requests
	t.add(session.ByEngine, session.TypeLoadTick, l)
	t.healthTick("staging", "green", 0.014*t.slow*wave, 2)
	t.healthTick("production", t.prodState, 0.012*max(1, t.slow/2)*wave, 16)
	t.add(session.ByMonitors, session.TypeHealthTick, &session.HealthTick{Env: "self", State: "green", Rate: 1, Checks: []session.CheckState{}})
}

func (t *tape) healthTick(env, state string, lat, rate float64) {
	h := &session.HealthTick{Env: env, State: state, Rate: rate, Checks: []session.CheckState{}}
	switch {
	case state == "no sight":
		h.Why = "no answer for 500 ms"
	case env == "production" && t.refuses:
		h.Errors, h.Probes, h.Age = 1, 160, new(0.1)
	default:
		h.P50, h.P95, h.Max = new(r4(lat)), new(r4(lat*1.4)), new(r4(lat*1.8))
		h.Now50, h.Now95, h.Age = new(r4(lat)), new(r4(lat*1.5)), new(0.1)
	}
	for i := 1; t.tiles && t.ms/1000%10 == 0 && i <= 4; i++ {
		h.Checks = append(h.Checks, session.CheckState{Name: fmt.Sprintf("web-%d", i), State: state, Latency: new(r4(lat)), P50: new(r4(lat)), Age: new(0.1), Amber: 0.045, Red: 0.12})
	}
	if state == "red" && !t.refuses {
		h.Errors = 0.25
	}
	t.add(session.ByMonitors, session.TypeHealthTick, h)
}

func r4(f float64) float64 { return round(f, 4) }

func (t *tape) dial(by string, to int) {
	t.add(by, session.TypeDialSet, &session.DialSet{From: t.asked, To: to})
	t.asked = to
}

func (t *tape) health(env, check, from, to, why string) {
	t.add(session.ByMonitors, session.TypeHealthState, &session.HealthState{Env: env, Check: check, From: from, To: to, Why: why})
	if env == "production" && check == "" {
		t.prodState = to
	}
}

func (t *tape) context() *notes.Context {
	return &notes.Context{MS: t.ms, Asked: t.asked, Running: t.running, Guard: "run", Driver: "mel",
		Staging:    notes.Seen{State: "green", P50: new(r4(0.04 * t.slow)), P95: new(r4(0.08 * t.slow)), Errors: new(0.031), Rate: new(212.0), Age: new(0.4), Build: "2.4.1"},
		Production: notes.Seen{State: t.prodState, P50: new(0.012), P95: new(0.031), Errors: new(0.0), Age: new(0.1)}}
}

func (t *tape) write(by string, kind notes.Kind, text string) string {
	t.note++
	id := fmt.Sprintf("n%d", t.note)
	c := t.context()
	t.add(by, session.TypeNoteAdd, &session.NoteAdd{ID: id, Kind: kind, Text: text, Tags: notes.Tags(text), Typed: t.now().Add(-3 * time.Second), Begun: c, Context: c})
	return id
}

func (t *tape) end(reason string) {
	t.add(session.BySession, session.TypeEnd, &session.End{Reason: reason, Seconds: secs(t.ms), Peak: t.peak})
}

// quiet is the rehearsal and the baseline.
func (t *tape) quiet(seconds int) {
	t.ms = 400
	t.add(session.BySession, session.TypeBrakeTest, &session.BrakeTest{Users: 1, InFlight: 1, MSToZero: 3.2, OK: true})
	t.add(session.BySession, session.TypeBaselineStart, &session.BaselineStart{Seconds: float64(seconds)})
	t.ms = 1000
	t.health("staging", "", "no sight", "green", "answers")
	t.health("production", "", "no sight", "green", "answers")
	t.health("self", "", "no sight", "green", "answers")
	t.add(session.ByMonitors, session.TypeBuild, &session.Build{Env: "staging", Build: "2.4.1"})
	t.tick()
	t.seconds(seconds)
	var limits []session.Threshold
	for i, name := range []string{"web-1", "web-2", "web-3", "web-4"} {
		limits = append(limits, session.Threshold{Env: "production", Check: name, N: 80, P50: 0.011 + float64(i)/1000, P99: 0.02, Amber: 0.045, Red: 0.12})
	}
	t.add(session.ByMonitors, session.TypeBaselineEnd, &session.BaselineEnd{Thresholds: limits, Note: "short baseline", Promise: &session.Promise{Refuses: 0.3, Hangs: 0.75, NoSight: 5.05}})
}

// exchange is one that the engine kept, sent two seconds ago.
func (t *tape) exchange(step, kind string, status int, seconds float64) {
	x := &session.ExemplarAdd{Level: 4, Asked: t.asked, Journey: "buy", Step: step, Kind: kind, Pick: "first", Sent: t.ms - 2000, Seconds: seconds, Status: status, User: 7,
		Trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", Method: "POST", URL: "http://127.0.0.1:8080/cart/c17/checkout", Headers: map[string]string{"Authorization": "***", "Content-Type": "application/json"}, Body: `{"sku":"anvil"}`}
	if status == 0 {
		x.Error = "no answer within 10 s"
	} else {
		x.Answer, x.Start, x.More = map[string]string{"Content-Type": "text/html"}, "<h1>no connection left</h1>\n<p>pool</p>", true
	}
	t.add(session.ByEngine, session.TypeExemplar, x)
}

// rich is a session of eight minutes with all that can happen in it.
func rich() *tape {
	t := newTape()
	t.start()
	t.quiet(20)
	t.write("mel", notes.Setup, "demo lab, *linked* database")
	t.dial("mel", 5)
	t.seconds(30)
	t.write("jo", notes.Question, "is the retry banner by design?")
	t.dial("mel", 20)
	t.seconds(40)
	t.slow = 1.5
	t.dial("mel", 40)
	t.seconds(60)
	works := t.write("jo", notes.Works, "the basket keeps its rows | even at 40 users")
	t.add("jo", session.TypeNoteResolve, &session.NoteMark{ID: "n2", Why: "yes: by design"})
	t.write("mel", notes.Risk, "orders may be <b>doubled</b> when checkout times out #orders")
	t.add("jo", session.TypeRefused, &session.Refused{Cmd: "dial.set", Why: "mel holds the dial", Count: 3})
	t.dial("mel", 80)
	t.slow = 3
	t.seconds(8)
	t.health("staging", "web-1", "green", "amber", "slower than usual: 98 ms, limit 90")
	t.health("production", "web-3", "green", "amber", "2 late answers in 2 s (212 ms, usual 44)")
	t.health("production", "", "green", "amber", "web-3: 2 late answers in 2 s (212 ms, usual 44)")
	t.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: "run", To: "hold", Why: "production is amber: web-3", Cause: "amber", Running: 80, Ceiling: 80,
		Samples: []session.Sample{{Env: "production", Check: "web-3", Due: t.now().Add(-700 * time.Millisecond), Latency: 0.212, OK: true},
			{Env: "production", Check: "web-3", Due: t.now().Add(-450 * time.Millisecond), Latency: 0.198, OK: true}}})
	t.write(session.ByGuard, notes.Plain, "held at 80 users: web-3 late twice. Not known whether it is you.")
	t.seconds(12)
	bug := t.write("mel", notes.Bug, "duplicate order when POST /checkout times out\n1. ramp to 80\n2. submit twice\nexpected: one order")
	t.slow = 6
	t.seconds(4)
	t.exchange("POST /cart/{id}/checkout", "timeout", 0, 9.5)
	t.exchange("POST /cart/{id}/checkout", "status 503", 503, 2.25)
	t.exchange("GET /products", "", 200, 0.31)
	t.health("production", "web-3", "amber", "red", "failed twice")
	t.health("production", "", "amber", "red", "web-3 failed twice")
	t.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: "hold", To: "cut", Why: "production is red: web-3 failed twice", Cause: "red", Running: 80, Ceiling: 0,
		Samples: []session.Sample{{Env: "production", Check: "web-3", Due: t.now().Add(-300 * time.Millisecond), Latency: 2, Reason: "timeout"}}})
	t.asked, t.running = 0, 0
	t.ms += 30
	t.add(session.ByGuard, session.TypeStop, &session.LoadStop{Reason: "guard", By: session.ByGuard, InFlight: 37, MSToZero: new(21.4), Running: 80})
	t.slow = 1
	t.seconds(6)
	t.health("production", "web-3", "red", "green", "well again")
	t.health("production", "", "red", "green", "well again")
	t.add(session.ByGuard, session.TypeGuardRecov, &session.GuardRecovered{Seconds: 4.2, Level: 80})
	at := t.now().Add(-20 * time.Second)
	t.note++
	t.add("jo", session.TypeNoteAdd, &session.NoteAdd{ID: "n7", Kind: notes.Bug, Text: "stock went below zero", Typed: t.now().Add(-12 * time.Second), Happened: &at, Context: t.context()})
	t.seconds(60)
	t.add("mel", session.TypeNoteEdit, &session.NoteEdit{ID: bug, Kind: notes.Bug, Text: "duplicate order when POST /checkout times out: two rows, one payment"})
	t.add("mel", session.TypeAttach, &session.AttachAdd{Note: bug, Name: "Screenshot of the basket [2].png", File: bug + "-Screenshot-of-the-basket-2.png", Size: 184_220,
		SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Media: "image/png", From: notes.FromFile})
	t.add("jo", session.TypeAttach, &session.AttachAdd{Note: "n7", Name: "pod.log", File: "n7-pod.log", Size: 912,
		SHA256: "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752", Media: "text/plain", From: notes.FromStdin})
	t.add("mel", session.TypeNoteRetract, &session.NoteMark{ID: works, Why: "wrong environment"})
	t.add("mel", session.TypeDialRelease, &session.DialHold{Why: "recovered, going on low"})
	t.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: "cut", To: "run", Why: "a person went on", Cause: "person", Ceiling: 64})
	t.dial("mel", 10)
	t.seconds(30)
	t.ms += 7000 // nothing was told for a while
	t.seconds(30)
	t.write("mel", notes.Idea, "=HYPERLINK(\"http://x\") in the name field")
	t.write("mel", notes.Decision, "no more than 40 users until the pool is split")
	t.write("mel", notes.Obstacle, "no read access to the order table")
	t.write("jo", notes.Next, "the same with separate pools")
	t.add(session.BySession, "weather.seen", map[string]string{"who": "sam"})
	t.add("mel", session.TypeStop, &session.LoadStop{Reason: "operator", By: "mel", InFlight: 4, MSToZero: new(8.0), Running: 10})
	t.dial("mel", 0)
	t.seconds(120)
	t.add("mel", session.TypeDebrief, &session.Debrief{Question: "learned", Text: "Checkout shares its pool with production: 80 users on staging slow both."})
	t.add(session.BySession, session.TypeStop, &session.LoadStop{Reason: "quit", By: "mel"})
	t.end("quit")
	return t
}

// crashed breaks off in the middle of a line, with load running.
func crashed() *tape {
	t := newTape()
	t.start()
	t.quiet(5)
	t.dial("mel", 5)
	t.seconds(20)
	t.write("mel", notes.Bug, "slow checkout")
	t.seconds(2)
	t.raw(`{"v":1,"seq":999,"t":"2026-10-17T15:2`)
	return t
}

// resumed is a session that broke off and was taken up again.
func resumed() *tape {
	t := newTape()
	t.start()
	t.quiet(5)
	t.dial("mel", 5)
	t.seconds(20)
	t.ms += 3_600_000
	t.add(session.BySession, session.TypeRecovered, &session.Recovered{Dropped: 37})
	t.asked, t.running = 0, 0
	t.start()
	t.seconds(20)
	t.end("quit")
	return t
}

func (t *tape) dir(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	if err := os.WriteFile(filepath.Join(dir, session.JournalName), t.buf.Bytes(), 0o644); err != nil {
		tb.Fatal(err)
	}
	return dir
}

func (t *tape) model(tb testing.TB) *Model {
	tb.Helper()
	m, err := Read(t.dir(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return m
}
