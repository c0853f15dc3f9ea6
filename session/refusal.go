package session

import (
	"fmt"
	"time"

	"crosstalk/loadengine"
)

// May tells whether a command would be refused now, and why. It changes
// nothing and waits for nothing.
func (s *Session) May(who Person, cmd Command) error {
	var why string
	s.log.read(func(st *State) { why = s.refusal(st, who, cmd) })
	if why != "" {
		return &Refusal{Cmd: cmd.command(), Why: why}
	}
	return nil
}

// refusal is the one place that says no. Everyone may stop all load.
func (s *Session) refusal(st *State, who Person, cmd Command) string {
	role := st.RoleOf(who)
	if why, ok := s.refusedPair(st, who, role, cmd); ok {
		return why
	}
	if why, ok := refusedOutside(st, who, cmd); ok {
		return why
	}
	who.Role = role
	if who.Role == Observer && writes(cmd) {
		return watches
	}
	switch c := cmd.(type) {
	case StopAll:
		return ""
	case AddNote:
		if c.Draft.Text == "" {
			return "the note is empty: write something first"
		}
		return ""
	case EditNote:
		return why(st.Notes.MayEdit(c.ID, who.Name))
	case RetractNote:
		return why(st.Notes.MayEdit(c.ID, who.Name))
	case RestoreNote:
		if n, ok := st.Notes.Get(c.ID); ok && n.Reopens() {
			return "" // whoever may resolve it may open it again
		}
		return why(st.Notes.MayEdit(c.ID, who.Name))
	case ResolveNote:
		if n, ok := st.Notes.Get(c.ID); !ok || !n.Open() {
			return fmt.Sprintf("%s is not an open question, obstacle or follow-up: only those are resolved", c.ID)
		}
		return ""
	case LinkNote:
		return refusedLink(st, c.NoteLink)
	case Attach:
		return refusedAttach(st, c.Note)
	case keep:
		return refusedAttach(st, c.attachment.Note)
	case TickItem:
		if who.Role != Observer {
			return refusedTick(st, c)
		}
		return onlyTwo
	case Answer, Finish:
		if who.Role == Observer {
			return onlyTwo
		}
		return ""
	}
	switch cmd.(type) {
	case StartCheck, StartDips:
		if st.Paused {
			return pausedNow
		}
	}
	if no, ok := s.refusedLink(st, who, cmd); ok {
		return no
	}
	if no, ok := refusedFrame(st, who, cmd); ok {
		return no
	}
	if c, ok := cmd.(AnswerCheck); ok {
		return s.refusedAnswer(c)
	}
	if who.Role != Driver {
		return holdsDial(st)
	}
	switch c := cmd.(type) {
	case MoveDial:
		return s.refusedRise(st, st.Dial.Asked+c.By)
	case SetDial:
		return s.refusedRise(st, c.To)
	case StartRamp:
		return s.refusedRamp(st, c.Ramp)
	case BackToGood:
		if st.Dial.LastGood == 0 {
			return "no level has been held for 10 s with both environments green yet: hold one, then this goes back to it"
		}
		return s.refusedRise(st, st.Dial.LastGood)
	case Hold:
		g := s.watch.status.Load()
		if c.Only {
			return ""
		}
		if g.dead == "" && (g.missing == "" || g.asked && c.Why != "") {
			return ""
		}
		return g.missing
	case WarnOnly:
		return refusedWarn(st, c)
	case Mute:
		return refusedMute(st, c)
	case SetAside:
		return refusedAside(st, c)
	case UseBaseline, SkipBaseline:
		return refusedBaseline(st, c)
	case SetGlide:
		if c.To < 0 || c.To > 10_000 {
			return "the glide is 0 (at once) to 10000 users a second"
		}
	}
	return ""
}

// refusedRise tells why the dial may not go to a level; going down is free.
func (s *Session) refusedRise(st *State, to int) string {
	if to <= st.Dial.Asked {
		return ""
	}
	if st.Paused {
		return pausedNow
	}
	most := s.o.Plan.DialMax()
	if st.Dial.Asked >= most {
		return fmt.Sprintf("the cap is %s (%s)", s.unit().Of(most), s.unit().Cap())
	}
	if to > most {
		return fmt.Sprintf("%d is above the cap of %s (%s)", to, s.unit().Of(most), s.unit().Cap())
	}
	if why := lockedAbove(st, to); why != "" {
		return why
	}
	g := s.watch.status.Load()
	if g.state == GuardCut || g.state == GuardLockout {
		if g.missing != "" {
			return "the load was cut: " + g.missing
		}
		return "the load was cut: press space to go on"
	}
	switch {
	case g.early != "":
		return "production is red before any load: " + g.early + ". Wait until it is not, or set the check aside with a reason"
	case g.most > 0 && to > g.most:
		return g.mostWhy
	}
	if !g.at.IsZero() && s.now().Sub(g.at) > stoodStill {
		return "the guard stands still: load stays at zero. Leave (q) and start the session again"
	}
	if stop, ok := s.brake.Latched(); ok && (stop.Reason == loadengine.ReasonGuard || stop.Reason == loadengine.ReasonPermit) {
		return fmt.Sprintf("the load was stopped (%s): press space to go on", stop.Reason)
	}
	if s.stalled.Load() {
		return "the journal can't be written: load stays at zero until it can"
	}
	return ""
}

// onlyTwo is why an observer is refused, and what he may do.
const onlyTwo = "only the driver and the navigator may do that: ask one of them; ctrl+x stops all load and is open to everyone"

// pausedNow is why no load runs in a pause: its time is not worked, and nobody
// is taken to look.
const pausedNow = "the session is paused: P goes on first"

// stoodStill is how long the guard may take for a step before nobody counts on
// it any more. The permit has lapsed long before.
const stoodStill = 2 * time.Second

func why(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// refusalKey is what a count of refusals is kept for.
type refusalKey struct{ who, cmd, why string }

type refusalCount struct {
	since time.Time
	count int
}

func (s *Session) refuse(who, cmd, why string) {
	key := refusalKey{who, cmd, why}
	c := s.refused[key]
	if c == nil {
		c = &refusalCount{since: s.now()}
		s.refused[key] = c
	}
	c.count++
}

// flushRefusals writes one event for each who, command and reason a second.
func (s *Session) flushRefusals(now time.Time, all bool) {
	for key, c := range s.refused {
		if all || now.Sub(c.since) >= time.Second {
			delete(s.refused, key)
			s.add(key.who, TypeRefused, &Refused{Cmd: key.cmd, Why: key.why, Count: c.count})
		}
	}
}
