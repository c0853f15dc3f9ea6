package session

import (
	"fmt"
	"time"

	"crosstalk/loadengine"
	"crosstalk/notes"
)

// What the load does when the timebox ends.
const (
	EndEase = "ease"  // hold at once, then ease to nothing when nobody is there: the default
	EndHold = "hold"  // hold, and stay there
	EndStop = "stop"  // stop all load
	EndNone = "go on" // nothing
)

// Times of the end of a timebox.
const (
	idleAfter     = 5 * time.Minute // nobody has given a sign of life for so long
	shortestGrace = 5 * time.Second // between holding and easing, a tenth of the timebox
	longestGrace  = time.Minute
)

// Worked is how long the session has been worked at, at ms since its start:
// pauses and the time that this machine slept do not count.
func (s *State) Worked(ms int64) time.Duration {
	idle := s.Idle
	if s.Paused {
		idle += max(0, ms-s.PausedAt)
	}
	return time.Duration(max(0, ms-idle)) * time.Millisecond
}

// Left is what remains of the timebox at ms since the session's start; negative
// when it is over. It is computed from events, never counted.
func (s *State) Left(ms int64) time.Duration { return s.Timebox - s.Worked(ms) }

// TimeAlert is the quiet word about the timebox at ms since the session's
// start, and whether it wants attention; "" when there is nothing to say.
func (s *State) TimeAlert(ms int64) (text string, urgent bool) {
	left := s.Left(ms)
	half := s.Timebox / 2
	switch {
	case s.Timebox <= 0:
		return "", false
	case left <= 0:
		return "time is up, +" + minutesSeconds(-left), true
	case left <= 2*time.Minute && s.Timebox > 4*time.Minute:
		return minutesSeconds(left) + " left", true
	case left <= 10*time.Minute && s.Timebox > 20*time.Minute:
		return fmt.Sprintf("%d min left: wrap up", int((left+time.Minute-1)/time.Minute)), false
	case left <= half && half-left < time.Minute:
		return "half of the time is over", false
	}
	return "", false
}

func minutesSeconds(d time.Duration) string {
	n := int(d / time.Second)
	return fmt.Sprintf("%d:%02d", n/60, n%60)
}

// life keeps when a person was last heard of: a key, a note, a look from
// outside. It never eases a session whose timebox runs.
func (s *Session) life(at time.Time) {
	if at.After(s.alive) {
		s.alive = at
	}
}

// timebox does what is due at and after the end of the timebox.
func (s *Session) timebox(now time.Time) {
	var left, box time.Duration
	var running, asked int
	var held bool
	var check *LinkRun
	s.log.read(func(st *State) {
		left, box = st.Left(s.ms()), st.Timebox
		running, asked, held, check = st.Dial.Running, st.Dial.Asked, st.Dial.Held, st.Link.Running
	})
	if box <= 0 || left > 0 {
		s.timeUp = time.Time{} // not yet, or extended
		return
	}
	first := s.timeUp.IsZero()
	if first {
		s.timeUp = now
	}
	// A check makes load by itself, in its quiet phase and in the halves without, too.
	loaded := running > 0 || asked > 0 || check != nil
	ends := ""
	if first && check != nil && s.o.AtEnd != EndNone {
		s.links.stop("the timebox is over")
		running = check.level() // not what the lot says for this very half
		ends = map[string]string{ModeCheck: "the link check ends, and ", ModeDips: "\"is it me?\" ends, and "}[check.Mode]
	}
	switch {
	case s.o.AtEnd == EndNone:
		if first {
			s.announce("the timebox is over: " + minutesSeconds(box) + ".")
		}
	case first && !loaded:
		s.announce("the timebox is over: " + minutesSeconds(box) + ". No load runs.")
	case first && s.o.AtEnd == EndStop:
		s.announce(fmt.Sprintf("the timebox is over: %sall load is stopped (%s).", ends, s.unit().Of(running)))
		s.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonPlan, By: BySession, At: now})
		s.stopAll(BySession)
	case first && check != nil && running == 0:
		s.announce("the timebox is over: " + ends + "no load runs.")
	case first:
		text := fmt.Sprintf("the timebox is over: %sthe load is held at %s.", ends, s.unit().Of(running))
		if s.o.AtEnd != EndHold {
			text += " Load eases to nothing when nobody is here; extending the timebox, or going on, keeps it."
		}
		s.announce(text)
		if held {
			s.mine()
		} else {
			s.holdAt(BySession, running, "the timebox is over")
		}
	case s.o.AtEnd != EndHold && loaded && asked > 0 && s.nobody(now, box):
		s.links.stop("nobody is here after the timebox")
		s.announce(fmt.Sprintf("nobody is here after the timebox: load eases from %s to nothing.", s.unit().Of(running)))
		s.ask(BySession, DialSet{Why: "nobody is here after the timebox"}, now)
	}
}

// nobody tells whether load should ease after the timebox: without a person at
// the screen after a short grace, else when none was heard of for long.
func (s *Session) nobody(now time.Time, box time.Duration) bool {
	if now.Sub(s.timeUp) < min(longestGrace, max(shortestGrace, box/10)) {
		return false
	}
	return !s.o.Rules.Attended || now.Sub(s.alive) >= idleAfter
}

// announce writes a note that the program signs.
func (s *Session) announce(text string) {
	s.addNote(BySession, &NoteAdd{Kind: notes.Plain, Text: text, Typed: s.now()})
}

// slept notices that this program or the whole machine stood still: the wall
// clock went on without it. That time is no work, and the session's own clock
// follows the wall's.
func (s *Session) slept(now time.Time) {
	last := s.turned
	s.turned = now
	if last.IsZero() {
		return
	}
	s.stood(now.Round(0).Sub(last.Round(0)), now.Sub(last))
}

// stood takes in how far the wall clock and the monotonic one went in one turn;
// the latter stands still in sleep.
func (s *Session) stood(wall, monotonic time.Duration) {
	why := "this program stood still"
	switch lost := wall - monotonic; {
	case lost >= gapFrom:
		s.base += lost.Milliseconds()
		why = "this machine slept, or its clock was set"
	case monotonic < gapFrom:
		return
	default:
		wall = monotonic // a clock that was set back meanwhile does not shorten it
	}
	s.add(BySession, TypeGap, &Gap{Seconds: seconds(wall), Why: why})
	s.announce(fmt.Sprintf("nothing was seen or recorded for %s: %s. That time does not count for the timebox.", minutesSeconds(wall), why))
}

// gapFrom is what counts as standing still.
const gapFrom = 5 * time.Second
