package loadengine

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// onePlan is a plan of one journey with one step.
func onePlan(base string, s Step) Plan {
	return Plan{
		Base: base, Version: "test", MaxUsers: 10,
		Journeys: []Journey{{Name: "j", Steps: []Step{s}}},
	}
}

func TestValidateAcceptsAWholePlan(t *testing.T) {
	t.Parallel()
	p := Plan{
		Base: "https://user:word@staging.example.test/app", Version: "1", MaxUsers: 200, MaxRPS: 500, Glide: 10,
		Hosts:     []string{"login.staging.example.test", "static.example.test:8443", "[::1]:8080", "10.1.2.3"},
		Forbidden: []string{"shop.example.test:443", "127.0.0.1:9081"},
		Header:    http.Header{"authorization": {"Bearer {{token}}"}},
		Data:      []map[string]string{{"login": "a", "password": "1"}, {"login": "b", "password": "2"}},
		Journeys: []Journey{{
			Name: "buy", Weight: 3, Think: Think{Min: time.Second, Max: 3 * time.Second},
			Once: []Step{{URL: "https://login.staging.example.test/", Body: Body{Kind: BodyForm, Form: map[string]string{"u": "{{login}}"}}, Save: map[string]string{"token": "$.token"}}},
			Steps: []Step{
				{URL: "/products"},
				{URL: "/cart", Body: Body{Kind: BodyJSON, Content: `{"sku":"{{login}}","n":{{password}}}`}, Save: map[string]string{"cart": "$.id", "h": "header:X-Id", "c": "cookie:sid", "r": `regex:id="(\d+)"`}, Expect: Expect{Status: "201"}},
				{Method: "post", URL: "/cart/{{cart}}/checkout?h={{h}}", Expect: Expect{Status: "2xx, 409", Body: "ok", JSON: map[string]string{"$.state": `"done"`}}},
			},
		}},
	}
	if errs := p.Validate(); errs != nil {
		t.Errorf("problems: %v", errs)
	}
}

