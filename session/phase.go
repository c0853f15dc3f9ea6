package session

import (
	"time"

	"crosstalk/loadengine"
	"crosstalk/notes"
)

// phase is how far a session has come: open, rehearse the cut, learn what is
// usual, live, end.
type phase int

const (
	phaseOpening   phase = iota
	phaseRehearsal       // one user, then the brake
	phaseBaseline        // learning what is usual
	phaseLive
	phaseEnding
)

// Rehearsing stands in for a stop's reason while the cut is rehearsed.
const rehearsing = "rehearsal"

// open writes the first events and begins with the rehearsal.
func (s *Session) open() {
	s.began = s.now()
	var away float64
	s.log.read(func(st *State) {
		if st.Seq > 0 {
			s.base = max(st.MS, s.began.Sub(st.Began).Milliseconds())
			away = float64(s.base-st.MS) / 1000
		}
	})
	if s.base > 0 || s.torn > 0 {
		s.add(BySession, TypeRecovered, &Recovered{Dropped: s.torn, Away: away})
	}
	s.add(BySession, TypeStart, &s.o.Start)
	if c := charterSet(s.o.Charter); len(c.Areas)+len(c.StopRules)+len(c.OutOfScope)+len(c.Environments)+len(c.Architecture) > 0 {
		if c.Text == "" {
			c.Text = s.o.Start.Charter
		}
		s.add(s.o.Start.As, TypeCharter, c)
	}
	for _, h := range s.o.Hints {
		s.addNote(BySession, &NoteAdd{Kind: notes.Risk, Text: s.mask(h), Typed: s.began})
	}
	s.phase, s.phaseAt = phaseRehearsal, s.began
	if s.o.Rules.Off || s.o.Rules.Unguarded || s.o.Plan.MaxUsers < 1 || s.watch.cut() {
		s.quietPhase()
		return
	}
	// At once: at the pace of a session nobody would run before it is over.
	s.engine.SetGlide(0)
	s.engine.SetSlew(false)
	s.engine.SetAsked(1)
}

// onTheWire is what the rehearsal gives its request to be sent.
const onTheWire = 10 * time.Millisecond

// turn does what is due by time alone.
func (s *Session) turn(now time.Time) {
	s.slept(now)
	switch s.phase {
	case phaseRehearsal:
		// One request in flight is what a cut has to cancel, and it needs a moment
		// to get onto the wire. A target that answers faster than we look still
		// proves the order's way.
		flying := s.flying()
		if flying && s.flew.IsZero() {
			s.flew = now
		}
		if flying && now.Sub(s.flew) >= onTheWire || now.Sub(s.phaseAt) > s.beginning() {
			s.rehearse(now)
		}
	case phaseBaseline:
		if !s.learned && now.Sub(s.phaseAt) >= s.o.Baseline {
			s.learned = s.watch.order(s.watch.endBaseline)
		}
	}
	if s.spike > 0 && s.spiked() {
		s.endSpike()
	}
	s.climb(now)
	if s.phase == phaseLive && now.Sub(s.timed) >= time.Second {
		s.timed = now
		s.timebox(now)
	}
	s.holderLost(now)
	s.tellAsked()
	s.flushRefusals(now, false)
	s.checkJournal(now)
}

func (s *Session) rehearse(now time.Time) {
	if stop, latched := s.brake.Latched(); latched {
		if stop.Reason != rehearsing { // somebody's real stop came first, and showed as much
			s.quietPhase()
		}
		return // the order is given; its report ends this phase
	}
	s.rehearsed = s.engine.Live().Running
	s.brake.Pull(loadengine.Stop{Reason: rehearsing, By: BySession, At: now})
}

// quietPhase begins the baseline, or skips it.
func (s *Session) quietPhase() {
	s.phaseAt = s.now()
	s.pace()
	if s.o.Baseline <= 0 {
		s.watch.order(s.watch.uncalibrated)
		s.live()
		return
	}
	s.phase = phaseBaseline
	s.add(BySession, TypeBaselineStart, &BaselineStart{Seconds: seconds(s.o.Baseline)})
	s.watch.order(s.watch.beginBaseline)
}

// live opens the dial.
func (s *Session) live() {
	s.phase = phaseLive
	if p := s.pending; p != nil {
		s.pending = nil
		s.script.due = true
		defer func() { s.script.due = false }()
		// A refusal is an event of its own: nobody waits for this answer.
		_, _ = s.serve(Person{Name: p.who, Role: Driver}, SetDial{To: p.to}, p.at)
	}
}
