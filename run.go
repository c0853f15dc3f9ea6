package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"crosstalk/lab"
	"crosstalk/loadengine"
	"crosstalk/monitors/identity"
	"crosstalk/session"
)

func runCommand() *cobra.Command {
	var f liveFlags
	var in importFlags
	var dry bool
	var config, target string
	var watch []string
	c := &cobra.Command{
		Use:   "run",
		Short: "A session on real systems",
		Long: `Run opens a session: load goes to staging only, production is only watched.
Say what to load and what to watch in a crosstalk.yaml, or in two flags.`,
		Example: `  crosstalk run --target http://127.0.0.1:8080/ --watch http://127.0.0.1:9081/health
  crosstalk run -c crosstalk.yaml --charter "explore search with rising users"
  crosstalk run --har shop.har --watch http://127.0.0.1:9081/health --dry
  crosstalk run -c crosstalk.yaml --headless --for 60s --dial "0s=5,30s=20" --events -`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.readAgain(c, false); err != nil {
				return f.lookOn(c.Context(), err)
			}
			if a := f.again; a != nil && a.State.Start.Demo != "" && config == "" && target == "" && len(watch) == 0 && !in.given() && !dry {
				return a.onShop(c.Context(), &f, lab.Options{})
			}
			cfg, err := in.orElse(&f, c, config, target, watch)
			if err != nil {
				return err
			}
			if dry {
				return dryRun(c.Context(), &f, cfg, c.OutOrStdout())
			}
			return runLive(c.Context(), &f, cfg, nil)
		},
	}
	f.add(c, 2*time.Minute, 250*time.Millisecond)
	c.Flags().StringVarP(&config, "config", "c", "", "the configuration file (default crosstalk.yaml, if there is one)")
	c.Flags().StringVar(&target, "target", "", "load this URL")
	c.Flags().StringArrayVar(&watch, "watch", nil, "watch this URL of production (repeatable)")
	in.add(c)
	c.Flags().StringVar(&f.answers, "answers", "", "what came back on crosstalk ask: into charter and report, and a link that is known locks the dial")
	c.Flags().BoolVar(&dry, "dry", false, "print what would be loaded, watched and rehearsed, and send nothing")
	return c
}

// readConfig reads the file, or makes a configuration of the two flags.
func readConfig(path, target string, watch []string) (*session.Config, error) {
	if target != "" || len(watch) > 0 {
		if path != "" {
			return nil, usage(errors.New("-c and --target (or --watch) exclude each other: put the addresses into the file"))
		}
		cfg, err := session.DefaultConfig(target, watch)
		return cfg, usage(err)
	}
	if path == "" {
		path = "crosstalk.yaml"
		if _, err := os.Stat(path); err != nil {
			return nil, usage(errors.New("nothing to run on: give --target URL (and --watch URL), or -c crosstalk.yaml"))
		}
	}
	cfg, err := session.ReadConfig(path, os.LookupEnv)
	return cfg, usage(err)
}

// extra is what the demo adds to a session.
type extra struct {
	demo  string // "linked" or "unlinked"
	adapt func(*session.Options)
	live  func(*live)
}

// runLive makes a session of a configuration and runs it to its end.
func runLive(ctx context.Context, f *liveFlags, cfg *session.Config, x *extra) error {
	caps, plan, err := f.check()
	if err != nil {
		return err
	}
	who, err := f.person()
	if err != nil {
		return err
	}
	work, cancel := context.WithCancel(ctx)
	defer cancel()
	compiled, err := cfg.Compile(work, caps)
	if _, ok := errors.AsType[session.Problems](err); ok {
		return usage(err)
	}
	if err != nil {
		return err
	}
	counted := countStores(work, compiled.Checks, []string{cfg.Identity.Production}, cfg, os.Stderr)
	f.again.absent(&counted, cfg.Mask, os.Stderr)
	var told *identity.Answers
	if f.answers != "" {
		a, err := openAnswers(f.answers, os.Stdin, cfg.Mask)
		if err != nil {
			return err
		}
		told = &a
	}
	var out *results
	if f.results != "" {
		if out, err = openResults(f.results, cfg.Mask); err != nil {
			return err
		}
	}
	dir, err := f.folder()
	if err != nil {
		out.drop()
		return f.lookOn(ctx, err)
	}
	o := session.Options{Dir: dir, Plan: compiled.Plan, Checks: counted.checks, Uncounted: counted.missed, Proxy: compiled.Proxy, Limits: compiled.Limits,
		Baseline: f.baseline, Rules: session.DefaultRules()}
	if cfg.Staging.Build != nil {
		o.Build = cfg.ReadBuild
	}
	o.Answers, o.Identity = compiled.Answers, cfg.Identity
	if !f.headless {
		o.Earlier, o.EarlierFrom = session.EarlierBaseline(sessionsHome(), counted.checks, cfg.Mask)
	}
	o.Mask = cfg.Mask
	o.Exemplar = func(x loadengine.Exemplar) *session.ExemplarAdd { return exemplar(cfg, x) }
	o.Rules.Attended = !f.headless
	o.Rules.Off = f.noGuard != ""
	host, _ := os.Hostname()
	o.Start = session.Start{ID: filepath.Base(dir), Version: version, Host: host, As: who.Name, People: cfg.People, Charter: f.charter,
		Timebox: cfg.Timebox.Seconds(), Target: cfg.Mask(cfg.Staging.URL), Headless: f.headless, NoGuard: f.noGuard, Insecure: cfg.Staging.Insecure, Seed: caps.Seed, Config: compiled.Masked, File: cfg.FileName(), Env: compiled.Env}
	if o.Start.Charter == "" {
		o.Start.Charter = cfg.Charter.String()
	}
	switch {
	case f.express:
		o.Start.Timebox = expressTimebox.Seconds()
	case cfg.Timebox == 0:
		o.Start.Timebox = max(time.Hour, f.length).Seconds()
	}
	o.AtEnd, o.Charter = cfg.AtEnd, cfg.Charter
	plan = f.again.apply(f, &o, plan)
	if told != nil {
		r := told.Result(ctx, identity.Options{})
		for i := range r.Findings {
			r.Findings[i] = r.Findings[i].Masked(cfg.Mask)
		}
		o.Told, o.Charter.Architecture = &r, told.Summary()
	}
	l := &live{results: out, flags: f, who: who, script: plan, notify: cfg.Notify}
	if x != nil {
		o.Start.Demo = x.demo
		x.adapt(&o)
	}
	for _, h := range compiled.Plan.SharedAddresses(ctx, net.DefaultResolver) {
		hint := cfg.Mask(fmt.Sprintf("%s (staging) and %s (production) are one address, %s: is it a front door for both, or one machine?", h.Host, h.Forbidden, h.Addr))
		o.Hints = append(o.Hints, hint)
		fmt.Fprintln(os.Stderr, "crosstalk: look here:", hint)
	}
	for _, w := range compiled.Warnings {
		o.Hints = append(o.Hints, w)
		fmt.Fprintln(os.Stderr, "crosstalk: look here:", w)
	}
	o.Hints = append(o.Hints, counted.hints...) // said already, before there was a screen
	if o.Fleet, err = f.fleet(work, cfg, compiled.Plan, o.Start.ID); err != nil {
		out.drop()
		return err
	}
	l.opts = o
	if x != nil {
		l.demo = true
		x.live(l)
	}
	return l.run(ctx)
}
