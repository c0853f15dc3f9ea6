package session

import (
	"cmp"
	"slices"
	"time"
)

// enoughRequests tell how slow staging is. The rehearsal's one, to a server that has just
// woken up, does not.
const enoughRequests uint64 = 20

// enoughFor is how many it takes: of a load that runs, whatever it has.
func enoughFor(runs bool) uint64 {
	if runs {
		return 0
	}
	return enoughRequests
}

// stagingP95 is how long staging takes as far as it is known now. Nothing of a half counts
// before three times that has passed.
func (s *Session) stagingP95(users int, enough uint64) (p95 time.Duration) {
	s.log.read(func(st *State) { p95 = s.links.staging(st, users, enough) })
	return p95
}

// StagingP95 is how long staging takes with so many users at most, where that many
// requests tell it; else 0. What an overload took tells nothing of a gentle load. Levels
// are short in a check, so that some may be needed: it is the 95th percentile of theirs,
// each as often as it has requests. Where those are few, the slowest of them is one. With 0
// requests it is that of what runs, and the median where those are few.
func (s *State) StagingP95(users int, enough uint64) time.Duration {
	if t := s.Load.Ten; enough == 0 && t != nil && t.P95 != nil && t.Requests >= enoughRequests && s.Dial.Running > 0 && s.Dial.Running <= users {
		return time.Duration(*t.P95 * float64(time.Second))
	}
	type part struct {
		took     float64
		requests uint64
	}
	var parts []part
	var n uint64
	for _, l := range slices.Backward(s.Levels) {
		if n >= enoughRequests {
			break
		}
		if l.Asked == 0 || l.Asked > users || l.P95 == nil || l.Requests == 0 {
			continue
		}
		n += l.Requests
		if l.P50 != nil && l.Requests < enoughRequests {
			parts = append(parts, part{*l.P95, 1}, part{*l.P50, l.Requests - 1})
		} else {
			parts = append(parts, part{*l.P95, l.Requests})
		}
	}
	if n == 0 || n < enough {
		return 0
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.took, b.took) })
	least, i := n-n/20, 0
	if enough == 0 && n < enoughRequests {
		least = (n + 1) / 2
	}
	for seen := parts[0].requests; seen < least; seen += parts[i].requests {
		i++
	}
	return time.Duration(parts[i].took * float64(time.Second))
}
