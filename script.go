package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"crosstalk/notes"
	"crosstalk/session"
)

// act is one thing a script does, at a time from the start.
type act struct {
	at  time.Duration
	cmd session.Command
}

// script is what --dial and --note ask for, in order of time.
type script []act

// parseScript reads "0s=5,10s=40" and "12s=! text", all problems at once.
func parseScript(dial string, lines []string) (script, error) {
	var out script
	var problems []error
	for move := range strings.SplitSeq(dial, ",") {
		if move = strings.TrimSpace(move); move == "" {
			continue
		}
		at, users, ok := strings.Cut(move, "=")
		d, err := time.ParseDuration(strings.TrimSpace(at))
		n, nerr := strconv.Atoi(strings.TrimSpace(users))
		if !ok || err != nil || nerr != nil || d < 0 || n < 0 {
			problems = append(problems, fmt.Errorf(`--dial: %q is not TIME=USERS, such as "10s=40"`, move))
			continue
		}
		out = append(out, act{d, session.SetDial{To: n}})
	}
	for _, line := range lines {
		at, text, ok := strings.Cut(line, "=")
		d, err := time.ParseDuration(strings.TrimSpace(at))
		draft := notes.Parse(text)
		if !ok || err != nil || d < 0 || draft.Text == "" {
			problems = append(problems, fmt.Errorf(`--note: %q is not TIME=TEXT, such as "12s=! slow checkout"`, line))
			continue
		}
		out = append(out, act{d, session.AddNote{Draft: draft}})
	}
	slices.SortStableFunc(out, func(a, b act) int { return cmp.Compare(a.at, b.at) })
	return out, errors.Join(problems...)
}

// drive does what the script says, and ends the session after length if that
// is not 0. What the session refuses is an event of its own.
func (p script) drive(ctx context.Context, s *session.Session, who session.Person, began time.Time, length time.Duration) {
	if length > 0 {
		// Also if the script has later acts: the end is the end.
		var kept script
		for _, a := range p {
			if a.at < length {
				kept = append(kept, a)
			}
		}
		kept = append(kept, act{length, session.Finish{Reason: "plan"}})
		p = kept
	}
	for _, a := range p {
		t := time.NewTimer(time.Until(began.Add(a.at)))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return
		case <-s.Done():
			t.Stop()
			return
		}
		if _, ok := a.cmd.(session.Scripted); ok && s.Snapshot().Taken != "" {
			continue // a person has the dial
		}
		if n, ok := a.cmd.(session.AddNote); ok {
			n.Typed = time.Now()
			a.cmd = n
		}
		// In their order, and without waiting for the disk: the next act must not.
		_, _ = s.Give(ctx, who, a.cmd)
	}
}
