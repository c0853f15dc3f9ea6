package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"crosstalk/monitors"
	"crosstalk/session"
)

// compile makes a configuration ready to run; what is at fault in it is a usage
// error.
func compile(ctx context.Context, cfg *session.Config, caps session.Caps) (*session.Compiled, error) {
	compiled, err := cfg.Compile(ctx, caps)
	if _, ok := errors.AsType[session.Problems](err); ok {
		return nil, usage(err)
	}
	return compiled, err
}

// triedCheck is one check, asked once.
type triedCheck struct {
	env, name, kind string
	saw             string
	good            bool
}

// tryAll asks every check of staging, production and control once, one after the
// other: what is seen is not what several at a time do to each other.
func tryAll(ctx context.Context, cfg *session.Config, compiled *session.Compiled) ([]triedCheck, error) {
	var out []triedCheck
	for _, k := range compiled.Checks {
		if !slices.Contains([]string{monitors.Staging, monitors.Production, monitors.Control}, k.Env) {
			continue
		}
		t := triedCheck{env: k.Env, name: cfg.Mask(k.Name), kind: k.Kind}
		if k.Kind == "person" {
			t.saw, t.good = "asks a person: it is put when the session runs", true
			out = append(out, t)
			continue
		}
		timeout := k.Timeout
		if timeout == 0 {
			timeout = monitors.DefaultTimeout
		}
		one, stop := context.WithTimeout(ctx, timeout)
		began := time.Now()
		r := k.Probe(one)
		took := time.Since(began)
		stop()
		if k.Close != nil {
			k.Close()
		}
		t.good = r.OK && !r.Warn
		t.saw = cfg.Mask(sawOf(r, took))
		out = append(out, t)
	}
	if ctx.Err() != nil {
		return out, &failure{code: exitSignal}
	}
	return out, nil
}

// sawOf words what one probe saw, and what to do about it.
func sawOf(r monitors.Result, took time.Duration) string {
	var parts []string
	if r.Status > 0 {
		parts = append(parts, fmt.Sprintf("status %d", r.Status))
	}
	if r.OK {
		parts = append(parts, fmt.Sprintf("%.1f ms", float64(took)/float64(time.Millisecond)))
	}
	if r.Measured {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("%g %s", r.Value, r.Unit)))
	}
	if r.Reason != "" {
		parts = append(parts, r.Reason)
	}
	if r.Cached {
		parts = append(parts, "a cache answered: watch a page that reads the database")
	}
	switch {
	case r.Blind:
		parts = append(parts, "nothing is seen from here: is the name right, and is a VPN needed?")
	case r.Refused:
		parts = append(parts, "nobody listens there: is the port right?")
	case r.Limited:
		parts = append(parts, "it turns checks away: let User-Agent crosstalk-check pass, or give the check headers")
	case !r.OK && r.Status == 404:
		parts = append(parts, "is the path right?")
	case !r.OK && (r.Status == 401 || r.Status == 403):
		parts = append(parts, `the check needs headers: {Authorization: "Bearer ${TOKEN}"}`)
	case !r.OK && r.Status/100 == 3:
		parts = append(parts, "checks follow no redirect: name where it leads, or add expect: 3xx")
	}
	return strings.Join(parts, ", ")
}

// tryChecks asks every check once and says what it saw.
func tryChecks(ctx context.Context, cfg *session.Config, compiled *session.Compiled, w io.Writer) error {
	tried, err := tryAll(ctx, cfg, compiled)
	fmt.Fprintln(w, "\nEach check, once:")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	watched := false
	for _, c := range tried {
		mark := "ok"
		if !c.good {
			mark = "LOOK"
		}
		watched = watched || c.env == monitors.Production
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", mark, c.env, c.name, c.saw)
	}
	if ferr := t.Flush(); ferr != nil {
		return fmt.Errorf("say what the checks saw: %w", ferr)
	}
	if !watched && err == nil {
		fmt.Fprintln(w, "  LOOK  production is not watched: nothing tells whether the load reaches it. Add production.checks to the file")
	}
	return err
}
