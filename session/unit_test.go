package session

import (
	"strings"
	"testing"
	"time"

	"crosstalk/loadengine"
	"crosstalk/notes"
)

func TestSessionByRate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.options(t)
	o.Plan.Mode, o.Plan.MaxRPS = loadengine.ModeRate, 60
	s := start(t, o)
	s.await("the end of the preparations", ofType(TypeBrakeTest))
	if why := s.refused(SetDial{To: 61}); !strings.Contains(why, "60 req/s") || !strings.Contains(why, "limits.rps") {
		t.Errorf("above the cap: %q", why)
	}
	if r := s.do(SetDial{To: 40}); r.Text != "0 → 40 req/s" {
		t.Errorf("the answer: %q", r.Text)
	}
	e := s.await("load at its rate", func(e Event) bool {
		b, ok := e.Body.(*LoadTick)
		return ok && b.Asked == 40 && b.Running == 40 && b.Requests > 0
	})
	if b := e.Body.(*LoadTick); b.Users < 1 || b.Users > 50 {
		t.Errorf("%d users at work", b.Users)
	}
	if r := s.do(Hold{}); r.Text != "held at 40 req/s: space goes on" {
		t.Errorf("the hold's answer: %q", r.Text)
	}
	s.do(AddNote{Draft: notes.Parse("slow")})
	n := s.await("the note", ofType(TypeNoteAdd)).Body.(*NoteAdd)
	if n.Context == nil || n.Context.Load() != "40 req/s" {
		t.Errorf("the note keeps %+v", n.Context)
	}
	// Production turns red: the guard lets go of the rate as of users.
	w.sick.Store(true)
	cut := s.await("the cut", guardTo(string(GuardCut)))
	if b := cut.Body.(*GuardChange); b.Running != 40 {
		t.Errorf("cut at %d, want 40", b.Running)
	}
	told := s.await("the guard's note", ofType(TypeNoteAdd)).Body.(*NoteAdd)
	if !strings.Contains(told.Text, "load cut at 40 req/s") {
		t.Errorf("the guard's note: %q", told.Text)
	}
	events := s.finish()
	st := Fold(events)
	if st.Start.Mode != "rate" || !st.Unit().Rate() || st.Dial.Peak != 40 {
		t.Errorf("mode %q, at most %d", st.Start.Mode, st.Dial.Peak)
	}
	for _, e := range events {
		if b, ok := e.Body.(*LoadTick); ok && b.Final && b.Running != 0 {
			t.Errorf("running %d at the end", b.Running)
		}
	}
}

func TestModeIsReadAndOverruled(t *testing.T) {
	t.Parallel()
	const text = `staging: {url: "http://127.0.0.1:8080", mode: rate, limits: {rps: 30}, checks: [{http: "http://127.0.0.1:8080/"}]}`
	for _, c := range []struct {
		flag string
		mode string
		most int
	}{{"", "rate", 30}, {"users", "users", DefaultUsers}, {"rate", "rate", 30}} {
		got, err := compiled(t, text, Caps{Mode: c.flag})
		if err != nil {
			t.Fatal(err)
		}
		if got.Plan.Mode != c.mode || got.Plan.DialMax() != c.most {
			t.Errorf("--mode %q: mode %q up to %d", c.flag, got.Plan.Mode, got.Plan.DialMax())
		}
	}
	_, err := ParseConfig("crosstalk.yaml", []byte(strings.Replace(text, "mode: rate", "mode: rat", 1)), nil)
	if err == nil || !strings.Contains(err.Error(), `users, rate`) {
		t.Errorf("a misspelt mode: %v", err)
	}
}

func TestUnitOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		unit Unit
		n    int
		want string
	}{{"", 1, "1 user"}, {"users", 12, "12 users"}, {"rate", 1, "1 req/s"}} {
		if got := c.unit.Of(c.n); got != c.want {
			t.Errorf("%q of %d is %q, want %q", c.unit, c.n, got, c.want)
		}
	}
}

// When every user is busy, it is said once, with how many there are.
func TestACrowdedRateIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.slow = time.Hour
	o := w.options(t)
	o.Plan.Mode, o.Plan.MaxUsers = loadengine.ModeRate, 3
	s := start(t, o)
	s.await("the end of the preparations", ofType(TypeBrakeTest))
	s.do(SetDial{To: 50})
	n := s.await("what it says", ofType(TypeNoteAdd)).Body.(*NoteAdd)
	if !strings.Contains(n.Text, "all 3 users are busy") || !strings.Contains(n.Text, "--limit-users") {
		t.Errorf("the note: %q", n.Text)
	}
	s.await("sends that are dropped", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Late > 0 })
	s.do(StopAll{})
	if st := Fold(s.finish()); st.Late == 0 {
		t.Error("nothing was counted as dropped by us")
	}
}

func TestTextIsABody(t *testing.T) {
	t.Parallel()
	got, err := compiled(t, `staging: {url: "http://127.0.0.1:8080", journeys: [{name: j, steps: [{post: /a, text: hello}, {post: /b, body: hi}]}], checks: [{http: "http://127.0.0.1:8080/"}]}`, Caps{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"hello", "hi"} {
		if b := got.Plan.Journeys[0].Steps[i].Body; b.Kind != loadengine.BodyText || b.Content != want {
			t.Errorf("step %d sends %+v", i, b)
		}
	}
}

// A cut or a hold that found no load says so, and not "at 0 users".
func TestNoLoadIsSaid(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		Unit("").CutAt(12): "load cut at 12 users", Unit("").CutAt(0): "cut while no load ran",
		Unit("").TheCut(1): "the load was cut at 1 user", Unit("rate").TheCut(0): "the cut",
		(&watch{}).held(3): "held at 3 users", (&watch{}).held(0): "no load runs, and none may begin",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
