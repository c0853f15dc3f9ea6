package tui

import (
	"strings"
	"testing"

	"crosstalk/session"
)

// With many servers the counts become shorter before the rate of the checks is
// left out.
func TestHeadOfManyServersKeepsTheRate(t *testing.T) {
	t.Parallel()
	env := session.Env{Name: "production", Tick: session.HealthTick{Rate: 100}}
	for i := range 40 {
		state := "green"
		if i < 12 {
			state = "amber"
		}
		env.Tiles = append(env.Tiles, session.Tile{Now: session.CheckState{State: state}})
	}
	titles := pane{m: &Model{}, name: "production"}.titles(env)
	for room, want := range map[int]string{
		60: "· 12 amber, 28 green · our checks only, 100 a second",
		40: "▲12 ●28 · our checks only, 100 a second",
		37: "· 12 amber, 28 green · 100 checks/s",
		33: "▲12 ●28 · 100 checks/s",
		22: "▲12 ●28 · 100 checks/s",
		8:  "▲12 ●28",
	} {
		got := ""
		for _, title := range titles {
			if width(title) <= room {
				got = title
				break
			}
		}
		if got != want {
			t.Errorf("in %d cells %q, want %q", room, got, want)
		}
	}
}

// Few tiles stay where they are; of many, trouble comes first.
func TestTroubleComesFirstAmongManyTiles(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{8: "abcdefgh", 9: "fbacdeghi"} {
		var list []session.Tile
		for i := range n {
			k := session.Tile{Now: session.CheckState{State: "green"}}
			k.Info.Name = string(rune('a' + i))
			switch i {
			case 1:
				k.Now.State = "amber"
			case 5:
				k.Now.State = "red"
			}
			list = append(list, k)
		}
		var names []string
		for _, k := range (tiles{list: list}).order(plan{cols: 10, rows: 1}) {
			names = append(names, k.Info.Name)
		}
		if got := strings.Join(names, ""); got != want {
			t.Errorf("%d tiles: %s, want %s", n, got, want)
		}
	}
}
