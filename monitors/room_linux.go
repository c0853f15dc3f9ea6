package monitors

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// portRange returns the first and the last local port that connections get.
func portRange() (low, high int) {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return 0, 0
	}
	if _, err := fmt.Sscan(string(text), &low, &high); err != nil {
		return 0, 0
	}
	return low, high
}

// closeLook is from which share of the ports on they are counted one by one:
// that costs time.
const closeLook = 0.7

// portsInUse is how many of this machine's local ports are in use towards one
// address, not more; -1: not known. files are those of this process: each
// connection of ours is one. What was closed by us waits a minute more.
func portsInUse(files int) int {
	text, err := os.ReadFile("/proc/net/sockstat")
	if err != nil {
		return -1
	}
	_, after, ok := strings.Cut(string(text), " tw ")
	waiting := 0
	if _, err := fmt.Sscan(after, &waiting); !ok || err != nil {
		return -1
	}
	few := max(files, 0) + waiting
	low, high := portRange()
	if high < low || low <= 0 || float64(few) < closeLook*float64(high-low+1) {
		return few
	}
	var tables []io.Reader
	for _, name := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(name)
		if err != nil {
			continue // without IPv6 there is no such table
		}
		defer f.Close()
		tables = append(tables, f)
	}
	return min(few, busiest(low, high, tables...))
}
