package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"crosstalk/loadengine"
	"crosstalk/notes"
	"crosstalk/session"
)

// helpful completes what a shell can complete, and lets every refusal of the
// command line say what would be taken instead.
func helpful(root *cobra.Command) {
	root.SuggestionsMinimumDistance = 2
	root.Args = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		near := "crosstalk --help lists them all"
		if s := c.SuggestionsFor(args[0]); len(s) > 0 {
			near = "did you mean " + strings.Join(s, " or ") + "?"
		}
		return usage(fmt.Errorf("unknown command %q: %s", args[0], near))
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usage(flagError(c, err)) })
	shells(root)
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			continue
		}
		places := strings.Count(c.Use, "DIR")
		if places > 0 {
			c.ValidArgsFunction = sessionFolders(places)
		} else if c.ValidArgsFunction == nil {
			c.ValidArgsFunction = cobra.NoFileCompletions
		}
		c.Args = countedArgs(c.Args)
		for flag, complete := range flagValues {
			if c.Flags().Lookup(flag) != nil {
				// It fails only for a flag that is not there or has one already.
				_ = c.RegisterFlagCompletionFunc(flag, complete)
			}
		}
	}
}

// shells makes the command that prints a shell's completion, with an example for
// each shell.
func shells(root *cobra.Command) {
	root.InitDefaultCompletionCmd("completion")
	for _, c := range root.Commands() {
		if c.Name() != "completion" {
			continue
		}
		c.Short = "Tab completion for your shell: commands, flags, session folders"
		c.Long = "Completion prints a script for your shell. With it, Tab completes commands, flags\nand their values, and the folders of recorded sessions, newest first."
		c.Example = "  crosstalk completion bash --help"
		for _, shell := range c.Commands() {
			shell.Example = map[string]string{
				"bash":       "  source <(crosstalk completion bash)\n  crosstalk completion bash > ~/.local/share/bash-completion/completions/crosstalk",
				"zsh":        "  source <(crosstalk completion zsh)\n  crosstalk completion zsh > \"${fpath[1]}/_crosstalk\"",
				"fish":       "  crosstalk completion fish | source\n  crosstalk completion fish > ~/.config/fish/completions/crosstalk.fish",
				"powershell": "  crosstalk completion powershell | Out-String | Invoke-Expression",
			}[shell.Name()]
		}
	}
}

// flagError adds the flag that was probably meant.
func flagError(c *cobra.Command, err error) error {
	name, ok := strings.CutPrefix(err.Error(), "unknown flag: --")
	switch {
	case strings.Contains(err.Error(), "invalid duration"):
		return fmt.Errorf("%w: write 30s, 5m or 1h30m", err)
	case !ok:
		return fmt.Errorf("%w: %s --help shows what it takes", err, c.CommandPath())
	}
	best, least := "", 3
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if d := slips(name, f.Name); d < least {
			best, least = f.Name, d
		}
	})
	if best == "" {
		return fmt.Errorf("%w: %s --help lists its flags", err, c.CommandPath())
	}
	return fmt.Errorf("%w: did you mean --%s?", err, best)
}

// slips counts the letters to insert, drop, replace or swap with their neighbour
// that make a word another (optimal string alignment).
func slips(a, b string) int {
	before, last := []int(nil), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// countedArgs says in words what a command takes, when the number of its
// arguments is wrong.
func countedArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	if check == nil {
		return nil
	}
	return func(c *cobra.Command, args []string) error {
		if check(c, args) == nil {
			return nil
		}
		_, takes, some := strings.Cut(c.Use, " ")
		if !some {
			return usage(fmt.Errorf("%s takes no %q: everything it takes is a flag; %s --help lists them", c.CommandPath(), args[0], c.CommandPath()))
		}
		hint := c.CommandPath() + " --help shows examples"
		if strings.Contains(takes, "DIR") {
			hint = "DIR is a session's folder; crosstalk sessions lists them"
			if dir, err := statusDir(nil); err == nil {
				hint = "DIR is a session's folder, the newest is " + dir
			}
		}
		return usage(fmt.Errorf("%s takes %s, and %s given: %s", c.CommandPath(), takes, given(len(args)), hint))
	}
}

func given(n int) string {
	switch n {
	case 0:
		return "nothing was"
	case 1:
		return "one argument was"
	}
	return fmt.Sprintf("%d arguments were", n)
}

// sessionFolders completes the folders of recorded sessions, newest first, each
// with what it was about; other folders as well.
func sessionFolders(most int) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var out []cobra.Completion
		for _, dir := range foldersOf(sessionsHome()) {
			if strings.HasPrefix(dir, typed) && !slices.Contains(args, dir) {
				out = append(out, cobra.CompletionWithDesc(dir, aboutSession(dir)))
			}
		}
		if len(out) == 0 {
			return nil, cobra.ShellCompDirectiveFilterDirs
		}
		return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}

// completed is how many sessions are completed at most: who wants an older one
// lists them.
const completed = 20

// foldersOf returns the newest sessions' folders in home.
func foldersOf(home string) []string {
	entries, err := os.ReadDir(home)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range slices.Backward(entries) {
		dir := filepath.Join(home, e.Name())
		if _, err := os.Stat(filepath.Join(dir, session.JournalName)); err == nil {
			if out = append(out, dir); len(out) == completed {
				break
			}
		}
	}
	return out
}

// aboutSession is what a shell shows beside a session's folder.
func aboutSession(dir string) string {
	st, _, err := session.ReadNoted(dir)
	if err != nil {
		return "can't be read"
	}
	text := stateOf(dir, st) + ", " + clock(st.Elapsed())
	if st.Charter != "" {
		text += ", " + short(st.Charter, 40)
	}
	return text
}

// flagValues complete flags by their name, in every command that has them.
var flagValues = map[string]cobra.CompletionFunc{
	"resume": sessionFolders(1), "like": sessionFolders(1), "dir": sessionFolders(1),
	"out": folders, "shots": folders,
	"config": files("yaml", "yml"), "har": files("har", "json"), "answers": files("txt"),
	"profile": words("quick", "standard", "slow"), "noise": words("quiet", "busy"), "events": words("-"),
	"format": formatsAfter, "mode": words(loadengine.ModeUsers, loadengine.ModeRate), "export": words("cast"), "glide": words("off"),
	"for": words("30s", "5m", "20m"), "baseline": words("0", "30s", "2m"), "kind": kinds,
	"since": words("7d", "30d", time.Now().Format(time.DateOnly)),
}

func folders(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

func files(ends ...string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return ends, cobra.ShellCompDirectiveFilterFileExt
	}
}

func words(all ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(all, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveKeepOrder)
}

// formatsAfter completes the last of the formats that are listed with commas.
func formatsAfter(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	given := typed[:strings.LastIndex(typed, ",")+1]
	var out []cobra.Completion
	for _, name := range formatNames() {
		if !slices.Contains(strings.Split(given, ","), name) {
			out = append(out, given+name)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

func kinds(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var out []cobra.Completion
	for _, k := range notes.Kinds() {
		out = append(out, string(k.Kind))
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}