func TestValidateNamesEveryProblem(t *testing.T) {
	t.Parallel()
	ok := Step{URL: "/"}
	for name, c := range map[string]struct {
		change func(*Plan)
		want   string
	}{
		"base":            {func(p *Plan) { p.Base = "staging" }, "write http://host"},
		"base, bad":       {func(p *Plan) { p.Base = "http://[::1" }, "url"},
		"users":           {func(p *Plan) { p.MaxUsers = 0 }, "users 0"},
		"too many users":  {func(p *Plan) { p.MaxUsers = 2_000_000_000 }, "users 2000000000: one machine runs at most 250000"},
		"rps":             {func(p *Plan) { p.MaxRPS = -1 }, "rps -1"},
		"glide":           {func(p *Plan) { p.Glide = -1 }, "glide -1"},
		"timeout":         {func(p *Plan) { p.Timeout = -1 }, "timeout"},
		"host with path":  {func(p *Plan) { p.Hosts = []string{"http://x/"} }, "without scheme"},
		"forbidden, port": {func(p *Plan) { p.Forbidden = []string{"x.test"} }, "a port is needed"},
		"base forbidden":  {func(p *Plan) { p.Forbidden = []string{"localhost:8080"} }, "production"},
		"host forbidden":  {func(p *Plan) { p.Hosts = []string{"x.test:81"}; p.Forbidden = []string{"X.test.:81"} }, "production"},
		"no journeys":     {func(p *Plan) { p.Journeys = nil }, "at least one"},
		"no steps":        {func(p *Plan) { p.Journeys[0].Steps = nil }, "at least one step"},
		"same name":       {func(p *Plan) { p.Journeys = append(p.Journeys, p.Journeys[0]) }, "used twice"},
		"no name":         {func(p *Plan) { p.Journeys[0].Name = "" }, "a name is needed"},
		"weight":          {func(p *Plan) { p.Journeys[0].Weight = -1 }, "weight -1"},
		"think":           {func(p *Plan) { p.Journeys[0].Think.Min = -1 }, "think"},
		"step think":      {func(p *Plan) { p.Journeys[0].Steps[0].Think = &Think{Max: 48 * time.Hour} }, "think"},
		"method":          {func(p *Plan) { p.Journeys[0].Steps[0].Method = "GE T" }, "method"},
		"unknown name":    {func(p *Plan) { p.Journeys[0].Steps[0].URL = "/{{cart}}" }, "{{cart}} is unknown"},
		"name of later": {func(p *Plan) {
			p.Journeys[0].Steps[0].URL = "/{{a}}"
			p.Journeys[0].Steps[0].Save = map[string]string{"a": "$.a"}
		}, "{{a}} is unknown"},
		"unknown in body": {func(p *Plan) { p.Journeys[0].Steps[0].Body = Body{Kind: BodyText, Content: "{{x}}"} }, "{{x}} is unknown"},
		"unknown in head": {func(p *Plan) { p.Header = http.Header{"A": {"{{x}}"}} }, "{{x}} is unknown"},
		"open template":   {func(p *Plan) { p.Journeys[0].Steps[0].URL = "/{{x" }, "without }}"},
		"foreign host":    {func(p *Plan) { p.Journeys[0].Steps[0].URL = "http://other.test/x" }, `staging.hosts: ["other.test:80"]`},
		"foreign, dynamic": {func(p *Plan) {
			p.Data = []map[string]string{{"x": "1"}}
			p.Journeys[0].Steps[0].URL = "http://other.test/{{x}}"
		}, `staging.hosts: ["other.test:80"]`},
		"forbidden host": {func(p *Plan) {
			p.Forbidden = []string{"other.test:80"}
			p.Journeys[0].Steps[0].URL = "http://other.test/x"
		}, "production"},
		"foreign Host": {func(p *Plan) { p.Journeys[0].Steps[0].Header = http.Header{"host": {"shop.example.test"}} }, `header Host "shop.example.test": host is not on the allow-list: add staging.hosts: ["shop.example.test:80"]`},
		"user in url":  {func(p *Plan) { p.Journeys[0].Steps[0].URL = "http://a:b@127.0.0.1:8080/" }, "Authorization"},
		"scheme":       {func(p *Plan) { p.Journeys[0].Steps[0].URL = "ftp://127.0.0.1/" }, "write /path"},
		"header name":  {func(p *Plan) { p.Journeys[0].Steps[0].Header = http.Header{"A b": {"x"}} }, "not a header name"},
		"header value": {func(p *Plan) { p.Journeys[0].Steps[0].Header = http.Header{"A": {"x\r\nB: y"}} }, "line breaks"},
		"body kind":    {func(p *Plan) { p.Journeys[0].Steps[0].Body = Body{Kind: "xml"} }, "body kind"},
		"json":         {func(p *Plan) { p.Journeys[0].Steps[0].Body = Body{Kind: BodyJSON, Content: "{"} }, "json body"},
		"file":         {func(p *Plan) { p.Journeys[0].Steps[0].Body = Body{Kind: BodyFile, Content: "/none/such"} }, "body file"},
		"rate":         {func(p *Plan) { p.Mode, p.MaxRPS = ModeRate, 2e9 }, "a dial of requests a second goes up to 1000000"},
		"status":       {func(p *Plan) { p.Journeys[0].Steps[0].Expect.Status = "2x" }, "status"},
		"expect path":  {func(p *Plan) { p.Journeys[0].Steps[0].Expect.JSON = map[string]string{"a": "1"} }, "must begin with $"},
		"save":         {func(p *Plan) { p.Journeys[0].Steps[0].Save = map[string]string{"a": "body"} }, "write $.path"},
		"save name":    {func(p *Plan) { p.Journeys[0].Steps[0].Save = map[string]string{"a b": "$.a"} }, "is not a name"},
		"save regex":   {func(p *Plan) { p.Journeys[0].Steps[0].Save = map[string]string{"a": "regex:("} }, "regex"},
		"data":         {func(p *Plan) { p.Data = []map[string]string{{"a": "1"}, {"b": "1"}} }, `column "a" is missing`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := onePlan("http://127.0.0.1:8080", ok)
			c.change(&p)
			err := errors.Join(p.Validate()...)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want something with %q", err, c.want)
			}
			if _, err := New(p, NewPermit(SystemClock()), NewBrake(), Hooks{}); err == nil {
				t.Error("an engine was made of it")
			}
		})
	}
	p := onePlan("nowhere", Step{Method: "GE T", URL: "/{{a}}", Expect: Expect{Status: "x"}})
	p.MaxUsers = -1
	if errs := p.Validate(); len(errs) != 4 {
		t.Errorf("%d problems at once, want 4: %v", len(errs), errs)
	}
}

