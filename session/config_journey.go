package session

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// configMethods are the methods of a step; its key is the method in small letters.
var configMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

var (
	configStatus = regexp.MustCompile(`^[1-5](\d\d|xx)$`)
	configName   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)
)

func (r *configReader) journeys(n ast.Node) {
	s := &r.config.Staging
	first := map[string]int{}
	length, ok := r.each(n, "staging.journeys", "[{name: buy, steps: [GET /products]}]", func(i int, n ast.Node) {
		j, ok := r.journey(n, i)
		if !ok {
			return
		}
		if line, twice := first[j.Name]; twice {
			r.add(placeOf(n), "give it another name", "journey %q is named twice (first on line %d)", j.Name, line)
			return
		}
		first[j.Name] = placeOf(n).line
		s.Journeys = append(s.Journeys, j)
	})
	if ok && length == 0 {
		r.add(placeOf(n), "add {name: buy, steps: [GET /products]}, or remove the key", "staging.journeys is empty")
	}
}

func (r *configReader) journey(n ast.Node, i int) (Journey, bool) {
	const path, example = "staging.journeys", "{name: buy, steps: [GET /products]}"
	j := Journey{Name: fmt.Sprintf("journey %d", i+1), Weight: 1}
	v := r.entry(n, path, "a mapping", example, false)
	if v == nil {
		return j, false
	}
	r.filesAt[fmt.Sprintf("journeys.%d", i)] = placeOf(n)
	seen, unknown := r.mapping(v, path, example, []field{
		{"name", func(n ast.Node) {
			if s, ok := r.label(n, path+".name", "buy"); ok {
				j.Name = s
			}
		}},
		{"weight", func(n ast.Node) { j.Weight = r.whole(n, path+".weight", 1) }},
		{"think", func(n ast.Node) { j.Think, _ = r.span(n, path+".think") }},
		{"once", func(n ast.Node) { j.Once = r.steps(n, path+".once") }},
		{"steps", func(n ast.Node) { j.Steps = r.steps(n, path+".steps") }},
	})
	if seen == nil {
		return j, false
	}
	if _, ok := seen["steps"]; !ok && unknown == 0 {
		r.add(placeOf(n), "add steps: [GET /products]", "journey %q has no steps", j.Name)
	}
	nameSteps(&j)
	return j, true
}

// nameSteps makes the names of steps that were not given unique within the journey.
func nameSteps(j *Journey) {
	used := map[string]bool{}
	for _, steps := range [][]Step{j.Once, j.Steps} {
		for i := range steps {
			name := steps[i].Name
			for k := 2; used[name]; k++ {
				name = fmt.Sprintf("%s %d", steps[i].Name, k)
			}
			steps[i].Name, used[name] = name, true
		}
	}
}

func (r *configReader) steps(n ast.Node, path string) (steps []Step) {
	first := map[string]int{}
	length, ok := r.each(n, path, "[GET /products]", func(_ int, n ast.Node) {
		s, named, ok := r.step(n, path)
		if !ok {
			return
		}
		s.at = placeOf(n)
		if named {
			if line, twice := first[s.Name]; twice {
				r.add(s.at, "give it another name", "step %q is named twice in its journey (first on line %d)", s.Name, line)
			}
			first[s.Name] = s.at.line
		}
		steps = append(steps, s)
	})
	if ok && length == 0 {
		r.add(placeOf(n), "add a step, for example GET /products", "%s is empty", path)
	}
	return steps
}

