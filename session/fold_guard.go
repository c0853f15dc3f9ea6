package session

import (
	"fmt"
	"slices"
)

// guard folds what the guard did.
func (s *State) guard(e Event) {
	switch b := e.Body.(type) {
	case *GuardChange:
		if b.Warn > 0 {
			s.Guard.Warn = e.MS + int64(b.Warn*1000)
		}
		if b.From == b.To { // no step: it says more of the one before
			if b.Warn == 0 {
				s.Guard.Why = b.Why
				s.held(b)
			}
			return
		}
		s.Guard.State, s.Guard.Why, s.Guard.Cause, s.Guard.Since, s.Guard.Ceiling = b.To, b.Why, b.Cause, e.MS, b.Ceiling
		s.Dial.Ceiling = b.Ceiling
		s.held(b)
		switch b.To {
		case "ease":
			s.Dial.eased = max(b.Running, s.Dial.Running)
		case "cut", "lockout":
			s.Guard.Recov = nil
			if b.Running > 0 {
				s.Dial.Ghost = b.Running
			}
			switch b.Cause {
			case CauseRed:
				s.Guard.Cuts++
				s.Dial.Cuts++
			case CauseNoSight:
				s.Guard.Blind++
			case CausePermit:
				s.Guard.Lapsed++
			}
			s.Dial.moves(e.MS, 0)
			s.Dial.Asked, s.Dial.Since, s.levelSince = 0, e.MS, -1
		}
		s.mark(e, fmt.Sprintf("guard %s: %s", b.To, b.Why))
	case *GuardRecovered:
		s.Guard.Recov = b
		s.mark(e, fmt.Sprintf("production recovered %.1f s after the cut", b.Seconds))
	}
}

// guardAgain folds that the session is taken up again: its process is gone, and
// only a cut outlives it.
func (s *State) guardAgain() {
	s.Guard.Ceiling, s.Guard.Warn = none, 0
	if s.Guard.Latched() {
		s.Guard.Ceiling, s.Dial.Ceiling = 0, 0
		return
	}
	s.Guard.State, s.Guard.Why, s.Guard.Cause = string(GuardRun), "", ""
}

// held counts the holds of users, and apart from them those in which our own
// side had trouble at the same moment, which may be known a moment later.
func (s *State) held(b *GuardChange) {
	was := s.Guard.OurSide
	s.Guard.OurSide = b.OurSide
	if b.To != string(GuardHold) || b.Cause == CauseRed || b.Cause == CausePerson {
		return
	}
	if b.From != b.To {
		s.Guard.Holds++
		was = false
	}
	if b.OurSide && !was {
		s.Guard.OurHolds++
	}
}

// GuardDeed is a way in which load was held or cut, and how often.
type GuardDeed struct {
	What  string // "held by the guard"
	Times int    // at least 1
}

// GuardDeeds are the ways in which load was held or cut. Where no guard ran, it was
// held because this machine was the limit, and cut only when the program stood still.
func (s *State) GuardDeeds() []GuardDeed {
	held := "held by the guard"
	if s.Start.NoGuard != "" {
		held = "held because this machine was the limit"
	}
	return slices.DeleteFunc([]GuardDeed{
		{held, s.Guard.Holds},
		{"cut for production's red", s.Guard.Cuts},
		{"cut because production could not be seen", s.Guard.Blind},
		{"cut because this program stood still", s.Guard.Lapsed},
	}, func(d GuardDeed) bool { return d.Times == 0 })
}

// offer folds an earlier baseline that fits, or no longer does.
func (s *State) offer(b *BaselineOffer) {
	s.Baseline.Offer = nil
	if s.Baseline.Running && !b.Withdrawn {
		s.Baseline.Offer = b
	}
}
