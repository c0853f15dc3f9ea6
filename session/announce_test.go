package session

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"crosstalk/session/link"
)

// What a chat is told names where, when, how much and who stops it; the
// all-clear says how production came out of it.
func TestAnnouncement(t *testing.T) {
	st := NewState()
	st.Start = Start{As: "mel", Host: "lap-7", Target: "https://user:secret@shop.example.test/path?token=x", Limits: LoadLimits{Users: 20}, Checks: []CheckInfo{{Env: "production", Name: "web-1"}}}
	st.Timebox, st.Charter = 20*time.Minute, "Explore  checkout."
	now := time.Date(2026, 10, 17, 14, 5, 0, 0, time.UTC)
	got := strings.Join(st.Announcement(now), "\n")
	want := "Load on staging (shop.example.test) 14:05 to 14:25 UTC, at most 20 users. Production is only watched. Explore checkout.\n" +
		"Stop me: mel, or crosstalk stop on lap-7. Anything odd on production? Say so here."
	if got != want {
		t.Errorf("announced:\n%s\nwant\n%s", got, want)
	}
	st.Dial.Rise = 18
	st.Began, st.Dial.Off = now.Add(-5*time.Minute), 5*60_000
	st.Envs["production"] = &Env{Name: "production", State: "green"}
	if got := st.AllClear(time.UTC); got != "All clear: load on staging (shop.example.test) is off since 14:05, at most 18 users. Production is green." {
		t.Errorf("all clear: %s", got)
	}
	st.Dial.Cuts = 1
	if got := st.AllClear(time.UTC); !strings.HasSuffix(got, "Production turned red and the load was cut (1); it is green now.") {
		t.Errorf("after a cut: %s", got)
	}
	st.Start.Mode, st.Start.Limits.Dial = "rate", 300
	if got := st.Announcement(now)[0]; !strings.Contains(got, ", at most 300 req/s. ") {
		t.Errorf("a rate: %s", got)
	}
	st.Start.Checks = nil
	if got := st.Announcement(now)[0] + st.AllClear(time.UTC); strings.Count(got, "not watched") != 2 || !strings.Contains(got, "at most 5 req/s. Production") {
		t.Errorf("unwatched: %s", got)
	}
}