// step reads "GET /products" or a mapping with a method as one of its keys.
func (r *configReader) step(n ast.Node, path string) (s Step, named, ok bool) {
	v := r.entry(n, path, "a request", "GET /products", true)
	if v == nil {
		return s, false, false
	}
	if describe(v) == "a text" {
		if s.Method, s.Path, ok = r.request(v, path); ok {
			raw, _, _ := r.raw(v, path, "")
			s.Name = requestName(raw)
		}
		return s, false, ok
	}
	var methods, bodies []string
	var fields []field
	for _, m := range configMethods {
		fields = append(fields, field{strings.ToLower(m), func(n ast.Node) {
			methods = append(methods, strings.ToLower(m))
			if p, good := r.stepPath(n, path+"."+strings.ToLower(m)); good {
				raw, _, _ := r.raw(n, path, "")
				if s.Method, s.Path = m, p; !named {
					s.Name = requestName(m + " " + raw)
				}
			}
		}})
	}
	body := func(key string, read func(n ast.Node)) field {
		return field{key, func(n ast.Node) { bodies = append(bodies, key); read(n) }}
	}
	fields = append(fields,
		field{"name", func(n ast.Node) {
			if t, good := r.label(n, path+".name", "checkout"); good {
				s.Name, named = t, true
			}
		}},
		field{"path", func(n ast.Node) {
			r.add(placeOf(n), "write the method as the key, for example get: /products", "a step has no path of its own")
		}},
		field{"headers", func(n ast.Node) { s.Headers = r.headers(n, path+".headers") }},
		body("json", func(n ast.Node) {
			if v := r.resolve(n); v != nil && describe(v) == "nothing" {
				r.wrong(v, path+".json", "a value", `{sku: "{{sku}}"}`)
				return
			}
			s.JSON, _ = r.plain(n, path+".json")
		}),
		body("form", func(n ast.Node) { s.Form = r.dict(n, path+".form", `{user: "{{login}}"}`, nil) }),
		body("body", func(n ast.Node) { s.Body, _ = r.text(n, path+".body", `"text"`) }),
		body("text", func(n ast.Node) { s.Body, _ = r.text(n, path+".text", `"text"`) }),
		body("file", func(n ast.Node) { s.File, _ = r.filled(n, path+".file", "order.xml") }),
		body("raw", func(n ast.Node) {
			s.File, _ = r.filled(n, path+".raw", "photo.jpg")
			s.Raw = true
		}),
		field{"save", func(n ast.Node) { s.Save = r.saves(n, path+".save") }},
		field{"expect", func(n ast.Node) { s.Expect = r.expect(n, path+".expect", false) }},
		field{"think", func(n ast.Node) {
			if t, good := r.span(n, path+".think"); good {
				s.Think = &t
			}
		}},
		field{"timeout", func(n ast.Node) { s.Timeout = r.duration(n, path+".timeout", "10s", 1) }},
	)
	seen, unknown := r.mapping(v, path, "GET /products", fields)
	if seen == nil {
		return s, false, false
	}
	at := placeOf(n)
	switch {
	case len(methods) == 0 && unknown == 0 && seen["path"] == (place{}):
		r.add(at, "add get: /products, or another method", "a step has no request")
	case len(methods) > 1:
		r.add(at, "make them two steps", "a step has two requests (%s)", strings.Join(methods, " and "))
	}
	if len(bodies) > 1 {
		r.add(at, "keep one of them", "a step has two bodies (%s)", strings.Join(bodies, " and "))
	}
	if len(bodies) > 0 && (s.Method == http.MethodGet || s.Method == http.MethodHead) {
		r.add(seen[bodies[0]], "use post, or put it into the path after ?", "a %s request has no body", s.Method)
	}
	return s, named, len(methods) == 1
}

// requestName makes a name of a request as it stands in the file. Query strings differ in every way and name nothing.
func requestName(raw string) string {
	name, _, _ := strings.Cut(strings.Join(strings.Fields(raw), " "), "?")
	return maskPatterns(name)
}

// request reads "GET /products".
func (r *configReader) request(n ast.Node, path string) (method, to string, ok bool) {
	s, ok := r.filled(n, path, "GET /products")
	if !ok {
		return "", "", false
	}
	method, to, _ = strings.Cut(strings.TrimSpace(s), " ")
	to = strings.TrimSpace(to)
	if !slices.Contains(configMethods, method) {
		remedy := "write a method and a path, for example GET /products"
		switch up := strings.ToUpper(method); {
		case slices.Contains(configMethods, up):
			remedy = "write " + up + " in capitals"
		case nearest(method, []string{"get", "head", "post", "put", "patch", "delete"}) != "":
			remedy = "did you mean " + strings.ToUpper(nearest(method, []string{"get", "head", "post", "put", "patch", "delete"})) + "?"
		}
		r.wrongText(n, path, remedy, "does not begin with a method")
		return "", "", false
	}
	if what, remedy := wrongStepPath(to); what != "" {
		r.wrongText(n, path, remedy, what)
		return "", "", false
	}
	return method, to, true
}

// stepPath reads the path of a step.
func (r *configReader) stepPath(n ast.Node, path string) (string, bool) {
	s, ok := r.filled(n, path, "/products")
	if !ok {
		return "", false
	}
	if what, remedy := wrongStepPath(s); what != "" {
		r.wrongText(n, path, remedy, what)
		return "", false
	}
	return s, true
}

// wrongStepPath says what is wrong with a path. What is in {{ }} may become anything.
func wrongStepPath(s string) (what, remedy string) {
	outside := configTemplate.ReplaceAllString(s, "x")
	switch {
	case s == "":
		return "has no path", "write for example GET /products"
	case strings.ContainsFunc(outside, func(c rune) bool { return c <= ' ' || c == 0x7f }):
		return "has a space in its path", "write %20 for a space"
	case strings.HasPrefix(s, "/"):
		if _, err := url.Parse(outside); err != nil {
			return "has a path that cannot be sent", "write %25 for a percent sign"
		}
	case strings.HasPrefix(s, "http://"), strings.HasPrefix(s, "https://"):
		return wrongURL(outside)
	case !strings.HasPrefix(s, "{{"):
		return "has a path that does not begin with a slash", "write for example GET /products"
	}
	return "", ""
}

