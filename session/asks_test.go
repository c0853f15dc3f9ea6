package session

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"crosstalk/monitors"
)

// faked is a check whose server is a number: how long it takes to answer.
// Below 0 it refuses.
type faked struct {
	env, name string
	takes     atomic.Int64 // nanoseconds
}

func fake(env, name string, takes time.Duration) *faked {
	f := &faked{env: env, name: name}
	f.takes.Store(int64(takes))
	return f
}

func (f *faked) check() monitors.Check {
	return monitors.Check{Env: f.env, Name: f.name, Kind: "http", Every: 50 * time.Millisecond, Address: f.name + ":80", Probe: func(ctx context.Context) monitors.Result {
		takes := time.Duration(f.takes.Load())
		if takes < 0 {
			return monitors.Result{Hard: true, Refused: true, Reason: "refused the connection"}
		}
		if !pause(ctx, takes) {
			return monitors.Result{Hard: true, Reason: "no answer"}
		}
		return monitors.Result{OK: true}
	}}
}

func person(t *testing.T, name, who string) (monitors.Check, map[CheckKey]*monitors.Answers) {
	t.Helper()
	c, a, err := monitors.Person(monitors.PersonOptions{Env: monitors.Production, Name: name, Question: "is the wallboard green?", Who: who, Every: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return c, map[CheckKey]*monitors.Answers{{monitors.Production, name}: a}
}

// From the question to the guard: silence past its period holds, then eases and
// never cuts; a yes ends it; a no is red, and going on waits for a yes.
func TestAPersonsSilenceEasesAndANoCuts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wall, answers := person(t, "wall", "jon")
		said := answers[CheckKey{monitors.Production, "wall"}]
		web := fake(monitors.Production, "web-1", 10*time.Millisecond).check()
		web.Every = 500 * time.Millisecond
		m, err := monitors.New([]monitors.Check{web, wall})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		samples, done := make(chan monitors.Sample, 1000), make(chan struct{})
		go func() { m.Run(ctx, samples); close(done) }()
		board, g := monitors.NewBoard(m.Checks(), nil), NewGuard(DefaultRules())
		running, log := 40, []string(nil)
		var v Verdict
		pass := func(span time.Duration) {
			for end := time.Now().Add(span); time.Now().Before(end); time.Sleep(wakeEvery) {
				synctest.Wait()
				for len(samples) > 0 {
					board.Observe(<-samples)
				}
				now := time.Now()
				board.Advance(now)
				e := board.Env(monitors.Production, now)
				v = g.Step(Reading{Now: now, Production: e.State, Why: e.Why, Pressing: e.Pressing, GreenFor: e.GreenFor, Self: monitors.Green,
					Unseen: e.State == monitors.NoSight, Running: running})
				if v.Changed {
					log = append(log, string(v.From)+">"+string(v.State)+" "+v.Cause)
				}
				if running = 40; v.Ceiling >= 0 {
					running = min(running, v.Ceiling)
				}
			}
		}
		want := func(what, changes string, state GuardState, most int) {
			t.Helper()
			if got := strings.Join(log, ", "); got != changes || v.State != state || running != most {
				t.Errorf("%s: %q, %s with %d users (%s); want %q, %s with %d", what, got, v.State, running, v.Why, changes, state, most)
			}
			log = nil
		}
		pass(59 * time.Second)
		want("asked", "", GuardRun, 40)
		pass(2 * time.Second)
		want("not answered for a minute", "run>hold amber", GuardHold, 40)
		pass(3 * time.Second)
		want("and two seconds more", "hold>ease amber", GuardEase, 20)
		pass(2 * time.Minute)
		want("and never cut", "", GuardEase, 0)
		said.Answer("jon", "", true, time.Now())
		pass(90 * time.Second)
		want("answered yes", "ease>run amber", GuardRun, 40)
		said.Answer("jon", "it burns", false, time.Now())
		pass(5 * time.Second)
		if v.State != GuardCut || v.Cause != CauseRed || !strings.Contains(v.Why, "it burns") {
			t.Errorf("after a no: %+v", v)
		}
		pass(90 * time.Second)
		if m := g.Missing(time.Now(), true); !strings.Contains(m, "production is red now and must answer as usual for 60 s first") {
			t.Errorf("the fast checks were green all the time, and going on was possible: %q", m)
		}
		cancel()
		<-done
	})
}

func TestAQuestionIsAnsweredFromAnywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.options(t)
	wall, answers := person(t, "wall", "")
	o.Checks, o.Answers = append(o.Checks, wall), answers
	r := start(t, o)
	ask := r.await("the question", ofType(TypeCheckAsk)).Body.(*Ask)
	if ask.Question != "is the wallboard green?" || ask.Env != monitors.Production || ask.Check != "wall" || ask.Since.IsZero() {
		t.Errorf("asked %+v", ask)
	}
	if asks := r.Snapshot().Asks; len(asks) != 1 || asks[0] != *ask {
		t.Errorf("the state asks %+v", asks)
	}
	send := func(o Order) Outcome {
		t.Helper()
		out, err := o.Send(t.Context(), r.Dir())
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, bad := range []Order{{Cmd: "answer", By: "dana", Text: "perhaps"}, {Cmd: "answer", By: "dana", Text: "yes", Check: "web-1"}} {
		if out := send(bad); out.OK || out.Text == "" {
			t.Errorf("%+v: %+v", bad, out)
		}
	}
	if out := send(Order{Cmd: "note", By: "dana", Text: "yes", Kind: "note"}); !out.OK || !strings.HasPrefix(out.Text, "n1 ") {
		t.Errorf("a note that says its kind: %+v", out)
	}
	if out := send(Order{Cmd: "note", By: "dana", Text: "Yes, all green"}); !out.OK || !strings.HasPrefix(out.Text, "is the wallboard green? yes") || !strings.Contains(out.Text, "--kind") {
		t.Errorf("an answer by note: %+v", out)
	}
	e := r.await("the answer", ofType(TypeCheckAnswer))
	if b := e.Body.(*CheckAnswer); e.By != "dana" || !b.Good || b.Text != "all green" || b.Question != ask.Question {
		t.Errorf("answered %+v by %s", b, e.By)
	}
	tile := func(state, reason string) func(Event) bool {
		return func(e Event) bool {
			b, ok := e.Body.(*HealthTick)
			for i := 0; ok && i < len(b.Checks); i++ {
				if c := b.Checks[i]; c.Name == "wall" && c.State == state && strings.HasPrefix(c.Reason, reason) {
					return true
				}
			}
			return false
		}
	}
	r.await("a green tile", tile("green", "dana says yes"))
	if asks := r.Snapshot().Asks; len(asks) != 0 {
		t.Errorf("still asked: %+v", asks)
	}
	if out := send(Order{Cmd: "note", By: "dana", Text: "no orders yet"}); !out.OK || !strings.HasPrefix(out.Text, "n2 ") {
		t.Errorf("a note while nothing is asked: %+v", out)
	}
	// Nobody asked, and an observer: what is said counts.
	if why := r.refusedTo(Person{Name: "obs", Role: Observer}, AnswerCheck{Env: monitors.Production, Check: "web-1"}); !strings.Contains(why, "asks a person") {
		t.Errorf("refused %q", why)
	}
	if _, err := r.Do(t.Context(), Person{Name: "obs", Role: Observer}, AnswerCheck{Env: monitors.Production, Check: "wall", Text: "it burns"}); err != nil {
		t.Fatal(err)
	}
	r.await("red", func(e Event) bool {
		b, ok := e.Body.(*HealthState)
		return ok && b.Env == monitors.Production && b.Check == "" && b.To == "red" && strings.Contains(b.Why, "it burns")
	})
	st := Fold(r.finish())
	if n := len(st.Notes.Notes); n < 2 {
		t.Errorf("%d notes", n)
	}
}

func (r *started) refusedTo(who Person, c Command) string {
	r.t.Helper()
	_, err := r.Do(r.t.Context(), who, c)
	var no *Refusal
	if !errors.As(err, &no) {
		r.t.Fatalf("%s was not refused: %v", c.command(), err)
	}
	return no.Why
}

