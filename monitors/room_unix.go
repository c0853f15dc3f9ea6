//go:build unix

package monitors

import "syscall"

func fileLimit() int {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 0
	}
	return sane(uint64(l.Cur)) //nolint:unconvert // signed on some systems
}
