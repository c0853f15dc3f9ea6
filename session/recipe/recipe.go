package recipe

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"crosstalk/session"
)

// Secret is a value that the source held and that the YAML does not: it stands
// there as ${Name}.
type Secret struct {
	Name  string
	Value string // empty when the source had it blacked out
	Where string // what it was, for a person: "header Authorization of step 3"
}

// Recipe is an import, ready to be written as YAML or read as a configuration.
type Recipe struct {
	Source  string   // where it came from, as a person gave it
	Secrets []Secret // in order of first use
	Notes   []string // what a person should know about it, a line each
	Watch   []string // URLs of production to watch; add them before YAML or Config
	Users   int      // the hard cap of users; 0 writes none
	Head    string   // what stands above staging, whole lines; empty for a line that says where it came from
	Foot    string   // what stands below production, whole lines

	base     string   // scheme://host[:port] of staging
	hosts    []string // further ones
	headers  []pair   // of every step
	journeys []journey
	insecure bool
	ca       string
	cert     string
	key      string
	alive    string // path that answered without credentials; empty when none is known
}

type journey struct {
	name  string
	think session.Range
	once  []*request
	steps []*request
}

type pair struct{ name, value string }

// limits of what is read.
const (
	maxText = 1 << 20  // bytes of a command or of one body
	maxFile = 64 << 20 // bytes of a file of targets
	maxHAR  = 256 << 20
	maxYAML = 1 << 20 // what the reader of crosstalk.yaml takes
)

// note adds something that a person should know, once.
func (r *Recipe) note(format string, args ...any) {
	n := line(anyJWT.ReplaceAllString(fmt.Sprintf(format, args...), "***"))
	if !slices.Contains(r.Notes, n) {
		r.Notes = append(r.Notes, n)
	}
}

// secret keeps a value out of the text and returns the mark that stands for it.
func (r *Recipe) secret(name, value, where string) string {
	name = variable(name)
	if redacted(value) {
		value = ""
	}
	base := name
	for n := 2; ; n++ {
		i := slices.IndexFunc(r.Secrets, func(s Secret) bool { return s.Name == name })
		if i < 0 {
			r.Secrets = append(r.Secrets, Secret{Name: name, Value: value, Where: where})
			return env(name)
		}
		if r.Secrets[i].Value == value {
			return env(name)
		}
		name = fmt.Sprintf("%s_%d", base, n)
	}
}

// redacted tells whether somebody blacked a value out.
func redacted(v string) bool {
	low := strings.ToLower(strings.Trim(v, "[]<>(){} "))
	return strings.Trim(v, "*xX•.") == "" || slices.Contains([]string{"redacted", "removed", "hidden", "masked", "filtered", "sanitized"}, low)
}

// origin is the scheme and host of a URL, as staging.url writes them.
func origin(u *url.URL) string { return strings.ToLower(u.Scheme) + "://" + u.Host }

// place makes the first request's host staging's, and lets load reach the
// others.
func (r *Recipe) place(all []*request) {
	for _, q := range all {
		switch {
		case r.base == "":
			r.base = q.origin
		case q.origin != r.base:
			if _, host, _ := strings.Cut(q.origin, "://"); !slices.Contains(r.hosts, host) {
				r.hosts = append(r.hosts, host)
			}
		}
	}
	// A Host header decides who is reached behind a shared address.
	for _, q := range all {
		host := strings.ToLower(strings.TrimSpace(q.header("Host")))
		if _, own, _ := strings.Cut(r.base, "://"); host == "" || marked(host) || host == own || slices.Contains(r.hosts, host) {
			continue
		}
		r.hosts = append(r.hosts, host)
		r.note("%s is asked for by a header Host: it stands in staging.hosts, so that load may reach it", host)
	}
	// A host that is staging's own on the other scheme's port needs its line too;
	// one that equals the base's host and port needs none.
	_, own, _ := strings.Cut(r.base, "://")
	r.hosts = slices.DeleteFunc(r.hosts, func(h string) bool { return h == own && strings.Contains(h, ":") })
}

// requests are all steps of all journeys, in order.
func (r *Recipe) requests() []*request {
	var all []*request
	for _, j := range r.journeys {
		all = append(append(all, j.once...), j.steps...)
	}
	return all
}

// Config is the recipe as the strict reader of crosstalk.yaml reads it. Secrets
// of the source are put in as environment variables, getenv (os.LookupEnv outside
// of tests) serves the others. The error is [session.Problems].
func (r *Recipe) Config(getenv func(string) (string, bool)) (*session.Config, error) {
	if getenv == nil {
		getenv = os.LookupEnv
	}
	text := r.YAML()
	if len(text) > maxYAML {
		return nil, session.Problems{{File: r.Source, What: fmt.Sprintf("the configuration made of it has %d bytes, and %d are read", len(text), maxYAML),
			Remedy: "record less at a time: one way through the product"}}
	}
	c, err := session.ParseConfig(r.Source, text, func(name string) (string, bool) {
		for _, s := range r.Secrets {
			if s.Name == name && s.Value != "" {
				return s.Value, true
			}
		}
		return getenv(name)
	})
	if problems, ok := errors.AsType[session.Problems](err); ok {
		// The places are the YAML's, which nobody has seen.
		for i := range problems {
			problems[i].Line, problems[i].Column = 0, 0
		}
		return nil, problems
	}
	if err == nil {
		c.Unseen()
	}
	return c, err
}

// YAML is the recipe as a commented crosstalk.yaml, without any secret. The same
// recipe gives the same bytes.
func (r *Recipe) YAML() []byte {
	var b bytes.Buffer
	w := &writer{b: &b}
	w.recipe(r)
	return b.Bytes()
}

// span writes a duration as the configuration does.
func span(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
