package session

import (
	"strings"
	"testing"
	"time"

	"crosstalk/monitors"
)

// Production that refuses everything answers nothing: its latency is not known,
// not 0 ms, and all of its checks failed, on every way to a reader.
func TestARefusalHasNoLatency(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	w := &watch{told: map[string]tileTold{}}
	tick := w.healthTick(monitors.EnvHealth{Env: monitors.Production, State: monitors.Red, N: 40, Errors: 1, Rate: 4, Newest: now}, now)
	if tick.P50 != nil || tick.P95 != nil || tick.Now95 != nil || tick.Max != nil || tick.Errors != 1 || tick.Probes != 40 || !tick.Counted() {
		t.Errorf("the tick says %+v", tick)
	}
	st := NewState()
	st.Apply(Event{Seq: 1, T: now, Type: TypeStart, Body: &Start{}})
	st.Apply(Event{Seq: 2, T: now, MS: 1000, Type: TypeLoadTick, Body: &LoadTick{Asked: 5, Running: 5}})
	st.Apply(Event{Seq: 3, T: now, MS: 1000, Type: TypeHealthTick, Body: tick})
	if p := st.Context(now).Production; p.P50 != nil || p.P95 != nil || p.Errors == nil || *p.Errors != 1 {
		t.Errorf("the panes say %+v", p)
	}
	if c := st.ContextAt(1000); c == nil || c.Production.P95 != nil || c.Production.Errors == nil || *c.Production.Errors != 1 {
		t.Errorf("the moment says %+v", c)
	}
	var b strings.Builder
	if err := st.WriteSamples(&b, 0, 2000); err != nil || !strings.HasSuffix(strings.TrimSpace(b.String()), ",,,,,1,,red") {
		t.Errorf("the samples say %q, %v", b.String(), err)
	}

	// An answer that took no longer than its fresh connection is one, at 0 ms.
	tick = w.healthTick(monitors.EnvHealth{Env: monitors.Production, N: 1, Timed: 1, Timed1: 1}, now)
	if tick.P95 == nil || *tick.P95 != 0 || tick.Now95 == nil || tick.Max == nil {
		t.Errorf("the tick of an answer says %+v", tick)
	}
	// Nothing was asked yet: of nothing there is no share.
	if tick = w.healthTick(monitors.EnvHealth{Env: monitors.Production}, now); tick.Counted() {
		t.Errorf("the tick of nothing says %+v", tick)
	}
}

// A slot in which some answered and then all refused keeps both.
func TestASlotKeepsErrorsWithoutLatency(t *testing.T) {
	t.Parallel()
	r := NewRing(10_000, 4)
	for _, c := range []Curve{{Counted: true, Errors: 1}, {OK: true, P95: 0.03, Counted: true, Errors: 0.2}, {}} {
		r.slot(0).Prod.worse(c)
	}
	if c := r.At(0).Prod; !c.OK || c.P95 != 0.03 || !c.Counted || c.Errors != 1 {
		t.Errorf("the slot says %+v", c)
	}
}
