package session

import (
	"context"
	"fmt"
	"time"

	"crosstalk/loadengine"
	"crosstalk/notes"
)

// Engine is what a session asks of who sends its load: the engine of this
// machine, or a fleet. None of it waits, but for Run.
type Engine interface {
	// Run sends until ctx ends, and returns when nothing is in flight.
	Run(ctx context.Context) error
	// SetAsked sets the dial; nothing runs while the brake is latched.
	SetAsked(n int)
	// SetCeiling sets the most that may run; below 0 is none.
	SetCeiling(n int)
	// SetGlide sets how many users a second running may rise; 0: at once.
	SetGlide(perSecond float64)
	// SetSlew turns the guard's own limit of rising on or off.
	SetSlew(on bool)
	// SetSlewFactor scales that limit.
	SetSlewFactor(f float64)
	// Live is how things stand now.
	Live() loadengine.Live
	// Total counts what has ended since the start.
	Total() loadengine.Total
}

// Fleet is an engine on other machines, and how much slower than ours it is.
type Fleet struct {
	Address string        // of its master, for people: without a password
	Lease   time.Duration // of the permit there
	Begin   time.Duration // how long one user may take to be there, at the rehearsal
	Drain   time.Duration // how long an ending session waits to see it at zero
	Late    time.Duration // after how long a request that has ended is told at the latest
	Hint    string        // what a person should know of it from the start; may be empty
	// Make reaches for it. Where it would not let go by itself when nobody renews
	// the permit, the remedy is what a person does about that; else it is empty.
	Make func(*loadengine.Permit, *loadengine.Brake, loadengine.Hooks) (e Engine, remedy string, err error)
}

// Rehearsal and end of a session on our own engine.
const (
	beginFor = 500 * time.Millisecond
	drainFor = 3 * time.Second
)

// makeEngine makes who sends the load.
func (s *Session) makeEngine() error {
	hooks := loadengine.Hooks{Tick: s.onTick, Stopped: s.onStopped, Finding: s.onFinding, Result: s.o.Result}
	if s.exemplars != nil {
		hooks.Exemplar = s.onExemplar
	}
	f := s.o.Fleet
	if f == nil {
		var err error
		s.engine, err = loadengine.New(s.o.Plan, s.permit, s.brake, hooks)
		return err
	}
	e, remedy, err := f.Make(s.permit, s.brake, hooks)
	if err != nil {
		return err
	}
	s.engine = e
	if f.Hint != "" {
		s.o.Hints = append(s.o.Hints, f.Hint)
	}
	s.o.Start.Fleet = &FleetInfo{Address: f.Address, Lease: seconds(f.Lease), Leased: remedy == ""}
	if s.o.Rules.Unleased = remedy != ""; s.o.Rules.Unleased && !s.o.Rules.Off {
		s.o.Hints = append(s.o.Hints, fmt.Sprintf(
			"the fleet is not on the lease: if this program dies, its load goes on. %d users at most; %s", s.o.Rules.FewUsers, remedy))
	}
	return nil
}

// journeys are what users do: a fleet's are in its locustfile, and here one name.
func (s *Session) journeys() []loadengine.Journey {
	if s.o.Fleet == nil {
		return s.o.Plan.Journeys
	}
	return []loadengine.Journey{{Name: "fleet"}}
}

// beginning is how long the rehearsal waits for its user.
func (s *Session) beginning() time.Duration {
	if s.o.Fleet == nil {
		return beginFor
	}
	return s.o.Fleet.Begin
}

// flying tells whether the rehearsal has something to stop. A fleet tells of
// its requests too seldom to be caught with one: there it is its user.
func (s *Session) flying() bool {
	l := s.engine.Live()
	return l.InFlight > 0 || s.o.Fleet != nil && l.Running > 0
}

// draining is how long an ending session waits to see its load at zero.
func (s *Session) draining() time.Duration {
	if s.o.Fleet == nil {
		return drainFor
	}
	return s.o.Fleet.Drain
}

// told by the fleet: a sentence of its own.
func (s *Session) onNodes(text string) {
	s.facts.put(fact{by: ByEngine, kind: TypeNoteAdd, body: &NoteAdd{Kind: notes.Obstacle, Text: "fleet: " + s.mask(text), Typed: s.now()}})
}
