package main

import (
	"cmp"
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

// stores are the databases of production that count in link checks, and those that should.
type stores struct {
	checks []monitors.Check    // all of a session's
	missed []session.Uncounted // can't be read or asked: without them a check is not what was ordered
	hints  []string            // what a person should know of them
}

// countStores lets the databases of production whose DSNs were given for the
// comparison say what they do while a link check runs: work shows long before latency
// does. One that is watched already is left alone. One that answers and does not tell what
// it does is asked as well: it may do so later. One that can't be read or asked is missed.
func countStores(ctx context.Context, checks []monitors.Check, dsns []string, cfg *session.Config, stderr io.Writer) stores {
	s := stores{checks: checks}
	tell := func(format string, args ...any) string {
		said := cfg.Mask(fmt.Sprintf(format, args...))
		fmt.Fprintf(stderr, "crosstalk: %s\n", said)
		return said
	}
	miss := func(name, kind, format string, args ...any) {
		s.miss(session.Uncounted{Name: name, Kind: kind, Said: tell(format, args...)})
	}
	for i, dsn := range dsns {
		if dsn == "" || slices.Contains(dsns[:i], dsn) {
			continue
		}
		name := s.name()
		c, err := storeCheck(dsn, name, cfg)
		switch {
		case err != nil:
			miss(name, "", "what production's database does is not counted: %v", err) // it repeats nothing of the DSN
			continue
		case c.Probe == nil:
			if c.Kind != "" {
				s.hints = append(s.hints, tell("what production's %s does is not counted: only PostgreSQL, MySQL, MariaDB, Redis and Valkey are", c.Kind))
			}
			continue
		case slices.ContainsFunc(s.checks, func(k monitors.Check) bool { return k.Env == c.Env && k.Kind == c.Kind && k.Address == c.Address }):
		default:
			asking, cancel := context.WithTimeout(ctx, identity.DefaultLimit)
			r := c.Probe(asking)
			cancel()
			if r.OK {
				s.checks = append(s.checks, c)
				if !r.Worked {
					s.hints = append(s.hints, "without that no link check says \"no link seen\": "+
						tell("what production's %s does is not counted until it tells, which it is asked for every 10 s. %s", c.Kind,
							link.Grant(session.Uncounted{Name: name, Kind: c.Kind}.Counter())))
				}
				continue
			}
			miss(name, c.Kind, "what production's %s does is not counted: it %s", c.Kind, cmp.Or(r.Reason, "did not answer"))
		}
		if c.Close != nil {
			c.Close()
		}
	}
	return s
}

// miss adds one that was said already.
func (s *stores) miss(u session.Uncounted) {
	s.missed = append(s.missed, u)
	s.hints = append(s.hints, "without it no link check says \"no link seen\": "+u.Words())
}

// name is one that no check of production has, nor a store that is missed.
func (s *stores) name() string {
	name := "database"
	for n := 2; slices.ContainsFunc(s.checks, func(c monitors.Check) bool { return c.Env == monitors.Production && c.Name == name }) ||
		slices.ContainsFunc(s.missed, func(m session.Uncounted) bool { return m.Name == name }); n++ {
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
		return monitors.Check{Kind: place.System}, nil
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
