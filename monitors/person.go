package monitors

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// personEvery is how often a person's answer is looked at: nobody is asked by
	// that, so it may be often, and an answer is known at once.
	personEvery = 250 * time.Millisecond
	// DefaultQuestion is how often a person is asked.
	DefaultQuestion = 3 * time.Minute
	// shortestQuestion bounds how often a person may be asked.
	shortestQuestion = 10 * time.Second
)

// PersonOptions describes a question to a person. Env, Name and Question are
// needed.
type PersonOptions struct {
	Env      string        // role of the environment
	Name     string        // unique within the environment
	Question string        // to be answered with yes when all is well
	Who      string        // who is asked; empty: anyone
	Every    time.Duration // how often; 0: DefaultQuestion
}

// Person makes a check that a person answers, as slow evidence, and what the
// answers go into. A question stands until it is answered, and is asked again
// that long after the answer. A no is bad until somebody says yes, which makes
// it green at once: nobody has to prove an answer. A question that has stood for as long as the time between two warns, and never more than
// that: silence alone must not cut anything.
func Person(o PersonOptions) (Check, *Answers, error) {
	fail := func(err error) (Check, *Answers, error) {
		return Check{}, nil, fmt.Errorf("make person check %s of %s: %w", o.Name, o.Env, err)
	}
	if o.Every == 0 {
		o.Every = DefaultQuestion
	}
	switch {
	case o.Question == "":
		return fail(errors.New("it has no question"))
	case o.Every < shortestQuestion:
		return fail(fmt.Errorf("nobody can be asked every %v: %v is the shortest", o.Every, shortestQuestion))
	}
	a := &Answers{o: o}
	c := Check{
		Env: o.Env, Name: o.Name, Kind: kindPerson, Every: personEvery, Slow: true,
		Probe: func(context.Context) Result { return a.look(time.Now()) },
	}
	if err := c.complete(); err != nil {
		return fail(err)
	}
	return c, a, nil
}

// Answers takes the answers to one question. It may be used from any goroutine.
type Answers struct {
	o PersonOptions

	mu       sync.Mutex
	pending  bool
	since    time.Time // when the pending question was asked
	answered bool      // at least once
	by, text string    // of the newest answer
	good     bool
	at       time.Time // of the newest answer
}

// Answer takes an answer in, asked for or not: who gave it, in what words,
// whether all is well, and when. An answer older than the newest is dropped.
func (a *Answers) Answer(by, text string, good bool, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.answered && at.Before(a.at) {
		return
	}
	a.answered, a.pending = true, false
	a.by, a.text, a.good, a.at = by, text, good, at
}

// Pending returns the question that waits for an answer and since when; ok is
// false when none does. The first is asked when the monitor runs.
func (a *Answers) Pending() (question string, since time.Time, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.pending {
		return "", time.Time{}, false
	}
	return a.o.Question, a.since, true
}

// Question returns what is asked.
func (a *Answers) Question() string { return a.o.Question }

// Who returns who is asked; empty for anyone.
func (a *Answers) Who() string { return a.o.Who }

// look asks when it is time to, and tells what is known.
func (a *Answers) look(now time.Time) Result {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.pending && (!a.answered || now.Sub(a.at) >= a.o.Every) {
		a.pending, a.since = true, now
	}
	waits := time.Duration(0)
	if a.pending {
		waits = now.Sub(a.since)
	}
	switch {
	case a.answered && !a.good:
		return Result{Reason: a.said("no")}
	case waits >= a.o.Every:
		whom := "nobody"
		if a.o.Who != "" {
			whom = plain(a.o.Who) + " has not"
		} else {
			whom += " has"
		}
		return Result{OK: true, Warn: true, Reason: fmt.Sprintf("%s answered for %s: \"%s\"", whom, minutes(waits), plain(a.o.Question))}
	case !a.answered:
		return Result{Blind: true, Reason: "asked, and not answered yet: " + plain(a.o.Question)}
	}
	return Result{OK: true, Reason: a.said("yes")}
}

// said words the newest answer.
func (a *Answers) said(word string) string {
	by := plain(a.by)
	if by == "" {
		by = "somebody"
	}
	s := by + " says " + word + " at " + a.at.Local().Format("15:04")
	if a.text != "" {
		s += ": " + plain(a.text)
	}
	return s
}

// minutes words a wait: "45 s", "3 min".
func minutes(d time.Duration) string {
	if d < time.Minute {
		return seconds(d)
	}
	return fmt.Sprintf("%d min", int(d.Minutes()))
}
