package report

import (
	"maps"
	"slices"

	"crosstalk/session"
)

func (b *builder) loadTick(t *session.LoadTick) {
	from := b.load.told(b, b.ms)
	b.ranBefore, b.ran = b.ran, t.Running
	b.cancelled += t.Cancelled
	b.dropped += t.Dropped
	for k, n := range t.Codes {
		b.codes[k] += n
	}
	b.levels.load(from, b.ms, t, b.ours())
	b.levels.told(t.Levels)
	b.levels.earned(b.st.Dial.LastGood)
	b.series.load(from, b.ms, t)
	if t.P95 != nil && (b.worstStaging == nil || *t.P95 > b.worstStaging.Value) {
		b.worstStaging = &Worst{Moment: b.now(), Value: *t.P95, Users: b.usersOf()}
	}
	if t.Errors > 0 && !b.firstErrors.Seen {
		b.firstErrors = b.firstOf("the first failed request: " + kindsOf(t.Kinds))
	}
	if why := b.slow.second(b.ms, &b.levels, t); why != "" && !b.firstSlow.Seen {
		b.firstSlow = b.firstOf(why)
	}
	for _, s := range t.ByStep {
		key := [2]string{s.Journey, s.Step}
		st := b.steps[key]
		if st == nil {
			st = &stepSeconds{}
			b.steps[key] = st
			b.order = append(b.order, key)
		}
		st.add(s)
	}
}

func (b *builder) healthTick(t *session.HealthTick) {
	e := b.env(t.Env)
	e.tick(b, t)
	b.series.health(e.since, b.ms, t)
	if t.Env != production {
		return
	}
	if e.seen || b.ms > silence { // the first probes may be on their way
		b.levels.current().state(t.State)
	}
	b.levels.health(b.ms, t)
	if t.Now95 == nil {
		return
	}
	w := &Worst{Moment: b.now(), Value: *t.Now95, Users: b.usersOf()}
	if b.worstProd == nil || w.Value > b.worstProd.Value {
		b.worstProd = w
	}
	if b.busy() && (b.worstLoaded == nil || w.Value > b.worstLoaded.Value) {
		b.worstLoaded = w
	}
}

// usersOf is how many users the second that has just been told of had: one that
// ended with none, because load was stopped in it, had those from before.
func (b *builder) usersOf() int {
	if b.ms-b.load.last > silence {
		return b.st.Dial.Running
	}
	return max(b.ranBefore, b.ran)
}

func (b *builder) firstNow(how string) First {
	at := b.now()
	return First{Seen: true, At: &at, Users: b.st.Dial.Running, Asked: b.levels.asked(), How: how}
}

// firstOf is firstNow of what a second that has just been told of showed.
func (b *builder) firstOf(how string) First {
	f := b.firstNow(how)
	f.Users, f.Asked = b.usersOf(), max(f.Asked, b.usersOf())
	return f
}

// kinds lists counts by falling number, then by name.
func kinds(counts map[string]uint64) []Kind {
	out := []Kind{}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, Kind{Name: name, Count: counts[name]})
	}
	slices.SortStableFunc(out, func(a, b Kind) int {
		switch {
		case a.Count > b.Count:
			return -1
		case a.Count < b.Count:
			return 1
		}
		return 0
	})
	return out
}
