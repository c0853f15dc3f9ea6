package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"crosstalk/monitors"
	"crosstalk/session"
)

// earlierStore is a database of production that an earlier session counted, or was to.
type earlierStore struct {
	session.CheckInfo      // without a kind where that was never known
	counted           bool // it was asked
}

// absent adds to a session's stores those of the earlier session that it does not ask: a DSN
// of identity: is in no record, and a check without them is not what was ordered. Whoever
// repeats a session with another configuration has said what counts, and is only told.
func (a *again) absent(s *stores, mask func(string) string, stderr io.Writer) {
	if a == nil {
		return
	}
	when := "the session before"
	if a.resume {
		when = "its earlier part"
	}
	for _, e := range a.stores() {
		if e.in(s, mask) {
			continue
		}
		said := mask(fmt.Sprintf("production's %s (%s) %s in %s and does not now: give -c FILE that names it under identity:, or under production.checks as %s",
			cmp.Or(e.Kind, "data store"), e.Name, map[bool]string{true: "counted", false: "was to count"}[e.counted], when, e.Name))
		fmt.Fprintln(stderr, "crosstalk: look here:", said)
		if a.given && !a.resume {
			s.hints = append(s.hints, said)
			continue
		}
		s.miss(session.Uncounted{Name: e.Name, Kind: e.Kind, Said: said})
	}
}

// stores are the databases of production of all parts of the earlier session.
func (a *again) stores() []earlierStore {
	var out []earlierStore
	for _, c := range a.Checks {
		if c.Env == monitors.Production && counters[c.Kind] != nil {
			out = append(out, earlierStore{c, true})
		}
	}
	for _, known := range []bool{true, false} { // another part may know the kind
		for _, u := range a.Uncounted {
			if (u.Kind != "") == known && !slices.ContainsFunc(out, func(e earlierStore) bool { return e.called(u.Name, u.Kind) }) {
				out = append(out, earlierStore{CheckInfo: session.CheckInfo{Env: monitors.Production, Name: u.Name, Kind: u.Kind}})
			}
		}
	}
	return out
}

// called says whether it has a name and, as far as both are known, a kind.
func (e earlierStore) called(name, kind string) bool {
	return e.Name == name && (e.Kind == kind || e.Kind == "" || kind == "")
}

// in says whether a session asks it, or has said that it can't.
func (e earlierStore) in(s *stores, mask func(string) string) bool {
	return slices.ContainsFunc(s.checks, func(c monitors.Check) bool {
		return c.Env == monitors.Production && counters[c.Kind] != nil &&
			(e.called(c.Name, c.Kind) || c.Kind == e.Kind && c.Address != "" && mask(c.Address) == e.Address)
	}) || slices.ContainsFunc(s.missed, func(u session.Uncounted) bool { return e.called(u.Name, u.Kind) })
}
