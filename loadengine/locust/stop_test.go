package locust

import (
	"strings"
	"testing"
	"time"
)

// A stop is over when every worker has confirmed it: what was reported before
// it heard of it says nothing.
func TestAStopIsOverWhenEveryWorkerSaysSo(t *testing.T) {
	t.Parallel()
	const epoch = 50
	quiet := worker{ID: "a", State: "running", Guarded: true, Shut: epoch, Idle: 3}
	deaf := worker{ID: "b", State: "running", Guarded: true, Shut: epoch - 1, Idle: 9}
	gone := worker{ID: "c", State: "gone", Guarded: true, Idle: 0.1}
	bare := worker{ID: "d", State: "running"}
	for _, c := range []struct {
		name string
		s    state
		want bool
		idle time.Duration
	}{
		{"all have", state{Workers: []worker{quiet, quiet}}, true, 3 * time.Second},
		{"one has not", state{Workers: []worker{quiet, deaf}}, false, 3 * time.Second},
		{"one is gone, and its lease is over", state{Workers: []worker{quiet, gone}}, true, 3 * time.Second},
		{"one never got users", state{Workers: []worker{quiet, bare}}, true, 3 * time.Second},
		{"users are left", state{Users: 1, Workers: []worker{quiet}}, false, 3 * time.Second},
		{"requests are left", state{InFlight: 1, Workers: []worker{quiet}}, false, 3 * time.Second},
		{"another session runs users", state{Epoch: epoch + 1, Users: 9, Workers: []worker{deaf}}, true, 9 * time.Second},
		{"nobody is there", state{}, true, 0},
	} {
		c.s.Protocol = protocol
		if got := c.s.drained(epoch); got != c.want {
			t.Errorf("%s: drained %t", c.name, got)
		}
		if got := c.s.idle(); got != c.idle {
			t.Errorf("%s: idle for %s, want %s", c.name, got, c.idle)
		}
	}
}

// What answers 200 has not stopped anything by that: it may be a login page.
func TestOnlyLocustsOwnWordIsAStop(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"success": true, "message": "Test stopped"}`: "",
		`<html>who are you?</html>`:                    "not a Locust master's JSON",
		`{"success": false, "message": "no runner"}`:   "does not stop: no runner",
		`{}`: "does not stop",
	} {
		err := master(t, map[string]string{"/stop": text}).stop(t.Context())
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// An address is shown without its password, also one that is no URL.
func TestAnAddressIsShownWithoutItsPassword(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"http://mel:secret@h:8089/x": "http://h:8089/x",
		"http://h:8089":              "http://h:8089",
		"mel:secret@h:8089":          "h:8089",
		"mel:se@cret@h:8089":         "h:8089",
		"mel:http://secret@h":        "h",
		"https://mel:se://cret@h":    "https://h",
		"://mel:secret@h":            "://h",
		"h:8089":                     "h:8089",
		"http://mel:secret@h/%zz":    "http://h/%zz",
		" http://mel:secret@h:8089":  " http://h:8089", //nolint:gocritic // somebody pasted it so
	} {
		if got := Shown(raw); got != want || strings.Contains(got, "secret") || strings.Contains(got, "cret") {
			t.Errorf("%q is shown as %q, want %q", raw, got, want)
		}
		if _, err := newClient(raw, ""); err != nil && strings.Contains(err.Error(), "cret") {
			t.Errorf("%q: %v", raw, err)
		}
	}
}
