package session

import (
	"fmt"
	"time"

	"crosstalk/monitors"
	"crosstalk/notes"
)

// refusedMute tells why a check can't be muted.
func refusedMute(st *State, c Mute) string {
	if c.Why == "" {
		return "a typed reason is needed: it is recorded"
	}
	env, ok := st.Envs[c.Env]
	if !ok || env.tile(c.Check) == nil {
		return fmt.Sprintf("%s has no check %s", c.Env, c.Check)
	}
	if env.tile(c.Check).Now.State == monitors.Green.String() {
		return c.Check + " is green: there is nothing to mute"
	}
	return ""
}

// mute makes one check only warn until it is green again. A decision of a
// person's, so it is a note with its reason.
func (s *Session) mute(who string, c Mute) (Reply, error) {
	if !s.watch.order(func(time.Time) { s.watch.board.Mute(c.Env, c.Check, true) }) {
		return Reply{}, s.busy(who, c)
	}
	e := s.addNote(who, &NoteAdd{Kind: notes.Decision, Typed: s.now(),
		Text: fmt.Sprintf("%s of %s only warns until it is green: %s", c.Check, c.Env, notes.Clean(c.Why))})
	return Reply{Text: c.Check + " only warns until it is green", Seq: e.Seq}, nil
}

// warnOnly makes production's amber only warn for a while.
func (s *Session) warnOnly(who, reason string) (Reply, error) {
	reason = notes.Clean(reason)
	if !s.watch.order(func(now time.Time) { s.watch.warn(now, reason) }) {
		return Reply{}, s.busy(who, WarnOnly{})
	}
	e := s.addNote(who, &NoteAdd{Kind: notes.Decision, Typed: s.now(),
		Text: fmt.Sprintf("the guard only warns of amber for %d minutes: %s", int(WarnFor.Minutes()), reason)})
	return Reply{Text: "amber only warns for 5 minutes; red still cuts", Seq: e.Seq}, nil
}
