package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"crosstalk/session/report"
)

func reportCommand() *cobra.Command {
	var formats, out string
	c := &cobra.Command{
		Use:   "report DIR",
		Short: "Export a session, running or ended",
		Long: `Report writes a session's exports from its journal: at any time, also after a
crash. It never touches the journal; the same journal gives the same bytes.`,
		Example: `  crosstalk report DIR
  crosstalk report DIR --format md,json --out reports/`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			list, err := report.ParseFormats(formats)
			if err != nil {
				return usage(fmt.Errorf("--format: %w", err))
			}
			files, err := report.Write(args[0], out, list)
			for _, f := range files {
				fmt.Fprintln(c.OutOrStdout(), f)
			}
			if errors.Is(err, fs.ErrNotExist) {
				return usage(fmt.Errorf("%s holds no session: %w", args[0], err))
			}
			return err
		},
	}
	c.Flags().StringVar(&formats, "format", "md,json", "formats, with commas")
	c.Flags().StringVar(&out, "out", "", "folder to write to (default: the session's)")
	return c
}
