package session

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"crosstalk/monitors"
)

// What must hold whatever production does and whatever people order: a cut is
// never undone without a person, losing sight never raises the ceiling, a limited
// check is never waved through, and red with users running is a cut in the same
// step.
func TestGuardNeverLetsGoOfSafety(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules := DefaultRules()
		rules.Attended = rapid.Bool().Draw(t, "attended")
		g := NewGuard(rules)
		now, running, cut, begun, quiet := time.Unix(1000, 0), 0, false, false, rapid.Bool().Draw(t, "quiet")
		var cutAt, blindFrom time.Time
		owed := false // a check runs that began in a lockout
		before := Verdict{State: GuardRun, Ceiling: none}
		for range rapid.IntRange(1, 400).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(1, 3000).Draw(t, "ms")) * time.Millisecond)
			r := reading(t, now)
			quiet = quiet && rapid.IntRange(0, 9).Draw(t, "quiet ends") > 0
			if r.Quiet = quiet; quiet {
				running = min(running, 1)
			}
			r.Running = running
			begun = begun || running > 1 || running > 0 && !quiet
			checking := g.checking
			v := g.Step(r)
			latched := v.State == GuardCut || v.State == GuardLockout
			switch {
			case cut && !latched:
				t.Fatalf("a cut became %s by itself", v.State)
			case latched && (v.Ceiling != 0 || v.Renew):
				t.Fatalf("load may be sent after a cut: %+v", v)
			case latched && !cut && !v.Cut:
				t.Fatalf("cut without the brake: %+v", v)
			case r.Lapsed != "" && !latched:
				t.Fatalf("the permit lapsed and the guard says %s", v.State)
			case r.Production == monitors.Red && !latched && (begun || v.Ceiling != 0):
				t.Fatalf("production is red and the guard says %s", v.State)
			case quiet && v.Ceiling != 0 && v.Ceiling != 1:
				t.Fatalf("%d users allowed in the quiet phase", v.Ceiling)
			case r.Production == monitors.NoSight && !checking && !r.Quiet && (v.Ceiling < 0 || before.Ceiling >= 0 && v.Ceiling > before.Ceiling && v.Ceiling > running):
				t.Fatalf("losing sight raised the ceiling from %d to %d at %d users", before.Ceiling, v.Ceiling, running)
			case r.Limited && r.Production == monitors.Amber && !checking && (v.Ceiling < 0 || v.Ceiling > running && v.Ceiling > before.Ceiling):
				t.Fatalf("a limited check, and %d users allowed at %d; before %d", v.Ceiling, running, before.Ceiling)
			case v.Cut && v.Cause != CausePermit && v.Level != running:
				t.Fatalf("cut at %d, told %d", running, v.Level)
			}
			if r.Production != monitors.NoSight || r.Quiet || latched {
				blindFrom = time.Time{}
			} else if heldFor(&blindFrom, true, now) >= 2*rules.BlindCut+4*time.Second {
				t.Fatalf("out of sight for %s and %s", now.Sub(blindFrom), v.State)
			}
			if v.Cut {
				cutAt = now
			}
			cut, before = latched, v
			if v.Ceiling >= 0 {
				running = min(running, v.Ceiling)
			}
			switch rapid.IntRange(0, 13).Draw(t, "person") {
			case 0:
				g.Press()
				before.Ceiling = g.allowed(g.last)
			case 1:
				cause := g.cause
				if cut && g.GoOn(now, rapid.Bool().Draw(t, "reason")) == nil {
					if cause == CauseRed && now.Sub(cutAt) < rules.GreenAfter {
						t.Fatalf("went on %s after a cut for red", now.Sub(cutAt))
					}
					cut, before.Ceiling = false, none
				}
			case 2:
				g.Warn(now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "warn")) * time.Second))
			case 3:
				mode := rapid.SampledFrom([]string{ModeCheck, ModeDips}).Draw(t, "mode")
				was := g.state
				if g.checking || g.BeginCheck(now, mode) != "" {
					break
				}
				if was == GuardCut || was == GuardLockout && (mode != ModeCheck || now.Sub(cutAt) < rules.GreenAfter) {
					t.Fatalf("a %s began in a %s", mode, was)
				}
				owed, cut = was == GuardLockout, false
			case 4:
				if !g.checking {
					break
				}
				// What the check began under holds again, at the latest with the next step.
				lifts, stay, rung := rapid.Bool().Draw(t, "lifts"), g.before.stay, g.before
				locked := g.EndCheck(lifts)
				if locked != (owed && !lifts && !cut) {
					t.Fatalf("a check that began in a lockout: %v, lifts %v, ended cut %v, locked %v", owed, lifts, cut, locked)
				}
				top := g.allowed(g.last)
				if held := rung.state == GuardHold || rung.state == GuardEase; !cut && !locked &&
					(stay >= 0 && (top < 0 || top > stay) && !held || held && (top < 0 || top > rung.ceiling)) {
					t.Fatalf("after the check %d users are allowed, before it %+v", top, rung)
				}
				cut, owed, before.Ceiling = cut || locked, false, top
				running = min(running, max(0, top))
			default:
				if room := g.allowed(g.last); room < 0 {
					running += rapid.IntRange(0, 20).Draw(t, "rise")
				} else {
					running = rapid.IntRange(0, room).Draw(t, "within")
				}
			}
		}
	})
}

// reading is one that a board and a machine may give: production may be amber for
// what is slow, for a muted check that fails, or for one that is limited.
func reading(t *rapid.T, now time.Time) Reading {
	some := func(what string) bool { return rapid.IntRange(0, 7).Draw(t, what) == 0 }
	r := Reading{Now: now, Pressing: rapid.Bool().Draw(t, "pressing"),
		Production: rapid.SampledFrom([]monitors.Health{monitors.Green, monitors.Amber, monitors.Red, monitors.NoSight}).Draw(t, "production"),
		Self:       rapid.SampledFrom([]monitors.Health{monitors.Green, monitors.Amber}).Draw(t, "self"),
		GreenFor:   time.Duration(rapid.IntRange(0, 90).Draw(t, "green")) * time.Second,
		Controlled: rapid.Bool().Draw(t, "controlled"),
		Control:    rapid.SampledFrom([]monitors.Health{monitors.Green, monitors.Amber, monitors.Red, monitors.NoSight}).Draw(t, "control"),
		Sink:       some("sink")}
	if some("late") {
		r.Late = "one late answer"
	}
	if some("lapsed") {
		r.Lapsed = "the permit lapsed"
	}
	if r.Production == monitors.Amber {
		switch rapid.IntRange(0, 3).Draw(t, "amber") {
		case 0: // muted, and red as before: it presses nothing
			r.Pressing, r.GreenFor, r.Why = false, 0, "web-1 refused (muted)"
		case 1:
			r.Limited, r.Pressing, r.GreenFor, r.Why = true, false, 0, "web-1 limits our checks (429)"
		}
	}
	return r
}
