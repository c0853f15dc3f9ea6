package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"crosstalk/lab"
	"crosstalk/monitors/identity"
)

// A data source need not stand on the command line, where every user of the machine
// can read it: a variable or a file says the same.
func TestDataSourcesStayOffTheCommandLine(t *testing.T) {
	shop := startLab(t, lab.Options{Linked: true})
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return "@" + path
	}
	t.Setenv("CROSSTALK_TEST_DSN", shop.Staging.DSN)
	code, r, said := checkLab(t, checkFlags{stagingDSN: "env:CROSSTALK_TEST_DSN", prodDSN: file("production", shop.Production.DSN+"\n")})
	if code != exitLinked || r.Verdict != "SAME INSTANCE" {
		t.Errorf("exit %d, %+v\n%s", code, r, said)
	}
	for value, want := range map[string]string{
		"env:CROSSTALK_TEST_NONE":                          "--staging-dsn env:NAME: the variable that it names is empty or not set",
		"@" + filepath.Join(dir, "none"):                   "--staging-dsn @FILE: ",
		"@postgres://u:s3cret@h/db":                        "--staging-dsn @FILE: no such file or directory: write @ and the path",
		"@u:s3cret@tcp(h:3306)/db":                         "a data source itself goes without the @",
		"@" + dir:                                          "--staging-dsn @FILE: read it: is a directory",
		file("empty", "\n"):                                "does not hold one data source alone",
		file("two", "redis://s3cret\nredis://b"):           "does not hold one data source alone",
		file("long", strings.Repeat("s3cret", longestDSN)): "does not hold one data source alone",
	} {
		dsn := value
		err := dsnFrom("--staging-dsn", &dsn)
		if err == nil || dsn != value || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %q, %v", value, dsn, err)
		}
	}
}

// A hint is for people to look at: each is printed, the weak ones too, and once.
func TestEveryHintIsTold(t *testing.T) {
	var out bytes.Buffer
	tellHints(&out, []identity.Finding{
		{Hint: true, Verdict: identity.SharedNeighbour, Evidence: "both lead to 192.0.2.1"}, {Hint: true, Evidence: "both carry Server nginx"},
		{Hint: true, Evidence: "both carry Server nginx"}, {Hint: true, Evidence: "No hints from production: it did not answer."},
	})
	if got, want := out.String(), "crosstalk: both lead to 192.0.2.1\ncrosstalk: both carry Server nginx\ncrosstalk: No hints from production: it did not answer.\n"; got != want {
		t.Errorf("%q", got)
	}
}
