package loadengine

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
)

// Each journey of a user has its own saved values: a token of the same name that
// another journey's login gave is not its token, and a column of the data stays
// one where another journey saves under its name.
func TestJourneysKeepTheirOwnValues(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	got := map[string]int{}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		switch r.URL.Path {
		case "/login":
			fmt.Fprintf(w, `{"token":"of-%s","sku":"from-the-login"}`, r.URL.Query().Get("as"))
		default:
			got[r.URL.Path+" "+r.Header.Get("X-Auth")+" "+r.URL.Query().Get("sku")]++
		}
	})
	journey := func(name string, save map[string]string) Journey {
		return Journey{
			Name: name, Once: []Step{{URL: "/login?as=" + name, Save: save}},
			Steps: []Step{{URL: "/" + name + "?sku={{sku}}", Header: http.Header{"X-Auth": {"{{token}}"}}}},
		}
	}
	p := Plan{Base: s.URL, MaxUsers: 3, Seed: 7, Data: []map[string]string{{"sku": "from-the-row"}}, Journeys: []Journey{
		journey("buy", map[string]string{"token": "$.token"}),
		journey("admin", map[string]string{"token": "$.token", "sku": "$.sku"}),
	}}
	r := start(t, p)
	r.SetAsked(3)
	r.until(t, "200 requests", func(sum Tick) bool { return sum.Requests >= 200 })
	r.end()
	mu.Lock()
	defer mu.Unlock()
	if len(got) != 2 || got["/buy of-buy from-the-row"] == 0 || got["/admin of-admin from-the-login"] == 0 {
		t.Errorf("the journeys sent %v", got)
	}
}
