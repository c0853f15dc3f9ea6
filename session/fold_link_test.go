package session

import (
	"encoding/json"
	"testing"

	"crosstalk/session/link"
)

func TestACloneKeepsItsOwnCheck(t *testing.T) {
	s := NewState()
	seq := uint64(0)
	apply := func(body any, kind string) {
		seq++
		s.Apply(Event{V: Version, Seq: seq, MS: int64(seq), By: "mel", Type: kind, Body: body})
	}
	apply(&LinkQuiet{Mode: ModeCheck, Profile: link.Quick(), Users: 2, Seconds: 25}, TypeLinkQuiet)
	apply(&LinkStart{Mode: ModeCheck, Words: "it begins"}, TypeLinkStart)
	apply(&LinkPair{Mode: ModeCheck, Pair: 1, OnFirst: true, Users: 2}, TypeLinkPair)
	early := s.Clone()
	apply(&LinkPair{Mode: ModeCheck, Pair: 2, Users: 1}, TypeLinkPair)
	if n := len(early.Link.Running.Strip); n != 1 || early.Link.Running.Users != 2 {
		t.Errorf("the clone has %d pairs of %d users", n, early.Link.Running.Users)
	}
	if r := s.Link.Running; len(r.Strip) != 2 || r.Users != 1 || r.Left() != link.Quick().MaxPairs-2 || r.Phase != LinkPhasePairs || r.By != "mel" {
		t.Errorf("the check is %+v", r)
	}
	apply(&LinkPair{Mode: ModeCheck, Words: "at zero"}, TypeLinkPair)
	if r := s.Link.Running; r.Phase != LinkPhaseZero || len(r.Strip) != 2 {
		t.Errorf("at zero the check is %+v", r)
	}
	apply(&Recovered{}, TypeRecovered)
	if s.Link.Running != nil {
		t.Error("the check outlives its process")
	}
	apply(&LinkPair{Mode: ModeCheck, Pair: 3}, TypeLinkPair) // of a journal that lost its beginning
	if s.Link.Running != nil {
		t.Error("a pair made a check")
	}
}

// The charts show pairs that do not count as they were made.
func TestPairsThatDoNotCountKeepTheirLoad(t *testing.T) {
	s := NewState()
	seq, half := uint64(0), link.Quick().Half.Milliseconds()
	apply := func(body any, kind string) {
		seq++
		s.Apply(Event{V: Version, Seq: seq, MS: 1, By: BySession, Type: kind, Body: body})
	}
	apply(&LinkQuiet{Mode: ModeCheck, Profile: link.Quick(), Users: 5, Order: "++++"}, TypeLinkQuiet)
	apply(&LinkStart{Mode: ModeCheck, Order: "++++"}, TypeLinkStart)
	apply(&LinkPair{Mode: ModeCheck, Pair: 1, OnFirst: true, Users: 5}, TypeLinkPair)
	apply(&LinkPair{Mode: ModeCheck, Pair: 2, OnFirst: true, Users: 5, Sham: true}, TypeLinkPair)
	apply(&LinkStart{Mode: ModeCheck, Order: "++"}, TypeLinkStart)
	apply(&LinkPair{Mode: ModeCheck, Pair: 1, OnFirst: true, Users: 5, Sham: true}, TypeLinkPair)
	for i, want := range []link.Load{link.On, link.Off, link.On, link.Sham, link.On, link.Sham, link.On, link.Off} {
		if load, ok := s.Link.Running.At(1 + int64(i)*half); load != want || !ok {
			t.Errorf("half %d had %q, want %q", i, load, want)
		}
	}
}

