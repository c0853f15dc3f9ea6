package session

import (
	"errors"
	"fmt"
	"time"

	"crosstalk/notes"
)

// refuse writes down that the guard did not do what a person's order was taken
// for: between the two it cut the load, or a stop came.
func (w *watch) refuse(who string, c Command, why string) {
	w.facts.put(fact{by: who, kind: TypeRefused, body: &Refused{Cmd: c.command(), Why: why, Count: 1}})
}

// decided writes a person's decision down as a note.
func (w *watch) decided(now time.Time, who, text string) {
	w.facts.put(fact{by: who, kind: TypeNoteAdd, body: &NoteAdd{Kind: notes.Decision, Text: text, Typed: now}})
}

// warn makes amber only warn for a while.
func (w *watch) warn(now time.Time, who, why string) {
	if w.guard.latched() {
		w.refuse(who, WarnOnly{}, noWarn)
		return
	}
	w.guard.Warn(now.Add(WarnFor))
	w.facts.put(fact{by: ByGuard, kind: TypeGuardState, body: &GuardChange{From: string(w.guard.state), To: string(w.guard.state), Cause: CausePerson,
		Why: "amber only warns: " + why, Running: w.engine.Live().Running, Ceiling: w.guard.allowed(w.guard.last), Warn: seconds(WarnFor)}})
	w.decided(now, who, fmt.Sprintf("the guard only warns of amber for %d minutes: %s", int(WarnFor.Minutes()), why))
}

// mute makes one check only warn until it is green again.
func (w *watch) mute(now time.Time, who string, c Mute) {
	switch {
	case w.guard.latched():
		w.refuse(who, c, noMute)
	case !w.board.Mute(c.Env, c.Check, true):
		w.refuse(who, c, c.Check+" is green: there is nothing to mute")
	default:
		w.decided(now, who, fmt.Sprintf("%s of %s only warns until it is green: %s", c.Check, c.Env, notes.Clean(c.Why)))
	}
}

// goOn lets load be sent again after a cut, if the guard agrees at this moment
// and nobody has stopped it since it was asked for, at asked.
func (w *watch) goOn(now time.Time, who, why string, asked time.Time) {
	stop, latched := w.brake.Latched()
	if latched && stop.At.After(asked) {
		w.refuse(who, Hold{}, "all load was stopped after you asked")
		return
	}
	from := w.guard.state
	if err := w.guard.GoOn(now, why != ""); err != nil {
		no := err.Error()
		if r, ok := errors.AsType[*Refusal](err); ok {
			no = r.Why
		}
		w.refuse(who, Hold{}, no)
		return
	}
	w.permit.Grant(lease)
	w.renewed = now
	if latched {
		w.brake.Release(stop)
	}
	w.facts.put(fact{by: who, kind: TypeDialRelease, body: &DialHold{Why: why}})
	w.facts.put(fact{by: ByGuard, kind: TypeGuardState, body: &GuardChange{From: string(from), To: string(GuardRun), Why: "a person went on",
		Cause: CausePerson, Ceiling: w.guard.after()}})
}
