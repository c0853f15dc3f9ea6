package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/charmbracelet/x/term"

	"crosstalk/session"
	"crosstalk/session/link"
)

// loaded makes the check with load: a session of its own, so that guard, permit,
// brake and allow-list hold as everywhere, in a folder that nobody keeps unless
// --out names it.
func (r *checkResult) loaded(ctx context.Context, f *checkFlags, cfg *session.Config, stderr io.Writer) error {
	o, err := f.options(ctx, cfg, stderr)
	if err != nil {
		return err
	}
	for _, h := range o.Plan.SharedAddresses(ctx, net.DefaultResolver) {
		o.Hints = append(o.Hints, lookHere(stderr, cfg.Mask(fmt.Sprintf("%s (staging) and %s (production) are one address, %s", h.Host, h.Forbidden, h.Addr))))
	}
	r.Warnings = o.Hints
	if r.Check, err = f.made(ctx, o, stderr); err != nil {
		return err
	}
	r.Verdict, r.Words, r.Exit = r.Check.Kind, r.Check.Words, exitOf(r.Check.Kind)
	return nil
}

func lookHere(stderr io.Writer, hint string) string {
	fmt.Fprintln(stderr, "crosstalk: look here:", hint)
	return hint
}

// made runs the session of a check to its end.
func (f *checkFlags) made(ctx context.Context, o session.Options, stderr io.Writer) (v *session.LinkVerdict, err error) {
	if f.out == "" {
		dir, err := os.MkdirTemp("", "crosstalk-check-")
		if err != nil {
			return nil, fmt.Errorf("make the check's folder: %w", err)
		}
		defer os.RemoveAll(dir)
		o.Dir = filepath.Join(dir, "check")
	}
	s, err := session.New(o)
	if errors.Is(err, session.ErrInUse) {
		return nil, usage(err)
	}
	if err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	who := session.Person{Name: o.Start.As, Role: session.Driver}
	// A signal ends the session, and with it the check: its last word is still read.
	calm := context.WithoutCancel(ctx)
	v, err = f.follow(calm, s, who, newProgress(stderr))
	_, _ = s.Do(calm, who, session.Finish{Reason: "plan"}) // it has ended already, or does now
	if rerr := <-ended; rerr != nil {
		return nil, errors.Join(err, rerr)
	}
	switch {
	case v != nil:
		return v, nil
	case ctx.Err() != nil:
		return nil, &failure{code: exitSignal}
	}
	return nil, err
}

func (f *checkFlags) options(ctx context.Context, cfg *session.Config, stderr io.Writer) (session.Options, error) {
	who, err := (&liveFlags{as: f.as}).person()
	if err != nil {
		return session.Options{}, err
	}
	profile, err := link.Named(f.profile)
	if err != nil {
		return session.Options{}, usage(err)
	}
	if f.out != "" {
		if _, err := os.Stat(filepath.Join(f.out, session.JournalName)); err == nil {
			return session.Options{}, usage(fmt.Errorf("%s holds a session already: choose another folder for --out", f.out))
		}
	}
	compiled, err := cfg.Compile(ctx, session.Caps{WatchEvery: f.watchEvery, Seed: f.seed, Version: version})
	if _, ok := errors.AsType[session.Problems](err); ok {
		return session.Options{}, usage(err)
	}
	if err != nil {
		return session.Options{}, err
	}
	for _, w := range compiled.Warnings {
		lookHere(stderr, w)
	}
	unit := session.Unit(compiled.Plan.Mode)
	if most := compiled.Plan.DialMax(); f.users > most {
		where := map[bool]string{true: "limits.rps", false: "limits.users"}[unit.Rate()]
		return session.Options{}, usage(fmt.Errorf("--users %d is above the cap of %s (%s under staging)", f.users, unit.Of(most), where))
	}
	counted := countStores(ctx, compiled.Checks, []string{f.prodDSN, cfg.Identity.Production}, cfg, stderr)
	host, _ := os.Hostname()
	o := session.Options{Dir: f.out, Plan: compiled.Plan, Checks: counted.checks, Uncounted: counted.missed, Proxy: compiled.Proxy, Hurried: true, Limits: compiled.Limits, Answers: compiled.Answers,
		Baseline: profile.Quiet, Rules: session.DefaultRules(), AtEnd: session.EndNone, Mask: cfg.Mask, Hints: slices.Concat(compiled.Warnings, counted.hints)}
	o.Start = session.Start{ID: "check", Version: version, Host: host, As: who.Name, Charter: "link check, " + profile.Name,
		Target: cfg.Mask(cfg.Staging.URL), Headless: true, Seed: f.seed, Config: compiled.Masked, Env: compiled.Env}
	if f.out != "" {
		o.Start.ID = filepath.Base(f.out)
	}
	return o, nil
}

