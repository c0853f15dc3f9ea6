package tui

import (
	"testing"

	"crosstalk/session"
)

// What a second costs the screen does not depend on how many requests it had:
// results never become events one by one.
func TestNothingIsAllocatedForARequest(t *testing.T) {
	second := func(requests uint64) float64 {
		story := busyStory()
		m, _ := screen(story, 200, 60)
		seq := m.s.Seq
		return testing.AllocsPerRun(12, func() {
			seq++
			story.ms += 1000
			p50, p95 := 0.02, 0.08
			m.Update(eventsMsg{events: []session.Event{{V: 1, Seq: seq, T: m.now, MS: story.ms, By: session.ByEngine, Type: session.TypeLoadTick,
				Body: &session.LoadTick{Asked: 45, Running: 45, Ceiling: -1, Requests: requests, RPS: 5000, P50: &p50, P95: &p95}}}})
			m.View()
		})
	}
	if few, many := second(10), second(1_000_000); many > few*1.05+20 {
		t.Errorf("%.0f allocations for ten requests, %.0f for a million", few, many)
	}
}
