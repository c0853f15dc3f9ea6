package session

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"crosstalk/loadengine"
	"crosstalk/notes"
)

// pairState is a session of mel's with jon, a navigator, and ann, an observer.
func pairState() *State {
	s := NewState()
	s.Apply(event(1, 0, "session", TypeStart, &Start{As: "mel"}))
	s.Apply(event(2, 1000, "jon", TypeViewerJoin, &ViewerJoin{Name: "jon", Role: Navigator, Key: "SHA256:jon"}))
	s.Apply(event(3, 2000, "ann", TypeViewerJoin, &ViewerJoin{Name: "ann", Role: Observer, Key: "SHA256:ann"}))
	return s
}

func event(seq uint64, ms int64, by, kind string, body any) Event {
	return Event{V: Version, Seq: seq, T: time.Unix(0, 0).UTC().Add(time.Duration(ms) * time.Millisecond), MS: ms, By: by, Type: kind, Body: body}
}

func TestOneHolderOfTheDial(t *testing.T) {
	s := pairState()
	roles := func(mel, jon, ann Role) {
		t.Helper()
		for _, c := range []struct {
			who  Person
			want Role
		}{{Person{"mel", Driver}, mel}, {Person{"jon", Navigator}, jon}, {Person{"ann", Observer}, ann}} {
			if got := s.RoleOf(c.who); got != c.want {
				t.Errorf("%s is %s, want %s", c.who.Name, got, c.want)
			}
		}
	}
	roles(Driver, Navigator, Observer)
	s.Apply(event(4, 3000, "mel", TypeRoleOffer, &RoleOffer{From: "mel", To: "jon"}))
	roles(Driver, Navigator, Observer)
	s.Apply(event(5, 4000, "jon", TypeRoleGive, &RoleChange{From: "mel", To: "jon"}))
	roles(Navigator, Driver, Observer)
	if s.Pair.Offer != nil || s.Pair.Lost >= 0 {
		t.Errorf("after the dial was given: %+v", s.Pair)
	}
	s.Apply(event(6, 5000, "jon", TypeViewerGone, &ViewerGone{Viewer: 2, Name: "jon"}))
	if s.Pair.Lost != 5000 {
		t.Errorf("the holder's last view is gone, and lost is %d", s.Pair.Lost)
	}
	s.Apply(event(7, 6000, "jon", TypeViewerJoin, &ViewerJoin{Name: "jon", Role: Navigator, Key: "SHA256:jon"}))
	if s.Pair.Lost >= 0 {
		t.Error("the holder is back, and still lost")
	}
	s.Apply(event(8, 7000, "mel", TypeRoleTake, &RoleChange{From: "jon", To: "mel"}))
	roles(Driver, Navigator, Observer)
}

func TestWhoSharesADeskSharesTheDial(t *testing.T) {
	s := pairState()
	s.Apply(event(4, 3000, "kim", TypeViewerJoin, &ViewerJoin{Name: "kim", Role: Navigator, Desk: true}))
	if got := s.RoleOf(Person{"kim", Driver}); got != Driver {
		t.Errorf("kim at mel's desk is %s", got)
	}
	s.Apply(event(5, 4000, "jon", TypeRoleGive, &RoleChange{From: "mel", To: "jon"}))
	if got := s.RoleOf(Person{"kim", Driver}); got != Navigator {
		t.Errorf("kim at mel's desk, with the dial at jon's, is %s", got)
	}
}

func TestNoTwoPeopleHaveOneName(t *testing.T) {
	s := pairState()
	s.Apply(event(4, 3000, "mel", TypeViewerKick, &ViewerKick{Viewer: 3, Name: "ann", Key: "SHA256:ann"}))
	for _, c := range []struct {
		v    Viewer
		want string // in the refusal; "": none
	}{
		{Viewer{Name: "mel", Role: Navigator, Key: "x"}, "somebody else"},
		{Viewer{Name: "MEL", Role: Navigator, Key: "x"}, "somebody else"},
		{Viewer{Name: "jon", Role: Navigator, Key: "SHA256:jon"}, ""},
		{Viewer{Name: "Jon", Role: Observer, Key: "x"}, "another key"},
		{Viewer{Name: "guard", Role: Observer, Key: "x"}, "nobody may"},
		{Viewer{Name: "Engine", Role: Observer, Key: "x"}, "nobody may"},
		{Viewer{Name: "", Role: Observer, Key: "x"}, "name is needed"},
		{Viewer{Name: "a b", Role: Observer, Key: "x"}, "letters"},
		{Viewer{Name: "m\x1b[31mel", Role: Observer, Key: "x"}, "name"},
		{Viewer{Name: "mеl", Role: Observer, Key: "x"}, "script"}, // its e is Cyrillic
		{Viewer{Name: "zoë", Role: Observer, Key: "x"}, ""},
		{Viewer{Name: "bea", Role: Driver, Key: "x"}, "navigator or an observer"},
		{Viewer{Name: "bea", Role: Observer, Key: "SHA256:ann"}, "sent away"},
	} {
		got := refusedJoin(s, c.v)
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%q: %q, want %q", c.v.Name, got, c.want)
		}
	}
}

