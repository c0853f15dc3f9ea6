package monitors

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestPerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, a, err := Person(PersonOptions{Env: Production, Name: "wall", Question: "is the wallboard green?", Who: "jon", Every: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		if !c.Slow || c.Address != "" || c.Kind != kindPerson || a.Who() != "jon" {
			t.Errorf("%+v", c)
		}
		if _, _, ok := a.Pending(); ok {
			t.Error("something is asked before the monitor runs")
		}
		look := func(after time.Duration, want Result) {
			t.Helper()
			time.Sleep(after)
			got := c.Probe(t.Context())
			if !strings.HasPrefix(got.Reason, want.Reason) || got.Reason == "" {
				t.Errorf("%q, want %q", got.Reason, want.Reason)
			}
			if got.Reason = want.Reason; got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		}
		pending := func(want bool, age time.Duration) {
			t.Helper()
			question, since, ok := a.Pending()
			if ok != want || ok && (question != "is the wallboard green?" || time.Since(since) != age) {
				t.Errorf("pending %v since %v, want %v %v", ok, time.Since(since), want, age)
			}
		}
		look(0, Result{Blind: true, Reason: "asked, and not answered yet: is the wallboard green?"})
		pending(true, 0)
		look(59*time.Second, Result{Blind: true, Reason: "asked, and not"})
		look(time.Second, Result{OK: true, Warn: true, Reason: "jon has not answered for 1 min: \"is the wallboard green?\""})
		// However long: silence alone is never bad.
		look(time.Hour, Result{OK: true, Warn: true, Reason: "jon has not answered for 61 min"})
		a.Answer("jon", "all green", true, time.Now())
		pending(false, 0)
		look(0, Result{OK: true, Reason: "jon says yes at "})
		look(59*time.Second, Result{OK: true, Reason: "jon says yes at "})
		pending(false, 0)
		look(time.Second, Result{OK: true, Reason: "jon says yes at "})
		pending(true, 0)
		look(time.Minute, Result{OK: true, Warn: true, Reason: "jon has not answered for 1 min"})
		// Not asked, and not jon: what is said counts.
		a.Answer("mel", "web-3 is\nred\x1b[0m", false, time.Now())
		look(0, Result{Reason: "mel says no at "})
		if r := c.Probe(t.Context()); !strings.HasSuffix(r.Reason, ": web-3 is red [0m") {
			t.Errorf("%q", r.Reason)
		}
		a.Answer("jon", "late", true, time.Now().Add(-time.Minute))
		look(0, Result{Reason: "mel says no at "})
		look(10*time.Minute, Result{Reason: "mel says no at "})
		pending(true, 0)
		a.Answer("", "", true, time.Now())
		look(0, Result{OK: true, Reason: "somebody says yes at "})
	})
}

func TestPersonOptionsAreRefused(t *testing.T) {
	for want, o := range map[string]PersonOptions{
		"no question":     {Env: Production, Name: "wall"},
		"is the shortest": {Env: Production, Name: "wall", Question: "?", Every: time.Second},
		"no name":         {Env: Production, Question: "?"},
	} {
		if _, _, err := Person(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
	c, a, err := Person(PersonOptions{Env: Production, Name: "wall", Question: "?"})
	if err != nil || a.o.Every != DefaultQuestion {
		t.Errorf("%+v, %v", c, err)
	}
	m, err := New([]Check{c})
	if err != nil || m.Rate(Production) != 0 {
		t.Errorf("a question counts as %v probes a second, %v", m.Rate(Production), err)
	}
}

// On a board beside a fast check: unanswered does not count, then warns; a no is
// red within seconds, and only a yes ends it.
func TestPersonOnABoard(t *testing.T) {
	var a *Answers
	person := func() reply {
		return func(at time.Duration) (time.Duration, Result) { return 0, a.look(epoch.Add(at)) }
	}
	w := &world{now: epoch, advance: epoch}
	c, answers, err := Person(PersonOptions{Env: Production, Name: "wall", Question: "green?", Every: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	a = answers
	w.checks = []Check{{Env: Production, Name: "web", Kind: kindHTTP, Every: 250 * ms, Timeout: DefaultTimeout, Probe: noProbe}, c}
	w.build(nil, steady(10*ms), person())
	w.run(15 * time.Second)
	if e := w.env(t); e.State != Green || e.Checks[1].State != NoSight || !strings.Contains(e.Checks[1].Reason, "not answered yet") || e.Rate != 4 {
		t.Errorf("asked: %v %q, rate %v, %+v", e.State, e.Why, e.Rate, e.Checks[1])
	}
	w.run(25 * time.Second)
	if e := w.env(t); e.State != Amber || !strings.Contains(e.Why, "wall: nobody has answered for 2") {
		t.Errorf("unanswered: %v %q", e.State, e.Why)
	}
	w.run(5 * time.Minute)
	if e := w.env(t); e.State != Amber {
		t.Errorf("unanswered for long: %v %q", e.State, e.Why)
	}
	a.Answer("jon", "", true, w.now)
	w.run(5*time.Minute + personEvery)
	if e := w.env(t); e.State != Green || e.Checks[1].State != Green || !strings.HasPrefix(e.Checks[1].Reason, "jon says yes at ") {
		t.Errorf("answered yes, and not green at once: %v %q, %+v", e.State, e.Why, e.Checks[1])
	}
	w.run(5*time.Minute + 15*time.Second)
	a.Answer("jon", "it burns", false, w.now)
	w.run(5*time.Minute + 17*time.Second)
	if e := w.env(t); e.State != Red || !strings.HasPrefix(e.Why, "jon says no at ") || !strings.HasSuffix(e.Why, ": it burns") || len(e.Checks) != 2 {
		t.Errorf("one no is not red at once in its own words: %v %q", e.State, e.Why)
	}
	w.run(5*time.Minute + 20*time.Second)
	if e := w.env(t); e.State != Red || !strings.Contains(e.Why, "it burns") {
		t.Errorf("answered no: %v %q", e.State, e.Why)
	}
	w.run(10 * time.Minute)
	if e := w.env(t); e.State != Red {
		t.Errorf("no for long: %v %q", e.State, e.Why)
	}
	a.Answer("jon", "over", true, w.now)
	w.run(10*time.Minute + personEvery)
	if e := w.env(t); e.State != Green || !strings.HasSuffix(e.Checks[1].Reason, ": over") {
		t.Errorf("answered yes, and not green at once: %v %q, %+v", e.State, e.Why, e.Checks[1])
	}
}
