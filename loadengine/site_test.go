package loadengine

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// siteServers stand for all hosts, without any network, and keep what came.
type siteServers struct {
	mu  sync.Mutex
	got map[string]http.Header // by URL
}

func (s *siteServers) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	shown := *r.URL
	shown.Fragment = ""
	s.got[shown.String()] = r.Header.Clone()
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}
	if to := r.URL.Query().Get("to"); to != "" {
		resp.StatusCode = http.StatusFound
		resp.Header.Set("Location", to)
	}
	return resp, nil
}

// What of the plan's headers is a credential goes to staging's own host and those
// below it, and to a further host only where the step itself sends it.
func TestCredentialsStayAtHome(t *testing.T) {
	t.Parallel()
	const pass = "Basic YW5uOnB3" // ann:pw
	for name, c := range map[string]struct {
		base   string
		header http.Header
		step   Step
		want   map[string]string // URL: the credentials that it got
	}{
		"own host":             {"http://ann:pw@shop.test", nil, Step{URL: "/a"}, map[string]string{"http://shop.test/a": pass + " plan-key"}},
		"own host, other port": {"http://ann:pw@shop.test", nil, Step{URL: "http://shop.test:81/a"}, map[string]string{"http://shop.test:81/a": pass + " plan-key"}},
		"further host":         {"http://ann:pw@shop.test", nil, Step{URL: "http://cdn.other.test/a"}, map[string]string{"http://cdn.other.test/a": ""}},
		"below":                {"http://ann:pw@shop.test", nil, Step{URL: "http://api.shop.test/a"}, map[string]string{"http://api.shop.test/a": "plan-key"}},
		"token, further":       {"http://shop.test", http.Header{"authorization": {"Bearer t"}, "cookie": {"sid=1"}}, Step{URL: "http://cdn.other.test/a"}, map[string]string{"http://cdn.other.test/a": ""}},
		"token, below":         {"http://shop.test", http.Header{"Authorization": {"Bearer t"}, "Cookie": {"sid=1"}}, Step{URL: "http://api.shop.test/a"}, map[string]string{"http://api.shop.test/a": "Bearer t sid=1 plan-key"}},
		"the step's own":       {"http://ann:pw@shop.test", nil, Step{URL: "http://cdn.other.test/a", Header: http.Header{"x-api-key": {"own"}, "Authorization": {"mine"}}}, map[string]string{"http://cdn.other.test/a": "mine own"}},
		"filled in, away":      {"http://ann:pw@shop.test", nil, Step{URL: "{{away}}"}, map[string]string{"http://cdn.other.test/x": ""}},
		"filled in, home":      {"http://ann:pw@shop.test", nil, Step{URL: "{{home}}"}, map[string]string{"http://shop.test/x": pass + " plan-key"}},
		"filled-in host":       {"http://ann:pw@shop.test", nil, Step{URL: "http://{{host}}/x"}, map[string]string{"http://cdn.other.test/x": ""}},
		"filled-in path":       {"http://ann:pw@shop.test", nil, Step{URL: "{{path}}"}, map[string]string{"http://shop.test/x": pass + " plan-key"}},
		"redirected":           {"http://ann:pw@shop.test", nil, Step{URL: "/r?to=http://cdn.other.test/x"}, map[string]string{"http://shop.test/r?to=http://cdn.other.test/x": pass + " plan-key", "http://cdn.other.test/x": ""}},
		"redirected below":     {"http://ann:pw@shop.test", nil, Step{URL: "/r?to=http://api.shop.test/x"}, map[string]string{"http://shop.test/r?to=http://api.shop.test/x": pass + " plan-key", "http://api.shop.test/x": "plan-key"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			servers := &siteServers{got: map[string]http.Header{}}
			p := onePlan(c.base, c.step)
			p.Hosts = []string{"cdn.other.test", "api.shop.test", "shop.test:81"}
			p.Header = http.Header{"X-Api-Key": {"plan-key"}, "X-Team": {"shop"}}
			maps.Copy(p.Header, c.header)
			p.Private = []string{"x-api-key"}
			p.Data = []map[string]string{{"away": "http://cdn.other.test/x", "home": "http://shop.test/x", "host": "cdn.other.test", "path": "/x"}}
			p.MaxUsers = 1
			permit := NewPermit(SystemClock())
			permit.Grant(permitBeyond)
			prog, errs := compile(p)
			if errs != nil {
				t.Fatal(errs)
			}
			users := []user{newUser(0)}
			g := newGate(NewBrake(), permit, prog, users, &findings{}, servers)
			g.run = t.Context()
			users[0].join(prog, 1, 1)
			if err := g.turn(&users[0], new(kit)); err != nil || users[0].out.kind != "" {
				t.Fatalf("%v, %q", err, users[0].out.kind)
			}
			if len(servers.got) != len(c.want) {
				t.Errorf("asked were %v", servers.got)
			}
			for url, want := range c.want {
				h := servers.got[url]
				var got []string
				for _, key := range []string{"Authorization", "Cookie", "X-Api-Key"} {
					got = append(got, h[key]...)
				}
				if strings.Join(got, " ") != want || h.Get("X-Team") != "shop" {
					t.Errorf("%s got %v, want %q", url, h, want)
				}
			}
		})
	}
}

func TestWithheldHeaders(t *testing.T) {
	t.Parallel()
	p := Plan{Base: "http://shop.test", Header: http.Header{"Authorization": {"x"}, "X-Key": {"y"}, "X-Team": {"z"}}, Private: []string{"x-key"}}
	for in, want := range map[string][]string{
		"/a": nil, "http://shop.test/": nil, "http://api.shop.test/": nil, "http://{{host}}/": nil, "http://cdn{{n}}.test/": nil, "{{url}}": nil,
		"http://cdn.test/": {"Authorization", "X-Key"}, "https://cdn.test/{{id}}": {"Authorization", "X-Key"},
	} {
		if got := p.Withheld(Step{URL: in}); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", in, got, want)
		}
	}
	if got := p.Withheld(Step{URL: "http://cdn.test/", Header: http.Header{"authorization": {"own"}}}); fmt.Sprint(got) != "[X-Key]" {
		t.Errorf("what the step sends itself: %v", got)
	}
}

// The header that was written beforehand, for a path that is the same each time,
// lacks what its host is not to get, by the lean path as well.
func TestCredentialsStayAtHomeOnTheLeanPath(t *testing.T) {
	t.Parallel()
	base, err := url.Parse("http://shop.test")
	if err != nil {
		t.Fatal(err)
	}
	p := onePlan(base.String(), Step{URL: "http://cdn.other.test/a"})
	p.Hosts, p.Header = []string{"cdn.other.test"}, http.Header{"Authorization": {"Bearer t"}, "X-Team": {"shop"}}
	p.Journeys[0].Steps = append(p.Journeys[0].Steps, Step{URL: "/a"}, Step{URL: "{{away}}"})
	p.Data = []map[string]string{{"away": "/x"}}
	prog, errs := compile(p)
	if errs != nil {
		t.Fatal(errs)
	}
	away, home, unknown := string(prog.steps[0].raw), string(prog.steps[1].raw), prog.steps[2].raw
	if strings.Contains(away, "Bearer") || !strings.Contains(away, "X-Team") || !strings.Contains(home, "Authorization: Bearer t\r\n") || unknown != nil {
		t.Errorf("written beforehand: away %q, home %q, unknown %q", away, home, unknown)
	}
}
