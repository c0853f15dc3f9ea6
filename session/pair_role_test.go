package session

import (
	"testing"
	"testing/synctest"
	"time"
)

// A key whose line in the file was changed meanwhile has not come back to the
// dial, and no observer's view turns it, whatever other views that name has.
func TestADemotedKeyHasNoDial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, jon, view := driven(t)
		watching := Person{"jon", Observer}
		second := s.serves(watching, Join{Viewer{Name: "jon", Role: Observer, Key: "k"}})
		if s.May(jon, SetDial{To: 20}) != nil || s.May(watching, SetDial{To: 20}) == nil {
			t.Errorf("the view that navigates: %v; the one that watches: %v", s.May(jon, SetDial{To: 20}), s.May(watching, SetDial{To: 20}))
		}
		s.serves(jon, Leave{ID: view, Why: "connection lost"})
		if s.Snapshot().Pair.Lost < 0 {
			t.Error("a view that only watches keeps the dial")
		}
		s.serves(watching, Leave{ID: second.Seq, Why: "connection lost"})
		time.Sleep(3 * time.Second)
		s.serves(watching, Join{Viewer{Name: "jon", Role: Observer, Key: "k"}})
		if st := s.Snapshot(); st.Pair.Lost < 0 || st.RoleOf(watching) != Observer {
			t.Errorf("lost %d, and jon is %s", st.Pair.Lost, st.RoleOf(watching))
		}
		for _, cmd := range []Command{SetDial{To: 20}, MoveDial{By: 1}, StartCheck{}, Hold{}, OfferDial{To: "mel"}, AskDial{}} {
			if s.May(watching, cmd) == nil {
				t.Errorf("who only watches may %T", cmd)
			}
		}
		s.serves(mel, AskDial{}) // at once: nobody who may drive is there
		if st := s.Snapshot(); st.Pair.Holder != "mel" || st.Pair.Lost >= 0 {
			t.Errorf("%s holds the dial, lost %d", st.Pair.Holder, st.Pair.Lost)
		}
	})
}
