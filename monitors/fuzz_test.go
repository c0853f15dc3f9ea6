package monitors

import (
	"testing"
	"time"
)

func FuzzJSONValue(f *testing.F) {
	f.Add("$.a[0]['b c'].d", `{"a":[{"b c":{"d":1}}]}`)
	f.Add("$", `"x"`)
	f.Add("$..", `{}`)
	f.Add("$[", `[]`)
	f.Add(`$["]`, `[1]`)
	f.Fuzz(func(t *testing.T, path, body string) {
		steps, err := parseJSONPath(path)
		if err != nil {
			return
		}
		got, err := jsonAt([]byte(body), steps)
		if err == nil && !sameValue(got, got) {
			t.Errorf("%q differs from itself", got)
		}
	})
}

func FuzzHeaders(f *testing.F) {
	f.Add("2xx,404", "120")
	f.Add("", "Wed, 21 Oct 2026 07:28:00 GMT")
	f.Add("9xx", "-1")
	f.Add("200", "99999999999999999999")
	f.Fuzz(func(t *testing.T, status, retry string) {
		if set, err := parseStatus(status); err == nil {
			if len(set) == 0 || set.has(0) || set.has(600) {
				t.Errorf("%q accepts %v", status, set)
			}
		}
		if d := retryAfter(retry, epoch); d < 0 || d > longestRetryAfter {
			t.Errorf("%q is %v", retry, d)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	tests := map[string]time.Duration{
		"": 0, "0": 0, "120": 2 * time.Minute, "-5": 0, "soon": 0, "1000000000": time.Hour,
		"Sat, 17 Oct 2026 12:00:30 GMT": 30 * time.Second,
		"Sat, 17 Oct 2026 11:00:30 GMT": 0,
		"Sat, 17 Oct 2099 12:00:30 GMT": time.Hour,
	}
	for value, want := range tests {
		if got := retryAfter(value, epoch); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}
