package report

import (
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
