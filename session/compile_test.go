package session

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"crosstalk/monitors"
)

const everyKind = `
staging:
  url: http://127.0.0.1:8080/shop
  limits: {users: 50, rps: 100}
  headers: {Authorization: "Bearer ${TOKEN}"}
  journeys:
    - name: buy
      weight: 3
      think: 1s..3s
      once: [{post: /login, form: {user: mel}, save: {token: $.token}}]
      steps:
        - GET /products
        - {post: /cart, json: {sku: tea, n: 2}, save: {cart: $.id}, expect: 201}
        - {post: "/cart/{{cart}}/checkout", expect: 2xx, think: 0s}
  checks: [{name: web-1, http: "http://127.0.0.1:8081/health"}]
production:
  tolerate: 1
  checks:
    - {name: web-1, http: "http://127.0.0.1:9081/health"}
    - {name: web-2, http: "http://127.0.0.1:9082/health", every: 1s}
    - {name: port, tcp: "127.0.0.1:9083"}
    - {name: name, dns: "production.example.test"}
    - {name: pg, postgres: "postgres://u:${TOKEN}@127.0.0.1:5432/shop"}
    - {name: my, mysql: "u:p@tcp(127.0.0.1:3306)/shop"}
    - {name: cache, redis: "redis://127.0.0.1:6379/0"}
    - {name: node, metrics: "http://127.0.0.1:9100/metrics", series: node_load1, limit: 4}
    - {name: prom, prometheus: "http://127.0.0.1:9090", query: up, limit: 2}
    - {name: graf, grafana: "http://127.0.0.1:3000", datasource: ds, query: up, token: "${TOKEN}", limit: 2}
guard: {slo: 300ms, errors: 1%}
`

func compiled(t *testing.T, text string, caps Caps) (*Compiled, error) {
	t.Helper()
	cfg, err := ParseConfig("crosstalk.yaml", []byte(text), func(string) (string, bool) { return "s3cr3t-value", true })
	if err != nil {
		t.Fatal(err)
	}
	return cfg.Compile(t.Context(), caps)
}

