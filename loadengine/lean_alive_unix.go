//go:build unix

package loadengine

import (
	"net"
	"syscall"
)

// alive tells whether an idle connection may still be used: nothing has come on
// it, neither the server's end nor bytes that nobody asked for.
func alive(c net.Conn) (quiet, known bool) {
	s, ok := c.(syscall.Conn)
	if !ok {
		return false, false
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return false, true
	}
	err = raw.Control(func(fd uintptr) {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = err == syscall.EAGAIN || err == syscall.EINTR
	})
	return err == nil && quiet, true
}
