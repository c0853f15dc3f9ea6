package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
)

// A dry run says all that matters, masked, and sends nothing at all.
func TestDryRunSendsNothing(t *testing.T) {
	t.Parallel()
	b := newBookshop(t, 0)
	production := newSite(t, func(http.ResponseWriter, *http.Request) {})
	data := write(t, "users.csv", "login,password,h1dden\nmel,x1,y1\njon,x2,y2\n")
	file := write(t, "crosstalk.yaml", fmt.Sprintf(`charter: explore
staging:
  url: %[1]s
  hosts: ["api.staging.example.test"]
  limits: {users: 30, rps: 50}
  headers: {Authorization: "Bearer ${TOKEN}", X-Team: shop}
  data: %[3]q
  journeys:
    - {name: look, weight: 3, think: 1s..2s, steps: [GET /api/products]}
    - name: buy
      once: [{post: /login, form: {user: "{{login}}", password: "{{password}}", pin: "${TOKEN}"}, save: {token: $.auth.token}}]
      steps: [{post: /api/cart, json: {sku: tea, api_key: plain-secret-1}, expect: {status: 201, contains: open, json: {$.price: 19.90, $.gone: null, $.of: [1, a&b], $.s: "5"}}, timeout: 5s, think: 2s}]
  checks: [{name: web-1, http: "%[1]s/health"}]
production: {checks: [{name: shop, http: "%[2]s/health"}, {name: wall, person: "is the wallboard green?"}, {person: "any mails?", every: 1m, who: mel, name: desk}]}
`, b.URL, production.URL, data))
	cmd := command(t, "run", "--dry", "-c", file, "--dial", "10s=5", "--for", "1m", "--baseline", "30s")
	cmd.Env = append(cmd.Env, "TOKEN=hush-77aa11")
	p := start(t, cmd)
	p.exits(0)
	out := strings.Join(strings.Fields(p.out.text()), " ")
	for _, want := range []string{"Staging " + b.URL, "and api.staging.example.test", "Never " + production.URL[len("http://"):], "30 users, 50 requests a second, rising 10 users a second",
		"Authorization: ***", "X-Team: shop", "User-Agent: crosstalk/dev", "2 rows of login, password, and 1 column that no step uses: is the first line column names?", "look: 1s to 2s pause after a round, 3 of 4 turns", "once POST /login", "form password={{password}}",
		"saves {{token}} from $.auth.token", "1 POST /api/cart", `"sku":"tea"`, `expects status 201, "open" in the body, $.gone = null, $.of = [1,"a&b"], $.price = 19.9, $.s = "5"`, "then 2s pause", "given up after 5s",
		"Check production shop every 250ms http " + production.URL + "/health",
		"Check production wall asks anyone every 3m0s: is the wallboard green?", "Check production desk asks mel every 1m0s: any mails?", "one user begins (GET /api/products)", "Quiet phase 30s", "Dial after 10s: 5 users", "End after 1m0s", "Nothing was sent."} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if t.Failed() {
		t.Log(p.out.text())
	}
	dry := run(t, "run", "--dry", "--har", b.recorded(t), "--watch", production.URL+"/health")
	dry.exits(0)
	if !strings.Contains(dry.out.text(), "POST /api/cart/{{id}}/checkout") {
		t.Errorf("the recording is not shown:\n%s", dry.out.text())
	}
	for _, secret := range []string{"hush-77aa11", "plain-secret-1", "hunter2", "h1dden"} {
		if strings.Contains(p.out.text()+p.err.text()+dry.out.text()+dry.err.text(), secret) {
			t.Errorf("it shows %s", secret)
		}
	}
	if b.hits.Load() > 0 || len(production.requests()) > 0 || b.elsewhere.Load() > 0 {
		t.Errorf("staging was asked %d times, production %d", b.hits.Load(), len(production.requests()))
	}
	for _, dir := range []string{cmd.Dir, dataHome(cmd.Env)} {
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left behind in %s: %v, %v", dir, left, err)
		}
	}
}

// What can't be meant is said in plain lines, with exit code 2.
func TestImportUsageErrors(t *testing.T) {
	t.Parallel()
	sound := write(t, "crosstalk.yaml", "staging: {url: \"http://127.0.0.1:1\", checks: [{http: \"http://127.0.0.1:1/\"}]}\n")
	bad := write(t, "bad.har", "{\"log\": {\n\"entries\": [{}]}}")
	targets := write(t, "targets.txt", "GET http://127.0.0.1:1/\nnonsense\n")
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"import"}, "nothing to import: give --curl"},
		{[]string{"try", "--har-all"}, "--har-host and --har-all belong to --har"},
		{[]string{"try", "--curl", "curl http://h/", "--targets", targets}, "--curl, --har and --targets exclude each other"},
		{[]string{"try", "--curl", "curl http://h/", "-c", sound}, "exclude each other: crosstalk import writes a file"},
		{[]string{"run", "--headless", "--curl", "curl http://h/", "--target", "http://127.0.0.1:1/"}, "exclude each other"},
		{[]string{"import", "--har", bad}, "bad.har:2: entry 1 has no request with method and url: save it again"},
		{[]string{"import", "--har", bad + "x"}, "there is no file"},
		{[]string{"import", "--targets", targets}, `targets.txt:2: "nonsense" is not a header: write Name: value`},
		{[]string{"try", "--curl", "curl http://h/ --frob"}, "--curl:1: curl's flag --frob is not known here"},
		{[]string{"try", "--curl", "curl http://127.0.0.1:1/", "--watch", "http://localhost:1/health"}, "load would hit what must only be watched"},
		{[]string{"try", "--curl", "curl http://127.0.0.1:1/$X"}, "export X=..."},
		{[]string{"try", "-c", sound, "--journey", "buy"}, `there is no journey "buy"`},
	} {
		p := run(t, test.args...)
		p.exits(2)
		if !strings.Contains(p.err.text(), test.want) || p.out.text() != "" && test.args[0] == "import" {
			t.Errorf("%v: %s\nwant %s", test.args, p.err.text(), test.want)
		}
	}
}

// A step to a further host goes without staging's credentials; a plan on paper
// and a try say so.
func TestCredentialsForAFurtherHostAreSaid(t *testing.T) {
	t.Parallel()
	file := write(t, "crosstalk.yaml", `staging:
  url: http://127.0.0.1:1
  hosts: [cdn.test]
  headers: {Authorization: "Bearer ${SHOP_TOKEN}", X-Shop: "${SHOP_TOKEN}", X-Team: shop}
  journeys: [{name: j, steps: [GET /a, {get: "http://cdn.test/p.png"}]}]
  checks: [{tcp: "127.0.0.1:1"}]
`)
	cmd := command(t, "run", "-c", file, "--dry")
	cmd.Env = append(cmd.Env, "SHOP_TOKEN=tok-4711-long")
	p := start(t, cmd)
	p.exits(0)
	if text := p.out.text(); strings.Count(text, "without Authorization, X-Shop: for staging's own host alone") != 1 || strings.Contains(text, "tok-4711") {
		t.Errorf("the plan on paper:\n%s", text)
	}
}

// More users than memory has room for are refused, whoever asks for them.
func TestTooManyUsersAreRefused(t *testing.T) {
	t.Parallel()
	p := run(t, "run", "--target", "http://127.0.0.1:1/", "--headless", "--limit-users", "2000000000", "--for", "1s", "--out", t.TempDir()+"/s")
	p.exits(2)
	if text := p.err.text(); !strings.Contains(text, "users 2000000000: one machine runs at most 250000") {
		t.Errorf("said: %s", text)
	}
}
