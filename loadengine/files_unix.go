//go:build unix

package loadengine

import "syscall"

// fileLimit is how many files this process may have open at once, sockets
// included; 0 when that is not known. The runtime has raised it to the hard
// limit by the time anything of ours runs.
func fileLimit() uint64 {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 0
	}
	return uint64(l.Cur) //nolint:unconvert // signed on some systems
}

// fileNumber is a new socket's number: the lowest that was free.
func fileNumber(raw syscall.RawConn) (n uint64, ok bool) {
	err := raw.Control(func(fd uintptr) { n = uint64(fd) })
	return n, err == nil
}

// errFiles is what the system says when no file is left.
const errFiles = syscall.EMFILE
