package loadengine

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

func TestTemplate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text  string
		at    func(string) escape
		value string
		want  string
	}{
		"no names":            {"/products", inURL, "x", "/products"},
		"path":                {"/cart/{{id}}/checkout", inURL, "a b/c?d", "/cart/a%20b%2Fc%3Fd/checkout"},
		"query":               {"/find?q={{ q }}&p=1", inURL, "a&b c", "/find?q=a%26b+c&p=1"},
		"whole url":           {"{{next}}", inURL, "http://h/p?q=1", "http://h/p?q=1"},
		"two names, path":     {"{{base}}/x/{{id}}", inURL, "a/b", "a/b/x/a%2Fb"},
		"json string":         {`{"a":"<{{v}}>"}`, inJSON, `say "hi"` + "\n", `{"a":"<say \"hi\"\n>"}`},
		"json number":         {`{"a":{{v}}}`, inJSON, "12", `{"a":12}`},
		"json after escapes":  {`{"\"":{{v}},"b":"{{v}}"}`, inJSON, "1", `{"\"":1,"b":"1"}`},
		"text":                {"hello {{name}}!", nil, "<mel>", "hello <mel>!"},
		"name alone, as text": {"{{name}}", nil, "a b", "a b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tm, err := parseTemplate(c.text, c.at)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(tm.render(nil, func(string) string { return c.value })); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTemplateRefusesWhatItCannotMean(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"{{", "a {{b", "{{}}", "{{a b}}", "{{1st}}", "{{{a}}}", "{{ä}}"} {
		if _, err := parseTemplate(text, nil); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}

// A file's names are filled in, and other braces are its own.
func TestFileTemplate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text   string
		isJSON bool
		value  string
		want   string
	}{
		"no names":      {"a { b }} {{ c d }} {{1}} {{}} {{", false, "x", "a { b }} {{ c d }} {{1}} {{}} {{"},
		"a name":        {"order by {{ login }}\n", false, `<"a">`, "order by <\"a\">\n"},
		"more braces":   {"{{{a}}}{{{{a}}}}", false, "x", "{x}{{x}}"},
		"name and code": {"{{#if a}}{{a}}{{/if}}", false, "x", "{{#if a}}x{{/if}}"},
		"json":          {`{"q":"say \"{{a}}\"","n":{{a}}}`, true, `1"`, `{"q":"say \"1\"\"","n":1"}`},
	} {
		if got := string(parseFile(c.text, c.isJSON).render(nil, func(string) string { return c.value })); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"", "{{a}}", "x{{a.b}}y{{c}}", "{{{{a}}}}", `{"k":"{{v}}"}`, "/p?{{a}}"} {
		f.Add(s, "value \"'\\\x00é")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		// A file keeps all but its names.
		if back := parseFile(text, true).render(nil, func(name string) string { return "{{" + name + "}}" }); len(nameInFile.FindAllString(text, -1)) != len(parseFile(text, true).names()) ||
			nameInFile.ReplaceAllString(text, "{{$1}}") != nameInFile.ReplaceAllString(string(back), "{{$1}}") {
			t.Fatalf("the file %q came back as %q", text, back)
		}
		raw, err := parseTemplate(text, nil)
		if err != nil {
			return
		}
		if !strings.Contains(text, "{{") {
			if fixed, ok := raw.static(); !ok || fixed != text {
				t.Fatalf("text without names came back as %q", fixed)
			}
		}
		// Putting the names back must give the text, spaces inside aside.
		back := string(raw.render(nil, func(name string) string { return "{{" + name + "}}" }))
		if again, err := parseTemplate(back, nil); err != nil || len(again.parts) != len(raw.parts) {
			t.Fatalf("%q came back as %q: %v", text, back, err)
		}
		// A value inside a JSON string stays inside it.
		quoted, err := parseTemplate(`{"k":"{{v}}"}`, inJSON)
		if err != nil {
			t.Fatal(err)
		}
		var doc map[string]string
		if err := json.Unmarshal(quoted.render(nil, func(string) string { return value }), &doc); err != nil || len(doc) != 1 {
			t.Fatalf("value %q broke the document: %v", value, err)
		}
		// A value inside a path adds no part to the URL.
		path, err := parseTemplate("http://h/a/{{v}}/b", inURL)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(string(path.render(nil, func(string) string { return value })))
		if err != nil || u.Host != "h" || u.RawQuery != "" || u.Fragment != "" {
			t.Fatalf("value %q changed the url to %v: %v", value, u, err)
		}
	})
}

func TestJSONPath(t *testing.T) {
	t.Parallel()
	const doc = `{"id":7,"a":{"b":[{"c":"x"},{"c":"y","n":null}]},"k k":true,"big":12345678901234567890,"o":{ "p": [1, 2] },"s":"q\"\u00e9"}`
	for path, want := range map[string]string{
		"$.id":          "7",
		"$.a.b[1].c":    "y",
		"$['k k']":      "true",
		`$["a"].b[0].c`: "x",
		"$.big":         "12345678901234567890",
		"$.o":           `{"p":[1,2]}`,
		"$.s":           `q"é`,
	} {
		p, err := parseJSONPath(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if got, err := p.find([]byte(doc)); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", path, got, err, want)
		}
	}
	for _, path := range []string{"$.none", "$.a.b[2]", "$.id.x", "$.a[0]", "$.a.b[1].n", "$[0]"} {
		p, err := parseJSONPath(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if got, err := p.find([]byte(doc)); err == nil {
			t.Errorf("%s: found %q", path, got)
		}
	}
	for _, path := range []string{"", "id", "$id", "$.", "$..a", "$.*", "$[", "$[x]", "$[-1]", "$['a", "$.a.[0]"} {
		if _, err := parseJSONPath(path); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
	p, err := parseJSONPath("$.token")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := p.find([]byte(`{"token":"t1","rest":[1,2`)); err != nil || got != "t1" {
		t.Errorf("a body cut off behind the value: got %q, %v", got, err)
	}
}

func FuzzJSONPath(f *testing.F) {
	f.Add("$.a[0].b", `{"a":[{"b":1}]}`)
	f.Add("$['x y']", `{"x y":[]}`)
	f.Add("$", `null`)
	f.Add("$[3]", `[1,2`)
	f.Fuzz(func(t *testing.T, path, doc string) {
		p, err := parseJSONPath(path)
		if err != nil {
			return
		}
		_, _ = p.find([]byte(doc)) // whatever it is, it must not panic
		// In a document written anew, without the same key twice, what is found
		// must be what a walk through the decoded value finds.
		var v any
		d := json.NewDecoder(strings.NewReader(doc))
		d.UseNumber()
		if d.Decode(&v) != nil {
			return
		}
		whole, err := json.Marshal(v)
		if err != nil {
			return
		}
		want, there := walk(v, p)
		got, err := p.find(whole)
		if there != (err == nil) || got != want {
			t.Fatalf("%q in %s: found %q, %v, want %q, %v", path, whole, got, err, want, there)
		}
	})
}

// walk is jsonPath.find on a decoded value.
func walk(v any, p jsonPath) (string, bool) {
	for _, h := range p {
		switch at := v.(type) {
		case map[string]any:
			if h.name == nil {
				return "", false
			}
			v = at[*h.name]
		case []any:
			if h.name != nil || h.index >= len(at) {
				return "", false
			}
			v = at[h.index]
		default:
			return "", false
		}
	}
	switch at := v.(type) {
	case nil:
		return "", false
	case string:
		return at, true
	default:
		raw, err := json.Marshal(at)
		return string(raw), err == nil
	}
}
