//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// unprivileged makes a run of the program that may not write what only root may.
func unprivileged(t *testing.T, args ...string) *process {
	t.Helper()
	cmd := command(t, args...)
	if os.Getuid() == 0 {
		for _, dir := range []string{filepath.Dir(program), filepath.Dir(cmd.Dir)} {
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	p := start(t, cmd)
	p.wait()
	return p
}

// A folder that can't be written is named with what to do, and nothing in it is
// changed.
func TestRedactOfAReadOnlyFolder(t *testing.T) {
	t.Parallel()
	dir := recorded(t)
	before := string(readFile(t, dir, "events.jsonl"))
	p := unprivileged(t, "redact", dir, "--text", "twice", "--yes", "REDACT")
	p.exits(exitUsage)
	if e := p.err.text(); !strings.Contains(e, "permission denied") || !strings.Contains(e, dir+" can't be written by you: make it writable") || strings.Contains(e, "no such file") {
		t.Errorf("it says %s", e)
	}
	if string(readFile(t, dir, "events.jsonl")) != before {
		t.Error("the journal was changed")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}
