package session

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What the engine finds wrong with a step is said at the step's line, with the
// name that may have been meant.
func TestProblemsOfStepsAreOnTheirLine(t *testing.T) {
	t.Parallel()
	const head = `staging:
  url: http://staging.test
  headers: {X-All: "HEAD"}
  journeys:
    - name: a
      steps: [GET /a]
    - name: b
      once:
        - {post: /login, save: {token: $.token, user: $.user}}
        - ONCE
      steps:
        - GET /b
        - STEP
  checks: [{http: "http://staging.test/health"}]
production:
  checks: [{name: web-1, http: "http://production.test/health"}]
`
	const well = "GET /"
	order := filepath.Join(t.TempDir(), "order.xml")
	if err := os.WriteFile(order, []byte("<id>{{tokn}}</id>"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ head, once, step, want string }{
		"a slip":        {"", well, `{get: "/c/{{tokn}}"}`, `crosstalk.yaml:13:11: journey "b" step 2 (GET /c/{{tokn}}): {{tokn}} is unknown here`},
		"in once":       {"", `{get: /c, headers: {X-A: "{{usr}}"}}`, well, "crosstalk.yaml:10:11: "},
		"the remedy":    {"", well, `{post: /c, json: {a: "{{tokn}}"}}`, "did you mean {{token}}?"},
		"none is near":  {"", well, `{post: /c, form: {a: "{{nothing}}"}}`, "known here are token, user"},
		"in a file":     {"", well, "{post: /c, file: " + order + "}", "did you mean {{token}}, or write raw: instead of file: to send the file as it is"},
		"a JSON path":   {"", well, `{post: /c, save: {a: "$.a["}}`, "crosstalk.yaml:13:11: "},
		"for all steps": {"{{nothing}}", well, well, "crosstalk.yaml:3:20: header X-All: {{nothing}} is unknown here"},
	} {
		text := strings.NewReplacer("HEAD", c.head, "ONCE", c.once, "STEP", c.step).Replace(head)
		_, err := compiled(t, text, Caps{Version: "1"})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), "\n") > 0 {
			t.Errorf("%s:\n%v\nwant %s", name, err, c.want)
		}
	}
	// An address of production is nothing to add to staging.hosts.
	text := strings.NewReplacer("HEAD", "", "ONCE", well, "STEP", `{get: "http://production.test/c"}`).Replace(head)
	_, err := ParseConfig("crosstalk.yaml", []byte(text), func(string) (string, bool) { return "", false })
	if err == nil || !strings.Contains(err.Error(), `crosstalk.yaml:13:11: step "GET http://production.test/c" goes to production.test:80, which production's check "web-1" watches`) || strings.Contains(err.Error(), "add ") {
		t.Errorf("%v", err)
	}
}

// A data file whose first line is a person, not names, gives away nothing of it.
func TestColumnsThatNoStepUsesAreNotNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("crosstalk.yaml", `staging:
  url: http://staging.test
  data: users.csv
  journeys: [{steps: [{post: /login, form: {user: "{{login}}", password: "{{pass}}"}}]}]
  checks: [{http: "http://staging.test/health"}]
`)
	told := func(rows string) string {
		t.Helper()
		write("users.csv", rows)
		c, err := ReadConfig(filepath.Join(dir, "crosstalk.yaml"), configEnv())
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Compile(t.Context(), Caps{Version: "1"})
		if err == nil {
			t.Fatal("unknown names are taken")
		}
		return err.Error()
	}
	if text := told("ada,s3cretPW\nbob,x\n"); strings.Contains(text, "s3cretPW") || strings.Contains(text, "ada") ||
		!strings.Contains(text, "the data has 2 columns that no step uses: is its first line column names?") {
		t.Error(text)
	}
	if text := told("login,passw,extra\nbob,x,y\n"); !strings.Contains(text, "did you mean {{passw}}?") || strings.Contains(text, "extra") {
		t.Error(text)
	}
}

// What is wrong with a header, a journey or a limit is said at its line, too.
func TestProblemsOfPartsAreOnTheirLine(t *testing.T) {
	t.Parallel()
	_, err := compiled(t, `staging:
  url: http://staging.test
  mode: rate
  limits:
    rps: 2000000
  headers:
    X-Well: a
    x-all: "{{nothing}}"
  journeys:
    - name: a
      steps: [GET /]
    - name: b
      think: 25h
      steps: [GET /]
  checks: [{http: "http://staging.test/health"}]
`, Caps{Version: "1"})
	for _, want := range []string{"crosstalk.yaml:5:10: limits: rps", "crosstalk.yaml:8:12: header X-All", `crosstalk.yaml:12:7: journey "b": think`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
}
