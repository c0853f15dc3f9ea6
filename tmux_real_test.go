//go:build real && unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// tmux is a server of terminals that is this test's alone.
type tmux struct {
	t      *testing.T
	socket string
}

func newTmux(t *testing.T) *tmux {
	t.Helper()
	dir, err := os.MkdirTemp("", "tmux") // a socket's path has to be short
	if err != nil {
		t.Fatal(err)
	}
	x := &tmux{t, filepath.Join(dir, "s")}
	conf := "set -g status off\nset -g remain-on-exit on\nset -g default-terminal xterm-256color\nset -g escape-time 0\n"
	if err := os.WriteFile(filepath.Join(dir, "conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = x.try("kill-server")
		_ = os.RemoveAll(dir)
	})
	return x
}

func (x *tmux) try(args ...string) (string, error) {
	cmd := exec.Command("tmux", append([]string{"-u", "-S", x.socket, "-f", filepath.Join(filepath.Dir(x.socket), "conf")}, args...)...)
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(s string) bool {
		name, _, _ := strings.Cut(s, "=")
		return name == "TMUX" || name == "NO_COLOR" || strings.HasPrefix(name, "CLICOLOR") || strings.HasPrefix(name, "XDG_") || name == "COLORTERM"
	}), "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (x *tmux) do(args ...string) string {
	x.t.Helper()
	out, err := x.try(args...)
	if err != nil {
		x.t.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
	return out
}

// pane is one terminal with a program in it.
type pane struct {
	*tmux
	name string
}

// open starts a program in a terminal of a size.
func (x *tmux) open(name string, w, h int, command ...string) pane {
	x.t.Helper()
	p := pane{x, name}
	// The shell writes down how the program ended: of tmux's own record of that, some
	// versions lose one now and then.
	p.do(append([]string{"new-session", "-d", "-s", name, "-x", fmt.Sprint(w), "-y", fmt.Sprint(h), "--",
		"sh", "-c", `"$@"; echo $? >"$0"`, p.code()}, command...)...)
	return p
}

func (p pane) press(keys ...string) {
	p.t.Helper()
	p.do(append([]string{"send-keys", "-t", p.name}, keys...)...)
}

func (p pane) types(text string) { p.t.Helper(); p.press("-l", text) }

// drawn is the screen as it is, with its colours.
func (p pane) drawn() string { p.t.Helper(); return p.do("capture-pane", "-e", "-p", "-t", p.name) }

func (p pane) text() string { p.t.Helper(); return ansi.Strip(p.drawn()) }

// eventually waits for a state of a screen.
func (p pane) eventually(what string, is func(screen string) bool) string {
	p.t.Helper()
	look, late := time.NewTicker(30*time.Millisecond), time.NewTimer(patience)
	defer look.Stop()
	defer late.Stop()
	for {
		screen := p.text()
		if is(screen) {
			return screen
		}
		select {
		case <-look.C:
		case <-late.C:
			p.t.Fatalf("%s's screen never came to this: %s\n%s", p.name, what, screen)
		}
	}
}

// shows waits until the screen holds all of some texts.
func (p pane) shows(texts ...string) string {
	p.t.Helper()
	return p.eventually(strings.Join(texts, ", "), func(screen string) bool {
		return !slices.ContainsFunc(texts, func(s string) bool { return !strings.Contains(screen, s) })
	})
}

// answers presses a key as long as a question stands: one that was pressed before
// it could be read counts for nothing.
func (p pane) answers(question, key string) {
	p.t.Helper()
	p.shows(question)
	p.eventually("the end of the question "+question, func(screen string) bool {
		if !strings.Contains(screen, question) {
			return true
		}
		p.press(key)
		return false
	})
}

// code is the file with the program's exit code.
func (p pane) code() string { return filepath.Join(filepath.Dir(p.socket), p.name+".code") }

// ends waits for the program's end and returns its exit code.
func (p pane) ends() string {
	p.t.Helper()
	var code []byte
	p.eventually("its end", func(string) bool {
		code, _ = os.ReadFile(p.code())
		return bytes.HasSuffix(code, []byte("\n"))
	})
	return string(bytes.TrimSpace(code))
}
