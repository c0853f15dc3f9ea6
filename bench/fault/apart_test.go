package fault_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"crosstalk/bench/fault"
)

func TestApartCountsWhatArrives(t *testing.T) {
	t.Parallel()
	program, err := fault.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	a, err := fault.NewApart(program, fault.Options{Body: 10})
	if err != nil {
		t.Fatal(err)
	}
	if n, last := a.Arrived(), a.Last(); n != 0 || !last.IsZero() {
		t.Errorf("before any request: %d, the last at %v", n, last)
	}
	before := time.Now().Round(0)
	for range 3 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.URL(), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || string(body) != "xxxxxxxxxx" {
			t.Errorf("answered %q, %v", body, err)
		}
	}
	if n, last := a.Arrived(), a.Last(); n != 3 || last.Before(before) || last.After(time.Now()) {
		t.Errorf("after three requests from %v on: %d, the last at %v", before, n, last)
	}
	if err := a.Err(); err != nil {
		t.Error(err)
	}
	a.Close()
	if n := a.Arrived(); n != 0 || a.Err() == nil {
		t.Errorf("a server that is gone tells of %d, %v", n, a.Err())
	}
}
