package session

import (
	"maps"
	"strings"
	"testing"

	"crosstalk/loadengine"
	"crosstalk/notes"
)

// Whatever comes between a spike and its level gives the glide back.
func TestASpikeThatIsNotReachedEnds(t *testing.T) {
	t.Parallel()
	guard := func(to GuardState) func(*Session) {
		return func(s *Session) {
			s.watch.status.Store(&guardStatus{state: to})
			s.turn(s.now())
		}
	}
	for name, c := range map[string]struct {
		then func(*Session)
		goes bool // the spike goes on
	}{
		"nothing":         {guard(GuardRun), true},
		"another level":   {func(s *Session) { s.ask("mel", DialSet{To: 20}, s.now()) }, false},
		"the same":        {func(s *Session) { s.ask("mel", DialSet{To: 40}, s.now()) }, false},
		"stop":            {func(s *Session) { s.stopAll("mel") }, false},
		"a hold":          {func(s *Session) { s.holdAt("mel", 3, "") }, false},
		"a glide":         {func(s *Session) { s.setGlide("mel", 2) }, false},
		"a pause":         {func(s *Session) { s.serveFrame("mel", Pause{}, s.now()) }, false},
		"the guard held":  {guard(GuardHold), false},
		"the guard eased": {guard(GuardEase), false},
		"the guard cut":   {guard(GuardCut), false},
		"the brake": {func(s *Session) {
			s.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonOperator, By: "mel", At: s.now()})
			s.turn(s.now())
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := New(newWorld(t).options(t))
			if err != nil {
				t.Fatal(err)
			}
			defer s.journal.close()
			s.began, s.phase = s.now(), phaseLive
			s.engine.SetCeiling(5) // on its way
			s.ask("mel", DialSet{To: 40, Spike: true}, s.now())
			if s.spike != 40 {
				t.Fatalf("spike %d", s.spike)
			}
			if c.then(s); (s.spike > 0) != c.goes {
				t.Errorf("spike %d", s.spike)
			}
		})
	}
}

// What a ceiling keeps from a spike comes at the pace of any other rise.
func TestAHeldSpikeGlidesLater(t *testing.T) {
	t.Parallel()
	o := newWorld(t).options(t)
	o.Plan.Glide = 1
	r := start(t, o)
	r.await("the rehearsal", ofType(TypeBrakeTest))
	r.do(Hold{Only: true})
	r.do(SetDial{To: 40, Spike: true})
	from := r.await("the spike", ofType(TypeDialSet)).MS
	r.await("a second of it", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && e.MS > from+1000 && b.Running == 0 })
	r.do(Hold{})
	tick := r.await("users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running > 0 })
	if n := tick.Body.(*LoadTick).Running; n > 10 {
		t.Errorf("%d users came at once", n)
	}
	r.finish()
}

// A pause is nobody's work: no load runs in it.
func TestNoLoadRunsInAPause(t *testing.T) {
	t.Parallel()
	r := start(t, newWorld(t).options(t))
	r.await("the rehearsal", ofType(TypeBrakeTest))
	r.do(Pause{Why: "lunch"})
	for _, c := range []Command{SetDial{To: 3}, MoveDial{By: 1}, SetDial{To: 3, Spike: true}, StartCheck{}, StartDips{}} {
		if why := r.refused(c); !strings.Contains(why, "paused: P goes on") {
			t.Errorf("%s: %q", c.command(), why)
		}
	}
	r.do(AddNote{Draft: notes.Parse("? is lunch over")})
	r.do(StopAll{})
	r.do(SetDial{To: 0})
	r.do(Resume{})
	r.do(SetDial{To: 3})
	r.finish()
}

// A colleague's no is taken back by a yes, from outside too.
func TestANoIsTakenBack(t *testing.T) {
	t.Parallel()
	o := newWorld(t).options(t)
	wall, answers := person(t, "wall", "")
	desk, more := person(t, "desk", "")
	maps.Copy(answers, more)
	o.Checks, o.Answers = append(o.Checks, wall, desk), answers
	r := start(t, o)
	send := func(text string) Outcome {
		t.Helper()
		out, err := Order{Cmd: "note", By: "dana", Text: text}.Send(t.Context(), r.Dir())
		if err != nil || !out.OK {
			t.Fatalf("%q: %+v %v", text, out, err)
		}
		return out
	}
	r.await("a question", ofType(TypeCheckAsk))
	r.await("the other", ofType(TypeCheckAsk))
	for _, check := range []string{"desk", "wall"} {
		if _, err := r.Do(t.Context(), Person{Name: "tim", Role: Observer}, AnswerCheck{Env: "production", Check: check, Good: check == "desk", Text: "two are red"}); err != nil {
			t.Fatal(err)
		}
	}
	r.await("tim's no", func(e Event) bool { b, ok := e.Body.(*CheckAnswer); return ok && !b.Good })
	if out := send("no idea why"); !strings.HasPrefix(out.Text, "n") {
		t.Errorf("a note beside a no: %+v", out)
	}
	send("yes, all green again")
	b := r.await("the yes", ofType(TypeCheckAnswer))
	if a := b.Body.(*CheckAnswer); b.By != "dana" || !a.Good || a.Check != "wall" || a.Text != "all green again" {
		t.Errorf("answered %+v by %s", a, b.By)
	}
	if out := send("yes it is quiet"); !strings.HasPrefix(out.Text, "n") {
		t.Errorf("a note when no no stands: %+v", out)
	}
	r.finish()
}
