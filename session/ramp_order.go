package session

import (
	"fmt"
	"time"
)

// The commands of a planned ramp.
type (
	// StartRamp begins a ramp; another that is under way ends.
	StartRamp struct{ Ramp Ramp }
	// EndRamp ends the ramp that is under way and keeps the users that run. Without
	// one it does nothing: any key gives it.
	EndRamp struct{ Why string }
)

func (StartRamp) command() string { return "ramp" }
func (EndRamp) command() string   { return "end the ramp" }

// RampStart is the plan as it stands in the journal. Its levels follow as
// dial.set, signed by whoever planned it.
type RampStart struct {
	From  int     `json:"from"`
	To    int     `json:"to"`
	Step  int     `json:"step"`
	Every float64 `json:"every"` // seconds for each level
	Until string  `json:"until"` // what production has to be for it to stop: amber, red, never
}

// RampEnd says where a ramp ended, and why.
type RampEnd struct {
	At   int    `json:"at"`             // what the dial asks for from here on
	Done bool   `json:"done,omitempty"` // it came to its end
	Why  string `json:"why"`
}

// RampView is the ramp under way, as it is shown.
type RampView struct {
	By   string
	Ramp Ramp
	From int
}

// ramping is the writer's own of the ramp under way.
type ramping struct {
	plan  Ramp
	who   string
	level int       // what it asked for last
	at    time.Time // and when
}

func (s *State) ramp(e Event) {
	switch b := e.Body.(type) {
	case *RampStart:
		r := Ramp{To: b.To, Step: max(1, b.Step), Every: time.Duration(b.Every * float64(time.Second)), Until: b.Until}
		s.Ramp = &RampView{By: e.By, Ramp: r, From: b.From}
		s.mark(e, "ramp begins: "+r.Words(s.Unit()))
	case *RampEnd:
		s.Ramp = nil
		word := "held"
		if b.Done {
			word = "ended"
		}
		s.mark(e, fmt.Sprintf("ramp %s at %s: %s", word, s.Unit().Of(b.At), b.Why))
	}
}

// NextOfRamp is the ramp's next level and what is left until then at ms since the
// session's start; ok is false when no ramp is under way. At its last level it
// is that level, and what is left of it.
func (s *State) NextOfRamp(ms int64) (level int, left time.Duration, ok bool) {
	if s.Ramp == nil {
		return 0, 0, false
	}
	left = s.Ramp.Ramp.Every - time.Duration(ms-s.Dial.Since)*time.Millisecond
	return s.Ramp.Ramp.Next(s.Dial.Asked), max(0, left), true
}

const rampWaits = "what is usual is being learned: a ramp begins after it"

// refusedRamp tells why a ramp can't begin.
func (s *Session) refusedRamp(st *State, r Ramp) string {
	if err := r.Check(st.Dial.Asked); err != nil {
		return err.Error()
	}
	if r.To < st.Dial.Asked {
		return ""
	}
	switch {
	case st.Baseline.Running || st.Baseline.To == 0:
		return rampWaits
	case st.Dial.Held:
		return "the dial is held: space goes on first"
	}
	if why := s.refusedRise(st, r.To); why != "" {
		return why
	}
	if g := s.watch.status.Load(); g.state != GuardRun {
		return "the guard " + guardDoes(string(g.state)) + ": a ramp begins when it lets go"
	}
	if p := st.worst("production"); r.stops(p) {
		return "production is " + p + ": a ramp begins when it is green"
	}
	return ""
}

// worst is an environment's, "" when nobody watches it.
func (s *State) worst(env string) string {
	if !s.Watched(env) {
		return ""
	}
	return s.Env(env).State
}

// startRamp begins a ramp with its first level, which is a person's own move.
func (s *Session) startRamp(who string, c StartRamp, at time.Time) (Reply, error) {
	if s.phase != phaseLive { // taken up again, the state still tells of the quiet phase before
		s.refuse(who, c.command(), rampWaits)
		return Reply{}, &Refusal{Cmd: c.command(), Why: rampWaits}
	}
	s.endRamp(who, "another ramp begins", false)
	s.links.stop("the dial was eased")
	s.endSpike()
	from := s.asked()
	s.pending = nil
	r := c.Ramp
	if r.Until == "" {
		r.Until = UntilAmber
	}
	if r.To > from {
		s.free(at)
	}
	e := s.add(who, TypeRampStart, &RampStart{From: from, To: r.To, Step: r.Step, Every: seconds(r.Every), Until: r.Until})
	s.ramp = &ramping{plan: r, who: who, level: from}
	s.step(r.Next(from), s.now())
	return Reply{Text: "ramp " + r.Words(s.unit()), Seq: e.Seq}, nil
}

// step asks for a ramp's next level. Unlike a person's move it lets go of no
// stop and tells the guard of nobody who looks.
func (s *Session) step(to int, now time.Time) {
	s.add(s.ramp.who, TypeDialSet, &DialSet{From: s.ramp.level, To: to, Why: "ramp to " + s.unit().Of(s.ramp.plan.To)})
	s.engine.SetAsked(to)
	s.ramp.level, s.ramp.at = to, now
}

// stopRamp ends the ramp because somebody pressed a key.
func (s *Session) stopRamp(who string, c EndRamp) {
	if s.ramp == nil {
		return
	}
	why := c.Why
	if why == "" {
		why = "ended by " + who
	}
	s.endRamp(who, why, true)
}

// endRamp ends the ramp under way, if there is one. Keep holds the users where
// they are, where more are asked for.
func (s *Session) endRamp(who, why string, keep bool) {
	r := s.ramp
	if r == nil {
		return
	}
	s.ramp = nil
	at := r.level
	if running := s.engine.Live().Running; keep && r.level <= r.plan.To && running < r.level {
		at = running
		s.add(who, TypeDialSet, &DialSet{From: r.level, To: at, Why: "the ramp is held"})
		s.engine.SetAsked(at)
	}
	s.add(who, TypeRampEnd, &RampEnd{At: at, Done: why == rampDone, Why: why})
}

// climb takes a ramp on, or ends it.
func (s *Session) climb(now time.Time) {
	if s.ramp == nil {
		return
	}
	r := s.ramp
	look := rampLook{asked: r.level, running: s.engine.Live().Running, since: now.Sub(r.at), guard: string(s.watch.status.Load().state)}
	moved, silent, end := false, false, ""
	s.log.read(func(st *State) {
		look.production = st.worst("production")
		moved = st.Dial.Asked != r.level
		silent = s.quiet.holder != "" && s.quiet.holder == st.Pair.Holder
		switch {
		case st.Paused:
			end = "the session is paused"
		case st.Pair.Holder != "" && !st.Holds(r.who):
			end = st.Pair.Holder + " holds the dial now"
		}
		look.refused = s.refusedRise(st, r.plan.Next(r.level))
	})
	if _, stopped := s.brake.Latched(); stopped {
		end = "all load was stopped"
	}
	if moved { // by a check, a stop, or whatever else has the last word
		s.endRamp(BySession, "the dial was moved", false)
		return
	}
	to, move, why := r.plan.turn(look)
	switch {
	case end != "":
		s.endRamp(BySession, end, true)
	case why != "":
		s.endRamp(BySession, why, true)
	case move && !silent: // a step waits for the answer of who holds the dial
		s.step(to, now)
	}
}