// The all-clear is of the load that was announced, and tells when that went off:
// neither the brake test, nor a check's halves without load, nor what ran before
// the session was taken up again is it.
func TestTheAllClearIsOfWhatWasAnnounced(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 10, 17, 14, 0, 0, 0, time.UTC)
	st, seq := NewState(), uint64(0)
	at := func(second int, kind string, body any) {
		seq++
		st.Apply(Event{V: 1, Seq: seq, T: began.Add(time.Duration(second) * time.Second), MS: int64(second) * 1000, By: "mel", Type: kind, Body: body})
	}
	tick := func(second, running, flying int) {
		at(second, TypeLoadTick, &LoadTick{Asked: running, Running: running, InFlight: flying, Ceiling: -1, Requests: uint64(flying)})
	}
	isClear := func(when string, want bool) {
		t.Helper()
		if st.Clear() != want {
			t.Errorf("%s: clear is %v; dial %+v", when, st.Clear(), st.Dial)
		}
	}
	off := func(when, clock string, users string) {
		t.Helper()
		if got := st.AllClear(time.UTC); !strings.Contains(got, "is off since "+clock+", at most "+users+".") {
			t.Errorf("%s: %s", when, got)
		}
	}
	at(0, TypeStart, &Start{As: "mel", Target: "http://shop"})
	tick(1, 1, 1)
	tick(2, 0, 0)
	at(2, TypeBrakeTest, &BrakeTest{Users: 1, OK: true})
	isClear("after the brake test", false)
	check := func(from int) {
		at(from, TypeLinkQuiet, &LinkQuiet{Mode: ModeCheck, Profile: link.Quick(), Users: 3, Order: "+-"})
		tick(from+1, 3, 3)
		isClear("in a check's half with load", false)
		tick(from+2, 0, 0)
		isClear("in a check's half without load", false)
	}
	check(10)
	at(60, TypeLinkVerdict, &LinkVerdict{Mode: ModeCheck, Kind: string(link.NoLinkSeen), Users: 3})
	isClear("after the check, before the load", false)
	at(300, TypeDialSet, &DialSet{To: 20})
	isClear("asked for, not there yet", false)
	tick(301, 20, 9)
	at(302, TypeDialSet, &DialSet{From: 20})
	isClear("eased, still running", false)
	tick(310, 0, 2)
	isClear("the last requests are on their way", false)
	tick(420, 0, 0)
	isClear("off", true)
	tick(421, 0, 0)
	at(900, TypeGlide, &GlideSet{To: 5})
	off("eight minutes later", "14:07", "20 users")
	check(1200)
	at(1260, TypeLinkVerdict, &LinkVerdict{Mode: ModeCheck, Kind: string(link.NoLinkSeen), Users: 3})
	isClear("after another check", true)
	off("after another check", "14:20", "20 users")
	at(1300, TypeRampStart, &RampStart{To: 30, Step: 10, Every: 30})
	isClear("a ramp is about to begin", false)
	at(1300, TypeDialSet, &DialSet{To: 30})
	tick(1301, 30, 9)
	at(1320, TypeDialSet, &DialSet{From: 30, Why: "stop all"})
	at(1320, TypeStop, &LoadStop{Reason: "operator", By: "mel", InFlight: 3, MSToZero: new(4.0), Running: 30})
	at(1320, TypeRampEnd, &RampEnd{Why: "stopped"})
	tick(1321, 0, 0)
	isClear("stopped", true)
	off("stopped", "14:22", "30 users")
	at(1400, TypeDialSet, &DialSet{To: 5})
	tick(1401, 5, 5)
	at(1402, TypeGuardState, &GuardChange{From: "run", To: "cut", Cause: CauseRed, Why: "web-1 refused", Running: 5})
	tick(1403, 0, 0)
	at(1500, TypeGuardState, &GuardChange{From: "cut", To: "run"})
	watched := Start{As: "mel", Target: "http://shop", Checks: []CheckInfo{{Env: "production", Name: "web-1"}}}
	at(2000, TypeRecovered, &Recovered{Away: 500})
	at(2000, TypeStart, &watched)
	isClear("taken up again", false)
	if st.Dial.Rise != 0 || st.Dial.Peak != 30 || st.Dial.Cuts != 0 || st.Guard.Cuts != 1 {
		t.Errorf("taken up again: %+v, %d cuts", st.Dial, st.Guard.Cuts)
	}
	at(2050, TypeHealthState, &HealthState{Env: "production", From: "no sight", To: "green"})
	cut := func(when string, want int) {
		t.Helper()
		if got := st.AllClear(time.UTC); strings.Contains(got, "the load was cut") != (want > 0) || want > 0 && !strings.HasSuffix(got, fmt.Sprintf("the load was cut (%d); it is green now.", want)) {
			t.Errorf("%s: %s", when, got)
		}
	}
	cut("the cut was of what ran before", 0)
	at(2100, TypeDialSet, &DialSet{To: 2})
	at(2100, TypeDialSet, &DialSet{From: 2})
	tick(2101, 0, 0)
	isClear("asked for and eased before anything ran", false)
	at(2200, TypeDialSet, &DialSet{To: 2})
	at(2200, TypeStop, &LoadStop{Reason: "operator", By: "mel", InFlight: 0, Running: 0})
	at(2200, TypeDialSet, &DialSet{From: 2, Why: "stop all"})
	at(2201, TypeLoadTick, &LoadTick{Requests: 3, Ceiling: -1})
	isClear("less than a second of load", true)
	off("less than a second of load", "14:36", "0 users")
	at(2300, TypeGuardState, &GuardChange{From: "run", To: "cut", Cause: CauseRed, Why: "web-1 refused"})
	cut("and one of its own", 1)
}
