package session

import "slices"

// RoleSpan is a time in which somebody had one role. Of the drivers there is
// never more than one at a time: who holds the dial.
type RoleSpan struct {
	Role Role
	From int64 // milliseconds
	To   int64 // milliseconds; -1 while it lasts
}

// maxSpans is how many changes of role are kept of one person.
const maxSpans = 1000

// cast keeps since when each of those who are here has the present role. It is
// called after whatever may change one.
func (s *State) cast(ms int64) {
	people := slices.Clone(s.Pair.People)
	for i := range people {
		people[i].plays(s.RoleHere(people[i].Name), ms)
	}
	s.Pair.People = people
}

// RoleHere is the role of somebody who looks on now; "" of who does not.
func (s *State) RoleHere(name string) Role {
	switch {
	case !s.here(name):
		return ""
	case !s.mayDrive(name):
		return Observer
	case name == s.Pair.Holder:
		return Driver
	}
	return Navigator
}

func (p *Participant) plays(role Role, ms int64) {
	n := len(p.Spans)
	open := n > 0 && p.Spans[n-1].To < 0
	if open && p.Spans[n-1].Role == role || !open && role == "" {
		return
	}
	spans := slices.Clone(p.Spans)
	if open {
		spans[n-1].To = ms
		if spans[n-1].From == ms {
			spans = spans[:n-1]
		}
	}
	switch n := len(spans); {
	case role == "":
	case n > 0 && spans[n-1].Role == role && spans[n-1].To == ms: // it never ended
		spans[n-1].To = -1
	default:
		spans = append(spans, RoleSpan{Role: role, From: ms, To: -1})
	}
	p.Spans = spans[max(0, len(spans)-maxSpans):]
}

// Shared tells whether more than one person ever took part.
func (s *State) Shared() bool { return len(s.Pair.People) > 1 }

// RoleAt is the role in which somebody did something at a moment; "" of the
// program, and as long as nobody else ever took part. Who gives the dial away does
// so as its holder.
func (s *State) RoleAt(name string, ms int64) Role {
	if !s.Shared() || reserved(name) {
		return ""
	}
	for _, p := range s.Pair.People {
		if p.Name != name {
			continue
		}
		for _, r := range p.Spans {
			if ms >= r.From && (r.To < 0 || ms <= r.To) {
				return r.Role
			}
		}
	}
	return ""
}
