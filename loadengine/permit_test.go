package loadengine

import (
	"sync"
	"testing"
	"time"
)

// twoClocks is a wall and a monotonic clock that a test moves apart.
type twoClocks struct {
	mu   sync.Mutex
	wall time.Time
	mono time.Duration
}

func (c *twoClocks) read() (time.Time, time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wall, c.mono
}

func (c *twoClocks) pass(wall, mono time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wall = c.wall.Add(wall)
	c.mono += mono
}

func TestPermit(t *testing.T) {
	t.Parallel()
	const s = time.Second
	type pass struct{ wall, mono time.Duration }
	for name, c := range map[string]struct {
		passed []pass
		want   bool
	}{
		"within":                             {[]pass{{s / 2, s / 2}}, true},
		"at the deadline":                    {[]pass{{s, s}}, false},
		"laptop slept: mono stood still":     {[]pass{{time.Hour, 0}}, false},
		"wall set back: mono still lapses":   {[]pass{{-time.Hour, s}}, false},
		"wall set back within the lease":     {[]pass{{-time.Hour, s / 2}}, true},
		"wall set forwards and back, unseen": {[]pass{{time.Hour, 0}, {-time.Hour, s / 2}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clocks := &twoClocks{wall: time.Unix(1e9, 0)}
			p := NewPermit(clocks.read)
			if p.Valid() || p.Renew(s) {
				t.Fatal("a new permit must be void")
			}
			p.Grant(s)
			for _, d := range c.passed {
				clocks.pass(d.wall, d.mono)
			}
			if got := p.Valid(); got != c.want {
				t.Errorf("valid is %v, want %v", got, c.want)
			}
			if got := p.Renew(s); got != c.want {
				t.Errorf("renewed is %v, want %v", got, c.want)
			}
		})
	}
}

func TestLapsedPermitStaysLapsed(t *testing.T) {
	t.Parallel()
	clocks := &twoClocks{wall: time.Unix(1e9, 0)}
	p := NewPermit(clocks.read)
	p.Grant(time.Second)
	clocks.pass(time.Hour, 0)
	if p.Valid() {
		t.Fatal("valid an hour later")
	}
	clocks.pass(-time.Hour, 0) // the wall comes back: both deadlines lie ahead again
	if p.Valid() || p.Renew(time.Second) {
		t.Error("a permit that lapsed came back")
	}
	p.Grant(time.Second)
	if !p.Valid() {
		t.Error("a person's grant must count")
	}
	p.Void()
	if p.Valid() || p.Renew(time.Second) {
		t.Error("a void permit came back")
	}
	p.Grant(0)
	if p.Valid() {
		t.Error("a grant of nothing permits")
	}
}

func TestRenewMovesBothDeadlines(t *testing.T) {
	t.Parallel()
	clocks := &twoClocks{wall: time.Unix(1e9, 0)}
	p := NewPermit(clocks.read)
	p.Grant(time.Second)
	for range 10 {
		clocks.pass(900*time.Millisecond, 900*time.Millisecond)
		if !p.Renew(time.Second) {
			t.Fatal("not renewed in time")
		}
	}
	clocks.pass(-time.Hour, 0)
	if !p.Renew(time.Second) {
		t.Fatal("a wall set back within the lease must not end it")
	}
	clocks.pass(0, time.Second)
	if p.Valid() {
		t.Error("a wall set back prolonged the lease beyond the monotonic deadline")
	}
}

func TestSystemClockWallHasNoMonotonicReading(t *testing.T) {
	t.Parallel()
	wall, mono := SystemClock()()
	if wall != wall.Round(0) {
		t.Error("the wall time carries a monotonic reading, so that comparing it would not see a jump")
	}
	if mono < 0 {
		t.Errorf("monotonic clock at %v", mono)
	}
}
