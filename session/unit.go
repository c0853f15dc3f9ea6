package session

import (
	"fmt"

	"crosstalk/loadengine"
)

// Unit is what the dial counts: a Start's Mode. The zero Unit counts users.
type Unit string

// Rate tells whether the dial counts requests a second.
func (u Unit) Rate() bool { return string(u) == loadengine.ModeRate }

// Of writes a number of the dial: "1 user", "12 users" or "12 req/s".
func (u Unit) Of(n int) string {
	switch {
	case u.Rate():
		return fmt.Sprintf("%d req/s", n)
	case n == 1:
		return "1 user"
	}
	return fmt.Sprintf("%d users", n)
}

// One is the least of the dial as words have it: "one user" or "1 req/s".
func (u Unit) One() string {
	if u.Rate() {
		return u.Of(1)
	}
	return "one user"
}

// CutAt says at what level a cut came: "load cut at 12 users", or that none ran.
func (u Unit) CutAt(n int) string {
	if n == 0 {
		return "cut while no load ran"
	}
	return "load cut at " + u.Of(n)
}

// TheCut is a cut by its level: "the load was cut at 12 users", or "the cut",
// where none ran.
func (u Unit) TheCut(n int) string {
	if n == 0 {
		return "the cut"
	}
	return "the load was cut at " + u.Of(n)
}

// Word is the unit alone: "users" or "req/s".
func (u Unit) Word() string {
	if u.Rate() {
		return "req/s"
	}
	return "users"
}

// Cap tells where the dial's cap comes from.
func (u Unit) Cap() string {
	if u.Rate() {
		return "--limit-rps, or limits.rps under staging"
	}
	return "--limit-users, or limits.users under staging"
}

// Unit is what this session's dial counts.
func (s *State) Unit() Unit { return Unit(s.Start.Mode) }

func (s *Session) unit() Unit { return Unit(s.o.Start.Mode) }

// unitOf is the unit as a note keeps it: users go without saying.
func unitOf(u Unit) string {
	if u.Rate() {
		return u.Word()
	}
	return ""
}

// dialLimit is the dial's own cap, where it is not the one of users.
func dialLimit(p loadengine.Plan) int {
	if p.Mode == loadengine.ModeRate {
		return p.DialMax()
	}
	return 0
}

// DialMax is the dial's hard cap, in its unit.
func (s *State) DialMax() int {
	if s.Start.Limits.Dial > 0 {
		return s.Start.Limits.Dial
	}
	return s.Start.Limits.Users
}
