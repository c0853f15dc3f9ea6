package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A session that watches nothing of production says so, at its start and in its
// report.
func TestUnguardedSaysSo(t *testing.T) {
	t.Parallel()
	staging := newSite(t, func(http.ResponseWriter, *http.Request) {})
	dir := filepath.Join(t.TempDir(), "out")
	p := start(t, command(t, "run", "--headless", "--target", staging.URL, "--baseline", "0", "--for", "1s", "--dial", "0s=1", "--out", dir))
	p.exits(0)
	if said := p.err.text(); !strings.HasPrefix(said, "crosstalk: unguarded: nothing of production is watched") {
		t.Errorf("at the start:\n%s", said)
	}
	text, err := os.ReadFile(filepath.Join(dir, "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	if s := string(text); !strings.Contains(s, "Unguarded: nothing of production was watched, at most 5 users.") || strings.Contains(s, "The guard was on") {
		t.Errorf("the report does not say that nothing was watched:\n%s", s)
	}
}
