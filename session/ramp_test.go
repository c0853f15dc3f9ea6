package session

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseRamp(t *testing.T) {
	want := Ramp{To: 200, Step: 20, Every: 30 * time.Second, Until: UntilAmber}
	for _, text := range []string{
		"to 200 in steps of 20, 30 s each, stop when production is amber",
		"To 200 users in steps of 20, 30 seconds each, stop when production is amber.",
		"200 20 30s", "200 20 30 amber", "to 200 by 20 every 30s until amber", "200, 20, 0.5 min",
	} {
		if got, err := ParseRamp(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "200", "200 20", "200 20 30s purple", "two hundred 20 30s", "200 20 soon", "200 20 30s 40s"} {
		if got, err := ParseRamp(text); err == nil {
			t.Errorf("%q was taken as %+v", text, got)
		}
	}
}

// Whatever a ramp is, its own words say it again.
func TestRampWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Ramp{To: rapid.IntRange(0, 9999).Draw(t, "to"), Step: rapid.IntRange(1, 500).Draw(t, "step"),
			Every: time.Duration(rapid.IntRange(1, 3600).Draw(t, "s")) * time.Second, Until: rapid.SampledFrom([]string{UntilAmber, UntilRed, UntilNever}).Draw(t, "until")}
		for _, u := range []Unit{"", "rate"} {
			text := r.Words(u)
			got, err := ParseRamp(text)
			if err != nil || got != r {
				t.Fatalf("%q: %+v, %v; want %+v", text, got, err, r)
			}
		}
	})
}

func TestRampCheck(t *testing.T) {
	ok := Ramp{To: 200, Step: 20, Every: 30 * time.Second}
	if err := ok.Check(0); err != nil {
		t.Errorf("%+v: %v", ok, err)
	}
	for what, change := range map[string]func(*Ramp){
		"ends at 0 or more": func(r *Ramp) { r.To = -1 }, "1 or more": func(r *Ramp) { r.Step = 0 }, "lasts 1 s to 1 h": func(r *Ramp) { r.Every = time.Millisecond },
		"stops when": func(r *Ramp) { r.Until = "blue" }, "there already": func(r *Ramp) { r.To = 40 }, "at most 1000 steps": func(r *Ramp) { r.To, r.Step = 5000, 1 },
	} {
		r := ok
		change(&r)
		if err := r.Check(40); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%+v: %v, want %q", r, err, what)
		}
	}
}

func TestRampTurn(t *testing.T) {
	up := Ramp{To: 100, Step: 40, Every: 30 * time.Second, Until: UntilAmber}
	red, never, down := up, up, up
	red.Until, never.Until, down.To = UntilRed, UntilNever, 0
	late, early := 30*time.Second, 29*time.Second
	run := string(GuardRun)
	tests := []struct {
		name string
		ramp Ramp
		look rampLook
		to   int // -1: no move
		end  string
	}{
		{"not yet", up, rampLook{asked: 40, running: 40, since: early, guard: run}, -1, ""},
		{"a step", up, rampLook{asked: 40, running: 40, since: late, guard: run, production: "green"}, 80, ""},
		{"the last step is shorter", up, rampLook{asked: 80, running: 80, since: late, guard: run}, 100, ""},
		{"waits for users that still come", up, rampLook{asked: 80, running: 79, since: time.Hour, guard: run}, -1, ""},
		{"the last level lasts as long", up, rampLook{asked: 100, running: 100, since: early, guard: run}, -1, ""},
		{"done", up, rampLook{asked: 100, running: 100, since: late, guard: run}, -1, rampDone},
		{"amber, at once", up, rampLook{asked: 40, running: 40, since: 0, guard: run, production: "amber"}, -1, "production is amber"},
		{"red", up, rampLook{asked: 40, running: 40, guard: run, production: "red"}, -1, "production is red"},
		{"no sight", red, rampLook{asked: 40, running: 40, guard: run, production: "no sight"}, -1, "production is no sight"},
		{"amber, until red", red, rampLook{asked: 40, running: 40, since: late, guard: run, production: "amber"}, 80, ""},
		{"red, until never", never, rampLook{asked: 40, running: 40, since: late, guard: run, production: "red"}, 80, ""},
		{"the guard holds", never, rampLook{asked: 40, running: 40, guard: string(GuardHold)}, -1, "the guard holds"},
		{"the guard eases", up, rampLook{asked: 40, running: 20, guard: string(GuardEase)}, -1, "the guard eases"},
		{"the guard holds on the way to the last level", up, rampLook{asked: 100, running: 90, guard: string(GuardHold)}, -1, "the guard holds"},
		{"refused", up, rampLook{asked: 40, running: 40, since: late, guard: run, refused: "the cap is 60 users"}, -1, "the cap is 60 users"},
		{"refused later is no end yet", up, rampLook{asked: 40, running: 40, since: early, guard: run, refused: "the cap is 60 users"}, -1, ""},
		{"down", down, rampLook{asked: 100, running: 100, since: late, guard: run}, 60, ""},
		{"down in amber", down, rampLook{asked: 60, running: 60, since: late, guard: run, production: "amber"}, 20, ""},
		{"down, and users still finish", down, rampLook{asked: 60, running: 75, since: late, guard: run}, 20, ""},
		{"down, under a hold", down, rampLook{asked: 60, running: 60, since: late, guard: string(GuardHold)}, 20, ""},
		{"down to nothing", down, rampLook{asked: 0, running: 0, since: late, guard: run}, -1, rampDone},
	}
	for _, test := range tests {
		to, move, end := test.ramp.turn(test.look)
		if !move {
			to = -1
		}
		if to != test.to || end != test.end {
			t.Errorf("%s: to %d, end %q; want %d, %q", test.name, to, end, test.to, test.end)
		}
	}
}

