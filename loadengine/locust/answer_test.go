package locust

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// master answers each path with a text of its own, as a Locust master does.
func master(t testing.TB, answers map[string]string) *client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, known := answers[r.URL.Path]
		if !known {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(s.Close)
	c, err := newClient(s.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The same moment, as versions of Locust tell it: names of fields moved, and the
// rate at the top became another number.
func TestEveryVersionsStatisticsAreRead(t *testing.T) {
	t.Parallel()
	const rows = `"stats": [{"method": "GET", "name": "front page", "num_requests": 120, "num_failures": 3, "current_rps": 11.5},
		{"method": null, "name": "Aggregated", "num_requests": 120, "num_failures": 3, "current_rps": 12.5}],
		"errors": [{"method": "GET", "name": "front page", "error": "HTTPError('503 Server Error: x for url: /')", "occurrences": 3}],
		"state": "running", "user_count": 7, "workers": [{"id": "a", "state": "running", "user_count": 4, "cpu_usage": 31.5},
		{"id": "b", "state": "missing", "user_count": 3, "cpu_usage": 0}]`
	for version, percentiles := range map[string]string{
		"2.12": `"total_rps": 12.5, "current_response_time_percentile_50": 20, "current_response_time_percentile_95": 90`,
		"2.15": `"total_rps": 12.5, "current_response_time_percentile_1": 20, "current_response_time_percentile_2": 90`,
		"2.20": `"total_rps": 12.5, "current_response_time_percentiles": {"response_time_percentile_0.5": 20, "response_time_percentile_0.95": 90}`,
		"2.43": `"total_rps": 3.25, "current_response_time_percentiles": {"response_time_percentile_0.5": 20, "response_time_percentile_0.95": 90}`,
		"2.45": `"total_rps": 3.25, "current_rps": 12.5, "current_fail_per_sec": 0.1, "current_response_time_percentiles": {"response_time_percentile_0.5": 20, "response_time_percentile_0.95": 90}`,
	} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s, err := master(t, map[string]string{"/stats/requests": "{" + rows + ", " + percentiles + "}"}).plain(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if s.State != "running" || s.Users != 7 || s.RPS != 12.5 || s.P50 != 20 || s.P95 != 90 || len(s.Rows) != 1 || s.Rows[0].Requests != 120 {
				t.Errorf("read as %+v", s)
			}
			if len(here(s.Workers)) != 1 || s.Workers[0].CPU != 31.5 || len(s.Errors) != 1 || kindOf(s.Errors[0].Error) != "status 503" {
				t.Errorf("workers %+v, errors %+v", s.Workers, s.Errors)
			}
			k := newTally(time.Now()).take(s, time.Now().Add(time.Second), false)
			if k.Requests != 120 || k.Errors != 3 || k.Kinds["status 503"] != 3 || k.Ten.RPS != 12.5 || k.Ten.P95 != 90*time.Millisecond {
				t.Errorf("a tick of %+v", k)
			}
		})
	}
}

// Before a run there are no percentiles, and null is not a number.
func TestAnIdleMasterIsRead(t *testing.T) {
	t.Parallel()
	s, err := master(t, map[string]string{"/stats/requests": `{"state": "ready", "user_count": 0, "workers": [], "stats": [], "errors": [],
		"current_response_time_percentile_50": null, "current_response_time_percentile_95": null,
		"current_response_time_percentiles": {"response_time_percentile_0.5": null}}`}).plain(t.Context())
	if err != nil || s.Users != 0 || s.P95 != 0 || len(s.Workers) != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestWhatIsNoMasterIsSaid(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`<html>hello</html>`:  "not a Locust master's JSON",
		`{"hello": "world"}`:  "not Locust's /stats/requests",
		`{"user_count": "a"}`: "not a Locust master's JSON",
	} {
		if _, err := master(t, map[string]string{"/stats/requests": text}).plain(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	c := master(t, nil)
	if _, err := c.detailed(t.Context(), 0); !errors.Is(err, errNoPlugin) {
		t.Errorf("without the plug-in: %v", err)
	}
	for _, raw := range []string{"master:8089", "ftp://h", "http://", "://mel:secret@h"} {
		if _, err := newClient(raw, ""); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

// A master can refuse numbers with an answer of 200.
func TestARefusedOrderIsSaid(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"success": true, "message": "Swarming started", "host": ""}`:                   "",
		`{"success": true, "message": "Swarming started using shape class", "host": ""}`: "LoadTestShape",
		`{"success": false, "message": "spawn_rate must be above 0", "host": ""}`:        "spawn_rate must be above 0",
	} {
		err := master(t, map[string]string{"/swarm": text}).swarm(t.Context(), 3, 10, "http://h")
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A login page is entered once, and again when its cookie is no longer taken.
func TestTheLoginIsRepeatedWhenItsCookieIsOver(t *testing.T) {
	t.Parallel()
	logins, valid := 0, ""
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/enter" {
			if r.FormValue("username") == "mel" && r.FormValue("password") == "s&cret" {
				logins++
				valid = strings.Repeat("x", logins)
				http.SetCookie(w, &http.Cookie{Name: "session", Value: valid, Path: "/"})
			}
			http.Redirect(w, r, "/", http.StatusFound)
			return
		}
		if k, err := r.Cookie("session"); err != nil || k.Value != valid {
			http.Redirect(w, r, "/enter", http.StatusFound)
			return
		}
		_, _ = w.Write([]byte(`{"state": "ready", "workers": []}`))
	}))
	t.Cleanup(s.Close)
	c, err := newClient(strings.Replace(s.URL, "://", "://mel:s%26cret@", 1), "/enter")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{1, 1, 2} {
		if i == 2 {
			valid = "of another time"
		}
		if _, err := c.plain(t.Context()); err != nil || logins != want {
			t.Errorf("question %d: %d logins, want %d: %v", i+1, logins, want, err)
		}
	}
	c.pass, valid = "wrong", "of another time"
	var r *refused
	if _, err := c.plain(t.Context()); !errors.As(err, &r) || !strings.Contains(err.Error(), "wants a login") {
		t.Errorf("with a wrong password: %v", err)
	}
}
