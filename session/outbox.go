package session

import "sync"

// fact is something that happened, on its way to the one writer.
type fact struct {
	by   string
	kind string
	body any
}

// outbox carries facts to the writer. Putting never waits: the guard and the
// engine must not stand still because the writer is busy. It is short: facts
// come a few a second.
type outbox struct {
	mu    sync.Mutex
	facts []fact
	ready chan struct{} // holds one token while there are facts
}

func newOutbox() *outbox { return &outbox{ready: make(chan struct{}, 1)} }

func (o *outbox) put(f fact) {
	o.mu.Lock()
	o.facts = append(o.facts, f)
	o.mu.Unlock()
	select {
	case o.ready <- struct{}{}:
	default:
	}
}

func (o *outbox) take() []fact {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := o.facts
	o.facts = nil
	return out
}
