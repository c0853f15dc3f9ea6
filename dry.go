package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"crosstalk/loadengine"
	"crosstalk/monitors"
	"crosstalk/monitors/identity"
	"crosstalk/session"
)

// dryRun prints a session as it would be, and sends nothing: no load, no check,
// not even a name is looked up.
func dryRun(ctx context.Context, f *liveFlags, cfg *session.Config, w io.Writer) error {
	f.headless = f.headless || !screen() // nothing is drawn, so no terminal is needed
	caps, plan, err := f.check()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	compiled, err := cfg.Compile(ctx, caps)
	if _, ok := errors.AsType[session.Problems](err); ok {
		return usage(err)
	}
	if err != nil {
		return err
	}
	d := &dry{w: tabwriter.NewWriter(w, 0, 4, 2, ' ', 0), cfg: cfg, masked: cfg.Masked(), compiled: compiled}
	d.environment()
	d.journeys()
	d.checks()
	d.course(f, plan)
	d.say("", "Nothing was sent.")
	if err := d.w.Flush(); err != nil {
		return fmt.Errorf("write what would run: %w", err)
	}
	return nil
}

// dry prints one compiled session.
type dry struct {
	w        *tabwriter.Writer
	cfg      *session.Config
	masked   *session.Config
	compiled *session.Compiled
}

func (d *dry) say(what, format string, args ...any) {
	fmt.Fprintf(d.w, "%s\t%s\n", what, strings.Map(printable, fmt.Sprintf(format, args...)))
}

func (d *dry) environment() {
	p, s := d.compiled.Plan, d.masked.Staging
	d.say("Staging", "%s", s.URL)
	for _, h := range s.Hosts {
		d.say("", "and %s", h)
	}
	for _, a := range p.Forbidden {
		d.say("Never", "%s (production's checks)", d.cfg.Mask(a))
	}
	for _, w := range d.compiled.Warnings {
		d.say("Look here", "%s", w)
	}
	d.wire(s)
	rps := "no limit of requests"
	if p.MaxRPS > 0 {
		rps = fmt.Sprintf("%g requests a second", p.MaxRPS)
	}
	unit := session.Unit(p.Mode)
	rise := "at once"
	if p.Glide > 0 {
		rise = fmt.Sprintf("%g %s a second", p.Glide, unit.Word())
	}
	d.say("Limits", "%s, %s, rising %s", plural(p.MaxUsers, "user"), rps, rise)
	if unit.Rate() {
		d.say("Mode", "the dial counts requests a second, up to %d; what we can't send in time is dropped", p.DialMax())
	}
	for _, name := range slices.Sorted(maps.Keys(s.Headers)) {
		d.say("Header", "%s: %s", name, hidden(name, s.Headers[name]))
	}
	if _, own := p.Header["User-Agent"]; !own {
		d.say("Header", "User-Agent: crosstalk/%s", version)
	}
	if rows := p.Data; len(rows) > 0 {
		d.say("Data", "%s: %s of %s", s.Data, plural(len(rows), "row"), d.columns())
	}
}

// columns names the data's columns that are used; of others there may be a
// password in the first line.
func (d *dry) columns() string {
	used, others := d.cfg.Columns()
	rest := plural(others, "column") + " that no step uses: is the first line column names?"
	switch {
	case len(used) == 0:
		return rest
	case others > 0:
		return strings.Join(used, ", ") + ", and " + rest
	}
	return strings.Join(used, ", ")
}

// wire says how load connects, where it is not as usual.
func (d *dry) wire(s session.Staging) {
	var all []string
	if s.CA != "" {
		all = append(all, "authority "+s.CA)
	}
	if s.Cert != "" {
		all = append(all, "client certificate "+s.Cert)
	}
	if s.HTTP1 {
		all = append(all, "never HTTP/2")
	}
	if s.Fresh {
		all = append(all, "a connection for every request")
	}
	if len(all) > 0 {
		d.say("Connects", "%s", strings.Join(all, ", "))
	}
}

// hidden is a header's value for people.
func hidden(name, value string) string {
	if session.SecretName(name) && !strings.Contains(value, "{{") {
		return "***"
	}
	return value
}

func (d *dry) journeys() {
	all := 0
	for _, j := range d.compiled.Plan.Journeys {
		all += max(j.Weight, 1)
	}
	for _, j := range d.compiled.Plan.Journeys {
		share := ""
		if len(d.compiled.Plan.Journeys) > 1 {
			share = fmt.Sprintf(", %d of %d turns", max(j.Weight, 1), all)
		}
		d.say("", "")
		d.say("Journey", "%s: %s after a round%s", d.cfg.Mask(j.Name), thinking(j.Think), share)
		masked := session.Journey{}
		if i := slices.IndexFunc(d.masked.Staging.Journeys, func(m session.Journey) bool { return m.Name == d.cfg.Mask(j.Name) }); i >= 0 {
			masked = d.masked.Staging.Journeys[i]
		}
		for i, s := range j.Once {
			d.step("once", s, at(masked.Once, i))
		}
		for i, s := range j.Steps {
			d.step(fmt.Sprint(i+1), s, at(masked.Steps, i))
		}
	}
}

func at(steps []session.Step, i int) session.Step {
	if i < len(steps) {
		return steps[i]
	}
	return session.Step{}
}

