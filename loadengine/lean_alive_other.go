//go:build !unix

package loadengine

import "net"

// alive cannot tell here without reading.
func alive(net.Conn) (quiet, known bool) { return false, false }
