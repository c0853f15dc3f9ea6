package tui

import (
	"strings"
	"testing"

	"crosstalk/session"
)

// A stop stops, whatever is asked just then and however it is written; a question
// that it overtakes is put aside.
func TestPlainStopsWhateverIsAsked(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"stop", "Stop", "STOP", " stop ", "stop.", "stop all", "x", "X", "^x", "^X", "ctrl+x", "Ctrl+X"} {
		for _, before := range [][]string{nil, {"q"}, {"quit", "yes"}} {
			src, text := plainly(t, busyStory(), func(_ *fakeSource, typed func(string), _ *heard, _ func()) {
				for _, l := range before {
					typed(l)
				}
				typed(line)
				typed("20") // a command again
			})
			all := src.done()
			if len(before) == 2 && len(all) > 0 {
				all = all[1:] // leaving has stopped the load once
			}
			if len(all) < 2 || all[0] != (session.StopAll{}) || all[1] != (session.SetDial{To: 20}) {
				t.Errorf("%q after %q gives %v:\n%s", line, before, src.done(), text[strings.LastIndex(text, "ctrl+c stops"):])
			}
		}
	}
	// What only begins like it is something else.
	src, _ := plainly(t, busyStory(), func(_ *fakeSource, typed func(string), _ *heard, _ func()) { typed("stopped orders") })
	if all := src.done(); len(all) > 0 && all[0] == (session.StopAll{}) {
		t.Errorf("stopped orders: %v", all)
	}
}

// Any line holds a ramp, also one that answers a question.
func TestPlainLineHoldsRamp(t *testing.T) {
	t.Parallel()
	tale := busyStory()
	tale.add("mel", session.TypeRampStart, &session.RampStart{To: 100, Step: 10, Every: 30})
	src, _ := plainly(t, tale, func(src *fakeSource, typed func(string), _ *heard, _ func()) {
		typed("q")
		typed("no")
		typed("stop")
	})
	held, stopped := 0, false
	for i, c := range src.done() {
		switch c.(type) {
		case session.EndRamp:
			held++
		case session.StopAll:
			stopped = true
			if held != 2 {
				t.Errorf("the stop comes as number %d, after %d holds", i, held)
			}
		}
	}
	if held != 2 || !stopped {
		t.Errorf("%v", src.done())
	}
}

// Words are commands however they are written; single letters are keys, where
// a capital is another one.
func TestPlainWordsInAnyCase(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]session.Command{
		"Hold": session.Hold{}, "HOLD": session.Hold{}, "Back": session.BackToGood{}, "UP 3": session.MoveDial{By: 3}, "Glide OFF": session.SetGlide{}, "WARN Deploy": session.WarnOnly{Why: "Deploy"},
		"Resolve N3": session.ResolveNote{ID: "n3"}, "Ramp To 100 In Steps Of 10, 30 s": session.StartRamp{Ramp: session.Ramp{To: 100, Step: 10, Every: 30e9, Until: session.UntilAmber}},
	} {
		src, text := plainly(t, quietStory(), func(_ *fakeSource, typedLine func(string), _ *heard, _ func()) { typedLine(typed) })
		if all := src.done(); len(all) == 0 || all[0] != want {
			t.Errorf("%q gives %v, not %#v:\n%s", typed, all, want, text)
		}
	}
}
