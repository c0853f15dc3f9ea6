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
	root := rootCommand()
	root.PersistentPreRun = func(*cobra.Command, []string) { began = true }
	root.SetArgs(shield(os.Args[1:]))
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
