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
	g.mu.Lock()
	defer g.mu.Unlock()
	if x := g.all["1 login "+kindAstray+" first"]; x.Code != http.StatusFound || x.Answer.Get("Location") != elsewhere.URL+"/sso" {
		t.Errorf("kept %v", keysOf(g.all))
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
