package session

import (
	"fmt"
	"time"
)

// LostFor is how long the load is held when whoever holds the dial is not there
// any more. Then it eases to the last good level.
const LostFor = 15 * time.Second

// lost is what became of the load since the holder's connection was lost.
type lost struct {
	holder string // "" while somebody is there
	held   bool   // by us
	eased  bool
	at     time.Time
}

// holderLost does what is due while nobody has the dial in hand: hold at once,
// ease later, and let go of the hold when the same person is back in time.
func (s *Session) holderLost(now time.Time) {
	var p PairView
	var asked, good int
	var held bool
	s.log.read(func(st *State) {
		p, asked, good, held = st.Pair, st.Dial.Asked, st.Dial.LastGood, st.Dial.Held
	})
	if p.Lost < 0 {
		if s.lost.held && !s.lost.eased && s.lost.holder == p.Holder && held {
			// A connection is nobody who has seen what the guard waits for a person
			// to see: it is told of no key.
			s.unhold(BySession, p.Holder+" is back")
		}
		s.lost = lost{}
		return
	}
	if s.lost.holder == "" {
		s.lost = lost{holder: p.Holder, at: now}
		s.letGo(p.Holder)
		return
	}
	if s.lost.eased || now.Sub(s.lost.at) < LostFor {
		return
	}
	s.lost.eased = true
	if to := min(good, asked); to < asked {
		s.ask(BySession, DialSet{To: to, Why: p.Holder + " did not come back: the last good level"}, now)
	}
}

// mine makes a hold one that no answer of the holder's ends: somebody means it.
func (s *Session) mine() { s.quiet.held, s.lost.held = false, false }

// letGo holds what runs when nobody has the dial in hand any more, and ends what
// makes load by itself: a ramp, and a check, which does so in its quiet phase and
// in the halves without load, too.
func (s *Session) letGo(holder string) {
	var asked, good int
	var check *LinkRun
	var dial Dial
	s.log.read(func(st *State) {
		asked, good, check, dial = st.Dial.Asked, st.Dial.LastGood, st.Link.Running, st.Dial
	})
	why := holder + " is not here any more"
	running := s.engine.Live().Running
	s.pending = nil
	s.endRamp(BySession, why, false)
	first := holder + ", who holds the dial, is not here any more"
	ends := ""
	if check != nil {
		s.links.stop(why)
		ends = "\"is it me?\" ends, "
	}
	to := fmt.Sprintf("to the last good level, %d", good)
	if good == 0 {
		to = "to nothing: no level was good yet"
	}
	switch {
	case asked == 0 && running == 0 && check == nil:
		s.lost.eased = true
		s.announce(first + ". No load runs. A navigator may take the dial.")
		return
	case check != nil && check.Mode == ModeCheck:
		running = 0 // all of it is the check's
		s.announce(first + ": the link check ends, and no load runs. A navigator may take the dial.")
	default:
		s.announce(fmt.Sprintf("%s: %susers are held at %d, and ease in %d s %s. A navigator may take the dial.",
			first, ends, running, int(LostFor/time.Second), to))
	}
	ours := !dial.Held || s.quiet.held // since nothing answered
	s.quiet = unheard{}
	if !dial.Held || running < dial.HeldAt {
		s.holdAt(BySession, running, why)
	}
	s.lost.held = ours
}
