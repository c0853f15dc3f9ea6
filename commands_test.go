package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Every command shows how it is used, and what it shows can be typed: the
// command is there, and so is each flag.
func TestEveryCommandHasExamplesThatHold(t *testing.T) {
	t.Parallel()
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			walk(sub)
		}
		if c.Name() == "help" {
			return
		}
		if strings.TrimSpace(c.Example) == "" {
			t.Errorf("%s has no example", c.CommandPath())
		}
		if c.Parent() != nil && !c.Parent().HasParent() && c.GroupID == "" {
			t.Errorf("%s stands in no group of the help", c.CommandPath())
		}
		for line := range strings.Lines(c.Example) {
			_, typed, ok := strings.Cut(line, "crosstalk")
			if !ok || !strings.HasPrefix(c.CommandPath(), "crosstalk") {
				t.Errorf("%s: the example %q runs nothing of ours", c.CommandPath(), line)
				continue
			}
			args := shield(shellWords(typed))
			root := rootCommand() // flags keep what they were given
			found, rest, err := root.Find(args)
			if err != nil || !strings.HasPrefix(found.CommandPath(), c.CommandPath()) {
				t.Errorf("%s: the example %q runs %v, %v", c.CommandPath(), line, found.CommandPath(), err)
				continue
			}
			if err := found.ParseFlags(rest); err != nil && !strings.Contains(err.Error(), "help requested") {
				t.Errorf("%s: the example %q: %v", c.CommandPath(), line, err)
			}
			if err := found.ValidateArgs(found.Flags().Args()); err != nil {
				t.Errorf("%s: the example %q: %v", c.CommandPath(), line, err)
			}
		}
	}
	walk(rootCommand())
}

// shellWords splits a line as a shell does, up to what goes elsewhere.
func shellWords(line string) (out []string) {
	word, open, inside := "", rune(0), false
	flush := func() {
		if inside {
			out = append(out, word)
		}
		word, inside = "", false
	}
	for _, r := range line {
		switch {
		case open != 0 && r == open:
			open = 0
		case open != 0:
			word += string(r)
		case r == '"' || r == '\'':
			open, inside = r, true
		case strings.ContainsRune("|<>)", r):
			flush()
			return out
		case r == ' ' || r == '\n':
			flush()
		default:
			word, inside = word+string(r), true
		}
	}
	flush()
	return out
}

// sessionIn lays a session into a home: as short as one can be.
func sessionIn(t *testing.T, home, name string, lines ...string) string {
	t.Helper()
	dir := filepath.Join(home, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "events.jsonl"), []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

const (
	startLine = `{"v":1,"seq":1,"t":"2026-10-17T15:36:19.880Z","ms":0,"by":"session","type":"session.start","body":{"as":"mel","charter":"explore the shop","demo":"linked"}}`
	endLine   = `{"v":1,"seq":2,"t":"2026-10-17T15:37:19.880Z","ms":60000,"by":"session","type":"session.end","body":{"reason":"quit","seconds":60}}`
)

// What crosstalk alone proposes depends on what is there.
func TestNextSteps(t *testing.T) {
	t.Parallel()
	empty, ended, cut := t.TempDir(), t.TempDir(), t.TempDir()
	of := sessionIn(t, ended, "20261017-153619", startLine, endLine)
	left := sessionIn(t, cut, "20261018-101112", startLine)
	for _, test := range []struct {
		name       string
		home       string
		configured bool
		first      string
		also, not  []string
	}{
		{"never used", empty, false, "crosstalk demo", []string{"crosstalk run --target URL --watch URL"}, []string{"replay", "--resume", "crosstalk check"}},
		{"no home yet", filepath.Join(empty, "none"), false, "crosstalk demo", nil, nil},
		{"with a file", empty, true, "crosstalk try", []string{"crosstalk check", "crosstalk run", "crosstalk demo"}, []string{"--target"}},
		{"after a session", ended, true, "crosstalk try", []string{"crosstalk replay " + of, "crosstalk report " + of}, []string{"--resume", "crosstalk demo"}},
		{"after one that stopped unasked", cut, false, "crosstalk demo --resume " + left, nil, []string{"replay"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var all []string
			for _, s := range nextSteps(test.home, test.configured) {
				all = append(all, s.command)
			}
			text := strings.Join(all, "\n") + "\n"
			if all[0] != test.first {
				t.Errorf("the first is %q, not %q", all[0], test.first)
			}
			for _, want := range test.also {
				if !strings.Contains(text, want+"\n") {
					t.Errorf("%q is not proposed:\n%s", want, text)
				}
			}
			for _, no := range test.not {
				if strings.Contains(text, no) {
					t.Errorf("%q is proposed:\n%s", no, text)
				}
			}
		})
	}
}

// The program alone says what to do next, and Tab completes session folders and the values of flags.
func TestFirstContact(t *testing.T) {
	t.Parallel()
	p := run(t)
	p.exits(0)
	if !strings.Contains(p.out.text(), "Next:\n  crosstalk demo") {
		t.Errorf("crosstalk alone: %s", p.out.text())
	}
	cmd := command(t, "__complete", "replay", "")
	dir := sessionIn(t, filepath.Join(dataHome(cmd.Env), "crosstalk", "sessions"), "20261017-153619", startLine, endLine)
	p = start(t, cmd)
	p.exits(0)
	if want := dir + "\tended, 00:01:00, explore the shop\n"; !strings.HasPrefix(p.out.text(), want) {
		t.Errorf("Tab after replay: %q, not %q", p.out.text(), want)
	}
	p = run(t, "__complete", "check", "--profile", "")
	if !strings.HasPrefix(p.out.text(), "quick\nstandard\nslow\n") {
		t.Errorf("Tab after --profile: %q", p.out.text())
	}
	p = run(t, "__complete", "report", "DIR", "--format", "html,")
	for _, f := range formatNames() {
		if f != "html" && !strings.Contains(p.out.text(), "html,"+f+"\n") {
			t.Errorf("Tab after --format html, leaves %s out: %q", f, p.out.text())
		}
	}
	p = run(t, "__complete", "note", "--kind", "")
	if !strings.Contains(p.out.text(), "\nbug\n") {
		t.Errorf("Tab after --kind: %q", p.out.text())
	}
}

// A session that broke off is listed so, also once something was added to it.
func TestABrokenSessionIsListedAsOne(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	for name, c := range map[string]struct{ last, want string }{
		"20261017-153619": {endLine, "ended"},
		"20261018-101112": {strings.Replace(endLine, "quit", "lost", 1), unasked},
	} {
		if l := describe(sessionIn(t, home, name, startLine, c.last)); l.State != c.want || l.Problem != "" {
			t.Errorf("%s: %+v, want %s", name, l, c.want)
		}
	}
}
