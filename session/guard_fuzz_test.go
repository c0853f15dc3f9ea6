package session

import (
	"testing"
	"time"

	"crosstalk/monitors"
)

// Any order of readings, orders and waits, read from bytes. Beside the guard
// steps a twin that gets the same orders at the same times and sees nothing but
// green: whatever happens, the guard never allows more than its twin.
func FuzzGuard(f *testing.F) {
	f.Add([]byte{0, 5, 40, 0, 0, 5, 40, 2, 0, 5, 40, 0, 8, 1, 0, 200, 40, 0, 9, 0})
	f.Add([]byte{1, 0, 100, 30, 3, 0, 200, 30, 3, 10, 0, 0, 0, 9, 1, 0, 255, 0, 0, 9, 1})
	f.Add([]byte{3, 0, 1, 1, 2, 0, 200, 1, 18, 0, 50, 20, 1, 7, 0, 0, 60, 20, 65})
	f.Add([]byte{4, 0, 10, 10, 0, 0, 10, 10, 128, 9, 1, 0, 10, 10, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		next := func() byte {
			if len(in) == 0 {
				return 0
			}
			b := in[0]
			in = in[1:]
			return b
		}
		kind := next()
		rules := DefaultRules()
		rules.Attended, rules.Unguarded, rules.Off = kind&1 != 0, kind&2 != 0 && kind&4 == 0, kind&4 != 0 && kind&2 == 0
		g, twin := NewGuard(rules), NewGuard(rules)
		now, cut, quiet := time.Unix(1000, 0), false, kind&8 != 0
		var green time.Duration
		before := Verdict{State: GuardRun, Ceiling: none}
		for len(in) > 0 {
			switch next() % 10 {
			case 6:
				g.Press()
				twin.Press()
			case 7:
				until := now.Add(time.Duration(next()) * time.Second)
				g.Warn(until)
				twin.Warn(until)
			case 8, 9:
				reason := next()&1 != 0
				missing := g.Missing(now, reason)
				err := g.GoOn(now, reason)
				if (missing == "") != (err == nil) {
					t.Fatalf("missing %q, and going on: %v", missing, err)
				}
				if err == nil {
					cut = false
				}
				if err := twin.GoOn(now, reason); err != nil {
					t.Fatalf("the twin was cut: %v", err)
				}
			default:
				passed := time.Duration(next()) * 20 * time.Millisecond
				now = now.Add(passed)
				r := Reading{Now: now, Running: int(next())}
				b := next()
				r.Production = []monitors.Health{monitors.Green, monitors.Amber, monitors.Red, monitors.NoSight}[b&3]
				r.Pressing, r.Unseen = b&4 != 0, b&8 != 0
				if quiet = quiet && b&16 == 0; quiet { // it ends once, and one user may run in it
					r.Quiet, r.Running = true, min(r.Running, 1)
				}
				if b&32 != 0 {
					r.Self = monitors.Amber
				}
				r.Controlled, r.Control = b&64 != 0, monitors.Health(b>>2&3)
				if b&128 != 0 && b&3 == 3 {
					r.Lapsed = "lapsed"
				}
				r.Sink = b&132 == 132
				if green += passed; r.Production != monitors.Green {
					green = 0
				}
				r.GreenFor = green
				if b&12 == 12 {
					r.Late = "late"
				}
				if before.Ceiling >= 0 {
					r.Running = min(r.Running, before.Ceiling) // the engine obeys
				}
				v := g.Step(r)
				best := twin.Step(Reading{Now: now, Running: r.Running, Quiet: r.Quiet, Production: monitors.Green, Self: monitors.Green, GreenFor: time.Hour})
				latched := v.State == GuardCut || v.State == GuardLockout
				switch {
				case cut && !latched:
					t.Fatalf("a cut became %s by itself", v.State)
				case latched && (v.Ceiling != 0 || v.Renew):
					t.Fatalf("load may be sent after a cut: %+v", v)
				case !latched && !v.Renew:
					t.Fatalf("the permit lapses without a cut: %+v", v)
				case latched && !cut && !v.Cut:
					t.Fatalf("cut without the brake: %+v", v)
				case best.Ceiling >= 0 && (v.Ceiling < 0 || v.Ceiling > best.Ceiling):
					t.Fatalf("%d users allowed, and %d had all been green", v.Ceiling, best.Ceiling)
				case r.Lapsed != "" && !latched:
					t.Fatalf("the permit lapsed and the guard says %s", v.State)
				case !rules.Off && !rules.Unguarded && r.Production == monitors.Red && v.Ceiling != 0:
					t.Fatalf("%d users allowed while production is red", v.Ceiling)
				case !rules.Off && !rules.Unguarded && r.Production == monitors.NoSight && !r.Unseen && !r.Quiet && before.Ceiling >= 0 &&
					(v.Ceiling < 0 || v.Ceiling > max(before.Ceiling, r.Running)):
					t.Fatalf("losing sight raised the ceiling from %d to %d at %d users", before.Ceiling, v.Ceiling, r.Running)
				case v.Slew <= 0 || v.Slew > 1:
					t.Fatalf("slew %v", v.Slew)
				}
				if most, why := g.First(now); most >= 0 && (most == 0 || why == "" || !latched && v.Ceiling > most) {
					t.Fatalf("first climb %d %q, ceiling %d", most, why, v.Ceiling)
				}
				cut, before = latched, v
			}
		}
	})
}
