package monitors

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// hurriedWorld has an eager check of a second, which is asked once in every after a quiet
// phase of 30 s.
func hurriedWorld(every time.Duration, r reply) *world {
	w := newWorld(time.Second, Limits{}, r)
	w.checks[0].Eager = true
	w.build(nil, r)
	w.baseline(30 * time.Second)
	w.changes = nil
	w.checks[0].Every = every
	return w
}

// One stall costs a hurried check what it costs another: the due times behind it that are
// there for the hurry alone are not judged.
func TestAStallIsNoWorseInAHurry(t *testing.T) {
	const at = 40 * time.Second
	for _, every := range []time.Duration{time.Second, 500 * ms, 250 * ms} {
		w := hurriedWorld(every, steady(44*ms).during(at, 100*ms, steady(1300*ms)))
		w.run(100 * time.Second)
		if got := w.states(Production, ""); !slices.Equal(got, []string{"green>amber", "amber>green"}) {
			t.Errorf("asked every %v: %v", every, got)
		}
	}
}

// Who hangs is red as soon as promised, hurried or not, and who is slow all the time sooner.
func TestAHangIsRedAsPromisedInAHurry(t *testing.T) {
	const at = 40 * time.Second
	for _, every := range []time.Duration{time.Second, 500 * ms} {
		w := hurriedWorld(every, steady(44*ms).from(at, hanging))
		_, promise, _ := w.board.Promise(Production)
		w.run(at + 10*time.Second)
		if took, _, ok := w.first(Production, "", Red, at); !ok || took > promise+50*ms {
			t.Errorf("asked every %v: red %t after %v, promised %v", every, ok, took, promise)
		}
		w = hurriedWorld(every, steady(44*ms).from(at, steady(400*ms)))
		w.run(at + 10*time.Second)
		if took, _, ok := w.first(Production, "", Red, at); !ok || took > 2*every+450*ms {
			t.Errorf("asked every %v: red %t after %v of slow answers", every, ok, took)
		}
	}
}

// Nor is it told later where the hurry begins or ends behind the probe that hangs.
func TestAHangIsRedAsPromisedWhereTheHurryChanges(t *testing.T) {
	const at = 40*time.Second + ms // the probe before has just gone out
	for _, behind := range []time.Duration{200 * ms, 400 * ms, 490 * ms, 700 * ms} {
		for _, begins := range []bool{true, false} {
			was, is := 500*ms, time.Second
			if begins {
				was, is = is, was
			}
			w := hurriedWorld(was, steady(44*ms).from(at, hanging))
			_, promise, _ := w.board.Promise(Production)
			w.run(40*time.Second + was + behind)
			w.checks[0].Every = is
			if s := w.servers[0]; begins && s.due.After(w.now.Add(is)) { // as keepPace has it
				s.due = w.now.Add(is)
			}
			w.run(at + 10*time.Second)
			if took, _, ok := w.first(Production, "", Red, at); !ok || took > promise+50*ms {
				t.Errorf("asked every %v, and every %v from %v on: red %t after %v, promised %v", was, is, behind, ok, took, promise)
			}
		}
	}
}

// A new connection that always takes long is usual: what was due meanwhile makes no more of
// it in a hurry than else.
func TestANewConnectionTakesItsTimeInAHurryToo(t *testing.T) {
	for _, every := range []time.Duration{time.Second, 500 * ms, 250 * ms} {
		c := Check{Env: Production, Name: "db", Kind: kindPostgres, Every: time.Second, Eager: true, Timeout: DefaultTimeout, Probe: noProbe}
		b := NewBoard([]Check{c}, nil)
		b.SetThresholds([]Threshold{{Env: Production, Check: "db", N: 60, P50: 50 * ms, P99: 50 * ms, Fresh: 1600 * ms, Amber: 80 * ms, Red: 150 * ms}})
		var out *Sample // under way
		var back time.Time
		var states []string
		take := func(changes []Change) {
			for _, c := range changes {
				if c.Check == "" && c.To != Green {
					states = append(states, fmt.Sprintf("%v: %s", c.To, c.Why))
				}
			}
		}
		due, round, fresh := epoch, 0, 0
		for now := epoch; now.Before(epoch.Add(time.Minute)); now = now.Add(50 * ms) {
			if out != nil && !now.Before(back) {
				s := *out
				s.Phase, s.At, s.Next, s.Latency, s.Result = Done, now, due, now.Sub(s.Due), Result{OK: true}
				out = nil
				take(b.Observe(s))
			}
			if !now.Before(due) {
				due = due.Add(every)
				s := Sample{Env: Production, Name: "db", Due: now, At: now, Next: due, Phase: Missing}
				if out == nil {
					round++
					s.Phase, s.Fresh, back, out = Sent, round%freshEvery == 0, now.Add(50*ms), &s
					if s.Fresh {
						back = now.Add(1650 * ms)
						fresh++
					}
				}
				take(b.Observe(s))
			}
			take(b.Advance(now))
		}
		if fresh < 5 || len(states) > 0 {
			t.Errorf("asked every %v, on %d new connections: %q", every, fresh, states)
		}
	}
}
