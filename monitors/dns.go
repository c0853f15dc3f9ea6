package monitors

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"
)

// DNSOptions describes a DNS check. Env, Name, Host and Every are needed.
type DNSOptions struct {
	Env     string        // role of the environment
	Name    string        // unique within the environment
	Host    string        // the name to look up
	Server  string        // host:port of the name server; empty: this machine's resolver
	Address string        // an address the answer must contain; empty: any
	Every   time.Duration // period
	Timeout time.Duration // 0: DefaultTimeout
	Slow    bool          // slow evidence
}

// DNS makes a check that looks a name up. Here a failed lookup is the server's
// failure, not a loss of sight: the name server is what is being watched.
func DNS(o DNSOptions) (Check, error) {
	if o.Host == "" {
		return Check{}, fmt.Errorf("make dns check %s of %s: it has no name to look up", o.Name, o.Env)
	}
	if o.Server != "" {
		if _, _, err := net.SplitHostPort(o.Server); err != nil {
			return Check{}, fmt.Errorf("make dns check %s of %s: the server %q is not host:port", o.Name, o.Env, o.Server)
		}
	}
	if o.Address != "" && net.ParseIP(o.Address) == nil {
		return Check{}, fmt.Errorf("make dns check %s of %s: the address %q is not an IP address", o.Name, o.Env, o.Address)
	}
	resolver := &net.Resolver{}
	if o.Server != "" {
		resolver.PreferGo = true
		resolver.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, o.Server)
		}
	}
	c := Check{
		Env: o.Env, Name: o.Name, Kind: kindDNS, Address: o.Server,
		Every: o.Every, Timeout: o.Timeout, Slow: o.Slow,
		Probe: func(ctx context.Context) Result {
			found, err := resolver.LookupHost(ctx, o.Host)
			if err != nil {
				return dnsFailure(err, o.Host)
			}
			if o.Address != "" && !containsIP(found, o.Address) {
				return Result{Hard: true, Reason: o.Host + " has another address than expected"}
			}
			return Result{OK: true}
		},
	}
	if err := c.complete(); err != nil {
		return Check{}, fmt.Errorf("make dns check: %w", err)
	}
	return c, nil
}

func dnsFailure(err error, host string) Result {
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return Result{Hard: true, Reason: host + " is not known"}
	}
	if errors.As(err, &dns) && dns.IsTimeout || errors.Is(err, context.DeadlineExceeded) {
		return Result{Hard: true, Reason: "no answer about " + host}
	}
	return Result{Hard: true, Reason: "the lookup of " + host + " failed"}
}

func containsIP(found []string, want string) bool {
	ip := net.ParseIP(want)
	return slices.ContainsFunc(found, func(s string) bool { return ip.Equal(net.ParseIP(s)) })
}
