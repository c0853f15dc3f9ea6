package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recordedSession is a copy of a session that the program recorded.
func recordedSession(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	b, err := os.ReadFile(filepath.Join("session", "report", "testdata", "recorded", "events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "events.jsonl"), b, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestBug(t *testing.T) {
	dir := recordedSession(t)
	out, said := mustRun(t, 0, "bug", "n4", dir, "--github", "owner/name")
	if !strings.HasPrefix(out, "> duplicate order when POST /checkout times out") || !strings.Contains(out, "| Production p95 |") || !strings.Contains(out, "crosstalk demo --linked=true") {
		t.Errorf("body:\n%s", out)
	}
	for _, want := range []string{"Title: duplicate order", "https://github.com/owner/name/issues/new?body=", "Filed already: SHOP-4711", "--key KEY"} {
		if !strings.Contains(said, want) {
			t.Errorf("says no %q:\n%s", want, said)
		}
	}
	out, _ = mustRun(t, 0, "bug", "n4", dir, "--markup", "wiki")
	if !strings.Contains(out, "||") || strings.Contains(out, "| --- |") {
		t.Errorf("wiki:\n%s", out)
	}
	mustRun(t, 0, "bug", "n9", dir, "--key", "https://github.com/owner/name/issues/12", "--as", "jo")
	if _, said = mustRun(t, 0, "bug", "n9", dir); !strings.Contains(said, "Filed already: #12") {
		t.Errorf("the key is lost:\n%s", said)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no such note":          {[]string{"bug", "n999", dir}, "has no note n999: its bugs are n4 and n9"},
		"no session":            {[]string{"bug", "n4", t.TempDir()}, "holds no session"},
		"two words":             {[]string{"bug", "n4", dir, "--key", "two words"}, "a key is one word"},
		"no repository":         {[]string{"bug", "n4", dir, "--github", "owner"}, "is not a repository"},
		"unknown markup":        {[]string{"bug", "n4", dir, "--markup", "pdf"}, "md and wiki"},
		"unknown profile":       {[]string{"report", dir, "--redact", "faces"}, "names, hosts, tags, all or none"},
		"a span behind the end": {[]string{"report", dir, "--format", "timeline", "--from", "90m"}, "--from: the span lies outside the session: it is "},
		"unknown format":        {[]string{"report", dir, "--format", "pdf"}, "there are md, html, json, csv, timeline, ses, wiki, chat, share"},
	} {
		if _, said := mustRun(t, 2, c.args...); !strings.Contains(said, c.want) {
			t.Errorf("%s: %s", name, said)
		}
	}
}

// mustRun runs the program and returns what it printed, for data and for people.
func mustRun(t *testing.T, code int, args ...string) (out, said string) {
	t.Helper()
	p := run(t, args...)
	p.exits(code)
	return p.out.text(), p.err.text()
}
