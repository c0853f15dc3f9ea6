package monitors

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// lessonOf makes a baseline at 10 answers a second.
func lessonOf(latencies ...time.Duration) *lesson {
	l := &lesson{}
	for i, d := range latencies {
		l.add(answered{at: epoch.Add(time.Duration(i) * 100 * ms), latency: d})
	}
	return l
}

func repeat(d time.Duration, n int) []time.Duration {
	out := make([]time.Duration, n)
	for i := range out {
		out[i] = d
	}
	return out
}

func TestCalibrate(t *testing.T) {
	long := 2 * time.Minute
	burst := append(repeat(44*ms, 60), append(repeat(120*ms, 3), repeat(44*ms, 60)...)...)
	stray := append(repeat(44*ms, 60), append(repeat(400*ms, 1), repeat(44*ms, 60)...)...)
	strays := append(repeat(44*ms, 60), append([]time.Duration{300 * ms, 44 * ms, 260 * ms}, repeat(44*ms, 60)...)...)
	tests := []struct {
		name       string
		answers    []time.Duration
		length     time.Duration
		limits     Limits
		amber, red time.Duration
	}{
		{"4 times the usual", repeat(44*ms, 100), long, Limits{}, 69 * ms, 176 * ms},
		{"5 ms that become 12 are no harm", repeat(5*ms, 100), long, Limits{}, 30 * ms, 105 * ms},
		{"half as slow again", repeat(200*ms, 100), long, Limits{}, 300 * ms, 800 * ms},
		{"a burst doubles the 3rd of 5", burst, long, Limits{}, 69 * ms, 240 * ms},
		{"short: trebled", burst, 10 * time.Second, Limits{}, 69 * ms, 360 * ms},
		{"one stray answer changes nothing", stray, long, Limits{}, 69 * ms, 176 * ms},
		// 44 + 1.1 x (260 - 44), the second-longest within 2 s.
		{"two strays in 2 s", strays, long, Limits{}, 69 * ms, 281600 * time.Microsecond},
		{"capped at 2 s", repeat(700*ms, 100), long, Limits{}, 1050 * ms, 2 * time.Second},
		{"never below p50 + 100 ms", repeat(2500*ms, 100), long, Limits{}, 2525 * ms, 2600 * ms},
		{"the absolute limit is lower", repeat(44*ms, 100), long, Limits{SLO: 100 * ms}, 69 * ms, 100 * ms},
		{"amber follows it", repeat(44*ms, 100), long, Limits{SLO: 50 * ms}, 40 * ms, 50 * ms},
		{"a high absolute limit lifts nothing", repeat(44*ms, 100), long, Limits{SLO: time.Second}, 69 * ms, 176 * ms},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := calibrate([]*lesson{lessonOf(tt.answers...)}, []string{"web-1"}, Production, tt.length, tt.limits)[0]
			if got.Amber != tt.amber || got.Red != tt.red || got.Uncalibrated || got.Short != (tt.length < shortBaseline) {
				t.Errorf("amber %v, red %v, short %v, uncalibrated %v; want %v, %v", got.Amber, got.Red, got.Short, got.Uncalibrated, tt.amber, tt.red)
			}
			if got.Amber >= got.Red {
				t.Errorf("amber %v is not below red %v", got.Amber, got.Red)
			}
			if got.calm() > got.Amber || tt.limits.SLO == 0 && got.calm() <= got.P50 {
				t.Errorf("calm %v is not between the usual %v and amber %v", got.calm(), got.P50, got.Amber)
			}
		})
	}
}

// What fires is the worst of all servers, so one server's bursts widen the
// limits of its neighbours, but not beyond what they would be for itself.
func TestCalibrateOnTheWholeEnvironment(t *testing.T) {
	bursts := append(repeat(44*ms, 60), append(repeat(120*ms, 3), repeat(44*ms, 60)...)...)
	got := calibrate([]*lesson{lessonOf(bursts...), lessonOf(repeat(44*ms, 120)...), lessonOf(repeat(10*ms, 120)...), lessonOf(repeat(ms, 4)...)},
		[]string{"a", "b", "c", "d"}, Production, 2*time.Minute, Limits{})
	if got[1].Red != got[0].Red || got[0].Red != 240*ms {
		t.Errorf("red %v and %v, want 240ms for both", got[0].Red, got[1].Red)
	}
	if got[2].Red != 110*ms {
		t.Errorf("a server of 10 ms: red %v, want 110ms", got[2].Red)
	}
	if d := got[3]; !d.Uncalibrated || d.Red != uncalibratedHot || d.N != 4 || !strings.Contains(d.Note, "4 answers") {
		t.Errorf("too few answers: %+v", d)
	}
}