func TestAllowList(t *testing.T) {
	t.Parallel()
	p := onePlan("http://staging.test:8080/x", Step{})
	p.Hosts = []string{"login.test", "static.test:8443", "[fd00::1]:80"}
	p.Forbidden = []string{"localhost:9081", "shop.test:443", "10.0.0.9:80"}
	prog, errs := compile(p)
	if errs != nil {
		t.Fatal(errs)
	}
	for spelled, want := range map[spelling]error{
		{"http", "staging.test:8080"}:       nil,
		{"http", "STAGING.test.:8080"}:      nil,
		{"http", "staging.test"}:            errHost,
		{"http", "staging.test:8081"}:       errHost,
		{"http", "login.test"}:              nil,
		{"https", "login.test:443"}:         nil,
		{"https", "login.test:80"}:          nil,
		{"http", "login.test:8080"}:         errHost,
		{"https", "static.test:8443"}:       nil,
		{"https", "static.test"}:            errHost,
		{"http", "[fd00::1]"}:               nil,
		{"http", "[fd00:0:0::1]:80"}:        nil,
		{"ftp", "staging.test:8080"}:        errHost,
		{"http", "127.0.0.1:9081"}:          errForbidden,
		{"http", "[::1]:9081"}:              errForbidden,
		{"http", "0.0.0.0:9081"}:            errForbidden,
		{"http", "[::ffff:127.0.0.1]:9081"}: errForbidden,
		{"https", "Shop.test"}:              errForbidden,
		{"http", "evil.staging.test:8080"}:  errHost,
		{"http", ""}:                        errHost,
	} {
		if got := prog.hosts.check(spelled.scheme, spelled.host); !errors.Is(got, want) {
			t.Errorf("%v: got %v, want %v", spelled, got, want)
		}
	}
	for addr, want := range map[string]error{"10.0.0.9:80": errForbidden, "10.0.0.9:81": nil, "127.0.0.1:9081": errForbidden, "[::1]:9081": errForbidden} {
		if got := prog.hosts.checkResolved(addr); !errors.Is(got, want) {
			t.Errorf("resolved %s: got %v, want %v", addr, got, want)
		}
	}
}

// names is a Resolver from a table.
type names map[string]string

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	a, ok := n[host]
	if !ok {
		return nil, errors.New("no such host")
	}
	return []netip.Addr{netip.MustParseAddr(a)}, nil
}

func TestSharedAddressesAreHints(t *testing.T) {
	t.Parallel()
	p := onePlan("https://staging.test/", Step{})
	p.Hosts = []string{"other.test:8443"}
	p.Forbidden = []string{"shop.test:443", "shop.test:8443", "unknown.test:443"}
	if errs := p.Validate(); errs != nil {
		t.Fatalf("two names are not two problems: %v", errs)
	}
	got := p.SharedAddresses(t.Context(), names{"staging.test": "192.0.2.7", "shop.test": "::ffff:192.0.2.7", "other.test": "192.0.2.8"})
	want := Hint{Host: "staging.test:443", Forbidden: "shop.test:443", Addr: "192.0.2.7:443"}
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %+v, want only %+v", got, want)
	}
}
