package session

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// checkKinds are the kinds of checks, each with the keys that only some kinds have.
var checkKinds = []struct {
	kind, example string
	options       []string
	needs         []string
}{
	{"http", `"http://127.0.0.1:8081/health"`, []string{"headers", "expect"}, nil},
	{"tcp", `"127.0.0.1:5432"`, nil, nil},
	{"dns", "shop.example.test", nil, nil},
	{"host", "cpu", []string{"limit"}, nil},
	{"metrics", `"http://127.0.0.1:9100/metrics"`, []string{"series", "rate", "limit", "headers"}, nil},
	{"prometheus", `"http://127.0.0.1:9090"`, []string{"query", "rate", "limit", "headers"}, []string{"query"}},
	{"grafana", `"http://127.0.0.1:3000"`, []string{"query", "rate", "datasource", "token", "limit"}, []string{"query", "datasource", "token"}},
	{"person", `"is the wallboard green?"`, []string{"who"}, nil},
	{"postgres", `"${PROD_DSN}"`, []string{"connections", "lag"}, nil},
	{"mysql", `"${PROD_DSN}"`, []string{"connections", "lag"}, nil},
	{"redis", `"127.0.0.1:6379"`, []string{"connections", "lag"}, nil},
}

// SlowestWatch is the longest period of a check that tells of production within
// seconds: with less the guard would promise nothing worth having.
const SlowestWatch = 5 * time.Second

// fastKinds are the kinds of checks that see trouble within seconds. The others
// are slow evidence: they never keep production in sight.
var fastKinds = []string{"http", "tcp", "dns", "postgres", "mysql", "redis"}

// fast tells whether a check sees trouble within seconds.
func (c Check) fast() bool { return slices.Contains(fastKinds, c.Kind) }

// sighted refuses a production that would be out of sight, or seen too rarely,
// while load runs, and one whose servers may all be red.
func (r *configReader) sighted(p *Production, seen map[string]place) {
	fast := 0
	for _, c := range p.Checks {
		if !c.fast() {
			continue
		}
		fast++
		if c.Every > SlowestWatch {
			r.add(c.at, fmt.Sprintf("write every: %s or less", SlowestWatch),
				"check %s looks at production every %s, so trouble would be seen too late", r.config.Mask(c.Name), shortSpan(c.Every))
		}
	}
	switch {
	case len(r.problems) > 0 || len(p.Checks) == 0:
	case fast == 0:
		r.add(seen["checks"], `add {http: "http://HOST:PORT/health"}, or one of `+strings.Join(fastKinds[1:], ", "),
			"production has slow checks only, so it would be out of sight and the load cut")
	case p.Tolerate >= fast && p.Tolerate > 0:
		remedy, of := fmt.Sprintf("write at most %d", fast-1), fmt.Sprintf("there are %d checks that see trouble within seconds", fast)
		if fast == 1 {
			remedy, of = "leave it out", "there is 1 check that sees trouble within seconds"
		}
		r.add(seen["tolerate"], remedy, "production.tolerate is %d and %s, so the load would never be cut", p.Tolerate, of)
	}
}

