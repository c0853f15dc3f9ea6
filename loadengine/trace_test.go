package loadengine

import (
	"crypto/tls"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Fifty requests a second carry a traceparent of their own to the server, which
// asks to be recorded, by the lean path as by net/http's: written headers,
// filled-in ones, bodies, cookies and redirects included. The others carry none.
func TestTraceparentArrives(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		var mu sync.Mutex
		got := map[string][]string{} // by path
		seen := map[string]int{}     // by trace
		var last time.Time           // of a trace
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			switch all := r.Header.Values("Traceparent"); len(all) {
			case 0:
			case 1:
				got[r.URL.Path] = append(got[r.URL.Path], all[0])
				seen[all[0]]++
				last = time.Now()
			default:
				t.Errorf("%s came with %d traceparents: %q", r.URL.Path, len(all), all)
			}
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
		began := time.Now()
		r.SetAsked(3)
		r.until(t, "traces at every path", func(sum Tick) bool {
			mu.Lock()
			defer mu.Unlock()
			return sum.Requests >= 60 && len(got) == 5
		})
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
		form := regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-01$`)
		for trace, n := range seen {
			if most := 2; !form.MatchString(trace) || n > most { // a redirect is part of its request
				t.Errorf("%q came %d times", trace, n)
			}
		}
		if most := int(last.Sub(began)/tracedEvery) + 1; len(seen) > most {
			t.Errorf("%d traces in %v, want at most %d", len(seen), last.Sub(began), most)
		}
		mu.Unlock()
	}
}

// The example at random is one that left a trace, where there is any: of those
// that go by without one nobody can look up more. Among those with a trace each
// is as likely as another, so forty rounds end on far more than ten of them.
func TestRandomExampleLeftATrace(t *testing.T) {
	t.Parallel()
	const rounds, traced = 40, 200
	for _, kind := range []string{"", "status 500"} {
		ended := map[string]bool{}
		for range rounds {
			offer, picked := examplesOf(kind)
			for range 20 {
				offer("")
			}
			offer("the first")
			for range 200 {
				offer("")
			}
			if got := picked(); got != "the first" {
				t.Fatalf("%q: kept at random is %q", kind, got)
			}
			for i := range traced {
				offer(strconv.Itoa(i))
				offer("")
			}
			ended[picked()] = true
		}
		if ended[""] || len(ended) < 10 {
			t.Errorf("%q: %d rounds of %d with a trace ended on %v", kind, rounds, traced, ended)
		}
	}
}

// examplesOf takes answers of one kind at one level, each with its trace or "",
// and tells the trace of the example kept at random.
func examplesOf(kind string) (offer func(trace string), picked func() string) {
	c := newCourse(1)
	c.dial(1)
	c.pass(time.Second)
	code := 200
	if kind != "" {
		code = 500
	}
	offer = func(trace string) {
		u := &user{level: c.level, step: &step{}, trace: trace}
		c.v.wants(u, code)
		u.out = outcome{kind: kind, code: code, latency: time.Millisecond}
		c.v.offer(u, nil, nil, nil, nil, nil)
	}
	return offer, func() string { return c.v.of(c.level).picks[kindOf{0, kind}].random.Trace }
}
