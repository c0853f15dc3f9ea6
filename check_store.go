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

// countStores lets the databases of production whose DSNs were given for the
// comparison say what they do while the check runs: work shows long before latency
// does. One that is watched already, or that does not tell, is left alone.
func (f *checkFlags) countStores(ctx context.Context, checks []monitors.Check, dsns []string, cfg *session.Config, stderr io.Writer) []monitors.Check {
	for _, dsn := range dsns {
		place, err := identity.ParseDSN(dsn)
		kind := map[string]func(monitors.DatabaseOptions) (monitors.Check, error){
			"postgres": monitors.Postgres, "mysql": monitors.MySQL, "redis": monitors.Redis}[place.System]
		if dsn == "" || err != nil || kind == nil {
			continue
		}
		o := monitors.DatabaseOptions{Env: monitors.Production, Name: "database", DSN: dsn, Every: session.CountersEvery}
		named := func(c monitors.Check) bool { return c.Env == o.Env && c.Name == o.Name }
		for n := 2; slices.ContainsFunc(checks, named); n++ {
			o.Name = fmt.Sprintf("database %d", n)
		}
		c, err := kind(o)
		c = cfg.MaskCheck(c)
		switch {
		case err != nil:
			continue // the comparison has said what is wrong with it
		case slices.ContainsFunc(checks, func(k monitors.Check) bool { return k.Env == o.Env && k.Kind == c.Kind && k.Address == c.Address }):
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

func reasonOf(r monitors.Result) string {
	if r.Reason == "" {
		return "does not tell"
	}
	return r.Reason
}