// follow orders the check once the quiet phase is over, and tells how it goes
// until its verdict.
func (f *checkFlags) follow(ctx context.Context, s *session.Session, who session.Person, out *progress) (*session.LinkVerdict, error) {
	defer out.end()
	var seq uint64
	begun := false
	for {
		events, err := s.Since(ctx, seq)
		if err != nil {
			return nil, fmt.Errorf("follow the check: %w", err)
		}
		for _, e := range events {
			seq = e.Seq
			switch b := e.Body.(type) {
			case *session.BaselineStart:
				out.line("looking at production's own noise for %s, without load", time.Duration(b.Seconds*float64(time.Second)))
			case *session.BaselineEnd:
				if begun {
					continue
				}
				begun = true
				err := f.begin(ctx, s, who)
				if no, ok := errors.AsType[*session.Refusal](err); ok {
					return &session.LinkVerdict{Mode: session.ModeCheck, Kind: string(link.Inconclusive), Profile: f.profile, Refused: true,
						Words: "Not begun: " + no.Why + "."}, nil
				}
				if err != nil {
					return nil, err
				}
			case *session.LinkStart:
				out.line("%s %s, seed %d", b.Words, s.Snapshot().Unit().Of(b.Users), b.Seed)
			case *session.LinkPair:
				out.over("%s", b.Words)
			case *session.GuardChange:
				out.line("guard: %s (%s)", b.To, b.Why)
			case *session.LinkVerdict:
				return b, nil
			case *session.End:
				return nil, errors.New("the session ended before the check did")
			}
		}
	}
}

// begin orders the check. Nothing was sent yet, so that a cut because this very
// program stood still in the quiet phase is no reason to give up: it waits until
// the guard agrees to go on.
func (f *checkFlags) begin(ctx context.Context, s *session.Session, who session.Person) error {
	order := session.StartCheck{Profile: f.profile, Users: f.users, Seed: f.seed}
	for tries := 0; ; tries++ {
		_, err := s.Do(ctx, who, order)
		st := s.Snapshot()
		if err == nil || tries == guardTries || st.Guard.State != string(session.GuardCut) || st.Guard.Cause != session.CausePermit || st.Ended != nil {
			return err
		}
		_, _ = s.Do(ctx, who, session.Hold{Why: "no load was sent yet"}) // the next try tells whether it was allowed
		select {
		case <-s.Done():
			return err
		case <-time.After(guardEvery):
		}
	}
}

// How long a check waits for the guard after a standstill: a minute.
const (
	guardEvery = 500 * time.Millisecond
	guardTries = 120
)

// progress writes lines for people: on a terminal the newest pair takes the
// place of the one before.
type progress struct {
	w       io.Writer
	rewrite bool
	open    bool // the line under way has no end yet
}

func newProgress(w io.Writer) *progress {
	file, ok := w.(*os.File)
	return &progress{w: w, rewrite: ok && term.IsTerminal(file.Fd())}
}

func (p *progress) line(format string, args ...any) {
	p.end()
	fmt.Fprintf(p.w, "crosstalk: "+format+"\n", args...)
}

func (p *progress) over(format string, args ...any) {
	if !p.rewrite {
		p.line(format, args...)
		return
	}
	fmt.Fprintf(p.w, "\r\x1b[Kcrosstalk: "+format, args...)
	p.open = true
}

func (p *progress) end() {
	if p.open {
		fmt.Fprintln(p.w)
		p.open = false
	}
}
