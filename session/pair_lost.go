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
	var running, asked, good int
	var held bool
	s.log.read(func(st *State) {
		p, asked, good, held = st.Pair, st.Dial.Asked, st.Dial.LastGood, st.Dial.Held
	})
	running = s.engine.Live().Running
	if p.Lost < 0 {
		if s.lost.held && !s.lost.eased && s.lost.holder == p.Holder && held {
			s.release(BySession, p.Holder+" is back")
		}
		s.lost = lost{}
		return
	}
	if s.lost.holder == "" {
		s.lost = lost{holder: p.Holder, at: now}
		s.pending = nil
		if asked == 0 && running == 0 {
			s.lost.eased = true
			s.announce(p.Holder + ", who holds the dial, is not here any more. No load runs. A navigator may take the dial.")
			return
		}
		to := fmt.Sprintf("to the last good level, %d", good)
		if good == 0 {
			to = "to nothing: no level was good yet"
		}
		s.announce(fmt.Sprintf("%s, who holds the dial, is not here any more: users are held at %d, and ease in %d s %s. A navigator may take the dial.",
			p.Holder, running, int(LostFor/time.Second), to))
		if !held {
			s.holdAt(BySession, running, p.Holder+" is not here any more")
			s.lost.held = true
		}
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
