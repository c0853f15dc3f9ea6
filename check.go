package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"crosstalk/monitors/identity"
	"crosstalk/session"
	"crosstalk/session/link"
)

// Exit codes of check and ask, beside those of every command.
const (
	exitLinked       = 10
	exitInconclusive = 11 // or suspected
	exitOwnMachine   = 12
	exitVoid         = 13
)

// checkFlags are the flags of check.
type checkFlags struct {
	config, target        string
	watch                 []string
	profile               string
	users                 int
	seed                  uint64
	stagingDSN, prodDSN   string
	stagingEnv, prodEnv   string
	json                  bool
	out, as               string
	watchEvery            time.Duration
	staging, production   []string // DSNs to compare, from all of these
	stagingEnvs, prodEnvs identity.Env
}

func checkCommand() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "check",
		Short: "Does load on staging reach production?",
		Long: `Check finds out, before it hurts, whether staging and production are linked.
First without any load: it asks the data stores whether they are one, and looks
at what names and certificates show. Then it sends a few users to staging, on and
off in an order drawn by lot, and asks whether production follows that order.

With --staging-dsn and --production-dsn alone it only compares the data stores. With
a target as well, production's database also counts (--production-dsn is enough for
that): its transactions, questions or commands rise with the first request that
reaches it, long before it gets slower.

Exit codes: 0 no link seen, 10 linked, 11 cannot tell or suspected, 12 probably
our own machine, 13 the check does not count.`,
		Example: `  crosstalk check --target http://127.0.0.1:8080/ --watch http://127.0.0.1:9081/health
  crosstalk check -c crosstalk.yaml --profile quick --json
  crosstalk check --staging-dsn env:STAGING_DSN --production-dsn env:PROD_DSN`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
			defer stop()
			return runCheck(ctx, &f, os.Stdout, os.Stderr)
		},
	}
	fl := c.Flags()
	fl.StringVarP(&f.config, "config", "c", "", "the configuration file (default crosstalk.yaml, if there is one)")
	fl.StringVar(&f.target, "target", "", "load this URL")
	fl.StringArrayVar(&f.watch, "watch", nil, "watch this URL of production (repeatable)")
	fl.StringVar(&f.profile, "profile", "standard", "quick (under 150 s), standard (9 minutes at most) or slow (26)")
	fl.IntVar(&f.users, "users", 0, "users in the halves with load, or req/s with mode: rate (default: 1 % of the cap, 1 to 5; 5 %, 1 to 50 req/s)")
	fl.Uint64Var(&f.seed, "seed", 0, "seed of the order (default: drawn and recorded)")
	fl.StringVar(&f.stagingDSN, "staging-dsn", "", "a data store of staging, to be compared: env:NAME, @FILE or itself; never stored")
	fl.StringVar(&f.prodDSN, "production-dsn", "", "the same of production; while a check runs it says what it does, too")
	fl.StringVar(&f.stagingEnv, "staging-env", "", "settings of staging: a .env, YAML or Kubernetes secret file")
	fl.StringVar(&f.prodEnv, "production-env", "", "the same of production")
	fl.BoolVar(&f.json, "json", false, "every number the verdict rests on, as JSON on stdout")
	fl.StringVar(&f.out, "out", "", "keep the check's session in this folder")
	fl.StringVar(&f.as, "as", "", "your name in the record (default: your login name)")
	fl.DurationVar(&f.watchEvery, "watch-every", 250*time.Millisecond, "period of production's checks")
	return c
}

// checkResult is what a check found: its JSON form is for pipelines.
type checkResult struct {
	Verdict  string               `json:"verdict"`
	Exit     int                  `json:"exit"`
	Words    string               `json:"words"`
	Identity *identity.Result     `json:"identity,omitempty"`
	Hints    []identity.Finding   `json:"hints,omitempty"`
	Warnings []string             `json:"warnings,omitempty"` // what to know of load and checks: a proxy, one address of both, what is not counted
	Check    *session.LinkVerdict `json:"check,omitempty"`
}

