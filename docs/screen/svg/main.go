// Command svg turns a terminal screen, captured with its colours, into an SVG picture.
//
// It reads what `tmux capture-pane -e -N -p` writes: text, line feeds, SGR sequences.
//
//	docs/screen/svg < frame.ansi > frame.svg
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"crosstalk/tui/picture"
)

func main() {
	err := run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	switch {
	case err == nil:
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "svg:", err)
		os.Exit(1)
	}
}

// run is the whole program but for the process around it. It returns flag.ErrHelp when
// the flags were asked for or misused; what was wrong is then already on errw.
func run(args []string, in io.Reader, out, errw io.Writer) error {
	flags := flag.NewFlagSet("svg", flag.ContinueOnError)
	flags.SetOutput(errw)
	title := flags.String("title", "A terminal screen", "what the picture shows, for those who hear it")
	cols := flags.Int("cols", 0, "cells across at least (0: as many as the widest line)")
	rows := flags.Int("rows", 0, "cells down at least (0: as many as there are lines)")
	light := flags.Bool("light", false, "draw on a light ground")
	if err := flags.Parse(args); err != nil {
		return flag.ErrHelp
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("read arguments: %q is one too many; the screen comes on standard input", flags.Arg(0))
	}
	data, err := io.ReadAll(io.LimitReader(in, picture.MaxScreen+1))
	if err != nil {
		return fmt.Errorf("read the captured screen: %w", err)
	}
	return picture.Draw(out, data, picture.Options{Title: *title, Cols: *cols, Rows: *rows, Light: *light})
}
