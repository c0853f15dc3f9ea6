package main

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"crosstalk/session/report"
)

func reportCommand() *cobra.Command {
	var formats, out string
	var from, to time.Duration
	c := &cobra.Command{
		Use:   "report DIR",
		Short: "Export a session, running or ended",
		Long: `Report writes a session's exports from its journal: at any time, also after a
crash. It never touches the journal; the same journal gives the same bytes.`,
		Example: `  crosstalk report DIR
  crosstalk report DIR --format html,md --out reports/
  crosstalk report DIR --format timeline --from 2m --to 6m30s`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			list, err := report.ParseFormats(formats)
			if err != nil {
				return usage(fmt.Errorf("--format: %w", err))
			}
			var of *report.Stretch
			if c.Flags().Changed("from") || c.Flags().Changed("to") {
				of = &report.Stretch{From: from.Seconds(), To: to.Seconds()}
				if from < 0 || to <= from {
					return usage(errors.New("--to must be later than --from, both elapsed since the session's start"))
				}
			}
			files, err := report.WriteOf(args[0], out, list, of)
			for _, f := range files {
				fmt.Fprintln(c.OutOrStdout(), f)
			}
			if errors.Is(err, fs.ErrNotExist) {
				return usage(fmt.Errorf("%s holds no session: %w", args[0], err))
			}
			return err
		},
	}
	c.Flags().StringVar(&formats, "format", "html,md,json", "formats, with commas: html, md, json, csv, ses, timeline, wiki, chat, share")
	c.Flags().DurationVar(&from, "from", 0, "where the timeline begins, elapsed since the start (default: before the trouble)")
	c.Flags().DurationVar(&to, "to", 1000*time.Hour, "where the timeline ends")
	c.Flags().StringVar(&out, "out", "", "folder to write to (default: the session's)")
	return c
}
