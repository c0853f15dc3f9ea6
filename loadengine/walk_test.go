package loadengine

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// walked walks a plan and returns its exchanges.
func walked(t *testing.T, p Plan, only ...string) ([]Exchange, []Walked) {
	t.Helper()
	var all []Exchange
	got, err := p.Walk(t.Context(), only, func(x Exchange) { all = append(all, x) })
	if err != nil {
		t.Fatal(err)
	}
	return all, got
}

func loginPlan(base string) Plan {
	return Plan{
		Base: base, Version: "test", MaxUsers: 1,
		Header: http.Header{"Authorization": {"Bearer {{token}}"}},
		Data:   []map[string]string{{"name": "mel"}},
		Journeys: []Journey{{
			Name: "buy", Think: Think{Min: time.Hour, Max: time.Hour},
			Once: []Step{
				{Name: "form", URL: "/login", Save: map[string]string{"csrf": `regex:name="csrf" value="([^"]+)"`}},
				{
					Name: "login", URL: "/login", Body: Body{Kind: BodyForm, Form: map[string]string{"user": "{{name}}", "word": "pw of {{name}}", "csrf": "{{csrf}}"}},
					Save: map[string]string{"token": "$.auth.token"},
				},
			},
			Steps: []Step{
				{Name: "cart", Method: "POST", URL: "/cart", Expect: Expect{Status: "201"}, Save: map[string]string{"cart": "header:X-Cart"}},
				{Name: "checkout", Method: "POST", URL: "/cart/{{cart}}/checkout", Expect: Expect{JSON: map[string]string{"$.state": `"done"`}}},
			},
		}},
	}
}

func TestWalkLogsInAndOnceMoreAfterA401(t *testing.T) {
	t.Parallel()
	s := &shop{sessions: map[string]int{}, owner: map[string]string{}, logins: map[string]int{}, forms: map[string]bool{}, lasts: 1}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" && r.Method == http.MethodGet && s.logins["mel"] == 1 {
			s.lasts = 10 // the first session ends after one request, this one does not
		}
		s.ServeHTTP(w, r)
	})
	all, got := walked(t, loginPlan(server.URL))
	var steps []string
	for _, x := range all {
		steps = append(steps, fmt.Sprintf("%s %d once=%v again=%v %s", x.Step, x.Status, x.Once, x.Again, x.Kind))
	}
	want := []string{"form 200 once=true again=false ", "login 200 once=true again=false ", "cart 201 once=false again=false ",
		"checkout 401 once=false again=false status 401",
		"form 200 once=true again=true ", "login 200 once=true again=true ", "cart 201 once=false again=true ", "checkout 200 once=false again=true "}
	if !slices.Equal(steps, want) {
		t.Errorf("the walk went\n%s\nwant\n%s", strings.Join(steps, "\n"), strings.Join(want, "\n"))
	}
	if len(got) != 1 || got[0].Failed != "" || got[0].Passed != 4 || s.orders != 1 {
		t.Errorf("walked %+v, %d orders", got, s.orders)
	}
	last := all[len(all)-1].Hops[0]
	if a := http.Header(last.Header); !strings.HasPrefix(a.Get("Authorization"), "Bearer token-") || !strings.Contains(a.Get("Cookie"), "sid=token-") {
		t.Errorf("the last request carried %v", last.Header)
	}
	if v := all[2].Saved; len(v) != 1 || v[0] != (Saved{"cart", "mel/1 a"}) {
		t.Errorf("the cart saved %v", v)
	}
	if string(all[1].Hops[0].Body) != "csrf="+all[0].Saved[0].Value+"&user=mel&word=pw+of+mel" {
		t.Errorf("the login sent %q", all[1].Hops[0].Body)
	}
	if string(all[7].Body) != `{"state":"done"}` {
		t.Errorf("the checkout answered %q", all[7].Body)
	}

	// A session that never holds fails after the second go, not for ever.
	s.lasts, s.logins = 1, map[string]int{}
	s.mu.Lock()
	s.logins["mel"] = 5
	s.mu.Unlock()
	all, got = walked(t, loginPlan(server.URL))
	if len(all) != 8 || got[0].Failed != "checkout" || len(got[0].Left) != 0 {
		t.Errorf("%d exchanges, %+v", len(all), got)
	}
}

