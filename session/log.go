package session

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrEnded is what Since returns when the session is over and nothing is left
// to read.
var ErrEnded = errors.New("the session has ended")

// Bounds of the log's window. Events that are not on the disk yet stay in it
// whatever their age: they are nowhere else.
const (
	windowAge = 15 * time.Minute
	windowLen = 20_000
)

// Log is the order of a session and its queue. One writer appends; journal,
// viewers and reports pull, each at its own pace, and none can slow it.
type Log struct {
	mu      sync.Mutex
	events  []Event
	times   []time.Time // when each was appended, by the monotonic clock
	first   uint64      // seq of events[0]
	state   *State
	more    chan struct{} // closed and replaced at each append
	durable uint64
	synced  chan struct{} // closed and replaced when durable grows
	ended   bool
	lost    error // why what is not durable never will be
	older   func(from, to uint64) ([]Event, error)
}

// NewLog returns a log that begins after the events already in state, which it
// takes over. Older reads events that have left the window, [from, to).
func NewLog(state *State, older func(from, to uint64) ([]Event, error)) *Log {
	return &Log{first: state.Seq + 1, state: state, durable: state.Seq, older: older,
		more: make(chan struct{}), synced: make(chan struct{})}
}

// append adds one fact. Only Session.Run calls it.
func (l *Log) append(t time.Time, ms int64, by, kind string, body any) Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := Event{V: Version, Seq: l.first + uint64(len(l.events)), T: t, MS: max(ms, l.state.MS), By: by, Type: kind, Body: body}
	l.events = append(l.events, e)
	l.times = append(l.times, t)
	l.state.Apply(e)
	l.trim(t)
	close(l.more)
	l.more = make(chan struct{})
	return e
}

// trim drops what is durable and too old or too much. It waits until a quarter
// of the window is to go, so that the copy is spread over many appends.
func (l *Log) trim(now time.Time) {
	n := 0
	for n < len(l.events) && l.events[n].Seq <= l.durable &&
		(len(l.events)-n > windowLen || now.Sub(l.times[n]) > windowAge) {
		n++
	}
	if n < min(len(l.events), windowLen)/4 && len(l.events) < windowLen+windowLen/4 {
		return
	}
	l.events = append([]Event(nil), l.events[n:]...)
	l.times = append([]time.Time(nil), l.times[n:]...)
	l.first += uint64(n)
}

// close ends the log: readers get what is left, then ErrEnded.
func (l *Log) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended {
		l.ended = true
		close(l.more)
		l.more = make(chan struct{})
	}
}

// Since returns the events after seq, waiting until there is one. It returns
// ErrEnded once the log is closed and read to its end. At most 4096 events come
// at a time.
func (l *Log) Since(ctx context.Context, seq uint64) ([]Event, error) {
	for {
		l.mu.Lock()
		if seq+1 < l.first {
			first := l.first
			l.mu.Unlock()
			if l.older == nil {
				return nil, fmt.Errorf("events %d to %d have left the window", seq+1, first-1)
			}
			return l.older(seq+1, min(first, seq+1+maxBatch))
		}
		from := int(seq + 1 - l.first)
		if from < len(l.events) {
			to := min(len(l.events), from+maxBatch)
			// Shared, never changed: append only grows behind it, trim copies.
			out := l.events[from:to:to]
			l.mu.Unlock()
			return out, nil
		}
		if l.ended {
			l.mu.Unlock()
			return nil, ErrEnded
		}
		more := l.more
		l.mu.Unlock()
		select {
		case <-more:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

const maxBatch = 4096

// Snapshot returns a copy of the state, for a late joiner to start from.
func (l *Log) Snapshot() *State {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state.Clone()
}

// read lets f look at the state; f must not keep it.
func (l *Log) read(f func(*State)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(l.state)
}

// Durable is the highest seq known to be on the disk.
func (l *Log) Durable() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.durable
}

// setDurable publishes what the journal has committed.
func (l *Log) setDurable(seq uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if seq > l.durable {
		l.durable = seq
		close(l.synced)
		l.synced = make(chan struct{})
	}
}

// WaitDurable waits until seq is on the disk, or never will be.
func (l *Log) WaitDurable(ctx context.Context, seq uint64) error {
	for {
		l.mu.Lock()
		if l.durable >= seq {
			l.mu.Unlock()
			return nil
		}
		if l.lost != nil {
			l.mu.Unlock()
			return l.lost
		}
		synced := l.synced
		l.mu.Unlock()
		select {
		case <-synced:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// abandon says that what is not durable never will be.
func (l *Log) abandon(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lost = err
	close(l.synced)
	l.synced = make(chan struct{})
}

// over tells whether the log has been closed.
func (l *Log) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

// undurable tells how long the oldest event that is not on the disk has waited.
func (l *Log) undurable(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.durable+1 < l.first {
		return 0
	}
	i := int(l.durable + 1 - l.first)
	if i >= len(l.times) {
		return 0
	}
	return now.Sub(l.times[i])
}
