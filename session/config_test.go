package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var updateConfig = flag.Bool("update-config", false, "write the goldens of testdata/config")

// configEnv is an environment in which these variables are set.
func configEnv(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

func TestConfigBadFiles(t *testing.T) {
	env := configEnv("PROD_URL", "http://shop.test/health", "STAGING_SECRET", "hunter2secret", "STAGING_DSN", "")
	files, err := filepath.Glob("testdata/config/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no bad files", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c, err := ParseConfig(filepath.Base(file), text, env)
			var problems Problems
			if c != nil || !errors.As(err, &problems) || len(problems) == 0 {
				t.Fatalf("config %v, error %v: want problems alone", c, err)
			}
			got := problems.Error() + "\n"
			for _, secret := range []string{"hunter2secret", "topsecret"} {
				if strings.Contains(got, secret) {
					t.Errorf("a message gives the secret %s away:\n%s", secret, got)
				}
			}
			for _, p := range problems {
				if p.Line < 1 || p.Column < 1 || p.What == "" || p.Remedy == "" {
					t.Errorf("a problem without place, matter or remedy: %+v", p)
				}
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".want"
			if *updateConfig {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}

func TestConfigOfTheDesign(t *testing.T) {
	text, err := os.ReadFile("testdata/config/design.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := ParseConfig("crosstalk.yaml", text, configEnv("STAGING_TOKEN", "st-token-1", "PROD_DSN", "postgres://shop:pw-1@db.test/shop", "STAGING_DSN", "postgres://shop:pw-2@staging-db.test/shop"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Charter.String(), "Explore checkout with rising users to discover where orders slow down"; got != want {
		t.Errorf("charter %q, want %q", got, want)
	}
	for _, x := range []struct {
		what      string
		got, want any
	}{
		{"timebox", c.Timebox, time.Hour},
		{"people", c.People, []string{"mel"}},
		{"url", c.Staging.URL, "http://127.0.0.1:8080"},
		{"hosts", c.Staging.Hosts, []string{"login.staging.example.test"}},
		{"limits", c.Staging.Limits, Limits{200, 500}},
		{"build", *c.Staging.Build, BuildSource{"GET", "/version"}},
		{"headers", c.Staging.Headers, map[string]string{"Authorization": "Bearer st-token-1"}},
		{"data", c.Staging.Data, "users.csv"},
		{"guard", c.Guard, GuardConfig{300 * time.Millisecond, 0.01}},
		{"identity", c.Identity, IdentityConfig{Staging: "postgres://shop:pw-2@staging-db.test/shop", Production: "postgres://shop:pw-1@db.test/shop"}},
		{"secrets", c.Secrets, []string{"st-token-1", "postgres://shop:pw-1@db.test/shop", "postgres://shop:pw-2@staging-db.test/shop"}},
		{"tolerate", c.Production.Tolerate, 0},
		{"control", c.Control.Checks[0].Name, "intranet"},
	} {
		if !reflect.DeepEqual(x.got, x.want) {
			t.Errorf("%s is %#v, want %#v", x.what, x.got, x.want)
		}
	}
	j := c.Staging.Journeys[0]
	for i := range j.Steps {
		j.Steps[i].at = place{}
	}
	j.Once[0].at = place{}
	want := Journey{
		Name: "buy", Weight: 3, Think: Range{time.Second, 3 * time.Second},
		Once: []Step{{Name: "POST /login", Method: "POST", Path: "/login", Form: map[string]string{"user": "{{login}}", "password": "{{password}}"}}},
		Steps: []Step{
			{Name: "GET /products", Method: "GET", Path: "/products"},
			{Name: "POST /cart", Method: "POST", Path: "/cart", JSON: map[string]any{"sku": "{{sku}}"},
				Save: []Save{{"cart", "json", "$.id"}}, Expect: Expect{Status: []string{"201"}}},
			{Name: "POST /cart/{{cart}}/checkout", Method: "POST", Path: "/cart/{{cart}}/checkout", Expect: Expect{Status: []string{"2xx"}}},
		},
	}
	if !reflect.DeepEqual(j, want) {
		t.Errorf("journey\n%+v, want\n%+v", j, want)
	}
	var checks []string
	for _, k := range c.Production.Checks {
		checks = append(checks, k.Name+" "+k.Kind+" "+k.Every.String()+" "+k.Address+k.Question)
	}
	if want := []string{
		"web-1 http 100ms http://127.0.0.1:9081/health",
		"db postgres 0s postgres://shop:pw-1@db.test/shop",
		"host-1 metrics 0s http://127.0.0.1:9100/metrics",
		"wall person 3m0s is the wallboard green?",
	}; !slices.Equal(checks, want) {
		t.Errorf("checks %q, want %q", checks, want)
	}
}

func TestConfigValues(t *testing.T) {
	const text = `
charter: explore
  the shop
staging:
  url: "http://x.test:${PORT}/"
  insecure: true
  headers: {X-Dollar: "$$5 and $.id and $", X-Number: 12, X-Injected: "${BAD}"}
  journeys:
    - steps: [GET /a?x=1, GET /a?x=2, {name: slow, get: /a, think: 0s, timeout: 5s}]
    - name: b
      think: 2s
      steps:
        - patch: /b
          json: [1, -2, 2.5, true, null, {deep: [x]}]
          save: {a: "header:X-A", b: "cookie:sid", c: {regex: 'v="(\d+)"'}, d: "$..id"}
          expect: {status: [200, 4xx], contains: Thank, json: {$.ok: true, $.n: 3}}
        - {put: /c, body: "sum=$${x}", headers: {A: b}}
  checks:
    - {http: http://x.test:8081/health, expect: {header: {X-Ok: "1"}}}
    - http: http://x.test:8081/deep
    - http: http://x.test:8081/deep
    - tcp: "[::1]:5432"
    - http: "http://${HOST}/"
    - host: cpu
      limit: 90
    - {metrics: "https://m.test/metrics", series: 'errors_total{code="500"}', rate: true, limit: 0.5}
    - {redis: "r.test", connections: 80%, lag: 2s}
`
	c, err := ParseConfig("c.yaml", []byte(text), configEnv("PORT", "8080", "HOST", "hidden.test", "BAD", "x\"}, evil: {a: b"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Charter.Text != "explore the shop" || c.Charter.String() != "explore the shop" {
		t.Errorf("charter %+v", c.Charter)
	}
	if want := map[string]string{"X-Dollar": "$5 and $.id and $", "X-Number": "12", "X-Injected": "x\"}, evil: {a: b"}; !reflect.DeepEqual(c.Staging.Headers, want) {
		t.Errorf("headers %q", c.Staging.Headers)
	}
	var names []string
	for _, k := range c.Staging.Checks {
		names = append(names, k.Name)
	}
	if want := []string{"x.test:8081", "x.test:8081/deep", "x.test:8081/deep 2", "[::1]:5432", "http", "host cpu", "m.test:443", "r.test:6379"}; !slices.Equal(names, want) {
		t.Errorf("names %q, want %q", names, want)
	}
	one, two := c.Staging.Journeys[0], c.Staging.Journeys[1]
	if one.Name != "journey 1" || one.Weight != 1 || one.Steps[0].Name != "GET /a" || one.Steps[1].Name != "GET /a 2" || one.Steps[2].Name != "slow" {
		t.Errorf("first journey %+v", one)
	}
	if think := one.Steps[2].Think; think == nil || *think != (Range{}) || one.Steps[2].Timeout != 5*time.Second {
		t.Errorf("a think time of nothing is not unset: %v", think)
	}
	b, err := json.Marshal(two.Steps[0])
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"name":"PATCH /b","method":"PATCH","path":"/b","json":[1,-2,2.5,true,null,{"deep":["x"]}],` +
		`"save":[{"name":"a","from":"header","expr":"X-A"},{"name":"b","from":"cookie","expr":"sid"},{"name":"c","from":"regex","expr":"v=\"(\\d+)\""},{"name":"d","from":"json","expr":"$..id"}],` +
		`"expect":{"status":["200","4xx"],"contains":"Thank","json":{"$.n":3,"$.ok":true}}}`
	if string(b) != want {
		t.Errorf("step\n%s, want\n%s", b, want)
	}
	if two.Steps[1].Body != "sum=${x}" || two.Think != (Range{2 * time.Second, 2 * time.Second}) {
		t.Errorf("second journey %+v", two)
	}
	if k := c.Staging.Checks[7]; k.Connections != 0.8 || k.Lag != 2*time.Second {
		t.Errorf("redis %+v", k)
	}
	if k := c.Staging.Checks[6]; k.Limit == nil || *k.Limit != 0.5 || !k.Rate || k.Series == "" {
		t.Errorf("metrics %+v", k)
	}
}

func TestReadConfig(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	path := write("crosstalk.yaml", "staging:\n  url: http://x.test\n  data: users.csv\n  ca: ca.pem\n  journeys: [{steps: [{post: /a, file: body.xml}]}]\n  checks: [{tcp: \"x.test:1\"}]\n")
	_, err := ReadConfig(path, configEnv())
	want := strings.Join([]string{
		path + ":3:9: staging.data users.csv cannot be read (no such file or directory): create it, or correct the path (it starts at the folder of this file)",
		path + ":4:7: staging.ca ca.pem cannot be read (no such file or directory): create it, or correct the path (it starts at the folder of this file)",
		path + ":5:23: the body file of step POST /a, body.xml cannot be read (no such file or directory): create it, or correct the path (it starts at the folder of this file)",
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	write("ca.pem", "x")
	write("body.xml", "x")
	users := write("users.csv", "login,password\r\nann,\"a \"\"b\"\", c\"\r\nbob\r\n")
	if _, err = ReadConfig(path, configEnv()); err == nil ||
		err.Error() != users+":3: the row has 1 field, and there are 2 columns: give every row as many as the first line, and put a field that has a comma in quotes" {
		t.Errorf("got %v", err)
	}
	write("users.csv", "\ufefflogin,password\r\nann,\"a \"\"b\"\", c\"\r\n\r\nbob,x\r\n")
	c, err := ReadConfig(path, configEnv())
	if err != nil {
		t.Fatal(err)
	}
	if want := []map[string]string{{"login": "ann", "password": `a "b", c`}, {"login": "bob", "password": "x"}}; !reflect.DeepEqual(c.Staging.DataRows, want) {
		t.Errorf("rows %q", c.Staging.DataRows)
	}
	if c.Path("users.csv") != users || c.Path(users) != users {
		t.Errorf("path %s", c.Path("users.csv"))
	}
	if b, err := json.Marshal(c); err != nil || bytes.Contains(b, []byte("bob")) {
		t.Errorf("rows are encoded: %s %v", b, err)
	}
	if _, err := ReadConfig(filepath.Join(dir, "none.yaml"), configEnv()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want the system's error", err)
	}
}

func TestConfigRows(t *testing.T) {
	for _, x := range []struct{ name, text, want string }{
		{"empty", "", "u.csv:1: the file is empty: begin with a line of column names, for example login,password"},
		{"no rows", "a,b\n", "u.csv:1: the file has column names and no rows: add a row for each user"},
		{"semicolons", "a;b\n1;2\n", `u.csv:1:1: column 1 has a name that no {{name}} can hold: separate columns by commas`},
		{"header", "a,,a\n1,2,3\n", "u.csv:1:3: column 2 has no name: name every column in the first line\n" +
			`u.csv:1:4: column 3 has the name of column 1: give each column a name of its own (is the first line column names?)`},
		{"no names", "ada,p@ss!\nbob,x\n", `u.csv:1:5: column 2 has a name that no {{name}} can hold: use letters, digits and underscores (is the first line column names?)`},
		{"quote", "a,b\n1,2\n1,x\"y\n", `u.csv:3:4: not readable as CSV (bare " in non-quoted-field): put a field with quotes in quotes, and double those inside: "a ""b"" c"`},
		{"rows", "a,b\n1\n1,2\n1,2,3\n", "u.csv:2: the row has 1 field, and there are 2 columns: give every row as many as the first line, and put a field that has a comma in quotes\n" +
			"u.csv:4: the row has 3 fields, and there are 2 columns: give every row as many as the first line, and put a field that has a comma in quotes"},
		{"latin", "a\n\xe9\n", "u.csv:2:1: the field is not UTF-8: save the file as UTF-8"},
	} {
		rows, problems := parseRows("u.csv", []byte(x.text))
		if rows != nil || problems.Error() != x.want {
			t.Errorf("%s: rows %v, problems\n%s\nwant\n%s", x.name, rows, problems.Error(), x.want)
		}
	}
	_, problems := parseRows("u.csv", []byte("a,b\n"+strings.Repeat("1\n", 1000)))
	if len(problems) != configMaxProblems || !strings.Contains(problems[len(problems)-1].What, "980 problems more") {
		t.Errorf("%d problems, last %v", len(problems), problems[len(problems)-1])
	}
}

func TestConfigLinesAreTrue(t *testing.T) {
	const text = "# one\n\n# three\ncharter: >\n  folded over\n  two lines\n\n  and more\n# nine\nstaging:\n" +
		"  url: \"http://x.test/\\\n    y\"\n  headers:\n    X-Long: |\n      a\n\n" +
		"  # eighteen\n  é: 'ü' \n  journeys: [\n    {name: a,\n     stps: [GET /]}]\n"
	want := "c.yaml:14:13: staging.headers.X-Long has a line break: keep it to one line\n" +
		"c.yaml:18:3: unknown key \"é\" in staging: known keys are build, ca, cert, checks, data, headers, hosts, http2, insecure, journeys, keep_alive, key, limits, mode, served_by, url\n" +
		"c.yaml:21:6: unknown key \"stps\" in staging.journeys: did you mean \"steps\"?"
	for name, text := range map[string]string{"LF": text, "CRLF": strings.ReplaceAll(text, "\n", "\r\n")} {
		_, err := ParseConfig("c.yaml", []byte(text), configEnv())
		if err == nil || err.Error() != want {
			t.Errorf("%s: got\n%v\nwant\n%s", name, err, want)
		}
	}
}

func TestConfigHostileFiles(t *testing.T) {
	indented := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.Repeat(" ", i) + "a:\n")
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"brackets":     strings.Repeat("[", 50_000),
		"closed":       strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000),
		"braces":       strings.Repeat("a: {", 20_000),
		"dashes":       strings.Repeat("- ", 50_000),
		"questions":    strings.Repeat("? ", 50_000),
		"indentation":  indented(1200),
		"anchors":      strings.Repeat("&a ", 20_000) + "x",
		"tags":         strings.Repeat("!a ", 20_000) + "x",
		"size":         strings.Repeat("#", configMaxBytes+1),
		"nul":          "a\x00b: \x00\n",
		"laughs":       "staging:\n  headers:\n    a: &a [x,x,x,x,x,x,x,x,x,x]\n  journeys: [{steps: [{post: /a, json: [&b [1,1,1,1,1,1,1,1,1,1], &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b], &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c], &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d], &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e], &g [*f,*f,*f,*f,*f,*f,*f,*f,*f,*f]]}]}]\n",
		"self":         "staging: &a {url: http://x.test, journeys: [{steps: [{post: /, json: *a}]}]}\n",
		"self at once": "staging: &a *a\n",
	} {
		_, err := ParseConfig("c.yaml", []byte(text), configEnv())
		if problems, ok := errors.AsType[Problems](err); !ok {
			t.Errorf("%s: got %v, want problems", name, err)
		} else if len(problems) > 20 {
			t.Errorf("%s: %d problems", name, len(problems))
		}
	}
}
