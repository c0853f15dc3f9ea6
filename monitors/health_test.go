package monitors

import (
	"encoding/json"
	"testing"
	"time"
)

func TestHealthWords(t *testing.T) {
	for h, word := range map[Health]string{NoSight: "no sight", Green: "green", Amber: "amber", Red: "red"} {
		b, err := json.Marshal(h)
		if err != nil || string(b) != `"`+word+`"` || h.String() != word {
			t.Errorf("%v: %s, %v", h, b, err)
		}
		var back Health
		if err := json.Unmarshal(b, &back); err != nil || back != h {
			t.Errorf("%s: %v, %v", b, back, err)
		}
	}
	var h Health
	if h != NoSight || Health(9).String() != "no sight" {
		t.Error("what is not known is not no sight")
	}
	if err := h.UnmarshalText([]byte("fine")); err == nil {
		t.Error("fine is a health")
	}
	for _, p := range []Phase{Sent, Done, Missing} {
		if p.String() == "" {
			t.Errorf("phase %d has no word", p)
		}
	}
}

func TestWorse(t *testing.T) {
	order := []Health{Green, Amber, NoSight, Red}
	for i, a := range order {
		for j, b := range order {
			if got, want := Worse(a, b), order[max(i, j)]; got != want {
				t.Errorf("Worse(%v, %v) = %v, want %v", a, b, got, want)
			}
		}
	}
}

// What fails at once tells nothing of how long an answer takes.
func TestRefusalsAreNotTimed(t *testing.T) {
	const at = 20 * time.Second
	w := newWorld(100*ms, Limits{}, steady(44*ms).during(at, time.Minute, refusing))
	w.baseline(10 * time.Second)
	w.run(at - time.Second)
	if e := w.env(t); e.Timed == 0 || e.Timed != e.N || e.Timed1 == 0 || e.Timed1 >= e.Timed {
		t.Errorf("well: %d and %d timed of %d", e.Timed, e.Timed1, e.N)
	}
	w.run(at + 15*time.Second)
	if e := w.env(t); e.Timed != 0 || e.Timed1 != 0 || e.N == 0 || e.Errors != 1 {
		t.Errorf("refusing: %d and %d timed of %d, %v failed", e.Timed, e.Timed1, e.N, e.Errors)
	}
}
