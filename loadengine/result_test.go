package loadengine

import (
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// A request that was on its way when the permit lapsed keeps its place among the
// results: their numbers have no gap.
func TestResultsHaveNoGapWhereThePermitLapses(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	p := onePlan("http://staging.test/", Step{URL: "/"})
	p.MaxUsers = 1
	var mu sync.Mutex
	var all []Result
	r := startWith(t, p, func(h *Hooks) {
		h.Result = func(x Result) {
			mu.Lock()
			defer mu.Unlock()
			all = append(all, x)
		}
	}, func(e *Engine) {
		e.gate.base = roundTrip(func(*http.Request) (*http.Response, error) {
			switch n.Add(1) % 3 {
			case 0:
				return nil, errPermit
			case 1:
				return nil, errLatched
			}
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody}, nil
		})
	})
	r.SetAsked(1)
	r.until(t, "some answers", func(sum Tick) bool { return sum.Requests >= 3 })
	sum := r.end()
	mu.Lock()
	defer mu.Unlock()
	slices.SortFunc(all, func(a, b Result) int { return int(a.Seq) - int(b.Seq) })
	for i, x := range all {
		if x.Seq != uint64(i) {
			t.Fatalf("result %d has the number %d", i, x.Seq)
		}
	}
	if uint64(len(all)) != sum.Requests+sum.Cancelled || sum.Cancelled < 2 {
		t.Errorf("%d results; counted %+v", len(all), sum)
	}
}
