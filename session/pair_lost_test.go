package session

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"crosstalk/session/link"
)

// ordered gives the guard what it was told, and returns how much that was.
func (a alone) ordered() (n int) {
	for {
		select {
		case f := <-a.watch.orders:
			f(a.now())
			n++
		default:
			return n
		}
	}
}

// driven is a lonely session whose dial jon holds, and jon's view.
func driven(t *testing.T) (alone, Person, uint64) {
	t.Helper()
	s := lonely(t)
	jon := Person{"jon", Navigator}
	joined := s.serves(jon, Join{Viewer{Name: "jon", Role: Navigator, Key: "k"}})
	s.serves(mel, OfferDial{To: "jon"})
	s.serves(jon, AnswerOffer{Yes: true})
	return s, jon, joined.Seq
}

// A check makes load by itself, in its quiet phase and in the halves without
// load just as well: nobody at the dial, no check.
func TestACheckEndsWhenItsDriverIsLost(t *testing.T) {
	for _, mode := range []string{ModeCheck, ModeDips} {
		for _, held := range []bool{false, true} {
			t.Run(mode, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, jon, view := driven(t)
					if held {
						s.add("jon", TypeDialHold, &DialHold{At: 3})
					}
					s.add("jon", TypeLinkQuiet, &LinkQuiet{Mode: mode, Profile: link.Quick(), Users: 3, Seconds: 25})
					s.serves(jon, Leave{ID: view, Why: "connection lost"})
					s.holderLost(s.now())
					select {
					case why := <-s.links.stops:
						if why != "jon is not here any more" {
							t.Errorf("the check ends because %s", why)
						}
					default:
						t.Error("the check goes on with nobody at the dial")
					}
					if st := s.Snapshot(); !st.Dial.Held || st.Dial.HeldAt != 0 || s.ceiling.least() != 0 {
						t.Errorf("held %t at %d, the ceiling is %d", st.Dial.Held, st.Dial.HeldAt, s.ceiling.least())
					}
					s.serves(mel, AskDial{}) // at once: nobody is there to be asked
					s.holderLost(s.now())
					if st := s.Snapshot(); st.Pair.Holder != "mel" || !st.Dial.Held {
						t.Errorf("%s holds the dial, held %t: somebody has to let it go on", st.Pair.Holder, st.Dial.Held)
					}
				})
			})
		}
	}
}

func TestARealCheckEndsWhenItsDriverIsLost(t *testing.T) {
	t.Parallel()
	for _, at := range []string{TypeLinkQuiet, TypeLinkPair} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			r := startTwins(t, newTwins(t, 0), nil)
			jon := Person{"jon", Navigator}
			as := func(who Person, cmd Command) Reply {
				t.Helper()
				reply, err := r.Do(t.Context(), who, cmd)
				if err != nil {
					t.Fatal(err)
				}
				return reply
			}
			view := as(jon, Join{Viewer{Name: "jon", Role: Navigator, Key: "k"}}).Seq
			as(mel, OfferDial{To: "jon"})
			as(jon, AnswerOffer{Yes: true})
			as(jon, StartCheck{Users: 3, Seed: 7})
			r.await("the check", ofType(at))
			as(jon, Leave{ID: view, Why: "connection lost"})
			v := r.verdict()
			if at == TypeLinkQuiet && (!v.Refused || !strings.Contains(v.Words, "jon is not here any more")) {
				t.Errorf("refused %t: %s", v.Refused, v.Words)
			}
			if v.Kind == string(link.NoLinkSeen) {
				t.Errorf("it went on to its end: %s", v.Words)
			}
			if st := r.Snapshot(); st.Dial.Asked != 0 || !st.Dial.Held || r.engine.Live().Running != 0 {
				t.Errorf("asked %d, held %t, %d running", st.Dial.Asked, st.Dial.Held, r.engine.Live().Running)
			}
			r.finish()
		})
	}
}

// A planned ramp goes no further, whatever runs at that moment.
func TestARampEndsWhenItsDriverIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, jon, view := driven(t)
		s.add("jon", TypeRampStart, &RampStart{To: 9, Step: 3, Every: 30, Until: UntilNever})
		s.ramp = &ramping{plan: Ramp{To: 9, Step: 3, Every: 30 * time.Second, Until: UntilNever}, who: "jon", at: s.now()}
		s.serves(jon, Leave{ID: view, Why: "connection lost"})
		s.holderLost(s.now())
		if s.ramp != nil || s.Snapshot().Ramp != nil {
			t.Error("the ramp goes on with nobody at the dial")
		}
	})
}

// Somebody's connection that comes back is nobody who has seen what the guard
// waits for a person to see.
func TestAReconnectIsNoKeyPressed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, jon, view := driven(t)
		s.serves(jon, SetDial{To: 9})
		s.ordered()
		g := s.watch.guard
		g.stay, g.limit, g.proved = 4, 6, true
		s.serves(jon, Leave{ID: view, Why: "connection lost"})
		s.holderLost(s.now())
		if !s.Snapshot().Dial.Held {
			t.Fatal("nothing is held")
		}
		time.Sleep(3 * time.Second)
		s.serves(jon, Join{Viewer{Name: "jon", Role: Navigator, Key: "k"}})
		s.holderLost(s.now())
		if n := s.ordered(); n != 0 || g.stay != 4 || g.limit != 6 || !g.proved {
			t.Errorf("%d orders to the guard: it stays at %d, and its limit is %d, proved %t", n, g.stay, g.limit, g.proved)
		}
		if d := s.Snapshot().Dial; d.Held || d.Asked != 9 || s.ceiling.hold != none {
			t.Errorf("back: held %t, asked %d", d.Held, d.Asked)
		}
		// A key does it.
		s.serves(jon, MoveDial{By: 1})
		if s.ordered(); g.stay != none || g.proved {
			t.Errorf("after a key the guard stays at %d, proved %t", g.stay, g.proved)
		}
	})
}