func TestUncalibrated(t *testing.T) {
	if got := uncalibrated(Production, "a", Limits{}); got.Amber != 250*ms || got.Red != 500*ms || !got.Uncalibrated {
		t.Errorf("%+v", got)
	}
	if got := uncalibrated(Production, "a", Limits{SLO: 300 * ms}); got.Amber != 240*ms || got.Red != 300*ms || got.slowRed(Limits{SLO: 300 * ms}) != 300*ms {
		t.Errorf("%+v", got)
	}
}

// One probe in ten opens a connection. What that costs is learned, and neither
// makes it late nor lifts the limit of the others.
func TestFreshConnectionsAreJudgedByTheirOwnUsual(t *testing.T) {
	l := &lesson{}
	for i := range 200 {
		a := answered{at: epoch.Add(time.Duration(i) * 100 * ms), latency: 30 * ms}
		if i%10 == 9 {
			a.latency, a.fresh = 200*ms, true
		}
		l.add(a)
	}
	got := calibrate([]*lesson{l}, []string{"web-1"}, Production, 2*time.Minute, Limits{})[0]
	if got.Fresh != 170*ms || got.Red != 130*ms {
		t.Errorf("fresh %v, red %v; want 170ms, 130ms", got.Fresh, got.Red)
	}
	b := NewBoard([]Check{{Env: Production, Name: "web-1", Kind: kindHTTP, Every: 100 * ms}}, nil)
	b.SetThresholds([]Threshold{got})
	for i, tt := range []struct {
		latency time.Duration
		fresh   bool
		bad     int
	}{{200 * ms, true, 0}, {310 * ms, true, 1}, {200 * ms, false, 2}} {
		due := epoch.Add(time.Duration(i) * 400 * ms)
		s := Sample{Env: Production, Name: "web-1", Due: due, At: due.Add(tt.latency), Phase: Done, Latency: tt.latency, Fresh: tt.fresh, Result: Result{OK: true}}
		b.Observe(s)
		if got := b.Env(Production, s.At).BadRecently; got != tt.bad {
			t.Errorf("%v, fresh %v: %d bad, want %d", tt.latency, tt.fresh, got, tt.bad)
		}
	}
}

func TestBaselineOnABoard(t *testing.T) {
	w := newWorld(250*ms, Limits{}, steady(600*ms), steady(20*ms))
	w.run(5 * time.Second)
	if e := w.env(t); e.State != Red {
		t.Fatalf("600 ms uncalibrated: %v, want red", e.State)
	}
	if n, need := w.board.Learned(); n != 0 || need != 0 {
		t.Errorf("learning %d of %d before the quiet phase", n, need)
	}
	w.board.StartBaseline(w.now)
	w.run(15 * time.Second)
	if n, need := w.board.Learned(); n < need || need != leastAnswers {
		t.Errorf("learned %d of %d", n, need)
	}
	earlier := w.board.Thresholds()
	if w.board.Fits(earlier) {
		t.Error("uncalibrated thresholds fit")
	}
	learned := w.board.EndBaseline(w.now)
	if len(learned) != 2 || learned[0].P50 != 600*ms || learned[0].Red != 2*time.Second || !learned[0].Short {
		t.Fatalf("learned %+v", learned)
	}
	w.changes = nil
	w.run(15*time.Second + 100*ms)
	if e := w.env(t); e.State != Green || len(w.changes) == 0 {
		t.Errorf("600 ms, which is usual here: %v %q; want green at once", e.State, e.Why)
	}
	if again := w.board.EndBaseline(w.now); again != nil {
		t.Errorf("no quiet phase under way, but learned %+v", again)
	}

	w.board.StartBaseline(w.now)
	w.run(35 * time.Second)
	if !w.board.Fits(learned) {
		t.Error("the same servers do not fit what was learned of them")
	}
	learned[1].P50 = 60 * ms
	if w.board.Fits(learned) {
		t.Error("20 ms fit a usual 60 ms")
	}
	if w.board.Fits(learned[:1]) {
		t.Error("a check without an earlier threshold fits")
	}
}

func TestBaselineIsBounded(t *testing.T) {
	l := &lesson{}
	for i := range 3 * mostLearned {
		l.add(answered{at: epoch.Add(time.Duration(i) * ms), latency: time.Duration(i)})
	}
	if len(l.answers) > mostLearned || l.answers[len(l.answers)-1].latency != 3*mostLearned-1 {
		t.Errorf("%d answers kept", len(l.answers))
	}
}

func TestQuantile(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	d := make([]time.Duration, 100)
	for i, p := range r.Perm(100) {
		d[i] = time.Duration(p+1) * ms
	}
	p50, p95, most := spread(d)
	if p50 != 50*ms || p95 != 95*ms || most != 100*ms || quantile(d, 0) != ms || quantile(d, 1) != 100*ms {
		t.Errorf("p50 %v, p95 %v, max %v", p50, p95, most)
	}
	if got := thirdOfFive([]time.Duration{1, 9, 8, 1, 7, 1, 1}); got != 7 {
		t.Errorf("third of five %d, want 7", got)
	}
}
