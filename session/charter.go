package session

import (
	"fmt"
	"strings"
	"time"

	"crosstalk/notes"
)

// The kinds of activity that the time split knows, after session-based test
// management's test, bug and setup.
const (
	ActTest  = "test"  // designing and carrying out tests
	ActBug   = "bug"   // looking into and writing down a bug
	ActSetup = "setup" // getting ready, obstacles, reading
)

// Activity is what the tester does from here on.
type Activity struct {
	What        string `json:"what"`                  // test, bug or setup
	Opportunity bool   `json:"opportunity,omitempty"` // beside the charter
}

// CharterSet gives the session its charter: Text is the whole in one line.
type CharterSet struct {
	Text         string   `json:"text"`
	Explore      string   `json:"explore,omitempty"`
	With         string   `json:"with,omitempty"`
	Discover     string   `json:"discover,omitempty"`
	Areas        []string `json:"areas,omitempty"`
	StopRules    []string `json:"stop_rules,omitempty"`
	OutOfScope   []string `json:"out_of_scope,omitempty"`
	People       []string `json:"people,omitempty"`
	Environments []string `json:"environments,omitempty"` // builds, accounts, what else is under test
	Architecture []string `json:"architecture,omitempty"` // what its owners said the environments share, and what is still unknown
}

// Extend lengthens the timebox.
type Extend struct {
	Seconds float64 `json:"seconds"`
	Why     string  `json:"why,omitempty"`
}

// Gap is a time in which nothing was seen or recorded.
type Gap struct {
	Seconds float64 `json:"seconds"`
	Why     string  `json:"why"`
}

// Split is how long each activity took, in milliseconds of worked time.
type Split struct {
	Test, Bug, Setup int64
	Opportunity      int64 // of all three
}

// Total is the time that was given to any activity, in milliseconds.
func (p Split) Total() int64 { return p.Test + p.Bug + p.Setup }

// SplitAt is the time split at ms since the session's start; ok is false when
// nobody said what they do: it is not measured then, and never guessed.
func (s *State) SplitAt(ms int64) (p Split, ok bool) {
	p = s.split
	if s.Activity.What == "" {
		return p, false
	}
	p.add(s.Activity, s.Worked(ms).Milliseconds()-s.activeSince)
	return p, true
}

func (p *Split) add(a Activity, ms int64) {
	ms = max(0, ms)
	switch a.What {
	case ActTest:
		p.Test += ms
	case ActBug:
		p.Bug += ms
	case ActSetup:
		p.Setup += ms
	}
	if a.Opportunity {
		p.Opportunity += ms
	}
}

// frame folds what concerns the session's frame: charter, time, activity.
func (s *State) frame(e Event) {
	switch b := e.Body.(type) {
	case *CharterSet:
		s.Charter, s.Mission = b.Text, *b
		s.mark(e, "charter: "+b.Text)
	case *Extend:
		d := time.Duration(b.Seconds * float64(time.Second))
		s.Timebox += d
		text := "timebox extended by " + minutesSeconds(d)
		if b.Why != "" {
			text += ": " + b.Why
		}
		s.mark(e, text)
	case *Activity:
		if p, ok := s.SplitAt(e.MS); ok {
			s.split = p
		}
		s.Activity, s.activeSince = *b, s.Worked(e.MS).Milliseconds()
		s.mark(e, "now: "+b.Words())
	case *Gap:
		if !s.Paused {
			s.Idle += int64(b.Seconds * 1000)
		}
		s.mark(e, fmt.Sprintf("nothing seen for %.0f s: %s", b.Seconds, b.Why))
	}
}

// Words names the activity.
func (a Activity) Words() string {
	text := map[string]string{ActTest: "testing", ActBug: "on a bug", ActSetup: "setting up"}[a.What]
	if a.Opportunity {
		text += ", beside the charter"
	}
	return text
}

// reason folds a pause, its end, and our own trouble.
func (s *State) reason(e Event, b *Reason) {
	switch e.Type {
	case TypePause:
		if !s.Paused {
			s.Paused, s.PausedAt = true, e.MS
		}
		s.mark(e, strings.TrimSuffix("paused: "+b.Why, ": "))
	case TypeResume:
		if s.Paused {
			s.Paused = false
			s.Idle += max(0, e.MS-s.PausedAt)
		}
		s.mark(e, "goes on after a pause")
	}
}

