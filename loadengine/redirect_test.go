package loadengine

import (
	"net/http"
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
