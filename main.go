// Crosstalk is a terminal UI for live exploratory test sessions: a dial of
// concurrent users on staging, the health of staging and production side by
// side, notes with their moment, a report at the end. It lets go of the load by
// itself when production suffers.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"
)

// version is set by the linker for released binaries.
var version = "dev"

// The exit codes of every command, beside those of the sessions themselves.
const (
	exitInternal = 1
	exitUsage    = 2
	exitRed      = 3
	exitNoSight  = 4
	exitSignal   = 130
)

// failure is an error with the exit code it means. A nil err says nothing more
// than the code does.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string {
	if f.err == nil {
		return ""
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

func usage(err error) error {
	if err == nil {
		return nil
	}
	return &failure{code: exitUsage, err: err}
}

func main() { os.Exit(execute(context.Background())) }

// execute runs the command line and returns the exit code.
func execute(ctx context.Context) int {
	began := false
	root := &cobra.Command{
		Use:   "crosstalk",
		Short: "Turn a dial of users on staging, watch production, write it down",
		Long: `Crosstalk is a terminal UI for live exploratory test sessions. You turn a dial of
concurrent users on staging, see staging and production side by side, and write
notes that keep the moment. When production suffers, it lets go of the load by
itself.

Never used it? Start with the embedded shop: it needs nothing else.

  crosstalk demo`,
		Example: `  crosstalk demo
  crosstalk run --target http://127.0.0.1:8080/ --watch http://127.0.0.1:9081/health
  crosstalk run -c crosstalk.yaml
  crosstalk report DIR --format md`,
		Args:             cobra.NoArgs,
		PersistentPreRun: func(*cobra.Command, []string) { began = true },
		RunE:             func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.AddCommand(demoCommand(), runCommand(), tryCommand(), importCommand(), labCommand(), reportCommand(), bugCommand(), sessionsCommand(), statusCommand(), stopCommand(), holdCommand(), noteCommand(), compareCommand(), redactCommand(), debriefCommand(), replayCommand(), agentCommand(), checkCommand(), askCommand())
	root.SetArgs(shield(os.Args[1:]))
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	err := fang.Execute(ctx, root, fang.WithVersion(version), fang.WithoutManpage(), fang.WithErrorHandler(printError))
	if err == nil {
		return 0
	}
	var f *failure
	switch {
	case errors.As(err, &f):
		return f.code
	case !began: // cobra itself refused the command line
		return exitUsage
	}
	return exitInternal
}

// printError says what went wrong in plain lines: a list of problems stays one
// to a line, and an exit code that says it all prints nothing.
func printError(w io.Writer, _ fang.Styles, err error) {
	if text := err.Error(); text != "" {
		fmt.Fprintln(w, "crosstalk:", text)
	}
}
