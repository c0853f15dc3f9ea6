package tui

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"crosstalk/session"
	"crosstalk/session/link"
)

// checkStory is in the middle of a link check: seven pairs, two of which do not
// follow.
func checkStory() *story {
	t := baselineStory(6)
	t.add("mel", session.TypeLinkQuiet, &session.LinkQuiet{Mode: session.ModeCheck, Profile: link.Standard(), Users: 3, Seed: 7, Order: "+-++--+", Seconds: 20})
	t.until(26)
	f := link.Forecast{Profile: "standard", SD: 0.1, MDE: 0.06, Longest: link.Standard().Longest()}
	t.add(session.BySession, session.TypeLinkStart, &session.LinkStart{Mode: session.ModeCheck, Profile: "standard", Users: 3, Seed: 7, Order: "+-++--+" + strings.Repeat("-", 41), Forecast: &f, Words: f.Words()})
	for i, order := range "+-++--+" {
		for half := range 2 {
			if t.asked = 0; (order == '+') == (half == 0) {
				t.asked = 3
			}
			t.until(26 + 10*i + 5*(half+1))
		}
		e := link.Effect{Estimate: 0.4, Low: -0.1, High: 0.9}
		t.add(session.BySession, session.TypeLinkPair, &session.LinkPair{Mode: session.ModeCheck, Pair: i + 1, OnFirst: order == '+', Sham: i > 5, Difference: float64(i%4) - 0.9,
			Pairs: i + 1, MaxPairs: 48, Users: 3, Effect: e, Evidence: 12, Line: 200, Toward: 0.47, Done: 70, Most: 400, Likely: 90, Words: "7 pairs of at most 48: production +40 % so far"})
	}
	t.asked = 3
	t.until(98) // in the next pair
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

// Checking again from here is one key, where there is something to check again.
func TestCheckAgainIsOneKey(t *testing.T) {
	t.Parallel()
	m, src := screen(busyStory(), 120, 36)
	m.pressAll("R")
	if frame := ansi.Strip(m.View().Content); len(src.did) > 0 || !strings.Contains(frame, "no clean check has been made yet: c makes the first one") {
		t.Errorf("did %+v\n%s", src.did, frame)
	}
	clean := cleanStory()
	m, src = screen(clean, 120, 36)
	m.pressAll("R")
	if frame := ansi.Strip(m.View().Content); len(src.did) > 0 || !strings.Contains(frame, "nothing to check again: no more runs than the 5 users") {
		t.Errorf("did %+v\n%s", src.did, frame)
	}
	clean.add("mel", session.TypeDialSet, &session.DialSet{To: 7})
	clean.add(session.ByEngine, session.TypeLoadTick, &session.LoadTick{Asked: 7, Running: 7})
	m, src = screen(clean, 120, 36)
	m.pressAll("R")
	if want := []session.Command{session.StartCheck{Profile: "standard", Users: 7, Off: 5}}; !reflect.DeepEqual(src.did, want) {
		t.Errorf("did %+v, want %+v", src.did, want)
	}
}

// The order of the load stands over both charts, on their own time axis, while a
// check runs and for as long as the charts show it; the banner names both its bars.
func TestLoadStandsOverTheCharts(t *testing.T) {
	t.Parallel()
	later := checkStory()
	later.add(session.BySession, session.TypeLinkVerdict, &session.LinkVerdict{Mode: session.ModeCheck, Kind: string(link.NoLinkSeen), Users: 3, Reach: 4})
	for _, size := range sizes {
		for name, tale := range map[string]*story{"running": checkStory(), "over": later} {
			m, _ := screen(tale, size[0], size[1])
			frame := ansi.Strip(m.View().Content)
			panes := 2
			if m.layout.staging.y != m.layout.production.y || m.zoom.wide() {
				panes = strings.Count(frame, "┤")
			}
			rows, strips := 0, 0
			for line := range strings.SplitSeq(frame, "\n") {
				if n := strings.Count(line, "load on│"); n > 0 {
					rows++
					strips = n
				}
			}
			if rows != 1 || strips != panes {
				t.Errorf("%v, %s: %d rows with %d strips, %d panes\n%s", size, name, rows, strips, panes, frame)
			}
			if name == "running" && (!strings.Contains(frame, "evidence 12 of 200 ▰") || !strings.Contains(frame, " 48 ▰") || !strings.Contains(frame, "production +40 %")) {
				t.Errorf("%v: the banner does not name its bars\n%s", size, frame)
			}
		}
	}
	m, _ := screen(busyStory(), 120, 36)
	if frame := ansi.Strip(m.View().Content); strings.Contains(frame, "load on│") {
		t.Error("a strip without a check")
	}
}

func TestStripShowsWhatTheLoadWas(t *testing.T) {
	r := &session.LinkRun{Profile: link.Profile{Half: 5 * time.Second}, Order: "+-+", Began: 10_000, Strip: []link.Strip{{}, {Sham: true}}}
	for ms, want := range map[int64]link.Load{9_999: "", 10_000: link.On, 14_999: link.On, 15_000: link.Off, 20_000: link.Sham, 25_000: link.On, 30_000: link.On, 35_000: link.Off, 40_000: ""} {
		if got, ok := r.At(ms); got != want || ok != (want != "") {
			t.Errorf("at %d ms: %q, want %q", ms, got, want)
		}
	}
	r.End = 32_000
	if _, ok := r.At(32_000); ok {
		t.Error("load after the end")
	}
}

// Where staging is slow, its dips are long: the question says how long.
func TestDipsSayHowLongTheyTake(t *testing.T) {
	t.Parallel()
	tale, p95 := busyStory(), 2.0
	tale.add(session.ByEngine, session.TypeLoadTick, &session.LoadTick{Asked: 40, Running: 40, Ten: &session.Window{Requests: 200, P95: &p95}})
	m, _ := screen(tale, 120, 36)
	m.pressAll("i")
	longest := span(link.DipsFor(2 * time.Second).Longest())
	if frame := ansi.Strip(m.View().Content); !strings.Contains(frame, "at most "+longest+". Start?") || longest == span(link.IsItMe().Longest()) {
		t.Errorf("it does not say %s\n%s", longest, frame)
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
		{"running", checkStory(), nil, "LINK CHECK  pair 8 of "},
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
