//go:build !windows

package session

import (
	"errors"
	"fmt"
	"os"
)

// syncDir commits a folder's entries: without it a new file's name may not
// survive a power loss although its bytes do.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("commit session folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("commit session folder: %w", err)
	}
	return nil
}