// shortSpan words a period without its zeros: 10m, not 10m0s.
func shortSpan(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// hostParts are what a host check can look at on this machine.
var hostParts = []string{"all", "cpu", "memory", "swap", "load", "disk", "network", "files"}

// checks reads the checks of one environment; those without a name get one that is unique.
func (r *configReader) checks(n ast.Node, path string) (checks []Check) {
	first := map[string]int{}
	length, ok := r.each(n, path, `[{http: "http://127.0.0.1:8081/health"}]`, func(_ int, n ast.Node) {
		c, ok := r.check(n, path)
		if !ok {
			return
		}
		if line, twice := first[c.Name]; twice && c.Name != "" {
			r.add(placeOf(n), "give it another name", "check %q is named twice in %s (first on line %d)", c.Name, path, line)
			return
		}
		first[c.Name] = placeOf(n).line
		checks = append(checks, c)
	})
	if ok && length == 0 {
		r.add(placeOf(n), `add {http: "http://HOST:PORT/health"}, or remove the key`, "%s is empty", path)
	}
	r.config.nameChecks(checks)
	return checks
}

// nameChecks names checks by host and port, by path too where that is not enough. A name is shown and stored,
// so what came from the environment takes no part in it.
func (c *Config) nameChecks(checks []Check) {
	used := map[string]bool{}
	for i := range checks {
		if checks[i].Name != "" {
			used[checks[i].Name] = true
		}
	}
	for i := range checks {
		k := &checks[i]
		if k.Name != "" {
			continue
		}
		options := []string{k.Kind}
		if _, secret := c.inPlace[k.Address]; !secret {
			if to, ok := addressesOf(k.Kind, k.Address); ok {
				options = []string{to[0].String()}
				if p := pathOf(k.Address); k.Kind == "http" && p != "" {
					options = append(options, to[0].String()+p)
				}
			} else if k.Address != "" {
				options = []string{k.Kind + " " + k.Address}
			}
		}
		name := options[0]
		for n := 1; used[name]; n++ {
			if n < len(options) {
				name = options[n]
			} else {
				name = fmt.Sprintf("%s %d", options[len(options)-1], n-len(options)+2)
			}
		}
		k.Name, used[name] = name, true
	}
}

// check reads one check. Its kind is the key that holds its address.
func (r *configReader) check(n ast.Node, path string) (c Check, ok bool) {
	const example = `{name: web-1, http: "http://127.0.0.1:8081/health", every: 1s}`
	v := r.entry(n, path, "a mapping", example, false)
	if v == nil {
		return c, false
	}
	present := map[string]bool{}
	if m, ok := v.(*ast.MappingNode); ok {
		for _, e := range m.Values {
			if k, ok := configKey(e.Key); ok {
				present[k] = true
			}
		}
	}
	var kinds, unread []string
	allowed := map[string][]string{} // option → kinds that have it
	fields := []field{
		{"name", func(n ast.Node) { c.Name, _ = r.label(n, path+".name", "web-1") }},
		{"every", func(n ast.Node) { c.Every = r.duration(n, path+".every", "250ms", 10*time.Millisecond) }},
		{"timeout", func(n ast.Node) { c.Timeout = r.duration(n, path+".timeout", "5s", 1) }},
	}
	for _, k := range checkKinds {
		fields = append(fields, field{k.kind, func(n ast.Node) {
			c.Kind = k.kind
			c.at = placeOf(n)
			r.checkAddress(n, path+"."+k.kind, k.example, &c)
		}})
		if present[k.kind] {
			kinds = append(kinds, k.kind)
		}
		for _, o := range k.options {
			allowed[o] = append(allowed[o], k.kind)
		}
	}
	for _, f := range r.checkOptions(path, &c) {
		fits := len(kinds) != 1 || slices.Contains(allowed[f.key], kinds[0])
		if !fits {
			read := f.key
			f.read = func(n ast.Node) {
				unread = append(unread, read)
				r.add(placeOf(n), fmt.Sprintf("remove it (it belongs to %s)", strings.Join(allowed[read], ", ")), "a check of kind %s has no %q", kinds[0], read)
			}
		}
		fields = append(fields, f)
	}
	seen, unknown := r.mapping(v, path, example, fields)
	if seen == nil {
		return c, false
	}
	at := placeOf(n)
	switch {
	case len(kinds) == 0 && unknown == 0:
		r.add(at, `add http: "http://HOST:PORT/health", or another kind`, "a check in %s does not say what to look at", path)
	case len(kinds) > 1:
		r.add(at, "make them two checks", "a check in %s has two kinds (%s)", path, strings.Join(kinds, " and "))
	case len(kinds) == 1:
		for _, k := range checkKinds {
			if k.kind != kinds[0] {
				continue
			}
			for _, need := range k.needs {
				if _, ok := seen[need]; !ok {
					r.add(at, "add "+need+": ...", "a check of kind %s in %s has no %s", k.kind, path, need)
				}
			}
		}
	}
	if c.Kind == "metrics" && c.Series == "" && !slices.Contains(unread, "series") {
		for _, o := range []string{"limit", "rate"} {
			if at, ok := seen[o]; ok {
				r.add(at, `add series: node_load1`, "a check of kind metrics in %s has a %s and no series", path, o)
			}
		}
	}
	r.refuseTotal(c, path, seen)
	return c, len(kinds) == 1 && (c.Address != "" || c.Question != "")
}

// checkOptions are the keys that some kinds have.
func (r *configReader) checkOptions(path string, c *Check) []field {
	text := func(to *string, key, example string) field {
		return field{key, func(n ast.Node) { *to, _ = r.filled(n, path+"."+key, example) }}
	}
	return []field{
		{"headers", func(n ast.Node) { c.Headers = r.headers(n, path+".headers") }},
		{"expect", func(n ast.Node) { c.Expect = r.expect(n, path+".expect", true) }},
		{"rate", func(n ast.Node) { c.Rate = r.flag(n, path+".rate") }},
		{"limit", func(n ast.Node) {
			if x, ok := r.number(n, path+".limit", "0.9"); ok {
				c.Limit = &x
			}
		}},
		{"who", func(n ast.Node) { c.Who, _ = r.label(n, path+".who", "jon") }},
		{"connections", func(n ast.Node) { c.Connections = r.share(n, path+".connections") }},
		{"lag", func(n ast.Node) { c.Lag = r.duration(n, path+".lag", "5s", 1) }},
		text(&c.Series, "series", "node_load1"),
		text(&c.Query, "query", `"sum(rate(errors_total[1m]))"`),
		text(&c.Datasource, "datasource", "prometheus"),
		text(&c.Token, "token", `"${GRAFANA_TOKEN}"`),
	}
}

// checkAddress reads what a check looks at.
func (r *configReader) checkAddress(n ast.Node, path, example string, c *Check) {
	switch c.Kind {
	case "http", "metrics", "prometheus", "grafana":
		c.Address = r.address(n, path)
		return
	case "person":
		c.Question, _ = r.label(n, path, example)
		return
	}
	s, ok := r.filled(n, path, example)
	if !ok {
		return
	}
	remedy := "write for example " + example
	switch c.Kind {
	case "host":
		if !slices.Contains(hostParts, s) {
			if near := nearest(s, hostParts); near != "" {
				remedy = fmt.Sprintf("did you mean %q?", near)
			} else {
				remedy = "write one of " + strings.Join(hostParts, ", ")
			}
			r.wrongText(n, path, remedy, "is nothing that is measured on this machine")
			return
		}
	case "dns":
		if strings.ContainsAny(s, " /:@?#*") {
			r.wrongText(n, path, remedy, "is not a host name")
			return
		}
	case "tcp":
		if host, port := splitHost(s); strings.ContainsAny(s, " /@?#*") || host == "" || !validPort(port, false) {
			r.wrongText(n, path, remedy, "is not a host and a port")
			return
		}
	default:
		if _, ok := addressesOf(c.Kind, s); !ok {
			forms := map[string]string{
				"postgres": "postgres://USER:PASSWORD@HOST:5432/DB or host=HOST dbname=DB",
				"mysql":    "USER:PASSWORD@tcp(HOST:3306)/DB",
				"redis":    "redis://HOST:6379/0 or HOST:6379",
			}
			// Not quoted: nobody knows which part of it is the password.
			r.add(placeOf(r.resolve(n)), "write "+forms[c.Kind], "%s is not a data source", path)
			return
		}
	}
	c.Address = s
}
