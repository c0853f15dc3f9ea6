package tui

import (
	"strings"
	"testing"

	"crosstalk/session"
)

// A person was not measured: the tile shows what they said, never milliseconds.
func TestTileOfPersonShowsTheAnswer(t *testing.T) {
	t.Parallel()
	took := 0.0008
	draw := func(kind, state string) string {
		k := session.Tile{Now: session.CheckState{State: state, Latency: &took}}
		k.Info.Name, k.Info.Kind = "wall", kind
		c := newCanvas(newStyles(true, false, false, false, 0), 30, 1)
		all := tiles{list: []session.Tile{k}, past: func(string) *strip { return nil }}
		all.draw(c, 0, 0, 30, all.plan(30, room{usual: 1, roomy: 1, most: 1}))
		return c.String()
	}
	for _, c := range []struct{ kind, state, want string }{
		{"http", "green", "0.8 ms"}, {"person", "green", "yes"}, {"person", "amber", "amber"}, {"person", "no sight", "no sight"},
	} {
		got := draw(c.kind, c.state)
		if !strings.Contains(got, c.want) || c.kind == "person" && strings.Contains(got, "ms") {
			t.Errorf("%s, %s: %q, want %s", c.kind, c.state, got, c.want)
		}
	}
}
