package recipe

import (
	"cmp"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strings"

	"crosstalk/session"
)

func sorted(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// atom is one value of a request that can be replaced by a mark.
type atom struct {
	place  string // url, query, header, cookie, form, json
	name   string // of the header, parameter or field; the segment before, in a path
	value  string // decoded
	raw    string // as it is written, where that differs: a variable is put in as it is
	number bool   // a JSON number
	set    func(mark string)
}

// atoms are all values of a request. A change of one leaves the others valid.
func (q *request) atoms() []atom {
	var all []atom
	for i, s := range q.segments {
		v, err := url.PathUnescape(s)
		if err != nil || s == "" || marked(s) {
			continue
		}
		before := ""
		if i > 0 {
			before = q.segments[i-1]
		}
		all = append(all, atom{place: "url", name: before, value: v, raw: s, set: func(m string) { q.segments[i] = m }})
	}
	for i, p := range q.query {
		if v, err := url.QueryUnescape(p.value); err == nil && p.value != noValue && v != "" && !marked(v) {
			name, err := url.QueryUnescape(p.name)
			if err != nil {
				name = p.name
			}
			all = append(all, atom{place: "query", name: name, value: v, raw: p.value, set: func(m string) { q.query[i].value = m }})
		}
	}
	for i, h := range q.headers {
		if h.name == "Cookie" {
			all = q.cookieAtoms(all, i)
			continue
		}
		if h.value == "" || marked(h.value) {
			continue
		}
		scheme, rest, split := strings.Cut(h.value, " ")
		if split && (h.name == "Authorization" || session.SecretValue(h.value)) {
			all = append(all, atom{place: "header", name: h.name, value: strings.TrimSpace(rest), set: func(m string) { q.headers[i].value = scheme + " " + m }})
			continue
		}
		all = append(all, atom{place: "header", name: h.name, value: h.value, set: func(m string) { q.headers[i].value = m }})
	}
	for i, p := range q.body.form {
		if p.value != "" && !marked(p.value) {
			all = append(all, atom{place: "form", name: p.name, value: p.value, set: func(m string) { q.body.form[i].value = m }})
		}
	}
	if q.body.kind == bodyJSON {
		all = leaves(all, "", q.body.json, func(v any) { q.body.json = v })
	}
	return all
}

// cookieAtoms adds each cookie of a header Cookie.
func (q *request) cookieAtoms(all []atom, i int) []atom {
	parts := strings.Split(q.headers[i].value, ";")
	for k, part := range parts {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			name, value = "", strings.TrimSpace(part)
		}
		parts[k] = strings.TrimSpace(part)
		if value == "" || marked(value) {
			continue
		}
		all = append(all, atom{place: "cookie", name: name, value: value, set: func(m string) {
			if parts[k] = m; ok {
				parts[k] = name + "=" + m
			}
			q.headers[i].value = strings.Join(parts, "; ")
		}})
	}
	return all
}

// leaves adds the strings and numbers of a JSON value.
func leaves(all []atom, name string, v any, put func(any)) []atom {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range sorted(v) {
			all = leaves(all, k, v[k], func(x any) { v[k] = x })
		}
	case []any:
		for i := range v {
			all = leaves(all, name, v[i], func(x any) { v[i] = x })
		}
	case string:
		if v != "" && !marked(v) {
			all = append(all, atom{place: "json", name: name, value: v, set: func(m string) { put(m) }})
		}
	case json.Number:
		all = append(all, atom{place: "json", name: name, value: v.String(), number: true, set: func(m string) { put(rawMark(m)) }})
	}
	return all
}

// hide replaces the values that nobody should read by environment variables.
func (r *Recipe) hide() {
	for _, q := range r.requests() {
		q.body, _ = q.shape() // a value that ends in plain text is kept as it is written there
		for _, a := range q.atoms() {
			what, secret := a.secret(q)
			if secret {
				a.set(r.secret(what, cmp.Or(a.raw, a.value), a.kind()+" of "+q.where))
			}
		}
		if q.body.kind == bodyText {
			r.hideText(q)
		}
	}
}

