package report

import (
	"strings"
	"testing"

	"crosstalk/session"
)

// rare is a session with a green production whose seconds have what tick says.
func rare(tick func(second int, h *session.HealthTick)) *tape {
	t := newTape()
	t.start()
	t.quiet(5)
	t.dial("mel", 5)
	t.running = 5
	for i := range 60 {
		t.ms += 1000
		t.add(session.ByEngine, session.TypeLoadTick, &session.LoadTick{Asked: 5, Running: 5, Requests: 20, RPS: 20, P50: new(0.04), P95: new(0.08), P99: new(0.1), Max: new(0.1), Ceiling: -1})
		h := &session.HealthTick{Env: "production", State: "green", Rate: 0.5, Probes: 5, Checks: []session.CheckState{}}
		tick(i, h)
		t.add(session.ByMonitors, session.TypeHealthTick, h)
	}
	return t
}

// A second without a latency is no failure: a check may be rarer than one a second,
// be told to wait, or not count.
func TestRareChecksAreNoFailure(t *testing.T) {
	t.Parallel()
	for name, tick := range map[string]func(int, *session.HealthTick){
		"every other second": func(second int, h *session.HealthTick) {
			h.P50, h.P95 = new(0.012), new(0.02)
			if second%2 == 0 {
				h.Now50, h.Now95, h.Max = new(0.012), new(0.02), new(0.02)
			}
		},
		"every other second, and one of them failed": func(second int, h *session.HealthTick) {
			h.P50, h.P95, h.Errors = new(0.012), new(0.02), 0.2
			if second%2 == 0 {
				h.Now50, h.Now95, h.Max = new(0.012), new(0.02), new(0.02)
			}
		},
		"told to wait": func(int, *session.HealthTick) {},
	} {
		m := rare(tick).model(t)
		if m.Series.anyMute() {
			t.Errorf("%s: taken for a failure", name)
		}
		if strings.ContainsRune(m.Series.chart(m.Session.Seconds), muteMark) || strings.Contains(markdownOf(m), failedMute) {
			t.Errorf("%s: report.md says that checks failed", name)
		}
		if drawn := pictureOf(m, m.charts()[1], true); strings.Contains(drawn, `"mute"`) || strings.Contains(drawn, failedMute) {
			t.Errorf("%s: the chart says that checks failed", name)
		}
		p := newPainting(smallWidth, smallHeight)
		latencyPanel(p, m, 34, smallHeight-30, 14, true)
		for y := range smallHeight {
			for x := range smallWidth {
				if p.img.RGBAAt(x, y) == inkBad {
					t.Fatalf("%s: the picture is red at %d, %d", name, x, y)
				}
			}
		}
	}
	failed := rare(func(_ int, h *session.HealthTick) { h.State, h.Errors = "red", 1 }).model(t)
	if text := markdownOf(failed); !failed.Series.anyMute() || !strings.Contains(text, "its checks "+failedMute) {
		t.Errorf("what failed is not marked:\n%s", text)
	}
}
