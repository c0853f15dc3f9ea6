package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"crosstalk/notes"
	"crosstalk/session"
)

// noteFlags are what `note` takes beside the text.
type noteFlags struct {
	as, kind, dir string
	attach        []string
	name          string
	samples       time.Duration
}

func noteCommand() *cobra.Command {
	var f noteFlags
	c := &cobra.Command{
		Use:   "note TEXT",
		Short: "Write a note into the running session, from any terminal",
		Long: `Note writes into the running session what you would type on its screen: the first
character or word sets the kind, unless --kind does. It returns when the note, and
what is attached to it, is on the disk. An attachment is copied into the session's
folder, with its SHA-256; "-" is standard input.`,
		Example: `  crosstalk note "! orders doubled in the back office"
  crosstalk note --kind question "who owns the retry queue?"
  crosstalk note "! the basket is empty" --attach shot.png
  kubectl logs deploy/shop | crosstalk note "! see the log" --attach - --name shop.log
  crosstalk note "~ it began here" --samples 60s`,
		Args: cobra.MinimumNArgs(1),
		RunE: f.write,
	}
	asFlag(c, &f.as)
	c.Flags().StringVar(&f.kind, "kind", "", "note, bug, question, obstacle, idea, works, risk, next, decision or setup")
	c.Flags().StringVar(&f.dir, "dir", "", "the session's folder (default: the one that runs)")
	c.Flags().StringArrayVar(&f.attach, "attach", nil, `a file to keep with the note; "-" is standard input (repeatable)`)
	c.Flags().StringVar(&f.name, "name", "", "what standard input is called (default: stdin.txt)")
	c.Flags().DurationVar(&f.samples, "samples", 0, "keep the last so many seconds of samples with the note, as CSV (at most 15m)")
	return c
}

func (f *noteFlags) check() error {
	if f.kind != "" {
		if _, err := notes.ParseKind(f.kind); err != nil {
			return err
		}
	}
	stdin := 0
	for _, path := range f.attach {
		if path == "-" {
			stdin++
		}
	}
	switch {
	case stdin > 1:
		return errors.New("standard input can be attached once: --attach - is given twice")
	case stdin == 1 && term.IsTerminal(os.Stdin.Fd()):
		return errors.New("--attach - reads standard input: pipe something into it, or name a file")
	case f.name != "" && stdin == 0:
		return errors.New("--name says what standard input is called: it goes with --attach -")
	case f.samples < 0 || f.samples > session.LongestSamples:
		return fmt.Errorf("--samples %s: samples of single seconds are kept for %s", f.samples, session.LongestSamples)
	}
	return nil
}

// write lays what is to be attached into the session's folder and gives the
// order. Nothing is noted when something can't be attached.
func (f *noteFlags) write(c *cobra.Command, args []string) (err error) {
	if err := f.check(); err != nil {
		return usage(err)
	}
	var where []string
	if f.dir != "" {
		where = []string{f.dir}
	}
	o := session.Order{Cmd: "note", By: f.as, Text: strings.Join(args, " "), Kind: f.kind, Samples: f.samples.Seconds()}
	if len(f.attach) == 0 {
		return order(c, where, o)
	}
	dir, err := runningDir(where)
	if err != nil {
		return usage(err)
	}
	if !session.Running(dir) { // before anything is laid into a folder that may be no session's
		return usage(fmt.Errorf("attach to a note in %s: %w", dir, session.ErrNotRunning))
	}
	defer func() {
		if err != nil {
			for _, st := range o.Attach {
				st.Discard(dir)
			}
		}
	}()
	for _, path := range f.attach {
		st, err := f.stage(c.Context(), dir, path)
		if err != nil {
			return usage(err)
		}
		o.Attach = append(o.Attach, st)
	}
	return order(c, []string{dir}, o)
}

// stage lays one file, or standard input, into the session's folder.
func (f *noteFlags) stage(ctx context.Context, dir, path string) (session.Staged, error) {
	if path == "-" {
		name := f.name
		if name == "" {
			name = "stdin.txt"
		}
		return session.Stage(ctx, dir, name, notes.FromStdin, os.Stdin)
	}
	open, from := session.OpenRegular, notes.FromFile
	if passed(path) {
		open, from = os.Open, notes.FromStdin
	}
	file, err := open(path)
	switch {
	case errors.Is(err, session.ErrNotRegular):
		return session.Staged{}, fmt.Errorf("attach %s: %w: what comes out of it goes in by standard input (--attach - < %s)", path, err, path)
	case err != nil:
		return session.Staged{}, fmt.Errorf("attach %s: %w", path, err)
	}
	defer file.Close()
	return session.Stage(ctx, dir, filepath.Base(path), from, file)
}

// passed tells of a pipe that the shell opened for this process, <(command):
// somebody writes to it already.
func passed(path string) bool {
	info, err := os.Stat(path)
	return strings.HasPrefix(path, "/dev/fd/") && err == nil && info.Mode()&os.ModeNamedPipe != 0
}
