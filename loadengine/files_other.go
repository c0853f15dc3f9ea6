//go:build !unix

package loadengine

import "syscall"

// fileLimit is how many files this process may have open at once; 0: not known.
func fileLimit() uint64 { return 0 }

// fileNumber tells nothing here: handles are not numbered from below.
func fileNumber(syscall.RawConn) (uint64, bool) { return 0, false }

// errFiles is what the system says when no file is left.
const errFiles = syscall.Errno(10024)
