package tui

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"crosstalk/session"
)

// Acts is how many acts a tour has: the story without a guard, the same with it,
// and the check first. Each is a session of its own.
const Acts = 3

// Tour is what a demo offers on the note line, and what became of it.
type Tour struct {
	Act  int           // the act that plays; 0: the acts are offered
	Hurt func() uint64 // customers of production slowed or turned away in this session so far
	Told [Acts]uint64  // the same of the acts before
	Next int           // set when the viewer leaves: the act to play, Acts+1 for the screen without acts; 0: he leaves for good
}

// free is the screen after the acts.
const free = Acts + 1

// patienceFor is how long a scene stays when nobody presses Enter.
const patienceFor = 10 * time.Second

// scene is one step of an act.
type scene struct {
	says func(m *Model, t *tour) string
	cmd  session.Command     // given when the scene begins, as soon as it may be; nil: none
	over func(m *Model) bool // goes on by itself; nil: after patienceFor
	most time.Duration       // goes on after this anyway; 0: patienceFor
	last bool                // stays until a key
}

// tour plays one act, or offers the first.
type tour struct {
	o     *Tour
	play  []scene
	at    int
	since time.Time // when the scene began; zero before the first tick
	given bool      // its command is on its way, or done
	hand  bool      // a person has taken the dial: the act makes no more moves
	gone  bool      // the offer is hidden
}

func newTour(o *Tour) *tour {
	t := &tour{o: o}
	switch o.Act {
	case 1:
		t.play = storyActs("Act 1 of 3, the story: no guard. ")
	case 2:
		t.play = storyActs("Act 2 of 3, the same with the guard. ")
	case 3:
		t.play = checkAct()
	}
	return t
}

// says is the offer, or the scene's words.
func (t *tour) says(m *Model) (string, []keyHint) {
	if t.o.Act == 0 {
		if t.gone || m.s.Dial.Asked > 0 || m.s.Dial.Peak > 1 {
			return "", nil
		}
		return "New here? Three acts of about a minute each: what happened, the same with the guard, and the check that should come first.",
			[]keyHint{{"Enter", "plays them"}, {"Esc", "no, the dial is mine"}}
	}
	if t.hand {
		return "The dial is yours: this act makes no more moves.", []keyHint{{"Enter", t.nextWords()}, {"Esc", "ends the acts"}}
	}
	now := t.play[t.at]
	text := now.says(m, t)
	if now.last {
		return text, []keyHint{{"Enter", t.nextWords()}, {"Esc", "ends the acts"}}
	}
	if now.cmd != nil && !t.given {
		if err := m.src.May(m.o.Who, now.cmd); err != nil {
			text += " It waits: " + err.Error()
		}
	}
	hints := []keyHint{{"Enter", "goes on"}, {"Esc", "ends the acts"}}
	if left := t.left(m); now.over == nil && left > 0 {
		hints[0].does = fmt.Sprintf("goes on, or in %d s", int(left.Seconds())+1)
	}
	return text, hints
}

func (t *tour) nextWords() string {
	switch t.o.Act {
	case 1:
		return "act 2: the same with the guard"
	case 2:
		return "act 3: the check first"
	}
	return "the dial is yours"
}

func (t *tour) left(m *Model) time.Duration {
	most := t.play[t.at].most
	if most == 0 {
		most = patienceFor
	}
	if t.since.IsZero() {
		return most
	}
	return most - m.now.Sub(t.since)
}

func (t *tour) enter(m *Model) tea.Cmd {
	switch {
	case t.o.Act == 0:
		return t.leave(m, 1)
	case t.hand || t.play[t.at].last:
		return t.leave(m, t.o.Act+1)
	case t.at == 0 && !m.dialOpen():
		return nil // what is usual has to be learned first
	}
	t.next(m)
	return t.tick(m)
}

func (t *tour) escape(m *Model) tea.Cmd {
	if t.o.Act == 0 {
		t.gone = true
		return nil
	}
	return t.leave(m, free)
}

// pressed ends the act's own moves when a person moves the dial, or stops it.
func (t *tour) pressed(_ *Model, b *binding) {
	if t.o.Act > 0 && (b.group == groupUsers || b.group == groupStop) {
		t.hand = true
	}
}

func (t *tour) next(m *Model) {
	t.at++
	t.since, t.given = m.now, false
}

// tick goes on when it is time, and gives the scene's command when it may.
func (t *tour) tick(m *Model) tea.Cmd {
	if t.o.Act == 0 || t.hand {
		return nil
	}
	if t.since.IsZero() {
		t.since = m.now
	}
	if t.over(m) {
		t.next(m)
	}
	now := &t.play[t.at]
	if now.cmd == nil || t.given || m.src.May(m.o.Who, now.cmd) != nil {
		return nil
	}
	t.given = true
	if _, ok := now.cmd.(session.SetDial); ok {
		return m.setDial(now.cmd)
	}
	return m.do(now.cmd)
}

// over tells whether a scene is: what it waits for has come, or its time is up,
// also when its command was never allowed.
func (t *tour) over(m *Model) bool {
	now := &t.play[t.at]
	timed := now.over == nil || now.most > 0
	switch {
	case now.last:
		return false
	case timed && t.left(m) <= 0:
		return true
	}
	return now.over != nil && (now.cmd == nil || t.given) && now.over(m)
}

