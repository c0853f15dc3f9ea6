//go:build real

package locust

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The plug-in has tests of its own, of what two processes cannot be brought to
// on order: a clock that is set back, a message that is late.
func TestThePlugInByItself(t *testing.T) {
	t.Parallel()
	python := "/usr/bin/python3"
	if other := os.Getenv("CROSSTALK_LOCUST"); other != "" {
		python = filepath.Join(filepath.Dir(other), "python3")
	}
	said, err := exec.CommandContext(t.Context(), python, "-B", "-m", "unittest",
		"crosstalk_guard_test", "crosstalk_guard_gate_test", "crosstalk_guard_master_test").CombinedOutput()
	if err != nil {
		t.Errorf("%v:\n%s", err, said)
	}
}
