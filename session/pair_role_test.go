package session

import (
	"slices"
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

// Nobody has a part in the hours in which the program did not run.
func TestNobodyPlaysAPartWhileNothingRuns(t *testing.T) {
	st := NewState()
	seq, began := uint64(0), time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	at := func(ms int64, by, kind string, body any) {
		seq++
		st.Apply(Event{Seq: seq, T: began.Add(time.Duration(ms) * time.Millisecond), MS: ms, By: by, Type: kind, Body: body})
	}
	at(0, BySession, TypeStart, &Start{ID: "s", As: "mel"})
	at(2000, "jon", TypeViewerJoin, &ViewerJoin{Name: "jon", Role: Navigator, Key: "k"})
	at(3000, "mel", TypeRoleGive, &RoleChange{From: "mel", To: "jon"})
	at(9000, BySession, TypeEnd, &End{Reason: "quit"})
	const away = 8 * 3600
	at(9000+away*1000, BySession, TypeRecovered, &Recovered{Away: away})
	at(9000+away*1000, BySession, TypeStart, &Start{ID: "s", As: "mel"})
	want := map[string][]RoleSpan{
		"mel": {{Driver, 0, 3000}, {Navigator, 3000, 9000}, {Driver, 9000 + away*1000, -1}},
		"jon": {{Navigator, 2000, 3000}, {Driver, 3000, 9000}},
	}
	for _, p := range st.Pair.People {
		if !slices.Equal(p.Spans, want[p.Name]) {
			t.Errorf("%s: %v, want %v", p.Name, p.Spans, want[p.Name])
		}
		if gone := p.Left >= 0; gone != (p.Name == "jon") {
			t.Errorf("%s: left at %d", p.Name, p.Left)
		}
	}
	if role := st.RoleAt("jon", 4*3600*1000); role != "" {
		t.Errorf("in the night jon is %s", role)
	}
}
