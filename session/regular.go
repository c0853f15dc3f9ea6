package session

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"crosstalk/notes"
)

// OpenRegular opens a file to be attached. A pipe, a device or a folder is refused
// before it is opened, which might wait without end, and so is what is too large. The error does not name the path: who calls has it.
func OpenRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err == nil {
		err = attachable(info)
	}
	if err != nil {
		return nil, pathless(err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, pathless(err)
	}
	return f, nil
}

// attachable tells why a file can't be attached.
func attachable(info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return errors.New("it is a folder, not a file")
	case !info.Mode().IsRegular():
		return ErrNotRegular
	case info.Size() > notes.MaxAttachment:
		return fmt.Errorf("it is larger than %d MB", notes.MaxAttachment>>20)
	}
	return nil
}

// ErrNotRegular tells of a pipe, a socket or a device, which may never end.
var ErrNotRegular = errors.New("it is a pipe or a device, not a file")

// pathless is an error of the file system without its path.
func pathless(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
