package link

import (
	"strings"
	"testing"
)

// Where the dial counts requests a second, so does every verdict.
func TestWordsAreInTheDialsUnit(t *testing.T) {
	t.Parallel()
	setup := standardSetup()
	setup.Users, setup.Unit = 20, "req/s"
	from := setup
	from.OffUsers, from.Before = 12, Before{Bound: 0.04, Reach: 18}
	for name, tt := range map[string]struct {
		setup Setup
		plant func(p *plant)
		want  Kind
		words []string
	}{
		"linked":  {setup, func(p *plant) { p.effect = 0.3 }, Linked, []string{"The dial stays at 1 req/s until"}},
		"no link": {setup, func(p *plant) { p.noise = 0.02 }, NoLinkSeen, []string{"At 20 req/s for", "Checked to 30 req/s;"}},
		"from there": {from, func(p *plant) {
			p.noise = 0.02
			p.staging = func(h Half, o *Observation) { o.Sent, o.Succeeded = 10*h.Users, 10*h.Users }
		}, NoLinkSeen, []string{"At 20 req/s against 12 for", "at 20 req/s."}},
		"suspected": {setup, func(p *plant) {
			p.also = func(h Half, o *Observation) { o.Red = h.Index >= 6 && h.Load == On }
		}, Suspected, []string{"(20 req/s, "}},
	} {
		p := newPlant(4)
		tt.plant(p)
		v := p.run(t, tt.setup)
		w := v.Words()
		if v.Verdict != tt.want || v.Unit != "req/s" || strings.Contains(w, "user") {
			t.Errorf("%s: %s: %s", name, v.Verdict, w)
		}
		for _, want := range tt.words {
			if !strings.Contains(w, want) {
				t.Errorf("%s: %q lacks %q", name, w, want)
			}
		}
	}
	f := Forecast{Unit: "req/s", Reach: 18, ReachBefore: 18}
	if w := f.Words(); !strings.Contains(w, "(to 18 req/s)") || strings.Contains(w, "user") {
		t.Error(w)
	}
}
