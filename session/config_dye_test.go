package session

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDyeIsReadAndKeptOutOfRecords(t *testing.T) {
	read := func(dye string) (*Config, error) {
		path := filepath.Join(t.TempDir(), "crosstalk.yaml")
		text := "staging:\n  url: http://127.0.0.1:8080/shop\n  headers: {X-Tenant: test}\n  checks: [{http: \"http://127.0.0.1:8080/health\"}]\nidentity:\n  dye: " + dye + "\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return ReadConfig(path, func(string) (string, bool) { return "", false })
	}
	cfg, err := read(`{staging: {post: "/notes", json: {title: "{{dye}}"}}, production: "GET http://127.0.0.1:9080/search?q={{dye}}"}`)
	if err != nil {
		t.Fatal(err)
	}
	d, ok := cfg.Dye()
	if !ok || d.Staging.Method != http.MethodPost || d.Staging.URL != "http://127.0.0.1:8080/shop/notes" || d.Staging.Body != `{"title":"{{dye}}"}` ||
		d.Staging.Headers["X-Tenant"] != "test" || d.Staging.Headers["Content-Type"] != "application/json" {
		t.Errorf("staging's request is %+v", d.Staging)
	}
	if d.Production.Method != http.MethodGet || d.Production.URL != "http://127.0.0.1:9080/search?q={{dye}}" || d.Production.Headers["X-Tenant"] != "" {
		t.Errorf("production's request is %+v", d.Production)
	}
	if d.Look.URL != "" {
		t.Errorf("a look that nobody has written: %+v", d.Look)
	}
	if cfg, err = read(`{staging: {post: "/notes", json: {title: "{{dye}}"}}, look: "GET /notes?q={{dye}}", production: "GET http://127.0.0.1:9080/search?q={{dye}}"}`); err != nil {
		t.Fatal(err)
	}
	if d, _ := cfg.Dye(); d.Look.URL != "http://127.0.0.1:8080/shop/notes?q={{dye}}" || d.Look.Headers["X-Tenant"] != "test" {
		t.Errorf("the look through staging is %+v", d.Look)
	}
	if b, err := marshal(cfg.Masked()); err != nil || strings.Contains(string(b), "dye") {
		t.Errorf("the journal would hold %s (%v)", b, err)
	}

	for _, c := range []struct{ dye, want string }{
		{`{staging: {post: "/notes", form: {title: "{{dye}}"}}}`, "a request to each of staging and production"},
		{`{staging: {post: "/notes", body: x}, production: "GET http://127.0.0.1:9080/"}`, "a record without a name of its own"},
		{`{staging: {post: "http://127.0.0.1:1/{{dye}}"}, production: "GET http://127.0.0.1:9080/"}`, "it goes to staging.url"},
		{`{staging: {post: "/{{dye}}"}, production: "GET /search"}`, "does not say which host"},
		{`{staging: {post: "/{{dye}}"}, look: "GET http://127.0.0.1:1/", production: "GET http://127.0.0.1:9080/"}`, "it goes to staging.url"},
		{`{stage: {post: "/{{dye}}"}}`, "stage"},
	} {
		if _, err := read(c.dye); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.dye, err, c.want)
		}
	}
}
