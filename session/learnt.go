package session

// maxLearnt bounds the levels of which is kept how they were.
const maxLearnt = 4000

// learn takes in how the worse of both environments is while the dial's own
// level runs: not on the way to it, and not in a check. After a move down what is
// wrong may still be the level above's: it counts when all was green once, or
// after ten seconds.
func (s *State) learn() {
	d := &s.Dial
	if d.Running == 0 || d.Running != d.Asked || s.Link.Running != nil {
		return
	}
	worst := ""
	for _, env := range []string{"staging", "production"} {
		if e, ok := s.Envs[env]; ok && len(e.Tiles) > 0 && rankOf(e.State) > rankOf(worst) {
			worst = e.State
		}
	}
	switch {
	case worst == "":
		return
	case worst == "green":
		d.settles = 0
	case s.MS < d.settles:
		return
	}
	was, known := s.Learnt[d.Running]
	if known && rankOf(was) >= rankOf(worst) || !known && len(s.Learnt) >= maxLearnt {
		return
	}
	s.Learnt[d.Running] = worst
}
