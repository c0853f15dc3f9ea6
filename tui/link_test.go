package tui

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"crosstalk/session"
	"crosstalk/session/link"
)

// checkStory is in the middle of a link check: seven pairs, two of which do not
// follow.
func checkStory() *story {
	t := baselineStory(6)
	t.add("mel", session.TypeLinkQuiet, &session.LinkQuiet{Mode: session.ModeCheck, Profile: link.Standard(), Users: 3, Seed: 7, Order: "+-++--+", Seconds: 20})
	f := link.Forecast{Profile: "standard", SD: 0.1, MDE: 0.06, Longest: link.Standard().Longest()}
	t.add(session.BySession, session.TypeLinkStart, &session.LinkStart{Mode: session.ModeCheck, Profile: "standard", Users: 3, Seed: 7, Order: "+-++--+", Forecast: &f, Words: f.Words()})
	for i := range 7 {
		e := link.Effect{Estimate: 0.4, Low: -0.1, High: 0.9}
		t.add(session.BySession, session.TypeLinkPair, &session.LinkPair{Mode: session.ModeCheck, Pair: i + 1, OnFirst: i%3 == 0, Sham: i > 5, Difference: float64(i%4) - 0.9,
			Pairs: i + 1, MaxPairs: 48, Users: 3, Effect: e, Evidence: 12, Line: 200, Toward: 0.47, Done: 70, Most: 400, Likely: 90, Words: "7 pairs of at most 48: production +40 % so far"})
	}
	return t
}

// linkedStory has a verdict that locks the dial.
func linkedStory() *story {
	t := checkStory()
	t.add(session.BySession, session.TypeLinkVerdict, &session.LinkVerdict{Mode: session.ModeCheck, Kind: string(link.Linked), Profile: "standard", Users: 3,
		Words: "Production slowed when staging was loaded: +40 % (95 % CI 20 to 60 %) in the halves with load. Chance of this verdict without a link: at most 1 %."})
	return t
}

func cleanStory() *story {
	t := checkStory()
	t.add(session.BySession, session.TypeLinkVerdict, &session.LinkVerdict{Mode: session.ModeCheck, Kind: string(link.NoLinkSeen), Profile: "standard", Users: 5, Reach: 7,
		Words: "At 5 users production followed staging by no more than 4 %."})
	return t
}

func TestLinkKeys(t *testing.T) {
	t.Parallel()
	m, src := screen(busyStory(), 120, 36)
	m.pressAll("c", "esc", "c", "q", "i", "esc", "i", "y")
	want := []session.Command{session.StartCheck{Profile: "quick"}, session.StartDips{}}
	if !reflect.DeepEqual(src.did, want) {
		t.Errorf("did %+v, want %+v", src.did, want)
	}
	m, src = screen(checkStory(), 120, 36)
	m.pressAll("q", "esc", "c", "enter", "c", "x") // Enter closes; nothing is started while one runs
	if len(src.did) == 0 || src.did[len(src.did)-1] != (session.StopCheck{}) {
		t.Errorf("did %+v", src.did)
	}
	for _, c := range src.did {
		if _, ok := c.(session.StartCheck); ok {
			t.Error("a second check is started")
		}
	}
	m, src = screen(linkedStory(), 120, 36)
	m.pressAll("U")
	m.typeText("agreed")
	m.pressAll("enter")
	if want := []session.Command{session.Unlock{Why: "agreed"}}; !reflect.DeepEqual(src.did, want) {
		t.Errorf("did %+v, want %+v", src.did, want)
	}
}

// Where more runs than was checked, the card checks again from here.
func TestCheckFromWhatRuns(t *testing.T) {
	t.Parallel()
	clean := cleanStory()
	clean.add("mel", session.TypeDialSet, &session.DialSet{To: 12})
	clean.add(session.ByEngine, session.TypeLoadTick, &session.LoadTick{Asked: 12, Running: 12})
	m, src := screen(clean, 120, 36)
	m.pressAll("c")
	if frame := ansi.Strip(m.View().Content); !strings.Contains(frame, "From here: 5 or 12 users by lot") {
		t.Error(frame)
	}
	m.pressAll("q")
	if want := []session.Command{session.StartCheck{Profile: "quick", Users: 12, Off: 5}}; !reflect.DeepEqual(src.did, want) {
		t.Errorf("did %+v, want %+v", src.did, want)
	}
}

func TestLinkFrames(t *testing.T) {
	t.Parallel()
	quiet := baselineStory(6)
	quiet.add("mel", session.TypeLinkQuiet, &session.LinkQuiet{Mode: session.ModeDips, Profile: link.IsItMe(), Users: 40, Seconds: 12})
	for _, v := range []struct {
		name  string
		story *story
		keys  []string
		says  string
	}{
		{"before", busyStory(), []string{"c"}, "in an order drawn by lot"},
		{"running", checkStory(), nil, "pair 8 of at most 48"},
		{"running-card", checkStory(), []string{"c"}, "ends it"},
		{"quiet", quiet, nil, "how much production moves by itself"},
		{"linked", linkedStory(), nil, "LINKED"},
		{"linked-card", linkedStory(), []string{"c"}, "U unlocks"},
		{"clean", cleanStory(), nil, "checked to 7, guarded above"},
	} {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s-%dx%d", v.name, size[0], size[1]), func(t *testing.T) {
				m, _ := screen(v.story, size[0], size[1])
				m.pressAll(v.keys...)
				frame := ansi.Strip(m.View().Content)
				fits(t, frame, size[0], size[1])
				if !strings.Contains(frame, v.says) {
					t.Errorf("it does not say %q", v.says)
				}
				if strings.Contains(strings.ToLower(frame), " safe") {
					t.Error("it says safe")
				}
				requireFrame(t, frame)
				requireLooks(t, looksOf(t, m))
			})
		}
	}
}
