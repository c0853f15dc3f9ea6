// Package notes holds what a tester writes down: the kinds of note, how a typed
// line becomes one, and how later events correct it. It has no clock and does
// no IO.
package notes

import "fmt"

// Kind is the kind of a note, as it stands in the journal.
type Kind string

// The kinds of note. To people, what session-based test management calls an
// issue (something in the way of testing) is an obstacle.
const (
	Plain    Kind = "note"
	Bug      Kind = "bug"
	Question Kind = "question"
	Obstacle Kind = "obstacle"
	Idea     Kind = "idea"
	Works    Kind = "works"
	Risk     Kind = "risk"
	Next     Kind = "next"
	Decision Kind = "decision"
	Setup    Kind = "setup"
)

// KindInfo tells how a kind is typed and shown.
type KindInfo struct {
	Kind Kind
	Mark string // the first character that sets it; "" for a plain note
	Word string // the first word that sets it; "" for a plain note
	Help string // what it is for, in a few words
	Open bool   // it stays open until somebody resolves it
}

var kinds = []KindInfo{
	{Plain, "", "", "anything seen", false},
	{Bug, "!", "bug", "it is broken", false},
	{Question, "?", "q", "to be answered", true},
	{Obstacle, "|", "obstacle", "in the way of testing", true},
	{Idea, "*", "idea", "worth a try", false},
	{Works, "+", "works", "seen to work", false},
	{Risk, "~", "risk", "a worry", false},
	{Next, ">", "next", "for a later session", true},
	{Decision, "=", "decision", "what we agreed", false},
	{Setup, ":", "setup", "how it was set up", false},
}

// Kinds returns every kind in the order of the help.
func Kinds() []KindInfo { return append([]KindInfo(nil), kinds...) }

// Info returns how a kind is typed and shown; an unknown kind is shown as a
// plain note.
func (k Kind) Info() KindInfo {
	for _, i := range kinds {
		if i.Kind == k {
			return i
		}
	}
	return kinds[0]
}

// ParseKind reads a kind's name, its mark or its word, as `--kind` takes it.
func ParseKind(s string) (Kind, error) {
	for _, i := range kinds {
		if s == string(i.Kind) || s != "" && (s == i.Mark || s == i.Word) {
			return i.Kind, nil
		}
	}
	return "", fmt.Errorf("no kind of note is called %q: use note, bug, question, obstacle, idea, works, risk, next, decision or setup", s)
}
