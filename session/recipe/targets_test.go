package recipe

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// The oracle is vegeta itself: what its own reader makes of a file is what
// arrives at the server.
func TestTargetsAreReadAsVegetaReadsThem(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	other := newEcho(t)
	file := filepath.Join(t.TempDir(), "body.json")
	if err := os.WriteFile(file, []byte(`{"a":"b"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	form := fmt.Sprintf("# first\nGET %[1]s/a?b=c\nX-One: 1\n# between\nX-Two:  2 : 3 \nX-One: 4\n\n\n  POST %[1]s/post\nContent-Type: application/json\n@%[2]s\nGET %[1]s/after\nDELETE %[1]s/gone\r\n\r\nPUT %[3]s/other\n",
		e.URL, file, other.URL)
	lines := fmt.Sprintf(`{"method":"GET","url":"%[1]s/a?b=c","header":{"X-One":["1","4"]}}`+"\n\n"+
		`{"method":"POST","url":"%[1]s/post","body":"%[2]s","header":{"Content-Type":["application/json"]},"unknown":1}`+"\n"+
		`{"method":"PUT","url":"%[3]s/other"}`, e.URL, base64.StdEncoding.EncodeToString([]byte(`{"a":"b"}`)), other.URL)
	for _, test := range []struct {
		name, text string
		targeter   func(string) vegeta.Targeter
	}{
		{"http", form, func(s string) vegeta.Targeter { return vegeta.NewHTTPTargeter(strings.NewReader(s), nil, nil) }},
		{"json", lines + "\n", func(s string) vegeta.Targeter { return vegeta.NewJSONTargeter(strings.NewReader(s), nil, nil) }},
	} {
		want, err := vegeta.ReadAllTargets(test.targeter(test.text))
		if err != nil {
			t.Fatal(err)
		}
		r, err := Targets("targets.txt", []byte(test.text))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		got := append(e.walk(t, r, noEnv), other.seen...)
		other.seen = nil
		if len(got) != len(want) {
			t.Errorf("%s: %d requests, vegeta reads %d", test.name, len(got), len(want))
			continue
		}
		for i, w := range want {
			g := got[i]
			if g.method != w.Method || !strings.HasSuffix(w.URL, g.uri) || g.body != string(w.Body) {
				t.Errorf("%s %d: sent %s %s %q, vegeta %s %s %q", test.name, i, g.method, g.uri, g.body, w.Method, w.URL, w.Body)
			}
			for name, values := range w.Header {
				if have := strings.Join(g.header.Values(name), ", "); have != strings.Join(values, ", ") {
					t.Errorf("%s %d: header %s is %q, vegeta has %q", test.name, i, name, have, values)
				}
			}
		}
	}
}

func TestTargetsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "\n# only a remark\n", "t.txt: there is no target: write for example GET"},
		{"no method", "GET http://h/\n\nhttp://h/b\n", `t.txt:3: "http://h/b" does not begin a target: write METHOD URL`},
		{"no URL", "GET\n", `t.txt:1: "GET" does not begin a target`},
		{"small letters", "get http://h/\n", `t.txt:1: "get" does not begin`},
		{"path alone", "GET /a\n", "t.txt:1: the URL is not one of http or https"},
		{"method", "TRACE http://h/\n", "t.txt:1: method TRACE is not one"},
		{"header", "GET http://h/\nAbc\n", `t.txt:2: "Abc" is not a header`},
		{"header name", "GET http://h/\nAb c: d\n", "t.txt:2: the header Ab c has a name that cannot be"},
		{"body of a GET", "GET http://h/\n@file\n", "t.txt:2: a GET request with a body is not sent"},
		{"no body file", "GET http://h/\n\nPOST http://h/\nA: b\n@none/such.json\n", "t.txt:5: there is no file none/such.json: paths start where you are"},
		{"a folder for a body", "POST http://h/\n@testdata\n", "t.txt:2: testdata is no file"},
		{"several", "GET h\n\nPOST http://h/\nX\nY\n", "t.txt:1: the URL is not one of http or https: write it with http:// or https:// and the host\nt.txt:4: \"X\" is not a header: write Name: value, or @FILE for the body\nt.txt:5: "},
		{"json", `{"method":"GET"}` + "\n" + `{"url":"http://h/"}` + "\n{\n" + `{"method":1}` + "\n", "t.txt:1: the target has no url: add \"url\":\"http://HOST:PORT/\"\nt.txt:2: the target has no method"},
		{"json type", `{"method":"GET","url":"http://h/"}` + "\n" + `{"method":1}`, "t.txt:2: the line is not one JSON object of a target (method is a number)"},
		{"json list", `[{"method":"GET"}]`, "t.txt:1: this is one JSON list: write one JSON object a line"},
		{"json body", `{"method":"POST","url":"http://h/","body":"%"}`, "t.txt:1: the body is not base64"},
		{"binary", "GET http://h/\x00", "t.txt: the file is not text"},
		{"endless", strings.Repeat("GET http://h/\n", maxTargets+1), fmt.Sprintf("t.txt:%d: there are more than %d targets", maxTargets+1, maxTargets)},
	} {
		_, err := Targets("t.txt", []byte(test.text))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
	}
	many := strings.Repeat("nonsense\n\n", 100)
	if _, err := Targets("t.txt", []byte(many)); strings.Count(err.Error(), "\n") != maxProblems-1 {
		t.Errorf("of a hundred problems %d are told", 1+strings.Count(err.Error(), "\n"))
	}
}

// The engine reads gzip only: another encoding is not asked for, and said.
func TestTargetsAskForGzipAlone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"GET http://h.test/\nAccept-Encoding: br, zstd\nX-A: b\n",
		`{"method":"GET","url":"http://h.test/","header":{"Accept-Encoding":["br, zstd"],"X-A":["b"]}}` + "\n",
	} {
		r, err := Targets("t.txt", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if y := string(r.YAML()); strings.Contains(y, `"br, zstd"`) || !strings.Contains(y, "X-A") {
			t.Error(y)
		}
		if len(r.Notes) != 1 || r.Notes[0] != "Accept-Encoding: br, zstd is left out: load asks for gzip, which is what it can read" {
			t.Errorf("notes %q", r.Notes)
		}
	}
}