func TestWalkStopsAJourneyAtItsFailureAndGoesOn(t *testing.T) {
	t.Parallel()
	var seen atomic.Int64
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		switch r.URL.Path {
		case "/gone":
			http.NotFound(w, r)
		case "/state":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, `{"state":"open"}`)
			_ = z.Close()
		}
	})
	p := onePlan(server.URL, Step{})
	p.Journeys = []Journey{
		{Name: "a", Once: []Step{{Name: "gone", URL: "/gone"}, {Name: "o2"}}, Steps: []Step{{Name: "s1"}}},
		{Name: "b", Steps: []Step{{Name: "ok"}, {Name: "json", URL: "/state", Expect: Expect{JSON: map[string]string{"$.state": `"done"`}}}, {Name: "never"}}},
		{Name: "c", Steps: []Step{{Name: "body", URL: "/state", Expect: Expect{Body: "Thank you"}}}},
		{Name: "d", Steps: []Step{{Name: "save", URL: "/state", Save: map[string]string{"x": "$.id"}}}},
		{Name: "e", Steps: []Step{{Name: "status", URL: "/gone", Expect: Expect{Status: "2xx"}}}},
	}
	all, got := walked(t, p)
	if seen.Load() != 6 || len(all) != 6 {
		t.Fatalf("%d requests, %d exchanges", seen.Load(), len(all))
	}
	if got[0].Failed != "gone" || !slices.Equal(got[0].Left, []string{"o2", "s1"}) || got[1].Failed != "json" || got[1].Passed != 1 || !slices.Equal(got[1].Left, []string{"never"}) {
		t.Errorf("walked %+v", got)
	}
	for i, want := range []string{"expected a status of below 400, got 404", "", `expected "done" at $.state, got "open"`,
		`expected "Thank you" in the first 64 KiB of the body; it is not there`, "nothing to save as {{x}}: $.id is not in the answer", "expected a status of 2xx, got 404"} {
		if all[i].Detail != want {
			t.Errorf("%s: %q, want %q", all[i].Step, all[i].Detail, want)
		}
	}
	if all[2].Status != 200 || string(all[2].Body) != `{"state":"open"}` {
		t.Errorf("the gzipped answer: %d %q", all[2].Status, all[2].Body)
	}
	if all, _ = walked(t, p, "c"); len(all) != 1 || all[0].Journey != "c" {
		t.Errorf("one journey alone: %+v", all)
	}
	if _, err := p.Walk(t.Context(), []string{"z"}, func(Exchange) {}); err == nil || !strings.Contains(err.Error(), `no journey "z"`) {
		t.Errorf("an unknown journey: %v", err)
	}
}

