package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A disk that is full in mid-session stops the load and says why; what was noted
// meanwhile is on the disk as soon as there is room again, and load stays at zero
// until somebody moves the dial.
func TestFullDiskInMidSession(t *testing.T) {
	t.Parallel()
	args, dir := onSites(t, "--dial", "0s=3", "--note", "1s=! lost order")
	p := start(t, command(t, args...))
	p.await("load", loaded)
	p.await("the note", func(e event) bool { return e.Type == "note.add" && e.text("text") == "lost order" })
	room(t, p, uint64(size(t, dir)+200)) // the next line fits in part
	p.says("the journal can't be written: file too large: all load is stopped")
	if strings.Contains(p.err.text(), "written again") {
		t.Error("a full disk is called well")
	}
	room(t, p, unix.RLIM_INFINITY)
	p.await("the disk is well", func(e event) bool {
		return e.Type == "self.limit" && e.text("why") == "the journal is written again"
	})
	run(t, "note", "--dir", dir, "? written after all").exits(0)
	p.signal(os.Interrupt)
	p.exits(130)
	j := readJournal(t, dir)
	j.ended(t, "signal")
	stops := j.of("load.stop")
	if len(stops) == 0 || stops[0].text("reason") != "journal" {
		t.Fatalf("stops: %v", stops)
	}
	for _, tick := range j.of("load.tick") {
		if tick.Seq > stops[0].Seq && tick.num("running") > 0 {
			t.Errorf("load runs after the stop: %v", tick.Body)
		}
	}
	if limits := j.of("self.limit"); len(limits) != 2 {
		t.Errorf("facts about the disk: %v", limits)
	}
}

// A disk that stays full does not keep the program from ending; it says what is
// lost, and what fitted is whole.
func TestFullDiskToTheEnd(t *testing.T) {
	t.Parallel()
	args, dir := onSites(t, "--dial", "0s=3", "--for", "8s", "--note", "6s=? never kept")
	p := start(t, command(t, args...))
	p.await("load", loaded)
	room(t, p, uint64(size(t, dir)+200))
	p.exits(exitInternal)
	for _, want := range []string{"all load is stopped", "NOT ON THE DISK: ", "never kept", "file too large"} {
		if !strings.Contains(p.err.text(), want) {
			t.Errorf("it does not say %q: %s", want, p.err.text())
		}
	}
	if _, torn := readEvents(t, dir); len(torn) > 0 {
		t.Errorf("half a line was left: %q", torn)
	}
}

// room lets a running program make files of so many bytes and no longer.
func room(t *testing.T, p *process, bytes uint64) {
	t.Helper()
	l := unix.Rlimit{Cur: bytes, Max: unix.RLIM_INFINITY}
	if err := unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_FSIZE, &l, nil); err != nil {
		t.Fatalf("limit the program's files: %v", err)
	}
}

func size(t *testing.T, dir string) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, "events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
