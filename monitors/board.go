package monitors

import "time"

// Hold is how long green's conditions must hold before a state is left.
type Hold struct {
	Amber time.Duration // from amber to green
	Red   time.Duration // from red to amber
}

// defaultHold is the hysteresis of a new board.
func defaultHold() Hold { return Hold{Amber: 10 * time.Second, Red: 30 * time.Second} }

// Change is a change of health, with what caused it.
type Change struct {
	Env     string
	Check   string // empty: the environment
	From    Health
	To      Health
	Why     string   // in words
	Samples []Sample // the exact samples that caused it; none when time alone did
	At      time.Time
	Aside   bool // of a check that is set aside: it says nothing of its environment
}

// Board turns samples into health. It belongs to one goroutine, has no lock, no
// clock and does no IO: every method takes the time, which must not go back.
//
// Hand over the samples that wait before calling Advance: a probe whose answer
// waits in a channel looks overdue.
type Board struct {
	// Hold may be set before the first sample.
	Hold Hold

	areas   []*area
	byEnv   map[string]*area
	watches []*watch
	now     time.Time
}

// NewBoard makes a board for checks as Monitor.Checks returns them, with the
// absolute limits of each environment. Everything begins in no sight and
// uncalibrated.
func NewBoard(checks []Check, limits map[string]Limits) *Board {
	b := &Board{Hold: defaultHold(), byEnv: map[string]*area{}}
	for _, c := range checks {
		a := b.byEnv[c.Env]
		if a == nil {
			a = &area{env: c.Env, limits: limits[c.Env]}
			b.byEnv[c.Env] = a
			b.areas = append(b.areas, a)
		}
		if c.Timeout <= 0 {
			c.Timeout = DefaultTimeout
		}
		w := &watch{
			check: c, area: a, grade: Green, blind: true,
			threshold: uncalibrated(c.Env, c.Name, a.limits),
		}
		w.said = w.unseen()
		a.why = w.said
		a.watches = append(a.watches, w)
		b.watches = append(b.watches, w)
	}
	return b
}

// Observe takes one sample in and returns the changes it causes. The samples of
// one check must come in order.
func (b *Board) Observe(s Sample) []Change {
	w := b.find(s)
	if w == nil {
		return nil
	}
	b.tick(s.At)
	before := w.area.counted
	w.overdue(b.now)
	switch s.Phase {
	case Sent:
		w.sent(s)
	case Done:
		w.done(s, b.now)
	case Missing:
		w.next = s.Next
		switch {
		case s.Result.Blind:
			w.blindWhy = s.Result.Reason
		default:
			w.missing(s)
		}
	}
	if w.area.counted != before {
		// A bad probe may concern checks that had one shortly before.
		for _, other := range w.area.watches {
			other.evaluate(b.now, b.Hold)
		}
	} else {
		w.evaluate(b.now, b.Hold)
	}
	return b.settle(nil, w.area)
}

// Advance lets time pass: probes that are overdue become bad, silence becomes
// no sight, and states are left. Call it every 50 ms.
func (b *Board) Advance(now time.Time) []Change {
	b.tick(now)
	var changes []Change
	for _, a := range b.areas {
		for _, w := range a.watches {
			w.overdue(b.now)
		}
		for _, w := range a.watches {
			w.evaluate(b.now, b.Hold)
		}
		changes = b.settle(changes, a)
	}
	return changes
}

func (b *Board) tick(now time.Time) {
	if now.After(b.now) {
		b.now = now
	}
}

func (b *Board) find(s Sample) *watch {
	if s.Check >= 0 && s.Check < len(b.watches) {
		if w := b.watches[s.Check]; w.check.Name == s.Name && w.check.Env == s.Env {
			return w
		}
	}
	return b.named(s.Env, s.Name)
}

func (b *Board) named(env, name string) *watch {
	for _, w := range b.watches {
		if w.check.Env == env && w.check.Name == name {
			return w
		}
	}
	return nil
}

// Mute makes a check warn only, until it is green again; on false ends that
// early. A muted check makes its environment amber at most. It returns false
// when there is no such check, or nothing to mute because it is green.
func (b *Board) Mute(env, name string, on bool) bool {
	w := b.named(env, name)
	if w == nil || on && w.state() == Green {
		return false
	}
	w.muted = on
	w.area.told++
	return true
}

// Aside sets a check aside, or takes it back: it is still asked and shown, and
// does not count to its environment's health, to its share of errors or to the
// promise. Unlike Mute it lasts until it is taken back. It returns false when
// there is no such check.
func (b *Board) Aside(env, name string, on bool) bool {
	w := b.named(env, name)
	if w == nil {
		return false
	}
	w.aside = on
	w.area.told++
	return true
}

// Promise returns how long it takes at most until an environment is red, by its
// slowest fast check, once a server refuses connections or stops answering: the
// wait for the next probe, the red limit and the probes that confirm it; and
// until it is out of sight once a server can't be seen any more. The pause that a
// limiting server asks for is such a wait. All are 0 for an environment without
// fast checks.
func (b *Board) Promise(env string) (refused, hangs, unseen time.Duration) {
	a := b.byEnv[env]
	if a == nil {
		return 0, 0, 0
	}
	for _, w := range a.watches {
		if !w.check.timed() || w.aside {
			continue
		}
		wait := w.spacing() // longer than the period while the server limits us
		refused = max(refused, wait+w.check.Every)
		hangs = max(hangs, wait+max((badForRed-1)*w.check.Every+w.threshold.Red, leastSilence))
		unseen = max(unseen, wait+max(leastSilence, silentPeriods*w.check.Every))
	}
	return refused, hangs, unseen
}

// settle announces what changed in an environment: its checks, then itself.
func (b *Board) settle(changes []Change, a *area) []Change {
	var cause []Sample
	for _, w := range a.watches {
		to := w.state()
		if to == Green {
			w.muted = false
		}
		if to == w.announced {
			continue
		}
		c := Change{Env: a.env, Check: w.check.Name, From: w.announced, To: to, Why: w.why, Samples: w.evidence, At: b.now, Aside: w.aside}
		switch {
		case to == NoSight:
			c.Why, c.Samples = w.unseen(), nil
		case w.announced == NoSight && to == Green:
			c.Why, c.Samples = w.check.Name+" answers", nil
		}
		if to.severity() > Green.severity() && c.Samples != nil && !w.aside {
			cause = c.Samples
		}
		w.announced, w.changed, w.said = to, b.now, c.Why
		changes = append(changes, c)
	}
	to, why := a.state(b.now)
	if to == a.announced {
		if to != Green {
			a.why = why
		}
		return changes
	}
	changes = append(changes, Change{Env: a.env, From: a.announced, To: to, Why: why, Samples: cause, At: b.now})
	a.announced, a.since, a.why = to, b.now, why
	return changes
}