func TestWalkStaysInsideTheAllowList(t *testing.T) {
	t.Parallel()
	var foreign atomic.Int64
	other := serve(t, func(http.ResponseWriter, *http.Request) { foreign.Add(1) })
	production := serve(t, func(http.ResponseWriter, *http.Request) { foreign.Add(1) })
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/out":
			http.Redirect(w, r, other.URL+"/landing", http.StatusFound)
		case "/prod":
			http.Redirect(w, r, production.URL+"/", http.StatusFound)
		case "/in":
			http.Redirect(w, r, "/here", http.StatusSeeOther)
		}
	})
	p := onePlan(server.URL, Step{})
	p.Forbidden = []string{hostOf(production)}
	p.Journeys = []Journey{{Name: "j", Steps: []Step{{Name: "in", URL: "/in"}, {Name: "out", URL: "/out", Expect: Expect{Status: "302"}}, {Name: "out again", URL: "/out", Expect: Expect{Status: "3xx"}},
		{Name: "prod", URL: "/prod", Expect: Expect{Status: "302"}}}}}
	all, _ := walked(t, p)
	if foreign.Load() != 0 {
		t.Fatalf("%d requests left the allow-list", foreign.Load())
	}
	if len(all[0].Hops) != 2 || all[0].Hops[0].Status != 303 || all[0].Status != 200 || len(all[0].Found) != 0 {
		t.Errorf("inside: %+v", all[0])
	}
	for _, x := range all[1:3] { // what they are for: nothing has to be allowed
		if len(x.Found) != 0 || x.Kind != "" || x.Status != 302 {
			t.Errorf("outside: %+v", x)
		}
	}
	if x := all[3]; len(x.Found) != 1 || x.Found[0].Kind != FindingForbidden || x.Found[0].Remedy != "" {
		t.Errorf("production: %+v", x)
	}
	p.Journeys = []Journey{{Name: "j", Steps: []Step{{Name: "out", URL: "/out"}, {Name: "in", URL: "/in"}}}}
	all, got := walked(t, p)
	if len(all) != 1 || all[0].Kind != kindAstray || all[0].Status != 302 || got[0].Failed != "out" {
		t.Errorf("a redirect that is not expected: %+v", all)
	}
	if found := all[0].Found; len(found) != 1 || found[0].Kind != FindingRedirect || found[0].Remedy != fmt.Sprintf("staging.hosts: [%q]", hostOf(other)) {
		t.Errorf("of a redirect that is not expected it found %+v", found)
	}
	p.Forbidden = []string{hostOf(server)}
	if _, err := p.Walk(t.Context(), nil, func(Exchange) {}); !errors.Is(err, errForbidden) {
		t.Errorf("a base that production's checks name: %v", err)
	}
}

func TestWalkNamesWhatGotNoAnswer(t *testing.T) {
	t.Parallel()
	hangs := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	p := onePlan(hangs.URL, Step{Name: "slow", Timeout: 50 * time.Millisecond})
	all, _ := walked(t, p)
	if all[0].Kind != "timeout" || all[0].Status != 0 || all[0].Err == nil || len(all[0].Hops) != 1 {
		t.Errorf("a server that hangs: %+v", all[0])
	}
	gone := serve(t, func(http.ResponseWriter, *http.Request) {})
	gone.Close()
	if all, _ = walked(t, onePlan(gone.URL, Step{})); all[0].Kind != "refused" || all[0].Err == nil {
		t.Errorf("a server that is gone: %+v", all[0])
	}

	// The end of the context ends the walk at once, and is nobody's failure.
	arrived := make(chan struct{}, 1)
	waits := serve(t, func(_ http.ResponseWriter, r *http.Request) { arrived <- struct{}{}; <-r.Context().Done() })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { <-arrived; cancel() }()
	_, err := onePlan(waits.URL, Step{}).Walk(ctx, nil, func(x Exchange) { t.Errorf("told %+v", x) })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a walk that was called off: %v", err)
	}
}

// Of a redirect to no address a walk tells the Location, whatever else is wrong
// with the answer, and nothing where the redirect itself is expected.
func TestWalkTellsWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/to" {
			http.Redirect(w, r, "/tag", http.StatusFound)
			return
		}
		w.Header().Set("Location", "/tag/100%")
		w.WriteHeader(http.StatusFound)
	})
	const leads = `it leads to "/tag/100%", which is no address`
	p := onePlan(server.URL, Step{})
	p.Journeys = nil
	for name, step := range map[string]Step{
		"any": {URL: "/tag"}, "led": {URL: "/to"}, "other": {URL: "/tag", Expect: Expect{Status: "200"}}, "named": {URL: "/tag", Expect: Expect{Status: "302"}},
	} {
		p.Journeys = append(p.Journeys, Journey{Name: name, Steps: []Step{step}})
	}
	all, _ := walked(t, p)
	got := map[string]string{}
	for _, x := range all {
		got[x.Journey] = x.Kind + ": " + x.Detail
		if (len(x.Found) > 0) != (x.Journey != "named") {
			t.Errorf("%s found %+v", x.Journey, x.Found)
		}
	}
	want := map[string]string{
		"any": kindAstray + ": " + leads, "led": kindAstray + ": " + leads, "other": "status 302: " + leads + "; expected a status of 200, got 302", "named": ": ",
	}
	if !maps.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}
