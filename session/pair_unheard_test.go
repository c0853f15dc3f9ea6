package session

import (
	"testing"
	"testing/synctest"
	"time"
)

// What rises is held while the holder of the dial does not answer, and goes on with
// the answer; a step of a ramp waits; nobody else's silence counts.
func TestWhatRisesIsHeldWhileTheDriverIsSilent(t *testing.T) {
	jon, kim := Person{"jon", Navigator}, Person{"kim", Navigator}
	begin := func(t *testing.T) (alone, uint64, uint64) {
		t.Helper()
		s := lonely(t)
		j := s.serves(jon, Join{Viewer{Name: "jon", Role: Navigator, Key: "k"}})
		k := s.serves(kim, Join{Viewer{Name: "kim", Role: Navigator, Key: "l"}})
		s.serves(mel, OfferDial{To: "jon"})
		s.serves(jon, AnswerOffer{Yes: true})
		s.serves(jon, SetDial{To: 9})
		return s, j.Seq, k.Seq
	}
	t.Run("and goes on", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, j, k := begin(t)
			for who, c := range map[Person]Unheard{kim: {ID: k}, mel: {ID: j}, jon: {ID: k}} {
				if s.serves(who, c); s.Snapshot().Dial.Held {
					t.Errorf("%s: the silence of %d counts", who.Name, c.ID)
				}
			}
			s.serves(jon, Unheard{ID: j})
			d := s.Snapshot().Dial
			if !d.Held || d.HeldAt != 9 || d.Asked != 9 || s.ceiling.least() != 9 {
				t.Fatalf("silent: %+v, ceiling %d", d, s.ceiling.least())
			}
			s.serves(jon, Unheard{ID: j}) // once is enough
			s.serves(jon, Unheard{ID: j, Again: true})
			if d := s.Snapshot().Dial; d.Held || d.Asked != 9 || s.ceiling.least() != none {
				t.Errorf("heard again: %+v", d)
			}
			holds := 0
			for _, m := range s.Snapshot().Marks {
				if m.Type == TypeDialHold || m.Type == TypeDialRelease {
					holds++
				}
			}
			if holds != 2 {
				t.Errorf("%d events", holds)
			}
		})
	})
	t.Run("a person's hold stays", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, j, _ := begin(t)
			s.serves(jon, Hold{Only: true})
			s.serves(jon, Unheard{ID: j})
			s.serves(jon, Unheard{ID: j, Again: true})
			if !s.Snapshot().Dial.Held {
				t.Error("jon's own hold is gone")
			}
			s.serves(jon, Hold{})
			s.serves(jon, Unheard{ID: j})
			s.serves(mel, Hold{Only: true}) // from outside, in the meantime
			s.serves(jon, Unheard{ID: j, Again: true})
			if !s.Snapshot().Dial.Held {
				t.Error("the hold from outside is gone")
			}
		})
	})
	t.Run("and then is gone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, j, _ := begin(t)
			s.serves(jon, Unheard{ID: j})
			s.serves(jon, Leave{ID: j, Why: "the connection does not answer"})
			s.holderLost(s.now())
			if d := s.Snapshot().Dial; !d.Held || d.Asked != 9 {
				t.Errorf("gone: %+v", d)
			}
			time.Sleep(LostFor - time.Second)
			s.serves(jon, Join{Viewer{Name: "jon", Role: Navigator, Key: "k"}})
			s.holderLost(s.now())
			if d := s.Snapshot().Dial; d.Held || d.Asked != 9 {
				t.Errorf("back in time: %+v", d)
			}
		})
	})
	t.Run("the dial has passed on", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, j, _ := begin(t)
			s.serves(jon, Unheard{ID: j})
			s.serves(kim, AskDial{})
			time.Sleep(TakeAfter)
			s.serves(kim, AskDial{})
			s.serves(jon, Unheard{ID: j, Again: true}) // of who held the dial, and does not any more
			if d := s.Snapshot(); !d.Dial.Held || d.Pair.Holder != "kim" {
				t.Errorf("%s holds the dial, held %t", d.Pair.Holder, d.Dial.Held)
			}
			s.serves(kim, Hold{})
			if s.Snapshot().Dial.Held {
				t.Error("kim can't go on")
			}
			s.serves(kim, SetDial{To: 0})
			s.ramp = &ramping{plan: Ramp{To: 12, Step: 3, Every: time.Second, Until: UntilNever}, who: "kim"}
			if s.climb(s.now()); s.ramp == nil || s.ramp.level != 3 {
				t.Errorf("jon's silence stands in the way of kim's ramp: %+v", s.ramp)
			}
			s.serves(kim, Hold{Only: true})
			s.serves(kim, OfferDial{To: "jon"})
			s.serves(jon, AnswerOffer{Yes: true})
			if s.serves(jon, Unheard{ID: j, Again: true}); !s.Snapshot().Dial.Held {
				t.Error("an answer of jon's lets go of kim's hold")
			}
			s.serves(jon, Hold{})
			if s.serves(jon, Unheard{ID: j}); !s.Snapshot().Dial.Held {
				t.Error("jon's next silence holds nothing")
			}
		})
	})
	t.Run("and comes in by another way", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, j, _ := begin(t)
			s.serves(jon, Unheard{ID: j})
			again := s.serves(jon, Join{Viewer{Name: "jon", Role: Navigator, Key: "k"}})
			s.serves(jon, Leave{ID: j, Why: "the connection does not answer"})
			if s.Snapshot().Dial.Held || s.quiet != (unheard{}) {
				t.Errorf("held %t, %+v", s.Snapshot().Dial.Held, s.quiet)
			}
			if s.serves(jon, Unheard{ID: again.Seq}); !s.Snapshot().Dial.Held {
				t.Error("the silence of the other way holds nothing")
			}
		})
	})
	// Who sees a picture that stands still does not see that the load is held.
	t.Run("and presses space", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, j, _ := begin(t)
			s.serves(jon, Unheard{ID: j})
			s.serves(jon, Hold{})
			s.serves(jon, Unheard{ID: j, Again: true})
			if !s.Snapshot().Dial.Held {
				t.Error("the key that holds let go")
			}
			s.serves(jon, Hold{})
			if s.Snapshot().Dial.Held {
				t.Error("the next one does not let go")
			}
		})
	})
	t.Run("before the baseline is learned", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, j, _ := begin(t)
			s.serves(jon, SetDial{To: 0})
			s.pending = &waiting{who: "jon", to: 40, at: s.now()}
			s.serves(jon, Unheard{ID: j})
			if d := s.Snapshot().Dial; !d.Held || s.ceiling.least() != 0 {
				t.Errorf("what waits would rise: held %t, ceiling %d", d.Held, s.ceiling.least())
			}
		})
	})
	t.Run("as the timebox ends", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, j, _ := begin(t)
			s.serves(jon, Unheard{ID: j})
			s.o.AtEnd = EndHold
			s.log.read(func(st *State) { st.Timebox = time.Minute })
			time.Sleep(2 * time.Minute)
			s.timebox(s.now())
			s.serves(jon, Unheard{ID: j, Again: true})
			if !s.Snapshot().Dial.Held {
				t.Error("the hold of the timebox's end is gone")
			}
		})
	})
}

// A step of a ramp waits for the answer, and the ramp goes on behind it.
func TestARampWaitsForItsDriver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jon := Person{"jon", Navigator}
		s := lonely(t)
		j := s.serves(jon, Join{Viewer{Name: "jon", Role: Navigator, Key: "k"}}).Seq
		s.serves(mel, OfferDial{To: "jon"})
		s.serves(jon, AnswerOffer{Yes: true})
		s.log.read(func(st *State) { st.Baseline.To = 1 })
		s.ramp = &ramping{plan: Ramp{To: 9, Step: 3, Every: time.Second, Until: UntilNever}, who: "jon", level: 0}
		s.serves(jon, Unheard{ID: j})
		time.Sleep(5 * time.Second)
		s.climb(s.now())
		if s.ramp == nil || s.ramp.level != 0 || s.Snapshot().Dial.Asked != 0 {
			t.Fatalf("a step was made in silence: %+v, asked %d", s.ramp, s.Snapshot().Dial.Asked)
		}
		s.serves(jon, Unheard{ID: j, Again: true})
		s.climb(s.now())
		if s.ramp == nil || s.ramp.level != 3 {
			t.Errorf("the ramp does not go on: %+v", s.ramp)
		}
	})
}
