package session

import (
	"math"
	"strings"
	"testing"

	"crosstalk/loadengine"
	"crosstalk/session/link"
)

// running tells of a tick with so many users.
func running(n int) func(Event) bool {
	return func(e Event) bool { b, ok := e.Body.(*LoadTick); return ok && b.Running == n }
}

// A check from what runs goes between that and what was clean before, never above,
// and gives the load back.
func TestLinkCheckFromWhatRuns(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 0)
	r := startTwins(t, w, nil)
	r.do(SetDial{To: 7})
	r.await("seven users", running(7))
	if no := r.refused(StartCheck{Users: 7, Off: 3}); !strings.Contains(no, "no clean check has been made yet") {
		t.Errorf("with none before: %s", no)
	}
	r.facts.put(fact{by: BySession, kind: TypeLinkVerdict, body: &LinkVerdict{Mode: ModeCheck, Kind: string(link.NoLinkSeen), Users: 3, Reach: 4,
		Verdict: &link.Verdict{Whole: 0.04}}})
	r.verdict()
	r.do(SetDial{To: 7}) // a verdict leaves the load at zero
	r.await("seven users again", running(7))
	for want, c := range map[string]StartCheck{
		"may have 3 users at most":               {Users: 7, Off: 4},
		"from above 3 users up to the 7 users":   {Users: 8, Off: 3},
		"from above 3 users up to the 7 users t": {Users: 3, Off: 3},
		"may have 3 users at most: that":         {Users: 7, Off: -1},
	} {
		if no := r.refused(c); !strings.Contains(no, want) {
			t.Errorf("%+v: %s", c, no)
		}
	}
	r.do(StartCheck{Users: 7, Off: 3})
	quiet := r.await("the order", ofType(TypeLinkQuiet)).Body.(*LinkQuiet)
	if quiet.Users != 7 || quiet.Off != 3 || quiet.Mode != ModeCheck {
		t.Errorf("ordered %+v", quiet)
	}
	r.await("its quiet phase at what was checked", running(3))
	if begun := r.await("its pairs", ofType(TypeLinkStart)).Body.(*LinkStart); begun.Users != 7 || begun.Off != 3 {
		t.Errorf("began with %+v", begun)
	}
	r.await("a pair", ofType(TypeLinkPair))
	r.do(StopCheck{})
	v := r.verdict()
	if v.Verdict == nil || v.Verdict.OffUsers != 3 || v.Verdict.Users != 7 || v.Verdict.SentOff == 0 || !strings.Contains(v.Words, "The load goes back to 7 users.") {
		t.Fatalf("verdict %+v of %+v", v, v.Verdict)
	}
	if want := 1.04*(1+v.Verdict.Bound) - 1; math.Abs(v.Verdict.Whole-want) > 1e-9 {
		t.Errorf("up to %v in all, want %v: the bound of the check before belongs to it", v.Verdict.Whole, want)
	}
	r.await("the load as before", running(7))
	for _, e := range r.seen {
		if b, ok := e.Body.(*LoadTick); ok && b.Running > 7 {
			t.Errorf("%d users ran", b.Running)
		}
	}
}

// Where amber halved the load on the way, the load goes back to no more than that,
// and the dial, its record and the words agree.
func TestAfterAmberTheDialSaysWhatRuns(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 0)
	r := startTwins(t, w, nil)
	r.do(SetDial{To: 7})
	r.await("seven users", running(7))
	r.facts.put(fact{by: BySession, kind: TypeLinkVerdict, body: &LinkVerdict{Mode: ModeCheck, Kind: string(link.NoLinkSeen), Users: 3, Reach: 4}})
	r.verdict()
	r.do(SetDial{To: 7})
	r.await("seven users again", running(7))
	r.do(StartCheck{Users: 7, Off: 3})
	r.await("a pair", ofType(TypeLinkPair))
	// The check's own end, told by hand: amber took it from 7 to 5.
	r.facts.put(fact{by: BySession, kind: TypeLinkVerdict, body: &LinkVerdict{Mode: ModeCheck, Kind: string(link.Inconclusive), Users: 5, Words: "Cannot tell."}})
	v := r.verdict()
	set := r.await("the dial's own record", func(e Event) bool { b, ok := e.Body.(*DialSet); return ok && b.From == 7 && b.To == 5 }).Body.(*DialSet)
	if v.Words != "Cannot tell. The load goes back to 5 users." || !strings.Contains(set.Why, "amber") {
		t.Errorf("%q, then %+v", v.Words, set)
	}
	if st := r.Snapshot(); st.Dial.Asked != 5 {
		t.Errorf("the dial says %d", st.Dial.Asked)
	}
	r.do(StopAll{})
}

// Where the dial counts requests a second, a check says so of its own load, too.
func TestACheckSpeaksInTheDialsUnit(t *testing.T) {
	t.Parallel()
	r := startTwins(t, newTwins(t, 0), func(o *Options) { o.Plan.Mode, o.Plan.MaxRPS = loadengine.ModeRate, 200 })
	r.do(StartCheck{Users: 20})
	begun := r.await("its pairs", ofType(TypeLinkStart)).Body.(*LinkStart)
	if begun.Forecast == nil || begun.Forecast.Unit != "req/s" {
		t.Errorf("began with %+v", begun)
	}
	r.do(StopCheck{})
	if v := r.verdict(); v.Verdict == nil || v.Verdict.Unit != "req/s" || strings.Contains(v.Words, "user") {
		t.Errorf("%s: %+v", v.Words, v.Verdict)
	}
}
