package loadengine

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// What is kept of a request is what was sent, before its answer gave the next
// values, and before redirects; what is the user's own names both.
func TestExemplarIsWhatWasSent(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/token":
			fmt.Fprint(w, `{"token":"token-0-long"}`)
		case "/renew":
			fmt.Fprintf(w, `{"token":"token-%d-long","was":%q,"sent":%q}`, n.Add(1), r.Header.Get("X-Auth"), body)
		case "/hop":
			http.Redirect(w, r, "/landed", http.StatusSeeOther)
		case "/landed":
			fmt.Fprintf(w, "from %s", r.Header.Get("X-Auth"))
		default:
			fmt.Fprintf(w, `{"next":%d,"was":"page=%s"}`, n.Add(1), r.URL.Query().Get("page"))
		}
	})
	p := onePlan(s.URL, Step{Name: "items", URL: "/items?page={{page}}", Save: map[string]string{"page": "$.next"}})
	p.Data = []map[string]string{{"page": "first"}}
	p.Journeys[0].Once = []Step{{URL: "/token", Save: map[string]string{"token": "$.token"}}}
	p.Journeys[0].Steps = append(p.Journeys[0].Steps,
		Step{Name: "renew", URL: "/renew", Method: "POST", Header: http.Header{"X-Auth": {"Bearer {{token}}"}}, Body: Body{Kind: BodyText, Content: "old {{token}}"}, Save: map[string]string{"token": "$.token"}},
		Step{Name: "hop", URL: "/hop", Method: "POST", Header: http.Header{"X-Auth": {"Bearer {{token}}"}}, Body: Body{Kind: BodyText, Content: "over"}})
	p.MaxUsers = 1
	r, g := startGathering(t, p)
	r.SetAsked(1)
	r.until(t, "60 requests", func(sum Tick) bool { return sum.Requests >= 60 })
	if sum := r.end(); sum.Errors > 0 {
		t.Fatalf("errors: %v", sum.Kinds)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	seen := map[string]int{}
	for key, x := range g.all {
		seen[x.Step]++
		start := string(x.Start)
		auth, body := x.Header.Get("X-Auth"), string(x.Body)
		switch x.Step {
		case "items":
			if _, query, _ := strings.Cut(x.URL, "?"); query == "" || !strings.Contains(start, `"was":"`+query+`"`) {
				t.Errorf("%s: %s was answered %s", key, x.URL, start)
			}
		case "renew":
			_, word, _ := strings.Cut(auth, " ")
			if word == "" || !strings.Contains(start, `"was":"`+auth+`","sent":"`+body+`"`) {
				t.Errorf("%s: %q and %q were answered %s", key, auth, body, start)
			}
			_, given, _ := strings.Cut(start, `"token":"`)
			given, _, _ = strings.Cut(given, `"`)
			if given == word || !slices.Contains(x.Private, word) || !slices.Contains(x.Private, given) {
				t.Errorf("%s: sent %q, given %q, private %q", key, word, given, x.Private)
			}
		case "hop":
			if x.URL != s.URL+"/hop" || x.Reached != s.URL+"/landed" || body != "over" || x.Header.Get("Content-Type") == "" || start != "from "+auth {
				t.Errorf("%s: %+v", key, x)
			}
		}
	}
	if seen["items"] == 0 || seen["renew"] == 0 || seen["hop"] == 0 {
		t.Errorf("kept: %v", seen)
	}
}

// A value that a step saved before it failed is private, too.
func TestWalkTellsWhatAFailedStepSaved(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"a":"saved-and-secret"}`) })
	all, _ := walked(t, onePlan(s.URL, Step{URL: "/", Save: map[string]string{"a": "$.a", "b": "$.b"}}))
	if x := all[0]; x.Kind != "save b" || !slices.Contains(x.Private, "saved-and-secret") {
		t.Errorf("%s with private %q", x.Kind, x.Private)
	}
}
