package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"crosstalk/session"
)

// nextStep is one command that makes sense now, and why.
type nextStep struct{ command, why string }

// nextSteps looks at the home of sessions, and tells what a person is likely to
// want who has a crosstalk.yaml here, or has none. It never comes back empty.
func nextSteps(home string, configured bool) []nextStep {
	var out []nextStep
	add := func(why, format string, args ...any) {
		out = append(out, nextStep{"crosstalk " + fmt.Sprintf(format, args...), why})
	}
	recorded := foldersOf(home)
	var running, cutOff, newest string
	for _, dir := range recorded {
		switch st, _, err := session.ReadNoted(dir); {
		case session.Running(dir):
			running = dir
		case err != nil:
		case st.Ended == nil && cutOff == "" && dir == recorded[0]:
			cutOff = dir
		case st.Ended != nil && newest == "":
			newest = dir
		}
	}
	if running != "" {
		add("a session runs: what is it doing right now?", "status %s", word(running))
		add("stops all its load, from any terminal", "stop %s", word(running))
	}
	if cutOff != "" {
		command := "run --resume"
		if st, _, err := session.ReadNoted(cutOff); err == nil && st.Start.Demo != "" {
			command = "demo --resume"
		}
		add("the newest session stopped unasked: take it up again", "%s %s", command, word(cutOff))
	}
	if configured {
		add("one user walks each journey of crosstalk.yaml once", "try")
		add("does load on staging reach production? Ask before you load", "check")
		add("a session: the dial, both environments, your notes", "run")
	}
	if len(recorded) == 0 || !configured {
		add("the whole program on an embedded shop: nothing to set up", "demo")
	}
	if !configured {
		add("asks a few questions and writes a crosstalk.yaml", "init")
		add("a session on one address, without a file", "run --target URL --watch URL")
	}
	if newest != "" {
		add("the newest session again, with a cursor in time", "replay %s", word(newest))
		add("its report, in any format", "report %s", word(newest))
	}
	return out
}

// word quotes a path for a shell, where it needs that.
func word(path string) string {
	if strings.IndexFunc(path, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(`/\:._-+@%,=`, r))
	}) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// printNext says what to do next.
func printNext(w io.Writer, steps []nextStep) error {
	fmt.Fprintf(w, "Crosstalk: turn a dial of users on staging, watch production, write it down.\n\nNext:\n")
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, s := range steps {
		if len(s.command) > 44 { // a folder's path: its reason goes below
			if err := t.Flush(); err != nil {
				return fmt.Errorf("print what to do next: %w", err)
			}
			fmt.Fprintf(w, "  %s\n      %s\n", s.command, s.why)
			continue
		}
		fmt.Fprintf(t, "  %s\t%s\n", s.command, s.why)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("print what to do next: %w", err)
	}
	_, err := fmt.Fprintf(w, "\nEvery command, with examples: crosstalk --help. Tab completion: crosstalk completion --help.\n")
	return err
}
