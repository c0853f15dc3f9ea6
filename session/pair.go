package session

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// The events of who is here and who holds the dial.
const (
	TypeRoleOffer  = "role.offer"
	TypeRoleTake   = "role.take"
	TypeRoleGive   = "role.give"
	TypeViewerJoin = "viewer.join"
	TypeViewerGone = "viewer.leave"
	TypeViewerKick = "viewer.kick"
)

// TakeAfter is how long a request for the dial waits for its holder's answer
// before the one who asked may take it.
const TakeAfter = 20 * time.Second

// offerLasts is how long an offer or a request may be answered.
const offerLasts = 2 * time.Minute

// RoleOffer offers the dial to somebody or, Asked, asks its holder for it. Over
// ends one without a change: kept, declined, withdrawn or unanswered.
type RoleOffer struct {
	From  string `json:"from"` // holds the dial
	To    string `json:"to"`   // is to hold it
	Asked bool   `json:"asked,omitempty"`
	Over  string `json:"over,omitempty"`
}

// RoleChange is the dial's way from one to another: given, or taken.
type RoleChange struct {
	From string `json:"from"`
	To   string `json:"to"`
	Why  string `json:"why,omitempty"`
}

// ViewerJoin is somebody who looks on from here on. The event's seq is the
// viewer's number in what follows.
type ViewerJoin struct {
	Name string `json:"name"`
	Role Role   `json:"role"`
	Key  string `json:"key,omitempty"`  // the fingerprint of the key that was proved
	From string `json:"from,omitempty"` // the address
	Desk bool   `json:"desk,omitempty"` // a second person at the host's own terminal
}

// ViewerGone is the end of one view, and why.
type ViewerGone struct {
	Viewer uint64 `json:"viewer"`
	Name   string `json:"name"`
	Why    string `json:"why,omitempty"`
}

// ViewerKick is one whom the host sent away: the key stays outside for the rest
// of the session.
type ViewerKick struct {
	Viewer uint64 `json:"viewer"`
	Name   string `json:"name"`
	Key    string `json:"key,omitempty"`
	Why    string `json:"why,omitempty"`
}

// Viewer is one view of the session besides the host's.
type Viewer struct {
	ID    uint64
	Name  string
	Role  Role // what the key allows; who holds the dial is Pair.Holder
	Key   string
	From  string
	Desk  bool
	Since int64 // milliseconds
}

// Participant is somebody who took part, for the report.
type Participant struct {
	Name   string
	Spans  []RoleSpan // in order
	Joined int64
	Left   int64 // milliseconds; -1 while somebody is here
	Desk   bool  // at the host's own terminal
}

// Offer is the dial on its way to somebody, waiting for an answer.
type Offer struct {
	From, To string
	Asked    bool // To asked for it, and From answers; else From offers and To answers
	Since    int64
}

// Answers is who answers the offer.
func (o Offer) Answers() string {
	if o.Asked {
		return o.From
	}
	return o.To
}

// PairView is who is here and who holds the dial. Its slices and maps are
// replaced, never changed.
type PairView struct {
	Holder string // of the dial
	Lost   int64  // since when nobody of the holder's is here, in milliseconds; -1 while somebody is
	Offer  *Offer
	Here   []Viewer // besides the host, in order of joining
	People []Participant
	held   map[string]heldName // by skeleton
	barred []string            // keys of who was sent away
}

// heldName is a name, and the key that holds it and whatever looks like it.
type heldName struct{ name, key string }

// begun makes the host the holder: a session taken up again knows no viewer.
func (s *State) pairBegun(e Event, host string) {
	for _, v := range s.Pair.Here {
		s.left(v.Name, e.MS, v.ID)
	}
	s.Pair.Holder, s.Pair.Lost, s.Pair.Offer, s.Pair.Here = host, -1, nil, nil
	if host != "" {
		s.takesPart(Participant{Name: host, Joined: e.MS, Left: -1, Desk: true})
	}
	s.cast(e.MS)
}

// allGone ends whatever part anybody had when the program ended: nobody played one
// while it did not run.
func (s *State) allGone(ms int64) {
	for _, v := range s.Pair.Here {
		s.left(v.Name, ms, v.ID)
	}
	people := slices.Clone(s.Pair.People)
	for i := range people {
		people[i].plays("", ms)
		if people[i].Left < 0 {
			people[i].Left = ms
		}
	}
	s.Pair.People = people
}

func (s *State) takesPart(p Participant) {
	all := slices.Clone(s.Pair.People)
	if i := slices.IndexFunc(all, func(o Participant) bool { return o.Name == p.Name }); i >= 0 {
		all[i].Left = -1
	} else {
		all = append(all, p)
	}
	s.Pair.People = all
}

