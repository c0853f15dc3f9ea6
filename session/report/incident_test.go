package report

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"crosstalk/notes"
	"crosstalk/session"
)

func timelineOf(t *testing.T, m *Model) string {
	t.Helper()
	var b bytes.Buffer
	if err := writeTimeline(&b, m); err != nil {
		t.Fatal(err)
	}
	checkPage(t, b.String())
	return b.String()
}

// A timeline begins before the trouble, tells its course, and blames nobody.
func TestTimelineOfTheTrouble(t *testing.T) {
	t.Parallel()
	m := rich().model(t)
	i := incidentOf(m)
	if !i.found || i.of != (Stretch{99, 211.03}) {
		t.Errorf("found %t in %v", i.found, i.of)
	}
	for name, c := range map[string]struct {
		at   *stage
		want float64
	}{"began": {i.began, 159}, "noticed": {i.noticed, 161.03}, "acted": {i.acted, 159}, "mitigated": {i.mitigated, 159}, "stopped": {i.stopped, 175.03}, "recovered": {i.recovered, 181.03}, "confirmed": {i.confirmed, 181.03}} {
		if c.at == nil || math.Abs(c.at.at-c.want) > 0.1 {
			t.Errorf("%s at %v, want %v", name, c.at, c.want)
		}
	}
	text := timelineOf(t, m)
	for _, want := range []string{"person: driver", "person: navigator", "the driver holds the dial", "Production was red for 6 s.", "80 users; staging p95 480 ms; production amber, p95 50 ms",
		"What was believed at the time", "written down later", "## Where we were lucky"} {
		if !strings.Contains(text, want) {
			t.Errorf("the timeline does not say %q", want)
		}
	}
	facts, beliefs, _ := strings.Cut(text, "What was believed")
	if strings.Contains(facts, "doubled") || !strings.Contains(beliefs, "doubled") {
		t.Error("what was believed is told as a fact")
	}
	for _, name := range []string{"mel", "jo"} {
		if namesOf(map[string]string{name: ""}).MatchString(text) {
			t.Errorf("the timeline names %s", name)
		}
	}
}

func TestTimelineOfASpan(t *testing.T) {
	t.Parallel()
	m := rich().model(t)
	m.of = &Stretch{20, 60}
	text := timelineOf(t, m)
	if !strings.Contains(text, "asked for 20 users") || strings.Contains(text, "asked for 40 users") || !strings.Contains(text, "neither amber nor red") {
		t.Errorf("the span is not told:\n%s", text)
	}
	if empty := timelineOf(t, newTape().model(t)); !strings.Contains(empty, "nothing is known") {
		t.Error("an empty journal's timeline says something")
	}
}

// A span that begins inside the trouble does not deny it.
func TestTimelineOfASpanInsideTheTrouble(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of    Stretch
		began float64 // negative: there was no trouble in it
		say   []string
	}{
		"while amber":         {Stretch{165, 172}, 159, []string{"It began before this time, at 15:22:42Z.", "Production was amber for 7 s.", "began before this time", "production was not green at the end of this time"}},
		"while red":           {Stretch{176, 200}, 159, []string{"It began before this time, at 15:22:42Z.", "Production was red for 5 s.", "production's checks were green: well again"}},
		"as it turns red":     {Stretch{175, 200}, 159, []string{"It began before this time"}},
		"with its beginning":  {Stretch{159, 200}, 159, []string{"First signal | 15:22:42Z"}},
		"after it":            {Stretch{182, 200}, -1, []string{"neither amber nor red"}},
		"as it is over":       {Stretch{181.03, 200}, -1, []string{"neither amber nor red"}},
		"to before it begins": {Stretch{100, 158}, -1, []string{"neither amber nor red"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := rich().model(t)
			m.of = &c.of
			i := incidentOf(m)
			if i.found != (c.began >= 0) || i.found && i.began.at != c.began {
				t.Errorf("found %t, began %v", i.found, i.began)
			}
			text := timelineOf(t, m)
			for _, want := range c.say {
				if !strings.Contains(text, want) {
					t.Errorf("the timeline does not say %q:\n%s", want, text)
				}
			}
			if i.found && strings.Contains(text, "neither amber nor red") || c.began >= c.of.From && strings.Contains(text, "before this time") {
				t.Errorf("the timeline says what is not so:\n%s", text)
			}
		})
	}
}

