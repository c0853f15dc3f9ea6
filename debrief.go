package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"crosstalk/notes"
	"crosstalk/session"
)

func debriefCommand() *cobra.Command {
	var answers []string
	var as string
	c := &cobra.Command{
		Use:   "debrief DIR",
		Short: "The debrief of a session that has ended",
		Long: `Debrief asks what a session's debrief still leaves open: past, results,
obstacles, outlook, feelings, learning and adaptation, and the one sentence that
heads the report. What the notes hold is proposed. An empty line takes the
proposal, "-" skips a question; it may be gone on with at any time.

With --answer, and without a terminal, nothing is asked.`,
		Example: `  crosstalk debrief DIR
  crosstalk debrief DIR --answer "learned=staging and production share a database"`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			st, _, err := foldDir(args[0])
			if err != nil {
				return usage(err)
			}
			if as == "" {
				as = st.Start.As
			}
			if err := session.CheckName(as); err != nil {
				return usage(fmt.Errorf("--as: %w", err))
			}
			given, err := parseAnswers(answers)
			if err != nil {
				return usage(err)
			}
			var keep func(session.Late) error = func(l session.Late) error {
				_, err := session.AddLate(args[0], time.Now(), []session.Late{l})
				return err
			}
			if len(answers) == 0 {
				if !screen() {
					return usage(errors.New(`there is no terminal here: give --answer "learned=..." (` + strings.Join(questionKeys(), ", ") + ")"))
				}
				return interview(os.Stdin, c.OutOrStdout(), st, as, keep)
			}
			_, err = session.AddLate(args[0], time.Now(), late(as, given))
			if errors.Is(err, session.ErrInUse) {
				return usage(fmt.Errorf("%w: debrief it on its own screen (D)", err))
			}
			if err != nil {
				return readOnly(err, args[0], "copy the folder, and debrief the copy")
			}
			for _, a := range given {
				fmt.Fprintf(c.OutOrStdout(), "kept: %s\n", a.Question)
			}
			return nil
		},
	}
	c.Flags().StringArrayVar(&answers, "answer", nil, `QUESTION=TEXT, such as "learned=the two share a database" (repeatable)`)
	c.Flags().StringVar(&as, "as", "", "who answers (default: who started the session)")
	return c
}

func questionKeys() []string {
	var keys []string
	for _, q := range session.Questions() {
		keys = append(keys, q.Key)
	}
	return keys
}

// parseAnswers reads QUESTION=TEXT, all problems at once.
func parseAnswers(lines []string) ([]session.Debrief, error) {
	var out []session.Debrief
	var problems []error
	for _, l := range lines {
		key, text, ok := strings.Cut(l, "=")
		key, text = strings.TrimSpace(key), strings.TrimSpace(notes.Clean(text))
		switch {
		case !ok || text == "":
			problems = append(problems, fmt.Errorf(`--answer: %q is not QUESTION=TEXT, such as "learned=the two share a database"`, l))
		case !slices.Contains(questionKeys(), key):
			problems = append(problems, fmt.Errorf("--answer: no question is called %q: %s", key, strings.Join(questionKeys(), ", ")))
		default:
			out = append(out, session.Debrief{Question: key, Text: text})
		}
	}
	return out, errors.Join(problems...)
}

func late(as string, answers []session.Debrief) []session.Late {
	var facts []session.Late
	for _, a := range answers {
		facts = append(facts, session.Late{By: as, Type: session.TypeDebrief, Body: &a})
	}
	return facts
}

// interview puts the questions that have no answer yet. Each answer is kept before
// the next question is asked.
func interview(in io.Reader, out io.Writer, st *session.State, as string, keep func(session.Late) error) error {
	open := st.Unanswered()
	if len(open) == 0 {
		fmt.Fprintln(out, "Every question of this debrief has an answer; --answer QUESTION=TEXT changes one.")
		return nil
	}
	lines := bufio.NewScanner(in)
	fmt.Fprintf(out, "%s\nEnter takes what is proposed, \"-\" skips, ctrl+d ends: crosstalk debrief goes on later.\n", st.Charter)
	for i, q := range open {
		fmt.Fprintf(out, "\n%d of %d  %s: %s (%s)\n", i+1, len(open), q.Name, q.Asks, q.Hint)
		proposed := st.Prefill(q.Key)
		for l := range strings.SplitSeq(proposed, "\n") {
			if l != "" {
				fmt.Fprintln(out, "  |", l)
			}
		}
		fmt.Fprint(out, "> ")
		if !lines.Scan() {
			fmt.Fprintln(out)
			return lines.Err()
		}
		text := strings.TrimSpace(notes.Clean(lines.Text()))
		if text == "" {
			text = proposed
		}
		if text == "" || text == "-" {
			continue
		}
		if err := keep(session.Late{By: as, Type: session.TypeDebrief, Body: &session.Debrief{Question: q.Key, Text: text}}); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "\nKept. crosstalk report DIR writes the report anew.")
	return nil
}