// left notes that one view of somebody's is gone, and whether it was the last.
func (s *State) left(name string, ms int64, id uint64) {
	s.Pair.Here = slices.DeleteFunc(slices.Clone(s.Pair.Here), func(v Viewer) bool { return v.ID == id })
	if s.Pair.Holder == name && s.Pair.Lost < 0 && !s.mayDrive(name) {
		s.Pair.Lost = ms
	}
	if o := s.Pair.Offer; o != nil && o.To == name && !s.mayDrive(name) {
		s.Pair.Offer = nil
	}
	if s.here(name) {
		return
	}
	if i := slices.IndexFunc(s.Pair.People, func(p Participant) bool { return p.Name == name }); i >= 0 {
		s.Pair.People = slices.Clone(s.Pair.People)
		s.Pair.People[i].Left = ms
	}
}

// pair folds who comes and goes and who holds the dial.
func (s *State) pair(e Event) {
	defer s.cast(e.MS)
	switch b := e.Body.(type) {
	case *ViewerJoin:
		s.Pair.Here = append(slices.Clip(s.Pair.Here), Viewer{ID: e.Seq, Name: b.Name, Role: b.Role, Key: b.Key, From: b.From, Desk: b.Desk, Since: e.MS})
		s.takesPart(Participant{Name: b.Name, Joined: e.MS, Left: -1, Desk: b.Desk})
		if b.Key != "" {
			held := map[string]heldName{skeleton(b.Name): {b.Name, b.Key}}
			maps.Copy(held, s.Pair.held)
			s.Pair.held = held
		}
		if s.Pair.Holder == b.Name && s.mayDrive(b.Name) {
			s.Pair.Lost = -1
		}
		where := "looks on as " + string(b.Role)
		if b.Desk {
			where = "sits at the same desk"
		}
		s.mark(e, b.Name+" "+where)
	case *ViewerGone:
		s.left(b.Name, e.MS, b.Viewer)
		s.mark(e, strings.TrimSuffix(b.Name+" is gone: "+b.Why, ": "))
	case *ViewerKick:
		s.left(b.Name, e.MS, b.Viewer)
		if b.Key != "" {
			s.Pair.barred = append(slices.Clip(s.Pair.barred), b.Key)
		}
		s.mark(e, strings.TrimSuffix(e.By+" sent "+b.Name+" away: "+b.Why, ": "))
	case *RoleOffer:
		s.offered(e, b)
	case *RoleChange:
		s.Pair.Holder, s.Pair.Offer, s.Pair.Lost = b.To, nil, -1
		if !s.mayDrive(b.To) {
			s.Pair.Lost = e.MS
		}
		text := fmt.Sprintf("%s holds the dial, given by %s", b.To, b.From)
		if e.Type == TypeRoleTake {
			text = fmt.Sprintf("%s took the dial from %s", b.To, b.From)
		}
		s.mark(e, strings.TrimSuffix(text+": "+b.Why, ": "))
	}
}

func (s *State) offered(e Event, b *RoleOffer) {
	if b.Over != "" {
		s.Pair.Offer = nil
		text := fmt.Sprintf("%s keeps the dial", b.From)
		if !b.Asked {
			text = fmt.Sprintf("%s does not take the dial: %s", b.To, b.Over)
		}
		s.mark(e, text)
		return
	}
	s.Pair.Offer = &Offer{From: b.From, To: b.To, Asked: b.Asked, Since: e.MS}
	if b.Asked {
		s.mark(e, fmt.Sprintf("%s asks %s for the dial", b.To, b.From))
		return
	}
	s.mark(e, fmt.Sprintf("%s offers the dial to %s", b.From, b.To))
}

// AtDesk tells whether somebody sits at the host's own terminal.
func (s *State) AtDesk(name string) bool {
	if name == "" {
		return false
	}
	return name == s.Start.As || slices.ContainsFunc(s.Pair.Here, func(v Viewer) bool { return v.Desk && v.Name == name })
}

// here tells whether somebody looks on now.
func (s *State) here(name string) bool {
	return s.AtDesk(name) || slices.ContainsFunc(s.Pair.Here, func(v Viewer) bool { return v.Name == name })
}

// mayDrive tells whether somebody looks on now in a view that may hold the dial:
// one whose key only watches may not, whatever it once held.
func (s *State) mayDrive(name string) bool {
	return s.AtDesk(name) || slices.ContainsFunc(s.Pair.Here, func(v Viewer) bool { return v.Name == name && v.Role != Observer })
}

// Holds tells whether somebody has the dial in hand. Who shares a desk shares
// its keys.
func (s *State) Holds(name string) bool {
	return name == s.Pair.Holder || s.AtDesk(name) && s.AtDesk(s.Pair.Holder)
}

// RoleOf is what somebody may do now: the holder drives, and what else a person
// may do came with the key. A view that watches does nothing else, even under the
// holder's name.
func (s *State) RoleOf(who Person) Role {
	switch {
	case s.Pair.Holder == "", who.Role == Observer:
		return who.Role
	case s.Holds(who.Name):
		return Driver
	case who.Role == Driver:
		return Navigator
	}
	return who.Role
}
