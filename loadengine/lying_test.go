package loadengine

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
)

func TestCacheHit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, value string
		want        bool
	}{
		{"Age", "0", false}, {"Age", "12", true}, {"Age", "00", false}, {"X-Cache", "HIT", true}, {"X-Cache", "Hit from cloudfront", true},
		{"X-Cache", "MISS, HIT", true}, {"X-Cache", "MISS", false}, {"X-Cache", "white", false}, {"X-Cache", "no-hitter", false}, {"Cf-Cache-Status", "HIT", true},
		{"Cf-Cache-Status", "DYNAMIC", false}, {"X-Cache-Status", "hit", true}, {"X-Other", "HIT", false},
	} {
		if got := cacheHit(http.Header{c.name: {c.value}}); got != c.want {
			t.Errorf("%s: %s is a hit: %v, want %v", c.name, c.value, got, c.want)
		}
	}
}

func TestLyingGreensAreCounted(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		k := n.Add(1)
		w.Header().Set("X-Served-By", fmt.Sprintf("web-%d", k%3))
		switch r.URL.Path {
		case "/cached":
			w.Header().Set("X-Cache", "HIT")
		case "/orders":
			http.Redirect(w, r, "/account/sign-in?next=/orders", http.StatusFound)
		case "/away":
			http.Redirect(w, r, "https://sso.example.test/login", http.StatusFound)
		case "/moved":
			http.Redirect(w, r, "/blog/catalogin", http.StatusFound)
		}
	})
	p := onePlan(s.URL, Step{Name: "cached", URL: "/cached"})
	for _, path := range []string{"/orders", "/away", "/moved", "/login"} {
		p.Journeys[0].Steps = append(p.Journeys[0].Steps, Step{URL: path})
	}
	p.MaxUsers, p.ServedBy = 2, "x-served-by"
	r := start(t, p)
	r.SetAsked(2)
	r.until(t, "50 requests", func(sum Tick) bool { return sum.Requests >= 50 })
	r.SetAsked(0)
	r.until(t, "nothing in flight", func(Tick) bool { return r.Live().InFlight == 0 })
	r.end()
	r.mu.Lock()
	defer r.mu.Unlock()
	var cached, logins, served, all uint64
	names := map[string]bool{}
	steps := map[string]uint64{}
	for _, tick := range r.ticks {
		cached += tick.Cached
		logins += tick.Logins
		all += tick.Requests
		for name, n := range tick.Servers {
			names[name] = true
			served += n
		}
		for _, st := range tick.Steps {
			steps[st.Name] += st.Requests
		}
	}
	if cached != steps["cached"] || cached == 0 {
		t.Errorf("%d from a cache, want %d", cached, steps["cached"])
	}
	if want := steps["GET /orders"] + steps["GET /away"]; logins != want || want == 0 {
		t.Errorf("%d at a login page, want %d: %v", logins, want, steps)
	}
	if len(names) != 3 || served != all {
		t.Errorf("servers %v answered %d of %d", names, served, all)
	}
}