// saves reads {cart: $.id, token: "header:X-Token", csrf: {regex: "..."}}.
func (r *configReader) saves(n ast.Node, path string) (saves []Save) {
	const example = "{cart: $.id}"
	if !r.enter(n) {
		return nil
	}
	defer r.leave()
	keys, values, _ := r.pairs(n, path, example)
	for _, k := range keys {
		v := r.resolve(values[k].Value)
		if v == nil {
			continue
		}
		s, where := Save{Name: k}, path+"."+k
		if !configName.MatchString(k) {
			r.add(placeOf(values[k]), "use letters, digits and underscores", "%s saves under a name that no {{name}} can hold: %q", path, k)
			continue
		}
		if describe(v) == "a text" {
			t, ok := r.filled(v, where, "$.id")
			if !ok {
				continue
			}
			from, expr, found := strings.Cut(t, ":")
			switch {
			case strings.HasPrefix(t, "$"):
				s.From, s.Expr = "json", t
			case found && slices.Contains([]string{"json", "header", "regex", "cookie"}, from):
				s.From, s.Expr = from, strings.TrimSpace(expr)
			default:
				r.wrongText(v, where, `write a JSON path ($.id), or "header:NAME", "cookie:NAME" or "regex:PATTERN"`, "does not say where to find it")
				continue
			}
		} else {
			from := func(key, example string) field {
				return field{key, func(n ast.Node) {
					if t, ok := r.filled(n, where+"."+key, example); ok {
						s.From, s.Expr = key, t
					}
				}}
			}
			seen, unknown := r.mapping(v, where, "{header: X-Token}",
				[]field{from("json", "$.id"), from("header", "X-Token"), from("regex", `'name="csrf" value="([^"]+)"'`), from("cookie", "sid")})
			if seen != nil && len(seen) != 1 && unknown == 0 {
				r.add(placeOf(v), "keep one of json, header, regex and cookie", "%s must say one place to find it", where)
			}
		}
		if r.saveWorks(v, where, s) {
			saves = append(saves, s)
		}
	}
	return saves
}

// saveWorks looks at the expression itself.
func (r *configReader) saveWorks(n ast.Node, where string, s Save) bool {
	switch s.From {
	case "":
		return false
	case "json":
		if !strings.HasPrefix(s.Expr, "$") {
			r.wrongText(n, where, "write for example $.id", "is not a JSON path, which begins with $")
			return false
		}
	case "regex":
		if _, err := regexp.Compile(s.Expr); err != nil {
			r.wrongText(n, where, "correct it (Go's syntax, RE2)", "is not a regular expression")
			return false
		}
	case "header", "cookie":
		if !isToken(s.Expr) {
			r.wrongText(n, where, "use letters, digits and hyphens", "is not the name of a "+s.From)
			return false
		}
	}
	return true
}

// expect reads 201, 2xx, [200, 404], or {status, contains, json} and, for a check, header.
func (r *configReader) expect(n ast.Node, path string, header bool) (e Expect) {
	v := r.resolve(n)
	if v == nil {
		return e
	}
	status := func(n ast.Node) {
		v := r.resolve(n)
		if v == nil {
			return
		}
		var t string
		if _, ok := v.(*ast.IntegerNode); ok {
			t = v.GetToken().Value
		} else if s, ok := r.text(v, path, "2xx"); ok {
			t = s
		} else {
			return
		}
		if !configStatus.MatchString(t) {
			r.add(placeOf(v), "write for example 201 or 2xx", "%s is not a status", path)
			return
		}
		e.Status = append(e.Status, t)
	}
	statuses := func(n ast.Node) {
		if v := r.resolve(n); v != nil && describe(v) == "a list" {
			r.each(v, path, "[200, 404]", func(_ int, n ast.Node) { status(n) })
			return
		}
		status(n)
	}
	if d := describe(v); d != "a mapping" {
		statuses(v)
		return e
	}
	fields := []field{
		{"status", statuses},
		{"contains", func(n ast.Node) { e.Contains, _ = r.filled(n, path+".contains", "Thank you") }},
		{"json", func(n ast.Node) {
			x, _ := r.plain(n, path+".json")
			m, ok := x.(map[string]any)
			if !ok {
				r.add(placeOf(n), "write for example {$.status: ok}", "%s.json must be a mapping of JSON paths to values", path)
			}
			for k := range m {
				if !strings.HasPrefix(k, "$") {
					r.add(placeOf(n), "write $."+k, "%s.json has %q, which is not a JSON path", path, k)
				}
			}
			e.JSON = m
		}},
	}
	if header {
		fields = append(fields, field{"header", func(n ast.Node) { e.Header = r.headers(n, path+".header") }})
	}
	r.mapping(v, path, "2xx", fields)
	return e
}
