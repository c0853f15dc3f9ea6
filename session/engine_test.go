package session

import (
	"slices"
	"strings"
	"testing"

	"crosstalk/loadengine"
)

// A fleet that goes on without this program is kept small, and what its engine
// knows of the remedy is told.
func TestAFleetOffTheLeaseNamesItsRemedy(t *testing.T) {
	t.Parallel()
	for _, remedy := range []string{"", "worker a imports an older crosstalk_guard.py: copy the newer one there"} {
		o := newWorld(t).options(t)
		o.Fleet = &Fleet{Address: "http://master.example.test:8089",
			Make: func(p *loadengine.Permit, b *loadengine.Brake, h loadengine.Hooks) (Engine, string, error) {
				e, err := loadengine.New(o.Plan, p, b, h)
				return e, remedy, err
			}}
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.journal.close() })
		said := slices.ContainsFunc(s.o.Hints, func(h string) bool {
			return strings.HasPrefix(h, "the fleet is not on the lease") && strings.HasSuffix(h, "5 users at most; "+remedy)
		})
		if off := remedy != ""; said != off || s.o.Start.Fleet.Leased == off || s.o.Rules.Unleased != off {
			t.Errorf("remedy %q: leased %t, unleased %t, hints %q", remedy, s.o.Start.Fleet.Leased, s.o.Rules.Unleased, s.o.Hints)
		}
	}
}
