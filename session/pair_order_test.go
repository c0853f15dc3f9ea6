package session

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// What somebody else was asked or offered stands in the way of a third person for
// 20 s without an answer, and then no more.
func TestAnUnansweredOfferStandsInNobodysWay(t *testing.T) {
	jon, kim := Person{"jon", Navigator}, Person{"kim", Navigator}
	for name, begin := range map[string]func(alone){
		"jon asked":     func(s alone) { s.serves(jon, AskDial{}) },
		"mel offers it": func(s alone) { s.serves(mel, OfferDial{To: "jon"}) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := lonely(t)
				s.serves(jon, Join{Viewer{Name: "jon", Role: Navigator, Key: "k"}})
				s.serves(kim, Join{Viewer{Name: "kim", Role: Navigator, Key: "l"}})
				begin(s)
				for _, left := range []string{"20 s", "1 s"} {
					if err := s.May(kim, AskDial{}); err == nil || !strings.Contains(err.Error(), "has to answer first") || !strings.Contains(err.Error(), "ask for it in "+left) {
						t.Errorf("with %s to go, kim is told %v", left, err)
					}
					time.Sleep(TakeAfter - time.Second)
				}
				time.Sleep(2*time.Second - TakeAfter)
				s.serves(kim, AskDial{})
				st := s.Snapshot()
				if o := st.Pair.Offer; st.Pair.Holder != "mel" || o == nil || o.To != "kim" || !o.Asked || o.From != "mel" {
					t.Fatalf("%s holds the dial, and %+v stands", st.Pair.Holder, o)
				}
				// kim waits as long as anybody, and then takes it.
				if err := s.May(kim, AskDial{}); err == nil || !strings.Contains(err.Error(), "take the dial in 20 s") {
					t.Errorf("kim may at once: %v", err)
				}
				if err := s.May(jon, AskDial{}); err == nil || !strings.Contains(err.Error(), "kim is to hold the dial") {
					t.Errorf("jon may push in: %v", err)
				}
				time.Sleep(TakeAfter)
				s.serves(kim, AskDial{})
				if st := s.Snapshot(); st.Pair.Holder != "kim" {
					t.Errorf("%s holds the dial", st.Pair.Holder)
				}
			})
		})
	}
}

// Everybody's role is known at every moment, and of drivers there is one at a time.
func TestRolesOverTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := lonely(t)
		jon, ann := Person{"jon", Navigator}, Person{"ann", Observer}
		if got := s.Snapshot().RoleAt("mel", 0); got != "" {
			t.Errorf("in a session of one mel is %q", got)
		}
		at := s.ms
		time.Sleep(time.Second)
		here := s.serves(jon, Join{Viewer{Name: "jon", Role: Navigator, Key: "k"}})
		s.serves(ann, Join{Viewer{Name: "ann", Role: Observer, Key: "l"}})
		s.serves(mel, Join{Viewer{Name: "kim", Role: Navigator, Desk: true}})
		joined := at()
		time.Sleep(time.Second)
		s.serves(mel, OfferDial{To: "jon"})
		s.serves(jon, AnswerOffer{Yes: true})
		given := at()
		time.Sleep(time.Second)
		s.serves(jon, Leave{ID: here.Seq})
		left := at()
		time.Sleep(time.Second)
		s.serves(jon, Join{Viewer{Name: "jon", Role: Navigator, Key: "k"}})
		back := at()
		time.Sleep(time.Second)
		s.serves(jon, OfferDial{To: "kim"})
		s.serves(Person{"kim", Driver}, AnswerOffer{Yes: true})
		end := at()
		time.Sleep(time.Second)
		st := s.Snapshot()
		for _, c := range []struct {
			name string
			ms   int64
			role Role
		}{{"mel", joined, Driver}, {"jon", joined, Navigator}, {"ann", joined, Observer}, {"kim", joined, Navigator}, {"jon", joined - 1, ""},
			{"mel", given, Driver}, {"mel", given + 1, Navigator}, {"jon", given, Navigator}, {"jon", given + 1, Driver}, {"jon", left, Driver}, {"jon", left + 1, ""},
			{"jon", back, Driver}, {"jon", end + 1, Navigator}, {"kim", end + 1, Driver}, {"mel", end + 1, Navigator}, {"ann", end + 1, Observer}, {ByGuard, end, ""}, {"eve", end, ""}} {
			if got := st.RoleAt(c.name, c.ms); got != c.role {
				t.Errorf("at %d ms %s is %q, want %q", c.ms, c.name, got, c.role)
			}
		}
		for ms := int64(0); ms <= at(); ms += 10 {
			drivers := 0
			for _, p := range st.Pair.People {
				for _, r := range p.Spans {
					if r.Role == Driver && ms > r.From && (r.To < 0 || ms < r.To) {
						drivers++
					}
				}
			}
			if drivers > 1 {
				t.Fatalf("at %d ms there are %d drivers: %+v", ms, drivers, st.Pair.People)
			}
		}
	})
}
