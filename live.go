package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/adrg/xdg"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"crosstalk/loadengine"
	"crosstalk/monitors"
	"crosstalk/session"
	"crosstalk/session/notify"
	"crosstalk/session/report"
	"crosstalk/tui"
)

// liveFlags are the flags that `run` and `demo` share.
type liveFlags struct {
	headless   bool
	length     time.Duration
	dial       string
	notes      []string
	events     string
	out        string
	as         string
	baseline   time.Duration
	mode       string
	locust     string
	glide      string
	users      int
	rps        float64
	watchEvery time.Duration
	results    string
	noGuard    string
	guardGiven func() bool // whether --no-guard was
	seed       uint64
	charter    string
	ascii      bool
	calm       bool
	shots      string
	resume     string
	like       string
	share      shareFlags
	again      *again // what resume or like names; nil: a session of its own
	express    bool
	plain      bool
	given      func(flag string) bool // whether a flag was given
}

func (f *liveFlags) add(c *cobra.Command, baseline, watchEvery time.Duration) {
	fl := c.Flags()
	fl.BoolVar(&f.headless, "headless", false, "no screen: --dial, --note and --for drive it")
	fl.DurationVar(&f.length, "for", 0, "end after this long, baseline included")
	fl.StringVar(&f.dial, "dial", "", `dial moves by time from the start: "0s=5,10s=40"`)
	fl.StringVar(&f.locust, "locust", "", "let the users of this Locust master be the load: http://HOST:8089")
	fl.StringVar(&f.mode, "mode", "", `what the dial counts: "users" (default), or "rate": requests a second, whatever the server does`)
	fl.StringArrayVar(&f.notes, "note", nil, `a note by time from the start: "12s=! text" (repeatable)`)
	fl.StringVar(&f.events, "events", "", `"-": journal lines on stdout, each once it is on the disk`)
	fl.StringVar(&f.out, "out", "", "the session's folder (default: a new one in your data folder)")
	fl.StringVar(&f.results, "results", "", "write every request as a line of JSON that vegeta reads, into this new file")
	fl.StringVar(&f.as, "as", "", "your name in notes and report (default: your login name)")
	fl.DurationVar(&f.baseline, "baseline", baseline, "quiet phase in which the usual latency is learned; 0 skips it")
	fl.StringVar(&f.glide, "glide", strconv.Itoa(session.DefaultGlide), `how fast users rise, users a second, or "off"`)
	fl.IntVar(&f.users, "limit-users", 0, fmt.Sprintf("most users, whatever the dial says (default %d)", session.DefaultUsers))
	fl.Float64Var(&f.rps, "limit-rps", 0, "most requests a second, whatever the dial says (default: none)")
	fl.DurationVar(&f.watchEvery, "watch-every", watchEvery, "period of production's checks")
	fl.StringVar(&f.noGuard, "no-guard", "", "switch the guard off; takes the reason, which is recorded")
	f.guardGiven = func() bool { return fl.Changed("no-guard") }
	fl.Uint64Var(&f.seed, "seed", 0, "seed of every random choice (default: drawn and recorded)")
	fl.StringVar(&f.charter, "charter", "", "what this session explores, in one line")
	fl.StringVar(&f.shots, "shots", "", "watch this folder: a new screenshot in it is offered for a note")
	fl.BoolVar(&f.ascii, "ascii", false, "draw with ASCII only")
	fl.BoolVar(&f.calm, "reduced-motion", false, "the picture moves twice a second at most, and nothing blinks")
	fl.BoolVar(&f.express, "express", false, "15 minutes: at most 20 users, 30s of baseline while you type the charter, the quick link check offered")
	fl.BoolVar(&f.plain, "plain", false, "no picture: the session as sentences and a prompt, for screen readers and simple terminals")
	f.given = fl.Changed
	f.addAgain(c)
	f.share.add(c)
}

