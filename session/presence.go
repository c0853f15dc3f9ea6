package session

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"crosstalk/notes"
)

// Presence is what somebody does on a screen just now: it is shown to the
// others and is no part of the record.
type Presence struct {
	Viewer  uint64 // 0 is the host's
	Name    string
	Writing bool       // a note
	Kind    notes.Kind // of it, as far as it is known
	Look    any        // what the screen shows, in the screen's own terms: for who follows
	At      time.Time
}

// presences are what all screens show just now. A lock is held for a map's
// access only, and neither load nor guard ever takes it.
type presences struct {
	mu sync.Mutex
	by map[uint64]Presence
}

// presenceLasts is how long a presence counts: a screen that stands still says
// nothing new.
const presenceLasts = 3 * time.Second

// Show tells the other screens what this one shows.
func (s *Session) Show(p Presence) {
	p.At = s.now()
	s.here.mu.Lock()
	defer s.here.mu.Unlock()
	if s.here.by == nil {
		s.here.by = map[uint64]Presence{}
	}
	s.here.by[p.Viewer] = p
}

// Unshow takes a screen's presence away.
func (s *Session) Unshow(viewer uint64) {
	s.here.mu.Lock()
	defer s.here.mu.Unlock()
	delete(s.here.by, viewer)
}

// Shown is what everybody's screens show, the host's first.
func (s *Session) Shown() []Presence {
	s.here.mu.Lock()
	all := slices.Collect(maps.Values(s.here.by))
	s.here.mu.Unlock()
	now := s.now()
	all = slices.DeleteFunc(all, func(p Presence) bool { return now.Sub(p.At) > presenceLasts })
	slices.SortFunc(all, func(a, b Presence) int { return cmp.Compare(a.Viewer, b.Viewer) })
	return all
}
