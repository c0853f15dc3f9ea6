package locust

import (
	"strings"
	"testing"
	"time"

	"crosstalk/loadengine"
)

// toldFleet is a fleet at an order that was given a while ago, and what it says.
func toldFleet(t *testing.T, leased bool, order int, s state) (*Fleet, *[]string) {
	t.Helper()
	var words []string
	f := &Fleet{o: Options{Session: "s", MaxUsers: 10_000}, client: &client{}, leased: leased, lost: map[string]bool{}, joined: map[string]time.Time{},
		said: map[string]bool{}, tally: newTally(time.Now()), order: order, orderedAt: time.Now().Add(-time.Minute), rose: time.Now().Add(-time.Minute),
		hooks: loadengine.Hooks{Finding: func(n loadengine.Finding) { words = append(words, n.Text) }}}
	f.asked.Store(int64(order))
	f.ceiling.Store(-1)
	f.yieldedAt = order
	s.State, s.Target, s.Users = "running", order, order
	f.seen = &s
	return f, &words
}

func fit(ids ...string) []worker {
	var all []worker
	for _, id := range ids {
		all = append(all, worker{ID: id, State: "running", Guarded: true, Fit: true})
	}
	return all
}

// What a fleet tells makes words, and says how many may run until the dial moves.
func TestWhatTheFleetTells(t *testing.T) {
	t.Parallel()
	two := fit("a", "b")
	lapsed := fit("a", "b")
	lapsed[1].Fit, lapsed[1].Shut = false, 7
	for _, c := range []struct {
		name   string
		leased bool
		is     []state // one after the other
		want   []string
		order  int
	}{
		{"nothing new", true, []state{{Users: 40, Target: 40, Workers: two}}, nil, 40},
		{"somebody's more", true, []state{{Users: 40, Target: 40, Workers: two, Hands: 1, Hand: hand{"swarm", 300}}}, []string{"someone else set 300 users in Locust itself: set back to 40"}, 40},
		{"a script's", true, []state{{Users: 40, Target: 40, Workers: two, Hands: 1, Hand: hand{"swarm", 300}}, {Users: 40, Target: 40, Workers: two, Hands: 2, Hand: hand{"swarm", 300}}},
			[]string{"someone else set 300 users"}, 40},
		{"somebody's fewer", true, []state{{Users: 40, Target: 5, Workers: two, Hands: 1, Hand: hand{"swarm", 5}}}, []string{"someone else set 5 users in Locust itself: it stays so until"}, 5},
		{"somebody's stop", true, []state{{Users: 40, Workers: two, Hands: 1, Hand: hand{"stop", 0}}}, []string{"someone else stopped the run"}, 0},
		{"Locust's own end", true, []state{{Users: 40, Workers: two, Hands: 1, Hand: hand{"end", 0}}}, []string{"Locust ended the run by itself"}, 0},
		{"an order on its way", true, []state{{Users: 40, Target: 20, Workers: two}}, nil, 40},
		{"a worker lost", true, []state{{Users: 20, Target: 20, Workers: fit("a")}, {Users: 20, Target: 20, Workers: fit("a")}}, []string{"worker b is lost with its users: 1 left"}, 20},
		{"a worker that let go", true, []state{{Claimed: true, Epoch: 7, Shut: 6, Users: 20, Target: 20, Workers: lapsed}, {Claimed: true, Epoch: 7, Shut: 6, Users: 20, Target: 20, Workers: lapsed}},
			[]string{"worker b has let go by itself"}, 20},
		{"a worker that comes back and is lost again", true, []state{{Users: 40, Target: 40, Workers: fit("a")}, {Users: 40, Target: 40, Workers: two}, {Users: 40, Target: 40, Workers: fit("a")}},
			[]string{"worker b is lost", "worker b is back: 2 in all", "worker b is lost"}, 40},
		{"all workers lost", true, []state{{}}, []string{"2 workers are lost with their users: 0 left", "no worker is left"}, 0},
		{"too few", true, []state{{Users: 30, Target: 40, Workers: two}, {Users: 29, Target: 40, Workers: two}}, []string{"only 30 of 40 users run"}, 40},
		{"too few, twice", true, []state{{Users: 30, Target: 40, Workers: two}, {Users: 40, Target: 40, Workers: two}, {Users: 31, Target: 40, Workers: two}},
			[]string{"only 30 of 40 users run", "only 31 of 40 users run"}, 40},
		{"some wait for others to leave", true, []state{{Users: 30, Waiting: 10, Target: 40, Workers: two}}, nil, 40},
		// Without the lease nobody tells what was asked for: a number that falls is no person.
		{"unleased, too few", false, []state{{Users: 30, Target: 30, Workers: two}}, []string{"only 30 of 40 users run"}, 40},
		{"unleased, more", false, []state{{Users: 90, Target: 90, Workers: two}}, []string{"someone else set 90 users in Locust itself: set back to 40"}, 90},
		{"unleased, slow to fall", false, []state{{Users: 40, Target: 40, Workers: two}}, nil, 40},
		{"unleased, stopped", false, []state{{State: "stopped", Workers: two}}, []string{"someone else stopped the run"}, 0},
	} {
		f, words := toldFleet(t, c.leased, 40, state{Workers: two})
		for _, s := range c.is {
			if s.State == "" {
				s.State = "running"
			}
			f.took(&s, time.Now())
		}
		ok := f.order == c.order
		for i, w := range c.want {
			ok = ok && i < len(*words) && strings.Contains((*words)[i], w)
		}
		if !ok || len(*words) > len(c.want) {
			t.Errorf("%s: order %d, want %d; it says %q, want %q", c.name, f.order, c.order, *words, c.want)
		}
		if got := f.want(); f.order < 40 && got != f.order {
			t.Errorf("%s: %d users are wanted although %d are let be", c.name, got, f.order)
		}
		f.asked.Store(60)
		if got := f.want(); got != 60 {
			t.Errorf("%s: the dial moved to 60, and %d are wanted", c.name, got)
		}
	}
}

