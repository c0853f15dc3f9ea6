package session

import (
	"fmt"
	"slices"
	"time"
)

// The commands of who is here and who holds the dial.
type (
	// Join lets somebody look on. The door gives it, once a key has been proved;
	// the reply's seq is the viewer's number.
	Join struct{ Viewer Viewer }
	// Leave ends a view.
	Leave struct {
		ID  uint64
		Why string
	}
	// Kick sends somebody away, for the rest of the session.
	Kick struct {
		ID  uint64
		Why string
	}
	// OfferDial offers the dial to somebody who is here; to nobody takes the offer
	// back.
	OfferDial struct{ To string }
	// AnswerOffer takes an offer, or gives the dial to who asked for it; or not.
	AnswerOffer struct{ Yes bool }
	// AskDial asks for the dial and, when the request was not answered for
	// TakeAfter or the holder is not here, takes it. What somebody else was asked or
	// offered stands in its way for as long, and then gives way to it.
	AskDial struct{}
)

func (Join) command() string        { return "join" }
func (Leave) command() string       { return "leave" }
func (Kick) command() string        { return "kick" }
func (OfferDial) command() string   { return "offer the dial" }
func (AnswerOffer) command() string { return "answer" }
func (AskDial) command() string     { return "take the dial" }

// refusedJoin tells why somebody may not come in under a name.
func refusedJoin(st *State, v Viewer) string {
	if v.Desk {
		if err := CheckName(v.Name); err != nil {
			return err.Error()
		}
		if st.here(v.Name) {
			return v.Name + " is here already"
		}
	} else if err := CheckGuest(v.Name); err != nil {
		return err.Error()
	}
	bones := skeleton(v.Name)
	for _, p := range st.Pair.People {
		if p.Desk != v.Desk && skeleton(p.Name) == bones {
			return "somebody else is called " + p.Name + " in this session" + looksSo(v.Name, p.Name)
		}
	}
	if h, ok := st.Pair.held[bones]; ok && h.key != v.Key {
		return "another key holds the name " + h.name + looksSo(v.Name, h.name)
	}
	if slices.Contains(st.Pair.barred, v.Key) && v.Key != "" {
		return "this key was sent away from this session"
	}
	if !v.Desk && v.Role != Navigator && v.Role != Observer {
		return "a guest is a navigator or an observer"
	}
	return ""
}

// refusedPair tells why a command of pairing can't be given; ok is false for
// other commands. Role is what the person may do now.
func (s *Session) refusedPair(st *State, who Person, role Role, cmd Command) (why string, ok bool) {
	switch c := cmd.(type) {
	case Join:
		if c.Viewer.Desk && !st.AtDesk(who.Name) {
			return "only who sits at the machine says who else does", true
		}
		return refusedJoin(st, c.Viewer), true
	case Leave:
		return "", true
	case Unheard:
		return "", true // the door's own: what does not count does nothing
	case Kick:
		switch v, here := st.viewer(c.ID); {
		case who.Role != Driver || !st.AtDesk(who.Name):
			return "only the host sends somebody away", true
		case !here || v.Desk:
			return "there is no such viewer", true
		}
		return "", true
	case OfferDial:
		return refusedOffer(st, role, c), true
	case AnswerOffer:
		o := st.Pair.Offer
		if o == nil || s.ms()-o.Since > offerLasts.Milliseconds() {
			return "nobody offers the dial or asks for it", true
		}
		if o.Asked && role == Driver || !o.Asked && role != Observer && s.mayAccept(st, who, o) {
			return "", true
		}
		return o.Answers() + " has to answer", true
	case AskDial:
		return s.refusedAsk(st, who, role), true
	}
	return "", false
}

func refusedOffer(st *State, role Role, c OfferDial) string {
	switch {
	case role != Driver:
		return st.Pair.Holder + " holds the dial"
	case c.To == "" && st.Pair.Offer == nil:
		return "the dial is not offered to anybody"
	case c.To == "":
		return ""
	case st.Holds(c.To):
		return c.To + " holds the dial already"
	case !st.here(c.To):
		return c.To + " is not here"
	}
	if st.mayDrive(c.To) {
		return ""
	}
	return c.To + ` only watches: role="navigator" before the key lets somebody hold the dial`
}

func (s *Session) refusedAsk(st *State, who Person, role Role) string {
	switch {
	case role == Driver:
		return "you hold the dial already"
	case role != Navigator:
		return "an observer watches; ctrl+x stops all load and is open to everyone"
	case st.Pair.Lost >= 0:
		return ""
	}
	o := st.Pair.Offer
	if o == nil || s.ms()-o.Since > offerLasts.Milliseconds() || !o.Asked && s.mayAccept(st, who, o) {
		return ""
	}
	left := int((TakeAfter - time.Duration(s.ms()-o.Since)*time.Millisecond + time.Second - 1) / time.Second)
	switch {
	case left <= 0: // nobody answered: it stands in nobody's way
		return ""
	case o.To != who.Name:
		return fmt.Sprintf("%s has to answer first: %s is to hold the dial; without an answer you may ask for it in %d s", o.Answers(), o.To, left)
	}
	return fmt.Sprintf("%s was asked: without an answer you may take the dial in %d s", o.From, left)
}

