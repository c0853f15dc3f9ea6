package report

import (
	"fmt"
	"strings"
	"testing"

	"crosstalk/session"
)

// stagesOf tells when each mark of an incident was.
func stagesOf(i *incident) string {
	var out []string
	for _, s := range []struct {
		name string
		at   *stage
	}{{"start", i.start}, {"began", i.began}, {"noticed", i.noticed}, {"acted", i.acted}, {"guarded", i.guarded}, {"mitigated", i.mitigated}, {"stopped", i.stopped}, {"recovered", i.recovered}, {"confirmed", i.confirmed}} {
		if s.at != nil {
			out = append(out, fmt.Sprintf("%s %.0f", s.name, s.at.at))
		}
	}
	return strings.Join(out, ", ")
}

// darkened is a session whose guard holds, eases and cuts because production goes
// out of sight at 56 s.
func darkened(then func(*tape)) *tape {
	t := newTape()
	t.start()
	t.quiet(5)
	t.dial("mel", 20)
	t.seconds(50)
	t.health("production", "", "green", "no sight", "no answer for 500 ms")
	t.seconds(1)
	step := func(from, to, cause string) {
		t.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: from, To: to, Why: "production can't be seen", Cause: cause, Running: t.running, Ceiling: t.running})
		t.seconds(2)
	}
	step("run", "hold", session.CauseNoSight)
	step("hold", "ease", session.CauseNoSight)
	if then != nil {
		then(t)
	}
	step("ease", "cut", session.CauseNoSight)
	t.asked, t.running = 0, 0
	t.add(session.ByGuard, session.TypeStop, &session.LoadStop{Reason: "guard", By: session.ByGuard, InFlight: 4, MSToZero: new(8.0), Running: 10})
	t.seconds(10)
	t.health("production", "", t.prodState, "green", "answers")
	t.seconds(30)
	return t
}

// Production that goes out of sight is an incident like one that goes red: it
// begins with the loss, and what the guard did from there on counts.
func TestALossOfSightIsAnIncident(t *testing.T) {
	t.Parallel()
	red := func(p *tape) { p.health("production", "", "no sight", "red", "refused") }
	for name, c := range map[string]struct {
		then      func(*tape)
		say, deny string
	}{
		"never red":    {nil, "neither amber nor red", "- Production was red"},
		"red after it": {red, "- Production was red for 12 s.", "neither amber nor red"},
	} {
		m := darkened(c.then).model(t)
		i := incidentOf(m)
		if got, want := stagesOf(i), "start 56, began 56, acted 57, guarded 57, mitigated 57, stopped 63, confirmed 73"; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		text := timelineOf(t, m)
		for _, want := range []string{c.say, "## Course", "First signal | 15:20:59Z", "production went out of sight: no answer for 500 ms", "- Detected by the guard: 1 s after the impact began", "- Production was out of sight for"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the timeline does not say %q:\n%s", name, want, text[:1500])
			}
		}
		if strings.Contains(text, c.deny) {
			t.Errorf("%s: the timeline says %q", name, c.deny)
		}
	}
}

// Where production showed nothing, the guard's first step is where it began; that
// production was not seen yet at the start, or after a crash, is no incident.
func TestAHoldAloneIsAnIncident(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.start()
	p.prodState = "no sight"
	p.seconds(3)
	p.health("production", "", "no sight", "green", "answers")
	p.dial("mel", 20)
	p.seconds(30)
	m := p.model(t)
	if i := incidentOf(m); i.found || m.Health[0].State != noSight {
		t.Errorf("what was not looked at yet: %s, %v", stagesOf(i), m.Health)
	}
	q := newTape()
	q.start()
	q.quiet(5)
	q.dial("mel", 20)
	q.seconds(30)
	q.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: "run", To: "hold", Why: "our processor is busy", Cause: session.CauseSelf, Running: 20, Ceiling: 20})
	q.seconds(10)
	m = q.model(t)
	if got, want := stagesOf(incidentOf(m)), "start 36, began 36, acted 36, guarded 36, mitigated 36"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if text := timelineOf(t, m); !strings.Contains(text, "neither amber nor red") || !strings.Contains(text, "the guard went from run to hold: our processor is busy") {
		t.Errorf("the timeline:\n%s", text[:1500])
	}
	if i := incidentOf(resumed().model(t)); i.found {
		t.Errorf("a resume alone: %s", stagesOf(i))
	}
}

// A step of the guard's that comes long after another, with production green
// throughout, is told as well: our own processor first, then a permit that lapsed.
func TestTheLastStepOfTheGuardIsInTheTimeline(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.start()
	p.quiet(5)
	p.dial("mel", 20)
	p.seconds(114)
	step := func(from, to, cause, why string) {
		p.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: from, To: to, Why: why, Cause: cause, Running: p.running, Ceiling: p.running})
	}
	step("run", "hold", session.CauseSelf, "this machine is busy")
	p.seconds(20)
	step("hold", "run", session.CauseSelf, "this machine is well")
	p.seconds(1660)
	step("run", "cut", session.CausePermit, "the permit lapsed")
	p.asked, p.running = 0, 0
	p.add(session.ByGuard, session.TypeStop, &session.LoadStop{Reason: "permit", By: session.ByEngine, InFlight: 4, Running: 20})
	p.seconds(120)
	m := p.model(t)
	i := incidentOf(m)
	if i.of != (Stretch{60, 1830}) {
		t.Errorf("the timeline is of %v", i.of)
	}
	if got, want := stagesOf(i), "start 120, began 120, acted 120, guarded 120, mitigated 120, stopped 1800"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if text := timelineOf(t, m); !strings.Contains(text, "guard went from run to cut at 20 users: the permit lapsed") || strings.Contains(text, "the load was not stopped in this time") {
		t.Errorf("the cut is not told:\n%s", text)
	}
}
