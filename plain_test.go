//go:build unix

package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A plain session by hand: number, note, ctrl+c, and the way out, without a terminal.
func TestPlainSession(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "session")
	cmd := command(t, "demo", "--plain", "--linked=false", "--baseline", "1s", "--no-guard", "a busy machine is no part of this test", "--as", "mel", "--out", dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, cmd)
	says := func(text string) {
		t.Helper()
		p.until(text, func() bool { return strings.Contains(p.out.text(), text) })
	}
	typed := func(line string) {
		t.Helper()
		if _, err := io.WriteString(in, line+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	says("The usual is known.")
	typed("10")
	says("10 users asked for")
	onDisk(t, dir, "load", func(j journal) bool {
		return len(j.of("load.tick").where(func(e event) bool { return e.num("running") > 0 })) > 0
	})
	typed("! order is doubled")
	onDisk(t, dir, "the note", func(j journal) bool { return len(j.of("note.add")) > 0 })
	p.signal(os.Interrupt)
	says("All load is stopped. ctrl+c again")
	j := onDisk(t, dir, "the stop", stoppedBy("operator"))
	if stop := j.of("load.stop")[0]; stop.By != "mel" || stop.num("running") == 0 {
		t.Errorf("stop: %v", stop)
	}
	typed("q")
	says("What did you learn")
	typed("orders are doubled by a retry")
	p.exits(0)
	j = readJournal(t, dir)
	j.ended(t, "quit")
	if a := j.of("debrief.answer"); len(a) != 1 || a[0].text("text") != "orders are doubled by a retry" {
		t.Errorf("answers: %v", a)
	}
	if len(readFile(t, dir, "report.md")) == 0 {
		t.Error("no report")
	}
}

// A riddle can be solved without a picture, and an express session asks for its
// charter.
func TestPlainMysteryAndExpress(t *testing.T) {
	t.Parallel()
	for _, v := range []struct {
		args  []string
		says  string
		typed []string
		err   string
	}{
		{[]string{"--mystery", "--baseline", "1s"}, "answer linked, or answer not linked,", []string{"answer not linked", "nothing yet"}, "Mystery    "},
		{[]string{"--express"}, "Express: 15 min, 20 users.", []string{"charter Explore search", "q", ""}, "Session "},
	} {
		dir := filepath.Join(t.TempDir(), "session")
		cmd := command(t, append([]string{"demo", "--plain", "--no-guard", "a busy machine is no part of this test", "--as", "mel", "--out", dir}, v.args...)...)
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		p := start(t, cmd)
		p.until(v.says, func() bool { return strings.Contains(p.out.text(), v.says) })
		for _, line := range v.typed {
			if _, err := io.WriteString(in, line+"\n"); err != nil {
				t.Fatal(err)
			}
		}
		p.exits(0)
		readJournal(t, dir).ended(t, "quit")
		if !strings.Contains(p.err.text(), v.err) {
			t.Errorf("%v: it ends with %q", v.args, p.err.text())
		}
	}
}

// A session that ended in order is taken up again without a picture: it begins,
// takes commands, and what was before is in it.
func TestPlainTakesUpAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "session")
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	defer shop.Close()
	const reason = "a busy machine is no part of this test"
	run(t, "run", "--target", shop.URL, "--headless", "--for", "1s", "--baseline", "0s", "--no-guard", reason, "--note", "0s=! order is doubled", "--as", "mel", "--out", dir).exits(0)
	before := len(readJournal(t, dir))
	cmd := command(t, "run", "--resume", dir, "--plain", "--no-guard", reason, "--as", "mel")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, cmd)
	for _, v := range [][2]string{{"Type help for the commands.", "notes"}, {"bug by mel at 00:0", "q"}, {"What did you learn", ""}} {
		p.until(v[0], func() bool { return strings.Contains(p.out.text(), v[0]) })
		if _, err := io.WriteString(in, v[1]+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	p.exits(0)
	if text := p.out.text(); strings.Count(text, "The session has ended") > 1 || !strings.Contains(text, "Taken up again at") {
		t.Errorf("it said:\n%s", text)
	}
	j := readJournal(t, dir)
	if last := j[len(j)-1]; j[before].Type != "session.recovered" || last.Type != "session.end" || last.text("reason") != "quit" {
		t.Errorf("it was taken up by %s, and ended by %s %v", j[before].Type, last.Type, last.Body)
	}
}
