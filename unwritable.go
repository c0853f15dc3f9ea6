package main

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// unwritable tells of a file or folder that may be read and not written.
func unwritable(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// readOnly puts what to do behind an error that says that a folder can't be
// written; any other error comes back as it is.
func readOnly(err error, dir, remedy string) error {
	if err == nil || !unwritable(err) {
		return err
	}
	return usage(fmt.Errorf("%w\n%s can't be written by you: %s", err, dir, remedy))
}