func TestRolesDecideWhoMayWhat(t *testing.T) {
	s := start(t, newWorld(t).options(t))
	s.await("the quiet phase's end", ofType(TypeBaselineEnd))
	ctx := t.Context()
	join := func(name string, role Role) Person {
		t.Helper()
		if _, err := s.Do(ctx, Person{name, role}, Join{Viewer{Name: name, Role: role, Key: "key of " + name}}); err != nil {
			t.Fatal(err)
		}
		return Person{name, role}
	}
	jon, ann := join("jon", Navigator), join("ann", Observer)
	note := AddNote{Draft: notes.Parse("! slow checkout")}
	for _, c := range []struct {
		who Person
		cmd Command
		may bool
	}{
		{mel, MoveDial{By: 1}, true}, {jon, MoveDial{By: 1}, false}, {ann, MoveDial{By: 1}, false},
		{jon, SetDial{To: 5}, false}, {ann, SetDial{To: 5, Spike: true}, false}, {jon, Hold{}, false}, {jon, Hold{Only: true}, false},
		{jon, SetGlide{To: 0}, false}, {ann, WarnOnly{Why: "any"}, false}, {jon, StartCheck{}, false}, {jon, Unlock{Why: "any"}, false},
		{mel, note, true}, {jon, note, true}, {ann, note, false},
		{mel, StopAll{}, true}, {jon, StopAll{}, true}, {ann, StopAll{}, true},
		{jon, Finish{Reason: "quit"}, false}, {ann, Finish{Reason: "quit"}, false}, {mel, Finish{Reason: "quit"}, true},
		{jon, Kick{ID: 1}, false}, {ann, AskDial{}, false}, {jon, AskDial{}, true}, {jon, OfferDial{To: "jon"}, false},
		{mel, OfferDial{To: "ann"}, false}, {mel, OfferDial{To: "jon"}, true},
		{Person{"ann", Driver}, MoveDial{By: 1}, false}, // a role that is claimed is not one that is held
		{ann, SetCharter{Charter: Charter{Text: "another"}}, false}, {ann, Answer{Question: "learned", Text: "x"}, false},
	} {
		if err := s.May(c.who, c.cmd); (err == nil) != c.may {
			t.Errorf("%s, %T%+v: %v, want allowed %t", c.who.Name, c.cmd, c.cmd, err, c.may)
		}
	}
	// A stop by an observer acts, and is signed.
	if _, err := s.Do(ctx, mel, SetDial{To: 3}); err != nil {
		t.Fatal(err)
	}
	s.await("load", func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == 3 })
	if _, err := s.Do(ctx, ann, StopAll{}); err != nil {
		t.Fatal(err)
	}
	stop := s.await("the stop", ofType(TypeStop))
	if b := stop.Body.(*LoadStop); stop.By != "ann" || b.Reason != "operator" {
		t.Errorf("the stop is %s's, %+v", stop.By, b)
	}
	// The dial goes by offer and answer, and who has lost it may not turn it.
	if _, err := s.Do(ctx, mel, OfferDial{To: "jon"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Do(ctx, ann, AnswerOffer{Yes: true}); err == nil {
		t.Error("ann answered what jon was asked")
	}
	if _, err := s.Do(ctx, jon, AnswerOffer{Yes: true}); err != nil {
		t.Fatal(err)
	}
	if err := s.May(mel, MoveDial{By: 1}); err == nil {
		t.Error("mel may still turn the dial")
	}
	if _, err := s.Do(ctx, jon, SetDial{To: 2}); err != nil {
		t.Error(err)
	}
	r, err := s.Do(ctx, jon, note)
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := s.Snapshot().Notes.Get(r.Note); n.By != "jon" || n.Role != string(Driver) {
		t.Errorf("the note is %s's, %s", n.By, n.Role)
	}
	s.finish()
}

// The dial is taken only when its holder did not answer for 20 s, and the load
// of a holder who is gone is held and then eased.
func TestADialNobodyAnswersForIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := lonely(t)
		jon := Person{"jon", Navigator}
		joined := s.serves(jon, Join{Viewer{Name: "jon", Role: Navigator, Key: "k"}})
		s.serves(jon, AskDial{})
		if err := s.May(jon, AskDial{}); err == nil || !strings.Contains(err.Error(), "20 s") {
			t.Errorf("at once: %v", err)
		}
		time.Sleep(TakeAfter - time.Second)
		if err := s.May(jon, AskDial{}); err == nil {
			t.Error("the dial could be taken after 19 s")
		}
		time.Sleep(time.Second)
		s.serves(jon, AskDial{})
		if st := s.Snapshot(); st.Pair.Holder != "jon" {
			t.Fatalf("%s holds the dial", st.Pair.Holder)
		}
		s.serves(jon, SetDial{To: 9})
		s.serves(jon, Leave{ID: joined.Seq, Why: "connection lost"})
		s.holderLost(s.now())
		if d := s.Snapshot().Dial; !d.Held || d.Asked != 9 {
			t.Errorf("just lost: held %t, asked %d", d.Held, d.Asked)
		}
		// Back in time: the load goes on.
		time.Sleep(LostFor - time.Second)
		s.holderLost(s.now())
		again := s.serves(jon, Join{Viewer{Name: "jon", Role: Navigator, Key: "k"}})
		s.holderLost(s.now())
		if d := s.Snapshot().Dial; d.Held || d.Asked != 9 {
			t.Errorf("back: held %t, asked %d", d.Held, d.Asked)
		}
		// Not back in time: it eases to the last good level.
		s.log.read(func(st *State) { st.Dial.LastGood = 4 })
		s.serves(jon, Leave{ID: again.Seq, Why: "connection lost"})
		s.holderLost(s.now())
		time.Sleep(LostFor - time.Millisecond)
		s.holderLost(s.now())
		if d := s.Snapshot().Dial; d.Asked != 9 {
			t.Errorf("before 15 s: asked %d", d.Asked)
		}
		time.Sleep(time.Millisecond)
		s.holderLost(s.now())
		if d := s.Snapshot().Dial; d.Asked != 4 || !d.Held {
			t.Errorf("after 15 s: asked %d, held %t", d.Asked, d.Held)
		}
		s.serves(mel, AskDial{}) // at once: nobody is there to be asked
		if st := s.Snapshot(); st.Pair.Holder != "mel" {
			t.Errorf("%s holds the dial", st.Pair.Holder)
		}
		s.holderLost(s.now())
		if s.lost.holder != "" {
			t.Error("the dial is in mel's hand, and counts as lost")
		}
	})
}

