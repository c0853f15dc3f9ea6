package main

import (
	"compress/gzip"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// noted is the folder of a short session with one note.
func noted(t *testing.T, who, note string) string {
	t.Helper()
	args, dir := onSites(t, "--for", "2s", "--as", who, "--note", "1s="+note)
	run(t, args...).exits(0)
	return dir
}

// holders are the files of a folder that hold a text in any case.
func holders(t *testing.T, dir, text string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(strings.ToLower(string(b)), strings.ToLower(text)) {
			out = append(out, d.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The tag that a note made of the text goes with it, from the journal and from
// the exports.
func TestRedactTakesTheTag(t *testing.T) {
	t.Parallel()
	dir := noted(t, "jo", "! token #Hunter2 leaked")
	run(t, "report", dir, "--format", "md,json,csv").exits(0)
	if before := holders(t, dir, `"hunter2"`); len(before) < 2 {
		t.Fatalf("the tag stands in %v alone", before)
	}
	p := run(t, "redact", dir, "--text", "Hunter2", "--yes", "REDACT")
	p.exits(0)
	if left := holders(t, dir, "hunter2"); len(left) > 0 {
		t.Errorf("it stands in %v", left)
	}
	if out := p.out.text(); !strings.Contains(out, "nowhere in this folder any more that this program can see.\n") {
		t.Errorf("it says %s", out)
	}
}

// A name that the program's own words hold, too, can be taken out: what is left
// then is named, and no failure.
func TestRedactAPartOfTheProgramsWords(t *testing.T) {
	t.Parallel()
	dir := noted(t, "mel", "? why does Mel see it twice")
	run(t, "report", dir, "--format", "md,json").exits(0)
	draft := filepath.Join(dir, "drafts", "mel.json")
	if err := os.MkdirAll(filepath.Dir(draft), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(draft, []byte(`{"v":1,"by":"mel"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, again := range []bool{false, true} {
		p := run(t, "redact", dir, "--text", "mel", "--yes", "REDACT", "--as", "jo")
		p.exits(0)
		if e := p.err.text(); !strings.Contains(e, "report.md holds the same letters in ") {
			t.Errorf("again %v: %s", again, e)
		}
		if out := p.out.text(); !strings.Contains(out, "but for words of the exports' own format") || again == strings.Contains(out, "offered to nobody") {
			t.Errorf("again %v: %s", again, out)
		}
		for _, name := range holders(t, dir, "mel") {
			if !strings.HasPrefix(name, "report.") && name != "session.json" {
				t.Errorf("again %v: it stands in %s", again, name)
			}
		}
	}
	if md := string(readFile(t, dir, "report.md")); !strings.Contains(md, "Timeline") || strings.Contains(md, "Mel see") {
		t.Errorf("the report: %s", tail(md))
	}
}

// What was not looked into is not called free of the text.
func TestRedactSaysWhatItDidNotSee(t *testing.T) {
	t.Parallel()
	dir := noted(t, "jo", "! token Hunter2 leaked")
	f, err := os.Create(filepath.Join(dir, "a.gz"))
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	if _, err := z.Write([]byte("Hunter2")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/nowhere", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, begin := range []string{"The text stands in", "The text stands nowhere"} {
		p := run(t, "redact", dir, "--text", "Hunter2", "--yes", "REDACT")
		p.exits(0)
		if out := p.out.text(); !strings.HasPrefix(out, begin) || !strings.Contains(out, "that this program can see; not looked into: a.gz, link.\n") {
			t.Errorf("it says %s", out)
		}
	}
	for _, c := range []struct{ command, want string }{{"redact", "base64"}, {"redact", "finds the text in any"}, {"sessions", "exits 0"}} {
		if h := run(t, c.command, "--help"); !strings.Contains(h.out.text(), c.want) {
			t.Errorf("%s --help does not say %q: %s", c.command, c.want, h.out.text())
		}
	}
}
