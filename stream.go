package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"crosstalk/session"
)

// stuckAfter is how long a reader of the events may take no line, once the
// session is over, before it is given up.
const stuckAfter = 5 * time.Second

// eventStream writes journal lines as they become durable. It pulls: a reader
// that stands still slows nothing but itself.
type eventStream struct {
	s    *session.Session
	w    io.Writer
	done chan error
	last atomic.Uint64 // seq of the last line written
}

func newStream(s *session.Session, w io.Writer) *eventStream { return &eventStream{s: s, w: w} }

func (e *eventStream) start() {
	e.done = make(chan error, 1)
	go func() { e.done <- e.copy(context.Background()) }()
}

// wait returns when every line is written, the reader is gone, or it takes
// nothing any more.
func (e *eventStream) wait() error {
	if e.done == nil {
		return nil
	}
	for before := e.last.Load(); ; before = e.last.Load() {
		select {
		case err := <-e.done:
			return err
		case <-time.After(stuckAfter):
			if e.last.Load() == before {
				return fmt.Errorf("write events: the reader of stdout takes nothing; the journal has every line")
			}
		}
	}
}

func (e *eventStream) copy(ctx context.Context) error {
	for {
		events, err := e.s.Since(ctx, e.last.Load())
		if errors.Is(err, session.ErrEnded) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read events: %w", err)
		}
		for _, v := range events {
			if err := e.s.WaitDurable(ctx, v.Seq); err != nil {
				return fmt.Errorf("wait for the disk: %w", err)
			}
			b, err := v.MarshalJSON()
			if err != nil {
				return err
			}
			if _, err := e.w.Write(append(b, '\n')); err != nil {
				return fmt.Errorf("write events: %w", err)
			}
			e.last.Store(v.Seq)
		}
	}
}