// runCheck makes the whole check and gives its result on stdout. The error
// carries the exit code.
func runCheck(ctx context.Context, f *checkFlags, stdout, stderr io.Writer) error {
	cfg, err := f.read()
	if err != nil {
		return err
	}
	mask := new(session.Config).Mask
	if cfg != nil {
		mask = cfg.Mask
	}
	var r checkResult
	if f.asksStores() {
		found := f.askStores(ctx)
		for i := range found.Findings {
			found.Findings[i] = found.Findings[i].Masked(mask)
		}
		r.Identity = &found
		fmt.Fprintf(stderr, "crosstalk: %s\n", found)
	}
	switch {
	case ctx.Err() != nil:
		return &failure{code: exitSignal}
	case cfg == nil || r.Identity != nil && r.Identity.Linked():
		r.stores()
	default:
		r.Hints = f.hints(ctx, cfg)
		tellHints(stderr, r.Hints)
		if err := r.dye(ctx, cfg, stderr); err != nil {
			return err
		}
		if r.Identity != nil && r.Identity.Linked() {
			r.stores()
			break
		}
		if err := r.loaded(ctx, f, cfg, stderr); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		r.Exit = exitSignal
	}
	if err := r.print(stdout, f.json); err != nil {
		return err
	}
	if r.Exit != 0 {
		return &failure{code: r.Exit}
	}
	return nil
}

func (r *checkResult) print(w io.Writer, asJSON bool) error {
	if !asJSON {
		_, err := fmt.Fprintln(w, r.Words)
		return err
	}
	return printJSON(w, r)
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}

// dye makes the dye test, if one is configured.
func (r *checkResult) dye(ctx context.Context, cfg *session.Config, stderr io.Writer) error {
	d, ok := cfg.Dye()
	if !ok {
		return nil
	}
	fmt.Fprintf(stderr, "crosstalk: one record is made on staging and looked for in production, at most %s\n", identity.DyeFor)
	f, err := d.Run(ctx, identity.Options{UserAgent: "crosstalk-check/" + version})
	if err != nil {
		return usage(err)
	}
	f = f.Masked(cfg.Mask)
	fmt.Fprintf(stderr, "crosstalk: %s\n", f)
	all := identity.Conclude(f)
	if r.Identity != nil {
		all = identity.Join(*r.Identity, all)
	}
	r.Identity = &all
	return nil
}

// stores makes the verdict of the data stores the whole verdict.
func (r *checkResult) stores() {
	r.Verdict, r.Exit = r.Identity.Verdict.String(), exitOfStores(*r.Identity)
	r.Words = r.Identity.Words()
	switch r.Exit {
	case exitLinked:
		r.Words = "Linked, without any load: " + r.Words + " Load on staging is load on production's data."
	case 0:
		r.Words += " That does not make them independent: a check with load sees what else they share."
	}
}

// exitOfStores is 0 only when nothing shared is known and nothing is left open.
func exitOfStores(r identity.Result) int {
	switch {
	case r.Linked():
		return exitLinked
	case len(r.Open()) > 0:
		return exitInconclusive
	case r.Verdict == identity.Distinct || r.Verdict == identity.SameLineage:
		return 0
	}
	return exitInconclusive
}

func exitOf(kind string) int {
	switch link.Kind(kind) {
	case link.NoLinkSeen:
		return 0
	case link.Linked:
		return exitLinked
	case link.OwnMachine:
		return exitOwnMachine
	case link.Void:
		return exitVoid
	case link.Suspected, link.Inconclusive:
	}
	return exitInconclusive
}