// The minute at zero may begin before all of the drawn order is through: no bar of what
// is left of it is load.
func TestTheTimeAtZeroHasNoLoad(t *testing.T) {
	s := NewState()
	seq, half := uint64(0), link.IsItMe().Half.Milliseconds()
	apply := func(ms int64, body any, kind string) {
		seq++
		s.Apply(Event{V: Version, Seq: seq, MS: ms, By: BySession, Type: kind, Body: body})
	}
	apply(1, &LinkQuiet{Mode: ModeDips, Profile: link.IsItMe(), Users: 20, Order: "+-+-+-+-+-+-"}, TypeLinkQuiet)
	apply(1, &LinkStart{Mode: ModeDips}, TypeLinkStart)
	for pair := range 5 {
		apply(1+2*half*int64(pair+1), &LinkPair{Mode: ModeDips, Pair: pair + 1, OnFirst: pair%2 == 0, Users: 20}, TypeLinkPair)
	}
	zero := 1 + 10*half
	if load, _ := s.Link.Running.At(zero + half); load != link.On {
		t.Fatalf("in the order that moment has %q: the test tells nothing", load)
	}
	apply(zero, &LinkPair{Mode: ModeDips, Words: "at zero"}, TypeLinkPair)
	for at := zero; at < zero+62_000; at += half {
		if load, ok := s.Link.Running.At(at); load != link.Off || !ok {
			t.Errorf("%d ms into the time at zero the load is %q, %v", at-zero, load, ok)
		}
	}
	if load, _ := s.Link.Running.At(1); load != link.On {
		t.Errorf("the first half was %q", load)
	}
	apply(zero+60_000, &LinkVerdict{Mode: ModeDips, Kind: string(link.NotOursNow)}, TypeLinkVerdict)
	if _, ok := s.Link.Past[0].At(zero + 60_000); ok {
		t.Error("there is load after the end")
	}
}

func TestVerdictsSetReachAndLock(t *testing.T) {
	s := NewState()
	seq := uint64(0)
	verdict := func(mode string, kind string, users, reach int) {
		seq++
		s.Apply(Event{V: Version, Seq: seq, MS: int64(seq), By: BySession, Type: TypeLinkVerdict,
			Body: &LinkVerdict{Mode: mode, Kind: kind, Users: users, Reach: reach}})
	}
	steps := []struct {
		mode, kind   string
		users, reach int
		wantReach    int
		wantLock     bool
	}{
		{ModeCheck, string(link.NoLinkSeen), 5, 7, 7, false},
		{ModeCheck, string(link.Inconclusive), 5, 0, 7, false}, // what was learned stays
		{ModeDips, string(link.FollowsUs), 40, 0, 7, false},
		{ModeCheck, string(link.Suspected), 7, 0, 0, false},
		{ModeCheck, string(link.NoLinkSeen), 5, 7, 7, false},
		{ModeCheck, string(link.Linked), 5, 0, 0, true},
		{ModeCheck, string(link.NoLinkSeen), 5, 7, 7, true}, // only a reason unlocks
	}
	for i, c := range steps {
		verdict(c.mode, c.kind, c.users, c.reach)
		if s.Link.Reach != c.wantReach || (s.Link.Lock != nil) != c.wantLock || s.Link.Last.Kind != c.kind {
			t.Errorf("step %d, %s: %+v", i, c.kind, s.Link)
		}
	}
}

func TestLinkEventsComeBackFromTheJournal(t *testing.T) {
	p := 0.004
	for _, e := range []Event{
		{Type: TypeLinkQuiet, Body: &LinkQuiet{Mode: ModeCheck, Profile: link.Slow(), Users: 3, Seed: 1 << 63, Order: "+-", Seconds: 360}},
		{Type: TypeLinkStart, Body: &LinkStart{Mode: ModeCheck, Profile: "slow", Forecast: &link.Forecast{SD: 0.1}, Words: "w"}},
		{Type: TypeLinkPair, Body: &LinkPair{Mode: ModeDips, Pair: 2, Effect: link.Effect{Estimate: 0.1, Low: -0.1, High: 10}, Words: "w"}},
		{Type: TypeLinkVerdict, Body: &LinkVerdict{Mode: ModeCheck, Kind: "linked", Verdict: &link.Verdict{Verdict: link.Linked, P: &p}}},
		{Type: TypeLinkUnlock, Body: &LinkUnlock{Why: "w"}},
	} {
		e.V, e.Seq, e.By = Version, 1, "mel"
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var back Event
		if err := json.Unmarshal(line, &back); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(back)
		if err != nil || string(again) != string(line) {
			t.Errorf("%s came back as\n%s\nfrom\n%s (%v)", e.Type, again, line, err)
		}
	}
}
