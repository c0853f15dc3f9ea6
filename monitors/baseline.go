package monitors

import (
	"slices"
	"time"
)

// StartBaseline begins to learn what is usual. A phase under way starts anew.
func (b *Board) StartBaseline(now time.Time) {
	b.tick(now)
	for _, a := range b.areas {
		a.learning, a.learnFrom = true, now
		for _, w := range a.watches {
			w.lesson = lesson{}
		}
	}
}

// EndBaseline ends the quiet phase, puts the limits learned in it to use and
// returns them, the absolute limits included, for all checks whose latency
// matters and that are not set aside. A check with too few answers stays
// uncalibrated. Without a phase
// under way it returns nil. States that the new limits do not bear out are
// dropped at the next Observe or Advance.
func (b *Board) EndBaseline(now time.Time) []Threshold {
	b.tick(now)
	var all []Threshold
	for _, a := range b.areas {
		if !a.learning {
			continue
		}
		a.learning = false
		lessons, names := a.lessons()
		all = append(all, calibrate(lessons, names, a.env, now.Sub(a.learnFrom), a.limits)...)
		for _, w := range a.watches {
			w.lesson = lesson{}
		}
	}
	b.SetThresholds(all)
	return all
}

func (a *area) lessons() (lessons []*lesson, names []string) {
	for _, w := range a.watches {
		if w.check.timed() && !w.aside {
			lessons = append(lessons, &w.lesson)
			names = append(names, w.check.Name)
		}
	}
	return lessons, names
}

// Learned returns how many answers the slowest-learning check has so far, and
// how many are needed at least; 0, 0 when no quiet phase is under way.
func (b *Board) Learned() (least, needed int) {
	least = -1
	for _, a := range b.areas {
		if !a.learning {
			continue
		}
		lessons, _ := a.lessons()
		for _, l := range lessons {
			if n := len(l.answers); least < 0 || n < least {
				least = n
			}
		}
	}
	if least < 0 {
		return 0, 0
	}
	return least, leastAnswers
}

// Fits says whether the quiet phase under way bears out thresholds of an
// earlier one: the usual latency of every check within a quarter or 25 ms of
// what it was, and no run of answers above its red limit. Checks without enough
// answers, or without an earlier threshold, do not fit.
func (b *Board) Fits(earlier []Threshold) bool {
	fits := 0
	for _, a := range b.areas {
		for _, w := range a.watches {
			if !a.learning || !w.check.timed() || w.aside {
				continue
			}
			i := slices.IndexFunc(earlier, func(t Threshold) bool { return t.Env == a.env && t.Check == w.check.Name })
			got := w.lesson.learn(a.env, w.check.Name)
			if i < 0 || !got.ok || earlier[i].Uncalibrated {
				return false
			}
			was := earlier[i]
			if (got.t.P50-was.P50).Abs() > max(was.P50/4, amberAbove) || got.t.M3 > was.Red {
				return false
			}
			fits++
		}
	}
	return fits > 0
}

// SetThresholds puts limits to use, lowered to the absolute ones. Checks that
// are not named keep theirs. Answers seen before are judged anew, so that a
// state that the new limits do not bear out ends without a wait.
func (b *Board) SetThresholds(ts []Threshold) {
	for _, t := range ts {
		w := b.named(t.Env, t.Check)
		if w == nil || !w.check.timed() || t.Red <= 0 {
			continue
		}
		w.threshold = t.bounded(w.area.limits)
		for _, v := range w.seen {
			if v.overdue {
				v.late = v.latency > w.redAfter(v.sample.Fresh)
			}
			if v.sample.Phase == Done {
				w.judge(v)
			}
		}
		if p := w.pending; p != nil && w.judged && !p.late {
			// Too early to tell by the new limit: it is judged again.
			w.judged = false
			w.seen = slices.DeleteFunc(w.seen, func(v *verdict) bool { return v == p })
		}
	}
	for _, w := range b.watches {
		if w.grade == Green {
			continue
		}
		red, amber := w.redNow(b.now), w.amberNow(b.now)
		switch {
		case red.why == "" && amber.why == "":
			w.enter(Green, finding{why: w.check.Name + " within the limits learned"}, b.now)
		case red.why == "" && w.grade == Red:
			w.enter(Amber, amber, b.now)
		}
	}
}

// Thresholds returns the limits in use, of the checks whose latency matters.
func (b *Board) Thresholds() []Threshold {
	var all []Threshold
	for _, w := range b.watches {
		if w.check.timed() {
			all = append(all, w.threshold)
		}
	}
	return all
}
