package main

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// zeros is so many bytes from nowhere.
func zeros(n int64) io.Reader { return io.LimitReader(nothing{}, n) }

type nothing struct{}

func (nothing) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// A note with attachments, given from another terminal: a pipe, a file and the
// last seconds of samples; and what is refused leaves nothing behind.
func TestNoteFromOutsideWithAttachments(t *testing.T) {
	t.Parallel()
	args, dir := onSites(t, "--dial", "0s=3")
	p := start(t, command(t, args...))
	p.await("load", loaded)

	shot := filepath.Join(t.TempDir(), "the basket.png")
	if err := os.WriteFile(shot, []byte("\x89PNG\r\n\x1a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	log := "panic: no stock\n"
	give := func(stdin io.Reader, args ...string) *process {
		t.Helper()
		cmd := command(t, append([]string{"note", "--dir", dir, "--as", "dana"}, args...)...)
		cmd.Stdin = stdin
		n := start(t, cmd)
		n.wait()
		return n
	}
	n := give(strings.NewReader(log), "see the log", "--kind", "bug", "--attach", "-", "--name", "shop.log", "--attach", shot, "--samples", "60s")
	n.exits(0)
	for _, say := range []string{"n1 bug saved", "shop.log (16 bytes) is attached to n1", "the basket.png (8 bytes) is attached to n1", ".csv ("} {
		if !strings.Contains(n.out.text(), say) {
			t.Errorf("does not say %q: %s", say, n.out.text())
		}
	}

	for what, c := range map[string]struct {
		stdin io.Reader
		args  []string
		say   string
	}{
		"too much":       {zeros(50<<20 + 1), []string{"x", "--attach", "-"}, "larger than 50 MB"},
		"nothing":        {strings.NewReader(""), []string{"x", "--attach", "-"}, "is empty"},
		"no such file":   {nil, []string{"x", "--attach", shot + "x"}, "no such file"},
		"a folder":       {nil, []string{"x", "--attach", filepath.Dir(shot)}, "it is a folder"},
		"one of two":     {strings.NewReader("x"), []string{"x", "--attach", "-", "--attach", shot + "x"}, "no such file"},
		"stdin twice":    {strings.NewReader("x"), []string{"x", "--attach", "-", "--attach", "-"}, "given twice"},
		"no kind":        {nil, []string{"x", "--kind", "poem", "--attach", shot}, "poem"},
		"a name of none": {nil, []string{"x", "--name", "a"}, "goes with --attach -"},
		"too long ago":   {nil, []string{"x", "--samples", "1h"}, "15m"},
	} {
		n := give(c.stdin, c.args...)
		n.exits(2)
		if !strings.Contains(n.err.text(), c.say) {
			t.Errorf("%s: %s", what, n.err.text())
		}
	}
	none := run(t, "note", "x", "--dir", t.TempDir(), "--attach", shot)
	none.exits(2)

	j := onDisk(t, dir, "the attachments", func(j journal) bool { return len(j.of("attach.add")) == 3 })
	if added := j.of("note.add").where(func(e event) bool { return e.By == "dana" }); len(added) != 1 || added[0].text("kind") != "bug" {
		t.Errorf("notes: %v", added)
	}
	for i, want := range []struct{ file, from, media string }{
		{"n1-shop.log", "stdin", "text/plain"}, {"n1-the-basket.png", "file", "image/png"}, {"", "samples", "text/csv"},
	} {
		a := j.of("attach.add")[i]
		if a.By != "dana" || a.text("note") != "n1" || a.text("from") != want.from || a.text("media") != want.media || want.file != "" && a.text("file") != want.file {
			t.Errorf("attachment %d: %v", i, a.Body)
		}
		b := readFile(t, dir, filepath.Join("attachments", a.text("file")))
		if sum := sha256.Sum256(b); a.text("sha256") != hex.EncodeToString(sum[:]) || int(a.num("size")) != len(b) {
			t.Errorf("attachment %d is not what the journal says: %v", i, a.Body)
		}
	}
	if got := string(readFile(t, dir, filepath.Join("attachments", "n1-shop.log"))); got != log {
		t.Errorf("kept %q", got)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "attachments"))
	if err != nil || len(entries) != 3 {
		t.Errorf("attachments holds %v, %v", entries, err)
	}
	stop := run(t, "stop", dir, "--as", "dana")
	stop.exits(0)
	run(t, "report", dir, "--format", "md,json").exits(0)
	for name, say := range map[string]string{"report.md": "[shop.log](attachments/n1-shop.log)", "session.json": `"from":"stdin"`} {
		if !strings.Contains(string(readFile(t, dir, name)), say) {
			t.Errorf("%s does not tell of the attachment", name)
		}
	}
}

func TestShield(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want []string }{
		{[]string{"note", "-5m it was slow"}, []string{"note", " -5m it was slow"}},
		{[]string{"note", "--kind", "bug", "-2m x"}, []string{"note", "--kind", "bug", " -2m x"}},
		{[]string{"note", "--", "-5m x"}, []string{"note", "--", "-5m x"}},
		{[]string{"note", "-h"}, []string{"note", "-h"}},
		{[]string{"demo", "-5"}, []string{"demo", "-5"}},
		{nil, []string{}},
	} {
		if got := shield(c.in); !slices.Equal(got, c.want) {
			t.Errorf("%q becomes %q, want %q", c.in, got, c.want)
		}
	}
}
