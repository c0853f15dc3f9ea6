package report

import (
	"fmt"
	"slices"
	"strings"
)

// measured are the seconds that a level's latencies are of.
func (l *level) measured() []second {
	if len(l.full) > 0 {
		return l.full
	}
	return l.all
}

// sides are a session's levels by their number of users; nothing is said of
// those that no second was measured in.
func (r recorded) sides() map[int]*Side {
	seconds, prod := map[int][]second{}, map[int][]second{}
	out := map[int]*Side{}
	for _, l := range r.b.levels.list {
		if l.asked == 0 || len(l.measured()) == 0 {
			continue
		}
		s := out[l.asked]
		if s == nil {
			s = &Side{Short: true}
			out[l.asked] = s
		}
		switch held := len(l.full) > 0; {
		case held && s.Short: // what was measured of fewer users does not count any more
			*s = Side{}
			seconds[l.asked], prod[l.asked] = nil, nil
		case !held && !s.Short:
			continue
		}
		s.Visits++
		s.Reached = max(s.Reached, l.reached)
		s.Requests += l.requests
		s.Errors += l.errors
		seconds[l.asked] = append(seconds[l.asked], l.measured()...)
		prod[l.asked] = append(prod[l.asked], l.prod...)
	}
	for users, s := range out {
		s.Seconds = len(seconds[users])
		s.P95, _ = middle(seconds[users], func(v second) *float64 { return v.p95 })
		s.Production, _ = middle(prod[users], func(v second) *float64 { return v.p95 })
		if s.Requests > 0 {
			share := float64(s.Errors) / float64(s.Requests)
			s.Share = &share
		}
	}
	return out
}

// words is the level, and how far users came where they did not hold it.
func (l LevelsAside) words() string {
	var short []string
	for i, s := range []*Side{l.A, l.B} {
		if s == nil || !s.Short {
			continue
		}
		text := "not held"
		if s.Reached < l.Users {
			text = fmt.Sprintf("%d reached", s.Reached)
		}
		if l.A != nil && l.B != nil && (l.A.Short != l.B.Short || l.A.Reached != l.B.Reached) {
			text = []string{"A: ", "B: "}[i] + text
		}
		if !slices.Contains(short, text) {
			short = append(short, text)
		}
	}
	if len(short) == 0 {
		return fmt.Sprint(l.Users)
	}
	return fmt.Sprintf("%d (%s)", l.Users, strings.Join(short, ", "))
}
