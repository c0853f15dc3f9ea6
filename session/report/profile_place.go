package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"crosstalk/session"
)

// whereabouts are the machines that a session's configuration names.
type whereabouts struct {
	staging, production placed
	crew                []string // whoever signed anything
}

// placed are the machines of one environment.
type placed struct {
	hosts  []string // with their ports and without
	checks []string // what its checks are called
}

// begun takes those of a start: a session taken up again may watch other servers.
func (w *whereabouts) begun(s *session.Start) {
	w.staging.add(s.Target)
	if s.Fleet != nil {
		w.staging.add(s.Fleet.Address)
	}
	var c session.Config
	if json.Unmarshal(s.Config, &c) == nil {
		for _, h := range c.Staging.Hosts {
			w.staging.add(h)
		}
		for _, k := range c.Production.Checks {
			w.production.add(k.Address)
		}
	}
	for _, k := range s.Checks {
		if k.Env == production {
			w.production.check(k)
			if strings.ContainsAny(k.Name, ".:") { // one without a name is called by its host
				w.production.add(k.Name)
			}
			continue
		}
		w.staging.check(k)
	}
}

func (p *placed) add(address string) {
	for _, h := range hostIn(address) {
		if !slices.Contains(p.hosts, h) {
			p.hosts = append(p.hosts, h)
		}
	}
}

func (p *placed) check(k session.CheckInfo) {
	p.add(k.Address)
	if !slices.Contains(p.checks, k.Name) {
		p.checks = append(p.checks, k.Name)
	}
}

// has tells whether a machine here may be called so: one of its hosts is, with or
// without its domain, or a check's name says it.
func (p placed) has(name string) bool {
	if slices.ContainsFunc(p.hosts, func(h string) bool {
		return h == name || strings.HasPrefix(h, name+".") || strings.HasPrefix(h, name+":")
	}) {
		return true
	}
	said := hostsOf(regexp.QuoteMeta(name), afterShort)
	return slices.ContainsFunc(p.checks, said.MatchString)
}

var inBrackets = regexp.MustCompile(`\(([^()]+)\)`)

// hostIn is the host of an address, with its port and without: of a URL, a data
// source's name, or host and port.
func hostIn(address string) []string {
	host := address
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		host = u.Host
	} else if m := inBrackets.FindStringSubmatch(address); m != nil {
		host = m[1]
	}
	if strings.ContainsAny(host, "/ *@{}") || host == "" {
		return nil
	}
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		return []string{strings.ToLower(host)}
	}
	if name == "" {
		return nil
	}
	return []string{strings.ToLower(host), strings.ToLower(name)}
}

// bareHost is a host without its port.
func bareHost(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

// shorts are what a machine is called without its domain, or without the end of
// it; none where that could be any word.
func shorts(bare string) []string {
	first, _, ok := strings.Cut(bare, ".")
	if !ok || len(first) <= 3 || !strings.ContainsAny(first, "-0123456789") || !strings.ContainsAny(first, "abcdefghijklmnopqrstuvwxyz") {
		return nil
	}
	var out []string
	for i := range len(bare) {
		if bare[i] == '.' {
			out = append(out, bare[:i])
		}
	}
	return out
}

// What may follow a host. With its domain it is one whatever stands behind its
// dot, a file's ending, say; without one it may be a part of a longer host, which
// is another machine's.
const (
	afterHost  = `($|[^\pL\pN-])`
	afterShort = `($|\.(?:$|[^\pL\pN])|[^\pL\pN.-])`
)

// hostsOf matches hosts as whole words.
func hostsOf(names, after string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(^|[^\pL\pN.-]|\\[nrt])(` + names + `)` + after)
}

// places puts words in the place of hosts. A loopback address names nobody. What
// machines of both environments may be called stands for neither of them.
func (c *censor) places(w whereabouts) {
	whole, short := map[string]string{}, map[string]string{} // with a domain, and without one
	name := func(env string, own, other placed, shared []string) {
		seen := map[string]int{}
		for _, h := range own.hosts {
			bare := bareHost(h)
			if ip, err := netip.ParseAddr(strings.Trim(bare, "[]")); err == nil && ip.IsLoopback() || bare == "localhost" {
				continue
			}
			if seen[bare] == 0 {
				seen[bare] = len(seen) + 1
			}
			if slices.Contains(shared, h) || whole[h] != "" {
				continue
			}
			word := fmt.Sprintf("%s-host-%d", env, seen[bare])
			switch {
			case strings.Contains(h, "."):
				whole[h] = word
			case other.has(h):
				short[h] = someHost
			case short[h] == "":
				short[h] = word
			}
			for _, s := range shorts(bare) {
				switch {
				case short[s] != "":
				case !other.has(s):
					short[s] = word
				case c.profile.Hosts:
					short[s] = someHost
				}
			}
		}
	}
	stay := map[string]string{} // what a host that goes may be the beginning of
	switch {
	case c.profile.Hosts:
		name(production, w.production, w.staging, nil)
		name(staging, w.staging, w.production, nil)
	case c.profile.Production:
		name(production, w.production, w.staging, w.staging.hosts)
		for _, h := range w.staging.hosts {
			stay[h] = h
		}
	default:
		return
	}
	said := maps.Clone(whole)
	maps.Copy(said, short)
	by := func(h string) string {
		if _, ok := stay[strings.ToLower(h)]; ok {
			return h
		}
		return inPlace(said, h, someHost)
	}
	if len(whole) > 0 {
		maps.Copy(whole, stay)
		c.swaps = append(c.swaps, swap{find: hostsOf(anyOf(whole), afterHost), by: by})
	}
	if len(short) > 0 {
		names := anyOf(short)
		if c.profile.Hosts { // of a longer host that nobody configured nothing stays
			c.swaps = append(c.swaps, swap{find: hostsOf(`(?:`+names+`)(?:\.[\pL\pN-]+)+`, afterHost), by: func(string) string { return someHost }})
		}
		c.swaps = append(c.swaps, swap{find: hostsOf(names, afterShort), by: by})
	}
	if len(said) > 0 {
		c.swaps[len(c.swaps)-1].near = nearly(said)
	}
	if c.profile.Hosts {
		hidden := func(h string) string {
			if replaced.MatchString(h) {
				return h
			}
			return someHost
		}
		c.swaps = append(c.swaps, swap{find: webHost, by: hidden}, swap{find: ipv4, by: hidden})
	}
}
