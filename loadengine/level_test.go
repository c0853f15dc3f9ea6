package loadengine

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// moody is a server whose latency and status change.
type moody struct {
	latency atomic.Int64
	status  atomic.Int64
}

func (m *moody) RoundTrip(r *http.Request) (*http.Response, error) {
	code := int(m.status.Load())
	time.Sleep(time.Duration(m.latency.Load()))
	return &http.Response{StatusCode: code, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("ok")), Request: r}, nil
}

// newest returns what was told last of each level.
func (r *record) newest() map[int]LevelTick {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[int]LevelTick{}
	for _, t := range r.ticks {
		for _, l := range t.Levels {
			was := all[l.Number]
			if l.Steps == nil {
				l.Steps = was.Steps
			}
			all[l.Number] = l
		}
	}
	return all
}

func (r *record) last() Tick {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ticks[len(r.ticks)-1]
}

func TestLevelsNeverMix(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &moody{}
		server.latency.Store(int64(20 * time.Millisecond))
		server.status.Store(200)
		p := users(50)
		p.Journeys[0].Think = Think{Min: 80 * time.Millisecond}
		rec := &record{}
		permit := NewPermit(SystemClock())
		permit.Grant(time.Hour)
		e, err := newEngine(p, permit, NewBrake(), rec.listen(), options{base: server})
		if err != nil {
			t.Fatal(err)
		}
		e.SetSlew(false)
		done := make(chan error, 1)
		ctx, cancel := contextOf(t)
		go func() { done <- e.Run(ctx) }()

		e.SetAsked(10)
		pass(5 * time.Second)
		if w := rec.last().Ten; w.Requests != 500 || w.P99 > 21*time.Millisecond {
			t.Errorf("the first level's window: %+v", w)
		}
		server.latency.Store(int64(400 * time.Millisecond))
		server.status.Store(503)
		e.SetAsked(20)
		pass(time.Second)
		// The ten users' requests of before the move are not in the new window,
		// although ten seconds have not passed.
		w := rec.last().Ten
		if w.P50 < 390*time.Millisecond || w.Errors != w.Requests || w.Requests == 0 {
			t.Errorf("the window after the move: %+v", w)
		}
		if w.RPS < 10 {
			t.Errorf("the rate stumbles where the dial moves: %+v", w)
		}
		pass(4 * time.Second)
		e.SetAsked(0)
		pass(2 * time.Second)
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}

		levels, sum := rec.newest(), rec.total()
		var told uint64
		for _, l := range levels {
			told += l.Sum.Requests
			var steps uint64
			for _, s := range l.Steps {
				steps += s.Sum.Requests
			}
			if steps != l.Sum.Requests {
				t.Errorf("level %d: %d requests, its steps %d", l.Number, l.Sum.Requests, steps)
			}
		}
		if told != sum.Requests {
			t.Errorf("the levels count %d requests, the ticks %d", told, sum.Requests)
		}
		if len(levels) != 2 {
			t.Fatalf("%d levels were told, want 2: %+v", len(levels), levels)
		}
		one, two := levels[2], levels[3]
		if one.Asked != 10 || !one.Over || one.Span != 5*time.Second || one.Held != 5*time.Second || one.Sum.Basis != BasisHeld {
			t.Errorf("the first level: %+v", one)
		}
		if one.Sum.P95 > 21*time.Millisecond || one.Sum.Errors != 0 || one.Sum.RPS < 99 || one.Sum.RPS > 103 {
			t.Errorf("the first level's sum: %+v", one.Sum)
		}
		if two.Sum.P50 < 390*time.Millisecond || two.Sum.Errors != two.Sum.Requests {
			t.Errorf("the second level's sum: %+v", two.Sum)
		}
		if k := two.Sum.Kinds; len(k) != 1 || k[0].Kind != "status 503" || k[0].Count != two.Sum.Errors ||
			k[0].First.Sub(two.Began) != 400*time.Millisecond || k[0].Last.Before(k[0].First.Add(4*time.Second)) {
			t.Errorf("the second level's kinds: %+v", k)
		}
	})
}

// An answer that comes after the dial has moved belongs to the level in which
// its request was sent.
func TestLateAnswerStaysInItsLevel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, users(10), 3*time.Second)
		defer r.end()
		r.SetAsked(4)
		pass(time.Second)
		r.SetAsked(0)
		pass(5 * time.Second)
		r.end()
		levels := r.newest()
		if l := levels[2]; len(levels) != 1 || l.Asked != 4 || l.Sum.Requests != 4 || !l.Over || l.Span != time.Second || len(l.Steps) != 1 {
			t.Errorf("levels %+v", levels)
		}
	})
}

// While users rise, nothing is measured at the level that is asked for.
func TestLevelIsMeasuredWhereItIsHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := users(100)
		p.Glide = 10
		p.Journeys[0].Think = Think{Min: 90 * time.Millisecond}
		r := newRig(t, p, 10*time.Millisecond)
		defer r.end()
		r.SetAsked(50)
		pass(3 * time.Second)
		if l := r.newest()[2]; l.Held != 0 || l.Sum.Basis != BasisAll || l.Sum.Measured != l.Sum.Requests {
			t.Errorf("while rising: %+v", l)
		}
		pass(7 * time.Second)
		r.end()
		l := r.newest()[2]
		if l.Sum.Basis != BasisHeld || l.Sum.Measured >= l.Sum.Requests || l.Sum.RPS < 480 || l.Sum.RPS > 510 { // what is in flight at the end is not counted
			t.Errorf("when held: %+v", l)
		}
		if l.Held < 4900*time.Millisecond || l.Held > 5100*time.Millisecond {
			t.Errorf("held for %v of 10 s, want the 5 s after the rise", l.Held)
		}
	})
}

func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(t.Context())
}
