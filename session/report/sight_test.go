package report

import (
	"strings"
	"testing"

	"crosstalk/session"
)

// Production that was lost under load and not seen well again was not untouched as
// far as anybody knows, however short that was beside the whole session.
func TestProductionThatWasLost(t *testing.T) {
	t.Parallel()
	loaded := func(users, seconds int) *tape {
		t := newTape()
		t.start()
		t.quiet(20)
		t.dial("mel", users)
		t.seconds(seconds)
		return t
	}
	lost := func(t *tape, seconds int) *tape {
		t.health("production", "", t.prodState, "no sight", "no answer for 500 ms")
		t.seconds(seconds)
		return t
	}
	stop := func(t *tape) *tape {
		t.add("mel", session.TypeStop, &session.LoadStop{Reason: "operator", By: "mel", Running: t.running})
		t.dial("mel", 0)
		return t
	}
	cut := func(t *tape, running int) *tape {
		t.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: "ease", To: "cut", Cause: session.CauseNoSight, Running: running})
		return t
	}
	for name, c := range map[string]struct {
		of   *tape
		want string
		why  string
	}{
		"stopped, and never seen again": {passed(stop(lost(loaded(10, 600), 4)), 60), NotKnown, "went out of sight with users running and was not seen green"},
		"lost a moment after the stop":  {lost(stop(loaded(10, 600)), 60), NotKnown, "not seen green"},
		"lost long after the stop":      {lost(passed(stop(loaded(10, 600)), 60), 60), Untouched, "green for"},
		"eased to none, then cut": {func() *tape {
			t := lost(loaded(3, 480), 4)
			t.dial(session.ByGuard, 0)
			t.seconds(7)
			cut(t, 0)
			t.health("production", "", "no sight", "green", "answers")
			t.seconds(60)
			return t
		}(), NotKnown, "The guard cut the load once because production was out of sight"},
		"seen red at rest after it was lost": {func() *tape {
			t := stop(lost(loaded(10, 600), 4))
			t.seconds(20)
			t.health("production", "", "no sight", "red", "refused")
			t.seconds(20)
			return t
		}(), NotKnown, "not seen green"},
		"green again soon": {func() *tape {
			t := lost(loaded(10, 600), 2)
			t.health("production", "", "no sight", "green", "answers")
			t.seconds(20)
			return t
		}(), Untouched, "green for"},
		"a cut that found no load": {func() *tape {
			t := stop(loaded(10, 600))
			t.seconds(60)
			return cut(lost(t, 5), 0)
		}(), Untouched, "green for"},
	} {
		m := c.of.model(t)
		if m.Answer.Production != c.want || !strings.Contains(strings.Join(m.Answer.Why, " "), c.why) {
			t.Errorf("%s: production %s %q, want %s with %q", name, m.Answer.Production, m.Answer.Why, c.want, c.why)
		}
	}
}

// passed lets seconds pass.
func passed(t *tape, seconds int) *tape {
	t.seconds(seconds)
	return t
}
