package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"crosstalk/monitors"
	"crosstalk/session"
	"crosstalk/session/notify"
	"crosstalk/session/report"
	"crosstalk/tui"
)

// live is one session from its options to its report.
type live struct {
	flags   *liveFlags
	opts    session.Options
	who     session.Person
	script  script
	demo    bool
	tour    *tui.Tour // of the demo; may be nil
	brief   string    // an act of the demo: all that is said at its end is this and what came of it
	riddle  bool      // whether the shop is linked is to be found out
	notify  session.NotifyConfig
	after   func(w io.Writer)                    // more lines at the end; may be nil
	ending  func(w io.Writer, st *session.State) // the same, of its last state; may be nil
	results *results                             // nil: nobody asked for them
	before  session.GuardView                    // what the guard did before the session was taken up again
}

// lastWord is how long the messages of a session that is over may take to leave.
const lastWord = 3 * time.Second

// run opens the session, drives it by script or by screen, and hands over the
// report. Its error carries the exit code.
func (l *live) run(ctx context.Context) error {
	signals := []os.Signal{syscall.SIGTERM, syscall.SIGHUP}
	if !l.flags.plain { // there the first ctrl+c stops all load and stays
		signals = append(signals, os.Interrupt)
	}
	ctx, stop := signal.NotifyContext(ctx, signals...)
	defer stop()
	// A reader of stdout that leaves must not take the session with it.
	signal.Ignore(syscall.SIGPIPE)

	if l.results != nil {
		l.results.begin(l.opts.Start.ID)
		l.opts.Result = l.results.put
	}
	door, err := l.door(ctx)
	if err != nil {
		l.results.drop()
		return err
	}
	s, err := session.New(l.opts)
	if err != nil {
		l.results.drop()
	}
	if errors.Is(err, session.ErrInUse) {
		return l.flags.lookOn(ctx, usage(inUse{l.opts.Dir}))
	}
	if err != nil {
		return readOnly(err, l.opts.Dir, l.flags.elsewhere())
	}
	earlier := s.Snapshot()
	l.before = earlier.Guard
	if l.results != nil {
		l.results.follow(func(why string) {
			s.Obstacle("the file of --results: " + why)
			if l.flags.headless {
				fmt.Fprintln(os.Stderr, "crosstalk: the file of --results:", why)
			}
		})
	}
	told := notify.Follow(context.WithoutCancel(ctx), s, notify.Options{To: l.notify, Failed: s.Remark})
	if l.flags.headless && l.unguarded() {
		fmt.Fprintf(os.Stderr, "crosstalk: unguarded: nothing of production is watched (--watch URL), at most %s\n", session.Unit(l.opts.Plan.Mode).Of(l.opts.Rules.FewUsers))
	}
	ended := make(chan error, 1)
	began := time.Now()
	go func() { ended <- s.Run(ctx) }()
	if err := l.openDoor(ctx, door, s); err != nil {
		fmt.Fprintln(os.Stderr, "crosstalk:", err)
	}
	if l.flags.headless {
		go tellDisk(s, earlier.Seq, os.Stderr)
	}
	go l.script.drive(ctx, s, l.who, began, l.flags.length)

	lines := newStream(s, os.Stdout)
	lines.last.Store(earlier.Seq)
	if l.flags.events == "-" {
		lines.start()
	}
	switch {
	case l.flags.plain:
		l.plainly(ctx, s, door, earlier)
	case !l.flags.headless:
		o := tui.Options{Who: l.who, Now: time.Now, Host: true, Demo: l.demo, Before: !l.demo, Tour: l.tour, Mystery: l.riddle, Express: l.flags.express, ASCII: l.flags.ascii, Calm: l.flags.calm, Shots: l.flags.shots, Environ: os.Environ(), Door: door}
		err := tui.Run(context.WithoutCancel(ctx), s, o, os.Stdin, os.Stdout)
		// A screen that is gone, whatever the reason, must not leave load behind.
		_, _ = s.Do(context.WithoutCancel(ctx), l.who, session.Finish{Reason: "quit"})
		if err != nil {
			fmt.Fprintln(os.Stderr, "crosstalk: the screen ended:", err)
		}
	}
	err = <-ended
	if door != nil {
		door.Shut("the session has ended")
	}
	err = errors.Join(err, lines.wait())
	state := s.Snapshot()
	if l.onlyOffered(state) {
		return l.outcome(ctx, state, errors.Join(err, forget(l.opts.Dir)))
	}
	files, rerr := report.Write(l.opts.Dir, "", []report.Format{report.HTML, report.Markdown, report.JSON})
	l.summary(os.Stderr, state, files)
	if !l.flags.headless && l.brief == "" && rerr == nil && !l.goesOn() {
		if said, cerr := copyCut(l.opts.Dir, report.DefaultProfile()); cerr == nil {
			fmt.Fprintf(os.Stderr, "Clipboard  %s\n", said)
		}
	}
	if l.results != nil {
		wrote, all, werr := l.results.close()
		of := ""
		if wrote < all {
			of = fmt.Sprintf("%d of ", wrote)
		}
		fmt.Fprintf(os.Stderr, "Results    %s, %s%s\n", l.results.path, of, plural(int(all), "request"))
		err = errors.Join(err, werr)
	}
	if err != nil {
		l.unwritten(os.Stderr, state)
	}
	if nerr := told.Wait(lastWord); nerr != nil {
		fmt.Fprintln(os.Stderr, "crosstalk:", nerr)
	}
	return l.outcome(ctx, state, errors.Join(err, rerr))
}

// unguarded tells whether the guard is on and has nothing of production to watch.
func (l *live) unguarded() bool {
	return !l.opts.Rules.Off && !slices.ContainsFunc(l.opts.Checks, func(c monitors.Check) bool { return c.Env == monitors.Production })
}

// outcome chooses the exit code: the first that applies of 1, 3, 4, 130, 0.
func (l *live) outcome(ctx context.Context, st *session.State, err error) error {
	switch {
	case err != nil:
		return err
	case st.Guard.Cuts > l.before.Cuts:
		return &failure{code: exitRed}
	case st.Guard.Blind > l.before.Blind:
		return &failure{code: exitNoSight}
	case ctx.Err() != nil:
		return &failure{code: exitSignal}
	}
	return nil
}
