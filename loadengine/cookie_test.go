package loadengine

import (
	"net/http"
	"slices"
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
