package main

import "regexp"

// ago is a time at the start of a note: "-5m it was slow".
var ago = regexp.MustCompile(`^-[0-9]`)

// shield lets a note begin with a time: "-5m it was slow" is text, and no flag
// of ours begins with a digit. The space that makes it so is cut off again when
// the note is read.
func shield(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if out[i] = a; i > 0 && args[0] == "note" && ago.MatchString(a) && args[i-1] != "--" {
			out[i] = " " + a
		}
	}
	return out
}
