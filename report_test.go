package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A report written elsewhere says where the attachments are that it links to.
func TestReportElsewhereTellsOfAttachments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b, err := os.ReadFile(filepath.Join("session", "report", "testdata", "recorded", "events.jsonl"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "events.jsonl"), b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	says := func(want bool, args ...string) {
		t.Helper()
		p := run(t, append([]string{"report", dir, "--format", "csv"}, args...)...)
		p.exits(0)
		if strings.Contains(p.err.text(), "Attachments stay in "+filepath.Join(dir, "attachments")) != want || strings.Contains(p.out.text(), "Attachments stay") {
			t.Errorf("%v: %s", args, p.err.text())
		}
	}
	out := t.TempDir()
	says(false, "--out", out) // it has none
	if err := os.MkdirAll(filepath.Join(dir, "attachments"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "attachments", "n1-shot.png"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	says(true, "--out", out)
	says(false)
	says(false, "--out", dir+"/")
}
