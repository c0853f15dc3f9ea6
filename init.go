package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"crosstalk/session"
	"crosstalk/session/recipe"
	"crosstalk/tui"
)

// initFlags are the answers that init needs, each also asked for in its form.
type initFlags struct {
	target   string // a URL, or a pasted curl command
	curl     []string
	watch    []string
	users    int
	explore  string
	with     string
	discover string
	timebox  time.Duration
	people   []string
	out      string
	force    bool
	untried  bool
	ascii    bool
}

func initCommand() *cobra.Command {
	var f initFlags
	c := &cobra.Command{
		Use:   "init",
		Short: "Ask a few questions and write a crosstalk.yaml",
		Long: `Init asks what is loaded, what of production is watched, how far the dial may go
and what the session explores, and writes a commented crosstalk.yaml. What is loaded
is a URL or a curl command, pasted as the browser copies it ("Copy as cURL"); what
looks like a secret in it becomes ${NAME}. Then every check is tried once.

With --target or --curl nothing is asked. A file that is there is never written
over without --force. No load is sent.

Exit codes: 0 the file is written, whatever the checks saw; 2 it is not.`,
		Example: `  crosstalk init
  crosstalk init --target http://127.0.0.1:8080/ --watch http://127.0.0.1:9081/health --users 50
  crosstalk init --curl 'curl http://127.0.0.1:8080/ -H "Accept: application/json"' --explore search`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
			defer stop()
			return f.run(ctx, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.target, "target", "", "load this URL")
	fl.StringArrayVar(&f.curl, "curl", nil, "load what this command asks (repeatable: one step each)")
	fl.StringArrayVar(&f.watch, "watch", nil, "watch this URL of production (repeatable)")
	fl.IntVar(&f.users, "users", 50, "most users, whatever the dial says")
	fl.StringVar(&f.explore, "explore", "", "what the session explores: a page, a flow, a service")
	fl.StringVar(&f.with, "with", "rising users", "with which means")
	fl.StringVar(&f.discover, "discover", "where it slows down", "what you want to know")
	fl.DurationVar(&f.timebox, "timebox", time.Hour, "how long the session is to take")
	fl.StringArrayVar(&f.people, "people", nil, "who takes part (repeatable)")
	fl.StringVar(&f.out, "out", "crosstalk.yaml", "the file to write")
	fl.BoolVar(&f.force, "force", false, "write over a file that is there")
	fl.BoolVar(&f.untried, "no-try", false, "write the file and try no check")
	fl.BoolVar(&f.ascii, "ascii", false, "draw the form with ASCII only")
	return c
}

func (f *initFlags) run(ctx context.Context, out, people io.Writer) error {
	info, err := os.Stat(f.out)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return usage(fmt.Errorf("--out %s is no file: name another", f.out))
	case err == nil && !f.force:
		return usage(fmt.Errorf("%s is there already and is left as it is: --force writes over it, --out FILE writes another", f.out))
	case f.target != "" && len(f.curl) > 0:
		return usage(errors.New("--target and --curl exclude each other: a URL is one step, a curl command is one step"))
	}
	if f.target == "" && len(f.curl) == 0 {
		if !screen() {
			return usage(errors.New("there is no terminal here to ask in: give --target URL or --curl 'curl ...', and --watch URL"))
		}
		if err := f.ask(ctx); err != nil {
			return err
		}
	}
	r, err := f.recipe()
	if err != nil {
		return err
	}
	cfg, err := r.Config(os.LookupEnv)
	if err != nil {
		return usage(err)
	}
	work, cancel := context.WithCancel(ctx)
	defer cancel()
	// What run would refuse is refused before there is a file.
	compiled, err := compile(work, cfg, session.Caps{Version: version})
	if err != nil {
		return err
	}
	if err := f.write(r.YAML()); err != nil {
		return err
	}
	tellImport(people, r)
	fmt.Fprintf(out, "Written: %s\n", f.out)
	if !f.untried {
		if err := tryChecks(ctx, cfg, compiled, out); err != nil {
			return err
		}
	}
	flag := ""
	if f.out != "crosstalk.yaml" {
		flag = " -c " + word(f.out)
	}
	fmt.Fprintf(out, "\nNext:\n  crosstalk try%s      one user walks each journey once\n  crosstalk check%s    does load on staging reach production? Ask before you load\n  crosstalk run%s      the session\n", flag, flag, flag)
	return nil
}

