package report

import (
	"html"
	"strings"
	"testing"

	"crosstalk/session"
)

// What the report says of the guard depends on what it had to look at.
func TestReportOfTheGuard(t *testing.T) {
	t.Parallel()
	production := []session.CheckInfo{{Env: "production", Name: "web-1"}}
	for want, start := range map[string]session.Start{
		"The guard was on.": {Checks: production},
		"Unguarded: nothing of production was watched, at most 5 users.": {Checks: []session.CheckInfo{{Env: "staging", Name: "web-1"}}},
		"The guard was off: a drill.":                                    {NoGuard: "a drill"},
	} {
		tape := newTape()
		tape.add(session.BySession, session.TypeStart, &start)
		var b strings.Builder
		if err := writeMarkdown(&b, tape.model(t)); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		for _, say := range []string{"The guard was on.", "Unguarded:", "The guard was off"} {
			if strings.Contains(text, say) != strings.HasPrefix(want, say) {
				t.Errorf("%q wanted; %q is said: %v", want, say, strings.Contains(text, say))
			}
		}
		if !strings.Contains(text, want) {
			t.Errorf("nothing of %q", want)
		}
	}
}

// What a guard that was off would have kept is no promise.
func TestPromise(t *testing.T) {
	t.Parallel()
	watched := []session.CheckInfo{{Env: "production", Name: "web-1"}}
	for name, c := range map[string]struct {
		start session.Start
		want  string
	}{
		"on":        {session.Start{Checks: watched}, "the last request is sent at most 750 ms later"},
		"off":       {session.Start{Checks: watched, NoGuard: "a drill"}, "none: the guard was off"},
		"unguarded": {session.Start{}, "none: nothing of production was watched"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newTape()
			p.add(session.BySession, session.TypeStart, &c.start)
			p.add(session.ByMonitors, session.TypeBaselineEnd, &session.BaselineEnd{Promise: &session.Promise{Hangs: 0.75}})
			p.seconds(2)
			m := p.model(t)
			var b strings.Builder
			if err := writeMarkdown(&b, m); err != nil {
				t.Fatal(err)
			}
			page := html.UnescapeString(pageOf(t, p.dir(t)))
			for format, text := range map[string]string{"md": b.String(), "html": page} {
				if !strings.Contains(text, c.want) || strings.Contains(text, "750 ms later") != (name == "on") {
					t.Errorf("%s does not promise %q", format, c.want)
				}
			}
			if got := m.Session.Promise; (got != nil) != (name == "on") {
				t.Errorf("session.json promises %v", got)
			}
		})
	}
}
