package tui

import (
	"context"
	"math"
	"sync"
	"time"

	"crosstalk/session"
)

// What a key's guest may ask of the session: far more than a person does.
const (
	askRate    = 10 // commands a second
	askBurst   = 20
	writeRate  = 1 // notes and files a second
	writeBurst = 8
	stopEvery  = 300 * time.Millisecond // a second stop order in so short a time is the same one
	keepEvery  = 2 * time.Second        // between two writings of a draft
)

// guestSource is the session as one guest may use it: always in the guest's own
// name, and not faster than a person is.
type guestSource struct {
	Hall
	d    *Door
	v    *view
	now  func() time.Time
	key  *allowance
	mu   sync.Mutex
	stop time.Time
	owed int // stops that the door has given, and the screen will give again
	kept time.Time
}

// bucket lets so many through a second, and a few at once.
type bucket struct {
	rate, burst, left float64
	at                time.Time
}

// take lets one through.
func (b *bucket) take(now time.Time) bool {
	if !b.may(now) {
		return false
	}
	b.left--
	return true
}

// may tells whether one would be let through.
func (b *bucket) may(now time.Time) bool {
	if b.at.IsZero() {
		b.left = b.burst
	} else {
		b.left = min(b.burst, b.left+now.Sub(b.at).Seconds()*b.rate)
	}
	b.at = now
	return b.left >= 1
}

func newGuestSource(d *Door, v *view) *guestSource {
	return &guestSource{Hall: d.hall, d: d, v: v, now: d.o.Now, key: d.allowed(v.key)}
}

// Durable is what of the session is on its disk.
func (g *guestSource) Durable() uint64 {
	if c, ok := g.Hall.(committer); ok {
		return c.Durable()
	}
	return math.MaxUint64
}

// Do gives a command in the guest's name.
func (g *guestSource) Do(ctx context.Context, _ session.Person, cmd session.Command) (session.Reply, error) {
	if no := g.refuses(cmd); no != "" {
		return session.Reply{}, &session.Refusal{Why: no}
	}
	if _, ok := cmd.(session.StopAll); ok {
		if g.settled() {
			return session.Reply{Text: "all load stopped"}, nil
		}
		return g.stopAll(ctx)
	}
	return g.Hall.Do(ctx, g.v.who, cmd)
}

// stopAll stops all load in the guest's name.
func (g *guestSource) stopAll(ctx context.Context) (session.Reply, error) {
	if g.stopped() {
		return session.Reply{Text: "all load stopped"}, nil
	}
	return g.Hall.Do(ctx, g.v.who, session.StopAll{})
}

// owe counts stops that the door has given by keys which the screen is still to
// get. A screen that gets them late must not stop what was begun since.
func (g *guestSource) owe(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.owed += n
}

// settled tells whether a stop of the screen's is one of the door's.
func (g *guestSource) settled() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.owed == 0 {
		return false
	}
	g.owed--
	return true
}

// May tells whether the guest's command would be refused now.
func (g *guestSource) May(_ session.Person, cmd session.Command) error {
	return g.Hall.May(g.v.who, cmd)
}

// Show shows the others what this guest does, under the guest's own number.
func (g *guestSource) Show(p session.Presence) {
	if g.v.ctx.Err() != nil {
		return
	}
	p.Viewer, p.Name = g.v.id, g.v.who.Name
	g.Hall.Show(p)
}

// KeepUnfinished keeps the guest's draft, seldom enough for any disk.
func (g *guestSource) KeepUnfinished(u session.Unfinished) error {
	g.mu.Lock()
	wait := keepEvery - g.now().Sub(g.kept)
	g.kept = g.now()
	g.mu.Unlock()
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		select {
		case <-t.C:
		case <-g.v.ctx.Done():
		}
	}
	u.By = g.v.who.Name
	return g.Hall.KeepUnfinished(u)
}

// Unfinished returns the guest's own draft.
func (g *guestSource) Unfinished(string) (session.Unfinished, error) {
	return g.Hall.Unfinished(g.v.who.Name)
}

// stopped tells whether the guest has given the same order just now.
func (g *guestSource) stopped() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if !g.stop.IsZero() && now.Sub(g.stop) < stopEvery {
		return true
	}
	g.stop = now
	return false
}

// refuses says no to what comes too fast, and to what is no guest's.
func (g *guestSource) refuses(cmd session.Command) string {
	g.key.mu.Lock()
	defer g.key.mu.Unlock()
	now := g.now()
	switch cmd.(type) {
	case session.StopAll:
		return ""
	case session.Join, session.Leave, session.Kick, session.Unheard, session.Finish:
		return "that is the host's to do"
	case session.AddNote, session.EditNote, session.RetractNote, session.RestoreNote, session.ResolveNote:
		if !g.key.writes.take(now) {
			return "so many notes at once: wait a moment"
		}
	case session.Attach:
		if !g.key.writes.take(now) {
			return "so many files at once: wait a moment"
		}
	}
	if !g.key.asks.take(now) {
		return "so many keys at once: wait a moment"
	}
	return ""
}
