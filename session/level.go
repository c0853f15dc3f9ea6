package session

import (
	"slices"
	"time"

	"crosstalk/loadengine"
)

// LevelTick is what a level has come to until this tick, from its beginning on:
// the newest one of a level holds all of it. A request belongs to the level in
// which it was sent, however late its answer.
type LevelTick struct {
	N     int     `json:"n"`     // in the order of the run, from 1
	Asked int     `json:"asked"` // on the dial, in its unit
	From  int64   `json:"from"`  // milliseconds since the session's start
	Span  float64 `json:"seconds"`
	Held  float64 `json:"held"`           // of these seconds, with running as asked
	Over  bool    `json:"over,omitempty"` // the dial has moved on
	Late  uint64  `json:"late,omitempty"` // sends that we did not make in time
	LevelSum
	Steps []LevelStep `json:"steps,omitempty"` // every few seconds, and when it is over

	began time.Time
}

// LevelStep is one step's share of a level.
type LevelStep struct {
	Journey string `json:"journey"`
	Step    string `json:"step"`
	LevelSum
}

// LevelSum counts requests, and sums up the rate and latencies, in seconds, of
// Measured of them: those that were sent while running was as asked, or, where
// it never was, all of them, as Basis says ("held" or "all").
type LevelSum struct {
	Requests uint64     `json:"requests"`
	Errors   uint64     `json:"errors"`
	Basis    string     `json:"basis"`
	Measured uint64     `json:"measured"`
	RPS      float64    `json:"rps"`
	P50      *float64   `json:"p50"`
	P95      *float64   `json:"p95"`
	P99      *float64   `json:"p99"`
	Max      *float64   `json:"max"`
	Kinds    []KindSeen `json:"kinds,omitempty"` // most frequent first
}

// KindSeen is a kind of error: how often, and when first and last, in
// milliseconds since the session's start.
type KindSeen struct {
	Kind  string `json:"kind"`
	Count uint64 `json:"count"`
	First int64  `json:"first"`
	Last  int64  `json:"last"`

	first, last time.Time
}

// Level is a level as the screen shows it.
type Level struct {
	LevelTick
	Run int // of the session: it counts anew each time the session is taken up again
}

// maxLevels bounds what a dial that is turned all day makes of the state.
const maxLevels = 2000

func levelTicks(in []loadengine.LevelTick) []LevelTick {
	var out []LevelTick
	for _, l := range in {
		t := LevelTick{N: l.Number, Asked: l.Asked, Span: seconds(l.Span), Held: seconds(l.Held), Over: l.Over, Late: l.Late, LevelSum: levelSum(l.Sum), began: l.Began}
		for _, s := range l.Steps {
			t.Steps = append(t.Steps, LevelStep{Journey: s.Journey, Step: s.Name, LevelSum: levelSum(s.Sum)})
		}
		out = append(out, t)
	}
	return out
}

func levelSum(s loadengine.Sum) LevelSum {
	out := LevelSum{Requests: s.Requests, Errors: s.Errors, Basis: s.Basis, Measured: s.Measured, RPS: round(s.RPS, 2)}
	if s.Max > 0 {
		out.P50, out.P95, out.P99, out.Max = span(s.P50), span(s.P95), span(s.P99), span(s.Max)
	}
	for _, k := range s.Kinds {
		out.Kinds = append(out.Kinds, KindSeen{Kind: k.Kind, Count: k.Count, first: k.First, last: k.Last})
	}
	return out
}

// keptSteps is how many of the newest levels keep what is known of their steps.
const keptSteps = 100

// stamp puts the session's own clock to what the engine has told.
func (b *LoadTick) stamp(ms func(time.Time) int64) {
	kinds := func(list []KindSeen) {
		for i := range list {
			list[i].First, list[i].Last = ms(list[i].first), ms(list[i].last)
		}
	}
	for i := range b.Levels {
		l := &b.Levels[i]
		l.From = ms(l.began)
		kinds(l.Kinds)
		for j := range l.Steps {
			kinds(l.Steps[j].Kinds)
		}
	}
}

// levels takes what a tick tells of them.
func (s *State) levels(list []LevelTick) {
	for _, l := range list {
		at := -1
		for i := len(s.Levels) - 1; i >= 0 && at < 0 && s.Levels[i].Run == s.levelRun; i-- {
			if s.Levels[i].N == l.N {
				at = i
			}
		}
		if at < 0 {
			if len(s.Levels) >= maxLevels {
				s.Levels = slices.Clone(s.Levels[maxLevels/2:])
			}
			s.Levels = append(s.Levels, Level{Run: s.levelRun})
			at = len(s.Levels) - 1
			if old := at - keptSteps; old >= 0 {
				s.Levels[old].Steps = nil
			}
		}
		if l.Steps == nil {
			l.Steps = s.Levels[at].Steps
		}
		s.Levels[at].LevelTick = l
	}
}

// maxServers bounds the names of servers that answers bring.
const maxServers = 200

// saw counts kinds of errors, and when they were seen.
func saw(into map[string]KindSeen, kinds map[string]uint64, ms int64) {
	for kind, n := range kinds {
		k, known := into[kind]
		if !known {
			k = KindSeen{Kind: kind, First: ms}
		}
		k.Count += n
		k.Last = ms
		into[kind] = k
	}
}

// Seen returns kinds of error, the most frequent first.
func Seen(kinds map[string]KindSeen) []KindSeen {
	list := make([]KindSeen, 0, len(kinds))
	for _, k := range kinds {
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b KindSeen) int {
		if a.Count != b.Count {
			return int(int64(b.Count) - int64(a.Count))
		}
		return int(a.First - b.First)
	})
	return list
}

// StepAt returns what the newest level that has it knows of a step.
func (s *State) StepAt(journey, step string) (LevelSum, bool) {
	if len(s.Levels) == 0 {
		return LevelSum{}, false
	}
	for _, st := range s.Levels[len(s.Levels)-1].Steps {
		if st.Journey == journey && st.Step == step {
			return st.LevelSum, true
		}
	}
	return LevelSum{}, false
}
