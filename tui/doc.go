// Package tui is the whole screen: one model for each viewer, drawn from a
// session's state, which it follows by pulling events. It does no IO in Update
// or View, and what a person asks goes to the session as a command.
package tui
