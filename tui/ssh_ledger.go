package tui

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

// Bounds of what is kept of who was turned away, until it is written down.
const (
	keptTurned  = 256 // keys and addresses
	keptReasons = 4   // of each
	anyReason   = "and for other reasons"
)

// ledger writes down who was turned away: a few times a minute for each key or
// address, and not many for all of them, so that nobody fills the journal from
// outside. What has to wait is counted.
type ledger struct {
	now    func() time.Time
	turned func(why string, count int)
	each   int // a minute
	mu     sync.Mutex
	all    bucket
	whose  map[string]*turnedAway
}

// turnedAway is what is still to be written down of one key or address.
type turnedAway struct {
	pace bucket
	why  map[string]int
	last time.Time
}

func newLedger(each, all int, now func() time.Time, turned func(string, int)) *ledger {
	return &ledger{now: now, turned: turned, each: each, all: aMinute(all), whose: map[string]*turnedAway{}}
}

// aMinute lets n through at once, and as many a minute.
func aMinute(n int) bucket { return bucket{rate: float64(n) / 60, burst: float64(n)} }

// tell counts somebody who was turned away: a key or an address.
func (l *ledger) tell(who, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	t := l.whose[who]
	if t == nil {
		if len(l.whose) >= keptTurned {
			l.forget(now)
		}
		if len(l.whose) >= keptTurned {
			who, why = "", "and others"
		}
		if t = l.whose[who]; t == nil {
			t = &turnedAway{pace: aMinute(l.each), why: map[string]int{}}
			l.whose[who] = t
		}
	}
	if _, ok := t.why[why]; !ok && len(t.why) >= keptReasons {
		why = anyReason
	}
	t.why[why]++
	t.last = now
}

// forget drops those of whom all is written down and who may be told of anew.
func (l *ledger) forget(now time.Time) {
	maps.DeleteFunc(l.whose, func(_ string, t *turnedAway) bool { return len(t.why) == 0 && now.Sub(t.last) > time.Minute })
}

// toldOnce is one event of a ledger.
type toldOnce struct {
	why   string
	count int
}

// report writes down what may be written now. The last one writes all.
func (l *ledger) report(last bool) {
	var lines []toldOnce
	l.mu.Lock()
	now := l.now()
	l.forget(now)
	rest := 0
	for _, who := range slices.Sorted(maps.Keys(l.whose)) {
		t := l.whose[who]
		for _, why := range slices.SortedFunc(maps.Keys(t.why), func(a, b string) int {
			return cmp.Or(cmp.Compare(t.why[b], t.why[a]), cmp.Compare(a, b))
		}) {
			switch {
			case last && len(lines) >= int(l.all.burst):
				rest += t.why[why]
			case last, l.all.may(now) && t.pace.take(now) && l.all.take(now):
				lines = append(lines, toldOnce{why, t.why[why]})
			default:
				continue
			}
			delete(t.why, why)
		}
	}
	l.mu.Unlock()
	if rest > 0 {
		lines = append(lines, toldOnce{"and others", rest})
	}
	for _, w := range lines {
		l.turned(w.why, w.count)
	}
}
