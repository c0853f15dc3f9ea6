package loadengine

import "time"

// Bounds of what a run hands over: good answers and errors have a budget each,
// which fills up again slowly. In eight hours that is at most
// 2*(600+1440) + 1000 exemplars.
const (
	budgetRoom   = 600
	budgetRefill = 20 * time.Second // until there is room for one more
	budgetRest   = 60               // only for levels that have lasted exemplarWait
	budgetShare  = 3                // a kind at a level gets at most a third of all
	maxFirstSeen = 1000             // first ever of a step and kind, kept whatever the budget
)

// budget is how many exemplars may still be handed over.
type budget struct {
	spent int
	since time.Time // when spent last shrank
}

// left is what there is at now.
func (b *budget) left(now time.Time) int {
	if b.since.IsZero() {
		b.since = now
	}
	if n := int(now.Sub(b.since) / budgetRefill); n > 0 {
		b.since = b.since.Add(time.Duration(n) * budgetRefill)
		b.spent = max(0, b.spent-n)
	}
	return budgetRoom - b.spent
}

// share is how much of what is left one kind at one level may have. It falls
// faster than what is left, so that what comes early never takes all, and a dial
// on its way leaves something for the level at which it comes to rest.
func (b *budget) share(left int, young bool) int {
	least := 3
	if young {
		left, least = left-budgetRest, 1
	}
	if left <= 0 {
		return 0
	}
	return max(least, left*left/(budgetShare*budgetRoom))
}

// afford tells whether the budget has room for one more of a kind at a level,
// and takes it. A newer one of a pick that was handed over takes no more of the
// share.
func (v *evidence) afford(k *kept, key kindOf, pick string, now time.Time) bool {
	b := &v.good
	if key.kind != "" {
		b = &v.bad
	}
	left, mark := b.left(now), toldOf{key, pick}
	share := b.share(left, k.level.age(now) < exemplarWait)
	switch {
	case !v.seen[key] && len(v.seen) < maxFirstSeen:
		v.seen[key] = true
	case share == 0, !k.marked[mark] && k.told[key.kind] >= share:
		return false
	}
	b.spent = min(b.spent+1, budgetRoom)
	if !k.marked[mark] {
		k.marked[mark] = true
		k.told[key.kind]++
	}
	return true
}

// age is how long the level has lasted, or did.
func (l *level) age(now time.Time) time.Duration {
	if end := l.ended.Load(); end > 0 {
		return time.Duration(end)
	}
	return now.Sub(l.began)
}

// toldOf is one pick of a step and kind.
type toldOf struct {
	of   kindOf
	pick string
}
