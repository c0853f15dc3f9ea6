package loadengine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

var (
	errHost      = errors.New("host is not on the allow-list")
	errForbidden = errors.New("address belongs to a check of production")
)

// place is a host name and a port in one spelling, so that two of them are the
// same address exactly when they are equal.
type place struct{ host, port string }

func (p place) String() string { return net.JoinHostPort(p.host, p.port) }

// placeOf returns the place that a URL's scheme and host name.
func placeOf(scheme, hostport string) place {
	p := spelled(scheme, hostport)
	p.host = canonicalHost(p.host)
	return p
}

// spelled is the place as somebody wrote it, with its port: for people, who
// look for it in their configuration.
func spelled(scheme, hostport string) place {
	host, port := splitHost(hostport)
	if port == "" {
		port = defaultPort(scheme)
	}
	return place{host: host, port: port}
}

func defaultPort(scheme string) string {
	if strings.EqualFold(scheme, "https") {
		return "443"
	}
	return "80"
}

// splitHost splits host[:port], brackets of an IPv6 address included.
func splitHost(s string) (host, port string) {
	if h, p, err := net.SplitHostPort(s); err == nil {
		return h, p
	}
	return strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"), ""
}

// canonicalHost writes a host in one way. The names of this machine are one: a
// check of localhost:9081 must also keep load from 127.0.0.1:9081, from
// [::1]:9081 and from 0.0.0.0:9081, which Linux connects to itself.
func canonicalHost(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if a, err := netip.ParseAddr(host); err == nil {
		a = a.Unmap()
		if a.IsUnspecified() || a == netip.IPv6Loopback() || a == netip.AddrFrom4([4]byte{127, 0, 0, 1}) {
			return "localhost"
		}
		return a.String()
	}
	return host
}

// allowList decides which places load may reach. It does not change once made,
// so that it is read without a lock.
type allowList struct {
	allowed   map[place]bool
	forbidden map[place]bool     // by door
	named     map[place]bool     // the forbidden ones as they were named
	own       []netip.Addr       // of this machine's interfaces
	spelled   map[spelling]error // the usual spellings, decided beforehand
}

// spelling is a scheme and host as they stand in a URL.
type spelling struct{ scheme, host string }

// newAllowList compiles the base URL's host, the further hosts and the
// forbidden ones. Problems are returned all at once.
func newAllowList(base *url.URL, hosts, forbidden []string) (*allowList, []error) {
	l := &allowList{allowed: map[place]bool{}, forbidden: map[place]bool{}, named: map[place]bool{}, own: ownAddresses(), spelled: map[spelling]error{}}
	var errs []error
	for _, f := range forbidden {
		host, port, err := parseHost(f)
		if err == nil && port == "" {
			err = errors.New("a port is needed: host:port")
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("forbidden address %q: %w", clip(f), err))
			continue
		}
		p := place{canonicalHost(host), port}
		l.named[p], l.forbidden[l.door(p)] = true, true
	}
	for _, h := range hosts {
		host, port, err := parseHost(h)
		if err != nil {
			errs = append(errs, fmt.Errorf("staging.hosts %q: %w", clip(h), err))
			continue
		}
		for _, scheme := range []string{"http", "https"} {
			p := port
			if p == "" {
				p = defaultPort(scheme)
			}
			l.allowed[place{canonicalHost(host), p}] = true
		}
	}
	if base != nil && base.Host != "" {
		l.allowed[placeOf(base.Scheme, base.Host)] = true
	}
	for p := range l.allowed {
		if l.forbidden[l.door(p)] {
			errs = append(errs, fmt.Errorf("staging address %s: %w", p, errForbidden))
		}
	}
	for _, s := range append(slices.Clone(hosts), baseHost(base)) {
		for _, scheme := range []string{"http", "https"} {
			l.spelled[spelling{scheme, s}] = l.decide(scheme, s)
		}
	}
	return l, errs
}

// ownAddresses are the addresses of this machine. Without them, what a system
// won't tell, its loopback addresses are still known to be its own.
func ownAddresses() []netip.Addr {
	nets, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var own []netip.Addr
	for _, n := range nets {
		if p, err := netip.ParsePrefix(n.String()); err == nil {
			own = append(own, p.Addr().Unmap().WithZone(""))
		}
	}
	return own
}

// door is the place behind every address of this machine: a server that listens
// on all of them is reached by each, so that a check of one keeps load from the
// port on all. Load itself goes only to the address that was named.
func (l *allowList) door(p place) place {
	a, err := netip.ParseAddr(p.host)
	if err != nil {
		return p
	}
	if a = a.Unmap().WithZone(""); a.IsLoopback() || slices.Contains(l.own, a) {
		p.host = "localhost"
	}
	return p
}

