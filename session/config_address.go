package session

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// hostPort is where something listens: the host name in small letters and the port; a socket's path has no port.
type hostPort struct{ host, port string }

// String gives host:port.
func (h hostPort) String() string {
	if h.port == "" {
		return h.host
	}
	return net.JoinHostPort(h.host, h.port)
}

// covers tells whether an address is meant by an entry of staging.hosts or by another address. An entry without
// a port means the ports of http and https, as it does to the load engine.
func (h hostPort) covers(a hostPort) bool {
	same := sameHost(h.host) == sameHost(a.host)
	return same && (h.port == a.port || h.port == "" && (a.port == "80" || a.port == "443"))
}

// sameHost gives one name to all names that this machine has for itself, for which no address need be looked up.
func sameHost(host string) string {
	if a, err := netip.ParseAddr(host); err == nil {
		if a = a.Unmap(); a.IsLoopback() && (a.Is6() || a == netip.AddrFrom4([4]byte{127, 0, 0, 1})) || a.IsUnspecified() {
			return "localhost"
		}
		return a.String()
	}
	if strings.HasSuffix(host, ".localhost") {
		return "localhost"
	}
	return host
}

// newHostPort writes a host the one way in which it is compared.
func newHostPort(host, port, standard string) hostPort {
	host = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(host), "."))
	if port == "" {
		port = standard
	}
	return hostPort{host, strings.TrimLeft(port, "0")}
}

// splitHost takes host or host:port apart; IPv6 addresses may stand in brackets.
func splitHost(s string) (host, port string) {
	if h, p, err := net.SplitHostPort(s); err == nil {
		return h, p
	}
	return strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"), ""
}

// hostEntry reads an entry of staging.hosts.
func hostEntry(s string) hostPort {
	host, port := splitHost(s)
	return newHostPort(host, port, "")
}

// defaultPorts by kind of check.
var defaultPorts = map[string]string{"postgres": "5432", "mysql": "3306", "redis": "6379"}

var (
	mysqlAddress = regexp.MustCompile(`(?s)^(?:.*@)?tcp[46]?\(([^()]*)\)/[^/]*$`)
	mysqlSocket  = regexp.MustCompile(`(?s)^(?:.*@)?unix\(([^()]+)\)/[^/]*$`)
	dsnHost      = regexp.MustCompile(`(?:^|\s)host(?:addr)?\s*=\s*('[^']*'|\S+)`)
	dsnPort      = regexp.MustCompile(`(?:^|\s)port\s*=\s*('[^']*'|\S+)`)
	dsnAny       = regexp.MustCompile(`^\s*\w+\s*=`)
)

// addressesOf gives the host and port of what a check of this kind looks at; the kinds that look at none give
// none, as does what cannot be understood. There is always one when ok is true.
func addressesOf(kind, address string) (list []hostPort, ok bool) {
	switch kind {
	case "http", "metrics", "prometheus", "grafana":
		u, err := url.Parse(address)
		if err != nil || u.Hostname() == "" {
			return nil, false
		}
		standard := map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
		return []hostPort{newHostPort(u.Hostname(), u.Port(), standard)}, standard != ""
	case "tcp":
		host, port := splitHost(address)
		return []hostPort{newHostPort(host, port, "")}, host != "" && port != ""
	case "postgres", "mysql", "redis":
		return dsnAddresses(kind, strings.TrimSpace(address))
	}
	return nil, false
}

// dsnAddresses takes the hosts out of a data source's name.
func dsnAddresses(kind, dsn string) (list []hostPort, ok bool) {
	standard := defaultPorts[kind]
	schemes := map[string][]string{
		"postgres": {"postgres", "postgresql"}, "mysql": {"mysql", "mariadb"}, "redis": {"redis", "rediss", "unix"},
	}[kind]
	if scheme, rest, found := strings.Cut(dsn, "://"); found && slices.Contains(schemes, strings.ToLower(scheme)) {
		if scheme == "unix" {
			return []hostPort{{host: rest}}, rest != ""
		}
		// A list of hosts is legal here, and nothing that url.Parse would take.
		authority := rest
		if i := strings.IndexAny(rest, "/?#"); i >= 0 {
			authority = rest[:i]
		}
		if i := strings.LastIndex(authority, "@"); i >= 0 {
			authority = authority[i+1:]
		}
		return hostList(strings.Split(authority, ","), standard)
	}
	switch {
	case kind == "postgres" && dsnAny.MatchString(dsn):
		hosts, ports := []string{"localhost"}, []string{standard}
		if m := dsnHost.FindStringSubmatch(dsn); m != nil {
			hosts = strings.Split(strings.Trim(m[1], "'"), ",")
		}
		if m := dsnPort.FindStringSubmatch(dsn); m != nil {
			ports = strings.Split(strings.Trim(m[1], "'"), ",")
		}
		for i, h := range hosts {
			port := ports[min(i, len(ports)-1)]
			if !validPort(port, true) {
				return nil, false
			}
			list = append(list, newHostPort(h, port, standard))
		}
		return list, len(list) > 0
	case kind == "mysql":
		if m := mysqlAddress.FindStringSubmatch(dsn); m != nil {
			return hostList([]string{m[1]}, standard)
		}
		if m := mysqlSocket.FindStringSubmatch(dsn); m != nil {
			return []hostPort{{host: m[1]}}, true
		}
	case kind == "redis" && !strings.ContainsAny(dsn, " /@?#="):
		return hostList([]string{dsn}, standard)
	}
	return nil, false
}