func (s *Session) mayAccept(st *State, who Person, o *Offer) bool {
	return who.Name == o.To || st.AtDesk(who.Name) && st.AtDesk(o.To)
}

// servePair carries out a command of pairing.
func (s *Session) servePair(who string, cmd Command) (Reply, bool) {
	var p PairView
	mine := false // the offer
	heard := false
	s.log.read(func(st *State) {
		p = st.Pair
		if c, ok := cmd.(Unheard); ok {
			heard = c.counts(st, who)
		}
		mine = p.Offer != nil && (p.Offer.To == who || s.mayAccept(st, Person{Name: who}, p.Offer))
	})
	switch c := cmd.(type) {
	case Join:
		v := c.Viewer
		e := s.add(v.Name, TypeViewerJoin, &ViewerJoin{Name: v.Name, Role: v.Role, Key: v.Key, From: v.From, Desk: v.Desk})
		if v.Name == p.Holder && !v.Desk && v.Role != Observer { // by another way than the one that is silent
			s.listen(Unheard{ID: e.Seq, Again: true})
		}
		return Reply{Text: v.Name + " is here", Seq: e.Seq}, true
	case Leave:
		i := slices.IndexFunc(p.Here, func(v Viewer) bool { return v.ID == c.ID })
		if i < 0 {
			return Reply{}, true // sent away already
		}
		e := s.add(p.Here[i].Name, TypeViewerGone, &ViewerGone{Viewer: c.ID, Name: p.Here[i].Name, Why: c.Why})
		return Reply{Seq: e.Seq}, true
	case Unheard:
		if !heard {
			return Reply{}, true
		}
		return s.listen(c), true
	case Kick:
		i := slices.IndexFunc(p.Here, func(v Viewer) bool { return v.ID == c.ID })
		v := p.Here[i]
		e := s.add(who, TypeViewerKick, &ViewerKick{Viewer: v.ID, Name: v.Name, Key: v.Key, Why: c.Why})
		return Reply{Text: v.Name + " is sent away: the key stays outside", Seq: e.Seq}, true
	case OfferDial:
		b := &RoleOffer{From: p.Holder, To: c.To}
		if c.To == "" {
			b.To, b.Asked, b.Over = p.Offer.To, p.Offer.Asked, "withdrawn"
		}
		e := s.add(who, TypeRoleOffer, b)
		if b.Over != "" {
			return Reply{Text: "you keep the dial", Seq: e.Seq}, true
		}
		return Reply{Text: c.To + " is asked whether to take the dial", Seq: e.Seq}, true
	case AnswerOffer:
		o := *p.Offer
		if !c.Yes {
			over := "declined"
			if o.Asked {
				over = "kept"
			}
			e := s.add(who, TypeRoleOffer, &RoleOffer{From: o.From, To: o.To, Asked: o.Asked, Over: over})
			return Reply{Text: o.From + " keeps the dial", Seq: e.Seq}, true
		}
		return s.give(who, o), true
	case AskDial:
		return s.askDial(who, p, mine), true
	}
	return Reply{}, false
}

func (s *Session) give(who string, o Offer) Reply {
	s.quiet = unheard{} // whose silence it was is not the holder any more
	e := s.add(who, TypeRoleGive, &RoleChange{From: o.From, To: o.To})
	return Reply{Text: o.To + " holds the dial", Seq: e.Seq}
}

func (s *Session) askDial(who string, p PairView, mine bool) Reply {
	o := p.Offer
	switch {
	case p.Lost >= 0:
		s.quiet = unheard{}
		e := s.add(who, TypeRoleTake, &RoleChange{From: p.Holder, To: who, Why: p.Holder + " is not here"})
		return Reply{Text: "you hold the dial", Seq: e.Seq}
	case o == nil || !mine || s.ms()-o.Since > offerLasts.Milliseconds():
		e := s.add(who, TypeRoleOffer, &RoleOffer{From: p.Holder, To: who, Asked: true})
		return Reply{Text: fmt.Sprintf("%s is asked; without an answer you may take the dial in %d s", p.Holder, int(TakeAfter/time.Second)), Seq: e.Seq}
	case !o.Asked:
		return s.give(who, *o)
	}
	s.quiet = unheard{}
	e := s.add(who, TypeRoleTake, &RoleChange{From: p.Holder, To: who, Why: fmt.Sprintf("no answer in %d s", int(TakeAfter/time.Second))})
	return Reply{Text: "you hold the dial", Seq: e.Seq}
}

func (s *State) viewer(id uint64) (Viewer, bool) {
	i := slices.IndexFunc(s.Pair.Here, func(v Viewer) bool { return v.ID == id })
	if i < 0 {
		return Viewer{}, false
	}
	return s.Pair.Here[i], true
}

// MayJoin tells whether somebody would be let in under a name, and why not.
func (s *Session) MayJoin(v Viewer) error {
	return s.May(Person{Name: v.Name, Role: v.Role}, Join{Viewer: v})
}

// TurnedAway writes down that somebody was not let in. It never waits, and may
// be called from any goroutine.
func (s *Session) TurnedAway(why string, count int) {
	s.facts.put(fact{by: BySession, kind: TypeRefused, body: &Refused{Cmd: "join", Why: why, Count: count}})
}
