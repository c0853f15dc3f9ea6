package tui

import (
	"fmt"

	"crosstalk/session"
)

// hotWorker is the share of a core, in percent, from which a worker's own
// processor spoils what it measures: Locust warns there, too.
const hotWorker = 90

// nodes is the fleet that the load comes from; nil where it is this machine.
func (m *Model) nodes() *session.Nodes {
	if m.s.Start.Fleet == nil {
		return nil
	}
	if m.s.Load.Nodes == nil {
		return &session.Nodes{}
	}
	return m.s.Load.Nodes
}

// fleetTitles tell where the load comes from, the longest first.
func (m *Model) fleetTitles(lead string) []string {
	n := m.nodes()
	if n == nil {
		return nil
	}
	workers, lost := plural(n.Workers, "worker", "workers"), ""
	if n.Lost > 0 {
		lost = fmt.Sprintf(", %d lost", n.Lost)
	}
	cpu := fmt.Sprintf("%.0f %%", n.CPU)
	return []string{
		"· " + lead + workers + lost + ", the busiest at " + cpu + " of a core",
		"· " + workers + lost + ", busiest " + cpu + " of a core",
		"· " + workers + lost + ", CPU " + cpu,
		"· " + workers + lost,
		fmt.Sprintf("· %d up%s", n.Workers, lost),
	}
}

// narrow panes have no room for the workers' processor in their title.
const narrowPane = 44

// fleetCPU is the busiest worker's processor, for a narrow pane.
func (m *Model) fleetCPU(w int) [][]piece {
	n := m.nodes()
	if n == nil || w >= narrowPane {
		return nil
	}
	return [][]piece{{{"CPU ", inkDim}, {fmt.Sprintf("%.0f %%", n.CPU), inkText}}}
}

// fleetTroubles are what a person should know before believing the numbers.
func (m *Model) fleetTroubles() [][]piece {
	n := m.nodes()
	if n == nil {
		return nil
	}
	var g [][]piece
	if !m.s.Start.Fleet.Leased {
		g = append(g, []piece{{"▲ fleet not on the lease", inkAmber}})
	}
	switch {
	case n.Workers == 0 && m.s.LoadMS > 0:
		g = append(g, []piece{{"▲ no worker left", inkRed}})
	case n.CPU >= hotWorker:
		g = append(g, []piece{{fmt.Sprintf("▲ a worker is at %.0f %% of its core", n.CPU), inkAmber}})
	}
	return g
}

// fleetRounds tells under the levels what Locust's numbers are like; nothing
// where the load is our own.
func (m *Model) fleetRounds() []piece {
	switch f := m.s.Start.Fleet; {
	case f == nil:
		return nil
	case !f.Leased:
		return []piece{{"Locust tells seconds later, and no times of a level: they need crosstalk_guard.py.", inkDim}}
	}
	return []piece{{"Workers hand numbers in a second or two later; Locust rounds times to two digits.", inkDim}}
}