// person checks and completes the name that notes are signed with.
func (f *liveFlags) person() (session.Person, error) {
	name := strings.TrimSpace(f.as)
	if name == "" {
		name = "tester"
		if u, err := user.Current(); err == nil && u.Username != "" {
			name = filepath.Base(strings.ReplaceAll(u.Username, `\`, "/"))
		}
	}
	if err := session.CheckName(name); err != nil {
		return session.Person{}, usage(fmt.Errorf("--as: %w", err))
	}
	return session.Person{Name: name, Role: session.Driver}, nil
}

func (f *liveFlags) glideRate() (float64, error) {
	if f.glide == "off" {
		return 0, nil
	}
	n, err := strconv.ParseFloat(f.glide, 64)
	if err != nil || n <= 0 || n > 10_000 {
		return 0, usage(fmt.Errorf(`--glide %q is not a number of users a second (1 to 10000) or "off"`, f.glide))
	}
	return n, nil
}

// The limits of an express session.
const (
	expressUsers    = 20
	expressBaseline = 30 * time.Second
	expressTimebox  = 15 * time.Minute
)

// hurry gives an express session its limits, where no flag says another.
func (f *liveFlags) hurry() {
	if !f.express || f.given == nil {
		return
	}
	if !f.given("limit-users") {
		f.users = expressUsers
	}
	if !f.given("baseline") {
		f.baseline = expressBaseline
	}
}

// check reports every flag that can't be meant, at once.
func (f *liveFlags) check() (session.Caps, script, error) {
	var problems []error
	f.hurry()
	glide, err := f.glideRate()
	problems = append(problems, err)
	plan, err := parseScript(f.dial, f.notes)
	problems = append(problems, err)
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	bad(f.length < 0, "--for %s is in the past", f.length)
	bad(f.baseline < 0, "--baseline %s is negative: 0 skips it", f.baseline)
	bad(f.mode != "" && f.mode != loadengine.ModeUsers && f.mode != loadengine.ModeRate, "--mode %q: write users or rate", f.mode)
	bad(f.users < 0, "--limit-users %d is negative", f.users)
	bad(f.rps < 0, "--limit-rps %g is negative", f.rps)
	bad(f.watchEvery < 10*time.Millisecond, "--watch-every %s is too often: 10ms at least", f.watchEvery)
	bad(f.watchEvery > session.SlowestWatch, "--watch-every %s is too seldom to see trouble in time: %s at most", f.watchEvery, session.SlowestWatch)
	f.noGuard = strings.TrimSpace(f.noGuard)
	bad(f.noGuard == "" && f.guardGiven != nil && f.guardGiven(), "--no-guard needs a reason, which is recorded: leave it out to keep the guard")
	bad(f.events != "" && f.events != "-", `--events %q: only "-" (stdout) is known`, f.events)
	if f.shots != "" {
		info, err := os.Stat(f.shots)
		bad(err != nil || !info.IsDir(), "--shots %s is no folder", f.shots)
		bad(f.headless, "--shots needs a screen to offer them on: leave --headless out")
	}
	bad(f.events == "-" && !f.headless, "--events needs --headless: the screen takes stdout")
	bad(!f.headless && !f.plain && !screen(), "there is no terminal here: add --headless (with --for 30s --dial \"0s=5\"), or start it in a terminal")
	bad(f.plain && f.headless, "--plain and --headless exclude each other: the one takes commands, the other a script")
	bad(f.plain && f.shots != "", "--shots needs a screen to offer them on: leave --plain out")
	bad(f.express && f.headless, "--express asks a person: leave --headless out, or give --for 15m --limit-users 20 --baseline 30s")
	problems = append(problems, f.share.check())
	_, err = f.person()
	if problems = append(problems, err); errors.Join(problems...) != nil {
		return session.Caps{}, nil, usage(errors.Join(problems...))
	}
	if f.seed == 0 {
		f.seed = uint64(time.Now().UnixNano())
	}
	return session.Caps{Mode: f.mode, Users: f.users, RPS: f.rps, Glide: glide, WatchEvery: f.watchEvery, Seed: f.seed, Version: version}, plan, nil
}

// screen tells whether a person can see and type.
func screen() bool { return term.IsTerminal(os.Stdin.Fd()) && term.IsTerminal(os.Stdout.Fd()) }

// folder chooses the session's folder. One that holds a session already is
// refused: a record is never written over.
func (f *liveFlags) folder() (string, error) {
	if f.again != nil && f.again.resume {
		return f.again.dir, nil
	}
	if f.out != "" {
		if _, err := os.Stat(filepath.Join(f.out, session.JournalName)); err == nil {
			if session.Running(f.out) {
				return "", usage(inUse{f.out})
			}
			return "", usage(fmt.Errorf("%s holds a session already: choose another folder for --out", f.out))
		}
		return f.out, nil
	}
	home := sessionsHome()
	id := time.Now().Format("20060102-150405")
	for n := 1; ; n++ {
		dir := filepath.Join(home, id)
		if n > 1 {
			dir += fmt.Sprintf("-%d", n)
		}
		if err := os.MkdirAll(home, 0o755); err != nil {
			return "", fmt.Errorf("make the home of sessions: %w", err)
		}
		err := os.Mkdir(dir, 0o755)
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, os.ErrExist) {
			return "", fmt.Errorf("make the session's folder: %w", err)
		}
	}
}

// sessionsHome is the one home of sessions.
func sessionsHome() string { return filepath.Join(xdg.DataHome, "crosstalk", "sessions") }

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
		l.plainly(ctx, s)
	case !l.flags.headless:
		o := tui.Options{Who: l.who, Now: time.Now, Host: true, Demo: l.demo, Before: !l.demo && !l.flags.express, Tour: l.tour, Mystery: l.riddle, Express: l.flags.express, ASCII: l.flags.ascii, Calm: l.flags.calm, Shots: l.flags.shots, Environ: os.Environ(), Door: door}
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
	files, rerr := report.Write(l.opts.Dir, "", []report.Format{report.HTML, report.Markdown, report.JSON})
	l.summary(os.Stderr, state, files)
	if !l.flags.headless && l.brief == "" && rerr == nil {
		if said, cerr := copyCut(l.opts.Dir, report.DefaultProfile()); cerr == nil {
			fmt.Fprintf(os.Stderr, "Clipboard  %s\n", said)
		}
	}
	if l.results != nil {
		n, werr := l.results.close()
		fmt.Fprintf(os.Stderr, "Results    %s, %s\n", l.results.path, plural(int(n), "request"))
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

// unwritten prints what people wrote and no disk holds: it would be gone with
// this process.
func (l *live) unwritten(w io.Writer, st *session.State) {
	kept, _, err := foldDir(l.opts.Dir)
	if err != nil {
		kept = session.NewState()
	}
	for _, n := range st.Notes.Notes {
		if _, ok := kept.Notes.Get(n.ID); !ok && !n.System {
			fmt.Fprintf(w, "NOT ON THE DISK: %s %s by %s: %s\n", n.ID, n.Kind, n.By, n.Text)
		}
	}
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

// summary prints what a person wants to know when it is over.
func (l *live) summary(w io.Writer, st *session.State, files []string) {
	if l.brief != "" {
		fmt.Fprintf(w, "\n%s  at most %s", l.brief, st.Unit().Of(st.Dial.Peak))
		l.after(w)
		fmt.Fprintf(w, "%s  %s\n", strings.Repeat(" ", len(l.brief)), l.opts.Dir)
		return
	}
	fmt.Fprintf(w, "\nSession    %s, at most %s, %s", lasted(st), st.Unit().Of(st.Dial.Peak), plural(int(st.Requests), "request"))
	if st.Errors > 0 {
		fmt.Fprintf(w, " (%.1f %% errors)", 100*float64(st.Errors)/float64(max(1, st.Requests)))
	}
	if st.Late > 0 {
		fmt.Fprintf(w, ", %d dropped by us", st.Late)
	}
	fmt.Fprintf(w, "\nFound      %s\n", found(st))
	if st.Learned != "" {
		fmt.Fprintf(w, "Learned    %s\n", st.Learned)
	}
	if l.after != nil {
		l.after(w)
	}
	if l.ending != nil {
		l.ending(w, st)
	}
	if !l.flags.headless && !l.demo && st.Dial.Peak > 0 {
		fmt.Fprintf(w, "Paste      %s\n", st.AllClear(time.Now()))
	}
	if !l.flags.headless && len(st.Unanswered()) > 0 {
		fmt.Fprintf(w, "Debrief    crosstalk debrief %s, while it is fresh\n", l.opts.Dir)
	}
	fmt.Fprintf(w, "Folder     %s\n", l.opts.Dir)
	names := make([]string, 0, len(files))
	for _, f := range files {
		names = append(names, filepath.Base(f))
	}
	if len(names) > 0 {
		fmt.Fprintf(w, "           %s\n", strings.Join(names, ", "))
	}
}

// found counts the notes by kind, and names the newest bug.
func found(st *session.State) string {
	count := map[string]int{}
	bug := ""
	for _, n := range st.Notes.Notes {
		if n.Gone != nil || n.System {
			continue
		}
		count[string(n.Kind)]++
		if n.Kind == "bug" {
			bug = n.Text
		}
	}
	var parts []string
	for _, k := range slices.Sorted(mapKeys(count)) {
		parts = append(parts, plural(count[k], k))
	}
	for _, d := range st.GuardDeeds() {
		parts = append(parts, d.What+" "+times(d.Times))
	}
	if n := len(st.Notes.Notes); len(parts) == 0 && n == 0 {
		return "no notes"
	}
	if len(parts) == 0 {
		return "no notes of a person's"
	}
	text := strings.Join(parts, ", ")
	if bug != "" {
		bug, _, _ = strings.Cut(bug, "\n")
		text += ": " + bug
	}
	return text
}

// lasted is how long was worked, and by the clock where that differs.
func lasted(st *session.State) string {
	worked := st.Worked(st.MS)
	if st.Elapsed()-worked < time.Second {
		return clock(worked)
	}
	return fmt.Sprintf("%s worked (%s by the clock)", clock(worked), clock(st.Elapsed()))
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func mapKeys(m map[string]int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func clock(d time.Duration) string {
	s := int(d.Seconds())
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}
