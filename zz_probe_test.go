//go:build unix

package main

import (
	"path/filepath"
	"testing"
	"sync"

	"github.com/creack/pty"
)

func TestProbeStopInRehearsal(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "session")
	cmd := command(t, "run", "--baseline", "0", "--as", "mel", "--out", dir, "--limit-rps", "5", "--target", newSite(t, nil).URL+"/x", "--watch", newSite(t, nil).URL+"/health")
	file, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 120, Rows: 36})
	if err != nil { t.Fatal(err) }
	s := &terminal{dir: dir, file: file, more: make(chan struct{}),
		process: &process{t: t, cmd: cmd, out: newOutput(), err: newOutput(), exited: make(chan struct{})}}
	var reading sync.WaitGroup
	reading.Go(s.read)
	go func() { _ = cmd.Wait(); reading.Wait(); close(s.exited) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = file.Close(); <-s.exited })
	s.press(keyCtrlX)
	j := onDisk(t, dir, "stop", stoppedBy("operator"))
	for _, e := range j { t.Log(e.MS, e.Type, e.By, e.Body["reason"]) }
	s.press(keyRight)
	j = onDisk(t, dir, "a tick", func(j journal) bool { return len(j.of("load.tick")) > 8 })
	for _, e := range j { if e.Type!="health.tick" && e.Type != "health.state" && e.Type!="session.start" {t.Log(e.MS, e.Type, e.By, e.Body) }}
}
