package main

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// everySecretPlace has a variable of its own in the places that a session on a
// shop has none in. What nobody can reach is asked for by a name that does not
// exist, on ports that staging does not use, and given up soon.
const everySecretPlace = `staging:
  url: SITE
  hosts: ["${HOST}.invalid:81"]
  served_by: X-Served-By
  data: "${DATA}.csv"
  ca: "${CERTS}/ca.pem"
  cert: "${CERTS}/client.pem"
  key: "${CERTS}/client.key"
  headers: {X-Away: "${AWAY}"}
  journeys:
    - name: j
      think: 1ms..5ms
      steps:
        - {post: "/in?user={{user}}", file: "${FILE}.xml"}
        - {get: /away}
  checks:
    - {name: good, http: "SITE/health", every: 200ms, expect: {contains: "${BODY}", header: {X-Good: "${GOOD}"}}}
    - {name: bad text, http: "SITE/health", every: 200ms, expect: {contains: "${TEXT}"}}
    - {name: bad header, http: "SITE/health", every: 200ms, expect: {header: {X-Good: "${HEADER}"}}}
    - {name: led away, http: "SITE/away", every: 200ms}
    - {name: page, metrics: "SITE/metrics", every: 200ms, series: "${SERIES}"}
    - {name: numbers, prometheus: "SITE", every: 200ms, query: "rate(${QUERY})"}
    - {name: board, grafana: "SITE", every: 200ms, query: "${BOARD}", datasource: "${SOURCE}", token: "${TOKEN}"}
    - {name: far page, metrics: "http://${METRICS}.invalid:82/", every: 200ms, timeout: 300ms, series: up}
    - {name: far numbers, prometheus: "http://${PROMETHEUS}.invalid:82/", every: 200ms, timeout: 300ms, query: up}
    - {name: far board, grafana: "http://${GRAFANA}.invalid:82/", every: 200ms, timeout: 300ms, query: up, datasource: a, token: "${TOKEN}"}
    - {name: pg, postgres: "postgres://ann:${PGWORD}@${PGHOST}.invalid/x", every: 200ms, timeout: 300ms}
    - {name: my, mysql: "ann:${MYWORD}@tcp(${MYHOST}.invalid:3306)/x", every: 200ms, timeout: 300ms}
    - {name: red, redis: "redis://:${REDWORD}@${REDHOST}.invalid/0", every: 200ms, timeout: 300ms}
    - {name: port, tcp: "${TCP}.invalid:99", every: 200ms, timeout: 300ms}
    - {name: name, dns: "${DNS}", every: 200ms, timeout: 300ms}
production:
  checks:
    - {name: web, http: "http://${WEB}.invalid:84/health?key=${KEY}", every: 200ms, timeout: 300ms}
    - {name: base, postgres: "${DSN}", every: 200ms, timeout: 300ms}
    - {name: door, tcp: "${DOOR}", every: 200ms, timeout: 300ms}
control:
  checks: [{name: other, http: "http://${CONTROL}.invalid:85/", every: 200ms, timeout: 300ms}]
identity: {staging: "postgres://ann:${IDWORD}@${IDHOST}.invalid:86/x", production: "${IDDSN}"}
`

