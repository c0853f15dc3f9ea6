package main

import (
	"strings"

	"github.com/spf13/cobra"

	"crosstalk/notes"
	"crosstalk/session"
)

func noteCommand() *cobra.Command {
	var as, kind, dir string
	c := &cobra.Command{
		Use:   "note TEXT",
		Short: "Write a note into the running session, from any terminal",
		Long: `Note writes into the running session what you would type on its screen: the first
character or word sets the kind, unless --kind does. It returns when the note is
on the disk.`,
		Example: `  crosstalk note "! orders doubled in the back office"
  crosstalk note --kind question "who owns the retry queue?"`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if kind != "" {
				if _, err := notes.ParseKind(kind); err != nil {
					return usage(err)
				}
			}
			var where []string
			if dir != "" {
				where = []string{dir}
			}
			return order(c, where, session.Order{Cmd: "note", By: as, Text: strings.Join(args, " "), Kind: kind})
		},
	}
	asFlag(c, &as)
	c.Flags().StringVar(&kind, "kind", "", "note, bug, question, obstacle, idea, works, risk, next, decision or setup")
	c.Flags().StringVar(&dir, "dir", "", "the session's folder (default: the one that runs)")
	return c
}
