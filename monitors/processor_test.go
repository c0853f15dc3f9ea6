package monitors

import (
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
	if had <= 0 || waited < 0 {
		t.Fatalf("%v, %v: this kernel does not tell", had, waited)
	}
	const burn = 50 * time.Millisecond
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for after := had; after < had+burn; after, _ = OwnProcessor() { // or never ends
	}
	if _, after := OwnProcessor(); after < waited {
		t.Errorf("waited %v, then %v", waited, after)
	}
}
