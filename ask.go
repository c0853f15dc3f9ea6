package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"crosstalk/monitors/identity"
	"crosstalk/session"
)

func askCommand() *cobra.Command {
	var answers string
	var asJSON bool
	c := &cobra.Command{
		Use:   "ask",
		Short: "The questions about the architecture to send before any load",
		Long: `Ask prints eight questions to paste into a chat, with two read-only statements that
the owner of the databases runs on both sides. When it comes back filled in, give
it to --answers: who said what, what is still unknown, and what it all means.

Exit codes with --answers: 0 nothing is shared and nothing left open, 10 linked,
11 not known.`,
		Example: `  crosstalk ask > questions.txt
  crosstalk ask --answers questions.txt`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if !c.Flags().Changed("answers") {
				if asJSON {
					return usage(errors.New("--json goes with --answers"))
				}
				_, err := fmt.Fprint(c.OutOrStdout(), identity.Questions())
				return err
			}
			return readAnswers(c, answers, asJSON)
		},
	}
	c.Flags().StringVar(&answers, "answers", "", `the file that came back filled in ("-": stdin)`)
	c.Flags().BoolVar(&asJSON, "json", false, "the answers and the verdict as JSON on stdout")
	return c
}

// answered is what the answers come to, as JSON.
type answered struct {
	checkResult
	Answers identity.Answers `json:"answers"`
	Unknown []identity.Topic `json:"unknown"`
}

// openAnswers reads what came back; "-" is in. People paste connection strings:
// what mask and the form of a password tell is never kept.
func openAnswers(path string, in io.Reader, mask func(string) string) (identity.Answers, error) {
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return identity.Answers{}, usage(fmt.Errorf("read the answers: %w", err))
		}
		defer file.Close()
		in = file
	}
	a, err := identity.ReadAnswers(path, in, func(s string) string { return maskAnswer(s, mask) })
	return a, usage(err)
}

func readAnswers(c *cobra.Command, path string, asJSON bool) error {
	mask := new(session.Config).Mask
	a, err := openAnswers(path, c.InOrStdin(), mask)
	if err != nil {
		return err
	}
	result := a.Result(c.Context(), identity.Options{})
	for i := range result.Findings {
		result.Findings[i] = result.Findings[i].Masked(mask)
	}
	a = a.Masked(mask)
	r := answered{checkResult: checkResult{Identity: &result}, Answers: a, Unknown: a.Unknown()}
	r.stores()
	out := c.OutOrStdout()
	if asJSON {
		err = printJSON(out, r)
	} else {
		for _, line := range a.Summary() {
			fmt.Fprintln(out, line)
		}
		_, err = fmt.Fprintln(out, r.Words)
	}
	if err != nil {
		return fmt.Errorf("print the answers: %w", err)
	}
	if r.Exit != 0 {
		return &failure{code: r.Exit}
	}
	return nil
}
