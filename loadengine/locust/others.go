package locust

import (
	"fmt"
	"time"

	"crosstalk/loadengine"
)

// settled is how long an order may take before a different number of users
// needs a word.
const settled = 3 * time.Second

// ending is longer than anybody who is taken away has to come to an end.
const ending = 15 * time.Second

// others notices what is not our own doing, and tells whether the fleet does
// what it was told. More than the dial wants is taken back; fewer is let be
// until the dial moves, because everybody may ease load.
func (f *Fleet) others(before, s *state, now time.Time) bool {
	f.mu.Lock()
	word := ""
	obeys := true
	// A climb takes as long as Locust's spawning does.
	quiet := now.Sub(f.orderedAt) > settled+time.Duration(f.order)*time.Second/atOnce
	order := f.order
	switch fresh := int64(s.Hands) != f.client.hands.Load(); {
	case len(here(s.Workers)) == 0 && order > 0:
		f.yield(0)
		word = "no worker is left: nobody runs until one is back and the dial moves"
	case f.leased && fresh && s.Hand.What == "swarm" && s.Hand.Users > order:
		if now.Sub(f.foreignAt) > settled || order == 0 { // not once for each try of a script
			f.foreignAt = now
			word = fmt.Sprintf("someone else set %s in Locust itself: set back to %d", users(s.Hand.Users), order)
		}
	case f.leased && fresh && order > 0 && s.Hand.What == "stop":
		f.yield(0)
		word = stoppedWord
	case f.leased && fresh && order > 0 && s.Hand.What == "end":
		f.yield(0)
		word = "Locust ended the run by itself: nobody runs until the dial moves"
	case f.leased && fresh && s.Hand.What == "swarm" && s.Hand.Users < order:
		f.yield(s.Hand.Users)
		word = fmt.Sprintf("someone else set %s in Locust itself: it stays so until the dial moves", users(s.Hand.Users))
	case f.leased && s.Target < order:
		// What a loss has left. Seen twice, because an order may just be on its way.
		obeys = false
		if f.below {
			f.yield(s.Target)
		}
	case !f.leased && order > 0 && runs(before.State) && !runs(s.State) && now.Sub(f.rose) > settled:
		f.yield(0)
		word = stoppedWord
	case !f.leased && quiet && s.Users > order && s.Users > before.Users && runs(s.State):
		word = fmt.Sprintf("someone else set %s in Locust itself: set back to %d", users(s.Users), order)
		f.order = s.Users // so that the next turn sets it back
	}
	if f.leased {
		obeys = obeys && int64(s.Hands) == f.client.hands.Swap(int64(s.Hands))
	}
	f.below = !obeys
	more, cut := f.surplus(s, now)
	few := quiet && obeys && s.Users+s.Waiting < f.order
	stuck := f.stuck(before, s, now)
	order = f.order
	f.mu.Unlock()
	if word != "" {
		f.tell(word)
	}
	switch {
	case cut:
		f.pull(more)
		return false
	case more != "":
		f.tell(more)
	}
	switch {
	case few:
		f.say("few", fmt.Sprintf("only %d of %s run: users end by themselves, or workers cannot keep up", s.Users, users(order)))
	case s.Users >= order:
		f.forget("few")
	}
	switch {
	case stuck:
		f.say("stuck", fmt.Sprintf("only %d of %s run: %d wait for users who do not come to an end", s.Users, users(order), s.Waiting))
	case s.Waiting == 0:
		f.forget("stuck")
	}
	return obeys
}

// stuck tells whether users wait for room for longer than others have who are to
// leave it, and none of them has got any. The lock is held.
func (f *Fleet) stuck(before, s *state, now time.Time) bool {
	if s.Waiting == 0 || before.Waiting == 0 || s.Waiting < before.Waiting || !f.waitingAt.After(f.orderedAt) {
		f.waitingAt = now
	}
	return s.Users < f.order && now.Sub(f.waitingAt) > ending
}

// surplus notices that more run than were ordered, for longer than an order
// takes. It is ordered again, once: what does not come down then is cut. The
// lock is held.
func (f *Fleet) surplus(s *state, now time.Time) (word string, cut bool) {
	if !f.leased || s.Users <= f.order {
		f.surplusAt, f.insisted = time.Time{}, false
		return "", false
	}
	if f.surplusAt.IsZero() {
		f.surplusAt = now
	}
	if now.Sub(f.surplusAt) <= settled || now.Sub(f.orderedAt) <= settled {
		return "", false
	}
	word = fmt.Sprintf("%d run where %d were ordered", s.Users, f.order)
	if f.insisted {
		return word, true
	}
	f.insisted, f.insist, f.surplusAt = true, true, now
	return word + ": ordered again", false
}

const stoppedWord = "someone else stopped the run in Locust itself: nobody runs until the dial moves"

// yield lets a smaller number of users be until the dial moves. The lock is held.
func (f *Fleet) yield(n int) {
	f.yielded, f.yieldedAt, f.order = n+1, int(f.asked.Load()), n
}

// runs tells whether a state of the master's is one of a run that goes on.
func runs(state string) bool { return state == "running" || state == "spawning" }

func users(n int) string {
	if n == 1 {
		return "1 user"
	}
	return fmt.Sprintf("%d users", n)
}

// maxSaid bounds what refused hosts can make of us.
const maxSaid = 200

// tell tells what has happened.
func (f *Fleet) tell(text string) {
	if f.hooks.Finding != nil {
		f.hooks.Finding(loadengine.Finding{Kind: loadengine.FindingNodes, Text: text, Count: 1})
	}
}

// say tells a trouble of the fleet once, until it is over. Its keys are few.
func (f *Fleet) say(key, text string) {
	f.mu.Lock()
	was := f.said[key]
	f.said[key] = true
	f.mu.Unlock()
	if !was {
		f.tell(text)
	}
}

// once tells something that is true for the whole session.
func (f *Fleet) once(key string, n loadengine.Finding) {
	f.mu.Lock()
	was := f.said[key] || len(f.said) >= maxSaid
	if !was {
		f.said[key] = true
	}
	f.mu.Unlock()
	if !was && f.hooks.Finding != nil {
		n.Count = 1
		f.hooks.Finding(n)
	}
}

// forget makes a trouble that is over worth telling again.
func (f *Fleet) forget(key string) {
	f.mu.Lock()
	delete(f.said, key)
	f.mu.Unlock()
}
