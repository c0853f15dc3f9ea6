package loadengine

import (
	"net/http"
	"slices"
	"sync"
	"testing"
)

// A space in a query, wherever it comes from, is sent as a browser sends it.
func TestSpacesInQueriesAreEncoded(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		got = append(got, r.RequestURI)
		mu.Unlock()
		w.Header().Set("Next", "/saved?q=five six")
		if r.URL.Path == "/moved" {
			w.Header().Set("Location", "/s?q=three four")
			w.WriteHeader(http.StatusFound)
		}
	})
	p := onePlan(s.URL, Step{})
	p.Data = []map[string]string{{"v": "a b"}}
	p.Journeys[0].Steps = []Step{
		{URL: "/a path?q=two words"}, {URL: "/moved"}, {URL: "/of?q=x {{v}} y", Save: map[string]string{"next": "header:Next"}}, {URL: "{{next}}"},
	}
	all, _ := walked(t, p)
	for _, x := range all {
		if x.Kind != "" {
			t.Errorf("%s: %s, %v", x.Step, x.Kind, x.Err)
		}
	}
	want := []string{"/a%20path?q=two%20words", "/moved", "/s?q=three%20four", "/of?q=x%20a+b%20y", "/saved?q=five%20six"}
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(got, want) {
		t.Errorf("sent     %q\nexpected %q", got, want)
	}
}

// What can't be sent costs no connection: none is made for it, and none that is
// kept is lost.
func TestWhatCannotBeSentTakesNoConnection(t *testing.T) {
	t.Parallel()
	target, met := answering(t)
	rt := twoPaths(t)["lean"].(*wire)
	send := func(change func(*http.Request)) error {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		change(r)
		resp, err := rt.RoundTrip(r)
		if err == nil {
			_, err = drain(resp.Body)
		}
		return err
	}
	wrong := map[string]func(*http.Request){
		"method": func(r *http.Request) { r.Method = "GE T" },
		"host":   func(r *http.Request) { r.Host = "a b" },
		"query":  func(r *http.Request) { r.URL.RawQuery = "a b" },
		"name":   func(r *http.Request) { r.Header["A b"] = []string{"c"} },
		"value":  func(r *http.Request) { r.Header.Set("A", "b\r\nC: d") },
	}
	for _, connections := range []int64{0, 1} {
		for name, change := range wrong {
			if err := send(change); err == nil {
				t.Errorf("a wrong %s is sent", name)
			}
		}
		if n := met.Load(); n != connections {
			t.Errorf("%d connections, want %d", n, connections)
		}
		if err := send(func(*http.Request) {}); err != nil {
			t.Error(err)
		}
	}
	if n := met.Load(); n != 1 {
		t.Errorf("%d connections, want the one that was kept", n)
	}
}
