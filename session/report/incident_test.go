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
	}{"began": {i.began, 159}, "noticed": {i.noticed, 161.03}, "acted": {i.acted, 159}, "mitigated": {i.mitigated, 175.03}, "recovered": {i.recovered, 181.03}, "confirmed": {i.confirmed, 181.03}} {
		if c.at == nil || math.Abs(c.at.at-c.want) > 0.1 {
			t.Errorf("%s at %v, want %v", name, c.at, c.want)
		}
	}
	text := timelineOf(t, m)
	for _, want := range []string{"person: driver", "person: navigator", "the driver holds the dial", "Production was red for 6 s.", "80 users; staging p95 480 ms; production amber, p95 54 ms",
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

func TestRolesInThePlaceOfNames(t *testing.T) {
	t.Parallel()
	tape := newTape()
	tape.start()
	tape.dial("mel", 5)
	tape.write("jo", notes.Bug, "mel and jo saw it; jo mel melts, Mel")
	i := incidentOf(tape.model(t))
	if got, want := i.unnamed("mel and jo saw it; jo mel melts, jo's"), "the driver and the navigator saw it; the navigator the driver melts, the navigator's"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := i.unnamed("Mel saw it first, MEL too; melon_JO"), "the driver saw it first, the driver too; melon_the navigator"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := i.unnamed("(mel)"); got != "(the driver)" {
		t.Errorf("got %q", got)
	}
	if tape.model(t).roles()[session.ByGuard] != "" {
		t.Error("the guard has a person's role")
	}
}
