package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"crosstalk/session/report"
)

func compareCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "compare DIR1 DIR2",
		Short: "Two sessions' levels side by side, and whether they can be compared",
		Long: `Compare lays two sessions side by side: for each number of users the p95 of both
environments and the errors. Its first line says whether the two are comparable:
not if journeys, data, machine, think time or noise differ. A difference that
equal levels of one session show as well is no visible change.`,
		Example: "  crosstalk compare before/ after/\n  crosstalk compare before/ after/ --json",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			out, err := report.Compare(args[0], args[1])
			if errors.Is(err, fs.ErrNotExist) {
				return usage(err)
			}
			if err != nil {
				return err
			}
			if asJSON {
				enc := json.NewEncoder(c.OutOrStdout())
				enc.SetIndent("", "  ")
				return enc.Encode(out)
			}
			_, err = fmt.Fprint(c.OutOrStdout(), out.Text())
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return c
}
