package session

import (
	"maps"
	"net/url"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"crosstalk/monitors/identity"
)

// DyeConfig is a dye test: Staging makes one record named {{dye}}, Production
// looks for it. Look, if it has a path, finds it through staging.
type DyeConfig struct{ Staging, Look, Production Step }

// dye reads identity.dye.
func (r *configReader) dye(n ast.Node) {
	const example = `{staging: {post: /notes, json: {title: "{{dye}}"}}, production: "GET https://HOST/search?q={{dye}}"}`
	var d DyeConfig
	complete := true
	one := func(to *Step, key string) field {
		return field{key, func(n ast.Node) {
			s, _, ok := r.step(n, "identity.dye."+key)
			*to, complete = s, complete && ok
		}}
	}
	seen, unknown := r.mapping(n, "identity.dye", example, []field{one(&d.Staging, "staging"), one(&d.Look, "look"), one(&d.Production, "production")})
	if seen == nil || unknown > 0 || !complete {
		return
	}
	_, staging := seen["staging"]
	_, production := seen["production"]
	switch {
	case !staging || !production:
		r.add(placeOf(n), "write identity.dye: "+example, "a dye test needs a request to each of staging and production")
	case !strings.HasPrefix(d.Staging.Path, "/"):
		r.add(seen["staging"], "write a path: it goes to staging.url", "identity.dye.staging leads to %s", d.Staging.Path)
	case d.Look.Path != "" && !strings.HasPrefix(d.Look.Path, "/"):
		r.add(seen["look"], "write a path: it goes to staging.url", "identity.dye.look leads to %s", d.Look.Path)
	case !strings.HasPrefix(d.Production.Path, "http://") && !strings.HasPrefix(d.Production.Path, "https://"):
		r.add(seen["production"], "write a whole URL", "identity.dye.production does not say which host: %s", d.Production.Path)
	case !d.dyed():
		r.add(seen["staging"], "write {{dye}} where the record's name belongs", "identity.dye.staging makes a record without a name of its own")
	default:
		r.config.Identity.Dye = &d
	}
}

// dyed tells whether the record gets its name.
func (d DyeConfig) dyed() bool {
	q := d.Staging.request("")
	for _, v := range q.Headers {
		if strings.Contains(v, identity.DyePlaceholder) {
			return true
		}
	}
	return strings.Contains(q.URL+q.Body, identity.DyePlaceholder)
}

// Dye returns the dye test, ok is false when none is configured.
func (c *Config) Dye() (d identity.Dye, ok bool) {
	if c.Identity.Dye == nil {
		return d, false
	}
	through := func(s Step) identity.Request {
		q := s.request(c.Staging.URL)
		for k, v := range c.Staging.Headers {
			if _, own := q.Headers[k]; !own {
				q.Headers[k] = v
			}
		}
		return q
	}
	d.Staging = through(c.Identity.Dye.Staging)
	if c.Identity.Dye.Look.Path != "" {
		d.Look = through(c.Identity.Dye.Look)
	}
	d.Production = c.Identity.Dye.Production.request("")
	return d, true
}

// request makes a step a single request; a path goes behind base.
func (s Step) request(base string) identity.Request {
	q := identity.Request{Method: s.Method, URL: s.Path, Headers: map[string]string{}}
	if strings.HasPrefix(s.Path, "/") {
		q.URL = strings.TrimSuffix(base, "/") + s.Path
	}
	kind := ""
	switch {
	case s.JSON != nil:
		q.Body, kind = bodyJSON(s.JSON), "application/json"
	case s.Form != nil:
		form := url.Values{}
		for k, v := range s.Form {
			form.Set(k, v)
		}
		q.Body, kind = form.Encode(), "application/x-www-form-urlencoded"
		// The placeholder stays one: what takes its place needs no escapes.
		q.Body = strings.ReplaceAll(q.Body, url.QueryEscape(identity.DyePlaceholder), identity.DyePlaceholder)
	case s.Body != "":
		q.Body = s.Body
	}
	if kind != "" {
		q.Headers["Content-Type"] = kind
	}
	maps.Copy(q.Headers, s.Headers)
	return q
}
