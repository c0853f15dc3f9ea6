package session

import "sync"

// ceiling joins what the guard allows and where a person holds. The lock is
// held for two stores only; nobody does anything slow under it.
type ceiling struct {
	mu     sync.Mutex
	engine Engine
	guard  int // -1: none
	hold   int // -1: none
	last   int
}

func newCeiling(e Engine) *ceiling {
	return &ceiling{engine: e, guard: none, hold: none, last: none}
}

// set changes one of the two and gives the engine the lower.
func (c *ceiling) set(which *int, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*which = n
	least := c.guard
	if c.hold >= 0 && (least < 0 || c.hold < least) {
		least = c.hold
	}
	if least != c.last {
		c.last = least
		c.engine.SetCeiling(least)
	}
}

// least is the lower of the two; -1: none.
func (c *ceiling) least() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}