// Who waits for room is no trouble as long as those who leave come to an end.
func TestWhoWaitsForThoseWhoDoNotEnd(t *testing.T) {
	t.Parallel()
	f, words := toldFleet(t, true, 40, state{Workers: fit("a", "b")})
	at := time.Now()
	look := func(after time.Duration, waiting int) {
		at = at.Add(after)
		f.took(&state{State: "running", Target: 40, Users: 40 - waiting, Waiting: waiting, Workers: fit("a", "b")}, at)
	}
	says := func(want ...string) {
		t.Helper()
		if strings.Join(*words, "; ") != strings.Join(want, "; ") {
			t.Fatalf("it says %q, want %q", *words, want)
		}
	}
	look(0, 10)
	look(ending, 10)
	look(time.Second, 9) // somebody has left
	look(ending, 9)
	f.orderedAt = at // the dial moves
	look(time.Second, 9)
	look(ending, 9)
	says()
	look(time.Second, 9)
	look(ending, 9)
	stuck := "only 31 of 40 users run: 9 wait for users who do not come to an end"
	says(stuck)
	look(time.Second, 0)
	look(time.Minute, 8) // others
	says(stuck)
	look(ending+time.Second, 8)
	says(stuck, "only 32 of 40 users run: 8 wait for users who do not come to an end")
}

// More than were ordered are noticed when an order has had its time: it is given
// once more, and what does not come down then is cut.
func TestMoreThanWereOrderedAreCut(t *testing.T) {
	t.Parallel()
	f, words := toldFleet(t, true, 10, state{Workers: fit("a", "b")})
	f.brake = loadengine.NewBrake()
	at := time.Now()
	look := func(after time.Duration, running int) bool {
		at = at.Add(after)
		return f.took(&state{State: "running", Target: 10, Users: running, Workers: fit("a", "b")}, at)
	}
	look(0, 100)
	look(settled, 100)
	look(time.Second, 10) // it only took its time
	look(time.Second, 100)
	look(settled, 100)
	if len(*words) > 0 || f.insist {
		t.Fatalf("it says %q before an order has had its time", *words)
	}
	look(time.Second, 100)
	if !f.insist || len(*words) != 1 || (*words)[0] != "100 run where 10 were ordered: ordered again" {
		t.Fatalf("ordered again: %t; it says %q", f.insist, *words)
	}
	f.order, f.orderedAt, f.insist = 10, at, false // the order is given
	look(settled, 100)
	if _, latched := f.brake.Latched(); latched {
		t.Fatal("cut before the second order has had its time")
	}
	if look(time.Second, 100) {
		t.Error("a fleet that is cut obeys")
	}
	if stop, latched := f.brake.Latched(); !latched || stop.Reason != loadengine.ReasonPermit || (*words)[len(*words)-1] != "100 run where 10 were ordered" {
		t.Errorf("the brake: %+v; it says %q", stop, *words)
	}
}

// Our own order comes after somebody's only when we have heard of it.
func TestAClimbWaitsForWhatAPersonDid(t *testing.T) {
	t.Parallel()
	f, _ := toldFleet(t, true, 40, state{Workers: fit("a", "b")})
	if !f.took(&state{State: "running", Target: 40, Users: 40, Workers: fit("a", "b")}, time.Now()) {
		t.Error("a fleet that does what it was told does not obey")
	}
	if f.took(&state{State: "stopping", Workers: fit("a", "b"), Hands: 1, Hand: hand{"stop", 0}}, time.Now()) {
		t.Error("a fleet that somebody stopped obeys")
	}
	if n := f.client.hands.Load(); n != 1 {
		t.Errorf("%d hands are known", n)
	}
}
