package monitors

import (
	"bufio"
	"io"
	"math"
	"strconv"
	"strings"
)

// Room is how much this process may take of its machine.
type Room struct {
	Files int `json:"files,omitempty"` // open at once, sockets included; 0: not known, or as good as no limit
	Ports int `json:"ports,omitempty"` // of its own, for connections to one address; 0: not known
}

// OwnRoom reads the limits that hold for this process. The runtime raises the
// limit of files to the hard one before anything of ours runs.
func OwnRoom() Room {
	r := Room{Files: fileLimit()}
	if low, high := portRange(); low > 0 && high >= low {
		r.Ports = high - low + 1
	}
	return r
}

// sane is a limit as it counts: one that nobody reaches is none.
func sane(limit uint64) int {
	if limit > math.MaxInt32 {
		return 0
	}
	return int(limit)
}

// busiest reads connections in the form of Linux's /proc/net/tcp and returns
// how many local ports from low to high are in use towards one address, the one
// with the most. Ports count for each address apart: it is there that they run out.
func busiest(low, high int, tables ...io.Reader) int {
	most, by := 0, map[string]int{}
	for _, table := range tables {
		lines := bufio.NewScanner(table)
		for lines.Scan() {
			f := strings.Fields(lines.Text())
			if len(f) < 3 {
				continue
			}
			_, local, _ := strings.Cut(f[1], ":")
			port, err := strconv.ParseUint(local, 16, 16)
			if err != nil || int(port) < low || int(port) > high || strings.HasSuffix(f[2], ":0000") {
				continue
			}
			by[f[2]]++
			most = max(most, by[f[2]])
		}
	}
	return most
}
