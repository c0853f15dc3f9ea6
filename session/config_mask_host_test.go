package session

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"crosstalk/loadengine"
	"crosstalk/monitors"
)

// hostsOutside names hosts by variables, in every form that an address has.
const hostsOutside = `
staging:
  url: "${STAGING_URL}"
  hosts: ["${LOGIN_HOST}", "plain.test", "127.0.0.1:9"]
  journeys: [{name: j, steps: [GET /, "GET https://${LOGIN_HOST}/in"]}]
  checks:
    - {name: name, dns: "${DNS_HOST}"}
    - {name: port, tcp: "${PART}.example.test:99"}
    - {name: base, postgres: "${STAGING_DSN}"}
    - {name: here, redis: "${HERE}"}
    - {name: twice, tcp: "${BOTH}"}
    - {name: twice too, http: "http://both.test/"}
    - {name: literal, http: "http://ann:${PASSWORD}@plain.test/"}
`

func hostsOutsideConfig(t *testing.T) *Config {
	t.Helper()
	c, err := ParseConfig("crosstalk.yaml", []byte(hostsOutside), configEnv("STAGING_URL", "https://Shop-zq9.test:8443", "LOGIN_HOST", "Login-zq9.test",
		"DNS_HOST", "name-zq9.invalid", "PART", "zq9", "STAGING_DSN", "postgres://ann:pw@db-zq9.test/shop", "BOTH", "both.test:99", "HERE", "redis://127.0.0.1:6379/0", "PASSWORD", "hunter2-zq9"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A host that came from the environment is masked also where it stands alone, as
// it is written and in small letters.
func TestMaskKnowsHosts(t *testing.T) {
	t.Parallel()
	c := hostsOutsideConfig(t)
	for text, want := range map[string]string{
		"leads to shop-zq9.test:8443":            "leads to ***:8443",
		"Shop-zq9.test and login-zq9.test:80":    "*** and ***:80",
		"name lookup of db-zq9.test failed":      "name lookup of *** failed",
		"zq9.example.test:99":                    "***.example.test:99",   // the rest stands in the file
		"leads to both.test:80":                  "leads to both.test:80", // it stands in the file
		"127.0.0.1:6379 and plain.test, port 99": "127.0.0.1:6379 and plain.test, port 99",
	} {
		if got := c.Mask(text); got != want {
			t.Errorf("mask of %q is %q, want %q", text, got, want)
		}
		if got := c.MaskValues(text, nil); got != want {
			t.Errorf("mask of the values of %q is %q, want %q", text, got, want)
		}
	}
	for _, a := range c.warnings(loadengine.Wire{Proxy: func(*url.URL) (*url.URL, error) { return url.Parse("http://proxy.test:3128") }}) {
		if strings.Contains(a, "zq9") || !strings.Contains(a, "proxy.test:3128") {
			t.Errorf("warned %q", a)
		}
	}
}

// What a check says of its server holds no host that came from the environment,
// however the check asks.
func TestReasonsAreMasked(t *testing.T) {
	t.Parallel()
	cfg := hostsOutsideConfig(t)
	c, err := cfg.Compile(t.Context(), Caps{})
	if err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	i := slices.IndexFunc(c.Checks, func(k monitors.Check) bool { return k.Name == "name" })
	if r := c.Checks[i].Probe(over); !strings.Contains(r.Reason, "***") || strings.Contains(r.Reason, "zq9") {
		t.Errorf("it says %q", r.Reason)
	}
	says := func(reason string) monitors.Probe {
		return func(context.Context) monitors.Result { return monitors.Result{Hard: true, Reason: reason} }
	}
	for reason, want := range map[string]string{
		"":                                     "",
		"no answer about name-zq9.invalid":     "no answer about ***",
		"cannot answer: rate(x{a=\"login-z...": "cannot answer: rate(x{a=\"***...",
		"cannot answer: login...":              "cannot answer: ***...",
		"cannot answer: log...":                "cannot answer: log...",
	} {
		m := cfg.MaskCheck(monitors.Check{Probe: says(reason), Fresh: says(reason)})
		if a, b := m.Probe(over), m.Fresh(over); a.Reason != want || b.Reason != want || !a.Hard {
			t.Errorf("%q became %q and %q, want %q", reason, a.Reason, b.Reason, want)
		}
	}
	if m := cfg.MaskCheck(monitors.Check{Probe: says("")}); m.Fresh != nil {
		t.Error("a check without a fresh probe was given one")
	}
}

// No note, no tick and no line of the start names a host that is secret.
func TestSessionMasksHosts(t *testing.T) {
	t.Parallel()
	c := hostsOutsideConfig(t)
	const host = "login-zq9.test:443"
	s := &Session{o: Options{Mask: c.Mask, Plan: loadengine.Plan{MaxUsers: 7, MaxRPS: 100}}, facts: newOutbox(), now: time.Now}
	for _, kind := range []string{loadengine.FindingRedirect, loadengine.FindingLocation, loadengine.FindingHost, loadengine.FindingForbidden, loadengine.FindingAddress, loadengine.FindingProxy, "new"} {
		s.onFinding(loadengine.Finding{Kind: kind, Host: host, Step: "GET /", Addr: "192.0.2.1:443", Remedy: `staging.hosts: ["` + host + `"]`})
	}
	s.onFinding(loadengine.Finding{Kind: loadengine.FindingNodes, Text: "a worker sends to " + host})
	s.onFinding(loadengine.Finding{Kind: loadengine.FindingCapped})
	var texts []string
	for _, f := range s.facts.take() {
		texts = append(texts, f.body.(*NoteAdd).Text)
	}
	all := strings.Join(texts, "\n")
	if len(texts) != 9 || strings.Contains(all, "zq9") || strings.Count(all, "***") < 14 {
		t.Errorf("noted\n%s", all)
	}
	if want := "redirects that are followed take places under limits.rps: 100 a second is all there is"; texts[8] != want {
		t.Errorf("noted %q, want %q", texts[8], want)
	}
	if want := "GET /: ***:443 answers with a redirect to what is no address: not followed"; !strings.HasPrefix(texts[1], want) {
		t.Errorf("noted %q, want %q", texts[1], want)
	}
	if got := maskNames(map[string]uint64{"web-1": 2, "login-zq9.test": 3, "Login-zq9.test": 4}, c.Mask); fmt.Sprint(got) != "map[***:7 web-1:2]" {
		t.Errorf("servers %v", got)
	}
	infos := checkInfos([]monitors.Check{{Env: monitors.Staging, Name: "base", Kind: "postgres", Address: "db-zq9.test:5432"}}, s.mask)
	if infos[0].Address != "***:5432" {
		t.Errorf("the check is said to be at %s", infos[0].Address)
	}
}
