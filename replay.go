package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"crosstalk/session"
	"crosstalk/tui"
)

// replayFlags are the flags of `replay`.
type replayFlags struct {
	at     string
	speed  int
	export string
	out    string
	size   string
	ascii  bool
}

func replayCommand() *cobra.Command {
	var f replayFlags
	c := &cobra.Command{
		Use:   "replay DIR",
		Short: "Show a session again, with a time cursor",
		Long: `Replay shows the screen of a session as it was at any of its moments: play it at
up to 64 times its speed, step, jump from note to note and to what the guard did,
search. A session that still runs is followed. Nothing is written to its folder,
and no key reaches a session.

With --export cast it writes a recording for asciinema instead, with the notes as
markers.`,
		Example: `  crosstalk replay DIR
  crosstalk replay DIR --at 12:30
  crosstalk replay DIR --export cast --speed 8 --out session.cast`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return f.run(c.Context(), args[0], c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.at, "at", "", `where to begin: session time as "12:30" or "1:02:03", "-5:00" before the end, or "end"`)
	fl.IntVar(&f.speed, "speed", 1, fmt.Sprintf("seconds of the session in one, 1 to %d", tui.MaxSpeed))
	fl.StringVar(&f.export, "export", "", `"cast": write a recording (asciicast v2) instead`)
	fl.StringVar(&f.out, "out", "", `the recording's file, "-" for stdout (default: the session's name in this folder)`)
	fl.StringVar(&f.size, "size", "120x36", "the recording's columns and rows")
	fl.BoolVar(&f.ascii, "ascii", false, "draw with ASCII only")
	return c
}

func (f *replayFlags) run(ctx context.Context, dir string, out, people io.Writer) error {
	at, still, err := parseAt(f.at)
	if err != nil {
		return usage(fmt.Errorf("--at: %w", err))
	}
	w, h, err := parseSize(f.size)
	switch {
	case err != nil:
		return usage(fmt.Errorf("--size: %w", err))
	case f.speed < 1 || f.speed > tui.MaxSpeed:
		return usage(fmt.Errorf("--speed %d: it goes from 1 to %d", f.speed, tui.MaxSpeed))
	case f.export != "" && f.export != "cast":
		return usage(fmt.Errorf("--export %s: there is only cast", f.export))
	case f.export == "" && f.out != "":
		return usage(errors.New("--out is for a recording: add --export cast"))
	case f.export == "" && !screen():
		return usage(errors.New("there is no terminal here: start it in one, or add --export cast for a recording"))
	}
	if f.export == "" {
		return playback(ctx, dir, tui.ReplayOptions{At: at, Still: still, Speed: f.speed, Now: time.Now, ASCII: f.ascii, Environ: os.Environ()})
	}
	return withPlayback(ctx, dir, func(ctx context.Context, p *session.Playback) error {
		return f.cast(ctx, p, dir, w, h, out, people)
	})
}

// playback shows a journal on this terminal until its viewer leaves.
func playback(ctx context.Context, dir string, o tui.ReplayOptions) error {
	return withPlayback(ctx, dir, func(ctx context.Context, p *session.Playback) error {
		return tui.RunReplay(ctx, p, o, os.Stdin, os.Stdout)
	})
}

// withPlayback reads a journal while do works with it; a signal ends both.
func withPlayback(ctx context.Context, dir string, do func(context.Context, *session.Playback) error) error {
	p, err := session.OpenPlayback(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return usage(fmt.Errorf("%s holds no session: %w", dir, err))
	}
	if err != nil {
		return err
	}
	ctx, cancel := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	read := make(chan error, 1)
	go func() { read <- p.Run(ctx) }()
	err = do(ctx, p)
	cancel()
	return errors.Join(err, <-read, p.Close())
}

// cast writes the recording: whole, or not at all.
func (f *replayFlags) cast(ctx context.Context, p *session.Playback, dir string, w, h int, out, people io.Writer) error {
	o := tui.CastOptions{Width: w, Height: h, Speed: f.speed, Zone: time.Local, ASCII: f.ascii}
	if f.out == "-" {
		return tui.WriteCast(ctx, p, o, out)
	}
	name := f.out
	if name == "" {
		whole, err := filepath.Abs(dir)
		if err != nil {
			return fmt.Errorf("name the recording: %w", err)
		}
		name = filepath.Base(whole) + ".cast"
	}
	// The recording takes the place of what has its name: of a file, and never of a
	// device or a pipe.
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return usage(fmt.Errorf(`--out %s is no file: "-" writes to stdout`, name))
	}
	file, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return usage(fmt.Errorf("write recording: %w", err))
	}
	defer os.Remove(file.Name()) // there is none once it was renamed
	if st, ok := people.(*os.File); ok && term.IsTerminal(st.Fd()) {
		o.Progress = func(share float64) { fmt.Fprintf(people, "\r%3.0f %%", 100*share) }
		defer fmt.Fprint(people, "\r     \r")
	}
	if err := errors.Join(tui.WriteCast(ctx, p, o, file), file.Chmod(0o644), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), name); err != nil {
		return fmt.Errorf("write recording: %w", err)
	}
	_, err = fmt.Fprintln(out, name)
	if info, _ := p.Info(); info.Torn > 0 || info.Newer > 0 || info.Unknown > 0 {
		fmt.Fprintln(people, "crosstalk: not in the recording:", left(info))
	}
	return err
}

// left says what of a journal is not shown.
func left(i session.PlaybackInfo) string {
	var say []string
	if i.Torn > 0 {
		say = append(say, fmt.Sprintf("%d bytes at the journal's end (%s)", i.Torn, i.Why))
	}
	if i.Newer > 0 {
		say = append(say, plural(i.Newer, "event")+" written by a newer crosstalk")
	}
	if i.Unknown > 0 {
		say = append(say, plural(i.Unknown, "event")+" of types that are not known")
	}
	return strings.Join(say, ", ")
}

// parseAt reads a session time: "12:30", "1:02:03", "90s", before the end with
// a minus, or "end". A replay that begins at a chosen moment stands still there,
// but for the end, which may go on.
func parseAt(text string) (at time.Duration, still bool, err error) {
	const late = 100 * 365 * 24 * time.Hour
	text = strings.TrimSpace(text)
	switch text {
	case "":
		return 0, false, nil
	case "end":
		return late, false, nil
	}
	rest, back := strings.CutPrefix(text, "-")
	d, err := time.ParseDuration(rest)
	if err != nil {
		d, err = parseClock(rest)
	}
	if err != nil || d < 0 {
		return 0, false, fmt.Errorf("%q is no session time: write 12:30, 1:02:03, 90s, -5:00 or end", text)
	}
	d = min(d, late)
	if back {
		d = -d
	}
	return d, true, nil
}

// parseClock reads "12:30" and "1:02:03".
func parseClock(text string) (time.Duration, error) {
	parts := strings.Split(text, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, errors.New("no clock")
	}
	var s int
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || n < 0 || n > 1_000_000 || i > 0 && n > 59 {
			return 0, errors.New("no clock")
		}
		s = s*60 + n
	}
	return time.Duration(s) * time.Second, nil
}

// parseSize reads "120x36".
func parseSize(text string) (w, h int, err error) {
	a, b, _ := strings.Cut(text, "x")
	w, werr := strconv.Atoi(a)
	h, herr := strconv.Atoi(b)
	if werr != nil || herr != nil || w < 80 || h < 24 || w > 500 || h > 200 {
		return 0, 0, fmt.Errorf("%q: write it as 120x36, from 80x24 to 500x200", text)
	}
	return w, h, nil
}
