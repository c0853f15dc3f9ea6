package loadengine

import (
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// A redirect to where load may not go is no good answer of a step that does not
// ask for it: nobody is logged in by it.
func TestRedirectThatIsNotFollowedIsAnError(t *testing.T) {
	t.Parallel()
	var foreign, inside atomic.Int64
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { foreign.Add(1) })
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			http.Redirect(w, r, elsewhere.URL+"/sso", http.StatusFound)
			return
		}
		inside.Add(1)
	})
	p := onePlan(s.URL, Step{URL: "/in"})
	p.MaxUsers = 1
	p.Journeys[0].Once = []Step{{Name: "login", URL: "/login"}}
	r, g := startGathering(t, p)
	r.SetAsked(1)
	r.until(t, "three tries", func(sum Tick) bool { return sum.Requests >= 3 })
	sum := r.end()
	if sum.Errors != sum.Requests || sum.Kinds[kindAstray] != sum.Requests || inside.Load() != 0 || foreign.Load() != 0 {
		t.Errorf("counted %+v; %d behind the login, %d elsewhere", sum, inside.Load(), foreign.Load())
	}
	if want := (Finding{Kind: FindingRedirect, Host: hostOf(elsewhere), Step: "login", Count: 1, Remedy: hostsLine(spelled("http", hostOf(elsewhere)))}); !slices.Equal(r.found, []Finding{want}) {
		t.Errorf("told %+v, want %+v once", r.found, want)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if x := g.all["1 login "+kindAstray+" first"]; x.Code != http.StatusFound || x.Answer.Get("Location") != elsewhere.URL+"/sso" {
		t.Errorf("kept %v", keysOf(g.all))
	}
}

// A redirect to what is no address leads nowhere: it is not the answer that the
// step was for.
func TestRedirectToNoAddressIsAnError(t *testing.T) {
	t.Parallel()
	for _, location := range []string{"http://shop:8080:443/home", "/tag/100%"} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Location"] = []string{location}
			w.WriteHeader(http.StatusFound)
		})
		for _, expect := range []string{"", "302"} { // the redirect itself may be what the step is for
			p := onePlan(s.URL, Step{URL: "/in", Expect: Expect{Status: expect}})
			p.MaxUsers = 1
			r, _ := startGathering(t, p)
			r.SetAsked(1)
			r.until(t, "some requests", func(sum Tick) bool { return sum.Requests >= 3 })
			sum := r.end()
			if wrong := sum.Kinds[kindAstray]; wrong != sum.Errors || (wrong == sum.Requests) != (expect == "") || expect != "" && wrong > 0 {
				t.Errorf("%s, expected %q: counted %+v", location, expect, sum)
			}
			var want []Finding
			if expect == "" {
				want = []Finding{{Kind: FindingLocation, Host: hostOf(s), Step: "GET /in", Count: 1}}
			}
			if !slices.Equal(r.found, want) {
				t.Errorf("%s, expected %q: told %+v, want %+v", location, expect, r.found, want)
			}
		}
	}
}

// Behind one address the Host header says who is meant. A redirect without a
// host stays with that one; one with a host goes to it by name.
func TestRedirectKeepsTheHostThatWasAsked(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		got = append(got, r.Host+r.URL.String())
		mu.Unlock()
		switch r.URL.Path {
		case "/absolute":
			w.Header().Set("Location", "/by/path")
			w.WriteHeader(http.StatusFound)
		case "/by/path":
			w.Header().Set("Location", "sibling")
			w.WriteHeader(http.StatusTemporaryRedirect)
		case "/by/sibling":
			if r.URL.RawQuery == "" {
				w.Header().Set("Location", "?q")
				w.WriteHeader(http.StatusFound)
			}
		case "/named":
			w.Header().Set("Location", "http://"+r.Context().Value(http.LocalAddrContextKey).(net.Addr).String()+"/here")
			w.WriteHeader(http.StatusFound)
		case "/unschemed":
			w.Header().Set("Location", "//"+r.Context().Value(http.LocalAddrContextKey).(net.Addr).String()+"/here")
			w.WriteHeader(http.StatusFound)
		}
	})
	p := onePlan(s.URL, Step{})
	p.Hosts = []string{"shop.staging.test"}
	p.Header = http.Header{"Host": {"shop.staging.test"}}
	p.Journeys[0].Steps = []Step{{URL: "/absolute"}, {URL: "/named"}, {URL: "/unschemed"}}
	all, _ := walked(t, p)
	shop, address := "shop.staging.test", hostOf(s)
	want := []string{
		shop + "/absolute", shop + "/by/path", shop + "/by/sibling", shop + "/by/sibling?q",
		shop + "/named", address + "/here", shop + "/unschemed", address + "/here",
	}
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(got, want) {
		t.Errorf("reached  %q\nexpected %q", got, want)
	}
	for _, x := range all {
		if x.Kind != "" {
			t.Errorf("%s: %s, %v", x.Step, x.Kind, x.Err)
		}
	}
}

// A step that expects a redirect gets it and stays there; one that does not is
// led on, and saves from what led it.
func TestRedirectThatIsExpectedIsTheAnswer(t *testing.T) {
	t.Parallel()
	var led atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/orders":
			http.SetCookie(w, &http.Cookie{Name: "cart", Value: "c-7", Path: "/orders/"})
			w.Header().Set("X-Order", "7")
			http.Redirect(w, r, "/between?code=abc", http.StatusSeeOther)
		case "/between":
			http.Redirect(w, r, "/end?code=def", http.StatusFound)
		default:
			led.Add(1)
		}
	})
	for name, c := range map[string]struct {
		step Step
		kind string
		led  int64
		want []Saved
	}{
		"by code":  {Step{Expect: Expect{Status: "303"}, Save: map[string]string{"order": "header:Location"}}, "", 0, []Saved{{"order", "/between?code=abc"}}},
		"by class": {Step{Expect: Expect{Status: "2xx,3xx"}, Save: map[string]string{"order": "header:Location"}}, "", 0, []Saved{{"order", "/between?code=abc"}}},
		"another":  {Step{Expect: Expect{Status: "302"}}, "", 0, nil}, // led on by a 303, and no further than the 302
		"not at all": {Step{Save: map[string]string{"cart": "cookie:cart", "code": "header:Location", "order": "header:X-Order"}}, "", 1,
			[]Saved{{"cart", "c-7"}, {"code", "/end?code=def"}, {"order", "7"}}},
		"nowhere": {Step{Save: map[string]string{"x": "header:X-None"}}, "save x", 1, nil},
	} {
		led.Store(0)
		c.step.URL, c.step.Method = "/orders", "POST"
		all, _ := walked(t, onePlan(s.URL, c.step))
		if x := all[0]; x.Kind != c.kind || led.Load() != c.led || !slices.Equal(x.Saved, c.want) {
			t.Errorf("%s: %q after %d hops, %d at the end, saved %v", name, x.Kind, len(x.Hops), led.Load(), x.Saved)
		}
	}
}
