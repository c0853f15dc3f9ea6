package identity

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// where is what is known of where a server stands.
type where struct {
	hosts []string         // names and ports, as in its DSN
	addrs []netip.AddrPort // as seen from here, and by itself if that is of the whole network
	own   []netip.AddrPort // what it calls itself within its own network, where others may have it, too
	port  string           // that it listens on by its own word
	at    []netip.Addr     // of the machine that it is known to stand on: nothing is in between
}

// lead is how sure it is that something leads to a server.
type lead uint8

const (
	leadsNot   lead = iota
	leadsMaybe      // by an address that other machines have, too: of its own network, or a loopback that may be another machine's
	leadsThere
)

// itself says that a host and port that a server has on record is this server
// by its own word.
func (w where) itself(host, port string) bool {
	if loop(host) {
		return w.port != "" && w.port == port
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	n, errPort := strconv.ParseUint(port, 10, 16)
	return err == nil && errPort == nil && slices.Contains(w.own, netip.AddrPortFrom(a.Unmap(), uint16(n)))
}

// leads says whether a host and port that the server w has on record lead to
// the server other.
func (w where) leads(ctx context.Context, o Options, host, port string, other where) lead {
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || w.itself(host, port) {
		return leadsNot
	}
	if local(host) || loop(host) {
		return w.leadsBeside(uint16(n), loop(host) && (!isAddress(host) || home(netip.MustParseAddr(host))), other)
	}
	if slices.Contains(other.hosts, net.JoinHostPort(strings.ToLower(host), port)) {
		return leadsThere
	}
	ctx, cancel := context.WithTimeout(ctx, o.Limit)
	defer cancel()
	found := leadsNot
	for _, a := range resolve(ctx, o, host) {
		to := netip.AddrPortFrom(a.Unmap(), uint16(n))
		switch {
		case slices.Contains(other.addrs, to) && !a.IsLoopback():
			return leadsThere
		case slices.Contains(other.addrs, to), slices.Contains(other.own, to):
			found = leadsMaybe
		}
	}
	return found
}

// home says that an address is what localhost means.
func home(a netip.Addr) bool {
	return a == netip.IPv6Loopback() || a == netip.AddrFrom4([4]byte{127, 0, 0, 1})
}

// leadsBeside is about a port of the very machine that w stands on, or with same
// false of the one around it. The address that we reach w at may be a tunnel's or a
// proxy's, and then what is beside it there is not what is beside w.
func (w where) leadsBeside(port uint16, same bool, other where) lead {
	found := leadsNot
	for _, to := range other.addrs {
		if to.Port() != port {
			continue
		}
		if same && slices.ContainsFunc(w.at, func(a netip.Addr) bool { return a == to.Addr() || home(a) && home(to.Addr()) }) {
			return leadsThere
		}
		if slices.ContainsFunc(w.addrs, func(a netip.AddrPort) bool {
			return a.Addr() == to.Addr() || a.Addr().IsLoopback() && to.Addr().IsLoopback()
		}) {
			found = leadsMaybe
		}
	}
	for _, to := range other.own {
		if to.Port() == port && slices.ContainsFunc(w.own, func(a netip.AddrPort) bool { return a.Addr() == to.Addr() }) {
			found = leadsMaybe
		}
	}
	return found
}

// stands notes that the server sees the client's end of a connection just as we do,
// so that nothing stands in between: no tunnel, no proxy. Then it stands on the
// machine of the address that the connection goes to, if that is this machine, or
// the server calls itself so.
func (w *where) stands(c net.Conn, clientHost, clientPort, serverHost string) {
	tcp, ok := c.LocalAddr().(*net.TCPAddr)
	to, reached := remote(c)
	client, err := netip.ParseAddr(clientHost)
	if !ok || !reached || err != nil || client.Unmap() != tcp.AddrPort().Addr().Unmap() || clientPort != strconv.Itoa(tcp.Port) {
		return
	}
	server, err := netip.ParseAddr(serverHost)
	if to.Addr().IsLoopback() || err == nil && server.Unmap() == to.Addr() {
		w.at = append(w.at, to.Addr())
	}
}