func thinking(t loadengine.Think) string {
	switch {
	case t.Max <= 0 && t.Min <= 0:
		return "no pause"
	case t.Max <= t.Min:
		return fmt.Sprintf("%s pause", t.Min)
	default:
		return fmt.Sprintf("%s to %s pause", t.Min, t.Max)
	}
}

// step prints a step: the engine's numbers, the masked texts.
func (d *dry) step(when string, s loadengine.Step, m session.Step) {
	method := s.Method
	if method == "" {
		method = "GET"
	}
	d.say("  "+when, "%s %s", method, d.cfg.Mask(s.URL))
	if s.Name != "" && !strings.HasPrefix(s.URL, strings.TrimPrefix(s.Name, method+" ")) {
		d.say("", "  called %s", d.cfg.Mask(s.Name))
	}
	if names := d.compiled.Plan.Withheld(s); len(names) > 0 {
		d.say("", "  without %s: for staging's own host alone", strings.Join(names, ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(m.Headers)) {
		d.say("", "  %s: %s", name, hidden(name, m.Headers[name]))
	}
	switch {
	case m.JSON != nil:
		d.say("", "  json %s", short(jsonText(m.JSON), shownBody))
	case m.Form != nil:
		for _, k := range slices.Sorted(maps.Keys(m.Form)) {
			d.say("", "  form %s=%s", k, short(m.Form[k], shownBody))
		}
	case m.Body != "":
		d.say("", "  body %s", short(m.Body, shownBody))
	case m.Raw:
		d.say("", "  file %s, as it is", m.File)
	case m.File != "":
		d.say("", "  file %s", m.File)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Save)) {
		d.say("", "  saves {{%s}} from %s", name, short(d.cfg.Mask(s.Save[name]), shownBody))
	}
	var want []string
	if s.Expect.Status != "" {
		want = append(want, "status "+s.Expect.Status)
	}
	if m.Expect.Contains != "" {
		want = append(want, fmt.Sprintf("%q in the body", short(m.Expect.Contains, shownBody)))
	}
	for _, path := range slices.Sorted(maps.Keys(m.Expect.JSON)) {
		want = append(want, fmt.Sprintf("%s = %s", path, short(jsonText(m.Expect.JSON[path]), shownBody)))
	}
	if len(want) > 0 {
		d.say("", "  expects %s", strings.Join(want, ", "))
	}
	if s.Think != nil {
		d.say("", "  then %s", thinking(*s.Think))
	}
	if s.Timeout > 0 {
		d.say("", "  given up after %s", s.Timeout)
	}
}

// jsonText writes a value that was read from YAML, so that it has a JSON form.
func jsonText(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSpace(b.String())
}

func (d *dry) checks() {
	d.say("", "")
	where := map[string]string{}
	for env, checks := range map[string][]session.Check{"staging": d.masked.Staging.Checks, "production": d.masked.Production.Checks, "control": d.masked.Control.Checks} {
		for _, c := range checks {
			key := env + "\x00" + c.Name
			if where[key] = c.Kind + " " + c.Address; c.Kind == "person" {
				where[key] = question(c)
			}
		}
	}
	for _, c := range d.compiled.Checks {
		what := where[c.Env+"\x00"+c.Name]
		if c.Kind == "person" { // its period is how often we look for an answer, not how often somebody is asked
			d.say("Check", "%s %s %s", c.Env, d.cfg.Mask(c.Name), what)
			continue
		}
		d.say("Check", "%s %s every %s  %s", c.Env, d.cfg.Mask(c.Name), c.Every, what)
	}
	if place, err := identity.ParseDSN(d.cfg.Identity.Production); err == nil && counters[place.System] != nil {
		d.say("Check", "production %s every %s, if it lets us in (identity.production)", place.System, session.CountersEvery)
	}
	if len(d.masked.Production.Checks) == 0 {
		d.say("", "production is not watched: nothing tells whether the load reaches it")
	}
}

// question says whom a check asks, what and how often.
func question(c session.Check) string {
	whom := c.Who
	if whom == "" {
		whom = "anyone"
	}
	every := c.Every
	if every == 0 {
		every = monitors.DefaultQuestion
	}
	return fmt.Sprintf("asks %s every %s: %s", whom, every, c.Question)
}

// course says what a session would do first.
func (d *dry) course(f *liveFlags, plan script) {
	d.say("", "")
	first := d.compiled.Plan.Journeys[0]
	step := append(slices.Clone(first.Once), first.Steps...)[0]
	d.say("Rehearsal", "one user begins (%s), then all load is stopped, to see that the brake works", d.cfg.Mask(step.Name))
	switch {
	case f.baseline > 0:
		d.say("Quiet phase", "%s, in which the usual latency is learned", f.baseline)
	default:
		d.say("Quiet phase", "none: the guard has fixed limits only")
	}
	if f.noGuard != "" {
		d.say("Guard", "off: %s", f.noGuard)
	}
	for _, a := range plan {
		if s, ok := a.cmd.(session.SetDial); ok {
			d.say("Dial", "after %s: %s", a.at, session.Unit(d.compiled.Plan.Mode).Of(s.To))
		}
	}
	if f.length > 0 {
		d.say("End", "after %s", f.length)
	}
}
