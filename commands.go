package main

import (
	"os"

	"github.com/spf13/cobra"
)

// The groups of commands in the help, in the order in which a person meets them.
const (
	groupStart   = "start"
	groupSystems = "systems"
	groupRunning = "running"
	groupAfter   = "after"
	groupMore    = "more"
)

// rootCommand makes the tree of all commands.
func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "crosstalk",
		Short: "Turn a dial of users on staging, watch production, write it down",
		Long: `Crosstalk is a terminal UI for live exploratory test sessions. You turn a dial of
concurrent users on staging, see staging and production side by side, and write
notes that keep the moment. When production suffers, it lets go of the load by
itself.

Never used it? Start with the embedded shop: it needs nothing else.

  crosstalk demo`,
		Example: `  crosstalk
  crosstalk demo
  crosstalk init
  crosstalk run --target http://127.0.0.1:8080/ --watch http://127.0.0.1:9081/health
  crosstalk report DIR --format md`,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := os.Stat("crosstalk.yaml")
			return printNext(c.OutOrStdout(), nextSteps(sessionsHome(), err == nil))
		},
	}
	for _, g := range []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{groupStart, "start here", []*cobra.Command{demoCommand(), labCommand()}},
		{groupSystems, "your own systems", []*cobra.Command{initCommand(), importCommand(), tryCommand(), askCommand(), checkCommand(), runCommand()}},
		{groupRunning, "while a session runs", []*cobra.Command{statusCommand(), noteCommand(), holdCommand(), stopCommand()}},
		{groupAfter, "afterwards", []*cobra.Command{reportCommand(), bugCommand(), replayCommand(), debriefCommand(), sessionsCommand(), compareCommand(), redactCommand()}},
		{groupMore, "more", []*cobra.Command{agentCommand()}},
	} {
		root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		for _, c := range g.commands {
			c.GroupID = g.id
		}
		root.AddCommand(g.commands...)
	}
	root.SetHelpCommandGroupID(groupMore)
	root.SetCompletionCommandGroupID(groupMore)
	helpful(root)
	return root
}
