package loadengine

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A cookie that the server has set takes the place of the step's own of that
// name; the step's others stay.
func TestCookieOfTheJarTakesTheStepsPlace(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path == "/in" {
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "new", Path: "/"})
			return
		}
		got = append(got, r.Header["Cookie"]...)
	})
	p := onePlan(s.URL, Step{URL: "/before", Header: http.Header{"Cookie": {"sid=old; team=a"}}})
	p.Journeys[0].Steps = append(p.Journeys[0].Steps, Step{URL: "/in"},
		Step{URL: "/both", Header: http.Header{"Cookie": {"sid=old; team=a; other=b;sid=older"}}},
		Step{URL: "/one", Header: http.Header{"Cookie": {"sid=old"}}}, Step{URL: "/none"})
	walked(t, p)
	if want := []string{"sid=old; team=a", "team=a; other=b; sid=new", "sid=new", "sid=new"}; !slices.Equal(got, want) {
		t.Errorf("came: %q, want %q", got, want)
	}
}

// Behind one address the Host header says whose a cookie is: those of a domain
// hold, one host's own do not go to another's, nor to the address by itself.
func TestCookiesGoByTheHostThatIsAsked(t *testing.T) {
	t.Parallel()
	const shop, admin = "shop.staging.test", "admin.staging.test"
	var mu sync.Mutex
	var got []string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path == "/in" {
			for _, c := range []string{"sid=of-shop; Domain=" + shop, "all=of-both; Domain=.staging.test", "own=of-host"} {
				w.Header().Add("Set-Cookie", c+"; Path=/")
			}
			w.Header().Set("Location", "/home")
			w.WriteHeader(http.StatusFound)
			return
		}
		got = append(got, r.Host+r.URL.Path+" "+r.Header.Get("Cookie"))
	})
	as := func(host, path string) Step { return Step{URL: path, Header: http.Header{"Host": {host}}} }
	p := onePlan(s.URL, as(shop, "/in"))
	p.Hosts = []string{shop, admin}
	saves := as(shop, "/shop")
	saves.Save = map[string]string{"sid": "cookie:sid"} // from before: no answer of this step sets it
	p.Journeys[0].Steps = append(p.Journeys[0].Steps, saves, as(admin, "/admin"), Step{URL: "/address"})
	all, _ := walked(t, p)
	want := []string{shop + "/home sid=of-shop; all=of-both; own=of-host", shop + "/shop sid=of-shop; all=of-both; own=of-host",
		admin + "/admin all=of-both", hostOf(s) + "/address "}
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(got, want) {
		t.Errorf("came     %q\nexpected %q", got, want)
	}
	if len(all) != 4 || !slices.Equal(all[1].Saved, []Saved{{"sid", "of-shop"}}) {
		t.Errorf("walked %+v", all)
	}
}

// A login that leads to the Host by its name keeps its session.
func TestCookiesHoldWhereARedirectNamesTheHost(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "s-1", Path: "/"})
			http.Redirect(w, r, "http://"+r.Host+"/home", http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, r.Host+" got "+r.Header.Get("Cookie"))
	})
	named := strings.Replace(hostOf(s), "127.0.0.1", "localhost", 1)
	p := onePlan(s.URL, Step{URL: "/login", Header: http.Header{"Host": {named}}})
	p.Hosts = []string{named}
	all, _ := walked(t, p)
	if x := all[0]; len(x.Hops) != 2 || x.Hops[0].Host != named || x.Hops[1].Host != "" || string(x.Body) != named+" got sid=s-1" {
		t.Errorf("%d hops, %q, %v", len(x.Hops), x.Body, x.Err)
	}
}

// What a redirect set for the Host is the user's own in what is kept of it.
func TestExemplarKnowsCookiesOfTheHost(t *testing.T) {
	t.Parallel()
	const shop = "shop.staging.test"
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/in" {
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "of-shop", Domain: shop, Path: "/"})
			http.Redirect(w, r, "/home", http.StatusFound)
		}
	})
	p := onePlan(s.URL, Step{Name: "in", URL: "/in", Header: http.Header{"Host": {shop}}})
	p.Hosts, p.MaxUsers = []string{shop}, 1
	r, g := startGathering(t, p)
	r.SetAsked(1)
	r.until(t, "a request", func(sum Tick) bool { return sum.Requests >= 1 })
	r.end()
	g.mu.Lock()
	defer g.mu.Unlock()
	x, ok := g.all["1 in  first"]
	if !ok || x.Header.Get("Cookie") != "" || !slices.Contains(x.Private, "of-shop") {
		t.Errorf("kept %v, with private %q", keysOf(g.all), x.Private)
	}
}

// Without a Host of its own a request costs nothing more.
func TestCookieURLIsTheRequestsOwn(t *testing.T) {
	t.Parallel()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://staging.test:8080/a?b", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"", r.URL.Host} {
		if r.Host = host; cookieURL(r) != r.URL {
			t.Errorf("Host %q: another address", host)
		}
	}
	if r.Host = "shop.test"; cookieURL(r).String() != "http://shop.test/a?b" || r.URL.Host != "staging.test:8080" {
		t.Errorf("%s of %s", cookieURL(r), r.URL)
	}
}
