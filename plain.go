package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"time"

	"crosstalk/session"
	"crosstalk/tui"
)

// plainly runs the session as sentences and a prompt. SIGINT is ctrl+c: the first
// stops all load and stays.
// from is what was known before it began.
func (l *live) plainly(ctx context.Context, s *session.Session, door *tui.Door, from *session.State) {
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, os.Interrupt)
	defer signal.Stop(caught)
	done, cancel := context.WithCancel(ctx)
	defer cancel()
	interrupts := make(chan struct{})
	go func() {
		for {
			select {
			case <-caught:
			case <-done.Done():
				return
			}
			// The brake first, whatever the prompt is busy with.
			_, _ = s.Give(context.WithoutCancel(ctx), l.who, session.StopAll{})
			select {
			case interrupts <- struct{}{}:
			case <-done.Done():
				return
			}
		}
	}()
	o := tui.PlainOptions{Who: l.who, Now: time.Now, Interrupts: interrupts, Door: door, Mystery: l.riddle, Express: l.flags.express, From: from}
	err := tui.Plain(done, s, o, os.Stdin, os.Stdout)
	_, _ = s.Do(context.WithoutCancel(ctx), l.who, session.Finish{Reason: "quit"})
	if err != nil {
		fmt.Fprintln(os.Stderr, "crosstalk: the sentences ended:", err)
	}
}
