package tui

import (
	"fmt"
	"net/netip"
	"strings"
)

// origin is where a key may come from: the addresses of from=. One without
// patterns lets a key come from anywhere.
type origin []place

// place is one pattern of from=: a network, or an address with * and ?.
type place struct {
	not  bool
	net  netip.Prefix // if it is one
	glob string
}

// readFrom reads the patterns of from=, with commas between them. Names of hosts
// are looked up nowhere, so that a key which depends on one lets nobody in: skip
// says so.
func readFrom(value string) (from origin, skip string, err error) {
	for p := range strings.SplitSeq(value, ",") {
		p, not := strings.CutPrefix(strings.TrimSpace(p), "!")
		addr, noAddr := netip.ParseAddr(p)
		switch {
		case p == "":
			return nil, "", fmt.Errorf("from=%q: a pattern is empty", value)
		case noAddr == nil: // however it is written
			addr = addr.Unmap()
			from = append(from, place{not: not, net: netip.PrefixFrom(addr, addr.BitLen())})
		case strings.Contains(p, "/"):
			n, err := netip.ParsePrefix(p)
			if err != nil || n != n.Masked() {
				return nil, "", fmt.Errorf("from=%q: %s is no network, such as 10.1.0.0/16", value, p)
			}
			if n.Addr().Is4In6() {
				n = netip.PrefixFrom(n.Addr().Unmap(), n.Bits()-96)
			}
			from = append(from, place{not: not, net: n})
		case globOfLong(p):
			skip = "from=" + p + " means different addresses as they are written long or short: name a network, such as 2001:db8::/32"
		case !globOfAddr(p):
			skip = "from=" + p + " is a name, and only addresses are looked at here"
		default:
			from = append(from, place{not: not, glob: p})
		}
	}
	return from, skip, nil
}

// globOfAddr tells whether a pattern can be one of addresses. What has no * or ?
// and is no address is the name of a host.
func globOfAddr(p string) bool {
	return strings.ContainsAny(p, "*?") && strings.Trim(p, "0123456789*?.") == ""
}

// globOfLong tells whether a pattern can be one of IPv6 addresses, of which each
// may be written in many ways.
func globOfLong(p string) bool {
	return strings.ContainsAny(p, "*?") && !globOfAddr(p) && (strings.Contains(p, ":") || !strings.Contains(p, ".")) &&
		strings.Trim(p, "0123456789*?abcdefABCDEF:.") == ""
}

// has tells whether an address is among the patterns, and among none with a !.
func (o origin) has(addr string) bool {
	if len(o) == 0 {
		return true
	}
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return false
	}
	a = a.Unmap().WithZone("")
	found := false
	for _, p := range o {
		if p.net.IsValid() && p.net.Contains(a) || !p.net.IsValid() && wild(p.glob, a.String()) {
			if p.not {
				return false
			}
			found = true
		}
	}
	return found
}

// wild tells whether a text is as a pattern says: * is any text, ? one character.
// It goes back to the last * alone, so that no pattern takes long.
func wild(p, s string) bool {
	star, from := -1, 0
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(p) && p[i] == '*':
			star, from = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == s[j]):
			i, j = i+1, j+1
		case star >= 0:
			from++
			i, j = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(p[i:], "*") == ""
}
