// Package monitors watches servers and never loads them: checks on an
// open-loop schedule, a baseline learned in a quiet phase, and the health of
// each check and each environment with hysteresis.
//
// A Monitor sends probes and emits samples. A Board turns samples into health.
// The two share nothing but the samples, so the goroutine that guards the load
// can own a Board alone, without a lock.
package monitors

import "fmt"

// Health is the state of a check or of an environment.
//
// The zero value is NoSight: what has not been seen is not green.
type Health uint8

// The states, in no order of severity: see Worse.
const (
	NoSight Health = iota // nothing is known: no verdict for too long, or none yet
	Green                 // as usual
	Amber                 // slower than usual, a few bad probes, or a warning
	Red                   // failing
)

// The roles of environments.
const (
	Staging    = "staging"    // under load
	Production = "production" // never under load
	Control    = "control"    // unrelated to both: shows whether we ourselves are the cause
	Self       = "self"       // this machine
)

var healthWords = [...]string{NoSight: "no sight", Green: "green", Amber: "amber", Red: "red"}

// String returns the word shown to people: green, amber, red or no sight.
func (h Health) String() string {
	if int(h) < len(healthWords) {
		return healthWords[h]
	}
	return healthWords[NoSight]
}

// MarshalText writes the word of String.
func (h Health) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads a word that String wrote; any other is an error.
func (h *Health) UnmarshalText(text []byte) error {
	for i, word := range healthWords {
		if word == string(text) {
			*h = Health(i)
			return nil
		}
	}
	return fmt.Errorf("read health: %q is none of green, amber, red, no sight", text)
}

// severity orders the states: green, amber, no sight, red.
func (h Health) severity() int {
	switch h {
	case Green:
		return 0
	case Amber:
		return 1
	case Red:
		return 3
	default:
		return 2
	}
}

// Worse returns the more severe of two states. The order is green, amber, no
// sight, red: a server that is known to fail outranks one that is not seen.
func Worse(a, b Health) Health {
	if b.severity() > a.severity() {
		return b
	}
	return a
}
