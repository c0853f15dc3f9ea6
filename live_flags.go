package main

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/adrg/xdg"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"crosstalk/loadengine"
	"crosstalk/session"
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
	answers    string
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
