package identity

import "sync"

var readings = sync.OnceValue(func() map[Topic][]reading {
	all := map[Topic][]reading{}
	for _, q := range questions {
		all[q.Topic] = readingsOf(q.Topic, q.nouns, q.most, q.yes)
	}
	return all
})

// Verdict returns what a plain answer says. One with a word in it that is not
// understood says nothing that can be relied on: it is Unknown, and a person reads it.
func (g Given) Verdict() Verdict {
	said := normal(g.Answer)
	for _, r := range readings()[g.Topic] {
		if r.form.MatchString(said) {
			return r.verdict
		}
	}
	return Unknown
}

// ignorant says that an answer is only that whoever was asked does not know.
func (g Given) ignorant() bool { return onlyUnknown.MatchString(normal(g.Answer)) }
