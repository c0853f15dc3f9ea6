//go:build real && unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// knockers are people with keys of OpenSSH's own making: jon navigates, ann
// watches, and eve's key is in no file.
type knockers struct {
	t     *testing.T
	dir   string
	allow string
	port  string
}

func newKnockers(t *testing.T) *knockers {
	t.Helper()
	k := &knockers{t: t, dir: t.TempDir()}
	k.allow = filepath.Join(k.dir, "team.keys")
	var allow bytes.Buffer
	for _, name := range []string{"jon", "ann", "eve"} {
		path := filepath.Join(k.dir, name)
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path).CombinedOutput(); err != nil {
			t.Fatalf("make a key with OpenSSH: %v\n%s", err, out)
		}
		line, err := os.ReadFile(path + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		switch name {
		case "jon":
			allow.WriteString(`role="navigator" ` + string(line))
		case "ann":
			allow.Write(line)
		}
	}
	if err := os.WriteFile(k.allow, allow.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return k
}

// options are what keeps a client to this test's files.
func (k *knockers) options(key string) []string {
	return []string{"-F", "/dev/null", "-i", filepath.Join(k.dir, key), "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none",
		"-o", "StrictHostKeyChecking=accept-new", "-o", "UserKnownHostsFile=" + filepath.Join(k.dir, "known"), "-o", "LogLevel=ERROR"}
}

// line is what somebody types to look on.
func (k *knockers) line(name string, environ ...string) []string {
	return append(append(append([]string{"env"}, environ...), "ssh"), append(k.options(name), "-o", "SendEnv=COLORTERM", "-p", k.port, name+"@127.0.0.1")...)
}

// refused runs a client without a terminal and checks that it gets nowhere.
func (k *knockers) refused(what, key string, args ...string) {
	k.t.Helper()
	program, port := "ssh", "-p"
	if what == "SFTP" {
		program, port = "sftp", "-P"
	}
	cmd := exec.CommandContext(k.t.Context(), program, append(append(k.options(key), "-o", "BatchMode=yes", port, k.port), args...)...)
	out, err := cmd.CombinedOutput()
	if err == nil {
		k.t.Errorf("%s: it worked: %s", what, out)
	}
	if strings.Contains(string(out), "uid=") || strings.Contains(string(out), "STAGING") {
		k.t.Errorf("%s: it came in: %s", what, out)
	}
}

// A pair with OpenSSH's client, each in a terminal of the own: who is refused,
// who comes in, the dial's way to and fro, both typing at once, the stop of one
// who watches, a lost connection, and what is left of it all in the record.
func TestPairByOpenSSH(t *testing.T) {
	t.Parallel()
	terms, people := newTmux(t), newKnockers(t)
	dir := filepath.Join(t.TempDir(), "session")
	mel := terms.open("mel", 120, 36, "env", "XDG_DATA_HOME="+t.TempDir(), "COLORTERM=truecolor", program, "demo", "--linked=false", "--baseline", "1s",
		"--no-guard", "a busy machine is no part of this test", "--as", "mel", "--out", dir, "--share", "127.0.0.1:0", "--allow", people.allow)
	mel.shows("STAGING", "driver mel")
	mel.press("s")
	card := mel.shows("THE DOOR is open", "ssh -N -R ")
	line := regexp.MustCompile(`ssh -p (\d+) YOUR-NAME@127\.0\.0\.1`).FindStringSubmatch(card)
	if line == nil {
		t.Fatalf("the card has no line for a guest:\n%s", card)
	}
	people.port = line[1]
	mel.press("Escape")

	at := "jon@127.0.0.1"
	people.refused("no key", "jon", "-o", "PubkeyAuthentication=no", at)
	people.refused("another key", "eve", at)
	people.refused("a password", "jon", "-o", "PreferredAuthentications=password,keyboard-interactive", at)
	people.refused("a command", "jon", at, "id")
	people.refused("no terminal", "jon", "-T", at)
	people.refused("a way out", "jon", "-W", "127.0.0.1:"+people.port, at)
	people.refused("a way back", "jon", "-N", "-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:"+people.port, at)
	people.refused("SFTP", "jon", at)
	if screen := mel.text(); strings.Contains(screen, "wants to look on") {
		t.Errorf("the host is asked about one of them:\n%s", screen)
	}

	jon := terms.open("jon", 200, 60, people.line("jon", "TERM=xterm-256color", "COLORTERM=truecolor")...)
	mel.answers("jon wants to look on as navigator", "y")
	ann := terms.open("ann", 80, 24, people.line("ann", "TERM=xterm")...)
	mel.answers("ann wants to look on as observer", "y")
	jon.shows("you are jon, navigator", "STAGING", "PRODUCTION")
	ann.shows("you watch", "STAGING")
	mel.shows("driver mel +2")
	if all := jon.drawn(); !strings.Contains(all, "38;2;") {
		t.Error("a terminal with all colours gets fewer")
	}
	if few := ann.drawn(); strings.Contains(few, "38;2;") || strings.Contains(few, "38;5;") {
		t.Error("a terminal of sixteen colours gets more")
	}

	// The dial goes to jon, who turns it.
	onDisk(t, dir, "the quiet phase's end", func(j journal) bool { return len(j.of("baseline.end")) > 0 })
	mel.press("s", "Down", "o", "Escape")
	jon.answers("mel offers you the dial", "y")
	mel.shows("driver jon +2", "you are mel")
	ann.shows("driver jon")
	jon.press("Up")
	onDisk(t, dir, "load by jon", func(j journal) bool {
		return len(j.of("dial.set").where(func(e event) bool { return e.By == "jon" })) > 0 &&
			len(j.of("load.tick").where(loaded)) > 0
	})

	// Both type at once.
	mel.types("n")
	jon.types("n")
	mel.types("? whose retry")
	jon.types("! slow check")
	mel.shows("jon is typing (bug)")
	jon.shows("mel is typing (question)")
	ann.shows("is typing")
	mel.types(" is it")
	jon.types("out")
	mel.press("Enter")
	jon.press("Enter")
	j := onDisk(t, dir, "both notes", func(j journal) bool {
		by := func(who string) bool {
			return len(j.of("note.add").where(func(e event) bool { return e.By == who })) > 0
		}
		return by("mel") && by("jon")
	})
	noted := map[string]string{}
	for _, e := range j.of("note.add") {
		noted[e.By] = e.text("kind") + ": " + e.text("text")
	}
	if noted["mel"] != "question: whose retry is it" || noted["jon"] != "bug: slow checkout" {
		t.Errorf("noted: %v", noted)
	}

	// jon's connection is lost: the users are held, and mel takes the dial.
	terms.do("kill-session", "-t", "jon")
	onDisk(t, dir, "the hold", func(j journal) bool {
		return len(j.of("dial.hold").where(func(e event) bool { return e.By == "session" })) > 0
	})
	mel.shows("jon, who holds the dial, is not here any more")
	mel.press("T")
	mel.shows("driver mel +1")

	// Who only watches stops all load, and leaves.
	ann.press("C-x")
	j = onDisk(t, dir, "the stop", stoppedBy("operator"))
	if by := j.of("load.stop")[len(j.of("load.stop"))-1].By; by != "ann" {
		t.Errorf("the stop is %s's", by)
	}
	ann.press("q")
	if code := ann.ends(); code != "0" {
		t.Errorf("ann's client ended with %s", code)
	}
	mel.eventually("mel alone", func(screen string) bool {
		return strings.Contains(screen, "driver mel") && !strings.Contains(screen, "driver mel +")
	})

	mel.press("q")
	mel.shows("What did you learn")
	mel.press("Enter")
	if code := mel.ends(); code != "0" {
		t.Errorf("mel's program ended with %s", code)
	}
	j = readJournal(t, dir)
	j.ended(t, "quit")
	if n := len(j.of("viewer.join")); n != 2 {
		t.Errorf("%d came in", n)
	}
	if refused := j.of("refused").where(func(e event) bool { return e.text("cmd") == "join" }); len(refused) == 0 {
		t.Error("no refusal is written down")
	}
	run(t, "report", dir, "--format", "ses,md,timeline").exits(0)
	var sheets []byte
	for _, name := range globbed(t, dir, "*.ses") {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sheets = append(sheets, b...)
	}
	for _, want := range []string{"mel", "jon"} {
		if !bytes.Contains(sheets, []byte(want)) {
			t.Errorf("the session sheet does not name %s:\n%s", want, sheets)
		}
	}
	if md := readFile(t, dir, "report.md"); !bytes.Contains(md, []byte("jon")) || !bytes.Contains(md, []byte("driver")) {
		t.Error("the report does not say who did what")
	}
}

func globbed(t *testing.T, dir, pattern string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(all) == 0 {
		t.Fatalf("no %s in %s: %v", pattern, dir, err)
	}
	return all
}
