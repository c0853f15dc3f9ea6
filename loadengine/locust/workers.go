package locust

import (
	"fmt"
	"strings"
	"time"
)

// deed is what a worker did, and how that is told of one and of several.
type deed struct {
	one   string // with the worker's name, and a number where there is one
	many  string // with how many did it
	often string
}

// What workers do. A number is of the workers that are there.
var (
	letGo = &deed{"worker %s has let go by itself, because no permit came to it in time: it runs nobody until the dial moves",
		"%d workers have let go by themselves, because no permit came to them in time: they run nobody until the dial moves",
		"workers let go by themselves"}
	cameBack   = &deed{"worker %s is back: %d in all", "%d workers are back: %d in all", "workers come back"}
	joinedLate = &deed{"worker %s joined: %d in all", "%d workers joined: %d in all", "workers join"}
	withOlder  = &deed{"worker %s imports an older crosstalk_guard.py, and gets no users",
		"%d workers import an older crosstalk_guard.py, and get no users", "workers join with an older crosstalk_guard.py"}
	withNewer = &deed{"worker %s imports a newer crosstalk_guard.py than the master, and gets no users",
		"%d workers import a newer crosstalk_guard.py than the master, and get no users", "workers join with a newer crosstalk_guard.py"}
	withNone = &deed{"worker %s does not import crosstalk_guard.py, and gets no users",
		"%d workers do not import crosstalk_guard.py, and get no users", "workers join without crosstalk_guard.py"}
	wentLost = &deed{"worker %s is lost with its users: %d left, which take no more until the dial moves",
		"%d workers are lost with their users: %d left, which take no more until the dial moves", "workers are lost"}
)

// deeds is the order in which they are told.
var deeds = []*deed{letGo, cameBack, joinedLate, withOlder, withNewer, withNone, wentLost}

// perMinute bounds the sentences of one deed: a fleet may come and go all day.
const perMinute = 10

// missed says which workers went, came, came back, let go by themselves, or came
// without the plug-in.
func (f *Fleet) missed(before, s *state, now time.Time) {
	was := map[string]bool{}
	for _, w := range here(before.Workers) {
		was[w.ID] = true
	}
	is := map[string]bool{}
	did := map[*deed][]string{}
	add := func(d *deed, w worker) { did[d] = append(did[d], brief(w.ID)) }
	f.mu.Lock()
	for _, w := range here(s.Workers) {
		is[w.ID] = true
		// Its permit is over, and the fleet's is not.
		alone := w.Guarded && !w.Fit && s.Claimed && s.Shut < s.Epoch && w.Shut > s.Shut
		if alone && !f.apart {
			f.apart, f.apartAt = true, int(f.asked.Load())
		}
		switch {
		case alone && !f.lost[w.ID]:
			f.lost[w.ID] = true
			add(letGo, w)
		case f.lost[w.ID] && !alone && (w.Fit || !f.leased):
			delete(f.lost, w.ID)
			add(cameBack, w)
		case !was[w.ID] && !f.lost[w.ID]:
			f.joined[w.ID] = now
			add(joinedLate, w)
		}
		if d := f.without(w, now); d != nil {
			add(d, w)
		}
	}
	for _, w := range here(before.Workers) {
		if !is[w.ID] && !f.lost[w.ID] {
			f.lost[w.ID] = true
			add(wentLost, w)
		}
	}
	words := f.worded(did, len(is), now)
	f.mu.Unlock()
	for _, text := range words {
		f.tell(text)
	}
}

// without is what is wrong with the plug-in of a worker that came late; nil
// while it may still tell of it, and where nothing is. The lock is held.
func (f *Fleet) without(w worker, now time.Time) *deed {
	at, late := f.joined[w.ID]
	var d *deed
	switch {
	case !late:
		return nil
	case w.Guarded || !f.leased:
	case w.Protocol > protocol:
		d = withNewer
	case w.Protocol > 0:
		d = withOlder
	case now.Sub(at) > askFor:
		d = withNone
	default:
		return nil
	}
	delete(f.joined, w.ID)
	return d
}

// worded makes one sentence of each deed, and says where it makes no more in a
// minute. The lock is held.
func (f *Fleet) worded(did map[*deed][]string, left int, now time.Time) []string {
	if f.words == nil || now.Sub(f.wordsFrom) >= time.Minute {
		f.words, f.wordsFrom = map[*deed]int{}, now
	}
	var words []string
	for _, d := range deeds {
		if len(did[d]) == 0 {
			continue
		}
		f.words[d]++
		switch n := f.words[d]; {
		case n <= perMinute:
			words = append(words, d.told(did[d], left))
		case n == perMinute+1:
			words = append(words, d.often+" so often that no more of it is told for a minute")
		}
	}
	return words
}

// told is the deed of some workers, when so many are there.
func (d *deed) told(names []string, left int) string {
	var who any = len(names)
	form := d.many
	if len(names) == 1 {
		who, form = names[0], d.one
	}
	if strings.Count(form, "%") == 1 {
		return fmt.Sprintf(form, who)
	}
	return fmt.Sprintf(form, who, left)
}

// remedy is what puts the workers of a fleet on the lease that is not: those
// with the plug-in of another version lack something else than those without.
func remedy(all []worker) string {
	var none, older, newer []string
	for _, w := range all {
		switch name := brief(w.ID); {
		case w.Guarded:
		case w.Protocol == 0:
			none = append(none, name)
		case w.Protocol < protocol:
			older = append(older, name)
		default:
			newer = append(newer, name)
		}
	}
	if len(older)+len(newer) == 0 {
		return "import crosstalk_guard.py on the master and every worker"
	}
	var parts []string
	for _, p := range []struct {
		names           []string
		one, many, lack string
	}{
		{older, "imports", "import", "an older crosstalk_guard.py: copy the newer one there"},
		{newer, "imports", "import", "a newer crosstalk_guard.py than the master: copy the master's there"},
		{none, "does not import", "do not import", "crosstalk_guard.py: import it there"},
	} {
		switch len(p.names) {
		case 0:
		case 1:
			parts = append(parts, fmt.Sprintf("worker %s %s %s", p.names[0], p.one, p.lack))
		default:
			parts = append(parts, fmt.Sprintf("workers %s %s %s", listed(p.names), p.many, p.lack))
		}
	}
	return strings.Join(parts, "; ")
}

// mostNames of workers are in one sentence.
const mostNames = 3

func listed(names []string) string {
	if more := len(names) - mostNames; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:mostNames], ", "), more)
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// brief is a worker's host and the start of the 32 digits that Locust adds.
func brief(id string) string {
	if at := strings.LastIndexByte(id, '_'); at >= 0 && len(id)-at-1 == 32 {
		return id[:at+7]
	}
	return id
}
