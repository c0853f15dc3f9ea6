package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// By flags: a commented file that reads back, each check tried once, no load.
func TestInitByFlags(t *testing.T) {
	t.Parallel()
	staging, production := newSite(t, nil), newSite(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/health" {
			http.NotFound(w, r)
		}
	})
	gone := newSite(t, nil)
	gone.Close()
	cmd := command(t, "init", "--target", staging.URL+"/shop", "--watch", production.URL+"/health", "--watch", production.URL+"/nope", "--watch", gone.URL+"/",
		"--users", "30", "--explore", "checkout: the \"fast\" way", "--people", "mel", "--timebox", "20m")
	p := start(t, cmd)
	p.exits(0)
	out := p.out.text()
	for _, say := range []string{"Written: crosstalk.yaml", "Each check, once:", "status 200", "status 404", "is the path right?", "nobody listens there", "crosstalk check"} {
		if !strings.Contains(out, say) {
			t.Errorf("it does not say %q:\n%s", say, out)
		}
	}
	if n := strings.Count(out, "LOOK"); n != 2 {
		t.Errorf("%d checks are marked, want 2:\n%s", n, out)
	}
	for _, s := range []*site{staging, production} {
		for _, r := range s.requests() {
			if agent := r.Header.Get("User-Agent"); !strings.HasPrefix(agent, "crosstalk-check/") {
				t.Errorf("%s %s was asked by %s: init sends no load", r.Method, r.Path, agent)
			}
		}
	}
	if n := len(staging.requests()); n != 1 {
		t.Errorf("staging's check was tried %d times", n)
	}
	text := string(readFile(t, cmd.Dir, "crosstalk.yaml"))
	for _, say := range []string{"limits: {users: 30}", "timebox: 20m", `people: ["mel"]`, "- GET /shop", "# guard:"} {
		if !strings.Contains(text, say) {
			t.Errorf("the file does not hold %q:\n%s", say, text)
		}
	}
	dry := command(t, "run", "--dry")
	dry.Dir = cmd.Dir
	p = start(t, dry)
	p.exits(0)
	if !strings.Contains(p.out.text(), "30 users") || !strings.Contains(p.out.text(), "GET /shop") {
		t.Errorf("run reads the file as\n%s", p.out.text())
	}

	again := command(t, "init", "--target", staging.URL+"/other")
	again.Dir = cmd.Dir
	p = start(t, again)
	p.exits(2)
	if !strings.Contains(p.err.text(), "crosstalk.yaml is there already") || !strings.Contains(p.err.text(), "--force") {
		t.Errorf("a file that is there: %s", p.err.text())
	}
	if string(readFile(t, cmd.Dir, "crosstalk.yaml")) != text {
		t.Error("the file was written over")
	}
	again = command(t, "init", "--target", staging.URL+"/other", "--force", "--no-try")
	again.Dir = cmd.Dir
	p = start(t, again)
	p.exits(0)
	if !strings.Contains(string(readFile(t, cmd.Dir, "crosstalk.yaml")), "GET /other") {
		t.Error("--force does not write over the file")
	}
	if left, err := os.ReadDir(cmd.Dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// What can't be meant is refused, and no file appears.
func TestInitRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		args []string
		say  string
	}{
		{"no terminal", nil, "no terminal here to ask in: give --target URL"},
		{"no URL", []string{"--target", "localhost:80"}, "write http://localhost:80"},
		{"both", []string{"--target", "http://127.0.0.1:1/", "--curl", "curl http://127.0.0.1:1/"}, "exclude each other"},
		{"production is the target", []string{"--target", "http://127.0.0.1:1/", "--watch", "http://127.0.0.1:1/health"}, "127.0.0.1:1"},
		{"a device", []string{"--target", "http://127.0.0.1:1/", "--out", os.TempDir()}, "is no file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cmd := command(t, append([]string{"init"}, test.args...)...)
			p := start(t, cmd)
			p.exits(2)
			if !strings.Contains(p.err.text(), test.say) {
				t.Errorf("it does not say %q: %s", test.say, p.err.text())
			}
			if _, err := os.Stat(filepath.Join(cmd.Dir, "crosstalk.yaml")); err == nil {
				t.Error("a file was written")
			}
		})
	}
}

// A pasted curl command brings its steps, and its secret is in no file.
func TestInitTakesCurl(t *testing.T) {
	t.Parallel()
	staging := newSite(t, nil)
	cmd := command(t, "init", "--no-try", "--curl", "curl '"+staging.URL+"/orders' -H 'Authorization: Bearer abcdef0123456789abcdef' --json '{\"sku\":\"tea\"}'")
	p := start(t, cmd)
	p.exits(0)
	text := string(readFile(t, cmd.Dir, "crosstalk.yaml"))
	if strings.Contains(text, "abcdef0123456789") || !strings.Contains(text, "${") || !strings.Contains(text, "post: /orders") {
		t.Errorf("the file:\n%s", text)
	}
	if !strings.Contains(p.err.text(), "looks like a secret") || len(staging.requests()) > 0 {
		t.Errorf("stderr: %s; asked: %v", p.err.text(), staging.requests())
	}
}
