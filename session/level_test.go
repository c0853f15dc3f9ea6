package session

import (
	"testing"
	"time"
)

func TestFoldKeepsTheNewestOfEachLevel(t *testing.T) {
	t.Parallel()
	st := NewState()
	seq := uint64(0)
	add := func(ms int64, kind string, body any) {
		seq++
		st.Apply(Event{V: 1, Seq: seq, T: time.Unix(1000, 0).Add(time.Duration(ms) * time.Millisecond), MS: ms, By: ByEngine, Type: kind, Body: body})
	}
	steps := []LevelStep{{Journey: "j", Step: "s", LevelSum: LevelSum{Requests: 5}}}
	add(0, TypeStart, &Start{})
	add(1000, TypeLoadTick, &LoadTick{Asked: 5, Requests: 7, Errors: 2, Kinds: map[string]uint64{"timeout": 2},
		ByStep: []StepTick{{Journey: "j", Step: "s", Requests: 7, Errors: 2, Kinds: map[string]uint64{"timeout": 2}}},
		Levels: []LevelTick{{N: 1, Asked: 5, LevelSum: LevelSum{Requests: 7}, Steps: steps}}})
	add(4000, TypeLoadTick, &LoadTick{Asked: 9, Requests: 5, Errors: 1, Kinds: map[string]uint64{"timeout": 1},
		Levels: []LevelTick{{N: 1, Asked: 5, Over: true, LevelSum: LevelSum{Requests: 9}}, {N: 2, Asked: 9, LevelSum: LevelSum{Requests: 3}}}})
	before := st.Clone()
	add(5000, TypeRecovered, &Recovered{})
	add(6000, TypeLoadTick, &LoadTick{Asked: 5, Levels: []LevelTick{{N: 1, Asked: 6, LevelSum: LevelSum{Requests: 1}}}})

	if n := len(st.Levels); n != 3 {
		t.Fatalf("%d levels, want 3: taken up again, a session counts anew: %+v", n, st.Levels)
	}
	if l := st.Levels[0]; l.Requests != 9 || !l.Over || len(l.Steps) != 1 {
		t.Errorf("the first level: %+v", l)
	}
	if l := st.Levels[2]; l.Run != 1 || l.Asked != 6 || l.Requests != 1 {
		t.Errorf("the level after: %+v", l)
	}
	if len(before.Levels) != 2 || before.Levels[0].Requests != 9 {
		t.Errorf("a copy changed with it: %+v", before.Levels)
	}
	if k := st.Seen["timeout"]; k.Count != 3 || k.First != 1000 || k.Last != 4000 {
		t.Errorf("timeouts were seen: %+v", k)
	}
	if k := st.Steps["j\x00s"].Seen["timeout"]; k.Count != 2 || k.Last != 1000 {
		t.Errorf("timeouts of the step were seen: %+v", k)
	}
	if _, known := st.StepAt("j", "s"); known {
		t.Error("the newest level does not know this step")
	}
}

func TestLevelsAreBounded(t *testing.T) {
	t.Parallel()
	st := NewState()
	for n := 1; n <= 3*maxLevels; n++ {
		st.levels([]LevelTick{{N: n, Steps: []LevelStep{{Journey: "j"}}}})
	}
	if len(st.Levels) > maxLevels || st.Levels[len(st.Levels)-1].N != 3*maxLevels {
		t.Errorf("%d levels, the newest %d", len(st.Levels), st.Levels[len(st.Levels)-1].N)
	}
	kept := 0
	for _, l := range st.Levels {
		if l.Steps != nil {
			kept++
		}
	}
	if kept != keptSteps {
		t.Errorf("%d levels keep their steps, want %d", kept, keptSteps)
	}
}
