package tui

import (
	"strings"
	"testing"

	"crosstalk/session"
)

// The staging pane says where the load comes from, and what is wrong there.
func TestAFleetIsOnTheScreen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		nodes  session.Nodes
		leased bool
		w, h   int
		want   []string
		not    string
	}{
		{session.Nodes{Workers: 2, CPU: 63}, true, 200, 60, []string{"under load from 2 workers, the busiest at 63 % of a core"}, "▲"},
		{session.Nodes{Workers: 2, CPU: 63}, true, 120, 36, []string{"2 workers, busiest 63 % of a core"}, "▲"},
		{session.Nodes{Workers: 1, Lost: 1, CPU: 20}, true, 80, 24, []string{"1 up, 1 lost", "CPU"}, "▲"},
		{session.Nodes{Workers: 3, CPU: 97}, true, 120, 36, []string{"3 workers, busiest 97 % of a core", "▲ a worker is at 97 % of its core"}, ""},
		{session.Nodes{Lost: 2}, true, 120, 36, []string{"0 workers, 2 lost", "▲ no worker left"}, ""},
		{session.Nodes{Workers: 2}, false, 120, 36, []string{"▲ fleet not on the lease"}, ""},
	} {
		m, _ := screen(busyStory(), c.w, c.h)
		m.s.Start.Fleet = &session.FleetInfo{Address: "http://master.example.test:8089", Lease: 2, Leased: c.leased}
		m.s.Load.Nodes = &c.nodes
		m.s.Dial.Running = 40
		p := pane{m: m, name: "staging"}
		got := p.render(c.w/2-1, c.h/2)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%+v at %d columns: no %q in\n%s", c.nodes, c.w, want, got)
			}
		}
		if c.not != "" && strings.Contains(got, c.not) {
			t.Errorf("%+v at %d columns: %q in\n%s", c.nodes, c.w, c.not, got)
		}
	}
}

// Under the levels it says what Locust's numbers are like, and nothing of that
// where the load is our own.
func TestLevelsSayWhatAFleetsNumbersAre(t *testing.T) {
	t.Parallel()
	m, _ := screen(busyStory(), 120, 36)
	if rounds := m.fleetRounds(); rounds != nil {
		t.Errorf("without a fleet: %v", rounds)
	}
	for leased, want := range map[bool]string{true: "two digits", false: "crosstalk_guard.py"} {
		m.s.Start.Fleet = &session.FleetInfo{Leased: leased}
		m.overlay = overlayLevels
		if text := m.text(); !strings.Contains(text, want) {
			t.Errorf("leased %t: no %q in\n%s", leased, want, text)
		}
	}
}

func TestThePreflightNamesTheFleet(t *testing.T) {
	t.Parallel()
	m, _ := before(baselineStory(3), 120, 36)
	m.s.Start.Fleet = &session.FleetInfo{Address: "http://master.example.test:8089", Lease: 2, Leased: true}
	m.s.Guard.Promise = &session.Promise{Refuses: 2.6, Hangs: 2.85, Lease: 2}
	text := m.text()
	for _, want := range []string{"by Locust at http://master.example.test:8089", "the fleet's lease of 2"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "journey") {
		t.Errorf("journeys are named, which nobody walks:\n%s", text)
	}
}