// Level by level a ramp comes to its end, never beyond it, in as many steps as
// it said.
func TestRampComesToItsEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Ramp{To: rapid.IntRange(0, 900).Draw(t, "to"), Step: rapid.IntRange(1, 300).Draw(t, "step"), Every: time.Second}
		at := rapid.IntRange(0, 900).Draw(t, "from")
		levels := r.Levels(at)
		for n := 0; ; n++ {
			to, move, end := r.turn(rampLook{asked: at, running: at, since: time.Second, guard: string(GuardRun)})
			if end == rampDone {
				if at != r.To || n != levels {
					t.Fatalf("%+v ended at %d after %d of %d levels", r, at, n, levels)
				}
				return
			}
			if !move || n > levels || (to > at) != (r.To > at) {
				t.Fatalf("%+v: from %d to %d (%v)", r, at, to, move)
			}
			at = to
		}
	})
}

// dials are the moves that were asked for since the first ramp began.
func dials(events []Event) (out []int) {
	begun := false
	for _, e := range events {
		begun = begun || e.Type == TypeRampStart
		if d, ok := e.Body.(*DialSet); ok && begun {
			out = append(out, d.To)
		}
	}
	return out
}

// ready waits until the dial is open and production's first answers have come.
func (r *started) ready() {
	green, open := false, false
	r.await("the dial to be open", func(e Event) bool {
		if b, ok := e.Body.(*HealthState); ok && b.Env == "production" && b.Check == "" {
			green = b.To == "green"
		}
		open = open || e.Type == TypeBaselineEnd
		return green && open
	})
}

func TestRampClimbsAndEnds(t *testing.T) {
	w := newWorld(t)
	r := start(t, w.options(t))
	r.ready()
	if _, err := r.Do(t.Context(), mel, StartRamp{Ramp{To: 5, Step: 2, Every: time.Second}}); err != nil {
		t.Fatal(err)
	}
	e := r.await("the end", ofType(TypeRampEnd))
	if b := e.Body.(*RampEnd); !b.Done || b.At != 5 {
		t.Errorf("ended as %+v", b)
	}
	if got := dials(r.seen); len(got) != 3 || got[0] != 2 || got[1] != 4 || got[2] != 5 {
		t.Errorf("the dial went %v", got)
	}
	if st := r.Snapshot(); st.Ramp != nil || st.Dial.Asked != 5 {
		t.Errorf("afterwards: ramp %+v, asked %d", st.Ramp, st.Dial.Asked)
	}
}

func TestRampEnds(t *testing.T) {
	plan := StartRamp{Ramp{To: 40, Step: 2, Every: time.Hour}}
	tests := []struct {
		name string
		do   func(r *started, w *world)
		why  string
		dial []int // after the ramp's first level
	}{
		{"a key", func(r *started, _ *world) { _, _ = r.Do(r.t.Context(), mel, EndRamp{Why: "a key was pressed"}) }, "a key was pressed", nil},
		{"a move by hand", func(r *started, _ *world) { _, _ = r.Do(r.t.Context(), mel, MoveDial{By: 1}) }, "the dial was moved", []int{3}},
		{"a hold", func(r *started, _ *world) { _, _ = r.Do(r.t.Context(), mel, Hold{}) }, "the dial was held", nil},
		{"a stop", func(r *started, _ *world) { _, _ = r.Do(r.t.Context(), mel, StopAll{}) }, "all load was stopped", []int{0}},
		{"production", func(_ *started, w *world) { w.sick.Store(true) }, "", nil},
		{"the end of the session", func(r *started, _ *world) { _, _ = r.Do(r.t.Context(), mel, Finish{Reason: "quit"}) }, "the session ends", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			r := start(t, w.options(t))
			r.ready()
			if _, err := r.Do(t.Context(), mel, plan); err != nil {
				t.Fatal(err)
			}
			r.await("two users", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 2 })
			test.do(r, w)
			e := r.await("the end", ofType(TypeRampEnd))
			b := e.Body.(*RampEnd)
			if b.Done || test.why != "" && b.Why != test.why {
				t.Errorf("ended as %+v, want %q", b, test.why)
			}
			if test.name == "production" {
				if !strings.HasPrefix(b.Why, "production is ") && !strings.HasPrefix(b.Why, "the guard ") && b.Why != "all load was stopped" {
					t.Errorf("production's trouble ended it as %q", b.Why)
				}
				return
			}
			if test.dial != nil {
				n := test.dial[0]
				r.await("the move", func(e Event) bool { d, ok := e.Body.(*DialSet); return ok && d.To == n })
			}
		})
	}
}

func TestRampIsRefused(t *testing.T) {
	w := newWorld(t)
	o := w.options(t)
	o.Baseline = time.Hour
	r := start(t, o)
	r.await("the quiet phase", ofType(TypeBaselineStart))
	ramp := StartRamp{Ramp{To: 40, Step: 2, Every: time.Second}}
	if err := r.May(mel, ramp); err == nil || !strings.Contains(err.Error(), "being learned") {
		t.Errorf("in the quiet phase: %v", err)
	}
	ramp.Ramp.To = 51
	over := start(t, w.options(t))
	over.ready()
	if err := over.May(mel, ramp); err == nil || !strings.Contains(err.Error(), "cap of 50 users") {
		t.Errorf("over the cap: %v", err)
	}
	if err := over.May(Person{Name: "tina", Role: Observer}, ramp); err == nil {
		t.Error("an observer may begin a ramp")
	}
	if _, err := over.Do(t.Context(), mel, EndRamp{}); err != nil {
		t.Errorf("a key without a ramp: %v", err)
	}
}
