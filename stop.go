package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"crosstalk/session"
)

func stopCommand() *cobra.Command {
	return orderCommand("stop", "Stop all load of the running session, from any terminal")
}

func holdCommand() *cobra.Command {
	return orderCommand("hold", "Hold the running session's users where they are")
}

// orderCommand makes a command that is nothing but an order to a session.
func orderCommand(name, short string) *cobra.Command {
	var as string
	c := &cobra.Command{
		Use:     name + " [DIR]",
		Short:   short,
		Example: "  crosstalk " + name + "\n  crosstalk " + name + " DIR",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return order(c, args, session.Order{Cmd: name, By: as})
		},
	}
	asFlag(c, &as)
	return c
}

func asFlag(c *cobra.Command, as *string) {
	c.Flags().StringVar(as, "as", "", "your name in the record (default: your login name)")
}

// order gives an order to a running session and prints its answer.
func order(c *cobra.Command, args []string, o session.Order) error {
	who, err := (&liveFlags{as: o.By}).person()
	if err != nil {
		return err
	}
	o.By = who.Name
	dir, err := runningDir(args)
	if err != nil {
		return usage(err)
	}
	out, err := o.Send(context.WithoutCancel(c.Context()), dir)
	if errors.Is(err, session.ErrNotRunning) {
		return usage(err)
	}
	if err != nil {
		return err
	}
	if !out.OK {
		return &failure{code: exitInternal, err: errors.New(out.Text)}
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), out.Text)
	return err
}

// runningDir is the session named, or the only one that runs. Of several,
// nobody guesses: a stop must not go to the wrong one.
func runningDir(args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	entries, err := os.ReadDir(sessionsHome())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("list sessions: %w", err)
	}
	var running []string
	for _, e := range entries {
		if dir := filepath.Join(sessionsHome(), e.Name()); session.Running(dir) {
			running = append(running, dir)
		}
	}
	switch len(running) {
	case 0:
		return "", fmt.Errorf("no session runs in %s: name the session's folder (crosstalk note takes it as --dir DIR)", sessionsHome())
	case 1:
		return running[0], nil
	}
	return "", fmt.Errorf("%d sessions run: name one of\n  %s", len(running), strings.Join(running, "\n  "))
}
