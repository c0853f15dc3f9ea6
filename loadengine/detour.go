package loadengine

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"time"
)

// FindingProxy says that load reaches a host through a proxy, and the host's name is not
// known here, so that nobody can tell whether it is one of production's addresses.
const FindingProxy = "proxy"

const (
	lookedUpFor = 30 * time.Second // a name's addresses are looked up again after this
	lookupMost  = 5 * time.Second
)

// detour guards load that goes through a proxy. The proxy, not this machine,
// decides which address a name leads to, and the check of each connection sees
// the proxy alone. So the name is resolved here as well, and load is refused
// where any of its addresses is one that production's checks name. What has no
// address here is sent, since the host's name was allowed, and becomes a finding.
type detour struct {
	proxy    func(*url.URL) (*url.URL, error)
	resolver Resolver
	hosts    *allowList
	findings *findings

	mu    sync.Mutex
	known map[string]lookedUp
}

// lookedUp is what became of one lookup.
type lookedUp struct {
	at  time.Time
	err error
}

func newDetour(w Wire, l *allowList, f *findings) *detour {
	if w.Proxy == nil {
		return nil
	}
	return &detour{proxy: w.Proxy, resolver: net.DefaultResolver, hosts: l, findings: f, known: map[string]lookedUp{}}
}

// check returns an error if a request to u must not be sent by way of the proxy.
func (d *detour) check(ctx context.Context, u *url.URL, step string) error {
	p, err := d.proxy(u)
	if err != nil {
		return fmt.Errorf("choose a proxy: %w", err)
	}
	if p == nil {
		return nil // a connection of our own: the address is checked there
	}
	key := u.Scheme + "://" + u.Host
	d.mu.Lock()
	old, ok := d.known[key]
	d.mu.Unlock()
	if ok && time.Since(old.at) < lookedUpFor {
		return old.err
	}
	err = d.lookup(ctx, u, step)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.known) >= maxFindings {
		clear(d.known)
	}
	d.known[key] = lookedUp{at: time.Now(), err: err}
	return err
}

func (d *detour) lookup(ctx context.Context, u *url.URL, step string) error {
	to := spelled(u.Scheme, u.Host)
	addrs, err := d.addresses(ctx, to.host)
	if err != nil {
		d.findings.note(Finding{Kind: FindingProxy, Host: to.String(), Step: step})
		return nil
	}
	for _, a := range addrs {
		resolved := net.JoinHostPort(a.Unmap().String(), to.port)
		if err := d.hosts.checkResolved(resolved); err != nil {
			d.findings.note(Finding{Kind: FindingAddress, Host: to.String(), Addr: resolved})
			return err
		}
	}
	return nil
}

func (d *detour) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookupMost)
	defer cancel()
	return d.resolver.LookupNetIP(ctx, "ip", host)
}