func TestPresenceIsShownAndFades(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := lonely(t)
		s.Show(Presence{Viewer: 7, Name: "jon", Writing: true, Kind: notes.Bug})
		s.Show(Presence{Name: "mel"})
		if p := s.Shown(); len(p) != 2 || p[0].Name != "mel" || p[1].Kind != notes.Bug {
			t.Errorf("shown: %+v", p)
		}
		s.Unshow(0)
		time.Sleep(presenceLasts + time.Millisecond)
		if p := s.Shown(); len(p) != 0 {
			t.Errorf("still shown: %+v", p)
		}
	})
}

// lonely is a live session that nobody runs: a test is its writer.
type alone struct {
	*Session
	t *testing.T
}

func lonely(t *testing.T) alone {
	t.Helper()
	s, err := New(Options{Dir: filepath.Join(t.TempDir(), "s"), Rules: DefaultRules(), Start: Start{ID: "s", As: "mel"},
		Plan: loadengine.Plan{Base: "http://127.0.0.1:1", Version: "test", MaxUsers: 50,
			Journeys: []loadengine.Journey{{Name: "visit", Steps: []loadengine.Step{{URL: "/"}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.journal.close() })
	s.began = s.now()
	s.add(BySession, TypeStart, &s.o.Start)
	s.phase = phaseLive
	return alone{s, t}
}

func (a alone) serves(who Person, cmd Command) Reply {
	a.t.Helper()
	r, err := a.serve(who, cmd, a.now())
	if err != nil {
		a.t.Fatalf("%s, %T: %v", who.Name, cmd, err)
	}
	return r
}
