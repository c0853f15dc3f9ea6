package recipe

import (
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"

	"crosstalk/session"
)

const (
	seenBody = 64 << 10 // how much of an answer the engine's save looks at
	maxHunts = 100      // tokens that are looked for in plain text
	maxGiven = 200_000  // values of answers that are kept for comparing
)

// given is a value that an answer had, and how to take it from there.
type given struct {
	by   *recorded // the step whose answer is saved from
	from int       // place in the recording of the answer that had it
	name string    // of the field, header or cookie
	kind string    // json, header, regex or cookie
	// find says how save finds it, worked out only for what is used; deep when it
	// lies behind what save looks at, not ok when it cannot be found there.
	find func() (expr string, deep, ok bool)
}

// linker finds where the values of requests came from.
type linker struct {
	recipe *Recipe
	recs   []*recorded
	given  map[string][]given // by value, in order
	sent   map[string]int     // a value → the first request that had it
	names  map[string]string  // step and expression → name
	used   map[string]bool
	count  int
	hunts  int
}

// link replaces values that came from an earlier answer by {{name}}, and saves
// them there.
func (r *Recipe) link(recs []*recorded) {
	l := &linker{recipe: r, recs: recs, given: map[string][]given{}, sent: map[string]int{}, names: map[string]string{}, used: map[string]bool{}}
	for i, c := range recs {
		for _, a := range c.q.atoms() {
			if _, ok := l.sent[a.value]; !ok {
				l.sent[a.value] = i
			}
		}
		l.collect(i, c)
	}
	for i, c := range recs {
		if c.twin != nil {
			continue
		}
		for _, a := range c.q.atoms() {
			if g, ok := l.origin(i, c, a); ok {
				l.use(c, a, g)
			}
		}
	}
}

// origin finds the answer that a value came from.
func (l *linker) origin(i int, c *recorded, a atom) (given, bool) {
	first := l.sent[a.value]
	for _, g := range l.given[a.value] {
		// A value that was sent before it was answered is the person's own.
		if g.from >= i || first <= g.from || g.by == c || !likely(g, a) {
			continue
		}
		expr, deep, ok := g.find()
		if !ok {
			continue
		}
		if deep {
			l.recipe.note("%s of %s came from %s, but further down than the first 64 KiB of its answer, where save does not look", a.kind(), c.q.where, g.by.q.where)
			continue
		}
		g.find = func() (string, bool, bool) { return expr, false, true }
		return g, true
	}
	return l.hunt(i, first, a)
}

// likely tells whether the same text in an answer and in a later request is the
// same thing, and no accident.
func likely(g given, a atom) bool {
	n := len(a.value)
	id := isID(g.name) || isID(a.name) || a.place == "url"
	digit := strings.ContainsAny(a.value, "0123456789")
	created := !g.by.q.reads()
	switch {
	case strings.ContainsAny(a.value, " \t\n"):
		return false
	case g.kind == "cookie":
		return n >= 8 && a.place == "header"
	case n >= 16:
		return digit || session.SecretName(g.name) || isCSRF(g.name)
	case session.SecretName(g.name) || isCSRF(g.name):
		return n >= 4
	case n >= 6 && digit:
		return id
	default: // a short number is an identity only of what the step before made
		return created && id && isID(g.name) && digit
	}
}

func isID(name string) bool {
	low := strings.ToLower(name)
	return low == "id" || low == "uuid" || low == "guid" || low == "key" || low == "ref" || low == "number" || strings.HasSuffix(low, "_id") || strings.HasSuffix(low, "-id") ||
		strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "ID") || strings.HasSuffix(low, "uuid")
}

func isCSRF(name string) bool {
	low := strings.ToLower(name)
	return strings.Contains(low, "csrf") || strings.Contains(low, "xsrf") || strings.Contains(low, "nonce") || low == "state" || strings.Contains(low, "verification") ||
		strings.Contains(low, "viewstate") || strings.Contains(low, "eventvalidation") || low == "lt" || low == "execution"
}

// use saves a value in its step and names it in the request.
func (l *linker) use(c *recorded, a atom, g given) {
	expr, _, _ := g.find()
	key := fmt.Sprintf("%p %s %s", g.by, g.kind, expr)
	name, known := l.names[key]
	if !known {
		base := word(g.name)
		name = base
		for n := 2; l.used[name]; n++ {
			name = base + "_" + strconv.Itoa(n)
		}
		l.names[key], l.used[name] = name, true
		g.by.q.save = append(g.by.q.save, session.Save{Name: name, From: g.kind, Expr: expr})
	}
	a.set(hole(name))
	c.source[g.by] = true
	if a.place == "header" && a.name == "Authorization" {
		g.by.grants = true
	}
}

