package tui

import (
	"strings"
	"testing"

	"crosstalk/session"
)

// What plain mode says of the guard and its limits is what the screen says.
func TestPlainTellsTheGuard(t *testing.T) {
	t.Parallel()
	warned := warnedStory()
	learning := baselineStory(3)
	rate := rateStory()
	uncalibrated := newStory()
	uncalibrated.start()
	uncalibrated.add(session.ByMonitors, session.TypeBaselineEnd, &session.BaselineEnd{Note: "uncalibrated",
		Thresholds: []session.Threshold{{Env: "production", Check: "web-1", Amber: 0.25, Red: 0.5, Note: "uncalibrated"}}})
	for name, v := range map[string]struct {
		tale *story
		says []string
		not  string
	}{
		"unguarded":    {unguardedStory(), []string{"UNGUARDED: nothing of production is watched, 5 users at most."}, "The guard is armed"},
		"warned":       {warned, []string{"The guard only warns for ", ", red still cuts."}, "The guard is armed"},
		"learning":     {learning, []string{"The guard is learning what is normal, 3 s of 5 s."}, "The guard is armed"},
		"busy":         {busyStory(), []string{"The guard is armed.", "The usual is known. Production is amber from 60 ms, red from 250 ms, short baseline. The guard lets go at most 0.7 s after production hangs. The dial is open."}, "UNGUARDED"},
		"uncalibrated": {uncalibrated, []string{"Nothing was learned of what is usual. Production is amber from 250 ms, red from 500 ms, uncalibrated."}, "usual is known"},
		"rate":         {rate, []string{"Limits: 300 req/s at most, up 10 req/s a second, down at once."}, "200 users"},
	} {
		_, text := plainly(t, v.tale, func(src *fakeSource, typed func(string), _ *heard, _ func()) { typed("") })
		for _, say := range v.says {
			if !strings.Contains(text, say) {
				t.Errorf("%s: it does not say %q:\n%s", name, say, text)
			}
		}
		if strings.Contains(text, v.not) {
			t.Errorf("%s: it says %q:\n%s", name, v.not, text)
		}
	}
}
