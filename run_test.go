package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// A configuration with a journey that saves a value, checks on both sides, and a secret.
func TestRunByConfiguration(t *testing.T) {
	t.Parallel()
	const token = "hush-7d1f4c2a9b"
	var carts atomic.Int64
	staging := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/cart" {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusCreated)
			fmt.Fprintf(w, `{"id":"c-%d"}`, carts.Add(1))
		}
	})
	production := newSite(t, nil)
	config := filepath.Join(t.TempDir(), "crosstalk.yaml")
	text := fmt.Sprintf(`charter: {explore: checkout, with: few users, discover: how it answers}
people: [mel]
staging:
  url: %[1]s
  limits: {users: 3, rps: 60}
  headers: {Authorization: "Bearer ${TOKEN}"}
  journeys:
    - name: buy
      think: 20ms..40ms
      steps:
        - GET /products
        - {post: /cart, json: {sku: tea, note: "for ${TOKEN}"}, save: {cart: $.id}, expect: 201}
        - {post: "/cart/{{cart}}/checkout", expect: 2xx}
  checks: [{name: web-1, http: "%[1]s/health", every: 100ms}]
production:
  checks: [{name: web-1, http: "%[2]s/health", every: 100ms, headers: {X-Token: "${TOKEN}"}}]
`, staging.URL, production.URL)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "out")
	cmd := command(t, "run", "-c", config, "--headless", "--baseline", "1s", "--for", "5s", "--dial", "1s=3,2s=9", "--note", "3s=? is ${TOKEN} read", "--out", dir, "--events", "-")
	cmd.Env = append(cmd.Env, "TOKEN="+token)
	p := start(t, cmd)
	p.exits(0)

	j := readJournal(t, dir)
	j.ended(t, "plan")
	if got := j[0].text("charter"); got != "Explore checkout with few users to discover how it answers" {
		t.Errorf("charter %q", got)
	}
	if r := j.of("refused"); len(r) != 1 || !strings.Contains(r[0].text("why"), "the cap is 3 users") {
		t.Errorf("refusals: %v", r)
	}
	if ticks := j.of("load.tick"); ticks.sum("errors") != 0 || ticks.sum("requests") == 0 {
		t.Errorf("%d requests, %d errors", ticks.sum("requests"), ticks.sum("errors"))
	}

	load, paid := map[string]int{}, map[string]int{}
	for _, r := range staging.requests() {
		agent := r.Header.Get("User-Agent")
		if strings.HasPrefix(agent, "crosstalk-check/") {
			if r.Method != http.MethodGet || r.Path != "/health" || r.Header.Get("Authorization") != "" {
				t.Errorf("a check asked %s %s with Authorization %q", r.Method, r.Path, r.Header.Get("Authorization"))
			}
			load["check"]++
			continue
		}
		if !strings.HasPrefix(agent, "crosstalk/") {
			t.Errorf("a request of %q", agent)
		}
		if got := r.Header.Get("Authorization"); got != "Bearer "+token {
			t.Errorf("Authorization %q", got)
		}
		what := r.Method + " " + r.Path
		if cart, ok := strings.CutPrefix(what, "POST /cart/c-"); ok {
			cart, ok = strings.CutSuffix(cart, "/checkout")
			if paid[cart]++; !ok || paid[cart] > 1 {
				t.Errorf("checkout %d of %s", paid[cart], what)
			}
			what = "POST checkout"
		}
		if what == "POST /cart" {
			var body map[string]string
			if err := json.Unmarshal([]byte(r.Body), &body); err != nil || body["sku"] != "tea" || body["note"] != "for "+token || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("the cart's body is %q of %q", r.Body, r.Header.Get("Content-Type"))
			}
		}
		load[what]++
	}
	// A stop comes in the middle of journeys: each user may be between two steps, and so is the
	// one of the rehearsal.
	if load["check"] == 0 || load["GET /products"] == 0 || load["POST checkout"] == 0 || len(load) != 4 ||
		load["GET /products"] > load["POST /cart"]+4 || load["POST /cart"] > load["POST checkout"]+4 {
		t.Errorf("staging was asked %v", load)
	}
	if len(paid) > int(carts.Load()) {
		t.Errorf("%d carts of %d were paid", len(paid), carts.Load())
	}
	for _, r := range production.requests() {
		if r.Method != http.MethodGet || r.Path != "/health" || !strings.HasPrefix(r.Header.Get("User-Agent"), "crosstalk-check/") || r.Header.Get("X-Token") != token || r.Header.Get("Authorization") != "" {
			t.Errorf("production was asked %+v", r)
		}
	}
	if len(production.requests()) == 0 {
		t.Error("production was not watched")
	}

	run(t, "report", dir, "--format", "md,json,csv").exits(0)
	secrets := map[string]string{"stdout": p.out.text(), "stderr": p.err.text()}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		secrets[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range secrets {
		if strings.Contains(text, token) {
			t.Errorf("the secret stands in %s", where)
		}
	}
}

// Production that refuses connections is red: the load is cut at once.
func TestProductionRefuses(t *testing.T) {
	t.Parallel()
	const watch = "http://127.0.0.1:1/health" // nobody listens there, and no other test's server will
	// The second is so often looked at that it is red while the cut is still rehearsed.
	for _, every := range []string{"250ms", "20ms"} {
		t.Run("every "+every, func(t *testing.T) {
			t.Parallel()
			args, dir := onSites(t, "--for", "3s", "--dial", "0s=3,2s=4", "--watch-every", every)
			setFlag(args, "--watch", watch)
			run(t, args...).exits(3)
			j := readJournal(t, dir)
			j.ended(t, "plan")
			cuts := j.cuts("red")
			if len(cuts) != 1 || !strings.Contains(cuts[0].text("why"), "refused") {
				t.Fatalf("cuts: %v", cuts)
			}
			if stops := j.of("load.stop"); len(stops) != 2 || stops[0].text("reason") != "guard" || stops[1].text("reason") != "plan" {
				t.Errorf("stops: %v", stops)
			}
			if r := j.of("refused"); len(r) == 0 || !strings.Contains(r[0].text("why"), "cut") {
				t.Errorf("refusals after the cut: %v", r)
			}
			if n := j[cuts[0].Seq:].of("load.tick").where(func(e event) bool { return e.num("running") > 0 }); len(n) > 0 {
				t.Errorf("load after the cut: %v", n[0].Body)
			}
		})
	}
}

// Production that can't be seen is not red: load waits, and then it is let go.
func TestProductionOutOfSight(t *testing.T) {
	t.Parallel()
	args, dir := onSites(t, "--dial", "0s=2")
	setFlag(args, "--watch", "http://nowhere.invalid/health")
	p := start(t, command(t, args...))
	p.await("the cut", func(e event) bool { return e.Type == "load.stop" })
	p.signal(syscall.SIGTERM)
	p.exits(4)
	j := readJournal(t, dir)
	j.ended(t, "signal")
	if cuts := j.cuts(""); len(cuts) != 1 || cuts[0].text("cause") != "no sight" {
		t.Errorf("cuts: %v", cuts)
	}
	if to := j.of("guard.state").texts("to"); strings.Join(to, " ") != "hold ease cut" {
		t.Errorf("the guard went to %v", to)
	}
	if stops := j.of("load.stop"); stops[0].text("reason") != "guard" || stops[0].By != "guard" {
		t.Errorf("stops: %v", stops)
	}
}
