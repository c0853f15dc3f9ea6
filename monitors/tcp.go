package monitors

import (
	"context"
	"fmt"
	"net"
	"time"
)

// TCPOptions describes a TCP check. Env, Name, Address and Every are needed.
type TCPOptions struct {
	Env     string        // role of the environment
	Name    string        // unique within the environment
	Address string        // host:port
	Every   time.Duration // period
	Timeout time.Duration // 0: DefaultTimeout
	Slow    bool          // slow evidence
}

// TCP makes a check that opens a connection and closes it. Every probe is on a
// new connection.
func TCP(o TCPOptions) (Check, error) {
	host, port, err := net.SplitHostPort(o.Address)
	if err != nil || host == "" || port == "" {
		return Check{}, fmt.Errorf("make tcp check %s of %s: the address %q is not host:port", o.Name, o.Env, o.Address)
	}
	timeout := o.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	c := Check{
		Env: o.Env, Name: o.Name, Kind: kindTCP, Address: o.Address,
		Every: o.Every, Timeout: timeout, Slow: o.Slow,
		Probe: func(ctx context.Context) Result {
			var d net.Dialer
			conn, err := d.DialContext(ctx, "tcp", o.Address)
			if err != nil {
				return failure(err, timeout)
			}
			// The server accepted: a failure to say goodbye changes nothing.
			_ = conn.Close()
			return Result{OK: true}
		},
	}
	if err := c.complete(); err != nil {
		return Check{}, fmt.Errorf("make tcp check: %w", err)
	}
	return c, nil
}
