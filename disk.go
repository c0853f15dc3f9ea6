package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"crosstalk/session"
)

// tellDisk says at once when the journal can't be written, and when it can again:
// where there is no screen nobody would see why the load stopped. It ends with
// the session.
func tellDisk(s *session.Session, from uint64, w io.Writer) {
	for {
		events, err := s.Since(context.Background(), from)
		if err != nil {
			return
		}
		for _, e := range events {
			from = e.Seq
			b, ok := e.Body.(*session.SelfLimit)
			if !ok || e.Type != session.TypeSelfLimit || !strings.HasPrefix(b.Why, session.JournalTrouble) {
				continue
			}
			then := ": all load is stopped and stays at zero until it can be"
			if b.Why == session.JournalWell {
				then = ": load may be sent again by a move that is given now"
			}
			fmt.Fprintf(w, "crosstalk: %s %s%s\n", clock(time.Duration(e.MS)*time.Millisecond), b.Why, then)
		}
	}
}
