package locust

import (
	"encoding/json"
	"testing"
	"time"
)

func rowOf(n, failures uint64, times map[string]uint64) *stats {
	return &stats{Rows: []row{{Method: "GET", Name: "/", Requests: n, Failures: failures, Times: times}}}
}

// Cumulative counts become ticks that add up, over a reset of the master's, too.
func TestTicksAddUp(t *testing.T) {
	t.Parallel()
	at := time.Now()
	y := newTally(at)
	next := func(s *stats) (n, e uint64, last, ten float64) {
		at = at.Add(time.Second)
		k := y.take(s, at, false)
		return k.Requests, k.Errors, k.Last.RPS, k.Ten.RPS
	}
	for i, c := range []struct {
		s         *stats
		n, e      uint64
		last, ten float64
	}{
		{rowOf(100, 0, map[string]uint64{"10": 100}), 100, 0, 100, 100},
		{rowOf(150, 5, map[string]uint64{"10": 140, "230": 10}), 50, 5, 75, 75},
		{&stats{}, 0, 0, 25, 50}, // somebody cleared the statistics
		{rowOf(30, 1, map[string]uint64{"10": 30}), 30, 1, 15, 45},
	} {
		if n, e, last, ten := next(c.s); n != c.n || e != c.e || last != c.last || ten != c.ten {
			t.Errorf("tick %d: %d requests, %d errors, %g and %g a second; want %+v", i, n, e, last, ten, c)
		}
	}
	if y.total.Requests != 180 || y.total.Errors != 6 {
		t.Errorf("in all %+v", y.total)
	}
}

func TestPercentilesAreOfTheWindowAlone(t *testing.T) {
	t.Parallel()
	at := time.Now()
	y := newTally(at)
	y.take(rowOf(1000, 0, map[string]uint64{"900": 1000}), at.Add(time.Second), false)
	y.take(rowOf(1000, 0, map[string]uint64{"900": 1000}), at.Add(2*time.Second), false)
	k := y.take(rowOf(1100, 0, map[string]uint64{"900": 1000, "10": 94, "52": 5, "300": 1}), at.Add(3*time.Second), false)
	w := k.Last
	if w.Requests != 100 || w.P50 != 10*time.Millisecond || w.P95 != 52*time.Millisecond || w.P99 != 52*time.Millisecond || w.Max != 300*time.Millisecond {
		t.Errorf("the last two seconds: %+v", w)
	}
	if k.Ten.P50 != 900*time.Millisecond {
		t.Errorf("the last ten: %+v", k.Ten)
	}
}

func TestErrorsHaveTheNamesOfOurOwn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`HTTPError('503 Server Error: Service Unavailable for url: http://h/')`:                             "status 503",
		`BadStatusCode('http://h/', code=404)`:                                                              "status 404",
		`ConnectionError(MaxRetryError("...: [Errno 111] Connection refused"))`:                             "refused",
		`ConnectionError('crosstalk: load may not reach h:80')`:                                             "host not allowed",
		`ReadTimeout(ReadTimeoutError("HTTPConnectionPool(host='h', port=80): Read timed out."))`:           "timeout",
		`ConnectionError(ProtocolError('Connection aborted.', ConnectionResetError(104, 'reset by peer')))`: "reset",
		`RemoteDisconnected('Remote end closed connection without response')`:                               "closed",
		`[Errno -2] Name or service not known`:                                                              "dns",
		`AssertionError('the cart is empty')`:                                                               "other",
	} {
		if got := kindOf(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// Whatever a master says, ticks do not invent requests, and nothing breaks.
func FuzzTicks(f *testing.F) {
	f.Add([]byte(`{"rows": [{"method": "GET", "name": "/", "requests": 5, "failures": 1, "times": {"10": 5}}], "errors": []}`), []byte(`{"rows": []}`))
	f.Add([]byte(`{"rows": [{"requests": 18446744073709551615, "times": {"x": 1, "-1": 3, "1e300": 2}}]}`), []byte(`{"errors": [{"count": 3, "error": "x"}]}`))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		at := time.Now()
		y := newTally(at)
		for _, data := range [][]byte{first, second} {
			var s stats
			if json.Unmarshal(data, &s) != nil {
				return
			}
			at = at.Add(time.Second)
			k := y.take(&s, at, false)
			var steps uint64
			for _, st := range k.Steps {
				steps += st.Requests
				if st.Window.P50 > st.Window.P95 || st.Window.P95 > st.Window.Max {
					t.Errorf("percentiles fall: %+v", st.Window)
				}
			}
			if steps != k.Requests || len(k.Steps) > len(s.Rows) {
				t.Errorf("%d requests in a tick, %d in its %d steps, the master told of %d rows", k.Requests, steps, len(k.Steps), len(s.Rows))
			}
		}
	})
}