// ask puts the questions in a form.
func (f *initFlags) ask(ctx context.Context) error {
	who, err := (&liveFlags{}).person()
	if err != nil {
		return err
	}
	if len(f.people) > 0 {
		who.Name = strings.Join(f.people, "; ")
	}
	load := "" // what was answered to the first question
	questions := []tui.Question{
		{Key: "load", Name: "Load", Asks: "staging's URL, or paste a curl command (Copy as cURL)", Check: func(s string) error {
			_, err := (&initFlags{target: s}).recipe()
			if err == nil {
				load = s
			}
			return firstProblem(err)
		}},
		{Key: "watch", Name: "Watch", Asks: "production's URLs; best a page that reads the database", Text: strings.Join(f.watch, " "),
			Check: func(s string) error {
				r, err := (&initFlags{target: load, watch: strings.Fields(s), with: f.with, discover: f.discover}).recipe()
				if err == nil {
					_, err = r.Config(os.LookupEnv)
				}
				return firstProblem(err)
			}},
		{Key: "users", Name: "Most users", Asks: "a hard cap, whatever the dial says", Text: strconv.Itoa(f.users), Check: func(s string) error {
			if n, err := strconv.Atoi(s); err != nil || n < 1 || n > 100_000 {
				return errors.New("a number of users: 1 to 100000")
			}
			return nil
		}},
		{Key: "explore", Name: "Explore", Asks: "what: a page, a flow, a service", Text: f.explore},
		{Key: "with", Name: "with", Asks: "which means: rising users, two browsers, test account tina", Text: f.with},
		{Key: "discover", Name: "to discover", Asks: "what you want to know: where orders slow down", Text: f.discover},
		{Key: "timebox", Name: "Timebox", Asks: "how long, such as 60m or 1h30m", Text: inWords(f.timebox), Check: func(s string) error {
			if d, err := time.ParseDuration(s); err != nil || d < time.Minute {
				return errors.New("a time of a minute or more, such as 60m or 1h30m")
			}
			return nil
		}},
		{Key: "people", Name: "People", Asks: "who takes part, separated by ;", Text: who.Name},
	}
	o := tui.Options{Now: time.Now, ASCII: f.ascii, Environ: os.Environ()}
	a, err := tui.Ask(ctx, "INIT", "writes "+f.out+"; no load is sent ", questions, o, os.Stdin, os.Stdout)
	if errors.Is(err, tui.ErrLeft) {
		return usage(err)
	}
	if err != nil {
		return err
	}
	f.target, f.watch = a["load"], strings.Fields(a["watch"])
	f.users, _ = strconv.Atoi(a["users"])
	f.timebox, _ = time.ParseDuration(a["timebox"])
	f.explore, f.with, f.discover = a["explore"], a["with"], a["discover"]
	f.people = nil
	for p := range strings.SplitSeq(a["people"], ";") {
		if p = strings.TrimSpace(p); p != "" {
			f.people = append(f.people, p)
		}
	}
	return nil
}

// firstProblem is what a form has room for; the field stands for the flag.
func firstProblem(err error) error {
	if p, ok := errors.AsType[session.Problems](err); ok && len(p) > 0 {
		what := strings.TrimPrefix(strings.TrimPrefix(p[0].What, "--watch "), "--target ")
		return fmt.Errorf("%s: %s", what, p[0].Remedy)
	}
	return err
}

// recipe makes the file of the answers.
func (f *initFlags) recipe() (*recipe.Recipe, error) {
	commands := f.curl
	if f.target != "" {
		commands = []string{f.target}
		if !strings.HasPrefix(f.target, "curl") {
			if _, err := session.DefaultConfig(f.target, nil); err != nil {
				return nil, usage(err)
			}
			commands[0] = "curl '" + strings.ReplaceAll(f.target, "'", "%27") + "'"
		}
	}
	r, err := recipe.Curl(commands...)
	if err != nil {
		return nil, usage(err)
	}
	switch {
	case f.users < 0:
		return nil, usage(fmt.Errorf("--users %d is negative", f.users))
	case f.timebox < 0:
		return nil, usage(fmt.Errorf("--timebox %s is in the past", f.timebox))
	}
	r.Watch, r.Users = f.watch, f.users
	r.Head, r.Foot = f.head(), configFoot
	return r, nil
}

// head is what stands above staging.
func (f *initFlags) head() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Written by crosstalk init. Read it through; then: crosstalk try, crosstalk check, crosstalk run.\n")
	fmt.Fprintf(&b, "# Unknown keys are refused with the one that was meant, so nothing here is overlooked.\n")
	explore := f.explore
	if explore == "" {
		explore = "what answers there"
	}
	fmt.Fprintf(&b, "charter: {explore: %s, with: %s, discover: %s}\n", recipe.Text(explore), recipe.Text(f.with), recipe.Text(f.discover))
	if f.timebox > 0 {
		fmt.Fprintf(&b, "timebox: %s # warnings at half, 10 and 2 minutes left; it never stops the recording\n", inWords(f.timebox))
	}
	if len(f.people) > 0 {
		quoted := make([]string, len(f.people))
		for i, p := range f.people {
			quoted[i] = recipe.Text(p)
		}
		fmt.Fprintf(&b, "people: [%s]\n", strings.Join(quoted, ", "))
	}
	return b.String()
}

// inWords writes a time as people do: 1h30m.
func inWords(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// configFoot shows what else there is.
const configFoot = `# More checks of production, each with its own reason to be there:
#   - {name: db, postgres: "${PROD_DSN}", connections: 0.8}   # also mysql, redis
#   - {name: host-1, metrics: "http://127.0.0.1:9100/metrics", series: node_load1, limit: 8}
#   - {name: wall, person: "is the wallboard green?", every: 3m}
# guard: {slo: 300ms, errors: 1%}        # absolute limits on top of what the quiet phase learns
# control: {checks: [{name: intranet, http: "http://127.0.0.1:7000/"}]}   # unrelated to both: shows whether we are the cause
# identity: {staging: "${STAGING_DSN}", production: "${PROD_DSN}"}        # asks both whether they are one; never stored
`

// write puts the file in place: whole, or not at all.
func (f *initFlags) write(text []byte) (err error) {
	if !f.force {
		file, err := os.OpenFile(f.out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return usage(fmt.Errorf("write the configuration: %w", err))
		}
		_, err = file.Write(text)
		if err = errors.Join(err, file.Close()); err != nil {
			return errors.Join(fmt.Errorf("write the configuration: %w", err), os.Remove(f.out))
		}
		return nil
	}
	part, err := os.CreateTemp(filepath.Dir(f.out), ".crosstalk-*.part")
	if err != nil {
		return usage(fmt.Errorf("write the configuration: %w", err))
	}
	_, err = part.Write(text)
	if err = errors.Join(err, part.Chmod(0o644), part.Close()); err == nil {
		err = os.Rename(part.Name(), f.out)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write the configuration: %w", err), os.Remove(part.Name()))
	}
	return nil
}