// read checks the flags, all at once, and reads every file. The configuration is
// nil when only data stores are to be compared.
func (f *checkFlags) read() (*session.Config, error) {
	var problems []error
	if _, err := link.Named(f.profile); err != nil {
		problems = append(problems, err)
	}
	if f.users < 0 {
		problems = append(problems, fmt.Errorf("--users %d is negative", f.users))
	}
	if f.watchEvery < 10*time.Millisecond {
		problems = append(problems, fmt.Errorf("--watch-every %s is too often: 10ms at least", f.watchEvery))
	}
	if f.watchEvery > session.SlowestWatch {
		problems = append(problems, fmt.Errorf("--watch-every %s is too seldom to see trouble in time: %s at most", f.watchEvery, session.SlowestWatch))
	}
	problems = append(problems, dsnFrom("--staging-dsn", &f.stagingDSN), dsnFrom("--production-dsn", &f.prodDSN))
	// Production's alone counts what it does while a check with load runs.
	_, none := os.Stat("crosstalk.yaml")
	counts := f.stagingDSN == "" && f.prodDSN != "" && (f.target != "" || f.config != "" || none == nil)
	for _, pair := range []struct{ a, b, x, y string }{
		{f.stagingDSN, f.prodDSN, "--staging-dsn", "--production-dsn"},
		{f.stagingEnv, f.prodEnv, "--staging-env", "--production-env"},
	} {
		if (pair.a == "") != (pair.b == "") && !(counts && pair.y == "--production-dsn") {
			more := ""
			if pair.y == "--production-dsn" && pair.a == "" {
				more = " (under a load it counts by itself: give --target or -c FILE)"
			}
			problems = append(problems, fmt.Errorf("%s and %s go together: one alone can't be compared%s", pair.x, pair.y, more))
		}
	}
	if f.stagingDSN != "" {
		f.staging, f.production = append(f.staging, f.stagingDSN), append(f.production, f.prodDSN)
	}
	if f.stagingEnv != "" && f.prodEnv != "" {
		var err error
		f.stagingEnvs, err = identity.ReadEnv(f.stagingEnv)
		problems = append(problems, err)
		f.prodEnvs, err = identity.ReadEnv(f.prodEnv)
		problems = append(problems, err)
		f.staging, f.production = append(f.staging, f.stagingEnvs.DSNs()...), append(f.production, f.prodEnvs.DSNs()...)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, usage(err)
	}
	if f.asksStores() && f.config == "" && f.target == "" && len(f.watch) == 0 && !counts {
		return nil, nil
	}
	cfg, err := readConfig(f.config, f.target, f.watch)
	if err != nil {
		return nil, err
	}
	if cfg.Identity.Staging != "" && cfg.Identity.Production != "" {
		f.staging, f.production = append(f.staging, cfg.Identity.Staging), append(f.production, cfg.Identity.Production)
	}
	if len(cfg.Production.Checks) == 0 {
		return nil, usage(errors.New("there is nothing to see a link with: give --watch URL of production, or production.checks in the file"))
	}
	return cfg, nil
}

// asksStores tells whether there are data stores or settings to compare.
func (f *checkFlags) asksStores() bool {
	return len(f.staging) > 0 || len(f.production) > 0 || f.stagingEnv != ""
}

func (f *checkFlags) askStores(ctx context.Context) identity.Result {
	o := identity.Options{UserAgent: "crosstalk-check/" + version}
	var results []identity.Result
	if f.stagingEnv != "" {
		results = append(results, identity.CompareEnvs(ctx, f.stagingEnvs, f.prodEnvs, o))
	}
	if len(f.staging) > 0 && len(f.production) > 0 {
		results = append(results, identity.Compare(ctx, f.staging, f.production, o))
	}
	return identity.Join(results...)
}

// tellHints says each hint once, whatever number of servers shows it.
func tellHints(w io.Writer, hints []identity.Finding) {
	said := map[string]bool{}
	for _, h := range hints {
		if !said[h.Evidence] {
			said[h.Evidence] = true
			fmt.Fprintf(w, "crosstalk: %s\n", h.Evidence)
		}
	}
}

// hints looks at what the URLs show by themselves.
func (f *checkFlags) hints(ctx context.Context, cfg *session.Config) []identity.Finding {
	var production []string
	for _, k := range cfg.Production.Checks {
		if k.Kind == "http" {
			production = append(production, k.Address)
		}
	}
	if cfg.Staging.URL == "" || len(production) == 0 {
		return nil
	}
	hints := identity.Hints(ctx, []string{cfg.Staging.URL}, production, identity.Options{UserAgent: "crosstalk-check/" + version})
	for i := range hints {
		hints[i] = hints[i].Masked(cfg.Mask)
	}
	return hints
}