// leave ends this session in order; what comes next begins one of its own.
func (t *tour) leave(m *Model, next int) tea.Cmd {
	t.o.Next = next
	m.leaving, m.overlay, m.mode = true, overlayNone, modeMain
	ctx, src, who := m.ctx, m.src, m.o.Who
	return func() tea.Msg {
		_, _ = src.Do(ctx, who, session.Finish{Reason: "plan"})
		return leftMsg{}
	}
}

// storyActs are the scenes of the first two acts: the same moves, and what is
// said depends on what happens.
func storyActs(title string) []scene {
	said := func(plain string) func(*Model, *tour) string {
		return func(m *Model, _ *tour) string {
			if g := m.s.Guard; g.State != "" && g.State != string(session.GuardRun) {
				return fmt.Sprintf("%s asked, %d run. The guard: %s. %s", users(m.s.Dial.Asked), m.s.Dial.Running, guardWord(g.State), g.Why)
			}
			return plain
		}
	}
	return []scene{
		{says: func(*Model, *tour) string {
			return title + "A tester wants to know where staging's checkout slows down. First, what is usual."
		}, over: (*Model).dialOpen},
		{cmd: session.SetDial{To: 10}, says: said("10 users on staging. Both panes look fine.")},
		{cmd: session.SetDial{To: 20}, says: said("20 users. Staging answers a little later. So, look right, does production.")},
		{cmd: session.SetDial{To: 40}, says: said("40 users. Nobody looks at production: it is not what is tested.")},
		{cmd: session.SetDial{To: 80}, says: said("80 users, still rising. The wallboard in the room begins to change."), most: 20 * time.Second,
			over: func(m *Model) bool { return m.s.Guard.Latched() || redServers(m) >= 2 }},
		{says: func(m *Model, t *tour) string {
			if t.o.Act == 1 {
				return director(redServers(m), len(m.s.Env("production").Tiles))
			}
			return said("The same 80 are asked for, and production has not been red: the guard lets users rise only as fast as it can see.")(m, t)
		}},
		{cmd: session.StopAll{}, last: true, says: func(m *Model, t *tour) string {
			hurt := customers(t.hurt())
			if t.o.Act == 1 {
				if t.hurt() == 0 {
					return "\"You do know the two databases are linked?\" She did not. All load is off, this time before a customer of production was slowed."
				}
				return "\"You do know the two databases are linked?\" She did not. All load is off; " + hurt + " of production were slowed or turned away."
			}
			return fmt.Sprintf("With the guard %s were slowed or turned away, without it %d. At most %s ran of the 80.", hurt, t.o.Told[0], users(m.s.Dial.Peak))
		}},
	}
}

// checkAct is the third act.
func checkAct() []scene {
	return []scene{
		{says: func(*Model, *tour) string {
			return "Act 3 of 3, check first. Before any load worth the name: does production follow staging?"
		}, over: (*Model).dialOpen},
		{cmd: session.StartCheck{Profile: "quick", Users: 3}, most: 4 * time.Minute,
			over: func(m *Model) bool { return m.s.Link.Running == nil && m.s.Link.Last != nil },
			says: func(m *Model, _ *tour) string {
				if r := m.s.Link.Running; r != nil && len(r.Strip) > 0 {
					return fmt.Sprintf("3 users, on and off in an order drawn by lot; %d pairs so far. Only what hears staging can follow that order. c shows more.", len(r.Strip))
				}
				return "A link check with 3 users: on and off in an order drawn by lot, two minutes at most. c shows how far it is."
			}},
		{last: true, says: func(m *Model, t *tour) string {
			found := "The check has not ended"
			if v := m.s.Link.Last; v != nil {
				found = "Found with 3 users: " + session.KindWords(v.Kind)
			}
			return fmt.Sprintf("%s. %s were slowed or turned away; without guard and check it was %d.", found, customers(t.hurt()), t.o.Told[0])
		}},
	}
}

func (t *tour) hurt() uint64 {
	if t.o.Hurt == nil {
		return 0
	}
	return t.o.Hurt()
}

// director is what was asked when production's servers turned red, with how many
// do so now: who hurries through the act sees none of them.
func director(red, of int) string {
	const asks = "\"What are you doing right now?\" asks the director."
	switch red {
	case 0:
		return fmt.Sprintf("None of production's %d servers is red yet: this went faster than on the day. Then they turned red one after the other. %s", of, asks)
	case 1:
		return fmt.Sprintf("1 of production's %d servers is red, and more will follow. %s", of, asks)
	}
	return fmt.Sprintf("%d of production's %d servers are red, one after the other. %s", red, of, asks)
}

func customers(n uint64) string {
	if n == 1 {
		return "1 customer"
	}
	return fmt.Sprintf("%d customers", n)
}

func redServers(m *Model) int {
	n := 0
	for _, t := range m.s.Env("production").Tiles {
		if t.Now.State == "red" {
			n++
		}
	}
	return n
}

// guardWord says what the guard did.
func guardWord(state string) string {
	switch session.GuardState(state) {
	case session.GuardHold:
		return "held"
	case session.GuardEase:
		return "eased to half"
	case session.GuardCut, session.GuardLockout:
		return "cut"
	}
	return state
}
