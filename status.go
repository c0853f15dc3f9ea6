package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"crosstalk/session"
	"crosstalk/session/report"
)

func statusCommand() *cobra.Command {
	var asJSON, line, toClipboard bool
	c := &cobra.Command{
		Use:   "status [DIR]",
		Short: `The one-screen answer to "what are you doing right now?"`,
		Long: `Status reads a session's journal and says who does what, where, how much, and
whether production is affected. Without DIR it takes the newest session.`,
		Example: `  crosstalk status
  crosstalk status DIR --json
  watch -n1 crosstalk status --line`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			dir, err := statusDir(args)
			if err != nil {
				return usage(err)
			}
			st, _, err := foldDir(dir)
			if errors.Is(err, os.ErrNotExist) {
				return usage(fmt.Errorf("%s holds no session: %w", dir, err))
			}
			if err != nil {
				return err
			}
			now := time.Now()
			st.Gone = stateOf(dir, st) == unasked
			if !line && st.Ended == nil && !st.Gone {
				// A person looks: a session whose timebox is over knows that it is not alone.
				// A status bar's line is no person.
				_, _ = session.Order{Cmd: "look", By: "somebody"}.Send(c.Context(), dir)
			}
			w := c.OutOrStdout()
			switch {
			case asJSON:
				enc := json.NewEncoder(w)
				enc.SetIndent("", "  ")
				return enc.Encode(report.StatusJSON(st, now))
			case line:
				_, err = fmt.Fprintln(w, report.StatusLine(st, now))
			default:
				for _, text := range report.Card(st, now) {
					fmt.Fprintln(w, text)
				}
			}
			if toClipboard {
				fmt.Fprintln(c.ErrOrStderr(), copied(strings.Join(report.Card(st, now), "\n")+"\n", "the card"))
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	c.Flags().BoolVar(&toClipboard, "copy", false, "put the card on the terminal's clipboard, too (OSC 52)")
	c.Flags().BoolVar(&line, "line", false, "one line, for a status bar")
	return c
}

func statusDir(args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	entries, err := os.ReadDir(sessionsHome())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("list sessions: %w", err)
	}
	newest, at := "", time.Time{}
	for _, e := range entries {
		path := filepath.Join(sessionsHome(), e.Name())
		if info, err := os.Stat(filepath.Join(path, session.JournalName)); err == nil && info.ModTime().After(at) {
			newest, at = path, info.ModTime()
		}
	}
	if newest == "" {
		return "", errors.New("there is no session yet: start one with crosstalk demo, or name its folder")
	}
	return newest, nil
}
