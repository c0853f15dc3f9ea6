package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// resultLine is one line of --results as it stands there.
type resultLine struct {
	Attack  string `json:"attack"`
	Seq     uint64 `json:"seq"`
	Code    int    `json:"code"`
	Error   string `json:"error"`
	URL     string `json:"url"`
	User    int    `json:"user"`
	Journey string `json:"journey"`
	Step    string `json:"step"`
}

// loadedWithResults runs a session that writes results, with a cut connection,
// a stop under load and a failing step in it.
func loadedWithResults(t *testing.T, more ...string) (p *process, dir, file string) {
	t.Helper()
	slow := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/cart" && r.Header.Get("X-Turn") == "":
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.URL.Path == "/slow":
			<-r.Context().Done() // until the load is stopped
		default:
			_, _ = io.WriteString(w, `{"id":"a/b?c"}`)
		}
	})
	dir = t.TempDir()
	file = filepath.Join(dir, "results.json")
	config := filepath.Join(dir, "crosstalk.yaml")
	text := strings.ReplaceAll(`staging:
  url: URL
  journeys:
    - {name: buy, think: 5ms, steps: [{get: /products, save: {id: $.id}}, {get: "/product/{{id}}?key=${SHOP_KEY}"}, {post: /cart, json: {a: 1}}]}
    - {name: hang, weight: 1, steps: [GET /slow]}
  checks: [{http: "URL/health"}]
`, "URL", slow.URL)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := command(t, append([]string{"run", "-c", config, "--headless", "--baseline", "0", "--glide", "off", "--no-guard", "test", "--dial", "0s=6", "--for", "3s",
		"--out", filepath.Join(dir, "session"), "--results", file}, more...)...)
	cmd.Env = append(cmd.Env, "SHOP_KEY=hunter2-key")
	return start(t, cmd), filepath.Join(dir, "session"), file
}

func TestResultsAreVegetas(t *testing.T) {
	t.Parallel()
	p, dir, file := loadedWithResults(t)
	p.exits(0)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var asked, cancelled float64
	for _, e := range readJournal(t, dir) {
		if e.Type == "load.tick" {
			asked += e.num("requests")
			cancelled += e.num("cancelled")
		}
	}
	seen := map[uint64]bool{}
	kinds := map[string]int{}
	steps := map[string]int{}
	lines := strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
	for _, l := range lines {
		var v resultLine
		if err := json.Unmarshal([]byte(l), &v); err != nil {
			t.Fatalf("%v in %s", err, l)
		}
		if seen[v.Seq] {
			t.Errorf("seq %d comes twice", v.Seq)
		}
		seen[v.Seq] = true
		kinds[v.Error]++
		steps[v.Journey+" "+v.Step]++
		if v.User < 1 || v.User > 200 || v.Attack != "session" {
			t.Errorf("line %s", l)
		}
	}
	for n := range uint64(len(lines)) {
		if !seen[n] {
			t.Fatalf("seq %d of %d is missing", n, len(lines))
		}
	}
	if float64(len(lines)) != asked+cancelled {
		t.Errorf("%d lines; the journal has %g requests and %g cancelled", len(lines), asked, cancelled)
	}
	if kinds["status 503"] == 0 || kinds["cancelled"] == 0 || kinds[""] == 0 || len(steps) != 4 {
		t.Errorf("kinds %v, steps %v", kinds, steps)
	}
	if bytes.Contains(raw, []byte("hunter2-key")) || !bytes.Contains(raw, []byte("/product/{{id}}?key=***")) {
		t.Errorf("urls: %s", lines[1])
	}

	// vegeta's own reader, metrics and plot.
	dec := vegeta.DecoderFor(bytes.NewReader(raw))
	if dec == nil {
		t.Fatal("vegeta does not know the format")
	}
	var m vegeta.Metrics
	sent := make([]time.Time, len(lines))
	n := 0
	for {
		var r vegeta.Result
		if err := dec.Decode(&r); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		n++
		m.Add(&r)
		sent[r.Seq] = r.Timestamp
	}
	m.Close()
	for i := 1; i < n; i++ { // what its plot insists on
		if sent[i].Before(sent[i-1]) {
			t.Errorf("seq %d was sent before %d", i, i-1)
		}
	}
	if n != len(lines) || m.Requests != uint64(n) || m.StatusCodes["503"] != kinds["status 503"] || m.Latencies.Max <= 0 || m.BytesIn.Total == 0 || m.BytesOut.Total == 0 {
		t.Errorf("vegeta reads %d of %d lines: %+v", n, len(lines), m)
	}
	if !strings.Contains(p.err.text(), "Results    "+file) {
		t.Errorf("the summary does not name the results:\n%s", p.err.text())
	}
}

// What is there already is left alone, whatever it is.
func TestResultsNeverOverwrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	there := filepath.Join(dir, "there.json")
	if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, why := range map[string]string{there: "exists already", dir: "is no file", os.DevNull: "is no file", filepath.Join(dir, "no", "such"): "no"} {
		args, _ := onSites(t, "--for", "1s", "--results", path)
		p := run(t, args...)
		p.exits(2)
		if text := p.err.text(); !strings.Contains(text, "--results") || !strings.Contains(text, why) {
			t.Errorf("%s: %s", path, text)
		}
	}
	if b, err := os.ReadFile(there); err != nil || string(b) != "mine" {
		t.Errorf("the file now holds %q, %v", b, err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%s is not what it was: %v", os.DevNull, info.Mode())
	}
}
