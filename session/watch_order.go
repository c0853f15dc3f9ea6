package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"crosstalk/notes"
)

// refuse writes down that the guard did not do what a person's order was taken
// for: between the two it cut the load, or a stop came.
func (w *watch) refuse(who string, c Command, why string) error {
	w.facts.put(fact{by: who, kind: TypeRefused, body: &Refused{Cmd: c.command(), Why: why, Count: 1}})
	return &Refusal{Cmd: c.command(), Why: why}
}

// entrust hands a person's command to the guard, which alone decides it. Who
// gave it hears what the guard decided, and only once that is in force; the
// writer waits for nothing.
func (s *Session) entrust(who string, c Command, done string, decide func(now time.Time) error) (Reply, error) {
	told := make(chan answer, 1)
	if !s.watch.order(func(now time.Time) {
		a := answer{reply: Reply{Text: done}}
		if err := decide(now); err != nil {
			a = answer{err: err}
		}
		s.watch.after = append(s.watch.after, func() { told <- a })
	}) {
		return Reply{}, s.busy(who, c)
	}
	return Reply{told: told}, nil
}

// busy refuses what the guard had no room to take.
func (s *Session) busy(who string, c Command) error {
	const why = "the guard is behind: give it again"
	s.refuse(who, c.command(), why)
	return &Refusal{Cmd: c.command(), Why: why}
}

// hear waits for the guard's answer, and no longer than anybody counts on it.
func (s *Session) hear(ctx context.Context, cmd Command, told <-chan answer) (Reply, error) {
	late := time.NewTimer(stoodStill)
	defer late.Stop()
	select {
	case a := <-told:
		return a.reply, a.err
	case <-s.done:
		return Reply{}, &Refusal{Cmd: cmd.command(), Why: "the session has ended"}
	case <-late.C:
		return Reply{}, &Refusal{Cmd: cmd.command(), Why: silent}
	case <-ctx.Done():
		return Reply{}, fmt.Errorf("hear the guard: %w", ctx.Err())
	}
}

// silent is what is known of an order that the guard took and has not answered.
const silent = "the guard has not answered: whether it agreed stands in the timeline (t)"

// decided writes a person's decision down as a note.
func (w *watch) decided(now time.Time, who, text string) {
	w.facts.put(fact{by: who, kind: TypeNoteAdd, body: &NoteAdd{Kind: notes.Decision, Text: text, Typed: now}})
}

// warn makes amber only warn for a while.
func (w *watch) warn(now time.Time, who, why string) error {
	if w.guard.latched() {
		return w.refuse(who, WarnOnly{}, noWarn)
	}
	w.guard.Warn(now.Add(WarnFor))
	w.facts.put(fact{by: ByGuard, kind: TypeGuardState, body: &GuardChange{From: string(w.guard.state), To: string(w.guard.state), Cause: CausePerson,
		Why: "amber only warns: " + why, Running: w.engine.Live().Running, Ceiling: w.guard.allowed(w.guard.last), Warn: seconds(WarnFor)}})
	w.decided(now, who, fmt.Sprintf("the guard only warns of amber for %d minutes: %s", int(WarnFor.Minutes()), why))
	return nil
}

// mute makes one check only warn until it is green again.
func (w *watch) mute(now time.Time, who string, c Mute) error {
	switch {
	case w.guard.latched():
		return w.refuse(who, c, noMute)
	case !w.board.Mute(c.Env, c.Check, true):
		return w.refuse(who, c, c.Check+" is green: there is nothing to mute")
	}
	w.decided(now, who, fmt.Sprintf("%s of %s only warns until it is green: %s", c.Check, c.Env, notes.Clean(c.Why)))
	return nil
}

// goOn lets load be sent again after a cut, if the guard agrees at this moment
// and nobody has stopped it since it was asked for, at asked.
func (w *watch) goOn(now time.Time, who, why string, asked time.Time) error {
	stop, latched := w.brake.Latched()
	if latched && stop.At.After(asked) {
		return w.refuse(who, Hold{}, "all load was stopped after you asked")
	}
	from := w.guard.state
	if err := w.guard.GoOn(now, why != ""); err != nil {
		no := err.Error()
		if r, ok := errors.AsType[*Refusal](err); ok {
			no = r.Why
		}
		return w.refuse(who, Hold{}, no)
	}
	w.permit.Grant(lease)
	w.renewed = now
	if latched {
		w.brake.Release(stop)
	}
	w.facts.put(fact{by: who, kind: TypeDialRelease, body: &DialHold{Why: why}})
	w.facts.put(fact{by: ByGuard, kind: TypeGuardState, body: &GuardChange{From: string(from), To: string(GuardRun), Why: "a person went on",
		Cause: CausePerson, Ceiling: w.guard.after()}})
	return nil
}
