package session

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"crosstalk/loadengine"
	"crosstalk/monitors"
)

// Defaults of what a configuration leaves out.
const (
	DefaultUsers = 200
	DefaultGlide = 10 // users a second

	stagingEvery    = time.Second
	productionEvery = 250 * time.Millisecond
	controlEvery    = 500 * time.Millisecond
	hostEvery       = time.Second
)

// Caps are what flags say about the load; a zero value leaves it to the
// configuration and the defaults.
type Caps struct {
	Mode       string // what the dial counts, "users" or "rate"; "" leaves it to the configuration
	Users      int
	RPS        float64
	Glide      float64       // users a second; 0 follows at once
	WatchEvery time.Duration // of production's checks that name no period of their own
	Seed       uint64
	Version    string
}

// Compiled is a configuration made ready: what is loaded, what is watched, and
// the limits.
type Compiled struct {
	Plan   loadengine.Plan
	Checks []monitors.Check
	Limits map[string]monitors.Limits

	Answers map[CheckKey]*monitors.Answers // what the answers to each check that asks a person go into

	Warnings []string // about how load connects, for a person; secrets masked
	Proxy    string   // host:port of one that both load and production's checks go through; empty: none

	Masked json.RawMessage   // for the journal
	Env    map[string]string // where in Masked a value came from the environment
}

// Compile makes a configuration ready to run. The error is Problems where the
// configuration is at fault. The sink that tells our own trouble ends with ctx.
func (c *Config) Compile(ctx context.Context, caps Caps) (*Compiled, error) {
	out := &Compiled{Answers: map[CheckKey]*monitors.Answers{}, Limits: map[string]monitors.Limits{
		monitors.Production: {SLO: c.Guard.SLO, Errors: c.Guard.Errors, Tolerate: c.Production.Tolerate},
	}}
	var problems Problems
	wire, wrong := c.wire()
	for _, env := range []struct {
		name   string
		checks []Check
		every  time.Duration
	}{
		{monitors.Staging, c.Staging.Checks, stagingEvery},
		{monitors.Production, c.Production.Checks, max(caps.WatchEvery, 0)},
		{monitors.Control, c.Control.Checks, controlEvery},
	} {
		if env.every == 0 {
			env.every = productionEvery
		}
		for _, check := range env.checks {
			if env.name == monitors.Staging {
				check.tls = wire.TLS // the same server, so the same authority and client certificate
			}
			m, answers, err := check.monitor(env.name, env.every, caps.Version)
			if err != nil {
				problems = append(problems, c.problem(check.at, fmt.Sprintf("check %s of %s: %v", check.Name, env.name, err), ""))
				continue
			}
			out.Checks = append(out.Checks, c.MaskCheck(m))
			if answers != nil {
				out.Answers[CheckKey{env.name, check.Name}] = answers
			}
		}
	}
	problems = append(problems, wrong...)
	out.Plan = c.plan(caps)
	out.Plan.Wire, out.Warnings, out.Proxy = wire, c.warnings(wire), c.sharedProxy(wire)
	out.Plan.Forbidden = c.ProductionAddresses()
	for _, err := range out.Plan.Validate() {
		problems = append(problems, c.planProblem(err))
	}
	if len(problems) > 0 {
		return nil, problems
	}
	sink, err := monitors.Sink(ctx)
	if err != nil {
		return nil, fmt.Errorf("watch this machine: %w", err)
	}
	out.Checks = append(out.Checks, monitors.Host(hostEvery), sink)
	out.Warnings = append(out.Warnings, shortfalls(out.Plan, len(out.Checks), monitors.OwnRoom())...)
	if out.Masked, err = marshal(c.Masked()); err != nil {
		return nil, fmt.Errorf("mask configuration: %w", err)
	}
	if out.Env, err = c.fromEnv(out.Masked); err != nil {
		return nil, err
	}
	return out, nil
}

func (c *Config) problem(at place, what, remedy string) Problem {
	p := Problem{What: c.Mask(what), Remedy: remedy}
	switch {
	case at.flag != "":
	case c.unseen:
		p.File = c.file
	default:
		p.File, p.Line, p.Column = c.file, at.line, at.column
	}
	return p
}