// collect gathers the values of an answer.
func (l *linker) collect(i int, c *recorded) {
	by := c
	if c.twin != nil {
		by = c.twin
	}
	text := c.last.text()
	head := text[:min(len(text), seenBody)]
	add := func(name, value, kind string, find func() (string, bool, bool)) {
		if value == "" || l.count >= maxGiven || foreign(value) || foreign(name) {
			return
		}
		l.count++
		l.given[value] = append(l.given[value], given{by: by, from: i, name: name, kind: kind, find: find})
	}
	if v, ok := parseJSON(text); ok {
		jsonLeaves("$", "", v, func(path, name, value string) {
			add(name, value, "json", func() (string, bool, bool) {
				return path, len(text) > seenBody && !strings.Contains(head, value), !foreign(path)
			})
		})
	} else {
		for _, f := range fields(text) {
			if html.UnescapeString(f.raw) != f.raw {
				continue // save would take it as it stands in the page
			}
			add(f.name, f.raw, "regex", func() (string, bool, bool) {
				if expr, ok := f.regex(head); ok {
					return expr, false, true
				}
				_, deep := f.regex(text)
				return "", deep, deep
			})
		}
	}
	as := func(expr string) func() (string, bool, bool) {
		return func() (string, bool, bool) { return expr, false, true }
	}
	for _, h := range c.last.Response.Headers {
		low := strings.ToLower(h.Name)
		if low == "set-cookie" || !isToken(h.Name) {
			continue
		}
		if strings.HasPrefix(low, "x-") || low == "location" || session.SecretName(low) || isCSRF(low) {
			add(strings.TrimPrefix(low, "x-"), strings.TrimSpace(h.Value), "header", as(h.Name))
		}
	}
	for _, e := range []*harEntry{c.first, c.last} {
		for _, k := range setCookies(e) {
			if isToken(k.Name) {
				add(k.Name, k.Value, "cookie", as(k.Name))
			}
		}
	}
}

var simpleName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// jsonLeaves calls f for every text and number of a JSON value, with its path.
func jsonLeaves(path, name string, v any, f func(path, name, value string)) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range sorted(v) {
			switch {
			case simpleName.MatchString(k):
				jsonLeaves(path+"."+k, k, v[k], f)
			case !strings.Contains(k, "'"):
				jsonLeaves(path+"['"+k+"']", k, v[k], f)
			}
		}
	case []any:
		for i, e := range v {
			jsonLeaves(path+"["+strconv.Itoa(i)+"]", name, e, f)
		}
	case string:
		f(path, name, v)
	case json.Number:
		f(path, name, v.String())
	}
}

// field is a value in a page: a hidden input or a meta tag.
type field struct {
	name, raw string
	tag       string
	valueKey  string // value or content
}

var (
	tagPattern  = regexp.MustCompile(`(?is)<(input|meta)\b[^<>]*>`)
	attrPattern = regexp.MustCompile(`(?s)([A-Za-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))`)
)

// fields are the inputs and meta tags of a page that have a name and a value.
func fields(page string) []field {
	var out []field
	for _, tag := range tagPattern.FindAllString(page, 2000) {
		f := field{tag: tag, valueKey: "value"}
		if strings.EqualFold(tag[1:5], "meta") {
			f.valueKey = "content"
		}
		for _, m := range attrPattern.FindAllStringSubmatch(tag, -1) {
			switch v := m[2] + m[3] + m[4]; strings.ToLower(m[1]) {
			case "name", "property":
				f.name = v
			case f.valueKey:
				f.raw = v
			}
		}
		if f.name != "" && f.raw != "" {
			out = append(out, f)
		}
	}
	return out
}

// regex is an expression whose first find in the page is the field's value.
func (f field) regex(page string) (string, bool) {
	name := `name=["']?` + regexp.QuoteMeta(f.name) + `["']?`
	value := f.valueKey + `=["']?([^"'\s>]+)`
	for _, expr := range []string{name + `[^<>]*?` + value, value + `["']?[^<>]*?` + name} {
		if finds(expr, page, f.raw) {
			return expr, true
		}
	}
	return "", false
}

func finds(expr, text, want string) bool {
	re, err := regexp.Compile(expr)
	if err != nil {
		return false
	}
	m := re.FindStringSubmatch(text)
	return m != nil && m[1] == want
}

// hunt looks for a long token in the text of earlier answers, where it may stand
// in a script: it takes what stands before it as the way to find it.
func (l *linker) hunt(i, first int, a atom) (given, bool) {
	tokenish := len(a.value) >= 16 && strings.ContainsAny(a.value, "0123456789") && !strings.ContainsAny(a.value, " /\t\n")
	if a.place == "url" || a.name == "Content-Type" || !tokenish || l.hunts >= maxHunts {
		return given{}, false
	}
	l.hunts++
	for from, c := range l.recs[:i] {
		text := c.last.text()
		if from >= first || text == "" {
			continue
		}
		text = text[:min(len(text), seenBody)]
		at := strings.Index(text, a.value)
		if at <= 0 {
			continue
		}
		before := text[max(0, at-24):at]
		if cut := strings.LastIndexAny(before, "\r\n"); cut >= 0 {
			before = before[cut+1:]
		}
		before = strings.ToValidUTF8(before, "")
		expr := regexp.QuoteMeta(before) + `([^"'&<>\s]+)`
		if len(before) < 4 || foreign(before) || !finds(expr, text, a.value) {
			continue
		}
		by := c
		if c.twin != nil {
			by = c.twin
		}
		return given{by: by, from: from, name: a.name, kind: "regex", find: func() (string, bool, bool) { return expr, false, true }}, true
	}
	return given{}, false
}
