package main

import (
	"fmt"
	"strings"
	"time"

	"crosstalk/session"
	"crosstalk/session/link"
	"crosstalk/tui"
)

// score is what came of a mystery.
type score struct {
	linked bool
	answer string
	shown  string // what the session saw that speaks for the answer; "" is nothing
	hurt   uint64
	peak   int
	took   time.Duration
}

// blind is what a right answer is worth for which the session saw nothing: as
// good as a coin.
const blind = 10

// What shows that load does not reach production, without a check: so many
// users for so long, and production green all the time.
const (
	quietUsers = 20
	quietFor   = time.Minute
)

// shownBy is what of a session speaks for an answer, in words; "" when nothing
// does.
func shownBy(st *session.State, answer string) string {
	linked := answer == tui.AnswerLinked
	if answer == "" {
		return ""
	}
	if r := st.Link.Last; r != nil {
		switch {
		case linked && (r.Kind == string(link.Linked) || r.Kind == string(link.Suspected) || r.Kind == string(link.FollowsUs) || r.Kind == string(link.Drained)):
			return "a check showed it"
		case !linked && r.Kind == string(link.NoLinkSeen):
			return "a check showed it"
		}
	}
	if suffered := sufferedUnderLoad(st); suffered {
		if linked {
			return "production suffered under load"
		}
		return ""
	}
	if linked {
		return ""
	}
	held := time.Duration(0)
	for _, l := range st.Levels {
		if l.Asked >= quietUsers {
			held += time.Duration(l.Held * float64(time.Second))
		}
	}
	if held >= quietFor {
		return fmt.Sprintf("production stayed green under %d users and more", quietUsers)
	}
	return ""
}

// sufferedUnderLoad tells whether production became amber or red while more
// than one user was asked for.
func sufferedUnderLoad(st *session.State) bool {
	asked := 0
	for _, k := range st.Marks {
		switch k.Type {
		case session.TypeDialSet:
			var from int
			_, _ = fmt.Sscanf(k.Text, "dial %d → %d", &from, &asked)
		case session.TypeHealthState:
			if asked > 1 && strings.HasPrefix(k.Text, "production green → ") && !strings.HasPrefix(k.Text, "production green → no sight") {
				return true
			}
		}
	}
	return false
}

// points are 100 for a right answer that the session shows, less one for each
// customer who was hurt, and at least 1. One that it does not show is worth
// blind at most; a wrong one and none are worth nothing.
func (s score) points() int {
	if s.answer == "" || (s.answer == tui.AnswerLinked) != s.linked {
		return 0
	}
	most := 100
	if s.shown == "" {
		most = blind
	}
	return max(1, most-int(min(s.hurt, 99))) //nolint:gosec // bounded
}

// String says the truth, the answer, what it cost, and the points.
func (s score) String() string {
	truth := "they share one database"
	if !s.linked {
		truth = "they share nothing"
	}
	said := "you gave no answer (Enter, or a note \"= linked\", \"= not linked\")"
	switch {
	case s.points() > 0 && s.shown == "":
		said = fmt.Sprintf("you said so, but nothing in this session shows it: a guess is worth %d (c checks, or turn the dial and look)", blind)
	case s.points() > 0:
		said = "you said so, and " + s.shown
	case s.answer != "":
		said = "you said " + s.answer
	}
	return fmt.Sprintf("%s; %s. %s hurt in %s, at most %s. %d of 100 points", truth, said, plural(int(min(s.hurt, 1<<31)), "customer"), clock(s.took), plural(s.peak, "user"), s.points()) //nolint:gosec // bounded
}
