package fault

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
)

// Names is a name server that knows every name, as loopback, until that name is
// broken.
type Names struct {
	conn   net.PacketConn
	broken sync.Map // of names, with the dot at their end
}

// NewNames starts a name server on a free port. Close ends it.
func NewNames() (*Names, error) {
	var lc net.ListenConfig
	conn, err := lc.ListenPacket(context.Background(), "udp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a name server: %w", err)
	}
	n := &Names{conn: conn}
	go n.answer()
	return n, nil
}

// Resolver asks this name server and no other.
func (n *Names) Resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", n.conn.LocalAddr().String())
	}}
}

// Break makes every lookup of a name fail from now on. The name ends with a dot.
func (n *Names) Break(name string) { n.broken.Store(name, true) }

// Mend ends Break.
func (n *Names) Mend(name string) { n.broken.Delete(name) }

// Close ends the name server.
func (n *Names) Close() { _ = n.conn.Close() }

func (n *Names) answer() {
	buf := make([]byte, 1500)
	for {
		size, from, err := n.conn.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		if reply := n.reply(buf[:size]); reply != nil {
			_, _ = n.conn.WriteTo(reply, from) // a lost answer is a name server's right
		}
	}
}

// Of a message, by RFC 1035 section 4.
const (
	headerBytes = 12
	isAnswer    = 0x8180 // a reply, recursion wanted and there
	failed      = 2      // server failure
	typeA       = 1
	classIN     = 1
	lifetime    = 0 // seconds that an answer may be kept: none
)

// reply answers the question of a message, or is nil if there is none.
func (n *Names) reply(ask []byte) []byte {
	end := headerBytes
	var name strings.Builder
	for end < len(ask) && ask[end] != 0 {
		next := end + 1 + int(ask[end])
		if next > len(ask) {
			return nil
		}
		name.Write(ask[end+1 : next])
		name.WriteByte('.')
		end = next
	}
	end += 5 // the name's end, type and class
	if len(ask) < headerBytes || end > len(ask) {
		return nil
	}
	flags, answers := uint16(isAnswer), uint16(0)
	_, broken := n.broken.Load(name.String())
	wanted := binary.BigEndian.Uint16(ask[end-4:])
	switch {
	case broken:
		flags |= failed
	case wanted == typeA:
		answers = 1
	}
	out := append([]byte(nil), ask[:2]...)
	for _, v := range []uint16{flags, 1, answers, 0, 0} {
		out = binary.BigEndian.AppendUint16(out, v)
	}
	out = append(out, ask[headerBytes:end]...)
	if answers > 0 {
		out = append(out, 0xc0, headerBytes) // the name: that of the question
		out = binary.BigEndian.AppendUint16(out, typeA)
		out = binary.BigEndian.AppendUint16(out, classIN)
		out = binary.BigEndian.AppendUint32(out, lifetime)
		out = binary.BigEndian.AppendUint16(out, net.IPv4len)
		out = append(out, 127, 0, 0, 1)
	}
	return out
}
