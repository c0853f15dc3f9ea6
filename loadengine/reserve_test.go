package loadengine

import (
	"net/http"
	"sync/atomic"
	"testing"
)

// The last files of this process are not load's: what has none left fails here,
// is called by its name, and reaches nobody.
func TestLoadLeavesFilesForOthers(t *testing.T) {
	t.Parallel()
	var served atomic.Int64
	s := serve(t, func(http.ResponseWriter, *http.Request) { served.Add(1) })
	p := onePlan(s.URL, Step{URL: "/"})
	p.MaxUsers = 2
	r := start(t, p, func(e *Engine) { e.gate.reserve = reserve{first: 1} })
	r.SetAsked(2)
	r.until(t, "failures", func(sum Tick) bool { return sum.Errors >= 4 })
	r.SetAsked(0)
	sum := r.end()
	if n := sum.Kinds["too many open files here"]; served.Load() != 0 || (n != sum.Requests && newReserve().first > 0) {
		t.Errorf("%d of %d called by name, %d served: %v", n, sum.Requests, served.Load(), sum.Kinds)
	}
}

func TestFileReserve(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int]int{0: 0, 40: 10, 256: 64, 1 << 20: 64} {
		if got := FileReserve(limit); got != want {
			t.Errorf("of %d files %d are kept, want %d", limit, got, want)
		}
	}
}
