package session

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"crosstalk/loadengine"
	"crosstalk/notes"
)

// lateWrite is how long a fact may wait for the disk before the load stops: a
// session that leaves no record must not go on loading anything.
const lateWrite = 2 * time.Second

// mask hides what is secret in a text about hosts.
func (s *Session) mask(text string) string {
	if s.o.Mask == nil {
		return text
	}
	return s.o.Mask(text)
}

// maskNames masks what servers call themselves.
func maskNames(servers map[string]uint64, mask func(string) string) map[string]uint64 {
	if servers == nil {
		return nil
	}
	out := make(map[string]uint64, len(servers))
	for name, n := range servers {
		out[mask(name)] += n
	}
	return out
}

// onTick, onStopped and onFinding are called by the engine's goroutines.

func (s *Session) onTick(t loadengine.Tick) {
	s.sends.note(t)
	b := loadTick(t)
	b.Servers = maskNames(b.Servers, s.mask)
	s.facts.put(fact{by: ByEngine, kind: TypeLoadTick, body: b})
}

func (s *Session) onStopped(r loadengine.StopReport) {
	s.facts.put(fact{by: ByEngine, kind: TypeStop, body: r})
}

// onFinding makes a note of what the engine came across, once for each host.
func (s *Session) onFinding(f loadengine.Finding) {
	var text string
	switch f.Kind {
	case loadengine.FindingRedirect:
		text = fmt.Sprintf("%s leads to %s, which load may not reach: not followed", f.Step, f.Host)
	case loadengine.FindingLocation:
		text = fmt.Sprintf("%s: %s answers with a redirect to what is no address: not followed", f.Step, f.Host)
	case loadengine.FindingHost:
		text = fmt.Sprintf("%s goes to %s, which load may not reach: not sent", f.Step, f.Host)
	case loadengine.FindingForbidden:
		text = fmt.Sprintf("%s leads to %s, which production's checks use: never sent", f.Step, f.Host)
	case loadengine.FindingAddress:
		text = fmt.Sprintf("%s resolves to %s, an address that production's checks use", f.Host, f.Addr)
	case loadengine.FindingProxy:
		text = fmt.Sprintf("%s is reached through a proxy, and its name is not known here: whether the proxy leads to production cannot be checked from this machine", f.Host)
	case loadengine.FindingNodes:
		s.onNodes(f.Text)
		return
	case loadengine.FindingData:
		text = "more users than rows of data: rows are in use twice"
	case loadengine.FindingCrowded:
		text = fmt.Sprintf("all %d users are busy while a request is due: it is dropped by us. To ask for more: --limit-users, or limits.users under staging", s.o.Plan.MaxUsers)
	case loadengine.FindingCapped:
		text = fmt.Sprintf("redirects that are followed take places under limits.rps: %g a second is all there is", s.o.Plan.MaxRPS)
	default:
		text = fmt.Sprintf("%s: %s %s", f.Kind, f.Step, f.Host)
	}
	if f.Remedy != "" {
		text += ". To allow it: " + f.Remedy
	}
	s.facts.put(fact{by: ByEngine, kind: TypeNoteAdd, body: &NoteAdd{Kind: notes.Obstacle, Text: s.mask(text), Typed: s.now()}})
}

func loadTick(t loadengine.Tick) *LoadTick {
	b := &LoadTick{Asked: t.Asked, Running: t.Running, InFlight: t.InFlight, Ceiling: t.Ceiling, Requests: t.Requests, RPS: round(t.Last.RPS, 1),
		Errors: t.Errors, Dropped: t.Dropped, Late: t.Late, Users: t.Users, Cancelled: t.Cancelled, Cached: t.Cached, Logins: t.Logins, Servers: t.Servers, Codes: t.Codes, Kinds: t.Kinds, Final: t.Final}
	if n := t.Nodes; n != nil {
		b.Nodes = &Nodes{Workers: n.Workers, Lost: n.Lost, CPU: round(n.CPU, 0)}
	}
	if t.Last.Requests > 0 {
		b.P50, b.P95, b.P99, b.Max = span(t.Last.P50), span(t.Last.P95), span(t.Last.P99), span(t.Last.Max)
	}
	if l := t.Lag; l.Sends > 0 {
		b.Lag = &Lag{P50: *span(l.P50), P95: *span(l.P95), P99: *span(l.P99), Max: *span(l.Max)}
	}
	if t.Ten.Requests > 0 {
		b.Ten = &Window{Requests: t.Ten.Requests, RPS: round(t.Ten.RPS, 1), Errors: t.Ten.Errors,
			P50: span(t.Ten.P50), P95: span(t.Ten.P95), P99: span(t.Ten.P99), Max: span(t.Ten.Max), Cached: t.Ten.Cached, Logins: t.Ten.Logins}
	}
	for _, st := range t.Steps {
		step := StepTick{Journey: st.Journey, Step: st.Name, Requests: st.Requests, Errors: st.Errors, Kinds: st.Kinds}
		if st.Window.Requests > 0 {
			step.P50, step.P95, step.P99, step.Max = span(st.Window.P50), span(st.Window.P95), span(st.Window.P99), span(st.Window.Max)
		}
		b.ByStep = append(b.ByStep, step)
	}
	b.Levels = levelTicks(t.Levels)
	return b
}

// JournalTrouble is what every reason of a self.limit begins with that is about the
// journal, and JournalWell is the one that says that it is written again.
const (
	JournalTrouble = "the journal"
	JournalWell    = JournalTrouble + " is written again"
)

// journalFailed stops the load at once: what can't be recorded must not happen.
func (s *Session) journalFailed(err error) {
	why := err.Error()
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		why = errno.Error() // what it is, before where
	}
	s.stall(JournalTrouble + " can't be written: " + why)
}

// checkJournal notices a disk that takes too long, and one that is well again.
func (s *Session) checkJournal(now time.Time) {
	waits := s.log.undurable(now)
	switch {
	case waits > lateWrite:
		s.stall(fmt.Sprintf(JournalTrouble+" is not on the disk for %.0f s", waits.Seconds()))
	case s.stalled.Load() && s.log.Durable() >= s.stalledAt && waits < commitEvery*3/2:
		s.stalled.Store(false)
		s.add(BySession, TypeSelfLimit, &SelfLimit{Why: JournalWell})
	}
}

// stall stops the load until all that was said before is on the disk: a fact that
// waits since a moment ago says nothing of a disk that has just failed.
func (s *Session) stall(why string) {
	if s.stalled.Swap(true) {
		s.log.read(func(st *State) { s.stalledAt = st.Seq })
		return
	}
	s.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonJournal, By: BySession, At: s.now()})
	s.stalledAt = s.add(BySession, TypeSelfLimit, &SelfLimit{Why: why}).Seq
}
