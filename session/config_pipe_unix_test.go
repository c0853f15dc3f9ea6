//go:build unix

package session

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A pipe in the place of a file is said at once: opening it would wait for a
// writer that never comes.
func TestConfigRefusesPipes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "crosstalk.yaml")
	for _, line := range []string{"data: pipe", "ca: pipe", "journeys: [{steps: [{post: /, file: pipe}]}]", "journeys: [{steps: [{post: /, raw: pipe}]}]"} {
		if err := os.WriteFile(path, []byte("staging:\n  url: https://staging.test\n  "+line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadConfig(path, configEnv()); err == nil || !strings.Contains(err.Error(), "pipe cannot be read (it is a pipe or a device, not a file)") {
			t.Errorf("%s: %v", line, err)
		}
	}
}
