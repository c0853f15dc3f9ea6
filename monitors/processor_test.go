package monitors

import (
	"os"
	"runtime"
	"testing"
	"time"
)

// What this process burns is told, and it only grows.
func TestOwnProcessor(t *testing.T) {
	had, waited := OwnProcessor()
	if runtime.GOOS != "linux" {
		if had != 0 || waited != 0 {
			t.Errorf("%v, %v", had, waited)
		}
		return
	}
	if had == 0 && waited == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("this kernel does not tell")
		}
		t.Skip("this kernel does not tell")
	}
	if had < 0 || waited < 0 {
		t.Fatalf("%v, %v", had, waited)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	burnt := had
	for i := 0; i < 1e6 && burnt < had+50*time.Millisecond; i++ {
		burnt, _ = OwnProcessor()
	}
	if burnt < had+50*time.Millisecond {
		t.Errorf("had %v after %v, and burns on", burnt, had)
	}
	if _, after := OwnProcessor(); after < waited {
		t.Errorf("waited %v, then %v", waited, after)
	}
}