// same tells whether two addresses are one, or both this machine's.
func (l *allowList) same(a, b netip.Addr) bool {
	door := func(a netip.Addr) place { return l.door(place{host: canonicalHost(a.String())}) }
	return door(a) == door(b)
}

func baseHost(base *url.URL) string {
	if base == nil {
		return ""
	}
	return base.Host
}

// parseHost reads host[:port] as a person writes it.
func parseHost(s string) (host, port string, err error) {
	if strings.Contains(s, "/") {
		return "", "", errors.New("write host or host:port, without scheme and path")
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return s, "", nil
	}
	u, err := url.Parse("http://" + s)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return "", "", errors.New("write host or host:port")
	}
	return u.Hostname(), u.Port(), nil
}

// check returns nil if a request to scheme://host may be sent.
func (l *allowList) check(scheme, host string) error {
	if err, ok := l.spelled[spelling{scheme, host}]; ok {
		return err
	}
	return l.decide(scheme, host)
}

func (l *allowList) decide(scheme, host string) error {
	p := placeOf(scheme, host)
	switch {
	case l.forbidden[l.door(p)]:
		return errForbidden
	case (scheme == "http" || scheme == "https") && l.allowed[p]:
		return nil
	default:
		return errHost
	}
}

// checkResolved returns an error if the address that is about to be connected
// to is one which production's checks name. Names that merely resolve to one
// address are not refused here: see SharedAddresses.
func (l *allowList) checkResolved(address string) error {
	if l.forbidden[l.door(placeOf("", address))] {
		return errForbidden
	}
	return nil
}

// Resolver looks names up; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// sharedWithin bounds all look-ups of [Plan.SharedAddresses].
const sharedWithin = 3 * time.Second

// Hint says that a host of staging and one that production's checks use resolve
// to one address. With a CDN or an ingress that is usual, so it is for a person
// to confirm, not a refusal.
type Hint struct {
	Host      string // staging's host:port
	Forbidden string // production's host:port
	Addr      string // the address and port both resolve to
}

// SharedAddresses resolves the plan's hosts and its forbidden ones and returns
// every pair that meets at one address and port. Names that do not resolve are
// left out: a connection to them will fail by itself. So is what takes longer than 3 s in
// all: nobody waits for a hint.
func (p Plan) SharedAddresses(ctx context.Context, r Resolver) []Hint {
	base, err := url.Parse(p.Base)
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, sharedWithin)
	defer cancel()
	l, _ := newAllowList(base, p.Hosts, p.Forbidden)
	known := map[string][]netip.Addr{}
	lookup := func(host string) []netip.Addr {
		addrs, ok := known[host]
		if !ok {
			addrs, _ = r.LookupNetIP(ctx, "ip", host)
			known[host] = addrs
		}
		return addrs
	}
	var hints []Hint
	for _, ours := range sortedPlaces(l.allowed) {
		for _, theirs := range sortedPlaces(l.named) {
			if ours.port != theirs.port || ours == theirs {
				continue
			}
			for _, a := range lookup(ours.host) {
				if slices.ContainsFunc(lookup(theirs.host), func(b netip.Addr) bool { return l.same(a, b) }) {
					hints = append(hints, Hint{Host: ours.String(), Forbidden: theirs.String(), Addr: net.JoinHostPort(a.Unmap().String(), ours.port)})
					break
				}
			}
		}
	}
	return hints
}

func sortedPlaces(m map[place]bool) []place {
	all := make([]place, 0, len(m))
	for p := range m {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b place) int {
		return strings.Compare(a.host+"\x00"+a.port, b.host+"\x00"+b.port)
	})
	return all
}

// Places returns where load may go, as host:port in lower case: for an engine
// that keeps the list elsewhere. A host without a port is allowed at both
// schemes' own.
func (p Plan) Places() ([]string, error) {
	base, err := url.Parse(p.Base)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("staging's URL %q names no host", clip(p.Base))
	}
	all := map[place]bool{spelled(base.Scheme, strings.ToLower(base.Host)): true}
	for _, h := range p.Hosts {
		host, port, err := parseHost(strings.ToLower(h))
		if err != nil {
			return nil, fmt.Errorf("staging.hosts %q: %w", clip(h), err)
		}
		if port != "" {
			all[place{host, port}] = true
			continue
		}
		all[place{host, "80"}], all[place{host, "443"}] = true, true
	}
	var out []string
	for _, p := range sortedPlaces(all) {
		out = append(out, p.String())
	}
	return out, nil
}
