package session

import (
	"strings"
	"testing"
	"time"

	"crosstalk/loadengine"
)

func TestRedCutsAndAPersonGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := start(t, w.options(t))
	r.await("the rehearsal", ofType(TypeBrakeTest))
	r.do(SetDial{To: 10})
	r.await("ten users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 10 })
	w.sick.Store(true)
	cut := r.await("the cut", guardTo("cut")).Body.(*GuardChange)
	if cut.Cause != CauseRed || cut.Running != 10 || len(cut.Samples) == 0 {
		t.Errorf("cut %+v", cut)
	}
	stop := r.sooner("the stop", TypeStop).Body.(*LoadStop) // told beside the cut: either may be first
	if stop.Reason != "guard" || stop.By != ByGuard || stop.MSToZero == nil {
		t.Errorf("stop %+v", stop)
	}
	if why := r.refused(SetDial{To: 5}); why == "" {
		t.Error("no reason")
	}
	r.refused(Hold{})
	for cmd, want := range map[Command]string{Mute{Env: "production", Check: "web-1", Why: "x"}: "muting a check now", WarnOnly{Why: "x"}: "once you have gone on",
		SetAside{Env: "production", Check: "web-1", Why: "x"}: "the load of this session was cut"} {
		if why := r.refused(cmd); !strings.Contains(why, want) {
			t.Errorf("%s in a cut: %q", cmd.command(), why)
		}
	}
	// As if the guard had cut between the answer and its own turn.
	r.watch.order(func(now time.Time) {
		_ = r.watch.mute(now, "nan", Mute{Env: "production", Check: "web-1", Why: "x"})
		_ = r.watch.warn(now, "nan", "x")
		_ = r.watch.setAside(now, "nan", SetAside{Env: "production", Check: "web-1", Why: "x"})
		_ = r.watch.goOn(now, "nan", "", now)
	})
	var no []string
	r.await("four refusals", func(e Event) bool {
		if b, ok := e.Body.(*Refused); ok && e.By == "nan" && strings.Contains(b.Why, map[string]string{"hold": "must answer as usual", "mute": noMute, WarnOnly{}.command(): noWarn, "set aside": noAside}[b.Cmd]) {
			no = append(no, b.Cmd)
		}
		return strings.Join(no, ",") == "mute,"+WarnOnly{}.command()+",set aside,hold" || len(no) > 20
	})
	if st := r.Snapshot(); st.Guard.State != "cut" || st.Guard.Cause != CauseRed || st.Guard.Warn != 0 || st.Env("production").Tiles[0].Now.Muted || st.Env("production").Tiles[0].Now.Aside {
		t.Errorf("refused, and %+v with %+v", st.Guard, st.Env("production").Tiles)
	}
	w.sick.Store(false)
	r.await("recovery", ofType(TypeGuardRecov))
	r.do(Hold{})
	r.await("going on", guardTo("run"))
	r.refused(SetDial{To: 6}) // half the level of the cut first, until that has proved well
	r.do(SetDial{To: 5})
	r.await("five users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 5 && b.Ceiling == 8 })
	if why := r.refused(SetDial{To: 30}); !strings.Contains(why, "at most 8 users since the cut at 10") || !strings.Contains(why, "the next press up lifts that") {
		t.Errorf("above 80 %% of the cut: %q", why)
	}
	r.do(SetDial{To: 8})
	r.await("it to stand there", func(e Event) bool {
		if b, ok := e.Body.(*LoadTick); !ok || b.Running != 8 {
			return false
		}
		_, err := r.Do(t.Context(), mel, SetDial{To: 30})
		return err == nil
	})
	r.await("thirty users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 30 })
	st := Fold(r.finish())
	if st.Guard.Cuts != 1 || len(st.Notes.Notes) < 2 || !st.Notes.Notes[0].System {
		t.Errorf("cuts %d, notes %+v", st.Guard.Cuts, st.Notes.Notes)
	}
}

// Whoever goes on hears what the guard decided, not what was expected of it.
func TestGoingOnIsAnsweredByTheGuard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := start(t, w.options(t))
	r.await("the rehearsal", ofType(TypeBrakeTest))
	r.do(SetDial{To: 10})
	r.await("ten users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 10 })
	w.sick.Store(true)
	r.await("the cut", guardTo("cut"))
	w.sick.Store(false)
	r.await("recovery", ofType(TypeGuardRecov))
	// A stop that only the guard looks at, as if it came while the order was on its way.
	r.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonJournal, By: ByEngine, At: time.Now().Add(time.Hour)})
	if why := r.refused(Hold{}); !strings.Contains(why, "after you asked") {
		t.Errorf("stopped meanwhile, and the answer was %q", why)
	}
	if st := r.Snapshot(); st.Guard.State != string(GuardCut) {
		t.Errorf("refused, and the guard is at %s", st.Guard.State)
	}
}
