package session

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"crosstalk/loadengine"
)

// ReadConfig reads a crosstalk.yaml and the files it names. getenv is os.LookupEnv outside of tests. The error
// is [Problems], all of them at once, when the content is wrong, and wraps the system's when the file cannot
// be read.
func ReadConfig(path string, getenv func(string) (string, bool)) (*Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read config: %w", err)
	}
	r := parseConfig(path, text, getenv)
	r.config.Dir = filepath.Dir(path)
	r.files()
	return r.result()
}

// ParseConfig reads the text of a crosstalk.yaml without touching a disk: DataRows stay empty, and whether
// named files exist is not looked at. file names it in problems. The error is [Problems].
func ParseConfig(file string, text []byte, getenv func(string) (string, bool)) (*Config, error) {
	return parseConfig(file, text, getenv).result()
}

func parseConfig(file string, text []byte, getenv func(string) (string, bool)) *configReader {
	r := &configReader{
		config:  &Config{file: file, inPlace: map[string]string{}},
		getenv:  getenv,
		anchors: map[string]ast.Node{},
		filesAt: map[string]place{},
	}
	if body := r.tree(text); body != nil {
		r.top(body)
	}
	return r
}

// result sorts what was found by its place in the file.
func (r *configReader) result() (*Config, error) {
	c := r.config
	c.replace = c.replacer()
	if len(r.problems) == 0 {
		return c, nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(configRank(a.File, c.file), configRank(b.File, c.file)), strings.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return nil, r.problems
}

// configRank puts the config before the files it names.
func configRank(file, config string) int {
	if file == config {
		return 0
	}
	return 1
}

// top reads the whole document.
func (r *configReader) top(n ast.Node) {
	c := r.config
	seen, unknown := r.mapping(n, "the top level", `staging: {url: "http://127.0.0.1:8080"}`, []field{
		{"charter", r.charter},
		{"timebox", func(n ast.Node) { c.Timebox = r.duration(n, "timebox", "60m", 1) }},
		{"after_timebox", func(n ast.Node) { c.AtEnd = r.choice(n, "after_timebox", EndEase, EndHold, EndStop, EndNone) }},
		{"people", r.people},
		{"staging", r.staging},
		{"production", r.production},
		{"control", func(n ast.Node) {
			if seen, unknown := r.mapping(n, "control", "{checks: [...]}", []field{
				{"checks", func(n ast.Node) { c.Control.Checks = r.checks(n, "control.checks") }},
			}); seen != nil && unknown == 0 {
				r.needChecks(n, seen, "control", "or leave control out")
			}
		}},
		{"guard", func(n ast.Node) {
			r.mapping(n, "guard", "{slo: 300ms, errors: 1%}", []field{
				{"slo", func(n ast.Node) { c.Guard.SLO = r.duration(n, "guard.slo", "300ms", 1) }},
				{"errors", func(n ast.Node) { c.Guard.Errors = r.share(n, "guard.errors") }},
			})
		}},
		{"identity", func(n ast.Node) {
			dsn := func(to *string, path string) func(ast.Node) {
				return func(n ast.Node) { *to, _ = r.filled(n, path, `"${STAGING_DSN}"`) }
			}
			r.mapping(n, "identity", `{staging: "${STAGING_DSN}", production: "${PROD_DSN}"}`, []field{
				{"staging", dsn(&c.Identity.Staging, "identity.staging")},
				{"production", dsn(&c.Identity.Production, "identity.production")},
				{"dye", r.dye},
			})
		}},
		{"notify", r.notify},
		{"tracker", r.tracker},
		{"engine", func(n ast.Node) {
			r.mapping(n, "engine", `{locust: "http://127.0.0.1:8089"}`, []field{
				{"locust", func(n ast.Node) { c.Engine.Locust = r.address(n, "engine.locust") }},
				{"login", func(n ast.Node) { c.Engine.Login, _ = r.filled(n, "engine.login", "/login_submit") }},
			})
		}},
	})
	if seen == nil {
		return
	}
	at := placeOf(n)
	_, staging := seen["staging"]
	_, engine := seen["engine"]
	if !staging && !engine && unknown == 0 {
		r.add(at, `write staging: {url: "http://HOST:PORT"}`, "there is no staging, so there is nothing to load")
	}
	if staging && len(r.problems) == 0 && len(c.Staging.Checks)+len(c.Production.Checks)+len(c.Control.Checks) == 0 {
		r.add(seen["staging"], `add checks: [{http: "http://HOST:PORT/health"}] to staging and, to be guarded, to production`,
			"there are no checks, so nobody's health would be seen")
	}
	r.hosts()
	r.problems = append(r.problems, c.Conflicts()...)
}

func (r *configReader) charter(n ast.Node) {
	c := &r.config.Charter
	v := r.resolve(n)
	if v == nil {
		return
	}
	if describe(v) == "a text" {
		c.Text, _ = r.label(v, "charter", "explore checkout with rising users")
		c.Text = strings.Join(strings.Fields(c.Text), " ")
		return
	}
	one := func(to *string, key, example string) field {
		return field{key, func(n ast.Node) { *to, _ = r.label(n, "charter."+key, example) }}
	}
	many := func(to *[]string, key, example string) field {
		return field{key, func(n ast.Node) { *to = r.labels(n, "charter."+key, example) }}
	}
	r.mapping(v, "charter", "{explore: checkout, with: rising users, discover: where orders slow down}", []field{
		one(&c.Explore, "explore", "checkout"),
		one(&c.With, "with", "rising users"),
		one(&c.Discover, "discover", "where orders slow down"),
		many(&c.Areas, "areas", "checkout"),
		many(&c.StopRules, "stop_rules", "a customer notices"),
		many(&c.OutOfScope, "out_of_scope", "payment"),
		many(&c.Environments, "environments", "staging 2.4.1, test account tina"),
	})
}

func (r *configReader) people(n ast.Node) {
	r.config.People, _ = r.words(n, "people", "mel", func(n ast.Node) (string, bool) {
		s, ok := r.label(n, "people", "mel")
		if ok && slices.Contains([]string{"guard", "engine", "monitors", "session"}, strings.ToLower(strings.TrimSpace(s))) {
			r.wrongText(n, "people", "choose another name", "is a name that the journal keeps for the program itself")
			return "", false
		}
		return s, ok
	})
}

func (r *configReader) staging(n ast.Node) {
	s := &r.config.Staging
	path := func(to *string, key, example string) field {
		return field{key, func(n ast.Node) { *to, _ = r.filled(n, "staging."+key, example); r.filesAt[key] = placeOf(n) }}
	}
	seen, unknown := r.mapping(n, "staging", `{url: "http://127.0.0.1:8080"}`, []field{
		{"url", func(n ast.Node) { s.URL = r.address(n, "staging.url"); s.urlAt = placeOf(n) }},
		{"hosts", func(n ast.Node) {
			s.Hosts, s.hostsAt = r.words(n, "staging.hosts", "login.staging.example.test", r.host)
		}},
		{"mode", func(n ast.Node) { s.Mode = r.choice(n, "staging.mode", loadengine.ModeUsers, loadengine.ModeRate) }},
		{"limits", func(n ast.Node) {
			r.mapping(n, "staging.limits", "{users: 200, rps: 500}", []field{
				{"users", func(n ast.Node) {
					s.Limits.Users = r.whole(n, "staging.limits.users", 1)
					r.filesAt["limits.users"] = placeOf(n)
				}},
				{"rps", func(n ast.Node) {
					x, ok := r.number(n, "staging.limits.rps", "500")
					if ok && x <= 0 {
						r.add(placeOf(n), "write a number above 0, or remove the key", "staging.limits.rps is %v", x)
						x = 0
					}
					s.Limits.RPS = x
					r.filesAt["limits.rps"] = placeOf(n)
				}},
			})
		}},
		{"build", func(n ast.Node) {
			r.mapping(n, "staging.build", "{from: GET /version}", []field{
				{"from", func(n ast.Node) {
					if m, p, ok := r.request(n, "staging.build.from"); ok {
						s.Build = &BuildSource{Method: m, Path: p}
					}
				}},
			})
		}},
		{"served_by", func(n ast.Node) {
			if h, ok := r.filled(n, "staging.served_by", "X-Served-By"); ok && !isToken(h) {
				r.wrongText(n, "staging.served_by", "use letters, digits and hyphens", "is not the name of a header")
			} else {
				s.ServedBy = h
			}
		}},
		{"headers", func(n ast.Node) { s.Headers = r.headers(n, "staging.headers") }},
		path(&s.Data, "data", "users.csv"),
		{"journeys", r.journeys},
		{"checks", func(n ast.Node) { s.Checks = r.checks(n, "staging.checks") }},
		{"insecure", func(n ast.Node) { s.Insecure = r.flag(n, "staging.insecure") }},
		{"http2", func(n ast.Node) { s.HTTP1 = !r.flag(n, "staging.http2") }},
		{"keep_alive", func(n ast.Node) { s.Fresh = !r.flag(n, "staging.keep_alive") }},
		path(&s.CA, "ca", "ca.pem"), path(&s.Cert, "cert", "client.pem"), path(&s.Key, "key", "client.key"),
	})
	if seen == nil {
		return
	}
	s.filesAt = r.filesAt
	at := placeOf(n)
	if _, ok := seen["url"]; !ok && unknown == 0 {
		r.add(at, "write url: http://HOST:PORT", "staging has no url")
	}
	cert, hasCert := seen["cert"]
	key, hasKey := seen["key"]
	if hasCert != hasKey {
		has, lacks, at := "cert", "key", cert
		if hasKey {
			has, lacks, at = "key", "cert", key
		}
		r.add(at, "add "+lacks+": FILE", "staging has a %s without a %s", has, lacks)
	}
}

func (r *configReader) production(n ast.Node) {
	p := &r.config.Production
	seen, unknown := r.mapping(n, "production", "{checks: [...]}", []field{
		{"checks", func(n ast.Node) { p.Checks = r.checks(n, "production.checks") }},
		{"tolerate", func(n ast.Node) { p.Tolerate = r.whole(n, "production.tolerate", 0) }},
	})
	if seen == nil || unknown > 0 {
		return
	}
	r.needChecks(n, seen, "production", "or leave production out and run unguarded")
	r.sighted(p, seen)
}

// needChecks refuses an environment that is named and not watched; what is empty says so itself.
func (r *configReader) needChecks(n ast.Node, seen map[string]place, env, or string) {
	if _, ok := seen["checks"]; !ok {
		r.add(placeOf(n), `add checks: [{http: "http://HOST:PORT/health"}], `+or, "%s has no checks", env)
	}
}

// host reads one entry of staging.hosts: host or host:port.
func (r *configReader) host(n ast.Node) (string, bool) {
	s, ok := r.filled(n, "staging.hosts", "login.staging.example.test")
	if !ok {
		return "", false
	}
	host, port := splitHost(s)
	switch {
	case strings.Contains(s, "/"):
		remedy := "write for example login.staging.example.test"
		if u, err := url.Parse(s); err == nil && u.Host != "" && r.config.inPlace[s] == "" {
			remedy = "write " + u.Host
		}
		r.wrongText(n, "staging.hosts", remedy, "is not a host: it has a slash")
	case strings.Contains(host, "*"):
		r.wrongText(n, "staging.hosts", "name each host", "is a pattern, and load goes nowhere that is not named")
	case host == "" || strings.ContainsAny(host, " @?#,") || !validPort(port, true) || strings.HasSuffix(s, ":"):
		r.wrongText(n, "staging.hosts", "write HOST or HOST:PORT", "is not a host")
	default:
		return s, true
	}
	return "", false
}

// hosts refuses whole URLs in journeys that the allow-list would refuse at every request.
func (r *configReader) hosts() {
	s := &r.config.Staging
	if s.URL == "" {
		return
	}
	base, _ := addressesOf("http", s.URL)
	for _, j := range s.Journeys {
		for _, step := range slices.Concat(j.Once, j.Steps) {
			to, ok := addressesOf("http", step.Path)
			if !ok || strings.Contains(to[0].host, "{{") || slices.Contains(base, to[0]) {
				continue
			}
			if !slices.ContainsFunc(s.Hosts, func(h string) bool { return hostEntry(h).covers(to[0]) }) {
				name := r.config.shown(to[0], step.Path)
				if check, yes := r.config.watches(to[0]); yes {
					r.add(step.at, "load a host of staging's; production is only ever watched",
						"step %q goes to %s, which production's check %q watches", step.Name, name, check)
					continue
				}
				r.add(step.at, fmt.Sprintf("add %q to staging.hosts", name), "step %q goes to %s, which load may not reach", step.Name, name)
			}
		}
	}
}

// files reads what the config names.
func (r *configReader) files() {
	c := r.config
	look := func(path string, at place, key string) {
		if path == "" {
			return
		}
		if err := readable(c.Path(path)); err != nil {
			r.add(at, "create it, or correct the path (it starts at the folder of this file)", "%s %s cannot be read (%s)", key, c.Mask(path), c.Mask(fileReason(err)))
		}
	}
	at := r.filesAt
	look(c.Staging.CA, at["ca"], "staging.ca")
	look(c.Staging.Cert, at["cert"], "staging.cert")
	look(c.Staging.Key, at["key"], "staging.key")
	for _, j := range c.Staging.Journeys {
		for _, s := range slices.Concat(j.Once, j.Steps) {
			look(s.File, s.at, "the body file of step "+s.Name+",")
		}
	}
	if c.Staging.Data == "" {
		return
	}
	data, err := readRegular(c.Path(c.Staging.Data))
	if err != nil {
		look(c.Staging.Data, at["data"], "staging.data")
		return
	}
	rows, problems := parseRows(c.Mask(c.Path(c.Staging.Data)), data)
	c.Staging.DataRows = rows
	r.problems = append(r.problems, problems...)
}

// fileReason is the system's error without the path, which the problem names already.
func fileReason(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}
