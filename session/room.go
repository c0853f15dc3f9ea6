package session

import (
	"fmt"

	"crosstalk/loadengine"
	"crosstalk/monitors"
)

// ownFiles is about how many files a session itself has open, besides two for
// each check: journal, socket, terminal, attachments under way.
const ownFiles = 24

// shortfalls say, before anything is sent, which ceiling can't be reached with
// the files and ports that this process may have.
func shortfalls(p loadengine.Plan, checks int, room monitors.Room) []string {
	var all []string
	if room.Files > 0 {
		left := max(0, room.Files-loadengine.FileReserve(room.Files)-ownFiles-2*checks)
		if need := room.Files + p.MaxUsers - left; left < p.MaxUsers {
			all = append(all, fmt.Sprintf("%d users can't all have a request in flight: this process may open %d files, which is enough for about %d. Start it where ulimit -n is %d or more, or ask for fewer (--limit-users %d)",
				p.MaxUsers, room.Files, left, need, max(1, left)))
		}
	}
	if room.Ports > 0 && room.Ports < p.MaxUsers {
		all = append(all, fmt.Sprintf("%d users can't all have a request in flight: this machine has %d ports for connections to one address. Widen them (net.ipv4.ip_local_port_range on Linux), or ask for fewer (--limit-users %d)",
			p.MaxUsers, room.Ports, room.Ports))
	}
	return all
}