// Whoever asks for more users does not act against the trouble, and a guard that
// lets go does not mitigate it.
func TestCourseCreditsTheRightDeed(t *testing.T) {
	t.Parallel()
	begin := func() *tape {
		p := newTape()
		p.start()
		p.quiet(5)
		p.dial("mel", 20)
		p.seconds(20)
		p.health("production", "", "green", "amber", "slow")
		p.seconds(2) // from 26 s on
		return p
	}
	change := func(p *tape, from, to string) {
		p.add(session.ByGuard, session.TypeGuardState, &session.GuardChange{From: from, To: to, Running: 20, Ceiling: -1})
	}
	for name, c := range map[string]struct {
		deeds                            func(*tape)
		noted, acted, mitigated, stopped float64 // negative: not seen
	}{
		"nobody did anything": {func(*tape) {}, -1, -1, -1, -1},
		"more users first": {func(p *tape) {
			p.dial("mel", 40)
			p.seconds(2)
			p.write("jo", notes.Plain, "slow now")
			p.seconds(2)
			p.dial("mel", 30)
			p.seconds(2)
			p.dial("mel", 0)
		}, 27, 32, 34, 34}, // its author began to type three seconds before
		"only more users": {func(p *tape) { p.dial("mel", 40) }, -1, -1, -1, -1},
		"held by a person, and let go": {func(p *tape) {
			p.add("mel", session.TypeDialRelease, &session.DialHold{At: 20})
			p.seconds(2)
			p.add("mel", session.TypeDialHold, &session.DialHold{At: 20})
		}, -1, 30, -1, -1},
		"the guard eased": {func(p *tape) {
			p.seconds(2)
			change(p, "run", "hold")
			p.seconds(2)
			change(p, "hold", "ease")
		}, -1, 30, 30, -1},
		"the guard only let go": {func(p *tape) { change(p, "ease", "hold"); p.seconds(2); change(p, "hold", "run") }, -1, -1, -1, -1},
		"a person stopped it": {func(p *tape) {
			p.add("mel", session.TypeStop, &session.LoadStop{Reason: "operator", By: "mel", Running: 20})
			p.dial("mel", 0)
		}, -1, 28, 28, 28},
		"the timebox eased it": {func(p *tape) { p.dial(session.BySession, 0) }, -1, -1, 28, 28},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := begin()
			c.deeds(p)
			p.seconds(10)
			m := p.model(t)
			i := incidentOf(m)
			for what, s := range map[string]struct {
				at   *stage
				want float64
			}{"noted": {i.noticed, c.noted}, "acted": {i.acted, c.acted}, "mitigated": {i.mitigated, c.mitigated}, "stopped": {i.stopped, c.stopped}} {
				if (s.at != nil) != (s.want >= 0) || s.at != nil && s.at.at != s.want {
					t.Errorf("%s %v, want %v", what, s.at, s.want)
				}
			}
			if text := timelineOf(t, m); !strings.Contains(text, "First note by a person after it began") {
				t.Error("the row of the first note is called otherwise")
			}
		})
	}
}

// What the panes showed is of the moment, in a long session too, and never of
// what came after it.
func TestEvidenceIsOfTheMoment(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.start()
	p.quiet(5)
	p.dial("mel", 10)
	p.seconds(1994)
	if p.ms != 2_000_000 {
		t.Fatal(p.ms)
	}
	p.seconds(1)
	p.dial("mel", 20) // in the middle of a column of 4 s
	p.slow = 20
	p.health("production", "", "green", "amber", "slow")
	p.seconds(60)
	p.ms += 7000
	p.dial("mel", 30)
	m := p.model(t)
	if m.Series.Step != 4 {
		t.Fatalf("columns of %g s", m.Series.Step)
	}
	i := incidentOf(m)
	var got []string
	for _, r := range m.Timeline {
		if r.Type == session.TypeDialSet || r.Type == session.TypeStart {
			got = append(got, i.evidence(r))
		}
	}
	want := []string{"nothing was measured", "0 users; staging p95 22 ms by its checks; production green, p95 19 ms", "10 users; staging p95 90 ms; production green, p95 19 ms",
		"20 users (7 s old); staging p95 1696 ms (7 s old); production amber, p95 178 ms (7.1 s old)"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestRolesInThePlaceOfNames(t *testing.T) {
	t.Parallel()
	tape := newTape()
	tape.start()
	tape.dial("mel", 5)
	tape.write("jo", notes.Bug, "mel and jo saw it; jo mel melts, Mel")
	i := incidentOf(tape.model(t))
	if got, want := i.unnamed("mel and jo saw it; jo mel melts, jo's", 0), "the driver and the navigator saw it; the navigator the driver melts, the navigator's"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := i.unnamed("Mel saw it first, MEL too; melon_JO", 0), "the driver saw it first, the driver too; melon_the navigator"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := i.unnamed("(mel)", 0); got != "(the driver)" {
		t.Errorf("got %q", got)
	}
	if _, ok := tape.model(t).cast().called(session.ByGuard, 0); ok {
		t.Error("the guard has a person's role")
	}
}
