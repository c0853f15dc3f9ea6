package session

import (
	"fmt"
	"time"

	"crosstalk/monitors"
	"crosstalk/notes"
)

// TypeCheckAside is the event of a check that is set aside or taken back.
const TypeCheckAside = "check.aside"

// SetAside sets a check aside that is red or out of sight before the load has
// risen above one user for the first time since the session began, or was taken
// up again without a cut for red in it: it is still shown, and does not count
// to its environment's health or to the promise until Undo takes it back.
type SetAside struct {
	Env, Check, Why string
	Undo            bool
}

func (SetAside) command() string { return "set aside" }

// CheckAside says that a check was set aside, or (Undo) counts again.
type CheckAside struct {
	Env     string   `json:"env"`
	Check   string   `json:"check"`
	Why     string   `json:"why,omitempty"`
	Undo    bool     `json:"undo,omitempty"`
	Promise *Promise `json:"promise,omitempty"` // as it is from here on; nil in the quiet phase
}

// refusedAside tells why a check can't be set aside, or taken back.
func refusedAside(st *State, c SetAside) string {
	env, ok := st.Envs[c.Env]
	if !ok || env.tile(c.Check) == nil {
		return fmt.Sprintf("%s has no check %s", c.Env, c.Check)
	}
	tile := env.tile(c.Check)
	switch {
	case c.Undo && !tile.Now.Aside:
		return c.Check + " is not set aside"
	case c.Undo:
		return ""
	case tile.Now.Aside:
		return c.Check + " is set aside already"
	case c.Why == "":
		return "a typed reason is needed: it is recorded"
	case st.Guard.Cuts > 0 || st.Guard.Latched():
		return noAsideCut
	case st.Dial.Rise > 1 || st.Dial.Asked > 1:
		return noAside
	case tile.Now.State != monitors.Red.String() && tile.Now.State != monitors.NoSight.String():
		return fmt.Sprintf("%s is %s: only a check that is red or out of sight may be set aside", c.Check, tile.Now.State)
	}
	for _, t := range env.Tiles {
		if !t.Info.Slow && !t.Now.Aside && t.Info.Name != c.Check {
			return ""
		}
	}
	if tile.Info.Slow {
		return ""
	}
	return fmt.Sprintf("%s is the last check that shows whether %s is well: without it nothing is seen", c.Check, c.Env)
}

// noAside is why a check can't be set aside once load has run, and noAsideCut
// once it was cut, which a session that is taken up again does not forget.
const (
	noAside    = "a check may be set aside only before the load rises for the first time; mute it to make it only warn"
	noAsideCut = "the load of this session was cut: no check may be set aside any more"
)

// setAside hands the order to the guard. A decision of a person's, so it is a
// note with its reason.
func (s *Session) setAside(who string, c SetAside) (Reply, error) {
	c.Why = notes.Clean(c.Why)
	// The guard sees users that run before any tick has told them.
	if g := s.watch.status.Load(); !c.Undo && (g.begun || g.state == GuardCut || g.state == GuardLockout) {
		why := noAside
		if g.state == GuardCut || g.state == GuardLockout {
			why = noAsideCut
		}
		s.refuse(who, c.command(), why)
		return Reply{}, &Refusal{Cmd: c.command(), Why: why}
	}
	done := c.Check + " is set aside: shown, and does not count"
	if c.Undo {
		done = c.Check + " counts again"
	}
	return s.entrust(who, c, done, func(now time.Time) error { return s.watch.setAside(now, who, c) })
}

func (w *watch) setAside(now time.Time, who string, c SetAside) error {
	if !c.Undo && (w.guard.begun || w.guard.latched()) {
		return w.refuse(who, c, noAside)
	}
	w.board.Aside(c.Env, c.Check, !c.Undo)
	delete(w.told, c.Env+"\x00"+c.Check) // the next tick tells it, changed or not
	body := &CheckAside{Env: c.Env, Check: c.Check, Why: c.Why, Undo: c.Undo}
	if !w.quiet {
		body.Promise = w.promise()
	}
	w.facts.put(fact{by: who, kind: TypeCheckAside, body: body})
	text := fmt.Sprintf("%s of %s is set aside and does not count: %s", c.Check, c.Env, c.Why)
	if c.Undo {
		text = fmt.Sprintf("%s of %s counts again", c.Check, c.Env)
		if c.Why != "" {
			text += ": " + c.Why
		}
	}
	w.facts.put(fact{by: who, kind: TypeNoteAdd, body: &NoteAdd{Kind: notes.Decision, Text: text, Typed: now}})
	return nil
}

func (s *State) aside(e Event, b *CheckAside) {
	t := s.env(b.Env).tile(b.Check)
	if t == nil {
		return
	}
	t.Now.Aside = !b.Undo
	if b.Promise != nil {
		s.Guard.Promise = b.Promise
	}
	if b.Undo {
		s.mark(e, b.Check+" counts again")
		return
	}
	s.mark(e, b.Check+" set aside: "+b.Why)
}
