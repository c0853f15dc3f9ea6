//go:build real && unix

package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The real asciinema plays what we write, to its end.
func TestAsciinemaPlaysTheCast(t *testing.T) {
	t.Parallel()
	player, err := exec.LookPath("asciinema")
	if err != nil {
		t.Fatalf("asciinema is missing: apt-get install asciinema: %v", err)
	}
	cast := filepath.Join(t.TempDir(), "session.cast")
	run(t, "replay", recorded(t), "--export", "cast", "--speed", "16", "--out", cast).exits(0)
	cmd := command(t)
	cmd.Path, cmd.Args = player, []string{player, "play", "--speed", "4", "--idle-time-limit", "0.1", cast}
	s := onTerminal(t, cmd)
	s.exits(0)
	drawn, _ := s.text()
	for _, text := range []string{"STAGING", "PRODUCTION", "Explore replays", "twice the same order", "The guard cut all load at 00:19"} {
		if !strings.Contains(drawn, text) {
			t.Errorf("the player does not show %q:\n%s", text, tail(drawn))
		}
	}
}
