package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"crosstalk/monitors"
	"crosstalk/monitors/identity"
	"crosstalk/session"
	"crosstalk/session/link"
)

// counters make the checks of the data stores that tell what they do.
var counters = map[string]func(monitors.DatabaseOptions) (monitors.Check, error){
	"postgres": monitors.Postgres, "mysql": monitors.MySQL, "redis": monitors.Redis}

// countStores lets the databases of production whose DSNs were given for the
// comparison say what they do while a link check runs: work shows long before latency
// does. One that is watched already is left alone. One that can't be read or asked, or
// does not tell, is said and comes back as well: without it a check is not what was ordered.
func countStores(ctx context.Context, checks []monitors.Check, dsns []string, cfg *session.Config, stderr io.Writer) ([]monitors.Check, []session.Uncounted) {
	var missed []session.Uncounted
	miss := func(name, kind, format string, args ...any) {
		m := session.Uncounted{Name: name, Kind: kind, Said: cfg.Mask(fmt.Sprintf(format, args...))}
		fmt.Fprintf(stderr, "crosstalk: %s\n", m.Said)
		missed = append(missed, m)
	}
	for i, dsn := range dsns {
		if dsn == "" || slices.Contains(dsns[:i], dsn) {
			continue
		}
		name := storeName(checks, missed)
		c, err := storeCheck(dsn, name, cfg)
		switch {
		case err != nil:
			miss(name, "", "what production's database does is not counted: %v", err) // it repeats nothing of the DSN
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
			why := r.Reason
			if why == "" {
				why = "does not tell. " + link.Grant(session.Uncounted{Name: name, Kind: c.Kind}.Counter())
			}
			miss(name, c.Kind, "what production's %s does is not counted: it %s", c.Kind, why)
		}
		if c.Close != nil {
			c.Close()
		}
	}
	return checks, missed
}

// storeName is a name that no check of production has, nor a store that was missed.
func storeName(checks []monitors.Check, missed []session.Uncounted) string {
	name := "database"
	for n := 2; slices.ContainsFunc(checks, func(c monitors.Check) bool { return c.Env == monitors.Production && c.Name == name }) ||
		slices.ContainsFunc(missed, func(m session.Uncounted) bool { return m.Name == name }); n++ {
		name = fmt.Sprintf("database %d", n)
	}
	return name
}

// storeCheck makes the check of a data store; it has no probe where the store is of a
// kind that counts nothing.
func storeCheck(dsn, name string, cfg *session.Config) (monitors.Check, error) {
	place, err := identity.ParseDSN(dsn)
	if err != nil {
		return monitors.Check{}, err
	}
	kind := counters[place.System]
	if kind == nil {
		return monitors.Check{}, nil
	}
	o := monitors.DatabaseOptions{Env: monitors.Production, Name: name, Every: session.CountersEvery}
	if o.DSN, err = place.ForDriver(); err != nil {
		return monitors.Check{}, err
	}
	c, err := kind(o)
	if err != nil {
		return monitors.Check{}, err
	}
	c.Eager = true
	return cfg.MaskCheck(c), nil
}
