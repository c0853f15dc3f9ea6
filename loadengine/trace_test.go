package loadengine

import (
	"crypto/tls"
	"net/http"
	"regexp"
	"sync"
	"testing"
)

// Every request carries one traceparent of its own to the server, by the lean
// path as by net/http's: written headers, filled-in ones, bodies, cookies and
// redirects included.
func TestTraceparentArrives(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		var mu sync.Mutex
		got := map[string][]string{} // by path
		seen := map[string]int{}     // by trace
		requests := 0
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			requests++
			all := r.Header.Values("Traceparent")
			if len(all) != 1 {
				t.Errorf("%s came with %d traceparents: %q", r.URL.Path, len(all), all)
				return
			}
			got[r.URL.Path] = append(got[r.URL.Path], all[0])
			seen[all[0]]++
			switch r.URL.Path {
			case "/plain":
				http.SetCookie(w, &http.Cookie{Name: "id", Value: "7"})
			case "/found":
				http.Redirect(w, r, "/landed", http.StatusFound)
			case "/cookie":
				if _, err := r.Cookie("id"); err != nil {
					t.Error("the cookie did not come back")
				}
			}
		})
		s := serve(t, handler.ServeHTTP)
		var w Wire
		if http2 {
			a := newAuthority(t)
			s = serveTLS(t, a, true, false, handler.ServeHTTP)
			w.TLS = &tls.Config{RootCAs: a.pool}
		}
		p := onePlan(s.URL, Step{URL: "/plain"})
		p.Wire = w
		p.Header = http.Header{"X-User": {"{{name}}"}}
		p.Data = []map[string]string{{"name": "ann"}}
		p.Journeys[0].Steps = append(p.Journeys[0].Steps, Step{URL: "/cookie"}, Step{URL: "/found"},
			Step{Method: "POST", URL: "/body", Body: Body{Kind: BodyText, Content: "{{name}}"}})
		p.MaxUsers = 3
		r, _ := startGathering(t, p)
		by, ok := r.gate.base.(*wire)
		if plain, _ := http.NewRequest(http.MethodGet, s.URL, http.NoBody); !ok || by.plain(plain) == http2 {
			t.Fatal("it does not go by the path that is to be tested")
		}
		r.SetAsked(3)
		r.until(t, "60 requests", func(sum Tick) bool { return sum.Requests >= 60 })
		r.SetAsked(0)
		r.until(t, "nothing in flight", func(Tick) bool { return r.Live().InFlight == 0 })
		sum := r.end()
		if sum.Errors > 0 {
			t.Errorf("errors: %v", sum.Kinds)
		}
		mu.Lock()
		for _, path := range []string{"/plain", "/cookie", "/found", "/landed", "/body"} {
			if len(got[path]) == 0 {
				t.Errorf("nothing came to %s", path)
			}
		}
		form := regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$`)
		for trace, n := range seen {
			if most := 2; !form.MatchString(trace) || n > most { // a redirect is part of its request
				t.Errorf("%q came %d times", trace, n)
			}
		}
		if len(seen)+len(got["/landed"]) != requests {
			t.Errorf("%d requests, %d of them redirected, with %d traces", requests, len(got["/landed"]), len(seen))
		}
		mu.Unlock()
	}
}
