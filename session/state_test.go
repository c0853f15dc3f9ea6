package session

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Fold is a pure function: folding in one go, folding in two, and folding a
// clone give the same, and a clone does not change with its origin.
func TestFoldIsPure(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := someEvents(t)
		cut := rapid.IntRange(0, len(events)).Draw(t, "cut")
		first := Fold(events[:cut])
		clone := first.Clone()
		frozen := first.Clone()
		for _, e := range events[cut:] {
			first.Apply(e)
			first.Apply(e) // a second time is nothing
		}
		if !reflect.DeepEqual(clone, frozen) {
			t.Fatal("a clone changed with its origin")
		}
		for _, e := range events[cut:] {
			clone.Apply(e)
		}
		once := Fold(events)
		for _, s := range []*State{once, first, clone} {
			s.Notes.Get("") // makes the index, which is no part of the state
		}
		if !reflect.DeepEqual(once, first) || !reflect.DeepEqual(once, clone) {
			t.Fatal("folding in parts differs from folding at once")
		}
	})
}

func someEvents(t *rapid.T) []Event {
	ms := int64(0)
	at := time.Date(2026, 10, 17, 15, 0, 0, 0, time.UTC)
	var out []Event
	add := func(by, kind string, body any) {
		out = append(out, Event{V: 1, Seq: uint64(len(out) + 1), T: at.Add(time.Duration(ms) * time.Millisecond), MS: ms, By: by, Type: kind, Body: body})
	}
	add(BySession, TypeStart, &Start{As: "mel", Checks: []CheckInfo{{Env: "production", Name: "web-1"}, {Env: "staging", Name: "web-1"}}})
	states := rapid.SampledFrom([]string{"green", "amber", "red", "no sight"})
	for range rapid.IntRange(0, 60).Draw(t, "events") {
		ms += int64(rapid.IntRange(0, 4000).Draw(t, "ms"))
		p := float64(rapid.IntRange(1, 900).Draw(t, "p")) / 1000
		n := rapid.IntRange(0, 50).Draw(t, "n")
		switch rapid.IntRange(0, 7).Draw(t, "kind") {
		case 0:
			add("mel", TypeDialSet, &DialSet{To: n})
		case 1:
			add(ByEngine, TypeLoadTick, &LoadTick{Asked: n, Running: n, Requests: uint64(n), P50: &p, P95: &p, Max: &p, ByStep: []StepTick{{Journey: "j", Step: "s", Requests: uint64(n), P50: &p}}, Kinds: map[string]uint64{"timeout": 1}})
		case 2:
			add(ByMonitors, TypeHealthTick, &HealthTick{Env: "production", State: states.Draw(t, "state"), Now50: &p, Now95: &p, Max: &p, Checks: []CheckState{{Name: "web-1", State: "green"}}})
		case 3:
			add(ByMonitors, TypeHealthState, &HealthState{Env: "production", Check: "web-1", From: "green", To: states.Draw(t, "state")})
		case 4:
			add(ByGuard, TypeGuardState, &GuardChange{From: "run", To: rapid.SampledFrom([]string{"run", "hold", "ease", "cut"}).Draw(t, "to"), Running: n, Cause: CauseRed})
		case 5:
			add("mel", TypeNoteAdd, &NoteAdd{ID: "n" + string(rune('a'+n)), Kind: "bug", Text: "x", Typed: at})
		case 6:
			add("mel", TypeNoteEdit, &NoteEdit{ID: "n" + string(rune('a'+n)), Kind: "note", Text: "y"})
		case 7:
			add(ByMonitors, TypeHealthState, &HealthState{Env: "staging", From: "green", To: states.Draw(t, "state")})
		}
	}
	return out
}

func TestStateIsBounded(t *testing.T) {
	t.Parallel()
	s := NewState()
	p := 0.01
	s.Apply(Event{V: 1, Seq: 1, Type: TypeStart, Body: &Start{}})
	for i := range 40_000 { // 11 hours
		s.Apply(Event{V: 1, Seq: uint64(i + 2), MS: int64(i) * 1000, Type: TypeLoadTick, Body: &LoadTick{Asked: i, P50: &p}})
		s.Apply(Event{V: 1, Seq: uint64(i + 2), MS: int64(i) * 1000, Type: TypeDialSet, Body: &DialSet{To: i}})
	}
	if s.Fine.Len() != fineLen || s.Coarse.Len() != coarseLen || len(s.Marks) > maxMarks {
		t.Errorf("fine %d, coarse %d, marks %d", s.Fine.Len(), s.Coarse.Len(), len(s.Marks))
	}
	last := int64(39_999) * 1000
	got := s.Fine.Range(last-5000, last+1)
	if len(got) != 6 || got[5].MS != last || got[0].MS != last-5000 || got[5].Asked != 39_999 {
		t.Errorf("the newest slots are %+v", got)
	}
}

func TestLastGoodNeedsTenGreenSeconds(t *testing.T) {
	t.Parallel()
	s := NewState()
	p := 0.01
	var seq uint64
	apply := func(ms int64, kind string, body any) {
		seq++
		s.Apply(Event{V: 1, Seq: seq, MS: ms, Type: kind, Body: body})
	}
	tick := func(from, to int64, n int) {
		for ms := from; ms < to; ms += 1000 {
			apply(ms, TypeLoadTick, &LoadTick{Asked: n, Running: n, P50: &p})
		}
	}
	apply(0, TypeStart, &Start{Checks: []CheckInfo{{Env: "production", Name: "web-1"}}})
	apply(0, TypeHealthState, &HealthState{Env: "production", From: "no sight", To: "green"})
	apply(0, TypeDialSet, &DialSet{To: 20})
	tick(0, 9000, 20)
	if s.Dial.LastGood != 0 {
		t.Errorf("last good %d after 8 s", s.Dial.LastGood)
	}
	tick(9000, 12_000, 20)
	if s.Dial.LastGood != 20 {
		t.Errorf("last good %d after 11 s", s.Dial.LastGood)
	}
	apply(12_000, TypeDialSet, &DialSet{From: 20, To: 40})
	tick(12_000, 20_000, 40)
	apply(20_000, TypeHealthState, &HealthState{Env: "production", From: "green", To: "amber"})
	tick(20_000, 40_000, 40)
	if s.Dial.LastGood != 20 {
		t.Errorf("last good %d although production was amber", s.Dial.LastGood)
	}
}

// Ticks a little over a second apart leave no hole in the charts; ticks that
// really stayed away do.
func TestJitterIsNoGap(t *testing.T) {
	t.Parallel()
	s := NewState()
	p := 0.01
	seq := uint64(0)
	for _, ms := range []int64{1990, 3010, 4020, 9000} {
		seq++
		s.Apply(Event{V: 1, Seq: seq, MS: ms, Type: TypeLoadTick, Body: &LoadTick{Asked: 3, Running: 3, P50: &p}})
		seq++
		s.Apply(Event{V: 1, Seq: seq, MS: ms, Type: TypeHealthTick, Body: &HealthTick{Env: "production", State: "green", Now50: &p}})
	}
	var told []int64
	for _, slot := range s.Fine.Range(0, 10_000) {
		if slot.Told && slot.Running == 3 && slot.Prod.OK {
			told = append(told, slot.MS)
		}
	}
	if !reflect.DeepEqual(told, []int64{1000, 2000, 3000, 4000, 9000}) {
		t.Errorf("told in %v", told)
	}
}