// Commands of the session's frame.
type (
	// SetCharter changes what the session is to find out; the earlier text stays in
	// the record.
	SetCharter struct{ Charter Charter }
	// ExtendTime lengthens the timebox, with a reason.
	ExtendTime struct {
		By  time.Duration
		Why string
	}
	// Pause stops the clock of the timebox and eases the load to nothing.
	Pause struct{ Why string }
	// Resume lets the clock go on; load stays at nothing.
	Resume struct{}
	// Look is a look from outside: a sign that somebody is there.
	Look struct{}
	// SetActivity says what the tester does from here on.
	SetActivity struct{ Activity }
)

func (SetCharter) command() string  { return "charter" }
func (ExtendTime) command() string  { return "extend" }
func (Pause) command() string       { return "pause" }
func (Resume) command() string      { return "resume" }
func (Look) command() string        { return "look" }
func (SetActivity) command() string { return "activity" }

// longestExtension bounds one extension of the timebox.
const longestExtension = 8 * time.Hour

// refusedFrame tells why a command of the frame can't be given; ok is false for
// other commands.
func refusedFrame(st *State, who Person, cmd Command) (why string, ok bool) {
	switch c := cmd.(type) {
	case Look:
		return "", true
	case SetCharter:
		if strings.TrimSpace(c.Charter.String()) == "" {
			why = "the charter is empty: write what is explored"
		}
	case ExtendTime:
		switch {
		case strings.TrimSpace(c.Why) == "":
			why = "a typed reason is needed: it is recorded"
		case c.By <= 0 || c.By > longestExtension:
			why = "the timebox is extended by up to 8 hours"
		case st.Timebox <= 0:
			why = "this session has no timebox: the next has one with timebox: 60m in crosstalk.yaml"
		}
	case Pause:
		if st.Paused {
			why = "the session is paused already: P goes on"
		}
	case Resume:
		if !st.Paused {
			why = "the session is not paused: P pauses it"
		}
	case SetActivity:
		if c.Words() == "" || (Activity{What: c.What}).Words() == "" {
			why = "an activity is test, bug or setup"
		}
	default:
		return "", false
	}
	if who.Role == Observer {
		why = onlyTwo
	}
	return why, true
}

// serveFrame carries out a command of the frame.
func (s *Session) serveFrame(who string, cmd Command, at time.Time) (Reply, bool) {
	switch c := cmd.(type) {
	case Look:
		return Reply{Text: "seen"}, true
	case SetCharter:
		set := charterSet(c.Charter)
		if len(set.Architecture) == 0 { // whoever words the charter anew has heard nothing else
			s.log.read(func(st *State) { set.Architecture = st.Mission.Architecture })
		}
		e := s.add(who, TypeCharter, set)
		return Reply{Text: "charter set", Seq: e.Seq}, true
	case ExtendTime:
		e := s.add(who, TypeExtend, &Extend{Seconds: seconds(c.By), Why: notes.Clean(c.Why)})
		return Reply{Text: "timebox extended by " + minutesSeconds(c.By), Seq: e.Seq}, true
	case Pause:
		s.pending = nil
		s.ask(who, DialSet{Why: "pause"}, at)
		e := s.add(who, TypePause, &Reason{Why: notes.Clean(c.Why)})
		return Reply{Text: "paused: load eases to nothing, the guard stays on", Seq: e.Seq}, true
	case Resume:
		e := s.add(who, TypeResume, &Reason{})
		return Reply{Text: "the clock goes on; load stays at nothing until the dial is turned", Seq: e.Seq}, true
	case SetActivity:
		e := s.add(who, TypeActivity, &Activity{What: c.What, Opportunity: c.Opportunity})
		return Reply{Text: "now: " + c.Words(), Seq: e.Seq}, true
	}
	return Reply{}, false
}

// charterSet is a charter as the journal keeps it.
func charterSet(c Charter) *CharterSet {
	clean := func(in []string) []string {
		var out []string
		for _, t := range in {
			if t = strings.TrimSpace(notes.Clean(t)); t != "" {
				out = append(out, t)
			}
		}
		return out
	}
	c.Explore, c.With, c.Discover, c.Text = notes.Clean(c.Explore), notes.Clean(c.With), notes.Clean(c.Discover), notes.Clean(c.Text)
	return &CharterSet{Text: c.String(), Explore: c.Explore, With: c.With, Discover: c.Discover, Areas: clean(c.Areas),
		StopRules: clean(c.StopRules), OutOfScope: clean(c.OutOfScope), People: clean(c.People), Environments: clean(c.Environments), Architecture: clean(c.Architecture)}
}
