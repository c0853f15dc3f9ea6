package monitors

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// A new connection to a far server takes several round trips. That must not cost the
// reading after it: a link check with short halves has none to spare.
func TestAFarDatabaseTellsEverySecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &toldWorld{}
		for i := range 40 {
			w.done = append(w.done, float64(100+i))
		}
		far := func(ctx context.Context) (session, error) {
			time.Sleep(150 * ms)
			return w.session(ctx)
		}
		c, err := newDatabase(DatabaseOptions{Env: Production, Name: "db", Every: time.Second}, kindPostgres, "h:1", far, noWords)
		if err != nil {
			t.Fatal(err)
		}
		fresh := 0
		for _, s := range phase(collect(t, mustMonitor(t, c), 30*time.Second-ms), Done, "db") {
			if s.Fresh {
				fresh++
			}
			if !s.Result.Worked {
				t.Errorf("at %v, fresh %v: %+v", s.Due, s.Fresh, s.Result)
			}
		}
		if w.asked != 30 || fresh == 0 {
			t.Errorf("asked %d times in 30 s, %d times on a new connection", w.asked, fresh)
		}
	})
}

// During a link check a database tells twice a second, from the moment on that it is hurried.
func TestAHurriedDatabaseTellsTwiceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &toldWorld{}
		for i := range 40 {
			w.done = append(w.done, float64(100+i))
		}
		c, err := newDatabase(DatabaseOptions{Env: Production, Name: "db", Every: time.Second}, kindPostgres, "h:1", w.session, noWords)
		if err != nil {
			t.Fatal(err)
		}
		c.Eager = true
		m := mustMonitor(t, c)
		m.Hurry(time.Second)
		for _, s := range phase(collect(t, m, 10*time.Second-ms), Done, "db") {
			if !s.Result.Worked {
				t.Errorf("at %v, fresh %v: %+v", s.Due, s.Fresh, s.Result)
			}
		}
		if w.asked != 20 {
			t.Errorf("asked %d times in 10 s", w.asked)
		}
	})
}

// How often a database tells follows from how often it is asked, and from its own bound.
func TestHowOftenADatabaseTells(t *testing.T) {
	for _, tt := range []struct {
		check                  Check
		pace, hurried, counted time.Duration
	}{
		{Check{Every: time.Second, Eager: true, Counts: true}, time.Second, 500 * ms, 500 * ms},
		{Check{Every: time.Second, Eager: true, Counts: true}, 0, time.Second, time.Second},
		{Check{Every: time.Second, Counts: true}, time.Second, time.Second, time.Second},
		{Check{Every: 250 * ms, Counts: true}, time.Second, 250 * ms, 500 * ms},
		{Check{Every: 300 * ms, Counts: true}, time.Second, 300 * ms, 600 * ms},
		{Check{Every: workEvery, Counts: true}, time.Second, workEvery, workEvery},
		{Check{Every: 5 * time.Second, Eager: true}, time.Second, time.Second, time.Second},
	} {
		if h, n := tt.check.Hurried(tt.pace), tt.check.Counted(tt.pace); h != tt.hurried || n != tt.counted {
			t.Errorf("%v eager %t, counts %t, at %v: asked every %v, tells every %v; want %v, %v", tt.check.Every, tt.check.Eager, tt.check.Counts, tt.pace, h, n, tt.hurried, tt.counted)
		}
	}
}

// slowGauges is a session that takes long to tell of itself.
type slowGauges struct{ session }

func (s slowGauges) gauges(ctx context.Context, lag bool) (gauges, error) {
	time.Sleep(200 * ms)
	return s.session.gauges(ctx, lag)
}

// What a server has done is of the moment when it told that, however long the questions
// after it take.
func TestWorkIsStampedBeforeTheGauges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &toldWorld{done: []float64{100, 120}}
		far := func(ctx context.Context) (session, error) {
			time.Sleep(150 * ms)
			s, err := w.session(ctx)
			return slowGauges{s}, err
		}
		c, err := newDatabase(DatabaseOptions{Env: Production, Name: "db", Every: time.Second}, kindPostgres, "h:1", far, noWords)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for _, probe := range []Probe{c.Probe, c.Fresh} {
			begun := time.Now()
			r := probe(t.Context())
			if took := time.Since(begun); !r.Worked || r.WorkedAt.Sub(begun) != 150*ms || took != 350*ms {
				t.Errorf("%+v, told %v after it began, whole after %v", r, r.WorkedAt.Sub(begun), took)
			}
			time.Sleep(time.Second)
		}
		if r := c.Probe(t.Context()); r.Worked || !r.WorkedAt.IsZero() {
			t.Errorf("%+v of a server that told nothing", r)
		}
	})
}
