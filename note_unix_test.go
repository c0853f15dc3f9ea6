//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"crosstalk/notes"
)

// A pipe that nobody writes to would be waited for without end: it is refused
// before it is opened. One that the shell has opened, as <(command) does, is read.
func TestNoteAttachesNoPipeThatMayNeverEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe := filepath.Join(dir, "log")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	var f noteFlags
	for path, say := range map[string]string{pipe: "--attach - < " + pipe, os.DevNull: "it is a pipe or a device", dir: "it is a folder"} {
		if _, err := f.stage(t.Context(), dir, path); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), say) {
			t.Errorf("%s: %v", path, err)
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString("panic: no stock\n"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	st, err := f.stage(t.Context(), dir, fmt.Sprintf("/dev/fd/%d", r.Fd()))
	if err != nil || st.From != notes.FromStdin {
		t.Fatalf("%+v, %v", st, err)
	}
	if b := readFile(t, dir, filepath.Join("attachments", st.File)); string(b) != "panic: no stock\n" {
		t.Errorf("kept %q", b)
	}
}
