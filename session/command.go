package session

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"crosstalk/notes"
)

// Role is what a person may do.
type Role string

// The roles. Everyone may stop all load.
const (
	Driver    Role = "driver"    // holds the dial
	Navigator Role = "navigator" // notes, and may take the dial
	Observer  Role = "observer"  // watches
)

// Person is who gives a command.
type Person struct {
	Name string
	Role Role
}

// CheckName tells why somebody may not be called so, or nil.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("a name is needed")
	case signs[skeleton(name)] != "":
		return fmt.Errorf("nobody may be called %s: the program signs with it%s", signs[skeleton(name)], looksSo(name, signs[skeleton(name)]))
	case name != notes.Clean(name) || strings.ContainsAny(name, "\n\t") || len(name) > 64:
		return errors.New("a name is one line of at most 64 bytes")
	}
	return nil
}

// Command is what a person asks of a session.
type Command interface{ command() string }

// The commands. Do answers each with yes, or no and a reason.
type (
	// MoveDial moves what is asked for by so many users, as the arrow keys do.
	MoveDial struct{ By int }
	// SetDial asks for so many users. Spike follows at once and is recorded.
	SetDial struct {
		To    int
		Spike bool
	}
	// Hold freezes the users where they are, or, if they are held or cut, lets
	// them go on.
	Hold struct {
		Why  string // asked for after the second cut for red
		Only bool   // never lets go on: what a hold from outside means
	}
	// BackToGood asks for the last good level.
	BackToGood struct{}
	// EaseOff asks for nothing: users finish what they do.
	EaseOff struct{}
	// StopAll cancels what is in flight. Anyone may give it at any time; it acts
	// before it is recorded.
	StopAll struct{}
	// WarnOnly makes production's amber only warn for WarnFor; red still cuts.
	WarnOnly struct{ Why string }
	// Mute makes one check only warn until it is green again.
	Mute struct{ Env, Check, Why string }
	// SetGlide changes how fast running follows asked, in users a second; 0 at once.
	SetGlide struct{ To float64 }
	// AddNote saves a note. The answer comes when it is on the disk.
	AddNote struct {
		Draft notes.Draft
		Typed time.Time      // typing began
		Begun *notes.Context // what the screen showed then
	}
	// EditNote replaces an own note's text and kind.
	EditNote struct {
		ID   string
		Kind notes.Kind
		Text string
	}
	// RetractNote takes an own note back, with a reason.
	RetractNote struct{ ID, Why string }
	// RestoreNote brings back an own note that was taken back.
	RestoreNote struct{ ID string }
	// ResolveNote closes a question, an obstacle or a follow-up.
	ResolveNote struct{ ID string }
	// Answer answers one question of the debrief; "learned" heads the report.
	Answer struct{ Question, Text string }
	// Finish ends the session: load stops first.
	Finish struct{ Reason string } // plan, quit or signal
)

func (MoveDial) command() string    { return "dial" }
func (SetDial) command() string     { return "dial" }
func (Hold) command() string        { return "hold" }
func (BackToGood) command() string  { return "last good" }
func (EaseOff) command() string     { return "ease to nothing" }
func (StopAll) command() string     { return "stop all" }
func (WarnOnly) command() string    { return "guard only warns" }
func (Mute) command() string        { return "mute" }
func (SetGlide) command() string    { return "glide" }
func (AddNote) command() string     { return "note" }
func (EditNote) command() string    { return "edit note" }
func (RetractNote) command() string { return "take note back" }
func (RestoreNote) command() string { return "restore note" }
func (ResolveNote) command() string { return "resolve note" }
func (Answer) command() string      { return "debrief" }
func (Finish) command() string      { return "quit" }

// Reply is a yes: what was done, in words for the status line, and the event
// it became. A no is an error of type *Refusal.
type Reply struct {
	Text string
	Seq  uint64
	Note string // a note's id

	told <-chan answer // of what the guard decides: Give waits for it, the writer does not
}

// WarnFor is how long the guard only warns.
const WarnFor = 5 * time.Minute

// Refusal is a no with its reason, which says what would allow it.
type Refusal struct{ Cmd, Why string }

// Error returns the reason as it is shown to a person.
func (r *Refusal) Error() string { return r.Why }
