package main

import (
	"strings"
	"testing"

	"crosstalk/session"
	"crosstalk/session/link"
	"crosstalk/tui"
)

// tale is a session's state after events of these bodies.
func tale(bodies ...any) *session.State {
	st := session.NewState()
	kinds := func(b any) string {
		switch b.(type) {
		case *session.DialSet:
			return session.TypeDialSet
		case *session.HealthState:
			return session.TypeHealthState
		case *session.LinkVerdict:
			return session.TypeLinkVerdict
		}
		return session.TypeLoadTick
	}
	for i, b := range bodies {
		st.Apply(session.Event{V: 1, Seq: uint64(i + 1), MS: int64(i) * 1000, By: "mel", Type: kinds(b), Body: b}) //nolint:gosec // small
	}
	return st
}

// An answer is worth what the session shows for it: a blind guess next to
// nothing, however gentle it was.
func TestMysteryWantsEvidence(t *testing.T) {
	up := func(n int) any { return &session.DialSet{To: n} }
	amber := &session.HealthState{Env: "production", From: "green", To: "amber", Why: "late"}
	verdict := func(k link.Kind) any { return &session.LinkVerdict{Mode: session.ModeCheck, Kind: string(k)} }
	long := &session.LoadTick{Asked: 30, Running: 30, Levels: []session.LevelTick{{N: 1, Asked: 30, Held: 61}}}
	short := &session.LoadTick{Asked: 30, Running: 30, Levels: []session.LevelTick{{N: 1, Asked: 30, Held: 30}}}
	tests := []struct {
		name   string
		linked bool
		answer string
		saw    []any
		hurt   uint64
		points int
	}{
		{"a blind guess, linked", true, tui.AnswerLinked, nil, 0, blind},
		{"a blind guess, not linked", false, tui.AnswerNotLinked, nil, 0, blind},
		{"a guess that hurt", false, tui.AnswerNotLinked, nil, 40, 1},
		{"wrong", true, tui.AnswerNotLinked, []any{verdict(link.NoLinkSeen)}, 0, 0},
		{"none", true, "", []any{verdict(link.Linked)}, 0, 0},
		{"a check that found it", true, tui.AnswerLinked, []any{verdict(link.Linked)}, 3, 97},
		{"a check that saw none", false, tui.AnswerNotLinked, []any{verdict(link.NoLinkSeen)}, 0, 100},
		{"a check that was void", true, tui.AnswerLinked, []any{verdict(link.Void)}, 0, blind},
		{"production suffered under load", true, tui.AnswerLinked, []any{up(20), amber}, 30, 70},
		{"production suffered without load", true, tui.AnswerLinked, []any{up(1), amber}, 0, blind},
		{"long at 30 users, all green", false, tui.AnswerNotLinked, []any{up(30), long}, 0, 100},
		{"not long enough", false, tui.AnswerNotLinked, []any{up(30), short}, 0, blind},
		{"amber speaks against it", false, tui.AnswerNotLinked, []any{up(30), amber, long}, 0, blind},
	}
	for _, test := range tests {
		s := score{linked: test.linked, answer: test.answer, shown: shownBy(tale(test.saw...), test.answer), hurt: test.hurt}
		if got := s.points(); got != test.points {
			t.Errorf("%s: %d points, want %d (%s)", test.name, got, test.points, s)
		}
		if guess := strings.Contains(s.String(), "a guess is worth"); guess != (test.points > 0 && s.shown == "") {
			t.Errorf("%s: says %q", test.name, s)
		}
	}
}
