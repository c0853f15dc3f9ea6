package session

import (
	"maps"
	"testing"
)

// levelTale is a session of which only dial, load and the health of both
// environments are told.
type levelTale struct {
	*State
	ms      int64
	asked   int
	running int
}

func newLevelTale() *levelTale {
	l := &levelTale{State: NewState()}
	l.tell(TypeStart, &Start{Checks: []CheckInfo{{Env: "staging", Name: "web-1"}, {Env: "production", Name: "web-1"}}})
	l.turns("staging", "green")
	l.turns("production", "green")
	return l
}

func (l *levelTale) tell(kind string, body any) {
	l.Apply(Event{V: Version, Seq: l.Seq + 1, MS: l.ms, Type: kind, Body: body})
}

func (l *levelTale) turns(env, to string) {
	l.tell(TypeHealthState, &HealthState{Env: env, From: l.Env(env).State, To: to})
}

// dial asks for n, which run at once.
func (l *levelTale) dial(n int) {
	l.tell(TypeDialSet, &DialSet{From: l.asked, To: n})
	l.asked, l.running = n, n
}

// climbs asks for n while fewer run.
func (l *levelTale) climbs(n, running int) {
	l.dial(n)
	l.running = running
}

func (l *levelTale) seconds(n int) {
	for range n {
		l.ms += 1000
		l.tell(TypeLoadTick, &LoadTick{Asked: l.asked, Running: l.running, Ceiling: none})
	}
}

func (l *levelTale) knows(t *testing.T, when string, want map[int]string) {
	t.Helper()
	if !maps.Equal(l.Learnt, want) {
		t.Errorf("%s: learnt %v, want %v", when, l.Learnt, want)
	}
}

// What the level above has left is not the lower level's, however long the checks
// take to call themselves green again, and neither that of one a little higher.
func TestTroubleIsOfTheLevelThatMadeIt(t *testing.T) {
	t.Parallel()
	for name, down := range map[string]func(*levelTale){
		"at once":       func(l *levelTale) { l.dial(40) },
		"in two steps":  func(l *levelTale) { l.dial(50); l.seconds(1); l.dial(40) },
		"and up by one": func(l *levelTale) { l.dial(40); l.seconds(4); l.dial(41) },
		"and up by ten": func(l *levelTale) { l.dial(20); l.seconds(4); l.dial(30) },
		"after a stop": func(l *levelTale) {
			l.tell(TypeStop, &LoadStop{Reason: "plan", By: BySession})
			l.asked, l.running = 0, 0
			l.seconds(4)
			l.dial(40)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLevelTale()
			l.dial(40)
			l.seconds(60)
			l.dial(60)
			l.seconds(5)
			l.turns("staging", "amber")
			l.seconds(20)
			down(l)
			l.seconds(13)
			level := l.asked
			before := map[int]string{40: "green", 60: "amber"}
			l.knows(t, "amber a while longer", before)
			l.turns("staging", "green")
			l.seconds(5)
			before[level] = "green"
			l.knows(t, "green again", before)
			// And what is the lower level's own is learnt.
			l.turns("staging", "amber")
			before[level] = "amber"
			l.knows(t, "amber anew", before)
		})
	}
}

// A red of the lower level's own is learnt although the cut leaves it no second,
// and although the other environment is still amber from the level above; and what
// stays wrong longer than any check needs is the lower level's, too.
func TestTroubleOfTheLowerLevelIsLearnt(t *testing.T) {
	t.Parallel()
	tale := func() *levelTale {
		l := newLevelTale()
		l.dial(60)
		l.seconds(5)
		l.turns("staging", "amber")
		l.seconds(20)
		l.dial(40)
		return l
	}
	l := tale()
	l.seconds(8)
	l.turns("production", "red")
	l.tell(TypeGuardState, &GuardChange{From: "run", To: "cut", Cause: CauseRed, Running: 40})
	l.knows(t, "red at 40", map[int]string{40: "red", 60: "amber"})

	l = tale()
	l.seconds(2)
	l.turns("production", "amber")
	l.seconds(30)
	l.knows(t, "just after the move", map[int]string{60: "amber"})
	l.seconds(15)
	l.knows(t, "for long", map[int]string{40: "amber", 60: "amber"})

	l = tale()
	l.tell(TypeRecovered, &Recovered{Away: 60})
	l.asked = 0
	l.dial(30)
	l.seconds(2)
	l.knows(t, "taken up again", map[int]string{30: "amber", 60: "amber"})
}

// On the way to a level what turns bad is learnt at the level that ran then, and
// nothing else is: green there is only not yet wrong.
func TestTroubleOnTheWayIsLearnt(t *testing.T) {
	t.Parallel()
	l := newLevelTale()
	l.climbs(150, 30)
	l.seconds(2)
	l.running = 47
	l.seconds(1)
	l.turns("staging", "amber")
	l.tell(TypeGuardState, &GuardChange{From: "run", To: "hold", Cause: "amber", Running: 47, Ceiling: 47})
	l.seconds(30)
	l.turns("staging", "green")
	l.seconds(1)
	l.running = 52
	l.seconds(1)
	l.turns("production", "amber")
	l.turns("production", "red")
	l.tell(TypeGuardState, &GuardChange{From: "run", To: "cut", Cause: CauseRed, Running: 52})
	l.asked, l.running = 0, 0
	l.seconds(3)
	l.turns("staging", "red") // at no load
	l.knows(t, "cut", map[int]string{47: "amber", 52: "red"})

	// While the guard eases, what follows is of where it began.
	l = newLevelTale()
	l.climbs(150, 47)
	l.seconds(1)
	l.turns("production", "amber")
	l.tell(TypeGuardState, &GuardChange{From: "run", To: "ease", Cause: "amber", Running: 47, Ceiling: 23})
	l.running = 23
	l.seconds(4)
	l.turns("production", "red")
	l.knows(t, "eased", map[int]string{47: "red"})

	l = newLevelTale()
	l.tell(TypeLinkQuiet, &LinkQuiet{Mode: ModeCheck, Users: 3, Order: "+-"})
	l.climbs(3, 2)
	l.seconds(2)
	l.turns("production", "red")
	l.seconds(2)
	l.knows(t, "in a check", map[int]string{})
}
