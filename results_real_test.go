//go:build real

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The real vegeta, at the version that .ci/tool pins, reads what we write.
func TestVegetaReadsTheResults(t *testing.T) {
	t.Parallel()
	built, err := exec.Command(".ci/tool", "vegeta").Output()
	if err != nil {
		t.Fatalf("build vegeta: %v", err)
	}
	vegeta := strings.TrimSpace(string(built))
	p, _, file := loadedWithResults(t)
	p.exits(0)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Count(string(raw), "\n")
	tell := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(vegeta, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("vegeta %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	var m struct {
		Requests int            `json:"requests"`
		Codes    map[string]int `json:"status_codes"`
		Errors   []string       `json:"errors"`
	}
	if err := json.Unmarshal([]byte(tell("report", "--type", "json", file)), &m); err != nil {
		t.Fatal(err)
	}
	if m.Requests != lines || m.Codes["503"] == 0 || len(m.Errors) != 2 {
		t.Errorf("report: %+v, %d lines", m, lines)
	}
	csv := filepath.Join(t.TempDir(), "results.csv")
	tell("encode", "--to", "csv", "--output", csv, file)
	if b, err := os.ReadFile(csv); err != nil || strings.Count(string(b), "\n") != lines {
		t.Errorf("encode: %d lines of %d, %v", strings.Count(string(b), "\n"), lines, err)
	}
	if html := tell("plot", file); !strings.Contains(html, "<html") || strings.Contains(html, "non monotonically") {
		t.Errorf("plot: %s", html[:min(len(html), 300)])
	}
}
