package session

import (
	"time"

	"crosstalk/loadengine"
)

// again puts the guard where it stood when the session was left: a cut is no
// less a cut because its process is gone. The waits of going on begin anew, for
// nobody has watched meanwhile, and cuts for red count on.
func (g *Guard) again(st *State, now time.Time) {
	g.reds = st.Guard.Cuts
	g.begun = g.reds > 0
	s := GuardState(st.Guard.State)
	if s != GuardCut && s != GuardLockout {
		return
	}
	g.state, g.cause, g.why, g.since, g.begun = s, st.Guard.Cause, st.Guard.Why, now, true
	g.level = st.Dial.Ghost
	if g.cause == CauseRed || g.cause == CauseNoSight {
		g.cap(g.level)
	}
}

// newGuard returns the guard of a session that may have been left in a cut.
func (s *Session) newGuard() *Guard {
	g := NewGuard(s.o.Rules)
	s.log.read(func(st *State) { g.again(st, s.now()) })
	return g
}

// status is what is known before the first step.
func (g *Guard) status(now time.Time) *guardStatus {
	missing := g.Missing(now, false)
	return &guardStatus{state: g.state, cause: g.cause, missing: missing, asked: missing != "" && g.Missing(now, true) == "",
		after: g.after(), begun: g.begun}
}

// grant lets load be sent from the start on, unless the guard begins in a cut.
func (s *Session) grant() {
	if s.watch.cut() {
		s.brake.Pull(loadengine.Stop{Reason: loadengine.ReasonGuard, By: ByGuard, At: s.now()})
		s.permit.Void()
		return
	}
	s.permit.Grant(lease)
}
