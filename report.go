package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"crosstalk/session"
	"crosstalk/session/report"
)

func reportCommand() *cobra.Command {
	var formats, out string
	var from, to time.Duration
	var redact []string
	var toChat bool
	c := &cobra.Command{
		Use:   "report DIR",
		Short: "Export a session, running or ended",
		Long: `Report writes a session's exports from its journal: at any time, also after a
crash. It never touches the journal; the same journal gives the same bytes.

  html      report.html: one page, for anyone
  md        report.md for GitHub and GitLab, with small pictures beside it
  wiki      report.wiki.txt: the same in the markup of Jira and Confluence
  json      session.json: every number (docs/session.schema.json)
  csv       notes.csv and levels.csv
  ses       et-*.ses: the sheet of session-based test management, and its areas
  timeline  timeline.md: a blameless timeline of the trouble
  chat      chat.txt: twelve lines for a chat
  share     share.png: one picture

Production's hosts stay out of all of them; --redact leaves out more.`,
		Example: `  crosstalk report DIR
  crosstalk report DIR --format html,md --out reports/
  crosstalk report DIR --redact names,hosts,tags
  crosstalk report DIR --format timeline --from 2m --to 6m30s`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			list, err := report.ParseFormats(formats)
			if err != nil {
				return usage(fmt.Errorf("--format: %w", err))
			}
			o := report.Options{Tell: func(s string) { fmt.Fprintln(c.ErrOrStderr(), s) }}
			if o.Profile, err = report.ParseProfile(redact); err != nil {
				return usage(fmt.Errorf("--redact: %w", err))
			}
			if c.Flags().Changed("from") || c.Flags().Changed("to") {
				o.Of = &report.Stretch{From: from.Seconds(), To: to.Seconds()}
				if from < 0 || to <= from {
					return usage(errors.New("--to must be later than --from, both elapsed since the session's start"))
				}
			}
			files, err := report.WriteOf(args[0], out, list, o)
			for _, f := range files {
				fmt.Fprintln(c.OutOrStdout(), f)
			}
			if errors.Is(err, fs.ErrNotExist) {
				return usage(fmt.Errorf("%s holds no session: %w", args[0], err))
			}
			if errors.Is(err, report.ErrOutside) {
				return usage(fmt.Errorf("--from: %w", err))
			}
			if away := attachmentsElsewhere(args[0], out); away != "" && err == nil {
				fmt.Fprintln(c.ErrOrStderr(), away)
			}
			if err == nil && toChat {
				var said string
				if said, err = copyCut(args[0], o.Profile); err == nil {
					fmt.Fprintln(c.ErrOrStderr(), said)
				}
			}
			return readOnly(err, cmp.Or(out, args[0]), "--out FOLDER writes the report elsewhere")
		},
	}
	c.Flags().StringVar(&formats, "format", "html,md,json", "formats, with commas: "+strings.Join(formatNames(), ", "))
	c.Flags().DurationVar(&from, "from", 0, "where the timeline begins, elapsed since the start (default: before the trouble)")
	c.Flags().DurationVar(&to, "to", 1000*time.Hour, "where the timeline ends")
	c.Flags().StringVar(&out, "out", "", "folder to write to (default: the session's)")
	c.Flags().BoolVar(&toChat, "copy", false, "put the twelve lines for a chat on the terminal's clipboard (OSC 52)")
	redactFlag(c, &redact)
	return c
}

func formatNames() []string {
	var out []string
	for _, f := range report.Formats() {
		out = append(out, string(f))
	}
	return out
}

// redactFlag adds --redact.
func redactFlag(c *cobra.Command, redact *[]string) {
	c.Flags().StringArrayVar(redact, "redact", nil, "leave out names, hosts, tags (with commas, or all); none shows production's hosts, too (default: production's hosts)")
}

// attachmentsElsewhere says where the files are that a report written to another
// folder links to: they are not copied, since nothing is taken out of them.
func attachmentsElsewhere(dir, out string) string {
	from := filepath.Join(dir, session.AttachmentsName)
	if out == "" || filepath.Clean(out) == filepath.Clean(dir) {
		return ""
	}
	if kept, err := os.ReadDir(from); err != nil || len(kept) == 0 {
		return ""
	}
	return fmt.Sprintf("Attachments stay in %s: links to them work once that folder is copied beside the report. Look into them first: nothing is redacted in them", from)
}