func TestWhichQuestionAnOrderAnswers(t *testing.T) {
	t.Parallel()
	s := &Session{log: NewLog(NewState(), nil), asks: []asking{{key: CheckKey{"production", "a"}}, {key: CheckKey{"production", "b"}}, {key: CheckKey{"staging", "c"}}}}
	if _, ok, why := s.answerOrder(Order{Cmd: "answer", Text: "yes"}); ok || why == "" {
		t.Errorf("nothing is asked: %v %q", ok, why)
	}
	at := time.Unix(1000, 0)
	for i, a := range []Ask{{Env: "production", Check: "a", Who: "jon"}, {Env: "production", Check: "b"}, {Env: "staging", Check: "c", Who: "mel"}} {
		a.Since = at.Add(time.Duration(i) * time.Second)
		s.log.append(a.Since, 0, ByMonitors, TypeCheckAsk, &a)
	}
	for _, c := range []struct {
		o    Order
		want AnswerCheck
		ok   bool
	}{
		{Order{Cmd: "answer", By: "mel", Text: "yes"}, AnswerCheck{Env: "staging", Check: "c", Good: true}, true},
		{Order{Cmd: "answer", By: "jon", Text: "no: red"}, AnswerCheck{Env: "production", Check: "a", Text: "red"}, true},
		{Order{Cmd: "note", By: "dana", Text: "yes"}, AnswerCheck{Env: "production", Check: "b", Good: true}, true},
		{Order{Cmd: "answer", By: "dana", Text: "NO", Check: "staging/c"}, AnswerCheck{Env: "staging", Check: "c"}, true},
		{Order{Cmd: "answer", By: "dana", Text: "no", Check: "a"}, AnswerCheck{Env: "production", Check: "a"}, true},
		{Order{Cmd: "answer", By: "dana", Text: "no", Check: "z"}, AnswerCheck{}, false},
		{Order{Cmd: "note", By: "dana", Text: "yesterday it was red"}, AnswerCheck{}, false},
		{Order{Cmd: "note", By: "dana", Text: "no", Kind: "bug"}, AnswerCheck{}, false},
		{Order{Cmd: "note", By: "dana", Text: ""}, AnswerCheck{}, false},
	} {
		if got, ok, _ := s.answerOrder(c.o); got != c.want || ok != c.ok {
			t.Errorf("%+v: %+v %v, want %+v %v", c.o, got, ok, c.want, c.ok)
		}
	}
}

func TestAsksAreFolded(t *testing.T) {
	t.Parallel()
	st := NewState()
	seq := uint64(0)
	fold := func(kind string, body any) {
		seq++
		st.Apply(Event{Seq: seq, Type: kind, Body: body, By: "mel"})
	}
	fold(TypeCheckAsk, &Ask{Env: "production", Check: "wall", Question: "green?"})
	fold(TypeCheckAsk, &Ask{Env: "production", Check: "desk", Question: "calm?"})
	fold(TypeCheckAsk, &Ask{Env: "production", Check: "wall", Question: "green?", Since: time.Unix(5, 0)})
	c := st.Clone()
	fold(TypeCheckAnswer, &CheckAnswer{Env: "production", Check: "wall", Question: "green?", Good: true})
	if len(st.Asks) != 1 || st.Asks[0].Check != "desk" || len(c.Asks) != 2 || c.Asks[1].Check != "wall" {
		t.Errorf("asks %+v, of the copy %+v", st.Asks, c.Asks)
	}
	if m := st.Marks[len(st.Marks)-1]; m.Text != "green? yes" || m.By != "mel" {
		t.Errorf("mark %+v", m)
	}
	fold(TypeStart, &Start{})
	if len(st.Asks) != 0 {
		t.Errorf("taken up again: %+v", st.Asks)
	}
}

func TestAPersonIsAskedAsConfigured(t *testing.T) {
	t.Parallel()
	c, err := compiled(t, `
staging: {url: "http://127.0.0.1:8080"}
production:
  checks:
    - {name: web-1, http: "http://127.0.0.1:9081/"}
    - {name: wall, person: "is the wallboard green?", who: jon, every: 90s}
`, Caps{})
	if err != nil {
		t.Fatal(err)
	}
	a := c.Answers[CheckKey{monitors.Production, "wall"}]
	if len(c.Answers) != 1 || a == nil || a.Question() != "is the wallboard green?" || a.Who() != "jon" {
		t.Fatalf("answers %+v", c.Answers)
	}
	for _, k := range c.Checks {
		if k.Name == "wall" && (k.Kind != "person" || !k.Slow || k.Address != "") {
			t.Errorf("check %+v", k)
		}
	}
}
