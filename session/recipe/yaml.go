package recipe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"crosstalk/session"
)

// writer writes a crosstalk.yaml: block style for what people edit, every text
// that is not plainly a word in double quotes.
type writer struct{ b *bytes.Buffer }

var (
	plainWord    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
	plainPath    = regexp.MustCompile(`^/[A-Za-z0-9/_.~-]*$`)
	plainRequest = regexp.MustCompile(`^[A-Z]+ /[A-Za-z0-9/_.~%=&?;,+-]*$`)
	plainURL     = regexp.MustCompile(`^https?://[A-Za-z0-9.-]+(:\d+)?$`)
	wordsOfYAML  = []string{"true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf"}
)

func (w *writer) line(indent int, format string, args ...any) {
	w.b.WriteString(strings.Repeat(" ", indent))
	fmt.Fprintf(w.b, format, args...)
	w.b.WriteByte('\n')
}

func (w *writer) comment(indent int, text string) { w.line(indent, "# %s", line(text)) }

// text quotes a text with marks for its place in the file.
func text(s string) string { return quoted(spell(s)) }

// quoted writes a text as YAML.
func quoted(s string) string {
	if plainWord.MatchString(s) && !slices.Contains(wordsOfYAML, strings.ToLower(s)) || plainPath.MatchString(s) || plainURL.MatchString(s) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r >= 0x7f && r <= 0x9f || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffe || r == 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func (w *writer) recipe(r *Recipe) {
	if r.Head != "" {
		w.b.WriteString(r.Head)
	} else {
		w.comment(0, "Made by crosstalk from "+r.Source+". Read it through, then: crosstalk try -c THIS FILE")
	}
	for _, n := range r.Notes {
		w.comment(0, n)
	}
	for _, s := range r.Secrets {
		where := "export " + s.Name + "=...   (" + s.Where + ")"
		if s.Value == "" {
			where += ", blacked out in the source"
		}
		w.comment(0, where)
	}
	w.line(0, "staging:")
	w.comment(2, "the system under load: is this staging?")
	w.line(2, "url: %s", text(r.base))
	if r.Users > 0 {
		w.line(2, "limits: {users: %d} # a hard cap, whatever the dial says", r.Users)
	}
	if len(r.hosts) > 0 {
		all := make([]string, len(r.hosts))
		for i, h := range r.hosts {
			all[i] = strconv.Quote(h)
		}
		w.line(2, "hosts: [%s]", strings.Join(all, ", "))
	}
	if r.insecure {
		w.line(2, "insecure: true # certificates are not verified")
	}
	for _, f := range []pair{{"ca", r.ca}, {"cert", r.cert}, {"key", r.key}} {
		if f.value != "" {
			w.line(2, "%s: %s", f.name, text(f.value))
		}
	}
	w.pairs(2, "headers", r.headers)
	if slices.ContainsFunc(r.Secrets, func(s Secret) bool { return strings.Contains(s.Name, "PASS") || strings.Contains(s.Name, "PWD") }) {
		w.comment(2, "a user of its own for each: data: users.csv, then {{login}} and {{password}} in the steps")
	}
	w.line(2, "journeys:")
	for _, j := range r.journeys {
		w.line(4, "- name: %s", quoted(j.name))
		switch t := j.think; {
		case t.Max > t.Min:
			w.line(6, "think: %s..%s # after each round; the source does not tell", span(t.Min), span(t.Max))
		case t.Min > 0:
			w.line(6, "think: %s", span(t.Min))
		}
		if len(j.once) > 0 {
			w.comment(6, "first, and again after a 401")
			w.steps("once", j.once, r)
		}
		w.steps("steps", j.steps, r)
	}
	w.line(2, "checks:")
	w.line(4, "- %s", r.front())
	w.production(r)
	w.b.WriteString(r.Foot)
}

// Text writes a text as a value of a crosstalk.yaml.
func Text(s string) string { return alwaysQuoted(s) }

// front is the check of staging that the source allows: a page that answers
// without credentials, else only that somebody listens.
func (r *Recipe) front() string {
	if r.alive != "" {
		return fmt.Sprintf("{name: front, http: %s, every: 1s}", strconv.Quote(r.base+spell(r.alive)))
	}
	u, err := url.Parse(r.base)
	if err != nil {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return fmt.Sprintf("{name: front, tcp: %s, every: 1s}", strconv.Quote(net.JoinHostPort(u.Hostname(), port)))
}

func (w *writer) production(r *Recipe) {
	if len(r.Watch) == 0 {
		w.comment(0, "Without checks of production nothing tells whether the load reaches it:")
		w.comment(0, "production:")
		w.comment(0, `  checks: [{name: web-1, http: "https://www.example.test/health"}]`)
		return
	}
	w.line(0, "production:")
	w.line(2, "checks:")
	for _, u := range r.Watch {
		w.line(4, "- http: %s", text(u))
	}
}

func (w *writer) pairs(indent int, key string, all []pair) {
	if len(all) == 0 {
		return
	}
	w.line(indent, "%s:", key)
	for _, p := range all {
		w.line(indent+2, "%s: %s", quoted(p.name), alwaysQuoted(spell(p.value)))
	}
}

// alwaysQuoted writes a value of a free mapping, where a bare word could be
// taken for something else.
func alwaysQuoted(s string) string {
	if q := quoted(s); strings.HasPrefix(q, `"`) {
		return q
	}
	return `"` + s + `"`
}

func (w *writer) steps(key string, all []*request, r *Recipe) {
	w.line(6, "%s:", key)
	for _, q := range all {
		w.step(q, r)
	}
}

func (w *writer) step(q *request, r *Recipe) {
	for _, c := range q.comments {
		w.comment(8, c)
	}
	path := spell(q.target(r.base))
	body, kind := q.shape()
	headers := q.ownHeaders(kind, r.headers)
	if short := q.method + " " + path; kind == bodyNone && len(headers) == 0 && len(q.save) == 0 && q.expect == "" && q.think == 0 && q.timeout == 0 {
		if !plainRequest.MatchString(short) {
			short = quoted(short)
		}
		w.line(8, "- %s", short)
		return
	}
	w.line(8, "- %s: %s", strings.ToLower(q.method), quoted(path))
	w.pairs(10, "headers", headers)
	switch kind {
	case bodyForm:
		w.pairs(10, "form", body.form)
	case bodyJSON:
		w.line(10, "json: %s", flow(body.json))
	case bodyText:
		w.line(10, "body: %s", alwaysQuoted(spell(body.text)))
	case bodyFile:
		w.line(10, "raw: %s", text(body.file))
	}
	if len(q.save) > 0 {
		w.line(10, "save:")
		for _, s := range q.save {
			w.line(12, "%s: %s", s.Name, saveFrom(s))
		}
	}
	if q.expect != "" {
		w.line(10, "expect: %s", q.expect)
	}
	if q.think > 0 {
		w.line(10, "think: %s", span(q.think))
	}
	if q.timeout > 0 {
		w.line(10, "timeout: %s", span(q.timeout))
	}
}

// saveFrom writes where a value is found.
func saveFrom(s session.Save) string {
	if s.From == "json" {
		return alwaysQuoted(spell(s.Expr))
	}
	return fmt.Sprintf("{%s: %s}", s.From, alwaysQuoted(spell(s.Expr)))
}

// flow writes a JSON value in YAML's flow style; numbers as they were written.
func flow(v any) string {
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		parts := make([]string, len(keys))
		for i, k := range keys {
			parts[i] = alwaysQuoted(k) + ": " + flow(v[k])
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = flow(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string:
		return alwaysQuoted(spell(v))
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	default:
		return "null"
	}
}