// inText finds named values in a body that is not taken apart: a part of a form,
// JSON, XML, and name=value. The first group is the name, the second the value.
var inText = []*regexp.Regexp{
	regexp.MustCompile(`(?s)form-data; name="([^"\r\n]*)"(?:\r?\n[^\r\n]+)*\r?\n\r?\n(.*?)\r?\n--`),
	regexp.MustCompile(`"([A-Za-z0-9_.-]+)"\s*:\s*"((?:[^"\\]|\\.)+)"`),
	regexp.MustCompile(`<([A-Za-z0-9_.:-]+)(?:\s[^<>]*)?>([^<>]+)</`),
	regexp.MustCompile(`(?:^|[&;\s])([A-Za-z0-9_.\[\]-]+)=([^&;\s"']+)`),
}

// hideText replaces the secrets of a body that is text.
func (r *Recipe) hideText(q *request) {
	for _, re := range inText {
		text := q.body.text
		var b strings.Builder
		from := 0
		for _, m := range re.FindAllStringSubmatchIndex(text, -1) {
			name, value := text[m[2]:m[3]], text[m[4]:m[5]]
			if strings.TrimSpace(value) == "" || marked(value) || !session.SecretName(name) && !isJWT(value) {
				continue
			}
			b.WriteString(text[from:m[4]])
			b.WriteString(r.secret(name, value, "field "+name+" of "+q.where))
			from = m[5]
		}
		q.body.text = b.String() + text[from:]
	}
}

// kind names the place of an atom for a person.
func (a atom) kind() string {
	switch a.place {
	case "header":
		return "header " + a.name
	case "query":
		return "parameter " + a.name
	case "url":
		return "the path"
	case "cookie":
		return "cookie " + a.name
	default:
		return "field " + a.name
	}
}

// secret tells whether a value is one, and what to call its variable.
func (a atom) secret(q *request) (name string, secret bool) {
	switch {
	case a.place == "header" && a.name == "Authorization":
		scheme, _, split := strings.Cut(q.header("Authorization"), " ")
		if split && strings.EqualFold(scheme, "Bearer") {
			return "token", true
		}
		if split {
			return scheme, true
		}
		return "authorization", true
	case a.place == "header" && session.SecretValue(q.header(a.name)):
		return a.name, true
	case a.place == "header" && (a.name == "Content-Type" || a.name == "Accept"):
		return "", false
	case a.place == "cookie":
		return "cookie " + a.name, true
	case a.place == "url":
		return "token", isJWT(a.value)
	case session.SecretName(a.name) || isJWT(a.value):
		return a.name, true
	default:
		return "", false
	}
}

// isJWT tells a signed token by its form (RFC 7519): three parts of base64url,
// the first a JSON object.
func isJWT(s string) bool {
	return strings.HasPrefix(s, "eyJ") && strings.Count(s, ".") == 2 && len(s) > 40
}

// hoist moves headers that every step sends in the same way up to staging. One
// with a saved value may be missing from steps before the value is known: the
// engine leaves it out there by itself.
func (r *Recipe) hoist() {
	all := r.requests()
	if len(all) < 2 {
		return
	}
	var candidates []pair
	for _, q := range all {
		for _, h := range q.headers {
			if h.name != "Content-Type" && !slices.Contains(candidates, h) {
				candidates = append(candidates, h)
			}
		}
	}
	for _, h := range candidates {
		saved := map[string]bool{}
		common, times := true, 0
		for _, q := range all {
			switch v := q.header(h.name); {
			case v == h.value:
				times++
			case v != "" || knows(h.value, saved):
				common = false
			}
			for _, s := range q.save {
				saved[s.Name] = true
			}
		}
		if common && times > 1 {
			r.headers = append(r.headers, h)
		}
	}
}

// knows tells whether all names in a text have been saved.
func knows(s string, saved map[string]bool) bool {
	for _, part := range strings.Split(s, string(holeOpen))[1:] {
		name, _, _ := strings.Cut(part, string(holeClose))
		if !saved[name] {
			return false
		}
	}
	return true
}