// hostList reads host or host:port, each; an empty host is this machine.
func hostList(entries []string, standard string) (list []hostPort, ok bool) {
	for _, e := range entries {
		host, port := splitHost(e)
		if !validPort(port, true) || strings.ContainsAny(host, " @/") {
			return nil, false
		}
		if host == "" {
			host = "localhost"
		}
		list = append(list, newHostPort(host, port, standard))
	}
	return list, len(list) > 0
}

// pathOf is the path of a URL; empty for the root.
func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Path == "/" {
		return ""
	}
	return u.Path
}

// shown gives an address for a message, unless the text it was taken from came from the environment.
func (c *Config) shown(a hostPort, source string) string {
	if _, secret := c.inPlace[source]; secret {
		return masked
	}
	return c.Mask(a.String())
}

// ProductionAddresses are the addresses (host:port) that production's checks use: what load must never reach. Sockets
// of this machine have no port and are left out.
func (c *Config) ProductionAddresses() []string {
	var all []string
	for _, k := range c.Production.Checks {
		addresses, _ := addressesOf(k.Kind, k.Address)
		for _, a := range addresses {
			if s := a.String(); a.port != "" && !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

// watches names the check of production that uses an address.
func (c *Config) watches(a hostPort) (check string, yes bool) {
	for _, k := range c.Production.Checks {
		list, _ := addressesOf(k.Kind, k.Address)
		if slices.ContainsFunc(list, a.covers) {
			return k.Name, true
		}
	}
	return "", false
}

// Conflicts names the checks of production whose address (host name and port) load may reach, as the target or
// as an entry of staging's hosts, and those that staging's checks look at too. Names are compared, not what they
// resolve to. A Prometheus or Grafana server may serve both environments' checks, but not be loaded.
func (c *Config) Conflicts() []Problem {
	var problems []Problem
	s := &c.Staging
	target, _ := addressesOf("http", s.URL)
	for _, k := range c.Production.Checks {
		addresses, _ := addressesOf(k.Kind, k.Address)
		for _, a := range addresses {
			if what, remedy := c.conflict(k, a, target); what != "" {
				p := Problem{File: c.file, Line: k.at.line, Column: k.at.column, What: what, Remedy: remedy}
				if k.at.flag != "" {
					p.File, p.What = "", k.at.flag+": "+what
				}
				problems = append(problems, p)
				break
			}
		}
	}
	return problems
}

// conflict says what one address of a production check shares with staging.
func (c *Config) conflict(k Check, a hostPort, target []hostPort) (what, remedy string) {
	name := c.shown(a, k.Address)
	if slices.ContainsFunc(target, a.covers) {
		source := "staging.url"
		if c.Staging.urlAt.flag != "" {
			source = c.Staging.urlAt.flag
		}
		return fmt.Sprintf("production check %q watches %s, which is the target's address too (%s): load would hit what must only be watched", k.Name, name, source),
			"give production's own address, or load another one"
	}
	for i, h := range c.Staging.Hosts {
		if e := hostEntry(h); e.covers(a) {
			where := ""
			if i < len(c.Staging.hostsAt) {
				where = fmt.Sprintf(" on line %d", c.Staging.hostsAt[i].line)
			}
			remedy = "take it out of staging.hosts"
			if e.port == "" {
				remedy += ", or write it with its port: without one it means 80 and 443"
			}
			return fmt.Sprintf("production check %q watches %s, which staging.hosts lets load reach (%q%s)", k.Name, name, c.Mask(h), where), remedy
		}
	}
	if k.Kind == "prometheus" || k.Kind == "grafana" {
		return "", ""
	}
	for _, other := range c.Staging.Checks {
		if other.Kind == "prometheus" || other.Kind == "grafana" {
			continue
		}
		list, _ := addressesOf(other.Kind, other.Address)
		if slices.ContainsFunc(list, a.covers) {
			return fmt.Sprintf("production check %q watches %s, which staging's check %q watches too: one server would speak for both environments", k.Name, name, other.Name),
				"give each environment its own server"
		}
	}
	return "", ""
}
