package session

import (
	"time"

	"crosstalk/loadengine"
)

// stopped writes what became of one stop order.
func (s *Session) stopped(r loadengine.StopReport) {
	zero := float64(r.Zero.Round(10*time.Microsecond)) / float64(time.Millisecond)
	if r.Reason == rehearsing {
		s.add(BySession, TypeBrakeTest, &BrakeTest{Users: s.rehearsed, InFlight: r.InFlight, MSToZero: zero, OK: r.Drained && s.rehearsed > 0})
		if stop, ok := s.brake.Latched(); ok && stop.Reason == rehearsing && !s.watch.cut() {
			s.brake.Release(stop)
		}
		if s.phase == phaseRehearsal {
			s.quietPhase()
		}
		return
	}
	s.pending = nil // a move that waited is not meant any more
	s.endRamp(by(r), "all load was stopped", false)
	body := &LoadStop{Reason: r.Reason, By: r.By, InFlight: r.InFlight, Running: r.Running}
	if r.Drained {
		body.MSToZero = &zero
	}
	s.add(by(r), TypeStop, body)
	if s.ending != nil && s.stops > 0 {
		s.stops--
	}
}

// by is who a stop's line is signed by: the one who ordered it.
func by(r loadengine.StopReport) string {
	if r.By == "" {
		return ByEngine
	}
	return r.By
}

// finish stops the load and begins to end the session.
func (s *Session) finish(f Finish, who string) {
	if s.ending != nil {
		return
	}
	s.endRamp(who, "the session ends", false)
	s.ending, s.phase, s.stops = &f, phaseEnding, 1
	reason := loadengine.ReasonQuit
	if f.Reason == "plan" {
		reason = loadengine.ReasonPlan
	}
	s.brake.Pull(loadengine.Stop{Reason: reason, By: who, At: s.now()})
}

// settle writes the last lines, after engine and guard have stood still.
func (s *Session) settle() {
	s.record()
	s.flushRefusals(s.now(), true)
	end := &End{Reason: "failed"}
	if s.ending != nil {
		end.Reason = s.ending.Reason
	}
	s.log.read(func(st *State) { end.Peak = st.Dial.Peak })
	end.Seconds = float64(s.ms()) / 1000
	s.add(BySession, TypeEnd, end)
}
