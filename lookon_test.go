//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A second process on a session that is being written opens it read-only, at its
// newest moment, and says so; no key of its reaches the session. Without a screen
// it is refused.
func TestSecondProcessLooksOn(t *testing.T) {
	t.Parallel()
	args, dir := onSites(t, "--dial", "0s=3", "--note", "1s=! lost order")
	p := start(t, command(t, args...))
	p.await("the note", func(e event) bool { return e.Type == "note.add" && e.text("text") == "lost order" })
	for _, second := range [][]string{{"run", "--resume", dir}, {"run", "--target", "http://127.0.0.1:1/", "--out", dir}} {
		s := onTerminal(t, command(t, second...))
		s.shows("read-only ● following", "another process writes this session: you look on, read-only", "lost order")
		s.press(keyCtrlX)
		s.press("n")
		s.press("!twice\r")
		s.press("q")
		s.exits(0)
		s.shows("Take it up when it has ended")
		refused := run(t, append(second, "--headless", "--for", "1s")...)
		refused.exits(exitUsage)
		if said := refused.err.text(); !strings.Contains(said, "another process writes it") || !strings.Contains(said, "crosstalk replay "+dir+" --at end") {
			t.Errorf("%v --headless: %s", second, said)
		}
	}
	p.signal(os.Interrupt)
	p.exits(130)
	j := readJournal(t, dir)
	j.ended(t, "signal")
	for _, e := range j.of("note.add") {
		if e.text("text") == "twice" {
			t.Error("the second process wrote a note")
		}
	}
	if stops := j.of("load.stop"); len(stops) != 1 || stops[0].text("reason") != "quit" {
		t.Errorf("stops: %v", stops)
	}
	if _, err := os.Stat(filepath.Join(dir, "events.jsonl.torn")); err == nil {
		t.Error("the second process set lines aside")
	}
}

// What ran on the embedded shop is repeated, and taken up, by run as by demo: the
// shop is started for it. A configuration that is given takes its moves elsewhere.
func TestRunLikeDemo(t *testing.T) {
	t.Parallel()
	first := filepath.Join(t.TempDir(), "first")
	run(t, "demo", "--linked=false", "--headless", "--no-guard", "a busy machine is no part of this test", "--baseline", "1s", "--for", "3s", "--dial", "1s=2", "--note", "2s=! lost order", "--out", first).exits(0)
	again := filepath.Join(t.TempDir(), "again")
	p := run(t, "run", "--like", first, "--headless", "--no-guard", "as before", "--out", again)
	p.exits(0)
	j := readJournal(t, again)
	if begin := j[0]; begin.text("demo") != "unlinked" || j.of("load.tick").sum("requests") == 0 {
		t.Errorf("it did not run on the shop: %v", begin.Body)
	}
	if set := j.of("dial.set"); len(set) == 0 || set[0].num("to") != 2 {
		t.Errorf("moves: %v", set)
	}
	p = run(t, "run", "--resume", again, "--headless", "--no-guard", "as before", "--baseline", "0", "--for", "1s")
	p.exits(0)
	if n := len(readJournal(t, again).of("session.recovered")); n != 1 {
		t.Errorf("taken up %d times", n)
	}
	elsewhere, dir := onSites(t, "--like", first, "--for", "3s")
	setFlag(elsewhere, "--baseline", "1s")
	p = run(t, elsewhere...)
	p.exits(0)
	j = readJournal(t, dir)
	if begin := j[0]; begin.text("demo") != "" || j.of("load.tick").sum("requests") == 0 || len(j.of("dial.set")) == 0 {
		t.Errorf("the moves were not made elsewhere: %v", begin.Body)
	}
}