func TestCompileEveryKind(t *testing.T) {
	t.Parallel()
	c, err := compiled(t, everyKind, Caps{Glide: 10, WatchEvery: 100 * time.Millisecond, Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	every := map[string]time.Duration{}
	slow := map[string]bool{}
	for _, k := range c.Checks {
		if k.Env == monitors.Production {
			every[k.Name], slow[k.Name] = k.Every, k.Slow
			if strings.Contains(k.Address, "s3cr3t") {
				t.Errorf("the address of %s tells a secret", k.Name)
			}
		}
	}
	want := map[string]time.Duration{"web-1": 100 * time.Millisecond, "web-2": time.Second, "port": 100 * time.Millisecond, "name": 100 * time.Millisecond,
		"pg": time.Second, "my": time.Second, "cache": time.Second, "node": 5 * time.Second, "prom": 5 * time.Second, "graf": 5 * time.Second}
	if !maps.Equal(every, want) {
		t.Errorf("periods %v", every)
	}
	for _, name := range []string{"node", "prom", "graf"} {
		if !slow[name] {
			t.Errorf("%s is not slow evidence", name)
		}
	}
	if l := c.Limits[monitors.Production]; l.SLO != 300*time.Millisecond || l.Errors != 0.01 || l.Tolerate != 1 {
		t.Errorf("limits %+v", l)
	}
	p := c.Plan
	if p.MaxUsers != 50 || p.MaxRPS != 100 || len(p.Journeys) != 1 || len(p.Journeys[0].Steps) != 3 || p.Journeys[0].Steps[1].Save["cart"] != "$.id" ||
		p.Journeys[0].Steps[2].Think == nil || p.Header.Get("Authorization") != "Bearer s3cr3t-value" {
		t.Errorf("plan %+v", p)
	}
	if !slices.Contains(p.Forbidden, "127.0.0.1:9081") || !slices.Contains(p.Forbidden, "127.0.0.1:5432") {
		t.Errorf("load may reach production: %v", p.Forbidden)
	}
	if strings.Contains(string(c.Masked), "s3cr3t") {
		t.Error("the masked configuration tells a secret")
	}
}

// A link check hurries production's counters and databases, where nobody said how often
// they are to be asked.
func TestWhatALinkCheckHurries(t *testing.T) {
	t.Parallel()
	c, err := compiled(t, `
staging:
  url: http://127.0.0.1:8080
  checks: [{name: own, postgres: "postgres://u@127.0.0.1:5433/shop"}]
production:
  checks:
    - {name: web-1, http: "http://127.0.0.1:9081/health"}
    - {name: pg, postgres: "postgres://u@127.0.0.1:5432/shop"}
    - {name: my, mysql: "u@tcp(127.0.0.1:3306)/shop"}
    - {name: cache, redis: "redis://127.0.0.1:6379/0", every: 1s}
    - {name: node, metrics: "http://127.0.0.1:9100/metrics", series: node_load1}
`, Caps{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]time.Duration{}
	for _, k := range c.Checks {
		if h := k.Hurried(CountersEvery); h != k.Every {
			got[k.Name] = h
		}
	}
	if want := map[string]time.Duration{"pg": 500 * time.Millisecond, "my": 500 * time.Millisecond, "node": time.Second}; !maps.Equal(got, want) {
		t.Errorf("hurried are %v, want %v", got, want)
	}
}

func TestFlagsTightenTheFile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		caps  Caps
		users int
		rps   float64
	}{{Caps{}, 50, 100}, {Caps{Users: 20, RPS: 10}, 20, 10}, {Caps{Users: 500, RPS: 500}, 50, 100}} {
		c, err := compiled(t, everyKind, test.caps)
		if err != nil {
			t.Fatal(err)
		}
		if c.Plan.MaxUsers != test.users || c.Plan.MaxRPS != test.rps {
			t.Errorf("%+v: %d users, %g a second", test.caps, c.Plan.MaxUsers, c.Plan.MaxRPS)
		}
	}
}

func TestCompileTellsEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := compiled(t, `
staging:
  url: http://127.0.0.1:8080
  ca: ca.pem
  journeys: [{name: a, steps: [{get: "/{{nobody}}"}]}]
production:
  checks:
    - {name: p, person: "is it green?", every: 3s}
    - {name: w, http: "http://127.0.0.1:9081/"}
`, Caps{})
	var problems Problems
	if !errors.As(err, &problems) || len(problems) < 3 {
		t.Fatalf("%v", err)
	}
	for _, want := range []string{"crosstalk.yaml:8", "nobody can be asked every 3s", "staging.ca ca.pem", "nobody"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("nothing of %q in\n%v", want, err)
		}
	}
}

// What the README shows must be what the reader takes.
func TestReadmeConfiguration(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(text), "```yaml\n")
	block, _, closed := strings.Cut(block, "```")
	if !found || !closed {
		t.Fatal("the README shows no configuration")
	}
	if _, err := compiled(t, strings.ReplaceAll(block, "${PROD_DSN}", "postgres://u:${PROD_PASSWORD}@127.0.0.1:5432/shop"), Caps{}); err != nil {
		t.Error(err)
	}
}

// Values that are expected reach the engine and the checks as JSON.
func TestExpectedValuesAreJSON(t *testing.T) {
	t.Parallel()
	c, err := compiled(t, `staging:
  url: http://staging.test
  journeys:
    - steps: [{get: /, expect: {json: {$.price: 19.90, $.gone: null, $.list: [1, "a&b"], $.map: {a: true}, $.text: "5", $.id: 9007199254740993}}}]
  checks: [{http: "http://staging.test/health", expect: {json: {$.db: up}}}]
`, Caps{Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"$.price": "19.9", "$.gone": "null", "$.list": `[1,"a&b"]`, "$.map": `{"a":true}`, "$.text": `"5"`, "$.id": "9007199254740993"}
	if got := c.Plan.Journeys[0].Steps[0].Expect.JSON; !maps.Equal(got, want) {
		t.Errorf("%v\nwant %v", got, want)
	}
}
