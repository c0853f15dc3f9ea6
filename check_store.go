package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"crosstalk/monitors"
	"crosstalk/monitors/identity"
	"crosstalk/session"
)

// counters make the checks of the data stores that tell what they do.
var counters = map[string]func(monitors.DatabaseOptions) (monitors.Check, error){
	"postgres": monitors.Postgres, "mysql": monitors.MySQL, "redis": monitors.Redis}

// countStores lets the databases of production whose DSNs were given for the
// comparison say what they do while a link check runs: work shows long before latency
// does. One that is watched already, or that does not tell, is left alone.
func countStores(ctx context.Context, checks []monitors.Check, dsns []string, cfg *session.Config, stderr io.Writer) []monitors.Check {
	for _, dsn := range dsns {
		if dsn == "" {
			continue
		}
		c, err := storeCheck(dsn, checks, cfg)
		switch {
		case err != nil:
			fmt.Fprintf(stderr, "crosstalk: what production's database does is not counted: %v\n", err) // it repeats nothing of the DSN
			continue
		case c.Probe == nil: // of another kind
			continue
		case slices.ContainsFunc(checks, func(k monitors.Check) bool { return k.Env == c.Env && k.Kind == c.Kind && k.Address == c.Address }):
		default:
			asking, cancel := context.WithTimeout(ctx, identity.DefaultLimit)
			r := c.Probe(asking)
			cancel()
			if r.Worked {
				checks = append(checks, c)
				continue
			}
			fmt.Fprintf(stderr, "crosstalk: what production's %s does is not counted: it %s\n", c.Kind, reasonOf(r))
		}
		if c.Close != nil {
			c.Close()
		}
	}
	return checks
}

// storeCheck makes the check of a data store, under a name that no other has; it has
// no probe where the store is of a kind that counts nothing.
func storeCheck(dsn string, checks []monitors.Check, cfg *session.Config) (monitors.Check, error) {
	place, err := identity.ParseDSN(dsn)
	if err != nil {
		return monitors.Check{}, err
	}
	kind := counters[place.System]
	if kind == nil {
		return monitors.Check{}, nil
	}
	o := monitors.DatabaseOptions{Env: monitors.Production, Name: "database", Every: session.CountersEvery}
	if o.DSN, err = place.ForDriver(); err != nil {
		return monitors.Check{}, err
	}
	named := func(c monitors.Check) bool { return c.Env == o.Env && c.Name == o.Name }
	for n := 2; slices.ContainsFunc(checks, named); n++ {
		o.Name = fmt.Sprintf("database %d", n)
	}
	c, err := kind(o)
	if err != nil {
		return monitors.Check{}, err
	}
	c.Eager = true
	return cfg.MaskCheck(c), nil
}

func reasonOf(r monitors.Result) string {
	if r.Reason == "" {
		return "does not tell"
	}
	return r.Reason
}