func (c *Config) plan(caps Caps) loadengine.Plan {
	p := loadengine.Plan{Base: c.Staging.URL, Hosts: c.Staging.Hosts, Header: header(c.Staging.Headers), Private: c.privateHeaders(), Version: caps.Version, ServedBy: c.Staging.ServedBy, Mode: cmp.Or(caps.Mode, c.Staging.Mode),
		Data: c.Staging.DataRows, MaxUsers: DefaultUsers, MaxRPS: c.Staging.Limits.RPS, Glide: caps.Glide, Seed: caps.Seed}
	if n := c.Staging.Limits.Users; n > 0 {
		p.MaxUsers = n
	}
	// A flag may tighten what the file allows, and lift only the default.
	if caps.Users > 0 && (c.Staging.Limits.Users == 0 || caps.Users < p.MaxUsers) {
		p.MaxUsers = caps.Users
	}
	if caps.RPS > 0 && (p.MaxRPS == 0 || caps.RPS < p.MaxRPS) {
		p.MaxRPS = caps.RPS
	}
	journeys := c.Staging.Journeys
	if len(journeys) == 0 {
		journeys = []Journey{{Name: "visit", Weight: 1, Steps: []Step{{Method: http.MethodGet, Path: "/", Name: "GET /"}}}}
	}
	for _, j := range journeys {
		p.Journeys = append(p.Journeys, loadengine.Journey{Name: j.Name, Weight: j.Weight, Think: loadengine.Think(j.Think),
			Once: c.steps(j.Once), Steps: c.steps(j.Steps)})
	}
	return p
}

func (c *Config) steps(in []Step) []loadengine.Step {
	var out []loadengine.Step
	for _, s := range in {
		step := loadengine.Step{Name: s.Name, Method: s.Method, URL: s.Path, Header: header(s.Headers), Timeout: s.Timeout,
			Expect: loadengine.Expect{Status: strings.Join(s.Expect.Status, ","), Body: s.Expect.Contains}}
		for path, v := range s.Expect.JSON {
			if step.Expect.JSON == nil {
				step.Expect.JSON = map[string]string{}
			}
			step.Expect.JSON[path] = bodyJSON(v)
		}
		for _, save := range s.Save {
			if step.Save == nil {
				step.Save = map[string]string{}
			}
			from := save.Expr
			if save.From != "json" {
				from = save.From + ":" + save.Expr
			}
			step.Save[save.Name] = from
		}
		if s.Think != nil {
			step.Think = &loadengine.Think{Min: s.Think.Min, Max: s.Think.Max}
		}
		switch {
		case s.JSON != nil:
			step.Body = loadengine.Body{Kind: loadengine.BodyJSON, Content: bodyJSON(s.JSON)}
		case s.Form != nil:
			step.Body = loadengine.Body{Kind: loadengine.BodyForm, Form: s.Form}
		case s.Body != "":
			step.Body = loadengine.Body{Kind: loadengine.BodyText, Content: s.Body}
		case s.Raw:
			step.Body = loadengine.Body{Kind: loadengine.BodyRaw, Content: c.Path(s.File)}
		case s.File != "":
			step.Body = loadengine.Body{Kind: loadengine.BodyFile, Content: c.Path(s.File)}
		}
		out = append(out, step)
	}
	return out
}

// bodyJSON writes a value as the configuration holds it. It was read from YAML,
// so everything in it has a JSON form.
func bodyJSON(v any) string {
	b, err := marshal(v)
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(b))
}

// privateHeaders are the headers of staging that hold a secret: by their name, by
// their form, or because it came from the environment.
func (c *Config) privateHeaders() []string {
	var names []string
	for name, v := range c.Staging.Headers {
		if isSecretName(name) || SecretValue(v) || c.Mask(v) != v {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func header(m map[string]string) http.Header {
	if len(m) == 0 {
		return nil
	}
	h := http.Header{}
	for k, v := range m {
		h.Set(k, v)
	}
	return h
}
