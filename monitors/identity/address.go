package identity

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// lookup returns the addresses of host:port pairs as this machine sees them.
// Names that do not resolve are left out.
func lookup(ctx context.Context, o Options, hosts []string) []netip.AddrPort {
	ctx, cancel := context.WithTimeout(ctx, o.Limit)
	defer cancel()
	var out []netip.AddrPort
	for _, h := range hosts {
		host, port := splitHost(h)
		for _, a := range resolve(ctx, o, host) {
			out = append(out, netip.AddrPortFrom(a, port))
		}
	}
	return unique(out)
}

func resolve(ctx context.Context, o Options, host string) []netip.Addr {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}
	}
	found, err := o.Resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil
	}
	for i := range found {
		found[i] = found[i].Unmap()
	}
	return found
}

func splitHost(hostport string) (string, uint16) {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return hostport, 0
	}
	n, _ := strconv.ParseUint(port, 10, 16)
	return host, uint16(n)
}

func unique(list []netip.AddrPort) []netip.AddrPort {
	slices.SortFunc(list, netip.AddrPort.Compare)
	return slices.Compact(list)
}

// remote returns the address that a connection goes to; false for a socket of
// this machine.
func remote(c net.Conn) (netip.AddrPort, bool) {
	tcp, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}, false
	}
	a := tcp.AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()), a.IsValid()
}

// local says that a host means another machine wherever it is read.
func local(host string) bool {
	host = strings.ToLower(strings.Trim(host, "[]"))
	if a, err := netip.ParseAddr(host); err == nil {
		a = a.Unmap()
		// Docker's and VirtualBox's word for the machine around them.
		return a.IsLoopback() || a.IsUnspecified() || a.IsLinkLocalUnicast() || host == "172.17.0.1" || host == "10.0.2.2"
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "host.docker.internal" || host == "gateway.docker.internal"
}

// loop says that a host that a server has on record is the server's own machine:
// a loopback, or a socket.
func loop(host string) bool {
	host = strings.ToLower(strings.Trim(host, "[]"))
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().IsLoopback() || a.IsUnspecified()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasPrefix(host, "/")
}

// private says that a host is an address that many networks use, each for a
// machine of its own.
func private(host string) bool {
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && inside(a)
}

// inside says that an address means a machine only within its own network.
func inside(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsPrivate() || a.IsLoopback() || a.IsUnspecified() || a.IsLinkLocalUnicast() || carrier.Contains(a)
}

// carrier is the range that providers and virtual networks use like a private one.
var carrier = netip.MustParsePrefix("100.64.0.0/10")

// scoped says that a name is completed by where it is read: a service of
// Kubernetes or of a compose file, a name of the local network.
func scoped(host string) bool {
	if isAddress(strings.Trim(host, "[]")) {
		return false
	}
	for _, suffix := range []string{".svc", ".cluster.local", ".local", ".internal", ".internal.cloudapp.net", ".intranet", ".lan"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return !strings.Contains(host, ".") || strings.Contains(host, ".svc.")
}

// clean makes a text of a server or of a file fit for one line of ours.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(s, "?"))
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 200 {
		s = string(r[:199]) + "…"
	}
	return s
}

// neighbours compares where two servers stand, as seen from here. settled says
// that the two are known not to be one; answered is how many of them let us in.
func neighbours(f Finding, a, b where, settled bool, answered int) []Finding {
	f.Question = "Do both lead to one address?"
	var same, host netip.AddrPort
	loopback := len(a.addrs) > 0 && len(b.addrs) > 0
	for _, x := range a.addrs {
		for _, y := range b.addrs {
			if x == y && (!same.IsValid() || !inside(x.Addr())) {
				same = x
			}
			if x.Addr() == y.Addr() && !x.Addr().IsLoopback() && (answered > 0 || !inside(x.Addr())) {
				host = x
			}
			loopback = loopback && x.Addr().IsLoopback() && y.Addr().IsLoopback()
		}
	}
	switch {
	case same.IsValid() && settled:
		f.Verdict = SharedNeighbour
		f.Evidence = "Both are reached at " + same.String() + ", and two servers answer there: one proxy stands in front of both."
	case same.IsValid() && answered > 1:
		f.Verdict = SameInstance
		f.Evidence = "Both are reached at " + same.String() + ": one server, or one proxy in front of two."
	case same.IsValid() && answered > 0:
		// What the other would have said is a finding of its own, with what it takes.
		f.Verdict = SharedNeighbour
		f.Evidence = "Both are reached at " + same.String() + ", where only one of them let us in: one server, or one proxy in front of two."
	case same.IsValid() && inside(same.Addr()):
		f.Evidence = "Both lead to " + same.String() + ", where neither could be asked, and that address means another machine in every network."
		f.Answer = "run the check from a machine that reaches both, or say whether both lead into one network"
	case same.IsValid():
		f.Verdict = SharedNeighbour
		f.Evidence = "Both lead to " + same.String() + ", where neither could be asked: one server, or one proxy in front of two."
	case host.IsValid():
		f.Verdict = SharedNeighbour
		f.Evidence = "Both lead to the address " + host.Addr().String() + " on different ports: one host, or one proxy in front of two."
	case loopback:
		f.Hint = true
		f.Evidence = "Both are reached through this machine's loopback: either both run here, or tunnels that lead elsewhere end here."
		f.Answer = "say where the tunnels lead, or run the check from a machine that reaches both directly"
	default:
		return nil
	}
	return []Finding{f}
}
