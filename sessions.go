package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"crosstalk/session"
)

// unasked is the state of a session whose process is gone without a last line.
const unasked = "stopped unasked"

// listed is one line of the list of sessions.
type listed struct {
	Dir     string    `json:"dir"`
	Began   time.Time `json:"began"`
	State   string    `json:"state"` // running, ended or stopped unasked
	Seconds float64   `json:"seconds"`
	Peak    int       `json:"peak_users"`
	Bugs    int       `json:"bugs"`
	Notes   int       `json:"notes"`
	Charter string    `json:"charter"`
	Problem string    `json:"problem,omitempty"`
}

func sessionsCommand() *cobra.Command {
	var asJSON bool
	var f soughtFlags
	c := &cobra.Command{
		Use:   "sessions [HOME]",
		Short: "List the recorded sessions, or search their notes",
		Long: `Sessions lists the recorded sessions, newest first. With --grep, --kind or --tag it
lists notes instead, of all sessions: which session, when, at how many users. A search
that finds nothing says so (with --json: an empty list) and exits 0.`,
		Example: `  crosstalk sessions --since 7d
  crosstalk sessions --grep "duplicate order"
  crosstalk sessions --kind bug --tag checkout --since 30d --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			home := sessionsHome()
			if len(args) == 1 {
				home = args[0]
				if _, err := os.Stat(home); err != nil {
					return usage(fmt.Errorf("list sessions: %w: give the folder that holds the sessions' folders", err))
				}
			}
			want, err := f.read(time.Now())
			if err != nil {
				return usage(err)
			}
			if f.search() {
				hits, err := searchSessions(home, want)
				if err != nil {
					return err
				}
				return hits.print(c.OutOrStdout(), c.ErrOrStderr(), asJSON)
			}
			list, err := listSessions(home)
			if err != nil {
				return err
			}
			list = slices.DeleteFunc(list, func(l listed) bool { return l.Problem == "" && l.Began.Before(want.since) })
			if asJSON {
				enc := json.NewEncoder(c.OutOrStdout())
				enc.SetIndent("", "  ")
				return enc.Encode(list)
			}
			return printSessions(c.OutOrStdout(), home, list)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	c.Flags().StringVar(&f.text, "grep", "", "notes that hold this text, whatever the case")
	c.Flags().StringVar(&f.kind, "kind", "", "notes of this kind: bug, question, ...")
	c.Flags().StringVar(&f.tag, "tag", "", "notes with this tag")
	c.Flags().StringVar(&f.since, "since", "", "only since then: 30d, 2w, 12h, or a day such as 2026-10-17")
	return c
}

// listSessions reads every session in home, newest first. One that can't be
// read is listed with its problem.
func listSessions(home string) ([]listed, error) {
	list := []listed{}
	entries, err := os.ReadDir(home)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	for _, e := range slices.Backward(entries) {
		dir := filepath.Join(home, e.Name())
		if _, err := os.Stat(filepath.Join(dir, session.JournalName)); err != nil {
			continue
		}
		list = append(list, describe(dir))
	}
	return list, nil
}

func describe(dir string) listed {
	// The last line of a session that ended holds what its measurements would tell.
	st, rest, err := session.ReadNoted(dir)
	if err == nil && st.Ended != nil {
		st.Dial.Peak = st.Ended.Peak
	} else {
		st, rest, err = foldDir(dir)
	}
	l := listed{Dir: dir, State: stateOf(dir, st)}
	if err != nil {
		l.State, l.Problem = "unreadable", err.Error()
		return l
	}
	l.Began, l.Seconds, l.Peak, l.Charter = st.Began, st.Elapsed().Seconds(), st.Dial.Peak, st.Charter
	for _, n := range st.Notes.Notes {
		if n.Gone != nil || n.System {
			continue
		}
		l.Notes++
		if n.Kind == "bug" {
			l.Bugs++
		}
	}
	if rest.Torn > 0 && l.State != "running" {
		l.Problem = fmt.Sprintf("%d bytes at the end are not whole lines: %s", rest.Torn, rest.Why)
	}
	return l
}

// foldDir folds a session's journal, live or dead.
func foldDir(dir string) (*session.State, session.Rest, error) {
	st := session.NewState()
	rest, err := session.EachEvent(dir, func(e session.Event) error {
		st.Apply(e)
		return nil
	})
	return st, rest, err
}

func stateOf(dir string, st *session.State) string {
	switch {
	case st.Ended != nil && !st.Ended.Lost():
		return "ended"
	case session.Running(dir):
		return "running"
	}
	return unasked
}

func printSessions(w io.Writer, home string, list []listed) error {
	if len(list) == 0 {
		_, err := fmt.Fprintf(w, "No sessions in %s yet. Start one: crosstalk demo\n", home)
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "BEGAN\tLASTED\tSTATE\tUSERS\tBUGS\tNOTES\tCHARTER\tFOLDER")
	for _, l := range list {
		began := "not known"
		if !l.Began.IsZero() {
			began = l.Began.Local().Format("2006-01-02 15:04")
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%d\t%s\t%s\n", began, clock(time.Duration(l.Seconds*float64(time.Second))), l.State, l.Peak, l.Bugs, l.Notes, short(l.Charter, 40), l.Dir)
		if l.Problem != "" {
			fmt.Fprintf(t, "\t\t%s\n", l.Problem)
		}
	}
	return t.Flush()
}

func short(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