// Values of variables stand nowhere after a session that had them in its checks,
// hosts, files and data stores, reached or not.
func TestSecretsInEveryPlace(t *testing.T) {
	t.Parallel()
	const away = "zq9-away.invalid"
	value := func(name string) string { return "zq9-" + strings.ToLower(name) }
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Served-By", r.Header.Get("X-Away"))
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, "http://"+away+":87/pay", http.StatusFound)
		case "/health":
			w.Header().Set("X-Good", value("GOOD"))
			fmt.Fprint(w, "fine ", value("BODY"))
		case "/metrics":
			fmt.Fprintln(w, "up 1")
		case "/api/v1/query":
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]string{"status": "error", "errorType": "bad_data", "error": "cannot parse " + r.FormValue("query")})
		case "/api/ds/query":
			body, _ := io.ReadAll(r.Body)
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]string{"message": "cannot parse " + string(body)})
		}
	}))
	t.Cleanup(site.Close)
	folder := t.TempDir()
	certs := filepath.Join(folder, value("CERTS"))
	if err := os.Mkdir(certs, 0o700); err != nil {
		t.Fatal(err)
	}
	certificates(t, certs)
	config := filepath.Join(folder, "crosstalk.yaml")
	for name, text := range map[string]string{"crosstalk.yaml": strings.NewReplacer("SITE", site.URL, "${", "${AT_").Replace(everySecretPlace), value("DATA") + ".csv": "user\nann\n", value("FILE") + ".xml": "<order/>"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	given := map[string]string{"AWAY": away, "CERTS": certs, "SERIES": "zq9_series", "QUERY": "zq9_query[1m]", "DNS": "Zq9-dns.invalid", "DOOR": "zq9-door.invalid:88",
		"DSN": "postgres://ann:zq9-word@zq9-base.invalid:89/x", "IDDSN": "postgres://ann:zq9-word@zq9-iddsn.invalid:90/x"}
	var env []string
	for _, m := range regexp.MustCompile(`\$\{([A-Z]+)\}`).FindAllStringSubmatch(everySecretPlace, -1) {
		v, ok := given[m[1]]
		if !ok {
			v = value(m[1])
		}
		env = append(env, "AT_"+m[1]+"="+v)
	}

	dir, file := filepath.Join(t.TempDir(), "session"), filepath.Join(t.TempDir(), "results.json")
	var written strings.Builder // all that a person, a log or a file gets to see
	for _, args := range [][]string{
		{"run", "-c", config, "--dry"},
		{"try", "-c", config},
		{"run", "-c", config, "--headless", "--baseline", "0", "--glide", "off", "--no-guard", "production is not there", "--dial", "0s=2", "--for", "3s", "--events", "-", "--out", dir, "--results", file},
		{"report", dir, "--format", "html,md,json,csv,ses,timeline"},
		{"replay", dir, "--export", "cast", "--out", filepath.Join(filepath.Dir(file), "session.cast")},
	} {
		cmd := command(t, args...)
		if args[0] == "run" || args[0] == "try" {
			cmd.Env = append(cmd.Env, env...)
		}
		p := start(t, cmd)
		if args[0] == "try" {
			p.exits(1) // one step is led away
		} else {
			p.exits(0)
		}
		written.WriteString(p.out.text() + p.err.text())
	}
	written.WriteString(filesIn(t, dir, filepath.Dir(file)))
	all := written.String()
	for _, at := range regexp.MustCompile(`(?i)zq9[-_]|zq9%`).FindAllStringIndex(all, 10) {
		t.Errorf("a value stands in: …%s…", all[max(0, at[0]-200):min(len(all), at[1]+60)])
	}

	// All of it was asked, and had something to say.
	told, notes := map[string]string{}, ""
	servers := 0.0
	for _, e := range readJournal(t, dir) {
		switch e.Type {
		case "health.tick":
			checks, _ := e.Body["checks"].([]any)
			for _, v := range checks {
				c := event{Body: v.(map[string]any)}
				told[c.text("name")] += c.text("state") + " " + c.text("reason") + "\n"
			}
		case "note.add":
			notes += e.text("text") + "\n"
		case "load.tick":
			servers += e.object("servers").num("***")
		}
	}
	for _, name := range []string{"bad text", "bad header", "led away", "page", "numbers", "board", "far page", "far numbers", "far board", "pg", "my", "red", "port", "name", "web", "base", "door", "other"} {
		if strings.TrimSpace(strings.ReplaceAll(told[name], "green", "")) == "" {
			t.Errorf("nothing was told of %s: %q", name, told[name])
		}
	}
	if !strings.Contains(told["good"], "green") {
		t.Errorf("the check that is good: %q", told["good"])
	}
	for _, name := range []string{"page", "numbers", "board"} {
		if !strings.Contains(told[name], "***") {
			t.Errorf("%s names nothing of what was asked: %q", name, told[name])
		}
	}
	if !strings.Contains(notes, "leads to ***:87, which load may not reach: not followed. To allow it: staging.hosts: [\"***:87\"]") || servers == 0 {
		t.Errorf("%g answers by server, notes\n%s", servers, notes)
	}
}

// filesIn are all files below some folders, each with its name before it.
func filesIn(t *testing.T, roots ...string) string {
	t.Helper()
	var all strings.Builder
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			b, err := os.ReadFile(path)
			all.WriteString("\n" + path + "\n" + string(b))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}
