package session

import "fmt"

// Unheard tells that nothing answers any more where somebody looks on who holds
// the dial, or, Again, that it answers once more. The door gives it: it is no
// person's command.
type Unheard struct {
	ID    uint64
	Again bool
}

func (Unheard) command() string { return "hold" }

// unheard is what became of the load while the holder of the dial does not answer.
type unheard struct {
	holder string // "" while somebody answers
	held   bool   // by us
}

// counts tells whether a silence, or its end, is one of the holder's. Any other
// means nothing: the dial may have passed on while nobody answered, and that is
// nobody's fault.
func (c Unheard) counts(st *State, who string) bool {
	v, here := st.viewer(c.ID)
	return here && v.Name == who && who == st.Pair.Holder
}

// listen holds what rises while the holder does not answer, and lets it go on when
// the answer comes before the view has ended: a person who sees nothing must not
// load anything more. A check goes on until then, between the levels it was begun
// with.
func (s *Session) listen(c Unheard) Reply {
	var holder string
	var dial Dial
	var checking bool
	s.log.read(func(st *State) { holder, dial, checking = st.Pair.Holder, st.Dial, st.Link.Running != nil })
	if c.Again {
		was := s.quiet
		s.quiet = unheard{}
		if !was.held || !dial.Held || was.holder != holder {
			return Reply{}
		}
		return Reply{Seq: s.unhold(BySession, holder+" answers again")}
	}
	if s.quiet.holder == holder {
		return Reply{}
	}
	s.quiet = unheard{holder: holder}
	running := s.engine.Live().Running
	if checking || dial.Held || running == 0 && dial.Asked == 0 && s.pending == nil {
		return Reply{}
	}
	s.quiet.held = true
	s.endSpike()
	s.ceiling.set(&s.ceiling.hold, running)
	return Reply{Seq: s.add(BySession, TypeDialHold, &DialHold{At: running, Why: fmt.Sprintf("%s, who holds the dial, does not answer", holder)}).Seq}
}
