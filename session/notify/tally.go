package notify

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"crosstalk/session"
)

// tally counts what was lost, and says each reason at once and then at most once a minute.
type tally struct {
	mu   sync.Mutex
	said func(session.NotifyFailed)
	open map[lapse]*since
	over bool // the session's journal is closed: what comes now is kept for Wait
}

// lapse is what failures are counted for.
type lapse struct{ target, why string }

// since is what is not said of a lapse yet.
type since struct {
	at    time.Time // when it was last said
	count int
}

func newTally(said func(session.NotifyFailed)) *tally {
	if said == nil {
		said = func(session.NotifyFailed) {}
	}
	return &tally{said: said, open: map[lapse]*since{}}
}

func (y *tally) add(target, why string, n int) {
	y.mu.Lock()
	defer y.mu.Unlock()
	k := lapse{target, why}
	l := y.open[k]
	if l == nil {
		l = &since{}
		y.open[k] = l
	}
	l.count += n
	if l.at.IsZero() {
		y.say(k, l, time.Now())
	}
}

// due says what has been counted for a minute, and forgets what did not come again.
func (y *tally) due(now time.Time) {
	y.mu.Lock()
	defer y.mu.Unlock()
	for k, l := range y.open {
		switch {
		case now.Sub(l.at) < sayEvery:
		case l.count == 0:
			delete(y.open, k)
		default:
			y.say(k, l, now)
		}
	}
}

func (y *tally) say(k lapse, l *since, now time.Time) {
	if y.over {
		return
	}
	y.said(session.NotifyFailed{Target: k.target, Why: k.why, Count: l.count})
	l.at, l.count = now, 0
}

// end says that nobody writes down any more what is said.
func (y *tally) end() {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.over = true
}

// unsaid is what was counted and not said, in a fixed order.
func (y *tally) unsaid() []session.NotifyFailed {
	y.mu.Lock()
	defer y.mu.Unlock()
	keys := slices.SortedFunc(maps.Keys(y.open), func(a, b lapse) int { return cmp.Or(cmp.Compare(a.target, b.target), cmp.Compare(a.why, b.why)) })
	var list []session.NotifyFailed
	for _, k := range keys {
		if n := y.open[k].count; n > 0 {
			list = append(list, session.NotifyFailed{Target: k.target, Why: k.why, Count: n})
		}
	}
	return list
}
