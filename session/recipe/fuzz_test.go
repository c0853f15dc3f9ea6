package recipe

import (
	"errors"
	"os"
	"strings"
	"testing"

	"crosstalk/session"
)

// holds checks what every import promises: it is refused with problems that say
// what to do, or the strict reader takes what is written, and both are the same
// at every call.
func holds(t *testing.T, r *Recipe, err error) {
	t.Helper()
	if err != nil {
		problems, ok := errors.AsType[session.Problems](err)
		if !ok || len(problems) == 0 {
			t.Fatalf("the error is no list of problems: %v", err)
		}
		for _, p := range problems {
			if p.What == "" || p.Remedy == "" || strings.ContainsAny(p.What+p.Remedy, "\n\x00\x1b") {
				t.Fatalf("a problem without remedy, or of several lines: %#v", p)
			}
		}
		return
	}
	text := r.YAML()
	if string(text) != string(r.YAML()) {
		t.Fatal("the same recipe is written in two ways")
	}
	for _, s := range r.Secrets {
		if len(s.Value) >= 16 && strings.Contains(string(text), s.Value) && !common(r, s.Value) {
			t.Fatalf("the secret %q stands in\n%s", s.Value, text)
		}
	}
	cfg, err := r.Config(func(string) (string, bool) { return "value", true })
	if len(text) > maxYAML {
		if err == nil {
			t.Fatal("a file that is too large was read")
		}
		return
	}
	if err != nil {
		t.Fatalf("the reader refuses it: %v\n%s", err, text)
	}
	want := len(r.requests())
	for _, j := range cfg.Staging.Journeys {
		want -= len(j.Once) + len(j.Steps)
	}
	if want != 0 {
		t.Fatalf("%d steps were lost in\n%s", want, text)
	}
}

// common tells whether a value stands in a place that is no secret too.
func common(r *Recipe, value string) bool {
	for _, q := range r.requests() {
		if strings.Contains(q.target("")+q.body.text+q.body.file+encodeForm(q.body.form)+encodeJSON(q.body.json), value) {
			return true
		}
		for _, h := range q.headers {
			if strings.Contains(h.name+h.value, value) {
				return true
			}
		}
	}
	return false
}

func FuzzCurl(f *testing.F) {
	for _, s := range []string{
		`curl 'http://h:80/a?b=c&token=x' -H 'Authorization: Bearer abc' --data-raw '{"a":{"password":"x"}}' -H 'Content-Type: application/json'`,
		`curl -XPUT "http://h/$X" -d $'a\n\u00e9' -u a:b -b c=d -F x=1`, "curl http://h/ \\\n -G --data-urlencode 'a= b' -I -k -m 3",
		`curl http://h/%7b%zz --json '[1,1e400,"{{a}} ${B} $$"]'`, `curl http://u:p@h/ -d 'password=x&password=y' -A 'y' -e z`, "$ curl h -d 'true: # x\x7f\xc2\x85'",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.Contains(s, "@") || strings.Contains(s, "<") {
			return // no files of this machine
		}
		r, err := Curl(s)
		holds(t, r, err)
	})
}

func FuzzTargets(f *testing.F) {
	f.Add("GET http://h/\nA: b\n\nPOST http://h/c\n@body\n# x\nPUT http://i:1/\nX: ${Y} {{z}}\n")
	f.Add(`{"method":"POST","url":"http://h/a","body":"eyJwYXNzd29yZCI6IngifQ==","header":{"Content-Type":["application/json"],"Cookie":["a=b","c"]}}` + "\n")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := Targets("targets.txt", []byte(s))
		holds(t, r, err)
	})
}

func FuzzHAR(f *testing.F) {
	shop, err := os.ReadFile("testdata/shop.har")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(shop, "", false)
	f.Add([]byte(`{"log":{"entries":[{"startedDateTime":"2026-01-02T03:04:05Z","time":5,"request":{"method":"POST","url":"http://h/a/12?x=abcdef123456","headers":[{"name":"X-Csrf-Token","value":"abcdef123456"}],`+
		`"postData":{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"password","value":"$${x}"}]}},"response":{"status":302,"headers":[{"name":"Location","value":"/b"}],"content":{"mimeType":"text/html","text":"<input name=csrf value=abcdef123456>"}}}]}}`), "h", true)
	f.Add([]byte(`{"log":{"entries":[{}]}}`), "x", false)
	f.Fuzz(func(t *testing.T, data []byte, host string, all bool) {
		o := HAROptions{All: all}
		if host != "" {
			o.Hosts = []string{host}
		}
		r, err := HAR("x.har", data, o)
		holds(t, r, err)
	})
}
