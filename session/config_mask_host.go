package session

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"crosstalk/monitors"
)

// hiddenHosts are the names of hosts that came from the environment, whole or in part. Findings, the reasons of
// checks and warnings name a host alone, in small letters, also where the variable held a whole URL or data source.
// What this machine calls itself is no secret, nor is what stands in the file as well.
func (c *Config) hiddenHosts() []string {
	if len(c.inPlace) == 0 {
		return nil
	}
	type named struct{ kind, address string }
	places := []named{{"http", c.Staging.URL}, {"http", c.Engine.Locust}}
	for _, h := range c.Staging.Hosts {
		places = append(places, named{"", h})
	}
	for _, j := range c.Staging.Journeys {
		for _, s := range slices.Concat(j.Once, j.Steps) {
			places = append(places, named{"http", s.Path})
		}
	}
	for _, dsn := range []string{c.Identity.Staging, c.Identity.Production} {
		for kind := range defaultPorts {
			places = append(places, named{kind, dsn})
		}
	}
	if d := c.Identity.Dye; d != nil {
		for _, s := range []Step{d.Staging, d.Look, d.Production} {
			places = append(places, named{"http", s.Path})
		}
	}
	for _, k := range slices.Concat(c.Staging.Checks, c.Production.Checks, c.Control.Checks) {
		places = append(places, named{k.Kind, k.Address})
	}
	var all []string
	plain := map[string]bool{}
	for _, p := range places {
		shown, outside := c.inPlace[p.address]
		if !outside {
			_, shown, outside = c.writtenAs(p.address)
		}
		list, _ := addressesOf(p.kind, p.address)
		if p.kind == "" || p.kind == "dns" {
			list = []hostPort{hostEntry(p.address)}
		}
		low := strings.ToLower(p.address)
		for _, a := range list {
			if !outside || strings.Contains(strings.ToLower(shown), a.host) {
				plain[a.host] = true
				continue
			}
			if ownName(a.host) || strings.Contains(a.host, "{{") {
				continue
			}
			all = append(all, a.host)
			if i := strings.Index(low, a.host); i >= 0 && len(low) == len(p.address) {
				all = append(all, p.address[i:i+len(a.host)])
			}
		}
	}
	return slices.DeleteFunc(all, func(h string) bool { return plain[strings.ToLower(h)] })
}

// ownName tells whether a host is this machine, whichever machine reads it.
func ownName(host string) bool {
	a, err := netip.ParseAddr(host)
	return sameHost(host) == "localhost" || err == nil && a.Unmap().IsLoopback()
}

// MaskCheck returns a check whose reasons are masked: they may name its host, and quote what it was asked.
func (c *Config) MaskCheck(m monitors.Check) monitors.Check {
	discreet := func(ask monitors.Probe) monitors.Probe {
		if ask == nil {
			return nil
		}
		return func(ctx context.Context) monitors.Result {
			r := ask(ctx)
			if r.Reason != "" {
				r.Reason = c.maskEnd(c.Mask(r.Reason))
			}
			return r
		}
	}
	m.Probe, m.Fresh = discreet(m.Probe), discreet(m.Fresh)
	return m
}

// maskEnd masks what a text that was cut off holds of a secret at its end.
func (c *Config) maskEnd(s string) string {
	text, cut := strings.CutSuffix(s, "...")
	if !cut {
		return s
	}
	most := 0
	for _, secret := range c.spelledSecrets() {
		n := min(len(secret)-1, len(text))
		for n > most && !strings.HasSuffix(text, secret[:n]) {
			n--
		}
		most = max(most, n)
	}
	if most < shortSecret {
		return s
	}
	return text[:len(text)-most] + masked + "..."
}
