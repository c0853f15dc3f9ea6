package session

// maxLearnt bounds the levels of which is kept how they were.
const maxLearnt = 4000

// What is wrong after a move down may still be the level's above: red is left after
// 30 s as usual, amber after ten more, and both count from two seconds without a bad
// answer. What turns worse later than freshAfter is the new level's own.
const (
	settlesFor = 45_000 // milliseconds
	freshAfter = 3_000  // milliseconds
)

// moves takes in that the dial is about to ask for another level. Below the level
// that it came down from, a move up clears nothing.
func (d *Dial) moves(ms int64, to int) {
	switch {
	case to < d.Asked:
		if ms >= d.settles {
			d.left = 0
		}
		d.left, d.settles = max(d.left, d.Asked), ms+settlesFor
	case to >= d.left:
		d.settled()
	}
}

func (d *Dial) settled() { d.settles, d.left = 0, 0 }

// learn takes in how the worse of both environments is while the dial's own
// level runs: not on the way to it, and not in a check. After a move down what is
// wrong counts when all was green once, or when it has lasted too long to be the
// level's above.
func (s *State) learn() {
	d, worst := &s.Dial, ""
	for _, e := range s.Envs {
		if e.loaded() && rankOf(e.State) > rankOf(worst) {
			worst = e.State
		}
	}
	if worst == "green" && s.MS-d.Since >= freshAfter {
		d.settled()
	}
	if worst == "" || d.Running != d.Asked || worst != "green" && s.MS < d.settles {
		return
	}
	s.learnt(d.Running, worst)
}

// meets takes in that an environment has turned, at the level that runs just then,
// which the dial need not have been asked for: where the guard holds or cuts, no
// other is held. While the guard eases, it is the level that it began at.
func (s *State) meets(b *HealthState) {
	level := s.Dial.Running
	if s.Guard.State == string(GuardEase) {
		level = max(level, s.Dial.eased)
	}
	settling := s.MS < s.Dial.settles && s.MS-s.Dial.Since < freshAfter
	worse := rankOf(b.To) > rankOf(b.From) && rankOf(b.To) >= rankOf("amber")
	if worse && !settling && s.Envs[b.Env].loaded() {
		s.learnt(level, b.To)
	}
}

// learnt keeps the worst that a level was.
func (s *State) learnt(level int, state string) {
	was, known := s.Learnt[level]
	switch {
	case level == 0 || s.Link.Running != nil:
	case known && rankOf(was) >= rankOf(state) || !known && len(s.Learnt) >= maxLearnt:
	default:
		s.Learnt[level] = state
	}
}

// loaded tells whether the load may be what an environment's checks show.
func (e *Env) loaded() bool {
	return (e.Name == "staging" || e.Name == "production") && len(e.Tiles) > 0
}
