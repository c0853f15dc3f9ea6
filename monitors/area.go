package monitors

import (
	"fmt"
	"slices"
	"time"
)

// area is an environment on a board.
type area struct {
	env       string
	limits    Limits
	watches   []*watch
	bad       []*verdict // of fast checks, oldest first, of the last 2 s or little more
	counted   int        // bad probes since the board began
	ticks     int
	told      int       // verdicts since the board began, and what else changes the share of errors
	failedAt  time.Time // of the newest failed probe
	tally     tally
	learning  bool
	learnFrom time.Time
	announced Health
	since     time.Time
	why       string
}

// tally is the share of errors as it was counted last: every check asks for it.
type tally struct {
	at        time.Time
	told      int
	failed, n int
}

// count notes a verdict and, once, that it is bad.
func (a *area) count(v *verdict, now time.Time) {
	a.told++
	if v.failed && !v.watch.check.Slow {
		a.failedAt = now
	}
	if !v.bad() || v.counted || v.watch.check.Slow {
		return
	}
	v.counted = true
	a.counted++
	a.bad = slices.DeleteFunc(a.bad, func(x *verdict) bool { return now.Sub(x.at) > 2*window })
	a.bad = append(a.bad, v)
	if !v.watch.muted && !v.watch.aside && a.badRecently(now) == 1 {
		a.ticks++
	}
}

// badRecently counts the bad probes of the last 2 s, without checks that are
// muted or set aside.
func (a *area) badRecently(now time.Time) int {
	n := 0
	for _, v := range a.bad {
		if v.bad() && !v.watch.muted && !v.watch.aside && now.Sub(v.at) <= window {
			n++
		}
	}
	return n
}

// errors counts the failed probes and all probes of the last 10 s, of fast
// checks that are neither muted nor set aside; 0 and 0 when none failed.
func (a *area) errors(now time.Time) (failed, n int) {
	if a.failedAt.IsZero() || now.Sub(a.failedAt) > kept {
		return 0, 0
	}
	if t := a.tally; t.told == a.told && t.at.Equal(now) {
		return t.failed, t.n
	}
	defer func() { a.tally = tally{at: now, told: a.told, failed: failed, n: n} }()
	for _, w := range a.watches {
		if w.check.Slow || w.muted || w.aside {
			continue
		}
		for i := len(w.seen) - 1; i >= 0 && now.Sub(w.seen[i].at) <= kept; i-- {
			n++
			if w.seen[i].failed {
				failed++
			}
		}
	}
	return failed, n
}

// state is the worst of the checks that are not set aside, slow ones only when
// they speak, muted ones at most amber; red only when more servers are red than are tolerated, or a
// person says so. It is out of sight when every fast check that counts in full
// has been limited for long: one beside others that are seen is amber.
func (a *area) state(now time.Time) (Health, string) {
	worst, fast, told := Green, false, false
	full, dim := 0, 0 // fast checks that are not muted
	var reds, named int
	var why, redWhy string
	for _, w := range a.watches {
		if w.aside {
			continue
		}
		fast = fast || !w.check.Slow
		if !w.check.Slow && !w.muted {
			full++
			if w.dim(now) {
				dim++
			}
		}
		h, said := w.state(), w.said
		if h == NoSight {
			if w.check.Slow {
				continue
			}
			said = w.unseen()
		}
		if w.muted && h.severity() > Amber.severity() {
			h, said = Amber, said+" (muted)"
		}
		if h == Red {
			reds++
			redWhy = said
			// What is tolerated is a server; a person speaks for all of them.
			told = told || !w.check.asks()
			h, said = Amber, said+" (tolerated)"
		}
		switch {
		case h.severity() > worst.severity():
			worst, why, named = h, said, 1
		case h == worst && h != Green:
			named++
		}
	}
	if reds > a.limits.Tolerate || told {
		worst, why, named = Red, redWhy, reds
	}
	switch {
	case !fast && worst != Red:
		return NoSight, "no fast check watches " + a.env
	case full > 0 && dim == full && worst.severity() <= Amber.severity():
		return NoSight, fmt.Sprintf("%s is not seen, every check of it is limited: %s", a.env, why)
	case worst == Green:
		return Green, "all checks as usual"
	case named > 1:
		return worst, fmt.Sprintf("%s, and %d more", why, named-1)
	}
	return worst, why
}
