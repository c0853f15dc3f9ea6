package loadengine

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Lag is how late sends were: from when each was due until it was begun, by our
// own fault alone, since no answer is waited for in between. A user without
// think time is due when its answer is there, so its lag says little.
type Lag struct {
	Sends              uint64
	P50, P95, P99, Max time.Duration
}

// lag gathers how late sends were between two ticks.
type lag struct {
	hist *hdrhistogram.Histogram // microseconds
	most time.Duration
}

func newLag() lag { return lag{hist: hdrhistogram.New(1, longest, roughDigit)} }

func (l *lag) record(late time.Duration) {
	l.most = max(l.most, late)
	// The value is within the range, so that recording cannot fail.
	_ = l.hist.RecordValue(min(max(int64(late/time.Microsecond), 1), longest))
}

// take returns the lag up to now and begins anew.
func (l *lag) take() Lag {
	n := l.hist.TotalCount()
	if n == 0 {
		return Lag{}
	}
	// A bucket's upper end may lie above what was measured.
	at := func(q float64) time.Duration {
		return min(time.Duration(l.hist.ValueAtQuantile(q))*time.Microsecond, l.most)
	}
	out := Lag{Sends: uint64(n), P50: at(50), P95: at(95), P99: at(99), Max: l.most}
	l.hist.Reset()
	l.most = 0
	return out
}
